/* Calls that move from one interface to another: media gaps in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ice_bed.h"
#include "sim.h"

#define CALLS 40

static ice_bed bed;
static qua_time gaps[2 * CALLS]; /* in both directions of each call */

/* One moves, the other is at home; both behind NATs, 100 ms of round trip, a little loss. */
static void set_up(uint64_t seed, ice_person *mover, ice_person *other)
{
    static const char *const link = "delay=25 jitter=5 loss=0.005";

    ice_bed_open(&bed, seed, false);
    ice_bed_stun_server(&bed, "203.0.113.1", 3478);
    ice_bed_attach(&bed, other, "192.168.1.2", sim_net_nat(bed.net, SIM_NAT_RESTRICTED, "198.51.100.11"), link);
    ice_bed_attach(&bed, mover, "192.168.2.2", sim_net_nat(bed.net, SIM_NAT_PORT_RESTRICTED, "198.51.100.12"), link);
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(5));
    ice_bed_stream(&bed);
}

static void cellular_comes_up(ice_person *mover)
{
    ice_bed_attach(&bed, mover, "10.0.0.2", sim_net_nat(bed.net, SIM_NAT_SYMMETRIC, "198.51.100.13"),
                   "delay=30 jitter=10");
}

static int by_length(const void *a, const void *b)
{
    const qua_time x = *(const qua_time *)a, y = *(const qua_time *)b;

    return (x > y) - (x < y);
}

/* Tell the story for many seeds, with the controlling and the controlled side moving. @return the 95th percentile */
static qua_time worst_of(const char *name, void (*story)(ice_person *mover))
{
    for (size_t i = 0; i < CALLS; i++) {
        ice_person *mover = i % 2 ? &bed.ben : &bed.ana;
        set_up(i + 1, mover, i % 2 ? &bed.ana : &bed.ben);
        ice_bed_run(&bed, QUA_MS(5000 + 137 * i)); /* anywhere between two questions of consent */
        story(mover);
        ice_bed_run(&bed, QUA_SECONDS(10));
        assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_COMPLETED);
        assert_int_equal(qua_ice_get_state(bed.ben.ice), QUA_ICE_STATE_COMPLETED);
        const qua_time now = sim_net_now(bed.net);
        gaps[2 * i] = QUA_MAX(bed.ana.worst_gap, now - bed.ana.media_at);
        gaps[2 * i + 1] = QUA_MAX(bed.ben.worst_gap, now - bed.ben.media_at);
        ice_bed_close(&bed);
    }
    qsort(gaps, QUA_ARRAY_SIZE(gaps), sizeof *gaps, by_length);
    const qua_time p95 = gaps[QUA_ARRAY_SIZE(gaps) * 95 / 100];
    print_message("%s: media gap p50 %d ms, p95 %d ms, longest %d ms\n", name,
                  (int)(gaps[QUA_ARRAY_SIZE(gaps) / 2] / 1000), (int)(p95 / 1000),
                  (int)(gaps[QUA_ARRAY_SIZE(gaps) - 1] / 1000));
    return p95;
}

static void overlapping(ice_person *mover)
{
    cellular_comes_up(mover);
    ice_bed_run(&bed, QUA_SECONDS(2));
    ice_bed_detach(mover, 0);
}

static void in_a_row(ice_person *mover)
{
    ice_bed_detach(mover, 0);
    ice_bed_run(&bed, QUA_MS(300));
    cellular_comes_up(mover);
}

static void unnoticed(ice_person *mover)
{
    cellular_comes_up(mover);
    ice_bed_run(&bed, QUA_SECONDS(2));
    sim_iface_set_up(mover->ifaces[0], false); /* out of reach, but the system says it is there */
}

static void with_both_networks_up_the_change_is_hardly_seen(void **state)
{
    (void)state;
    assert_in_range(worst_of("Wi-Fi to cellular, overlapping", overlapping), 0, QUA_MS(500));
}

static void with_a_hole_between_them_it_takes_little_longer(void **state)
{
    (void)state;
    assert_in_range(worst_of("Wi-Fi to cellular, 300 ms between", in_a_row), 0, QUA_MS(1500));
}

static void a_network_that_dies_unnoticed_is_left_soon(void **state)
{
    (void)state;
    assert_in_range(worst_of("Wi-Fi dies unnoticed, cellular is up", unnoticed), 0, QUA_MS(1500));
}

/* Each has the other's lost address in its best spare pair. */
static void both_change_at_the_same_moment(void **state)
{
    (void)state;
    ice_bed_open(&bed, 1, false);
    for (int i = 0; i < 2; i++) {
        ice_person *p = i ? &bed.ben : &bed.ana;
        ice_bed_attach(&bed, p, i ? "198.51.100.1" : "198.51.100.2", NULL, "delay=25");
        ice_bed_attach(&bed, p, i ? "198.51.100.3" : "198.51.100.4", NULL, "delay=25");
    }
    ice_bed_call(&bed, &bed.ana, QUA_MS(50));
    ice_bed_run(&bed, QUA_SECONDS(5));
    ice_bed_stream(&bed);
    ice_bed_run(&bed, QUA_SECONDS(5));
    ice_bed_detach(&bed.ana, 0);
    ice_bed_detach(&bed.ben, 0);
    ice_bed_run(&bed, QUA_SECONDS(5));
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_COMPLETED);
    assert_int_equal(qua_ice_get_state(bed.ben.ice), QUA_ICE_STATE_COMPLETED);
    print_message("both at once: media gap %d ms and %d ms\n", (int)(bed.ana.worst_gap / 1000),
                  (int)(bed.ben.worst_gap / 1000));
    assert_in_range(QUA_MAX(bed.ana.worst_gap, bed.ben.worst_gap), 0, QUA_MS(1500));
    ice_bed_close(&bed);
}

static void many_changes_do_not_use_up_the_agent(void **state)
{
    (void)state;
    set_up(1, &bed.ana, &bed.ben);
    ice_bed_run(&bed, QUA_SECONDS(2));
    for (int base = 100; base < 200; base++) {
        qua_addr addr;
        assert_int_equal(qua_addr_parse(&addr, "10.0.0.9", (uint16_t)base), 0);
        assert_int_equal(qua_ice_add_local(bed.ana.ice, sim_net_now(bed.net), base, &addr), 0);
        qua_ice_remove_local(bed.ana.ice, sim_net_now(bed.net), base);
    }
    assert_null(qua_ice_local_candidate(bed.ana.ice, 2)); /* host and reflexive of the Wi-Fi are left */
    ice_bed_close(&bed);
}

static void losing_everything_disconnects_and_then_fails(void **state)
{
    (void)state;
    set_up(1, &bed.ana, &bed.ben);
    ice_bed_run(&bed, QUA_SECONDS(2));
    ice_bed_detach(&bed.ana, 0);
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_DISCONNECTED);
    assert_false(ice_bed_can_send(&bed.ana));
    ice_bed_run(&bed, QUA_SECONDS(29));
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_DISCONNECTED);
    ice_bed_run(&bed, QUA_SECONDS(7));
    assert_int_equal(qua_ice_get_state(bed.ana.ice), QUA_ICE_STATE_FAILED);
    assert_int_equal(qua_ice_get_state(bed.ben.ice), QUA_ICE_STATE_FAILED);
    ice_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_both_networks_up_the_change_is_hardly_seen),
        cmocka_unit_test(with_a_hole_between_them_it_takes_little_longer),
        cmocka_unit_test(a_network_that_dies_unnoticed_is_left_soon),
        cmocka_unit_test(both_change_at_the_same_moment),
        cmocka_unit_test(many_changes_do_not_use_up_the_agent),
        cmocka_unit_test(losing_everything_disconnects_and_then_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
