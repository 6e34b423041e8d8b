/* Stories about a client's session: coming in, talking, losing the server and coming back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "signaling/signaling.h"

#define WELCOME "{\"t\":\"welcome\",\"d\":{\"version\":1,\"ping_ms\":10000,\"dead_ms\":25000}}"
#define JOINED                                                                                                         \
    "{\"t\":\"joined\",\"d\":{\"self\":\"0b\",\"ticket\":\"T1\",\"peers\":[{\"id\":\"0a\",\"name\":\"Ana\"}]}}"

typedef struct fixture {
    qua_signal *signal;
    qua_prng prng;
    qua_random random;
    qua_time now;
    qua_signal_event event; /* the last one taken */
} fixture;

static int begin(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    qua_signal_config config = {.name = "Ben"};

    f->now = QUA_SECONDS(1000);
    qua_prng_seed(&f->prng, 7);
    f->random = qua_prng_random(&f->prng);
    config.random = &f->random;
    assert_int_equal(qua_signal_create(&f->signal, &config), 0);
    *state = f;
    return 0;
}

static int finish(void **state)
{
    fixture *f = *state;

    qua_signal_destroy(&f->signal);
    assert_null(f->signal);
    free(f);
    return 0;
}

/* The next text is exactly this one; NULL: there is none. */
static void says(fixture *f, const char *expected)
{
    const char *text;
    size_t size;
    const bool any = qua_signal_poll_transmit(f->signal, &text, &size);
    char *copy = any ? qua_strndup(text, size) : NULL;

    if (expected)
        assert_true(any);
    else
        assert_null(copy);
    if (expected)
        assert_string_equal(copy, expected);
    free(copy);
}

static void event(fixture *f, qua_signal_event_type type)
{
    assert_true(qua_signal_poll_event(f->signal, &f->event));
    assert_int_equal(f->event.type, type);
}

static void no_event(fixture *f)
{
    assert_false(qua_signal_poll_event(f->signal, &f->event));
}

static int hears(fixture *f, const char *text)
{
    return qua_signal_input(f->signal, f->now, text, strlen(text));
}

/* Let the time pass until the session's own deadline. */
static void wait_for_deadline(fixture *f)
{
    assert_true(qua_signal_deadline(f->signal) < QUA_TIME_NEVER);
    f->now = qua_signal_deadline(f->signal);
    qua_signal_on_timeout(f->signal, f->now);
}

static void greet(fixture *f)
{
    qua_signal_opened(f->signal, f->now);
    says(f, "{\"t\":\"hello\",\"d\":{\"versions\":[1],\"agent\":\"quartet/0.1\"}}");
    assert_int_equal(hears(f, WELCOME), 0);
}

static void join(fixture *f)
{
    assert_int_equal(qua_signal_start(f->signal, f->now), 0);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":false,\"camera\":true}}}");
    assert_int_equal(hears(f, JOINED), 0);
    event(f, QUA_SIGNAL_EVENT_JOINED);
    no_event(f);
    says(f, NULL);
}

static void it_joins_and_learns_who_is_there(void **state)
{
    fixture *f = *state;

    join(f);
    assert_string_equal(f->event.joined.self, "0b");
    assert_false(f->event.joined.resumed);
    assert_int_equal(f->event.joined.count, 1);
    assert_string_equal(f->event.joined.peers[0].name, "Ana");
    assert_string_equal(qua_signal_self(f->signal), "0b");
    assert_non_null(qua_signal_find(f->signal, "0a"));
    assert_int_equal(qua_signal_start(f->signal, f->now), QUA_ESTATE);
}

static void it_follows_who_comes_changes_and_goes(void **state)
{
    fixture *f = *state;

    join(f);
    assert_int_equal(
        hears(f, "{\"t\":\"peer\",\"seq\":1,\"d\":{\"change\":\"add\",\"peer\":{\"id\":\"0c\",\"name\":\"Cem\"}}}"), 0);
    event(f, QUA_SIGNAL_EVENT_PEER_ADDED);
    assert_string_equal(f->event.peer->name, "Cem");
    assert_int_equal(hears(f, "{\"t\":\"peer\",\"seq\":2,\"d\":{\"change\":\"update\",\"peer\":{\"id\":\"0c\",\"name\":"
                              "\"Cem\",\"state\":{\"muted\":true},\"away\":true}}}"),
                     0);
    event(f, QUA_SIGNAL_EVENT_PEER_UPDATED);
    assert_true(f->event.peer->state.audio_muted);
    assert_false(f->event.peer->state.video_muted);
    assert_true(f->event.peer->away);
    assert_int_equal(
        hears(f, "{\"t\":\"peer\",\"seq\":3,\"d\":{\"change\":\"gone\",\"reason\":\"left\",\"peer\":{\"id\":\"0c\"}}}"),
        0);
    event(f, QUA_SIGNAL_EVENT_PEER_GONE);
    assert_string_equal(f->event.peer->name, "Cem");
    assert_string_equal(f->event.reason, "left");
    assert_null(qua_signal_find(f->signal, "0c"));
    no_event(f);
}

static void descriptions_and_candidates_go_both_ways(void **state)
{
    const qua_candidate one = {"candidate:1", "0", 0, NULL}, two = {"candidate:2", "0", 0, NULL},
                        end = {"", NULL, -1, NULL};
    fixture *f = *state;

    join(f);
    assert_int_equal(qua_signal_send_candidate(f->signal, f->now, "0a", &one), 0);
    assert_int_equal(qua_signal_send_candidate(f->signal, f->now, "0a", &two), 0);
    assert_int_equal(qua_signal_send_description(f->signal, f->now, "0a", QUA_SDP_ANSWER, "v=0\r\n"), 0);
    assert_int_equal(qua_signal_send_candidate(f->signal, f->now, "0a", &end), 0);
    says(
        f,
        "{\"t\":\"cand\",\"id\":1,\"to\":\"0a\",\"d\":{\"candidates\":[{\"candidate\":\"candidate:1\",\"sdpMid\":"
        "\"0\",\"sdpMLineIndex\":0},{\"candidate\":\"candidate:2\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}]},\"seq\":1}");
    says(f, "{\"t\":\"desc\",\"id\":2,\"to\":\"0a\",\"d\":{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n\"},\"seq\":2}");
    says(f, "{\"t\":\"cand-end\",\"id\":3,\"to\":\"0a\",\"d\":{},\"seq\":3}");
    says(f, NULL);

    assert_int_equal(hears(f, "{\"t\":\"desc\",\"seq\":1,\"from\":\"0a\",\"d\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}"),
                     0);
    event(f, QUA_SIGNAL_EVENT_DESCRIPTION);
    assert_string_equal(f->event.peer->id, "0a");
    assert_int_equal(f->event.description.type, QUA_SDP_OFFER);
    assert_string_equal(f->event.description.sdp, "v=0");
    assert_int_equal(
        hears(f, "{\"t\":\"cand\",\"seq\":2,\"from\":\"0a\",\"d\":{\"candidates\":[{\"candidate\":\"c\"}]}}"), 0);
    event(f, QUA_SIGNAL_EVENT_CANDIDATES);
    assert_int_equal(f->event.candidates.count, 1);
    assert_string_equal(f->event.candidates.list[0].candidate, "c");
    assert_int_equal(hears(f, "{\"t\":\"cand-end\",\"seq\":3,\"from\":\"0a\"}"), 0);
    event(f, QUA_SIGNAL_EVENT_CANDIDATES);
    assert_string_equal(f->event.candidates.list[0].candidate, "");
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "hi"), 0); /* carries the acknowledgement */
    says(f, "{\"t\":\"chat\",\"id\":4,\"d\":{\"text\":\"hi\"},\"seq\":4,\"ack\":3}");
}

static void what_cannot_be_sent_is_refused_at_once(void **state)
{
    fixture *f = *state;
    char *sdp = calloc(1, QUA_SIGNAL_SDP_MAX + 2);

    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "too early"), QUA_ESTATE);
    join(f);
    assert_int_equal(qua_signal_send_description(f->signal, f->now, "0x", QUA_SDP_OFFER, "v"), QUA_ENOENT);
    memset(sdp, 'x', QUA_SIGNAL_SDP_MAX + 1);
    assert_int_equal(qua_signal_send_description(f->signal, f->now, "0a", QUA_SDP_OFFER, sdp), QUA_EINVAL);
    assert_int_equal(qua_signal_send_description(f->signal, f->now, "0a", QUA_SDP_ROLLBACK, "v"), QUA_EINVAL);
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, ""), QUA_EINVAL);
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "\xff"), QUA_EINVAL);
    free(sdp);
    says(f, NULL);
}

static void a_full_room_ends_it_for_good(void **state)
{
    fixture *f = *state;

    qua_signal_start(f->signal, f->now);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    assert_int_equal(hears(f, "{\"t\":\"error\",\"d\":{\"code\":\"room-full\"}}"), 0);
    event(f, QUA_SIGNAL_EVENT_ENDED);
    assert_int_equal(f->event.error, QUA_EROOMFULL);
    assert_string_equal(f->event.reason, "the room already has four participants");
    event(f, QUA_SIGNAL_EVENT_CLOSE);
    assert_int_equal(qua_signal_deadline(f->signal), QUA_TIME_NEVER);
}

static void an_unreachable_server_is_tried_three_times(void **state)
{
    fixture *f = *state;

    qua_signal_start(f->signal, f->now);
    for (int i = 0; i < 2; i++) {
        event(f, QUA_SIGNAL_EVENT_OPEN);
        qua_signal_closed(f->signal, f->now, "cannot reach the server");
        no_event(f); /* never joined: nobody needs to know yet */
        wait_for_deadline(f);
    }
    event(f, QUA_SIGNAL_EVENT_OPEN);
    qua_signal_closed(f->signal, f->now, "cannot reach the server");
    event(f, QUA_SIGNAL_EVENT_ENDED);
    assert_int_equal(f->event.error, QUA_EIO);
    assert_string_equal(f->event.reason, "cannot reach the server");
    no_event(f); /* there is no socket to close */
}

static void a_silent_server_is_left_and_the_session_resumed(void **state)
{
    fixture *f = *state;

    join(f);
    hears(f, "{\"t\":\"peer\",\"seq\":1,\"d\":{\"change\":\"add\",\"peer\":{\"id\":\"0c\",\"name\":\"Cem\"}}}");
    event(f, QUA_SIGNAL_EVENT_PEER_ADDED);
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "one"), 0);
    says(f, "{\"t\":\"chat\",\"id\":1,\"d\":{\"text\":\"one\"},\"seq\":1,\"ack\":1}");
    assert_int_equal(qua_signal_deadline(f->signal), f->now + QUA_SECONDS(25));
    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_LOST);
    assert_string_equal(f->event.reason, "the server does not answer");
    event(f, QUA_SIGNAL_EVENT_CLOSE);
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "two"), 0); /* waits */
    says(f, NULL);
    assert_int_equal(qua_signal_get_phase(f->signal), QUA_SIGNAL_WAITING);

    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"resume\",\"d\":{\"ticket\":\"T1\",\"last\":1,\"name\":\"Ben\",\"state\":{\"muted\":false,"
            "\"camera\":true}}}");
    hears(f,
          "{\"t\":\"resumed\",\"d\":{\"self\":\"0b\",\"ticket\":\"T2\",\"last\":1,\"peers\":[{\"id\":\"0c\",\"name\":"
          "\"Cem\"},{\"id\":\"0d\",\"name\":\"Dan\"}]}}");
    event(f, QUA_SIGNAL_EVENT_PEER_GONE);
    assert_string_equal(f->event.peer->name, "Ana");
    event(f, QUA_SIGNAL_EVENT_PEER_ADDED);
    assert_string_equal(f->event.peer->name, "Dan");
    event(f, QUA_SIGNAL_EVENT_JOINED);
    assert_true(f->event.joined.resumed);
    says(f, "{\"t\":\"chat\",\"id\":2,\"d\":{\"text\":\"two\"},\"seq\":2,\"ack\":1}"); /* "one" had arrived */
    says(f, NULL);
}

static void a_server_that_was_started_anew_hears_everything_again(void **state)
{
    fixture *f = *state;

    join(f);
    qua_signal_send_chat(f->signal, f->now, "one");
    says(f, "{\"t\":\"chat\",\"id\":1,\"d\":{\"text\":\"one\"},\"seq\":1}");
    hears(f, "{\"t\":\"chat\",\"id\":5,\"seq\":1,\"from\":\"0a\",\"d\":{\"text\":\"hi\"}}");
    event(f, QUA_SIGNAL_EVENT_CHAT);
    qua_signal_closed(f->signal, f->now, NULL);
    event(f, QUA_SIGNAL_EVENT_LOST);
    no_event(f); /* the owner closed its socket already */
    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"resume\",\"d\":{\"ticket\":\"T1\",\"last\":1,\"name\":\"Ben\",\"state\":{\"muted\":false,"
            "\"camera\":true}}}");
    hears(f, "{\"t\":\"resumed\",\"d\":{\"self\":\"0b\",\"ticket\":\"T2\",\"fresh\":true,\"peers\":[{\"id\":\"0a\","
             "\"name\":\"Ana\"}]}}");
    event(f, QUA_SIGNAL_EVENT_JOINED);
    assert_true(f->event.joined.resumed);
    says(f, "{\"t\":\"chat\",\"id\":1,\"d\":{\"text\":\"one\"},\"seq\":1}");
    /* Ana says again what the old server may have lost; we know it by its id */
    hears(f, "{\"t\":\"chat\",\"id\":5,\"seq\":1,\"from\":\"0a\",\"d\":{\"text\":\"hi\"}}");
    no_event(f);
}

static void a_lost_seat_is_replaced_by_a_new_one(void **state)
{
    fixture *f = *state;

    join(f);
    qua_signal_send_chat(f->signal, f->now, "to a room that is gone");
    qua_signal_closed(f->signal, f->now, NULL);
    event(f, QUA_SIGNAL_EVENT_LOST);
    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"resume\",\"d\":{\"ticket\":\"T1\",\"last\":0,\"name\":\"Ben\",\"state\":{\"muted\":false,"
            "\"camera\":true}}}");
    hears(f, "{\"t\":\"error\",\"d\":{\"code\":\"expired\"}}");
    no_event(f);
    says(f, "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":false,\"camera\":true}}}");
    hears(f, "{\"t\":\"joined\",\"d\":{\"self\":\"0f\",\"peers\":[]}}");
    event(f, QUA_SIGNAL_EVENT_JOINED);
    assert_false(f->event.joined.resumed);
    assert_string_equal(qua_signal_self(f->signal), "0f");
    assert_int_equal(f->event.joined.count, 0);
    says(f, NULL);
}

static void attempts_spread_and_slow_down(void **state)
{
    fixture *f = *state;
    qua_time full = QUA_MS(250);

    join(f);
    qua_signal_closed(f->signal, f->now, NULL);
    event(f, QUA_SIGNAL_EVENT_LOST);
    for (int i = 0; i < 10; i++, full = QUA_MIN(full * 2, QUA_SECONDS(4))) {
        const qua_time wait = qua_signal_deadline(f->signal) - f->now;
        assert_in_range(wait, full / 2, full);
        wait_for_deadline(f);
        event(f, QUA_SIGNAL_EVENT_OPEN);
        qua_signal_closed(f->signal, f->now, NULL);
        no_event(f); /* told once */
    }
}

static void it_answers_pings_and_acknowledges_unasked(void **state)
{
    fixture *f = *state;
    char text[128];

    join(f);
    hears(f, "{\"t\":\"ping\"}");
    says(f, "{\"t\":\"pong\"}");
    for (int i = 1; i <= 16; i++) {
        snprintf(text, sizeof text, "{\"t\":\"chat\",\"seq\":%d,\"from\":\"0a\",\"d\":{\"text\":\"x\"}}", i);
        says(f, NULL);
        hears(f, text);
        event(f, QUA_SIGNAL_EVENT_CHAT);
    }
    says(f, "{\"t\":\"pong\",\"ack\":16}");
    says(f, NULL);
}

static void it_leaves_with_a_word(void **state)
{
    fixture *f = *state;

    join(f);
    qua_signal_leave(f->signal, f->now);
    says(f, "{\"t\":\"leave\"}");
    says(f, NULL);
    event(f, QUA_SIGNAL_EVENT_ENDED);
    assert_int_equal(f->event.error, 0);
    event(f, QUA_SIGNAL_EVENT_CLOSE);
    qua_signal_leave(f->signal, f->now);
    no_event(f);
    assert_int_equal(qua_signal_send_chat(f->signal, f->now, "x"), QUA_ESTATE);
}

static void it_tells_its_state_now_or_with_the_join(void **state)
{
    const qua_signal_state muted = {.audio_muted = true}, screen = {.screen = true};
    fixture *f = *state;

    assert_int_equal(qua_signal_set_state(f->signal, f->now, &muted), 0);
    qua_signal_start(f->signal, f->now);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":true,\"camera\":true}}}");
    hears(f, JOINED);
    event(f, QUA_SIGNAL_EVENT_JOINED);
    assert_int_equal(qua_signal_set_state(f->signal, f->now, &screen), 0);
    says(f, "{\"t\":\"state\",\"id\":1,\"d\":{\"muted\":false,\"camera\":true,\"screen\":true},\"seq\":1}");
}

static void what_is_out_of_place_is_dropped_and_counted(void **state)
{
    fixture *f = *state;
    qua_signal_stats stats;

    join(f);
    assert_int_equal(hears(f, JOINED), QUA_EPROTO);
    assert_int_equal(hears(f, "{\"t\":\"join\"}"), QUA_EPROTO);
    assert_int_equal(hears(f, "{\"t\":\"chat\",\"d\":{\"text\":\"nobody\"}}"), QUA_EPROTO);
    assert_int_equal(hears(f, "{\"t\":\"chat\",\"from\":\"0z\",\"d\":{\"text\":\"a stranger\"}}"), QUA_EPROTO);
    assert_int_equal(hears(f, "{\"t\":\"ping\",\"ack\":1}"), QUA_EPROTO); /* nothing was said yet */
    assert_int_equal(hears(f, "not JSON"), QUA_EFORMAT);
    assert_int_equal(hears(f, "{\"t\":\"of-tomorrow\"}"), 0);
    no_event(f);
    qua_signal_get_stats(f->signal, &stats);
    assert_int_equal(stats.malformed, 6);
    assert_int_equal(qua_signal_get_phase(f->signal), QUA_SIGNAL_JOINED);
}

static void a_gap_in_the_numbers_is_mended_by_resuming(void **state)
{
    fixture *f = *state;

    join(f);
    assert_int_equal(hears(f, "{\"t\":\"chat\",\"seq\":2,\"from\":\"0a\",\"d\":{\"text\":\"x\"}}"), QUA_EPROTO);
    event(f, QUA_SIGNAL_EVENT_LOST);
    event(f, QUA_SIGNAL_EVENT_CLOSE);
}

static void a_resumption_that_cannot_be_costs_the_seat_not_the_session(void **state)
{
    fixture *f = *state;

    join(f);
    qua_signal_closed(f->signal, f->now, NULL);
    event(f, QUA_SIGNAL_EVENT_LOST);
    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    assert_int_equal(hears(f, "{\"t\":\"resumed\",\"d\":{\"self\":\"0a\",\"peers\":[]}}"), QUA_EPROTO);
    event(f, QUA_SIGNAL_EVENT_CLOSE);
    wait_for_deadline(f);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":false,\"camera\":true}}}");
}

static void it_waits_at_the_door_for_as_long_as_pings_come(void **state)
{
    fixture *f = *state;

    qua_signal_start(f->signal, f->now);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f, "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":false,\"camera\":true}}}");
    hears(f, "{\"t\":\"knock\",\"d\":{}}");
    event(f, QUA_SIGNAL_EVENT_KNOCKING);
    for (int i = 0; i < 20; i++) {
        f->now += QUA_SECONDS(10);
        assert_true(qua_signal_deadline(f->signal) > f->now);
        hears(f, "{\"t\":\"ping\"}");
        says(f, "{\"t\":\"pong\"}");
    }
    hears(f, "{\"t\":\"error\",\"d\":{\"code\":\"denied\"}}");
    event(f, QUA_SIGNAL_EVENT_ENDED);
    assert_int_equal(f->event.error, QUA_EREFUSED);
    event(f, QUA_SIGNAL_EVENT_CLOSE);
}

static void a_host_hears_knocks_and_acts(void **state)
{
    const qua_signal_door door = {.lobby = true};
    fixture *f = *state;

    join(f);
    hears(f, "{\"t\":\"peer\",\"seq\":1,\"d\":{\"change\":\"update\",\"peer\":{\"id\":\"0b\",\"role\":\"host\"}}}");
    event(f, QUA_SIGNAL_EVENT_ROOM);
    assert_int_equal(f->event.room.role, QUA_ROLE_HOST);
    qua_signal_set_door(f->signal, f->now, &door);
    says(f, "{\"t\":\"lock\",\"id\":1,\"d\":{\"locked\":false,\"lobby\":true},\"seq\":1,\"ack\":1}");
    hears(f, "{\"t\":\"lock\",\"seq\":2,\"d\":{\"lobby\":true}}");
    event(f, QUA_SIGNAL_EVENT_ROOM);
    assert_true(f->event.room.door.lobby);
    hears(f, "{\"t\":\"knock\",\"seq\":3,\"d\":{\"peer\":{\"id\":\"k1\",\"name\":\"Cem\"}}}");
    event(f, QUA_SIGNAL_EVENT_KNOCK);
    assert_string_equal(f->event.peer->name, "Cem");
    assert_null(qua_signal_find(f->signal, "k1"));
    assert_int_equal(qua_signal_admit(f->signal, f->now, "k1", true), 0);
    says(f, "{\"t\":\"admit\",\"id\":2,\"to\":\"k1\",\"seq\":2,\"ack\":3}");
    assert_int_equal(qua_signal_remove(f->signal, f->now, "0a"), 0);
    says(f, "{\"t\":\"remove\",\"id\":3,\"to\":\"0a\",\"seq\":3,\"ack\":3}");
    assert_int_equal(qua_signal_set_role(f->signal, f->now, "0a", QUA_ROLE_GUEST), 0);
    says(f, "{\"t\":\"role\",\"id\":4,\"to\":\"0a\",\"d\":{\"role\":\"guest\"},\"seq\":4,\"ack\":3}");
    assert_int_equal(qua_signal_end(f->signal, f->now), 0);
    says(f, "{\"t\":\"end\",\"id\":5,\"seq\":5,\"ack\":3}");
    hears(f, "{\"t\":\"error\",\"d\":{\"code\":\"ended\"}}");
    event(f, QUA_SIGNAL_EVENT_ENDED);
    assert_int_equal(f->event.error, QUA_ECLOSED);
}

static void people_show_hands_reactions_and_wishes(void **state)
{
    fixture *f = *state;

    join(f);
    assert_int_equal(qua_signal_set_hand(f->signal, f->now, true), 0);
    says(f, "{\"t\":\"hand\",\"id\":1,\"d\":{\"raised\":true},\"seq\":1}");
    assert_int_equal(qua_signal_send_reaction(f->signal, f->now, "\xf0\x9f\x91\x8f"), 0);
    says(f, "{\"t\":\"react\",\"id\":2,\"d\":{\"text\":\"\xf0\x9f\x91\x8f\"},\"seq\":2}");
    hears(f, "{\"t\":\"react\",\"seq\":1,\"from\":\"0a\",\"d\":{\"text\":\"+1\"}}");
    event(f, QUA_SIGNAL_EVENT_REACTION);
    assert_string_equal(f->event.text, "+1");
    hears(f, "{\"t\":\"mute-request\",\"seq\":2,\"from\":\"0a\",\"d\":{\"audio\":true}}");
    event(f, QUA_SIGNAL_EVENT_MUTE_REQUEST);
    assert_true(f->event.mute.audio);
    assert_false(f->event.mute.video);
}

static void turn_servers_come_with_credentials(void **state)
{
    fixture *f = *state;

    join(f);
    hears(f, "{\"t\":\"turn\",\"d\":{\"urls\":[\"turn:a\",\"turns:b\"],\"username\":\"u\",\"credential\":\"c\",\"ttl\":"
             "60}}");
    event(f, QUA_SIGNAL_EVENT_TURN);
    assert_int_equal(f->event.turn.count, 2);
    assert_string_equal(f->event.turn.servers[1].url, "turns:b");
    assert_string_equal(f->event.turn.servers[1].username, "u");
    assert_string_equal(f->event.turn.servers[1].credential, "c");
    assert_int_equal(f->event.turn.life, QUA_SECONDS(60));
    assert_int_equal(qua_signal_ask_turn(f->signal, f->now), 0);
    says(f, "{\"t\":\"turn\",\"id\":1,\"d\":{},\"seq\":1}");
}

static void a_token_goes_with_the_join_and_is_renewed(void **state)
{
    fixture *f = *state;

    assert_int_equal(qua_signal_set_token(f->signal, f->now, "first"), 0);
    qua_signal_start(f->signal, f->now);
    event(f, QUA_SIGNAL_EVENT_OPEN);
    greet(f);
    says(f,
         "{\"t\":\"join\",\"d\":{\"name\":\"Ben\",\"state\":{\"muted\":false,\"camera\":true},\"token\":\"first\"}}");
    hears(f, JOINED);
    event(f, QUA_SIGNAL_EVENT_JOINED);
    assert_int_equal(qua_signal_set_token(f->signal, f->now, "second"), 0);
    says(f, "{\"t\":\"token\",\"id\":1,\"d\":{\"token\":\"second\"},\"seq\":1}");
}

static void a_name_that_cannot_be_shown_is_refused(void **state)
{
    fixture *f = *state;
    const qua_signal_config config = {.name = "a\nb", .random = &f->random};
    qua_signal *signal = NULL;

    assert_int_equal(qua_signal_create(&signal, &config), QUA_EINVAL);
    assert_null(signal);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(it_joins_and_learns_who_is_there),
        STORY(it_follows_who_comes_changes_and_goes),
        STORY(descriptions_and_candidates_go_both_ways),
        STORY(what_cannot_be_sent_is_refused_at_once),
        STORY(a_full_room_ends_it_for_good),
        STORY(an_unreachable_server_is_tried_three_times),
        STORY(a_silent_server_is_left_and_the_session_resumed),
        STORY(a_server_that_was_started_anew_hears_everything_again),
        STORY(a_lost_seat_is_replaced_by_a_new_one),
        STORY(attempts_spread_and_slow_down),
        STORY(it_answers_pings_and_acknowledges_unasked),
        STORY(it_leaves_with_a_word),
        STORY(it_tells_its_state_now_or_with_the_join),
        STORY(what_is_out_of_place_is_dropped_and_counted),
        STORY(a_gap_in_the_numbers_is_mended_by_resuming),
        STORY(a_resumption_that_cannot_be_costs_the_seat_not_the_session),
        STORY(it_waits_at_the_door_for_as_long_as_pings_come),
        STORY(a_host_hears_knocks_and_acts),
        STORY(people_show_hands_reactions_and_wishes),
        STORY(turn_servers_come_with_credentials),
        STORY(a_token_goes_with_the_join_and_is_renewed),
        STORY(a_name_that_cannot_be_shown_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
