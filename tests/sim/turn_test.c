/* ICE through TURN relays, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ice_bed.h"
#include "sim.h"

#define RTT QUA_MS(100)

static ice_bed bed;
static sim_turn *turn;

/* Both behind symmetric NATs: only a relay connects them. */
static void set_up_seed(uint64_t seed, bool relay_only, sim_nat_kind kind, const char *link)
{
    ice_bed_open(&bed, seed, relay_only);
    ice_bed_stun_server(&bed, "203.0.113.1", 3478);
    turn = ice_bed_turn_server(&bed, "203.0.113.2", 3478);
    ice_bed_attach(&bed, &bed.ana, "192.168.1.2", sim_net_nat(bed.net, kind, "198.51.100.11"), link);
    ice_bed_attach(&bed, &bed.ben, "192.168.1.2", sim_net_nat(bed.net, kind, "198.51.100.12"), link);
}

static void set_up(bool relay_only, sim_nat_kind kind, const char *link)
{
    set_up_seed(1, relay_only, kind, link);
}

static void connect(qua_time duration)
{
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, duration);
}

static bool both_in(qua_ice_state state)
{
    return qua_ice_get_state(bed.ana.ice) == state && qua_ice_get_state(bed.ben.ice) == state;
}

static void assert_media_both_ways(void)
{
    assert_true(ice_bed_media_flows(&bed, &bed.ana, &bed.ben));
    assert_true(ice_bed_media_flows(&bed, &bed.ben, &bed.ana));
}

static sim_turn_stats stats(void)
{
    sim_turn_stats s;

    sim_turn_get_stats(turn, &s);
    return s;
}

static bool is_relayed(const ice_person *p)
{
    qua_ice_stats s;

    qua_ice_get_stats(p->ice, &s);
    return s.local_kind == QUA_ICE_RELAY || s.remote_kind == QUA_ICE_RELAY;
}

static void two_symmetric_nats_meet_at_a_relay(void **state)
{
    (void)state;
    set_up(false, SIM_NAT_SYMMETRIC, "delay=25");
    connect(QUA_SECONDS(5));
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_true(is_relayed(&bed.ana) && is_relayed(&bed.ben));
    assert_media_both_ways();
    assert_int_equal(stats().challenges, 2);
    assert_int_equal(stats().unauthorized, 0);
    assert_int_equal(stats().allocations, 2);
    assert_int_equal(stats().wasted, 0);
    const qua_time took = QUA_MAX(bed.ana.connected_at, bed.ben.connected_at) - bed.answered_at;
    print_message("connected %.1f RTT after the answer\n", (double)took / RTT);
    assert_in_range(took, 0, 10 * RTT);
    ice_bed_close(&bed);
}

static void every_nat_pair_connects_with_a_relay(void **state)
{
    (void)state;
    for (sim_nat_kind a = SIM_NAT_FULL_CONE; a <= SIM_NAT_SYMMETRIC; a++) {
        for (sim_nat_kind b = SIM_NAT_FULL_CONE; b <= SIM_NAT_SYMMETRIC; b++) {
            ice_bed_open(&bed, 1, false);
            ice_bed_stun_server(&bed, "203.0.113.1", 3478);
            turn = ice_bed_turn_server(&bed, "203.0.113.2", 3478);
            ice_bed_attach(&bed, &bed.ana, "192.168.1.2", sim_net_nat(bed.net, a, "198.51.100.11"), "delay=25");
            ice_bed_attach(&bed, &bed.ben, "192.168.1.2", sim_net_nat(bed.net, b, "198.51.100.12"), "delay=25");
            connect(QUA_SECONDS(5));
            assert_true(both_in(QUA_ICE_STATE_COMPLETED));
            assert_media_both_ways();
            /* and no pair stays on a relay that could do without */
            assert_int_equal(is_relayed(&bed.ana),
                             QUA_MAX(a, b) == SIM_NAT_SYMMETRIC && QUA_MIN(a, b) >= SIM_NAT_PORT_RESTRICTED);
            ice_bed_close(&bed);
        }
    }
}

static void relay_only_tells_and_uses_nothing_else(void **state)
{
    const char *text;

    (void)state;
    set_up(true, SIM_NAT_FULL_CONE, "delay=25");
    connect(QUA_SECONDS(5));
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_true(is_relayed(&bed.ana) && is_relayed(&bed.ben));
    assert_media_both_ways();
    for (size_t i = 0; (text = qua_ice_local_candidate(bed.ana.ice, i)) != NULL; i++) {
        assert_non_null(strstr(text, "typ relay"));
        assert_null(strstr(text, "192.168.1.2"));
        assert_null(strstr(text, "198.51.100.11"));
    }
    ice_bed_close(&bed);
}

static void relay_only_without_a_server_fails(void **state)
{
    (void)state;
    set_up(true, SIM_NAT_FULL_CONE, "delay=25");
    sim_turn_kill(turn);
    connect(QUA_SECONDS(35));
    assert_true(both_in(QUA_ICE_STATE_FAILED));
    assert_true(qua_ice_gathered(bed.ana.ice));
    ice_bed_close(&bed);
}

static void a_wrong_password_is_not_tried_for_ever(void **state)
{
    qua_addr addr;

    (void)state;
    ice_bed_open(&bed, 1, false);
    turn = sim_net_turn_server(bed.net, "203.0.113.2", 3478, "ana-and-ben", "another secret");
    assert_int_equal(qua_addr_parse(&addr, "203.0.113.2", 3478), 0);
    assert_int_equal(qua_ice_add_turn_server(bed.ana.ice, &addr, "ana-and-ben", "secret"), 0);
    ice_bed_attach(&bed, &bed.ana, "198.51.100.1", NULL, "");
    ice_bed_attach(&bed, &bed.ben, "198.51.100.2", NULL, "");
    connect(QUA_SECONDS(60));
    assert_int_equal(stats().challenges, 1);
    assert_int_equal(stats().unauthorized, 1);
    assert_true(both_in(QUA_ICE_STATE_COMPLETED)); /* nobody needed the relay */
    assert_true(qua_ice_gathered(bed.ana.ice));
    ice_bed_close(&bed);
}

static void stale_nonces_are_renewed(void **state)
{
    (void)state;
    set_up(true, SIM_NAT_SYMMETRIC, "delay=25");
    connect(QUA_SECONDS(5));
    for (size_t i = 0; i < 6; i++) {
        sim_turn_stale_nonces(turn);
        ice_bed_run(&bed, QUA_SECONDS(300));
        assert_media_both_ways();
    }
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_in_range(stats().stale, 6, 40);
    ice_bed_close(&bed);
}

static void an_hour_long_call_keeps_its_relay(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        set_up_seed(seed, true, SIM_NAT_SYMMETRIC, "delay=25 loss=0.02");
        sim_turn_set_lifetime(turn, 300);
        connect(QUA_SECONDS(3600));
        assert_true(both_in(QUA_ICE_STATE_COMPLETED));
        assert_media_both_ways();
        assert_int_equal(bed.ana.silences + bed.ben.silences, 0);
        assert_int_equal(stats().allocations, 2);
        ice_bed_close(&bed);
    }
}

/* The phone rings for five minutes, behind NATs that forget in thirty seconds. */
static void a_relay_is_kept_while_it_rings(void **state)
{
    (void)state;
    ice_bed_open(&bed, 1, true);
    turn = ice_bed_turn_server(&bed, "203.0.113.2", 3478);
    sim_nat *nat = sim_net_nat(bed.net, SIM_NAT_PORT_RESTRICTED, "198.51.100.11");
    sim_nat_set_timeout(nat, QUA_SECONDS(30));
    ice_bed_attach(&bed, &bed.ana, "192.168.1.2", nat, "delay=25");
    ice_bed_attach(&bed, &bed.ben, "192.168.1.3", nat, "delay=25");
    ice_bed_call(&bed, &bed.ana, QUA_SECONDS(300));
    ice_bed_run(&bed, QUA_SECONDS(299));
    bed.signaling_delay = QUA_MS(50); /* Ben picks up */
    ice_bed_run(&bed, QUA_SECONDS(5));
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_media_both_ways();
    ice_bed_close(&bed);
}

static void loss_on_the_way_to_the_relay_is_overcome(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        set_up_seed(seed, false, SIM_NAT_SYMMETRIC, "delay=25 loss=0.1");
        connect(QUA_SECONDS(15));
        assert_true(both_in(QUA_ICE_STATE_COMPLETED));
        assert_media_both_ways();
        ice_bed_close(&bed);
    }
}

static void a_relay_that_dies_is_replaced_by_the_other_one(void **state)
{
    (void)state;
    set_up(false, SIM_NAT_SYMMETRIC, "delay=25");
    ice_bed_turn_server(&bed, "203.0.113.3", 3478);
    connect(QUA_SECONDS(10));
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    sim_turn_kill(turn);
    ice_bed_run(&bed, QUA_SECONDS(20));
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_media_both_ways();
    ice_bed_close(&bed);
}

static void a_relay_that_forgot_us_is_noticed(void **state)
{
    (void)state;
    set_up(true, SIM_NAT_SYMMETRIC, "delay=25");
    connect(QUA_SECONDS(10));
    sim_turn_forget(turn);
    ice_bed_run(&bed, QUA_SECONDS(45));
    assert_true(both_in(QUA_ICE_STATE_FAILED));
    ice_bed_close(&bed);
}

static void closing_gives_the_relay_back(void **state)
{
    qua_ice_transmit out;

    (void)state;
    set_up(false, SIM_NAT_SYMMETRIC, "delay=25");
    connect(QUA_SECONDS(5));
    assert_int_equal(stats().allocations, 2);
    qua_ice_close(bed.ana.ice);
    while (qua_ice_poll_transmit(bed.ana.ice, &out))
        sim_host_send(bed.ana.host, &bed.ana.addrs[out.base], &out.to, out.data, out.size, 0);
    ice_bed_run(&bed, QUA_SECONDS(1));
    assert_int_equal(stats().allocations, 1);
    ice_bed_close(&bed);
}

static void a_restart_keeps_the_relay(void **state)
{
    (void)state;
    set_up(true, SIM_NAT_SYMMETRIC, "delay=25");
    connect(QUA_SECONDS(10));
    for (size_t i = 0; i < 20; i++) {
        qua_ice_restart(bed.ana.ice, sim_net_now(bed.net));
        ice_bed_call(&bed, &bed.ana, QUA_MS(50));
        for (size_t k = 0; k < 30; k++) {
            ice_bed_run(&bed, QUA_MS(100));
            assert_true(ice_bed_can_send(&bed.ana) && ice_bed_can_send(&bed.ben));
        }
    }
    assert_true(both_in(QUA_ICE_STATE_COMPLETED));
    assert_int_equal(bed.ana.selections, 21);
    assert_int_equal(stats().allocations, 2);
    assert_media_both_ways();
    ice_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_symmetric_nats_meet_at_a_relay),
        cmocka_unit_test(every_nat_pair_connects_with_a_relay),
        cmocka_unit_test(relay_only_tells_and_uses_nothing_else),
        cmocka_unit_test(relay_only_without_a_server_fails),
        cmocka_unit_test(a_wrong_password_is_not_tried_for_ever),
        cmocka_unit_test(stale_nonces_are_renewed),
        cmocka_unit_test(an_hour_long_call_keeps_its_relay),
        cmocka_unit_test(a_relay_is_kept_while_it_rings),
        cmocka_unit_test(loss_on_the_way_to_the_relay_is_overcome),
        cmocka_unit_test(a_relay_that_dies_is_replaced_by_the_other_one),
        cmocka_unit_test(a_relay_that_forgot_us_is_noticed),
        cmocka_unit_test(closing_gives_the_relay_back),
        cmocka_unit_test(a_restart_keeps_the_relay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
