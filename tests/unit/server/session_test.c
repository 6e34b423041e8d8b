/* Stories about rooms, told through sessions in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/server.h"

enum { PEOPLE = 10 };

typedef struct world {
    qua_prng prng;
    hub *hub;
    hub_config config;
    qua_time now;
    session *sessions[PEOPLE];
    char ids[PEOPLE][QUA_ID_SIZE];
    char tickets[PEOPLE][QUA_SIGNAL_TICKET_MAX + 1];
    char text[SESSION_WIRE_MAX + 1]; /* the last text that someone got */
} world;

static void start_hub(world *w)
{
    while (w->hub && hub_next_ready(w->hub))
        ;
    hub_destroy(&w->hub);
    assert_int_equal(hub_create(&w->hub, w->now, &w->config), 0);
}

static int begin(void **state)
{
    world *w = calloc(1, sizeof *w);

    w->now = QUA_SECONDS(500);
    qua_prng_seed(&w->prng, 11);
    w->config = (hub_config){.random = qua_prng_random(&w->prng), .max_sessions = 100};
    start_hub(w);
    *state = w;
    return 0;
}

static void hang_up(world *w, int who)
{
    if (w->sessions[who])
        session_closed(w->sessions[who], w->now);
    w->sessions[who] = NULL;
}

static int finish(void **state)
{
    world *w = *state;

    for (int i = 0; i < PEOPLE; i++)
        hang_up(w, i);
    hub_destroy(&w->hub);
    free(w);
    return 0;
}

static void says(world *w, int who, const char *format, ...) QUA_PRINTF(3, 4);
static void says(world *w, int who, const char *format, ...)
{
    char text[SESSION_WIRE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    session_input(w->sessions[who], w->now, text, strlen(text));
}

static bool hears_anything(world *w, int who)
{
    const size_t size = session_poll_transmit(w->sessions[who], w->text);

    w->text[size] = 0;
    return size > 0;
}

/* The next text for `who`, pings apart, contains this. */
static void hears(world *w, int who, const char *part)
{
    do
        assert_true(hears_anything(w, who));
    while (strstr(w->text, "\"ping\"") && !strstr(part, "\"ping\""));
    if (!strstr(w->text, part))
        fail_msg("\"%s\" is not in %s", part, w->text);
}

static void hears_nothing(world *w, int who)
{
    if (hears_anything(w, who))
        fail_msg("unexpected: %s", w->text);
}

static void hears_error(world *w, int who, const char *code)
{
    char part[64];

    snprintf(part, sizeof part, "{\"t\":\"error\",\"d\":{\"code\":\"%s\"", code);
    hears(w, who, part);
}

static void dial(world *w, int who, const char *path)
{
    w->sessions[who] = session_open(w->hub, w->now, path, NULL);
    assert_non_null(w->sessions[who]);
    says(w, who, "{\"t\":\"hello\",\"d\":{\"versions\":[1,2]}}");
}

static void take_seat(world *w, int who, const char *type)
{
    qua_message m;

    hears(w, who, type);
    assert_int_equal(qua_message_parse(&m, w->text, strlen(w->text), NULL), 0);
    snprintf(w->ids[who], sizeof w->ids[who], "%s", m.joined.self);
    snprintf(w->tickets[who], sizeof w->tickets[who], "%s", m.joined.ticket);
    qua_message_clear(&m);
}

static void join(world *w, int who, const char *path)
{
    dial(w, who, path);
    hears(w, who, "{\"t\":\"welcome\",\"d\":{\"version\":1,\"ping_ms\":10000,\"dead_ms\":25000}}");
    says(w, who, "{\"t\":\"join\",\"d\":{\"name\":\"P%d\"}}", who);
    take_seat(w, who, "\"joined\"");
}

static void resume(world *w, int who, const char *path, const char *token, int last)
{
    dial(w, who, path);
    hears(w, who, "\"welcome\"");
    says(w, who, "{\"t\":\"resume\",\"d\":{\"ticket\":\"%s\",\"last\":%d,\"name\":\"P%d\"}}", token, last, who);
}

static void hears_join_of(world *w, int who, int newcomer)
{
    hears(w, who, "\"change\":\"add\"");
    assert_non_null(strstr(w->text, w->ids[newcomer]));
}

/* Time passes; whatever becomes due happens at its time. */
static void pass(world *w, qua_time duration)
{
    const qua_time end = w->now + duration;

    while (hub_deadline(w->hub) <= end) {
        w->now = QUA_MAX(w->now, hub_deadline(w->hub));
        hub_on_timeout(w->hub, w->now);
    }
    w->now = end;
}

static void each_learns_of_the_other_and_the_first_has_the_lower_id(void **state)
{
    world *w = *state;

    join(w, 0, "a");
    join(w, 1, "a");
    assert_non_null(strstr(w->text, w->ids[0]));
    assert_non_null(strstr(w->text, "\"name\":\"P0\""));
    hears_join_of(w, 0, 1);
    assert_true(strcmp(w->ids[0], w->ids[1]) < 0);
    hears_nothing(w, 0);
    hears_nothing(w, 1);
}

static void the_fifth_is_told_that_the_room_is_full(void **state)
{
    world *w = *state;

    for (int i = 0; i < 4; i++)
        join(w, i, "a");
    dial(w, 4, "a");
    hears(w, 4, "\"welcome\"");
    says(w, 4, "{\"t\":\"join\"}");
    hears_error(w, 4, "room-full");
    assert_true(session_is_over(w->sessions[4]));
    join(w, 5, "b"); /* another room is not concerned */
    says(w, 0, "{\"t\":\"leave\"}");
    join(w, 6, "a");
}

static void a_message_goes_to_one_with_the_servers_from(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a"), join(w, 2, "a");
    hears_join_of(w, 0, 1), hears_join_of(w, 0, 2), hears_join_of(w, 1, 2);
    says(w, 0,
         "{\"t\":\"desc\",\"id\":1,\"seq\":1,\"from\":\"%s\",\"to\":\"%s\",\"d\":{\"type\":\"offer\",\"sdp\":\"v\"}}",
         w->ids[2], w->ids[1]);
    hears(w, 1, "\"d\":{\"type\":\"offer\",\"sdp\":\"v\"},\"seq\":2}");
    assert_non_null(strstr(w->text, w->ids[0]));
    assert_null(strstr(w->text, w->ids[2]));
    hears_nothing(w, 2);
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"hi\"}}");
    hears(w, 1, "\"text\":\"hi\"");
    hears(w, 2, "\"text\":\"hi\"");
    hears_nothing(w, 0);
}

static void nobody_speaks_into_another_room(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "b");
    says(w, 0, "{\"t\":\"chat\",\"id\":4,\"to\":\"%s\",\"d\":{\"text\":\"hi\"}}", w->ids[1]);
    hears_error(w, 0, "no-such-peer");
    assert_non_null(strstr(w->text, "\"about\":4"));
    says(w, 0, "{\"t\":\"desc\",\"d\":{\"type\":\"offer\",\"sdp\":\"v\"}}"); /* to nobody */
    hears_error(w, 0, "bad-message");
    says(w, 0, "{\"t\":\"chat\",\"to\":\"%s\",\"d\":{\"text\":\"hi\"}}", w->ids[0]); /* to oneself */
    hears_error(w, 0, "no-such-peer");
    hears_nothing(w, 1);
}

static void candidates_are_counted_for_each_description(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    for (int i = 0; i < QUA_SIGNAL_CANDIDATES_MAX; i++) {
        says(w, 0, "{\"t\":\"cand\",\"to\":\"%s\",\"d\":{\"candidates\":[{\"candidate\":\"c\"}]}}", w->ids[1]);
        hears(w, 1, "\"cand\"");
        pass(w, QUA_MS(20));
    }
    says(w, 0, "{\"t\":\"cand\",\"to\":\"%s\",\"d\":{\"candidates\":[{\"candidate\":\"c\"}]}}", w->ids[1]);
    hears_error(w, 0, "too-many-candidates");
    says(w, 0, "{\"t\":\"desc\",\"to\":\"%s\",\"d\":{\"type\":\"offer\",\"sdp\":\"v\"}}", w->ids[1]);
    says(w, 0, "{\"t\":\"cand\",\"to\":\"%s\",\"d\":{\"candidates\":[{\"candidate\":\"c\"}]}}", w->ids[1]);
    hears_nothing(w, 0);
}

static void leaving_is_announced_and_answered(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    says(w, 1, "{\"t\":\"leave\"}");
    hears(w, 1, "\"bye\"");
    assert_true(session_is_over(w->sessions[1]));
    hears(w, 0, "\"change\":\"gone\",\"reason\":\"left\"");
    hang_up(w, 1);
    hears_nothing(w, 0);
}

static void a_lost_connection_is_told_as_away_then_gone(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    hang_up(w, 1);
    hears(w, 0, "\"change\":\"update\"");
    assert_non_null(strstr(w->text, "\"away\":true"));
    for (int s = 0; s < 119; s++) {
        pass(w, QUA_SECONDS(1));
        says(w, 0, "{\"t\":\"pong\"}");
        while (hears_anything(w, 0))
            assert_non_null(strstr(w->text, "\"ping\""));
    }
    pass(w, QUA_SECONDS(1));
    hears(w, 0, "\"change\":\"gone\",\"reason\":\"connection lost\"");
}

static void silence_is_pinged_then_ended(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    pass(w, QUA_SECONDS(10));
    hears(w, 1, "{\"t\":\"ping\"}");
    says(w, 0, "{\"t\":\"pong\"}");
    pass(w, QUA_SECONDS(15) - 1);
    assert_false(session_is_over(w->sessions[1]));
    pass(w, 1);
    assert_true(session_is_over(w->sessions[1]));
    hears(w, 1, "{\"t\":\"ping\"}");
    hears_error(w, 1, "timeout");
    assert_false(session_is_over(w->sessions[0]));
}

static void greeting_and_joining_have_their_time(void **state)
{
    world *w = *state;

    w->sessions[0] = session_open(w->hub, w->now, "a", NULL);
    pass(w, QUA_SECONDS(5) - 1);
    assert_false(session_is_over(w->sessions[0]));
    pass(w, 1);
    hears_error(w, 0, "timeout");
    assert_true(session_is_over(w->sessions[0]));

    dial(w, 1, "a");
    for (int s = 0; s < 30; s++) {
        says(w, 1, "{\"t\":\"ping\"}");
        pass(w, QUA_SECONDS(1));
    }
    assert_true(session_is_over(w->sessions[1]));
}

static void everything_has_its_place(void **state)
{
    world *w = *state;

    w->sessions[0] = session_open(w->hub, w->now, "a", NULL);
    says(w, 0, "{\"t\":\"join\"}");
    hears_error(w, 0, "out-of-place");
    says(w, 0, "{\"t\":\"ping\"}");
    hears_error(w, 0, "out-of-place");
    says(w, 0, "{\"t\":\"hello\",\"d\":{\"versions\":[1]}}");
    hears(w, 0, "\"welcome\"");
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"x\"}}");
    hears_error(w, 0, "out-of-place");
    says(w, 0, "{\"t\":\"join\"}");
    hears(w, 0, "\"joined\"");
    says(w, 0, "{\"t\":\"join\"}");
    hears_error(w, 0, "out-of-place");
    says(w, 0, "{\"t\":\"joined\",\"d\":{\"self\":\"0\",\"peers\":[]}}"); /* the server's own */
    hears_error(w, 0, "out-of-place");
    says(w, 0, "{\"t\":\"teleport\",\"id\":8}");
    hears_error(w, 0, "unsupported");
    assert_non_null(strstr(w->text, "\"about\":8"));
    assert_false(session_is_over(w->sessions[0]));
}

static void versions_and_rooms_are_checked_at_the_door(void **state)
{
    world *w = *state;

    w->sessions[0] = session_open(w->hub, w->now, "a", NULL);
    says(w, 0, "{\"t\":\"hello\",\"d\":{\"versions\":[2,3]}}");
    hears_error(w, 0, "version");
    assert_true(session_is_over(w->sessions[0]));
    dial(w, 1, "a/../b");
    hears_error(w, 1, "bad-room");
    dial(w, 2, "");
    hears_error(w, 2, "bad-room");
}

static void a_flood_is_ended_and_a_burst_is_not(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    for (int i = 0; i < SESSION_BURST - 2; i++)
        says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"x\"}}");
    assert_false(session_is_over(w->sessions[0]));
    pass(w, QUA_SECONDS(1));
    for (int i = 0; i < SESSION_RATE; i++)
        says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"x\"}}");
    assert_false(session_is_over(w->sessions[0]));
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"x\"}}");
    assert_true(session_is_over(w->sessions[0]));
    hears_error(w, 0, "rate");
}

static void who_does_not_read_loses_the_connection_and_no_memory_grows(void **state)
{
    world *w = *state;
    char *chat = calloc(1, QUA_SIGNAL_CHAT_MAX + 1);

    memset(chat, 'x', QUA_SIGNAL_CHAT_MAX);
    join(w, 0, "a"), join(w, 1, "a");
    for (int i = 0; i < 70 && !session_is_over(w->sessions[1]); i++) {
        says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"%s\"}}", chat);
        assert_true(w->sessions[1]->seat == NULL || w->sessions[1]->seat->out.bytes <= QUA_SIGNAL_QUEUE_MAX);
        pass(w, QUA_MS(20));
    }
    assert_true(session_is_over(w->sessions[1]));
    hears_error(w, 1, "slow");
    hang_up(w, 1);
    /* away, and what it should hear no longer fits: the seat is given up */
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"%s\"}}", chat);
    pass(w, 0);
    hears_join_of(w, 0, 1);
    hears(w, 0, "\"away\":true");
    hears(w, 0, "\"gone\"");
    free(chat);
}

static void who_asks_and_never_listens_is_ended(void **state)
{
    world *w = *state;

    join(w, 0, "a");
    for (int i = 0; i <= SESSION_CONTROL; i++)
        says(w, 0, "{\"t\":\"ping\"}");
    assert_true(session_is_over(w->sessions[0]));
}

static void a_participant_comes_back_to_its_seat_and_misses_nothing(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    says(w, 0, "{\"t\":\"chat\",\"id\":1,\"seq\":1,\"d\":{\"text\":\"one\"}}");
    says(w, 0, "{\"t\":\"chat\",\"id\":2,\"seq\":2,\"d\":{\"text\":\"two\"}}");
    hears(w, 1, "\"one\"");
    hears(w, 1, "\"two\""); /* on its way when the connection broke */
    says(w, 1, "{\"t\":\"chat\",\"id\":1,\"seq\":1,\"ack\":1,\"d\":{\"text\":\"reply\"}}");
    hang_up(w, 1);
    says(w, 0, "{\"t\":\"chat\",\"id\":3,\"seq\":3,\"d\":{\"text\":\"three\"}}");
    pass(w, QUA_SECONDS(20));
    resume(w, 1, "a", w->tickets[1], 1);
    take_seat(w, 1, "\"resumed\"");
    assert_non_null(strstr(w->text, "\"last\":1"));
    assert_non_null(strstr(w->text, w->ids[0]));
    hears(w, 1, "\"two\"");
    assert_non_null(strstr(w->text, "\"seq\":2"));
    hears(w, 1, "\"three\"");
    hears_nothing(w, 1);
    says(w, 1, "{\"t\":\"chat\",\"id\":1,\"seq\":1,\"d\":{\"text\":\"reply\"}}"); /* it cannot know that this arrived */
    hears(w, 0, "\"reply\"");
    hears(w, 0, "\"away\":true");
    hears(w, 0, "\"change\":\"update\"");
    assert_null(strstr(w->text, "\"away\""));
    hears_nothing(w, 0); /* once */
}

static void a_new_connection_takes_over_from_one_that_only_seems_alive(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    resume(w, 2, "a", w->tickets[1], 0);
    take_seat(w, 2, "\"resumed\"");
    assert_string_equal(w->ids[2], w->ids[1]);
    assert_true(session_is_over(w->sessions[1]));
    hang_up(w, 1);
    hears_nothing(w, 0); /* nobody was away */
}

static void tickets_are_good_for_their_room_and_seat_alone(void **state)
{
    world *w = *state;
    char forged[QUA_SIGNAL_TICKET_MAX + 1];

    join(w, 0, "a"), join(w, 1, "a");
    snprintf(forged, sizeof forged, "%s", w->tickets[1]);
    memcpy(strstr(forged, w->ids[1]), w->ids[0], strlen(w->ids[0])); /* another's seat */
    resume(w, 2, "a", forged, 0);
    hears_error(w, 2, "expired");
    hang_up(w, 2);
    resume(w, 2, "b", w->tickets[1], 0); /* another room */
    hears_error(w, 2, "expired");
    hang_up(w, 2);
    resume(w, 2, "a", "a:b:c", 0);
    hears_error(w, 2, "expired");
    says(w, 2, "{\"t\":\"join\"}"); /* a new seat can still be had */
    hears(w, 2, "\"joined\"");
    says(w, 1, "{\"t\":\"leave\"}");
    resume(w, 3, "a", w->tickets[1], 0); /* a seat that was given up */
    hears_error(w, 3, "expired");
}

static void an_absent_participant_yields_to_a_newcomer(void **state)
{
    world *w = *state;

    for (int i = 0; i < 4; i++)
        join(w, i, "a");
    hang_up(w, 2);
    pass(w, 1);
    hang_up(w, 1);
    join(w, 4, "a"); /* instead of 2, who has been away for longer */
    assert_null(strstr(w->text, w->ids[2]));
    assert_non_null(strstr(w->text, w->ids[1]));
    resume(w, 5, "a", w->tickets[2], 0);
    hears_error(w, 5, "expired");
}

static void a_restarted_server_rebuilds_seats_from_tickets(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hang_up(w, 0), hang_up(w, 1);
    start_hub(w);
    resume(w, 1, "a", w->tickets[1], 5);
    take_seat(w, 1, "\"resumed\"");
    assert_non_null(strstr(w->text, "\"fresh\":true"));
    join(w, 2, "a");
    assert_true(strcmp(w->ids[1], w->ids[2]) < 0); /* ids go on growing */
    resume(w, 0, "a", w->tickets[0], 3);
    hears(w, 0, "\"resumed\"");
    assert_non_null(strstr(w->text, w->ids[1]));
    hears_join_of(w, 1, 2);
    hears_join_of(w, 1, 0);
}

static void too_many_connections_are_turned_away(void **state)
{
    world *w = *state;

    w->config.max_sessions = 1;
    start_hub(w);
    join(w, 0, "a");
    w->sessions[1] = session_open(w->hub, w->now, "a", NULL);
    hears_error(w, 1, "busy");
    assert_true(session_is_over(w->sessions[1]));
}

static void ready_sessions_are_named_once(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    while (hub_next_ready(w->hub))
        ;
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"one\"}}");
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"two\"}}");
    assert_ptr_equal(hub_next_ready(w->hub), w->sessions[1]);
    assert_null(hub_next_ready(w->hub));
    says(w, 0, "{\"t\":\"chat\",\"d\":{\"text\":\"three\"}}");
    hang_up(w, 1);
    assert_ptr_equal(hub_next_ready(w->hub), w->sessions[0]);
    assert_null(hub_next_ready(w->hub));
}

static void a_goodbye_reaches_everyone(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "b");
    hub_say_bye(w->hub, w->now, "the server is going down");
    for (int i = 0; i < 2; i++) {
        hears(w, i, "{\"t\":\"bye\",\"d\":{\"reason\":\"the server is going down\"}}");
        assert_true(session_is_over(w->sessions[i]));
    }
}

/* The role that the last text speaks of. */
static bool says_role(const world *w, const char *role)
{
    char part[32];

    snprintf(part, sizeof part, "\"role\":\"%s\"", role);
    return strstr(w->text, part) != NULL;
}

static void whoever_opens_a_room_is_its_host_and_hands_it_on(void **state)
{
    world *w = *state;

    join(w, 0, "a");
    assert_true(says_role(w, "host"));
    join(w, 1, "a"), join(w, 2, "a");
    hears_join_of(w, 0, 1), hears_join_of(w, 0, 2), hears_join_of(w, 1, 2);
    hang_up(w, 1); /* who is away inherits last */
    hears(w, 2, "\"away\"");
    says(w, 0, "{\"t\":\"leave\"}");
    hears(w, 2, "\"gone\"");
    hears(w, 2, "\"update\"");
    assert_true(says_role(w, "host"));
    assert_non_null(strstr(w->text, w->ids[2]));
}

static void hosts_do_what_others_may_not(void **state)
{
    static const char *const acts[] = {"lock", "remove", "end", "mute-request", "admit", "deny"};
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a"), join(w, 2, "a");
    hears_join_of(w, 0, 1), hears_join_of(w, 0, 2), hears_join_of(w, 1, 2);
    for (size_t i = 0; i < QUA_ARRAY_SIZE(acts); i++) {
        says(w, 1, "{\"t\":\"%s\",\"to\":\"%s\"}", acts[i], w->ids[2]);
        hears_error(w, 1, "forbidden");
    }
    says(w, 1, "{\"t\":\"role\",\"to\":\"%s\",\"d\":{\"role\":\"host\"}}", w->ids[1]);
    hears_error(w, 1, "forbidden");
    says(w, 0, "{\"t\":\"role\",\"to\":\"%s\",\"d\":{\"role\":\"host\"}}", w->ids[1]);
    hears(w, 1, "\"update\""), hears(w, 2, "\"update\""), hears(w, 0, "\"update\"");
    says(w, 1, "{\"t\":\"mute-request\",\"to\":\"%s\",\"d\":{\"video\":true}}", w->ids[2]);
    hears(w, 2, "\"mute-request\"");
    says(w, 1, "{\"t\":\"remove\",\"to\":\"%s\"}", w->ids[2]);
    hears_error(w, 2, "removed");
    assert_true(session_is_over(w->sessions[2]));
    hears(w, 0, "\"gone\",\"reason\":\"removed\"");
    resume(w, 3, "a", w->tickets[2], 0); /* the ticket does not bring the seat back */
    hears_error(w, 3, "expired");
}

static void the_last_host_cannot_stop_being_one_alone(void **state)
{
    world *w = *state;

    join(w, 0, "a");
    says(w, 0, "{\"t\":\"role\",\"to\":\"%s\",\"d\":{\"role\":\"member\"}}", w->ids[0]);
    hears_error(w, 0, "forbidden");
    join(w, 1, "a");
    hears_join_of(w, 0, 1);
    says(w, 0, "{\"t\":\"role\",\"to\":\"%s\",\"d\":{\"role\":\"member\"}}", w->ids[0]);
    hears(w, 1, "\"role\":\"host\""); /* somebody else first */
    hears(w, 1, "\"update\"");
    assert_false(says_role(w, "host"));
}

static void a_locked_room_lets_nobody_in_but_those_who_come_back(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    says(w, 0, "{\"t\":\"lock\",\"d\":{\"locked\":true}}");
    hears(w, 1, "{\"t\":\"lock\",\"d\":{\"locked\":true,\"lobby\":false},\"seq\":1}");
    dial(w, 2, "a");
    hears(w, 2, "\"welcome\"");
    says(w, 2, "{\"t\":\"join\"}");
    hears_error(w, 2, "locked");
    hang_up(w, 1);
    resume(w, 1, "a", w->tickets[1], 1);
    hears(w, 1, "\"resumed\"");
    assert_non_null(strstr(w->text, "\"locked\":true"));
}

/* P1 waits at the door of P0's room; @return the id of the knock in w->ids[1] */
static void knock(world *w)
{
    qua_message m;

    join(w, 0, "a");
    says(w, 0, "{\"t\":\"lock\",\"d\":{\"lobby\":true}}");
    hears(w, 0, "\"lock\"");
    dial(w, 1, "a");
    hears(w, 1, "\"welcome\"");
    says(w, 1, "{\"t\":\"join\",\"d\":{\"name\":\"P1\"}}");
    hears(w, 1, "{\"t\":\"knock\",\"d\":{}}");
    hears(w, 0, "\"knock\"");
    assert_int_equal(qua_message_parse(&m, w->text, strlen(w->text), NULL), 0);
    assert_string_equal(m.knock.who.name, "P1");
    snprintf(w->ids[1], sizeof w->ids[1], "%s", m.knock.who.id);
    qua_message_clear(&m);
}

static void a_host_admits_who_knocks(void **state)
{
    world *w = *state;

    knock(w);
    says(w, 1, "{\"t\":\"chat\",\"d\":{\"text\":\"let me in\"}}"); /* not from outside */
    hears_error(w, 1, "out-of-place");
    says(w, 0, "{\"t\":\"admit\",\"to\":\"%s\"}", w->ids[1]);
    take_seat(w, 1, "\"joined\"");
    hears_join_of(w, 0, 1);
    says(w, 0, "{\"t\":\"admit\",\"to\":\"k0\"}"); /* nobody: no harm */
    hears_nothing(w, 0);
}

static void a_host_denies_who_knocks(void **state)
{
    world *w = *state;

    knock(w);
    says(w, 0, "{\"t\":\"deny\",\"to\":\"%s\"}", w->ids[1]);
    hears_error(w, 1, "denied");
    assert_true(session_is_over(w->sessions[1]));
    hears_nothing(w, 0);
}

static void who_stops_waiting_is_told_to_the_host(void **state)
{
    world *w = *state;

    knock(w);
    hang_up(w, 1);
    hears(w, 0, "\"knock\"");
    assert_non_null(strstr(w->text, w->ids[1]));
    assert_non_null(strstr(w->text, "\"away\":true"));
}

static void opening_the_lobby_lets_everyone_in_and_leaving_it_empty_nobody(void **state)
{
    world *w = *state;

    knock(w);
    says(w, 0, "{\"t\":\"lock\",\"d\":{}}");
    take_seat(w, 1, "\"joined\"");
    hears(w, 0, "\"lock\"");
    hears_join_of(w, 0, 1);
    says(w, 0, "{\"t\":\"lock\",\"d\":{\"lobby\":true}}");
    says(w, 1, "{\"t\":\"leave\"}");
    dial(w, 2, "a");
    hears(w, 2, "\"welcome\"");
    says(w, 2, "{\"t\":\"join\"}");
    hears(w, 2, "\"knock\"");
    says(w, 0, "{\"t\":\"leave\"}");
    hears_error(w, 2, "denied");
}

static void waiting_at_the_door_has_an_end_and_so_have_places_there(void **state)
{
    world *w = *state;

    knock(w);
    for (int s = 0; s < 300; s++) {
        assert_false(session_is_over(w->sessions[1]));
        says(w, 0, "{\"t\":\"pong\"}");
        says(w, 1, "{\"t\":\"pong\"}");
        while (hears_anything(w, 0) || hears_anything(w, 1))
            ;
        pass(w, QUA_SECONDS(1));
    }
    hears_error(w, 1, "denied");
    for (int i = 1; i < PEOPLE; i++) {
        hang_up(w, i);
        dial(w, i, "a");
        hears(w, i, "\"welcome\"");
        says(w, i, "{\"t\":\"join\"}");
        if (i <= ROOM_KNOCKERS)
            hears(w, i, "\"knock\"");
        else
            hears_error(w, i, "busy");
    }
}

static void a_host_ends_the_call_for_all(void **state)
{
    world *w = *state;
    hub_stats stats;

    join(w, 0, "a"), join(w, 1, "a"), join(w, 2, "a");
    hang_up(w, 2);
    says(w, 0, "{\"t\":\"end\"}");
    for (int i = 0; i < 2; i++) {
        hears_error(w, i, "ended");
        assert_true(session_is_over(w->sessions[i]));
    }
    hub_get_stats(w->hub, &stats);
    assert_int_equal(stats.rooms, 0);
    assert_int_equal(stats.seats, 0);
    assert_int_equal(stats.seats_away, 0);
}

static void hands_and_reactions_are_shown_to_the_others(void **state)
{
    world *w = *state;

    join(w, 0, "a"), join(w, 1, "a");
    hears_join_of(w, 0, 1);
    says(w, 1, "{\"t\":\"hand\",\"d\":{\"raised\":true}}");
    hears(w, 0, "\"hand\":true");
    says(w, 1, "{\"t\":\"react\",\"d\":{\"text\":\"+1\"}}");
    hears(w, 0, "{\"t\":\"react\"");
    join(w, 2, "a"); /* learns of the hand, not of the reaction */
    assert_non_null(strstr(w->text, "\"hand\":true"));
    hears_nothing(w, 2);
}

static void turn_credentials_come_with_the_seat_and_on_request(void **state)
{
    world *w = *state;
    qua_message m;

    w->config.turn = (turn_config){.count = 1, .urls = {"turn:turn.example:3478"}, .secret = "north"};
    w->config.wall_offset_us = QUA_SECONDS(1700000000) - w->now;
    start_hub(w);
    join(w, 0, "a");
    for (int i = 0; i < 2; i++) {
        hears(w, 0, "\"turn\"");
        assert_int_equal(qua_message_parse(&m, w->text, strlen(w->text), NULL), 0);
        assert_string_equal(m.turn.urls[0], "turn:turn.example:3478");
        assert_int_equal(strtoll(m.turn.username, NULL, 10), 1700000000 + 12 * 3600);
        assert_non_null(strstr(m.turn.username, w->ids[0]));
        assert_int_equal(strlen(m.turn.credential), 28); /* base64 of a SHA-1 */
        assert_int_equal(m.turn.life, QUA_SECONDS(12 * 3600));
        qua_message_clear(&m);
        says(w, 0, "{\"t\":\"turn\"}");
    }
}

static void many_rooms_come_and_go(void **state)
{
    world *w = *state;
    char name[16];
    hub_stats stats;

    for (int round = 0; round < 500; round++) {
        snprintf(name, sizeof name, "room%d", round);
        hang_up(w, round % PEOPLE);
        join(w, round % PEOPLE, name);
    }
    hub_get_stats(w->hub, &stats);
    assert_int_equal(stats.rooms, 500); /* those of the absent wait for them */
    assert_int_equal(stats.seats, 500);
    assert_int_equal(stats.seats_away, 500 - PEOPLE);
    pass(w, QUA_SIGNAL_RESUME_WITHIN);
    hub_get_stats(w->hub, &stats);
    assert_int_equal(stats.rooms, PEOPLE);
    assert_int_equal(stats.seats_away, PEOPLE); /* timed out meanwhile */
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(each_learns_of_the_other_and_the_first_has_the_lower_id),
        STORY(the_fifth_is_told_that_the_room_is_full),
        STORY(a_message_goes_to_one_with_the_servers_from),
        STORY(nobody_speaks_into_another_room),
        STORY(candidates_are_counted_for_each_description),
        STORY(leaving_is_announced_and_answered),
        STORY(a_lost_connection_is_told_as_away_then_gone),
        STORY(silence_is_pinged_then_ended),
        STORY(greeting_and_joining_have_their_time),
        STORY(everything_has_its_place),
        STORY(versions_and_rooms_are_checked_at_the_door),
        STORY(a_flood_is_ended_and_a_burst_is_not),
        STORY(who_does_not_read_loses_the_connection_and_no_memory_grows),
        STORY(who_asks_and_never_listens_is_ended),
        STORY(a_participant_comes_back_to_its_seat_and_misses_nothing),
        STORY(a_new_connection_takes_over_from_one_that_only_seems_alive),
        STORY(tickets_are_good_for_their_room_and_seat_alone),
        STORY(an_absent_participant_yields_to_a_newcomer),
        STORY(a_restarted_server_rebuilds_seats_from_tickets),
        STORY(too_many_connections_are_turned_away),
        STORY(ready_sessions_are_named_once),
        STORY(a_goodbye_reaches_everyone),
        STORY(whoever_opens_a_room_is_its_host_and_hands_it_on),
        STORY(hosts_do_what_others_may_not),
        STORY(the_last_host_cannot_stop_being_one_alone),
        STORY(a_locked_room_lets_nobody_in_but_those_who_come_back),
        STORY(a_host_admits_who_knocks),
        STORY(a_host_denies_who_knocks),
        STORY(who_stops_waiting_is_told_to_the_host),
        STORY(opening_the_lobby_lets_everyone_in_and_leaving_it_empty_nobody),
        STORY(waiting_at_the_door_has_an_end_and_so_have_places_there),
        STORY(a_host_ends_the_call_for_all),
        STORY(hands_and_reactions_are_shown_to_the_others),
        STORY(turn_credentials_come_with_the_seat_and_on_request),
        STORY(many_rooms_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
