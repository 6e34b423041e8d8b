/* Two connections with real VP8 and Opus in virtual time: how they meet, repair, lose each other and part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "peer_bed.h"
#include "sim.h"

#define RTT QUA_MS(50)

static peer_bed bed;

static qua_pc_stats stats_of(const peer_person *p)
{
    qua_pc_stats stats;

    qua_peer_get_stats(p->peer, sim_net_now(bed.net), &stats);
    return stats;
}

static void both_see_and_hear_each_other(void **state)
{
    (void)state;
    peer_bed_open(&bed, 1, "delay=25");
    peer_bed_call(&bed, QUA_SECONDS(5));
    for (int i = 0; i < 2; i++) {
        const peer_person *p = i ? &bed.ben : &bed.ana;
        const qua_pc_stats stats = stats_of(p);

        assert_int_equal(p->connection, QUA_CONNECTION_CONNECTED);
        assert_int_equal(p->tracks, 2);
        assert_in_range(p->frames, 140, 150);
        assert_in_range(p->sounds, 235, 250);
        assert_int_equal(p->keyframes_wanted, 1); /* the first one */
        assert_int_equal(stats.in.frames, p->frames);
        assert_int_equal(stats.in.width, PEER_BED_WIDTH);
        assert_string_equal(stats.in.codec, "VP8");
        assert_in_range(stats.in.delay_us, QUA_MS(25), QUA_MS(45));
        assert_in_range(stats.rtt_us, RTT - 1000, RTT + 1000);
        assert_int_equal(stats.in.plis + stats.in.nacks + stats.malformed, 0);
        assert_true(p->worst_gap < QUA_MS(50));
    }
    peer_bed_close(&bed);
}

/* The first picture needs one round trip of checks, two of DTLS, and half a one for itself. */
static void the_first_picture_comes_within_four_round_trips(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        peer_bed_open(&bed, seed, "delay=25");
        bed.signaling_delay = QUA_MS(30);
        peer_bed_call(&bed, QUA_SECONDS(1));
        assert_true(bed.ana.first_frame_at && bed.ana.first_frame_at - bed.answered_at <= 4 * RTT);
        assert_true(bed.ben.first_frame_at && bed.ben.first_frame_at - bed.answered_at <= 4 * RTT);
        peer_bed_close(&bed);
    }
}

static void retransmission_repairs_a_loss_of_five_percent(void **state)
{
    (void)state;
    peer_bed_open(&bed, 3, "delay=20 loss=0.05");
    peer_bed_call(&bed, QUA_SECONDS(20));
    for (int i = 0; i < 2; i++) {
        const peer_person *p = i ? &bed.ben : &bed.ana;
        const qua_pc_stats stats = stats_of(p);

        assert_true(stats.in.nacks > 0 && stats.in.packets_retransmitted > 0);
        assert_true(p->frames >= 500);
        assert_true(p->worst_gap < QUA_MS(400));
        assert_true(stats.in.keyframes <= 3);
    }
    peer_bed_close(&bed);
}

static void pictures_are_back_soon_after_a_long_loss(void **state)
{
    size_t frames, wanted;

    (void)state;
    peer_bed_open(&bed, 4, "delay=20");
    peer_bed_call(&bed, QUA_SECONDS(3));
    wanted = bed.ana.keyframes_wanted;
    sim_pipe_set(bed.ana.up, "loss=1");
    peer_bed_run(&bed, QUA_MS(2500));
    frames = bed.ben.frames;
    sim_pipe_set(bed.ana.up, "loss=0");
    peer_bed_run(&bed, QUA_SECONDS(4));
    assert_true(bed.ana.keyframes_wanted > wanted);
    assert_true(bed.ben.frames > frames + 60);
    peer_bed_close(&bed);
}

static void a_keyframe_comes_within_two_round_trips_of_the_wish(void **state)
{
    uint64_t keyframes;

    (void)state;
    peer_bed_open(&bed, 16, "delay=20");
    peer_bed_call(&bed, QUA_SECONDS(2));
    keyframes = stats_of(&bed.ben).in.keyframes;
    qua_peer_request_keyframe(bed.ben.peer, sim_net_now(bed.net), 1);
    peer_bed_drain(&bed.ben, sim_net_now(bed.net));
    peer_bed_run(&bed, QUA_MS(80));
    assert_int_equal(stats_of(&bed.ben).in.keyframes, keyframes + 1);
    peer_bed_run(&bed, QUA_SECONDS(3)); /* and it was asked for once */
    assert_int_equal(stats_of(&bed.ben).in.keyframes, keyframes + 1);
    assert_int_equal(stats_of(&bed.ben).in.plis, 1);
    peer_bed_close(&bed);
}

static void a_wrong_fingerprint_never_yields_media(void **state)
{
    (void)state;
    peer_bed_open(&bed, 5, "delay=10");
    bed.lie = true;
    peer_bed_call(&bed, QUA_SECONDS(10));
    for (int i = 0; i < 2; i++) {
        const peer_person *p = i ? &bed.ben : &bed.ana;

        assert_int_equal(p->connection, QUA_CONNECTION_FAILED);
        assert_int_equal(p->connected_at, 0);
        assert_int_equal(p->frames + p->sounds + p->encoder_frames, 0);
    }
    peer_bed_close(&bed);
}

static void a_peer_that_vanished_is_noticed_and_then_given_up(void **state)
{
    qua_time gone;

    (void)state;
    peer_bed_open(&bed, 6, "delay=10");
    peer_bed_call(&bed, QUA_SECONDS(3));
    gone = sim_net_now(bed.net);
    sim_host_kill(bed.ben.host);
    peer_bed_run(&bed, QUA_SECONDS(15));
    assert_int_equal(bed.ana.connection, QUA_CONNECTION_DISCONNECTED);
    assert_true(bed.ana.disconnected_at - gone <= QUA_SECONDS(10));
    peer_bed_run(&bed, QUA_SECONDS(45));
    assert_int_equal(bed.ana.connection, QUA_CONNECTION_FAILED);
    assert_true(bed.ana.failed_at - gone <= QUA_SECONDS(40)); /* consent lasts 30 s, RFC 7675 */
    peer_bed_close(&bed);
}

static void a_short_interruption_heals_by_itself(void **state)
{
    size_t frames;

    (void)state;
    peer_bed_open(&bed, 7, "delay=10");
    peer_bed_call(&bed, QUA_SECONDS(3));
    sim_iface_set_up(bed.ben.iface, false);
    peer_bed_run(&bed, QUA_SECONDS(12));
    assert_int_equal(bed.ana.connection, QUA_CONNECTION_DISCONNECTED);
    sim_iface_set_up(bed.ben.iface, true);
    frames = bed.ana.frames;
    peer_bed_run(&bed, QUA_SECONDS(10));
    assert_int_equal(bed.ana.connection, QUA_CONNECTION_CONNECTED);
    assert_true(bed.ana.frames > frames + 100);
    peer_bed_close(&bed);
}

static void a_goodbye_is_heard_at_once(void **state)
{
    qua_time left;

    (void)state;
    peer_bed_open(&bed, 8, "delay=25");
    peer_bed_call(&bed, QUA_SECONDS(2));
    left = sim_net_now(bed.net);
    qua_peer_close(bed.ana.peer, left);
    peer_bed_drain(&bed.ana, left);
    peer_bed_run(&bed, QUA_MS(26));
    assert_int_equal(bed.ben.connection, QUA_CONNECTION_CLOSED);
    assert_true(bed.ben.closed_at - left <= QUA_MS(26));
    peer_bed_close(&bed);
}

static void offers_that_cross_are_resolved_by_rollback(void **state)
{
    (void)state;
    peer_bed_open(&bed, 9, "delay=25");
    bed.signaling_delay = QUA_MS(30);
    peer_bed_add_media(&bed.ana);
    peer_bed_add_media(&bed.ben);
    peer_bed_offer(&bed.ana);
    peer_bed_offer(&bed.ben); /* the polite one takes its offer back */
    peer_bed_run(&bed, QUA_SECONDS(3));
    assert_int_equal(qua_peer_signaling(bed.ana.peer), QUA_SIGNALING_STABLE);
    assert_int_equal(qua_peer_signaling(bed.ben.peer), QUA_SIGNALING_STABLE);
    assert_int_equal(qua_peer_transceiver_count(bed.ben.peer), 2); /* its own took the offered m-lines */
    assert_true(bed.ana.frames > 60 && bed.ben.frames > 60);
    peer_bed_close(&bed);
}

static void a_direction_changes_while_media_flows(void **state)
{
    size_t frames, sounds;

    (void)state;
    peer_bed_open(&bed, 10, "delay=25");
    peer_bed_call(&bed, QUA_SECONDS(2));
    qua_peer_set_direction(bed.ana.peer, 1, QUA_DIRECTION_RECVONLY);
    peer_bed_drain(&bed.ana, sim_net_now(bed.net));
    assert_true(bed.ana.negotiations_needed >= 1);
    peer_bed_offer(&bed.ana);
    peer_bed_run(&bed, QUA_MS(200));
    frames = bed.ben.frames;
    sounds = bed.ben.sounds;
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_int_equal(bed.ben.frames, frames);
    assert_true(bed.ben.sounds > sounds + 40);
    assert_int_equal(bed.ben.tracks_ended, 1);
    frames = bed.ana.frames;
    qua_peer_set_direction(bed.ana.peer, 1, QUA_DIRECTION_SENDRECV);
    peer_bed_offer(&bed.ana);
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_int_equal(bed.ben.tracks, 3); /* it is back */
    assert_true(bed.ana.frames > frames + 25);
    peer_bed_close(&bed);
}

static void a_restart_of_ice_does_not_interrupt_media(void **state)
{
    for (int who = 0; who < 2; who++) {
        (void)state;
        peer_bed_open(&bed, 11, "delay=25");
        bed.signaling_delay = QUA_MS(30);
        peer_bed_call(&bed, QUA_SECONDS(2));
        bed.ana.worst_gap = bed.ben.worst_gap = 0;
        qua_peer_restart_ice(who ? bed.ben.peer : bed.ana.peer);
        peer_bed_offer(who ? &bed.ben : &bed.ana);
        peer_bed_run(&bed, QUA_SECONDS(40)); /* consent of the old pair would have ended */
        assert_int_equal(bed.ana.connection, QUA_CONNECTION_CONNECTED);
        assert_int_equal(bed.ben.connection, QUA_CONNECTION_CONNECTED);
        assert_true(bed.ana.worst_gap < QUA_MS(100) && bed.ben.worst_gap < QUA_MS(100));
        peer_bed_close(&bed);
    }
}

/* An endpoint that knows neither retransmission streams nor feedback of arrivals still gets a call. */
static void a_plain_endpoint_gets_pictures_too(void **state)
{
    (void)state;
    peer_bed_open(&bed, 12, "delay=25");
    bed.strip = "a=rtcp-fb:";
    peer_bed_call(&bed, QUA_SECONDS(4));
    assert_true(bed.ana.frames > 80 && bed.ben.frames > 80);
    assert_true(bed.ana.sounds > 150 && bed.ben.sounds > 150);
    peer_bed_close(&bed);
}

static void a_narrow_link_is_not_overfilled(void **state)
{
    (void)state;
    peer_bed_open(&bed, 13, "rate=400 delay=25 qms=500");
    peer_bed_call(&bed, QUA_SECONDS(5));
    bed.ana.worst_delay = bed.ben.worst_delay = 0;
    peer_bed_run(&bed, QUA_SECONDS(10));
    assert_true(bed.ana.frames > 150 && bed.ben.frames > 150);
    assert_true(bed.ana.worst_delay < QUA_MS(400) && bed.ben.worst_delay < QUA_MS(400));
    peer_bed_close(&bed);
}

/* The steady state takes nothing from the pool that does not come back: what is out is the memory of what was sent. */
static void buffers_come_home(void **state)
{
    size_t early, in_use, allocated_early, allocated;

    (void)state;
    peer_bed_open(&bed, 14, "delay=25");
    peer_bed_call(&bed, QUA_SECONDS(10));
    qua_pool_stats(bed.ana.packets, &early, &allocated_early);
    peer_bed_run(&bed, QUA_SECONDS(10));
    qua_pool_stats(bed.ana.packets, &in_use, &allocated);
    assert_true(in_use < 1200);
    assert_true(allocated <= allocated_early + 64);
    peer_bed_close(&bed);
}

static void the_same_seed_gives_the_same_call(void **state)
{
    size_t frames[2];
    uint64_t bytes[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        peer_bed_open(&bed, 15, "delay=25 jitter=10 loss=0.02");
        peer_bed_call(&bed, QUA_SECONDS(3));
        frames[i] = bed.ana.frames;
        bytes[i] = stats_of(&bed.ana).in.bytes;
        peer_bed_close(&bed);
    }
    assert_int_equal(frames[0], frames[1]);
    assert_int_equal(bytes[0], bytes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_see_and_hear_each_other),
        cmocka_unit_test(the_first_picture_comes_within_four_round_trips),
        cmocka_unit_test(retransmission_repairs_a_loss_of_five_percent),
        cmocka_unit_test(pictures_are_back_soon_after_a_long_loss),
        cmocka_unit_test(a_keyframe_comes_within_two_round_trips_of_the_wish),
        cmocka_unit_test(a_wrong_fingerprint_never_yields_media),
        cmocka_unit_test(a_peer_that_vanished_is_noticed_and_then_given_up),
        cmocka_unit_test(a_short_interruption_heals_by_itself),
        cmocka_unit_test(a_goodbye_is_heard_at_once),
        cmocka_unit_test(offers_that_cross_are_resolved_by_rollback),
        cmocka_unit_test(a_direction_changes_while_media_flows),
        cmocka_unit_test(a_restart_of_ice_does_not_interrupt_media),
        cmocka_unit_test(a_plain_endpoint_gets_pictures_too),
        cmocka_unit_test(a_narrow_link_is_not_overfilled),
        cmocka_unit_test(buffers_come_home),
        cmocka_unit_test(the_same_seed_gives_the_same_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
