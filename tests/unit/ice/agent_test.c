/* Two agents, datagrams handed over in memory, time in our hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ice/ice.h"

#define LATENCY     QUA_MS(10)
#define WIRE_MAX    256
#define EVENTS_KEPT 128

typedef struct agent {
    qua_ice *ice;
    qua_prng prng;
    qua_random random;
    qua_addr addr;
    qua_addr seen_as; /* what the wire makes of our address; family NONE: nothing */
    size_t sent, selected_events, candidate_events, gathered_events;
    qua_ice_state states[EVENTS_KEPT];
    size_t state_count;
    char candidates[8][256];
    bool trickles; /* hand candidates to the other side as they come */
} agent;

typedef struct in_flight {
    qua_time at;
    agent *from, *to;
    qua_ice_transmit datagram;
} in_flight;

typedef struct bed {
    qua_time now;
    agent ana, ben;
    in_flight wire[WIRE_MAX];
    size_t wire_count;
    bool cut;              /* nothing arrives */
    agent *deaf;           /* nothing arrives at this one */
    size_t timeouts, busy; /* on_timeout calls; those that left a deadline not in the future */
} bed;

static void drain(bed *b, agent *a, agent *other)
{
    qua_ice_transmit out;
    qua_ice_event event;

    while (qua_ice_poll_transmit(a->ice, &out)) {
        a->sent++;
        assert_true(b->wire_count < WIRE_MAX);
        b->wire[b->wire_count++] = (in_flight){b->now + LATENCY, a, other, out};
    }
    while (qua_ice_poll_event(a->ice, &event)) {
        if (event.type == QUA_ICE_EVENT_STATE)
            a->states[a->state_count++ % EVENTS_KEPT] = event.state;
        a->selected_events += event.type == QUA_ICE_EVENT_SELECTED;
        a->gathered_events += event.type == QUA_ICE_EVENT_GATHERED;
        if (event.type == QUA_ICE_EVENT_CANDIDATE) {
            qua_ice_candidate c;
            snprintf(a->candidates[a->candidate_events++ % 8], 256, "%s", event.candidate);
            assert_int_equal(qua_ice_candidate_parse(&c, event.candidate), 0);
            if (a->trickles)
                assert_int_equal(qua_ice_add_remote_candidate(other->ice, b->now, &c), 0);
        }
    }
}

static void drain_both(bed *b)
{
    drain(b, &b->ana, &b->ben);
    drain(b, &b->ben, &b->ana);
    drain(b, &b->ana, &b->ben); /* what ben's candidates made ana do */
}

static void deliver(bed *b, size_t i)
{
    const in_flight f = b->wire[i];

    b->wire[i] = b->wire[--b->wire_count];
    if (b->cut || b->deaf == f.to ||
        !qua_addr_equal(&f.datagram.to, f.to->seen_as.family ? &f.to->seen_as : &f.to->addr))
        return;
    qua_ice_input(f.to->ice, b->now, 0, f.from->seen_as.family ? &f.from->seen_as : &f.from->addr, f.datagram.data,
                  f.datagram.size);
}

static void serve(bed *b, agent *a)
{
    if (qua_ice_deadline(a->ice) > b->now)
        return;
    qua_ice_on_timeout(a->ice, b->now);
    b->timeouts++;
    b->busy += qua_ice_deadline(a->ice) <= b->now;
}

static void run(bed *b, qua_time duration)
{
    const qua_time end = b->now + duration;

    for (;;) {
        qua_time next = QUA_MIN(qua_ice_deadline(b->ana.ice), qua_ice_deadline(b->ben.ice));
        size_t first = 0;
        for (size_t i = 0; i < b->wire_count; i++)
            if (b->wire[i].at < b->wire[first].at)
                first = i;
        if (b->wire_count)
            next = QUA_MIN(next, b->wire[first].at);
        if (next > end)
            break;
        b->now = QUA_MAX(b->now, next);
        if (b->wire_count && b->wire[first].at <= b->now)
            deliver(b, first);
        serve(b, &b->ana);
        serve(b, &b->ben);
        drain_both(b);
    }
    b->now = end;
}

static void join(bed *b, agent *a, uint64_t seed, const char *ip, bool controlling)
{
    qua_ice_config config = {.controlling = controlling};

    qua_prng_seed(&a->prng, seed);
    a->random = qua_prng_random(&a->prng);
    config.random = &a->random;
    assert_int_equal(qua_ice_create(&a->ice, &config), 0);
    assert_int_equal(qua_addr_parse(&a->addr, ip, 5000), 0);
    a->trickles = true;
    (void)b;
}

static int set_up(void **state)
{
    static bed b;

    memset(&b, 0, sizeof b);
    b.now = QUA_SECONDS(1);
    join(&b, &b.ana, 1, "192.0.2.1", true);
    join(&b, &b.ben, 2, "192.0.2.2", false);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    assert_int_equal(b->busy, 0);
    qua_ice_destroy(&b->ana.ice);
    qua_ice_destroy(&b->ben.ice);
    return 0;
}

static void describe(bed *b, agent *to, const agent *from)
{
    assert_int_equal(
        qua_ice_set_remote(to->ice, b->now, qua_ice_local_ufrag(from->ice), qua_ice_local_password(from->ice), false),
        0);
}

static void gather(bed *b, agent *a)
{
    assert_int_equal(qua_ice_add_local(a->ice, b->now, 0, &a->addr), 0);
    qua_ice_local_done(a->ice, b->now);
}

static void connect(bed *b)
{
    gather(b, &b->ana);
    gather(b, &b->ben);
    describe(b, &b->ben, &b->ana);
    describe(b, &b->ana, &b->ben);
    drain_both(b);
    run(b, QUA_SECONDS(1));
}

static void assert_sends_to(const agent *a, const qua_addr *where)
{
    qua_addr remote;
    int base;

    assert_true(qua_ice_selected(a->ice, &base, &remote));
    assert_true(qua_addr_equal(&remote, where));
}

static void two_hosts_connect_and_nominate_at_once(void **state)
{
    bed *b = *state;
    qua_ice_stats stats;

    connect(b);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
    assert_sends_to(&b->ana, &b->ben.addr);
    assert_sends_to(&b->ben, &b->ana.addr);
    assert_int_equal(b->ana.gathered_events, 1);
    assert_int_equal(b->ana.selected_events, 1);
    qua_ice_get_stats(b->ana.ice, &stats);
    assert_int_equal(stats.rtt_us, 2 * LATENCY);
    assert_int_equal(stats.local_kind, QUA_ICE_HOST);
    assert_int_equal(stats.remote_kind, QUA_ICE_HOST);
    /* a check and a nomination from the controlling side, one check from the other */
    assert_int_equal(stats.checks_sent, 2);
    assert_int_equal(stats.checks_received, 1);
}

static void checks_that_come_before_the_answer_are_answered(void **state)
{
    bed *b = *state;

    gather(b, &b->ana);
    gather(b, &b->ben);
    describe(b, &b->ben, &b->ana); /* ben knows ana; ana has no answer yet */
    b->ben.trickles = false;
    drain_both(b);
    run(b, QUA_MS(50));
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_CONNECTED);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_NEW);
    describe(b, &b->ana, &b->ben); /* no candidate was signaled: ben is peer-reflexive to ana */
    run(b, QUA_MS(500));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void addresses_behind_a_nat_are_learned_on_both_sides(void **state)
{
    bed *b = *state;
    qua_ice_stats stats;

    assert_int_equal(qua_addr_parse(&b->ana.seen_as, "198.51.100.7", 40000), 0);
    b->ana.trickles = false; /* her private address would not work */
    connect(b);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
    assert_sends_to(&b->ben, &b->ana.seen_as);
    qua_ice_get_stats(b->ben.ice, &stats);
    assert_int_equal(stats.remote_kind, QUA_ICE_PRFLX);
    qua_ice_get_stats(b->ana.ice, &stats);
    assert_int_equal(stats.local_kind, QUA_ICE_PRFLX);
}

static void a_signaled_candidate_replaces_what_was_learned(void **state)
{
    bed *b = *state;
    qua_ice_candidate c;
    qua_ice_stats stats;

    b->ana.trickles = false;
    connect(b);
    assert_int_equal(qua_ice_candidate_parse(&c, b->ana.candidates[0]), 0);
    assert_int_equal(qua_ice_add_remote_candidate(b->ben.ice, b->now, &c), 0);
    qua_ice_get_stats(b->ben.ice, &stats);
    assert_int_equal(stats.pairs, 1);
}

static void both_controlling_settle_it(void **state)
{
    bed *b = *state;

    qua_ice_set_controlling(b->ben.ice, true);
    connect(b);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void both_controlled_settle_it(void **state)
{
    bed *b = *state;

    qua_ice_set_controlling(b->ana.ice, false);
    connect(b);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void a_silent_peer_is_noticed_and_forgiven(void **state)
{
    bed *b = *state;

    connect(b);
    b->cut = true;
    run(b, QUA_SECONDS(10));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_DISCONNECTED);
    b->cut = false;
    run(b, QUA_SECONDS(1));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void consent_expires_after_thirty_seconds_and_nothing_more_is_sent(void **state)
{
    bed *b = *state;
    qua_addr remote;
    size_t sent;
    int base;

    connect(b);
    b->cut = true;
    run(b, QUA_SECONDS(29));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_DISCONNECTED);
    run(b, QUA_SECONDS(7));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_FAILED);
    assert_false(qua_ice_selected(b->ana.ice, &base, &remote));
    sent = b->ana.sent;
    b->cut = false;
    run(b, QUA_SECONDS(60));
    assert_int_equal(b->ana.sent, sent);
    assert_int_equal(qua_ice_deadline(b->ana.ice), QUA_TIME_NEVER);
}

static void who_hears_but_is_not_heard_loses_consent_too(void **state)
{
    bed *b = *state;

    connect(b);
    b->deaf = &b->ana; /* her checks arrive, the answers do not */
    run(b, QUA_SECONDS(36));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_FAILED);
}

static void a_steady_call_asks_for_consent_every_five_seconds(void **state)
{
    bed *b = *state;
    size_t sent;

    connect(b);
    sent = b->ana.sent;
    b->timeouts = 0;
    run(b, QUA_SECONDS(100));
    /* about 20 questions and as many answers */
    assert_in_range(b->ana.sent - sent, 32, 52);
    assert_in_range(b->timeouts, 32, 60);
    assert_int_equal(b->ana.state_count, 3); /* checking, connected, completed: no flapping */
}

static void nobody_there_fails_patiently(void **state)
{
    bed *b = *state;

    b->cut = true;
    connect(b);
    run(b, QUA_SECONDS(28));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_CHECKING);
    run(b, QUA_SECONDS(2));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_FAILED);
    assert_int_equal(qua_ice_deadline(b->ana.ice), QUA_TIME_NEVER);
}

static void a_restart_keeps_media_on_the_old_path_until_the_new_one_answers(void **state)
{
    bed *b = *state;
    char before[16];

    connect(b);
    snprintf(before, sizeof before, "%s", qua_ice_local_ufrag(b->ana.ice));
    b->ana.trickles = b->ben.trickles = false;
    qua_ice_restart(b->ana.ice, b->now);
    assert_string_not_equal(before, qua_ice_local_ufrag(b->ana.ice));
    drain_both(b);
    run(b, QUA_SECONDS(40)); /* the answer takes its time: consent goes on with the old credentials */
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
    assert_sends_to(&b->ana, &b->ben.addr);
    b->ana.trickles = b->ben.trickles = true;
    snprintf(before, sizeof before, "%s", qua_ice_local_ufrag(b->ben.ice));
    describe(b, &b->ben, &b->ana); /* the offer */
    assert_string_not_equal(before, qua_ice_local_ufrag(b->ben.ice));
    drain_both(b);
    run(b, QUA_MS(200));
    describe(b, &b->ana, &b->ben); /* the answer */
    for (size_t i = 0; i < 1; i++) {
        qua_ice_candidate c;
        assert_int_equal(qua_ice_candidate_parse(&c, b->ana.candidates[0]), 0);
        assert_int_equal(qua_ice_add_remote_candidate(b->ben.ice, b->now, &c), 0);
    }
    run(b, QUA_SECONDS(1));
    assert_int_equal(b->ana.selected_events, 2);
    assert_int_equal(b->ben.selected_events, 2);
    run(b, QUA_SECONDS(60));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void a_restart_after_failure_connects_again(void **state)
{
    bed *b = *state;

    connect(b);
    b->cut = true;
    run(b, QUA_SECONDS(40));
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_FAILED);
    b->cut = false;
    qua_ice_restart(b->ana.ice, b->now);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_CHECKING);
    describe(b, &b->ben, &b->ana);
    describe(b, &b->ana, &b->ben);
    drain_both(b);
    run(b, QUA_SECONDS(1));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(b->ben.ice), QUA_ICE_STATE_COMPLETED);
}

static void many_pairs_are_checked_at_the_pace_of_the_rfc(void **state)
{
    bed *b = *state;
    qua_ice_candidate c = {.kind = QUA_ICE_HOST, .priority = 1, .foundation = "1"};

    gather(b, &b->ana);
    drain_both(b);
    assert_int_equal(qua_addr_parse(&c.addr, "203.0.113.1", 1), 0);
    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, "abcd", "0123456789012345678901", false), 0);
    for (uint16_t i = 0; i < QUA_ICE_REMOTE_MAX; i++) {
        c.addr.port = (uint16_t)(1000 + i);
        assert_int_equal(qua_ice_add_remote_candidate(b->ana.ice, b->now, &c), 0);
    }
    c.addr.port = 999;
    assert_int_equal(qua_ice_add_remote_candidate(b->ana.ice, b->now, &c), QUA_EFULL);
    run(b, QUA_MS(400));
    assert_in_range(b->ana.sent, 20, 21); /* one each 20 ms, and no retransmission crowds them */
}

static void addresses_that_may_not_be_tried_are_refused(void **state)
{
    static const char *const refused[] = {"127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::1",
                                          "fe80::1",   "ff02::1",     "::",        "::ffff:127.0.0.1"};
    bed *b = *state;
    qua_ice_candidate c = {.kind = QUA_ICE_HOST, .priority = 1, .foundation = "1"};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(refused); i++) {
        assert_int_equal(qua_addr_parse(&c.addr, refused[i], 1000), 0);
        assert_int_equal(qua_ice_add_remote_candidate(b->ana.ice, b->now, &c), QUA_EREFUSED);
    }
    assert_int_equal(qua_addr_parse(&c.addr, "192.0.2.9", 0), 0);
    assert_int_equal(qua_ice_add_remote_candidate(b->ana.ice, b->now, &c), QUA_EREFUSED);
}

static void bad_credentials_are_refused(void **state)
{
    bed *b = *state;

    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, "abc", "0123456789012345678901", false), QUA_EFORMAT);
    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, "abcd", "012345678901234567890", false), QUA_EFORMAT);
    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, "ab:d", "0123456789012345678901", false), QUA_EFORMAT);
}

/* A request as someone would send it who read the description, or not. */
static size_t forge(uint8_t *out, size_t capacity, const char *username, const char *password, uint16_t extra)
{
    static const uint8_t transaction[12] = "forged......";
    qua_writer w = qua_writer_of(out, capacity);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
    if (username)
        qua_stun_put(&w, 0x0006, username, strlen(username));
    if (extra)
        qua_stun_put(&w, extra, "xxxx", 4);
    qua_stun_end(&w, password, password ? strlen(password) : 0);
    assert_false(w.failed);
    return w.size;
}

static void who_does_not_know_the_password_gets_silence(void **state)
{
    bed *b = *state;
    uint8_t data[600];
    char name[64];
    size_t size;
    qua_ice_stats stats;
    qua_ice_transmit out;

    gather(b, &b->ana);
    drain_both(b);
    snprintf(name, sizeof name, "%s:x", qua_ice_local_ufrag(b->ana.ice));
    size = forge(data, sizeof data, name, "0123456789012345678901", 0);
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EAUTH);
    size = forge(data, sizeof data, name, NULL, 0);
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EAUTH);
    size = forge(data, sizeof data, "nobody:x", qua_ice_local_password(b->ana.ice), 0);
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EAUTH);
    size = forge(data, sizeof data, NULL, qua_ice_local_password(b->ana.ice), 0);
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EAUTH);
    assert_false(qua_ice_poll_transmit(b->ana.ice, &out));
    qua_ice_get_stats(b->ana.ice, &stats);
    assert_int_equal(stats.unauthenticated, 4);
    size = forge(data, sizeof data, name, qua_ice_local_password(b->ana.ice), 0);
    data[size - 1] ^= 1; /* the fingerprint */
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EFORMAT);
    data[0] = 0x80; /* RTP */
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), QUA_EIGNORED);
}

static void an_unknown_mandatory_attribute_is_named_in_the_refusal(void **state)
{
    bed *b = *state;
    uint8_t data[600];
    char name[64];
    qua_ice_transmit out;
    qua_stun answer;
    size_t size;

    gather(b, &b->ana);
    drain_both(b);
    snprintf(name, sizeof name, "%s:x", qua_ice_local_ufrag(b->ana.ice));
    size = forge(data, sizeof data, name, qua_ice_local_password(b->ana.ice), 0x7777);
    assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &b->ben.addr, data, size), 0);
    assert_true(qua_ice_poll_transmit(b->ana.ice, &out));
    assert_int_equal(qua_stun_parse(&answer, out.data, out.size), 0);
    assert_int_equal(answer.error_code, 420);
}

static void a_stranger_with_the_password_cannot_fill_the_agent(void **state)
{
    bed *b = *state;
    uint8_t data[600];
    char name[64];
    qua_ice_stats stats;
    qua_addr from = b->ben.addr;
    size_t size;

    gather(b, &b->ana);
    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, "abcd", "0123456789012345678901", false), 0);
    drain_both(b);
    snprintf(name, sizeof name, "%s:abcd", qua_ice_local_ufrag(b->ana.ice));
    size = forge(data, sizeof data, name, qua_ice_local_password(b->ana.ice), 0);
    for (uint16_t port = 1; port < 2000; port++) {
        qua_ice_transmit out;
        from.port = port;
        assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &from, data, size), 0);
        while (qua_ice_poll_transmit(b->ana.ice, &out))
            b->ana.sent++;
    }
    qua_ice_get_stats(b->ana.ice, &stats);
    assert_int_equal(stats.pairs, QUA_ICE_REMOTE_MAX);
    assert_in_range(b->ana.sent, 1999, 2000); /* the answers, and one check: the rest waits for its pace */
}

/* STUN servers answer with what a NAT made of the question; one is slow, one is mute. */
static void reflexive_candidates_come_from_stun_servers(void **state)
{
    bed *b = *state;
    qua_addr good, mute, mapped;
    qua_ice_transmit out;
    qua_ice_candidate c;
    uint8_t reply[64];
    size_t asked = 0;

    assert_int_equal(qua_addr_parse(&good, "203.0.113.1", 3478), 0);
    assert_int_equal(qua_addr_parse(&mute, "203.0.113.2", 3478), 0);
    assert_int_equal(qua_addr_parse(&mapped, "198.51.100.9", 61000), 0);
    assert_int_equal(qua_ice_add_stun_server(b->ana.ice, &good), 0);
    gather(b, &b->ana);
    assert_int_equal(qua_ice_add_stun_server(b->ana.ice, &mute), 0);
    while (b->now < QUA_SECONDS(8)) {
        while (qua_ice_poll_transmit(b->ana.ice, &out)) {
            qua_stun m;
            qua_writer w = qua_writer_of(reply, sizeof reply);
            assert_int_equal(qua_stun_parse(&m, out.data, out.size), 0);
            if (!qua_addr_equal(&out.to, &good) || m.type != (QUA_STUN_BINDING | QUA_STUN_REQUEST))
                continue; /* and not to a keep-alive */
            asked++;
            qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, m.transaction);
            qua_stun_put_xor_address(&w, QUA_STUN_XOR_MAPPED_ADDRESS, &mapped, m.transaction);
            qua_stun_end(&w, NULL, 0);
            /* not from anyone else, and once is enough */
            assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &mute, reply, w.size), QUA_EIGNORED);
            assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &good, reply, w.size), 0);
            assert_int_equal(qua_ice_input(b->ana.ice, b->now, 0, &good, reply, w.size), 0);
        }
        b->now = QUA_MIN(QUA_MAX(b->now, qua_ice_deadline(b->ana.ice)), QUA_SECONDS(8));
        qua_ice_on_timeout(b->ana.ice, b->now);
    }
    b->ana.trickles = false;
    drain(b, &b->ana, &b->ben);
    assert_int_equal(asked, 1);
    assert_int_equal(b->ana.candidate_events, 2);
    assert_int_equal(b->ana.gathered_events, 1); /* the mute one was given up */
    assert_int_equal(qua_ice_candidate_parse(&c, b->ana.candidates[1]), 0);
    assert_int_equal(c.kind, QUA_ICE_SRFLX);
    assert_true(qua_addr_equal(&c.addr, &mapped));
    assert_string_equal(qua_ice_local_candidate(b->ana.ice, 1), b->ana.candidates[1]);
    assert_null(qua_ice_local_candidate(b->ana.ice, 2));
}

static void a_lite_far_side_only_answers(void **state)
{
    bed *b = *state;

    qua_ice_set_controlling(b->ana.ice, false);
    gather(b, &b->ana);
    gather(b, &b->ben); /* knows no remote description: answers checks, sends none, as a lite agent */
    assert_int_equal(qua_ice_set_remote(b->ana.ice, b->now, qua_ice_local_ufrag(b->ben.ice),
                                        qua_ice_local_password(b->ben.ice), true),
                     0);
    drain_both(b);
    run(b, QUA_SECONDS(20));
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_COMPLETED);
}

static void a_closed_agent_is_quiet(void **state)
{
    bed *b = *state;
    qua_addr remote;
    int base;

    connect(b);
    qua_ice_close(b->ana.ice);
    assert_int_equal(qua_ice_deadline(b->ana.ice), QUA_TIME_NEVER);
    assert_false(qua_ice_selected(b->ana.ice, &base, &remote));
    qua_ice_close(b->ana.ice);
    qua_ice_restart(b->ana.ice, b->now);
    assert_int_equal(qua_ice_get_state(b->ana.ice), QUA_ICE_STATE_CLOSED);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(two_hosts_connect_and_nominate_at_once),
        STORY(checks_that_come_before_the_answer_are_answered),
        STORY(addresses_behind_a_nat_are_learned_on_both_sides),
        STORY(a_signaled_candidate_replaces_what_was_learned),
        STORY(both_controlling_settle_it),
        STORY(both_controlled_settle_it),
        STORY(a_silent_peer_is_noticed_and_forgiven),
        STORY(consent_expires_after_thirty_seconds_and_nothing_more_is_sent),
        STORY(who_hears_but_is_not_heard_loses_consent_too),
        STORY(a_steady_call_asks_for_consent_every_five_seconds),
        STORY(nobody_there_fails_patiently),
        STORY(a_restart_keeps_media_on_the_old_path_until_the_new_one_answers),
        STORY(a_restart_after_failure_connects_again),
        STORY(many_pairs_are_checked_at_the_pace_of_the_rfc),
        STORY(addresses_that_may_not_be_tried_are_refused),
        STORY(bad_credentials_are_refused),
        STORY(who_does_not_know_the_password_gets_silence),
        STORY(an_unknown_mandatory_attribute_is_named_in_the_refusal),
        STORY(a_stranger_with_the_password_cannot_fill_the_agent),
        STORY(reflexive_candidates_come_from_stun_servers),
        STORY(a_lite_far_side_only_answers),
        STORY(a_closed_agent_is_quiet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
