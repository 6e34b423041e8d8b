/* ICE across NATs, loss, silence and a change of network, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ice_bed.h"
#include "sim.h"

/* One way 50 ms: 25 up, 25 down. */
#define RTT QUA_MS(100)

enum { OPEN = -1 };

static const char *const kind_names[] = {"open", "full cone", "restricted", "port-restricted", "symmetric"};

static sim_nat *nat_of(ice_bed *bed, int kind, const char *ip)
{
    return kind == OPEN ? NULL : sim_net_nat(bed->net, (sim_nat_kind)kind, ip);
}

static void attach(ice_bed *bed, ice_person *p, const char *ip, sim_nat *nat, const char *link)
{
    ice_bed_attach(bed, p, ip, nat, link);
}

/* Two people, each open or behind a NAT of this kind, and a STUN server. */
static void set_up(ice_bed *bed, uint64_t seed, int ana_kind, int ben_kind, const char *link)
{
    ice_bed_open(bed, seed, false);
    ice_bed_stun_server(bed, "203.0.113.1", 3478);
    attach(bed, &bed->ana, ana_kind == OPEN ? "198.51.100.1" : "192.168.1.2", nat_of(bed, ana_kind, "198.51.100.11"),
           link);
    attach(bed, &bed->ben, ben_kind == OPEN ? "198.51.100.2" : "192.168.1.2", nat_of(bed, ben_kind, "198.51.100.12"),
           link);
}

static bool both_in(const ice_bed *bed, qua_ice_state state)
{
    return qua_ice_get_state(bed->ana.ice) == state && qua_ice_get_state(bed->ben.ice) == state;
}

static void assert_media_both_ways(ice_bed *bed)
{
    assert_true(ice_bed_media_flows(bed, &bed->ana, &bed->ben));
    assert_true(ice_bed_media_flows(bed, &bed->ben, &bed->ana));
}

static bool pair_can_connect(int a, int b)
{
    return !(a == SIM_NAT_SYMMETRIC && b >= SIM_NAT_PORT_RESTRICTED) &&
           !(b == SIM_NAT_SYMMETRIC && a >= SIM_NAT_PORT_RESTRICTED);
}

static void every_nat_pair_that_can_connect_does(void **state)
{
    static ice_bed bed;

    (void)state;
    for (int a = OPEN; a <= SIM_NAT_SYMMETRIC; a++) {
        for (int b = OPEN; b <= SIM_NAT_SYMMETRIC; b++) {
            set_up(&bed, 1, a, b, "delay=25");
            ice_bed_call(&bed, &bed.ana, QUA_MS(50));
            ice_bed_run(&bed, QUA_SECONDS(35));
            if (pair_can_connect(a, b)) {
                const qua_time took = QUA_MAX(bed.ana.connected_at, bed.ben.connected_at) - bed.answered_at;
                print_message("%-16s %-16s connected %.1f RTT after the answer\n", kind_names[a + 1], kind_names[b + 1],
                              (double)took / RTT);
                assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
                assert_media_both_ways(&bed);
                assert_in_range(took, 0, 6 * RTT);
            } else {
                assert_true(both_in(&bed, QUA_ICE_STATE_FAILED));
            }
            ice_bed_close(&bed);
        }
    }
}

static void ten_percent_loss_neither_prevents_nor_disturbs(void **state)
{
    static ice_bed bed;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        set_up(&bed, seed, SIM_NAT_PORT_RESTRICTED, SIM_NAT_PORT_RESTRICTED,
               "delay=25 loss=0.05"); /* 10 % on the way */
        ice_bed_call(&bed, &bed.ana, QUA_MS(50));
        ice_bed_run(&bed, QUA_SECONDS(5));
        assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
        ice_bed_run(&bed, QUA_SECONDS(120));
        assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
        assert_int_equal(bed.ana.silences + bed.ben.silences, 0);
        ice_bed_close(&bed);
    }
}

static void two_at_home_talk_directly(void **state)
{
    static ice_bed bed;
    qua_ice_stats stats;

    (void)state;
    ice_bed_open(&bed, 1, false);
    ice_bed_stun_server(&bed, "203.0.113.1", 3478);
    sim_nat *home = sim_net_nat(bed.net, SIM_NAT_SYMMETRIC, "198.51.100.11");
    attach(&bed, &bed.ana, "192.168.1.2", home, "delay=25");
    attach(&bed, &bed.ben, "192.168.1.3", home, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(2));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    qua_ice_get_stats(bed.ana.ice, &stats);
    assert_int_equal(stats.remote_kind, QUA_ICE_HOST);
    ice_bed_close(&bed);
}

static void a_role_conflict_settles(void **state)
{
    static ice_bed bed;

    (void)state;
    for (int both = 0; both <= 1; both++) {
        for (uint64_t seed = 1; seed <= 8; seed++) {
            set_up(&bed, seed, OPEN, SIM_NAT_PORT_RESTRICTED, "delay=25 loss=0.05");
            qua_ice_set_controlling(bed.ana.ice, both);
            qua_ice_set_controlling(bed.ben.ice, both);
            ice_bed_call(&bed, &bed.ana, QUA_MS(50));
            ice_bed_run(&bed, QUA_SECONDS(5));
            assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
            assert_media_both_ways(&bed);
            ice_bed_close(&bed);
        }
    }
}

static void a_killed_peer_is_seen_gone_within_consent(void **state)
{
    static ice_bed bed;

    (void)state;
    set_up(&bed, 1, SIM_NAT_RESTRICTED, OPEN, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(10));
    sim_host_kill(bed.ben.host);
    ice_bed_run(&bed, QUA_SECONDS(10));
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_DISCONNECTED);
    ice_bed_run(&bed, QUA_SECONDS(26));
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_FAILED);
    bed.ana.sent = 0;
    ice_bed_run(&bed, QUA_SECONDS(60));
    assert_int_equal(bed.ana.sent, 0); /* RFC 7675 §5.1: not one datagram more */
    ice_bed_close(&bed);
}

static void an_outage_is_survived(void **state)
{
    static ice_bed bed;

    (void)state;
    set_up(&bed, 1, SIM_NAT_PORT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(10));
    sim_iface_set_up(bed.ana.ifaces[0], false);
    ice_bed_run(&bed, QUA_SECONDS(15));
    assert_true(both_in(&bed, QUA_ICE_STATE_DISCONNECTED));
    sim_iface_set_up(bed.ana.ifaces[0], true);
    ice_bed_run(&bed, QUA_SECONDS(2));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    ice_bed_close(&bed);
}

static void an_unreachable_peer_fails(void **state)
{
    static ice_bed bed;

    (void)state;
    set_up(&bed, 1, OPEN, SIM_NAT_RESTRICTED, "delay=25");
    sim_iface_set_up(bed.ben.ifaces[0], false);
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(29));
    assert_true(both_in(&bed, QUA_ICE_STATE_CHECKING));
    ice_bed_run(&bed, QUA_SECONDS(2));
    assert_true(both_in(&bed, QUA_ICE_STATE_FAILED));
    ice_bed_close(&bed);
}

static void dual_stack_prefers_ipv6(void **state)
{
    static ice_bed bed;
    qua_addr remote;
    int base;

    (void)state;
    set_up(&bed, 1, SIM_NAT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25");
    attach(&bed, &bed.ana, "2001:db8:1::1", NULL, "delay=25");
    attach(&bed, &bed.ben, "2001:db8:2::1", NULL, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(3));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    assert_true(qua_ice_selected(bed.ana.ice, &base, &remote));
    assert_int_equal(remote.family, QUA_IPV6);
    assert_media_both_ways(&bed);
    ice_bed_close(&bed);
}

static void broken_ipv6_falls_back_to_ipv4(void **state)
{
    static ice_bed bed;
    qua_addr remote;
    int base;

    (void)state;
    set_up(&bed, 1, SIM_NAT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25");
    attach(&bed, &bed.ana, "2001:db8:1::1", NULL, "delay=25");
    attach(&bed, &bed.ben, "2001:db8:2::1", NULL, "delay=25");
    sim_iface_set_up(bed.ben.ifaces[1], false);
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(3));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    assert_true(qua_ice_selected(bed.ana.ice, &base, &remote));
    assert_int_equal(remote.family, QUA_IPV4);
    assert_in_range(QUA_MAX(bed.ana.connected_at, bed.ben.connected_at) - bed.answered_at, 0, 6 * RTT);
    ice_bed_close(&bed);
}

static void ipv6_alone_is_enough(void **state)
{
    static ice_bed bed;

    (void)state;
    ice_bed_open(&bed, 1, false);
    attach(&bed, &bed.ana, "2001:db8:1::1", NULL, "delay=25");
    attach(&bed, &bed.ben, "2001:db8:2::1", NULL, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(2));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    assert_media_both_ways(&bed);
    ice_bed_close(&bed);
}

/* Ana's next question leaves by a new mapping; Ben learns it and follows the nomination. */
static void a_nat_that_reboots_is_followed_without_a_restart(void **state)
{
    static ice_bed bed;

    (void)state;
    for (int by_ben = 0; by_ben <= 1; by_ben++) {
        ice_bed_open(&bed, 1, false);
        ice_bed_stun_server(&bed, "203.0.113.1", 3478);
        sim_nat *nat = sim_net_nat(bed.net, SIM_NAT_PORT_RESTRICTED, "198.51.100.11");
        attach(&bed, by_ben ? &bed.ben : &bed.ana, "192.168.1.2", nat, "delay=25");
        attach(&bed, by_ben ? &bed.ana : &bed.ben, "198.51.100.2", NULL, "delay=25");
        ice_bed_call(&bed, &bed.ana, QUA_MS(50));
        ice_bed_run(&bed, QUA_SECONDS(10));
        assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
        sim_nat_reset(nat);
        ice_bed_run(&bed, QUA_SECONDS(12));
        assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
        assert_media_both_ways(&bed);
        ice_bed_close(&bed);
    }
}

static void a_restart_brings_back_what_failed(void **state)
{
    static ice_bed bed;

    (void)state;
    set_up(&bed, 1, SIM_NAT_PORT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(10));
    sim_iface_set_up(bed.ben.ifaces[0], false);
    ice_bed_run(&bed, QUA_SECONDS(40));
    assert_true(both_in(&bed, QUA_ICE_STATE_FAILED));
    sim_iface_set_up(bed.ben.ifaces[0], true);
    qua_ice_restart(bed.ben.ice, sim_net_now(bed.net));
    ice_bed_call(&bed, &bed.ben, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(2));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    assert_media_both_ways(&bed);
    ice_bed_close(&bed);
}

static void a_restart_in_a_healthy_call_loses_nothing(void **state)
{
    static ice_bed bed;

    (void)state;
    for (int by_ben = 0; by_ben <= 1; by_ben++) {
        set_up(&bed, 1, SIM_NAT_PORT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25 loss=0.02");
        ice_bed_call(&bed, &bed.ana, QUA_MS(50));
        ice_bed_run(&bed, QUA_SECONDS(10));
        ice_person *who = by_ben ? &bed.ben : &bed.ana;
        qua_ice_restart(who->ice, sim_net_now(bed.net));
        ice_bed_call(&bed, who, QUA_MS(2000)); /* a slow signaling path */
        for (size_t i = 0; i < 100; i++) {
            ice_bed_run(&bed, QUA_MS(100));
            assert_true(ice_bed_can_send(&bed.ana) && ice_bed_can_send(&bed.ben));
        }
        assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
        assert_int_equal(bed.ana.selections, 2);
        assert_int_equal(bed.ben.selections, 2);
        assert_int_equal(bed.ana.silences + bed.ben.silences, 0);
        ice_bed_close(&bed);
    }
}

/* The phone rings for five minutes; the NATs forget in thirty seconds. */
static void what_was_gathered_stays_true_while_it_rings(void **state)
{
    static ice_bed bed;

    (void)state;
    ice_bed_open(&bed, 1, false);
    ice_bed_stun_server(&bed, "203.0.113.1", 3478);
    sim_nat *ana_nat = sim_net_nat(bed.net, SIM_NAT_PORT_RESTRICTED, "198.51.100.11");
    sim_nat *ben_nat = sim_net_nat(bed.net, SIM_NAT_PORT_RESTRICTED, "198.51.100.12");
    sim_nat_set_timeout(ana_nat, QUA_SECONDS(30));
    sim_nat_set_timeout(ben_nat, QUA_SECONDS(30));
    attach(&bed, &bed.ana, "192.168.1.2", ana_nat, "delay=25");
    attach(&bed, &bed.ben, "192.168.1.2", ben_nat, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_SECONDS(300));
    ice_bed_run(&bed, QUA_SECONDS(299));
    bed.signaling_delay = QUA_MS(50); /* Ben picks up */
    ice_bed_run(&bed, QUA_SECONDS(5));
    assert_true(both_in(&bed, QUA_ICE_STATE_COMPLETED));
    assert_media_both_ways(&bed);
    ice_bed_close(&bed);
}

static void the_same_seed_gives_the_same_call(void **state)
{
    static ice_bed bed;
    qua_time connected[2];
    size_t sent[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_up(&bed, 7, SIM_NAT_PORT_RESTRICTED, SIM_NAT_RESTRICTED, "delay=25 loss=0.2 jitter=10");
        ice_bed_call(&bed, &bed.ana, QUA_MS(50));
        ice_bed_run(&bed, QUA_SECONDS(60));
        connected[i] = bed.ben.connected_at;
        sent[i] = bed.ana.sent + bed.ben.sent;
        ice_bed_close(&bed);
    }
    assert_int_equal(connected[0], connected[1]);
    assert_int_equal(sent[0], sent[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_nat_pair_that_can_connect_does),
        cmocka_unit_test(ten_percent_loss_neither_prevents_nor_disturbs),
        cmocka_unit_test(two_at_home_talk_directly),
        cmocka_unit_test(a_role_conflict_settles),
        cmocka_unit_test(a_killed_peer_is_seen_gone_within_consent),
        cmocka_unit_test(an_outage_is_survived),
        cmocka_unit_test(an_unreachable_peer_fails),
        cmocka_unit_test(dual_stack_prefers_ipv6),
        cmocka_unit_test(broken_ipv6_falls_back_to_ipv4),
        cmocka_unit_test(ipv6_alone_is_enough),
        cmocka_unit_test(a_nat_that_reboots_is_followed_without_a_restart),
        cmocka_unit_test(a_restart_brings_back_what_failed),
        cmocka_unit_test(a_restart_in_a_healthy_call_loses_nothing),
        cmocka_unit_test(what_was_gathered_stays_true_while_it_rings),
        cmocka_unit_test(the_same_seed_gives_the_same_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
