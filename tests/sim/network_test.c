/* The virtual network is what every story stands on: so it is told about first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include <openssl/rand.h>

#include "sim.h"

#define MAX_RECEIVED 20000

typedef struct person {
    sim_host *host;
    sim_iface *iface;
    qua_addr addr, last_from;
    size_t received;
    qua_time at[MAX_RECEIVED];
    uint32_t number[MAX_RECEIVED];
    unsigned ecn[MAX_RECEIVED];
    qua_time wish;
    size_t timeouts;
} person;

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    person *p = context;

    (void)local;
    assert_true(p->received < MAX_RECEIVED);
    p->last_from = *from;
    p->at[p->received] = now;
    p->number[p->received] = size >= 4 ? qua_get_be32(data) : 0;
    p->ecn[p->received++] = ecn;
}

static void on_timeout(void *context, qua_time now)
{
    person *p = context;

    p->timeouts++;
    p->wish = p->timeouts < 3 ? now + QUA_MS(10) : QUA_TIME_NEVER;
}

static qua_time deadline(void *context, qua_time now)
{
    (void)now;
    return ((person *)context)->wish;
}

static void join(sim_net *net, person *p, const char *ip, sim_nat *nat, sim_pipe *up, sim_pipe *down)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};

    memset(p, 0, sizeof *p);
    p->wish = QUA_TIME_NEVER;
    p->host = sim_net_host(net, ip, &ops, p);
    p->iface = sim_host_iface(p->host, ip, nat, up, down);
    p->addr = *sim_iface_addr(p->iface);
    p->addr.port = 5000;
}

static void say(person *from, const qua_addr *to, uint32_t number, size_t size, unsigned ecn)
{
    uint8_t data[QUA_DATAGRAM_MAX] = {0};

    qua_put_be32(data, number);
    assert_int_equal(sim_host_send(from->host, &from->addr, to, data, size, ecn), 0);
}

static person ana, ben, cleo;

static void a_rate_and_a_delay_are_kept_to_the_microsecond(void **state)
{
    sim_net *net = sim_net_create(1);
    const qua_time start = sim_net_now(net);

    (void)state;
    join(net, &ana, "192.0.2.1", NULL, sim_net_pipe(net, "rate=1000 delay=25"), NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    for (uint32_t i = 0; i < 3; i++)
        say(&ana, &ben.addr, i, 972, 0); /* 1000 bytes on the wire: 8 ms each */
    sim_net_run_until(net, start + QUA_SECONDS(1));
    assert_int_equal(ben.received, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(ben.at[i] - start, QUA_MS(25 + 8 * (i + 1)));
    assert_int_equal(sim_net_now(net), start + QUA_SECONDS(1));
    sim_net_destroy(&net);
}

static void a_full_queue_drops_the_newest(void **state)
{
    sim_net *net = sim_net_create(1);
    sim_pipe *pipe = sim_net_pipe(net, "rate=1000 qbytes=3000");
    sim_pipe_stats stats;

    (void)state;
    join(net, &ana, "192.0.2.1", NULL, pipe, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    for (uint32_t i = 0; i < 5; i++)
        say(&ana, &ben.addr, i, 972, 0);
    sim_net_run_until(net, QUA_SECONDS(3));
    sim_pipe_get_stats(pipe, &stats);
    assert_int_equal(ben.received, 3);
    assert_int_equal(ben.number[2], 2);
    assert_int_equal(stats.dropped_queue, 2);
    assert_int_equal((int)stats.queue_ms_p99, 24);
    sim_net_destroy(&net);
}

static void a_rate_that_changes_counts_what_was_already_served(void **state)
{
    sim_net *net = sim_net_create(1);
    const qua_time start = sim_net_now(net);
    sim_pipe *pipe = sim_net_pipe(net, "rate=1000");
    sim_pipe_stats stats;

    (void)state;
    sim_pipe_set_at(pipe, start + QUA_MS(4), "rate=100");
    join(net, &ana, "192.0.2.1", NULL, pipe, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    say(&ana, &ben.addr, 0, 972, 0); /* 500 bytes in 4 ms, the rest in 40 */
    sim_net_run_until(net, start + QUA_SECONDS(1));
    assert_int_equal(ben.at[0] - start, QUA_MS(44));
    sim_pipe_get_stats(pipe, &stats);
    assert_int_equal((int)stats.capacity_bytes, 500 + 12450);
    sim_net_destroy(&net);
}

static void a_trace_lets_1504_bytes_go_at_each_of_its_times(void **state)
{
    static const uint32_t trace[] = {10, 10, 40, 100};
    sim_net *net = sim_net_create(1);
    const qua_time start = sim_net_now(net);
    sim_pipe *pipe = sim_net_pipe(net, "");
    sim_pipe_stats stats;

    (void)state;
    sim_pipe_trace(pipe, trace, QUA_ARRAY_SIZE(trace), 0);
    join(net, &ana, "192.0.2.1", NULL, pipe, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    for (uint32_t i = 0; i < 8; i++)
        say(&ana, &ben.addr, i, 972, 0);
    sim_net_run_until(net, start + QUA_MS(195));
    /* 3008 bytes at 10 ms, 1504 at 40 (4512 in all), 100 (6016), then again 110 twice */
    const int expected[] = {10, 10, 10, 40, 100, 100, 110, 110};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(ben.at[i] - start, QUA_MS(expected[i]));
    sim_pipe_get_stats(pipe, &stats);
    assert_int_equal((int)stats.capacity_bytes, 7 * 1504);
    sim_net_destroy(&net);
}

static size_t send_many(const char *link, uint64_t seed, unsigned ecn, sim_pipe_stats *stats)
{
    sim_net *net = sim_net_create(seed);
    sim_pipe *pipe = sim_net_pipe(net, link);

    join(net, &ana, "192.0.2.1", NULL, pipe, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    for (uint32_t i = 0; i < 10000; i++) {
        say(&ana, &ben.addr, i, 972, ecn);
        sim_net_run_until(net, sim_net_now(net) + QUA_MS(5));
    }
    sim_net_run_until(net, sim_net_now(net) + QUA_SECONDS(5));
    sim_pipe_get_stats(pipe, stats);
    sim_net_destroy(&net);
    return ben.received;
}

static void losses_come_at_the_rate_and_in_the_bursts_asked_for(void **state)
{
    sim_pipe_stats stats;
    size_t bursts = 0, lost = 0;

    (void)state;
    assert_in_range(send_many("loss=0.05", 1, 0, &stats), 9400, 9600);
    assert_int_equal(stats.dropped_loss + stats.out_packets, 10000);
    assert_in_range(send_many("ge=0.0104,0.25,0,1", 1, 0, &stats), 9450, 9750);
    for (size_t i = 1; i < ben.received; i++) {
        const uint32_t gap = ben.number[i] - ben.number[i - 1] - 1;
        lost += gap;
        bursts += gap > 0;
    }
    assert_in_range(100 * lost / bursts, 330, 470);
}

static void jitter_keeps_the_order_reordering_does_not_and_copies_come_twice(void **state)
{
    sim_pipe_stats stats;
    size_t overtaken = 0;

    (void)state;
    assert_int_equal(send_many("jitter=30", 1, 0, &stats), 10000);
    for (size_t i = 1; i < ben.received; i++)
        assert_true(ben.number[i] > ben.number[i - 1] && ben.at[i] >= ben.at[i - 1]);
    send_many("reorder=0.01,40", 1, 0, &stats);
    for (size_t i = 1; i < ben.received; i++)
        overtaken += ben.number[i] < ben.number[i - 1];
    assert_in_range(overtaken, 60, 140);
    assert_in_range(send_many("dup=0.02", 1, 0, &stats), 10150, 10250);
}

static void marks_come_only_over_the_threshold_and_only_on_ect(void **state)
{
    sim_pipe_stats stats;

    (void)state;
    send_many("rate=1700 ecn=5", 1, 1, &stats); /* sends 1.6 Mb/s */
    assert_int_equal(stats.ce, 0);
    send_many("rate=1500 ecn=5", 1, 1, &stats);
    assert_true(stats.ce > 9000 && ben.ecn[9000] == 3);
    send_many("rate=1500 ecn=5", 1, 0, &stats);
    assert_int_equal(stats.ce, 0);
}

static void the_same_seed_gives_the_same_trace_and_another_another(void **state)
{
    static qua_time first[MAX_RECEIVED];
    sim_pipe_stats stats;

    (void)state;
    const size_t count = send_many("rate=2000 loss=0.03 jitter=20 reorder=0.01,30 dup=0.01", 7, 0, &stats);
    memcpy(first, ben.at, sizeof first);
    assert_int_equal(send_many("rate=2000 loss=0.03 jitter=20 reorder=0.01,30 dup=0.01", 7, 0, &stats), count);
    assert_memory_equal(first, ben.at, count * sizeof *first);
    send_many("rate=2000 loss=0.03 jitter=20 reorder=0.01,30 dup=0.01", 8, 0, &stats);
    assert_memory_not_equal(first, ben.at, count * sizeof *first);
}

static void a_host_is_called_at_its_deadline(void **state)
{
    sim_net *net = sim_net_create(1);

    (void)state;
    join(net, &ana, "192.0.2.1", NULL, NULL, NULL);
    ana.wish = sim_net_now(net) + QUA_MS(100);
    sim_host_wake(ana.host);
    ana.wish = sim_net_now(net) + QUA_MS(50); /* sooner after all */
    sim_host_wake(ana.host);
    sim_net_run_until(net, sim_net_now(net) + QUA_MS(49));
    assert_int_equal(ana.timeouts, 0);
    sim_net_run_until(net, sim_net_now(net) + QUA_MS(1));
    assert_int_equal(ana.timeouts, 1);
    sim_net_run_until(net, sim_net_now(net) + QUA_SECONDS(1));
    assert_int_equal(ana.timeouts, 3);
    sim_net_destroy(&net);
}

static void a_leg_pipe_hits_one_pair_in_one_direction(void **state)
{
    sim_net *net = sim_net_create(1);

    (void)state;
    join(net, &ana, "192.0.2.1", NULL, NULL, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    join(net, &cleo, "192.0.2.3", NULL, NULL, NULL);
    sim_net_leg(net, ana.iface, ben.iface, sim_net_pipe(net, "loss=1"));
    say(&ana, &ben.addr, 1, 100, 0);
    say(&ben, &ana.addr, 2, 100, 0);
    say(&ana, &cleo.addr, 3, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(2));
    assert_int_equal(ben.received, 0);
    assert_int_equal(ana.received, 1);
    assert_int_equal(cleo.received, 1);
    sim_iface_set_up(cleo.iface, false);
    say(&ana, &cleo.addr, 4, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(3));
    assert_int_equal(cleo.received, 1);
    sim_net_destroy(&net);
}

/* Ana behind a NAT writes to Ben; then Ben, Ben's other port and Cleo answer. Which of the three get through? */
static unsigned who_gets_through(sim_nat_kind kind)
{
    sim_net *net = sim_net_create(3);
    sim_nat *nat = sim_net_nat(net, kind, "198.51.100.1");
    unsigned through = 0;

    join(net, &ana, "10.0.0.2", nat, NULL, NULL);
    join(net, &ben, "192.0.2.2", NULL, NULL, NULL);
    join(net, &cleo, "192.0.2.3", NULL, NULL, NULL);
    say(&ana, &ben.addr, 0, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(2));
    assert_int_equal(ben.received, 1);
    const qua_addr seen = ben.last_from;
    assert_true(qua_addr_same_ip(&seen, sim_nat_mappings(nat) ? &seen : NULL));

    say(&ben, &seen, 1, 100, 0);
    ben.addr.port++;
    say(&ben, &seen, 2, 100, 0);
    say(&cleo, &seen, 4, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(3));
    for (size_t i = 0; i < ana.received; i++)
        through |= ana.number[i];

    say(&ana, &cleo.addr, 0, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(4));
    assert_int_equal(qua_addr_equal(&cleo.last_from, &seen), kind != SIM_NAT_SYMMETRIC);

    sim_net_run_until(net, QUA_SECONDS(130));
    ben.addr.port--;
    const size_t before = ana.received;
    say(&ben, &seen, 1, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(131));
    assert_int_equal(ana.received, before); /* the mapping has gone */
    sim_net_destroy(&net);
    return through;
}

static void the_four_nats_filter_as_their_names_say(void **state)
{
    (void)state;
    assert_int_equal(who_gets_through(SIM_NAT_FULL_CONE), 1 | 2 | 4);
    assert_int_equal(who_gets_through(SIM_NAT_RESTRICTED), 1 | 2);
    assert_int_equal(who_gets_through(SIM_NAT_PORT_RESTRICTED), 1);
    assert_int_equal(who_gets_through(SIM_NAT_SYMMETRIC), 1);
}

static void two_at_one_home_talk_directly_and_by_hairpin_only_if_it_is_on(void **state)
{
    sim_net *net = sim_net_create(3);
    sim_nat *nat = sim_net_nat(net, SIM_NAT_FULL_CONE, "198.51.100.1");

    (void)state;
    join(net, &ana, "10.0.0.2", nat, NULL, NULL);
    join(net, &ben, "10.0.0.3", nat, NULL, NULL);
    join(net, &cleo, "192.0.2.3", NULL, NULL, NULL);
    say(&ana, &ben.addr, 1, 100, 0);
    say(&ana, &cleo.addr, 1, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(2));
    assert_int_equal(ben.received, 1);
    const qua_addr outside = cleo.last_from;
    say(&ben, &outside, 2, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(3));
    assert_int_equal(ana.received, 0);
    sim_nat_set_hairpin(nat, true);
    say(&ben, &outside, 3, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(4));
    assert_int_equal(ana.received, 1);
    assert_true(ana.last_from.port != ben.addr.port);
    sim_nat_block_udp(nat, true);
    say(&ana, &cleo.addr, 4, 100, 0);
    sim_net_run_until(net, QUA_SECONDS(5));
    assert_int_equal(cleo.received, 1);
    sim_net_destroy(&net);
}

static void a_stun_server_tells_the_address_it_sees(void **state)
{
    static const uint8_t request[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    sim_net *net = sim_net_create(3);
    sim_nat *nat = sim_net_nat(net, SIM_NAT_SYMMETRIC, "198.51.100.1");
    qua_addr server;

    (void)state;
    sim_net_stun_server(net, "203.0.113.1", 3478);
    qua_addr_parse(&server, "203.0.113.1", 3478);
    join(net, &ana, "10.0.0.2", nat, NULL, NULL);
    sim_host_send(ana.host, &ana.addr, &server, request, sizeof request, 0);
    sim_net_run_until(net, QUA_SECONDS(2));
    assert_int_equal(ana.received, 1);
    assert_int_equal(ana.number[0], 0x0101000c);
    assert_true(qua_addr_equal(&ana.last_from, &server));
    sim_net_destroy(&net);
}

static void a_tcp_flow_fills_its_link(void **state)
{
    sim_net *net = sim_net_create(1);
    sim_pipe *forward = sim_net_pipe(net, "rate=1000 delay=25 qbytes=37500"), *back = sim_net_pipe(net, "delay=25");
    sim_tcp *tcp = sim_net_tcp(net, forward, back, QUA_SECONDS(1), QUA_SECONDS(31));

    (void)state;
    sim_net_run_until(net, QUA_SECONDS(31));
    assert_in_range(sim_tcp_delivered(tcp) * 8 / 30 / 1000, 880, 970);
    sim_net_destroy(&net);
}

static void openssl_lives_in_virtual_time(void **state)
{
    sim_net *net = sim_net_create(1);
    struct timeval before, after;
    uint8_t a[16], b[16];

    (void)state;
    sim_clock_install(net);
    gettimeofday(&before, NULL);
    sim_net_run_until(net, QUA_SECONDS(3600));
    gettimeofday(&after, NULL);
    assert_int_equal(after.tv_sec - before.tv_sec, 3599);
    assert_int_equal(time(NULL), after.tv_sec);
    sim_clock_install(NULL);
    assert_true(time(NULL) > after.tv_sec - 3600);
    sim_openssl_seed(5);
    RAND_bytes(a, sizeof a);
    sim_openssl_seed(5);
    RAND_priv_bytes(b, sizeof b);
    assert_memory_equal(a, b, sizeof a);
    sim_net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_and_a_delay_are_kept_to_the_microsecond),
        cmocka_unit_test(a_full_queue_drops_the_newest),
        cmocka_unit_test(a_rate_that_changes_counts_what_was_already_served),
        cmocka_unit_test(a_trace_lets_1504_bytes_go_at_each_of_its_times),
        cmocka_unit_test(losses_come_at_the_rate_and_in_the_bursts_asked_for),
        cmocka_unit_test(jitter_keeps_the_order_reordering_does_not_and_copies_come_twice),
        cmocka_unit_test(marks_come_only_over_the_threshold_and_only_on_ect),
        cmocka_unit_test(the_same_seed_gives_the_same_trace_and_another_another),
        cmocka_unit_test(a_host_is_called_at_its_deadline),
        cmocka_unit_test(a_leg_pipe_hits_one_pair_in_one_direction),
        cmocka_unit_test(the_four_nats_filter_as_their_names_say),
        cmocka_unit_test(two_at_one_home_talk_directly_and_by_hairpin_only_if_it_is_on),
        cmocka_unit_test(a_stun_server_tells_the_address_it_sees),
        cmocka_unit_test(a_tcp_flow_fills_its_link),
        cmocka_unit_test(openssl_lives_in_virtual_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
