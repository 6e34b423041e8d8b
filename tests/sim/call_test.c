/* Stories of whole calls: who joins over what, what happens, and what each sees and hears of the others then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sim_call.h"

#define WIRE "rate=10000 delay=10 qms=200"

static sim_call *call_of(uint64_t seed)
{
    const sim_call_config config = {.seed = seed};

    return sim_call_create(&config);
}

static void join(sim_call *call, int count, const char *link)
{
    const sim_guest guest = {.up = link, .down = link};

    for (int i = 0; i < count; i++) {
        sim_call_join(call, &guest);
        sim_call_run(call, 0.3);
    }
}

static sim_view view(const sim_call *call, int viewer, int of)
{
    sim_view v;

    sim_call_view(call, viewer, of, &v);
    return v;
}

static void show(const sim_call *call, int viewer, int of)
{
    const sim_view v = view(call, viewer, of);

    print_message("    %d sees %d: %u frames %dx%d, delay %.0f/%.0f ms, gap %.0f ms, %d freezes, %.1f dB; sound %u "
                  "blocks, %u silent, %u concealed\n",
                  viewer, of, (unsigned)v.frames, v.width, v.height, v.delay_ms_p50, v.delay_ms_p95, v.longest_gap_ms,
                  v.freezes, v.psnr, (unsigned)v.blocks, (unsigned)v.silent, (unsigned)v.concealed);
}

/* Picture and sound for `seconds` since the figures began: most frames whole, most sound real. */
static void assert_well(const sim_call *call, int viewer, int of, double seconds, double share)
{
    const sim_view v = view(call, viewer, of);

    show(call, viewer, of);
    assert_true(v.present);
    assert_int_equal(v.connection, QUA_CONNECTION_CONNECTED);
    assert_true((double)v.frames >= share * 30 * seconds);
    assert_true((double)v.unreadable <= 0.01 * (double)v.frames);
    assert_true((double)v.blocks >= share * 100 * seconds);
    assert_true((double)v.silent <= (1 - share) * 100 * seconds);
}

static void assert_all_well(const sim_call *call, int people, double seconds, double share)
{
    for (int i = 0; i < people; i++)
        for (int j = 0; j < people; j++)
            if (i != j)
                assert_well(call, i, j, seconds, share);
}

/* ---- plain calls --------------------------------------------------------------------------------------------- */

static void four_people_talk_for_a_minute(void **state)
{
    sim_call *call = call_of(1);
    size_t buffers[4];

    (void)state;
    join(call, 4, WIRE);
    sim_call_run(call, 30);
    for (int i = 0; i < 4; i++)
        buffers[i] = sim_call_buffers(call, i);
    sim_call_run(call, 30);
    assert_all_well(call, 4, 60, 0.95);
    for (int i = 0; i < 4; i++) {
        qua_hub_stats stats;

        sim_call_hub_stats(call, i, &stats);
        print_message("    %d: %u frames, %u encodes, %u keyframes, %u packet buffers\n", i, (unsigned)stats.pushed,
                      (unsigned)stats.encoded, (unsigned)stats.keyframes, (unsigned)sim_call_buffers(call, i));
        assert_int_equal(stats.encoders, 1); /* one encode a frame, though three receive it */
        assert_true(stats.encoded <= stats.pushed);
        assert_true(stats.keyframes <= 8);
        assert_true(sim_call_buffers(call, i) <= buffers[i] + buffers[i] / 4 + 100);
    }
    sim_call_destroy(&call);
}

static uint64_t hash_of_a_call(uint64_t seed)
{
    sim_call *call = call_of(seed);
    uint64_t hash;

    join(call, 4, "rate=3000 delay=20 jitter=5 loss=0.02 qms=200");
    sim_call_run(call, 8);
    hash = sim_call_hash(call);
    sim_call_destroy(&call);
    return hash;
}

static void the_same_seed_gives_the_same_call(void **state)
{
    const uint64_t hash = hash_of_a_call(7);

    (void)state;
    assert_true(hash_of_a_call(7) == hash);
    assert_true(hash_of_a_call(8) != hash);
}

static void one_encode_serves_any_number(void **state)
{
    (void)state;
    for (int people = 2; people <= 4; people++) {
        sim_call *call = call_of(3);
        qua_hub_stats stats;

        join(call, people, WIRE);
        sim_call_run(call, 5);
        sim_call_hub_stats(call, 0, &stats);
        print_message("    %d people: %u frames, %u encodes\n", people, (unsigned)stats.pushed,
                      (unsigned)stats.encoded);
        assert_int_equal(stats.encoders, 1);
        assert_true(stats.encoded <= stats.pushed);
        sim_call_destroy(&call);
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void first_frames_come_within_six_round_trips(void **state)
{
    double after_answer[20], after_join[20];
    const size_t count = QUA_ARRAY_SIZE(after_answer);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const sim_call_config config = {.seed = 100 + i, .server_delay = QUA_MS(25)};
        sim_call *call = sim_call_create(&config);
        sim_view v;

        join(call, 1, "delay=12.5");
        join(call, 1, "delay=12.5");
        sim_call_run(call, 3);
        v = view(call, 0, 1);
        assert_true(v.answered > 0 && v.first_frame > 0);
        after_answer[i] = (double)(v.first_frame - v.answered) / 1000;
        after_join[i] = (double)(v.first_frame - v.joined) / 1000;
        assert_true(after_answer[i] <= 6 * 50);
        sim_call_destroy(&call);
    }
    qsort(after_answer, count, sizeof *after_answer, by_value);
    qsort(after_join, count, sizeof *after_join, by_value);
    print_message("    first frame at 50 ms RTT: %.0f ms after the answer (p50; %.0f to %.0f), %.0f ms after the "
                  "other one was told to be there\n",
                  after_answer[count / 2], after_answer[0], after_answer[count - 1], after_join[count / 2]);
}

/* ---- coming and going ---------------------------------------------------------------------------------------- */

static void a_goodbye_is_seen_by_all_at_once(void **state)
{
    sim_call *call = call_of(11);

    (void)state;
    join(call, 4, WIRE);
    sim_call_run(call, 3);
    sim_call_leave(call, 2);
    sim_call_run(call, 0.2);
    for (int i = 0; i < 4; i++)
        assert_int_equal(view(call, i, 2).present, false);
    assert_int_equal(sim_call_state(call, 2), QUA_CALL_ENDED);
    assert_int_equal(sim_call_error(call, 2), 0);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_well(call, 0, 1, 5, 0.95);
    assert_well(call, 3, 0, 5, 0.95);
    assert_int_equal(view(call, 0, 2).frames, 0);
    sim_call_destroy(&call);
}

static void a_place_that_became_free_is_taken(void **state)
{
    sim_call *call = call_of(12);
    int late;

    (void)state;
    join(call, 4, WIRE);
    sim_call_run(call, 2);
    late = sim_call_join(call, NULL);
    sim_call_run(call, 1);
    assert_int_equal(sim_call_state(call, late), QUA_CALL_ENDED); /* the fifth */
    assert_int_equal(sim_call_error(call, late), QUA_EROOMFULL);
    sim_call_leave(call, 1);
    late = sim_call_join(call, NULL);
    sim_call_run(call, 2);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_well(call, 0, late, 5, 0.95);
    assert_well(call, late, 3, 5, 0.95);
    sim_call_destroy(&call);
}

static int who_see(const sim_call *call, int person)
{
    int count = 0;

    for (int i = 0; i < 4; i++)
        count += i != person && view(call, i, person).present;
    return count;
}

static void killed(bool power_off)
{
    sim_call *call = call_of(13);
    double waited = 0;

    join(call, 4, WIRE);
    sim_call_run(call, 3);
    sim_call_kill(call, 1, power_off);
    sim_call_run(call, 10);
    assert_true(view(call, 0, 1).connection >= QUA_CONNECTION_DISCONNECTED);
    for (; waited < 30 && who_see(call, 1) > 0; waited += 0.5)
        sim_call_run(call, 0.5);
    print_message("    gone for everybody %.1f s after the kill\n", 10 + waited);
    assert_int_equal(who_see(call, 1), 0);
    sim_call_forget(call);
    sim_call_run(call, 3);
    assert_well(call, 0, 2, 3, 0.9);
    sim_call_destroy(&call);
}

static void a_killed_process_is_seen_gone(void **state)
{
    (void)state;
    killed(false);
}

static void a_machine_without_power_is_seen_gone(void **state)
{
    (void)state;
    killed(true);
}

static void a_muted_person_is_shown_so_and_comes_back(void **state)
{
    sim_call *call = call_of(14);
    sim_view v;

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 2);
    sim_call_mute(call, 0, true, true);
    sim_call_run(call, 1);
    sim_call_forget(call);
    sim_call_run(call, 3);
    v = view(call, 1, 0);
    assert_true(v.audio_muted && v.video_muted);
    assert_int_equal(v.frames, 0);
    assert_true(v.silent >= v.blocks * 9 / 10);
    sim_call_mute(call, 0, false, false);
    sim_call_run(call, 1);
    sim_call_forget(call);
    sim_call_run(call, 3);
    assert_well(call, 1, 0, 3, 0.9);
    assert_well(call, 2, 0, 3, 0.9);
    sim_call_destroy(&call);
}

static void who_has_no_camera_still_sees_and_speaks(void **state)
{
    sim_call *call = call_of(15);
    const sim_guest shy = {.no_camera = true}, silent = {.no_microphone = true};
    sim_view v;

    (void)state;
    sim_call_join(call, &shy);
    sim_call_run(call, 0.3);
    sim_call_join(call, &silent);
    sim_call_run(call, 5);
    v = view(call, 0, 1);
    assert_true(v.frames >= 130);
    assert_int_equal(v.blocks, 0);
    v = view(call, 1, 0);
    assert_int_equal(v.frames, 0);
    assert_true(v.blocks >= 430);
    sim_call_destroy(&call);
}

/* ---- bad networks -------------------------------------------------------------------------------------------- */

static void loss_of_five_percent_is_repaired(void **state)
{
    sim_call *call = call_of(21);

    (void)state;
    join(call, 3, "rate=5000 delay=20 loss=0.025 qms=200"); /* up and down: 5 % from one to another */
    sim_call_run(call, 20);
    assert_all_well(call, 3, 20, 0.85);
    sim_call_destroy(&call);
}

static void bursts_of_loss_are_survived(void **state)
{
    sim_call *call = call_of(22);

    (void)state;
    join(call, 3, "rate=5000 delay=20 ge=0.005,0.2,0.2,1 qms=200"); /* bursts of five packets, four of five lost */
    sim_call_run(call, 20);
    assert_all_well(call, 3, 20, 0.75);
    sim_call_destroy(&call);
}

static void one_slow_path_leaves_the_others_their_picture(void **state)
{
    sim_call *call = call_of(23);

    (void)state;
    join(call, 4, WIRE);
    sim_call_path(call, 0, 2, "rate=300 qms=150 delay=10");
    sim_call_run(call, 5);
    sim_call_forget(call);
    sim_call_run(call, 20);
    show(call, 2, 0);
    assert_well(call, 1, 0, 20, 0.9);
    assert_well(call, 3, 0, 20, 0.9);
    assert_true(view(call, 2, 0).frames >= 20 * 20);
    assert_true(view(call, 2, 0).delay_ms_p95 < 400); /* a keyframe alone takes it 350 ms */
    sim_call_destroy(&call);
}

/* The same call twice, without and with a path of 300 kb/s and 5 % loss from 0 to 2. */
static void one_bad_path_costs_the_others_nothing(void **state)
{
    sim_view without, with;

    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        const sim_call_config config = {.seed = 25, .width = 640, .height = 360};
        sim_call *call = sim_call_create(&config);

        join(call, 4, "rate=20000 delay=10 qms=200");
        if (bad)
            sim_call_path(call, 0, 2, "rate=300 qms=150 loss=0.05");
        sim_call_run(call, 8);
        sim_call_forget(call);
        sim_call_run(call, 15);
        show(call, 1, 0);
        show(call, 2, 0);
        sim_call_view(call, 1, 0, bad ? &with : &without);
        if (bad) {
            assert_well(call, 3, 0, 15, 0.95);
            assert_true(view(call, 2, 0).frames >= 15 * 20);
        }
        sim_call_destroy(&call);
    }
    assert_true(with.frames >= without.frames * 98 / 100);
    assert_true(with.psnr >= without.psnr - 0.5);
    assert_true(with.delay_ms_p95 <= without.delay_ms_p95 + 10);
}

static void a_shared_uplink_carries_three_pictures(void **state)
{
    sim_call *call = call_of(24);
    const sim_guest guest = {.up = "rate=700 delay=10 qms=150", .down = "rate=10000 delay=10"};

    (void)state;
    sim_call_join(call, &guest);
    join(call, 3, WIRE);
    sim_call_run(call, 8);
    sim_call_forget(call);
    sim_call_run(call, 20);
    for (int i = 1; i < 4; i++) {
        show(call, i, 0);
        assert_true(view(call, i, 0).frames >= 20 * 15);
        assert_true(view(call, i, 0).delay_ms_p95 < 300);
        assert_true((double)view(call, i, 0).silent <= 0.05 * 2000);
    }
    sim_call_destroy(&call);
}

static void nats_that_can_be_passed_are_passed(void **state)
{
    static const char *const names[] = {"full cone", "restricted", "port restricted", "symmetric"};

    (void)state;
    for (int a = SIM_NAT_FULL_CONE; a <= SIM_NAT_SYMMETRIC; a++) {
        for (int b = SIM_NAT_FULL_CONE; b <= SIM_NAT_SYMMETRIC; b++) {
            sim_call *call = call_of(30);
            sim_net *net = sim_call_net(call);
            const sim_guest ga = {.network = "192.168.1", .nat = sim_net_nat(net, (sim_nat_kind)a, "203.0.113.1")};
            const sim_guest gb = {.network = "10.0.0", .nat = sim_net_nat(net, (sim_nat_kind)b, "203.0.113.2")};
            /* a symmetric NAT shows everybody another port: only filters that ignore ports let that through */
            const bool possible = !(a == SIM_NAT_SYMMETRIC && b >= SIM_NAT_PORT_RESTRICTED) &&
                                  !(b == SIM_NAT_SYMMETRIC && a >= SIM_NAT_PORT_RESTRICTED);

            sim_call_add_stun(call, "203.0.113.9", 3478);
            sim_call_join(call, &ga);
            sim_call_run(call, 0.3);
            sim_call_join(call, &gb);
            sim_call_run(call, 8);
            print_message("    %s, %s: %s\n", names[a], names[b],
                          view(call, 0, 1).connection == QUA_CONNECTION_CONNECTED ? "connected" : "not connected");
            if (possible)
                assert_true(view(call, 0, 1).frames > 100 && view(call, 1, 0).frames > 100);
            else
                assert_int_equal(view(call, 0, 1).frames, 0);
            sim_call_destroy(&call);
        }
    }
}

static void an_interrupted_path_comes_back_by_itself(void **state)
{
    sim_call *call = call_of(41);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_iface_set_up(sim_call_iface(call, 1), false);
    sim_call_run(call, 20);
    assert_true(view(call, 0, 1).connection >= QUA_CONNECTION_DISCONNECTED);
    assert_int_equal(view(call, 0, 2).connection, QUA_CONNECTION_CONNECTED);
    sim_iface_set_up(sim_call_iface(call, 1), true);
    sim_call_run(call, 20);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_all_well(call, 3, 5, 0.9);
    sim_call_destroy(&call);
}

/* Both sides of a broken leg restart it in the same instant: their offers cross. */
static void a_nat_that_forgets_is_found_again(void **state)
{
    sim_call *call = call_of(42);
    sim_net *net = sim_call_net(call);
    sim_nat *nat = sim_net_nat(net, SIM_NAT_PORT_RESTRICTED, "203.0.113.1");
    const sim_guest home = {.network = "192.168.1", .nat = nat};

    (void)state;
    sim_call_add_stun(call, "203.0.113.9", 3478);
    sim_call_join(call, &home);
    sim_call_run(call, 0.3);
    sim_call_join(call, NULL);
    sim_call_run(call, 5);
    sim_nat_reset(nat);
    sim_call_run(call, 20);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_all_well(call, 2, 5, 0.9);
    sim_call_destroy(&call);
}

/* ---- signaling ------------------------------------------------------------------------------------------------ */

static void media_goes_on_without_the_server(void **state)
{
    sim_call *call = call_of(51);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_call_forget(call);
    sim_call_stop_server(call);
    sim_call_run(call, 15);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_call_state(call, i), QUA_CALL_RECONNECTING);
    sim_call_start_server(call);
    sim_call_run(call, 6);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_call_state(call, i), QUA_CALL_JOINED);
    assert_all_well(call, 3, 21, 0.97);
    for (int i = 1; i < 3; i++)
        assert_true(view(call, 0, i).longest_gap_ms < 200);
    sim_call_leave(call, 2); /* and the server is of use again */
    sim_call_run(call, 0.3);
    assert_false(view(call, 0, 2).present);
    sim_call_destroy(&call);
}

static void a_goodbye_needs_no_server(void **state)
{
    sim_call *call = call_of(52);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_call_stop_server(call);
    sim_call_run(call, 1);
    sim_call_leave(call, 1);
    sim_call_run(call, 0.3);
    assert_false(view(call, 0, 1).present);
    assert_false(view(call, 2, 1).present);
    assert_true(view(call, 0, 2).present);
    sim_call_destroy(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_people_talk_for_a_minute),
        cmocka_unit_test(the_same_seed_gives_the_same_call),
        cmocka_unit_test(one_encode_serves_any_number),
        cmocka_unit_test(first_frames_come_within_six_round_trips),
        cmocka_unit_test(a_goodbye_is_seen_by_all_at_once),
        cmocka_unit_test(a_place_that_became_free_is_taken),
        cmocka_unit_test(a_killed_process_is_seen_gone),
        cmocka_unit_test(a_machine_without_power_is_seen_gone),
        cmocka_unit_test(a_muted_person_is_shown_so_and_comes_back),
        cmocka_unit_test(who_has_no_camera_still_sees_and_speaks),
        cmocka_unit_test(loss_of_five_percent_is_repaired),
        cmocka_unit_test(bursts_of_loss_are_survived),
        cmocka_unit_test(one_slow_path_leaves_the_others_their_picture),
        cmocka_unit_test(one_bad_path_costs_the_others_nothing),
        cmocka_unit_test(a_shared_uplink_carries_three_pictures),
        cmocka_unit_test(nats_that_can_be_passed_are_passed),
        cmocka_unit_test(an_interrupted_path_comes_back_by_itself),
        cmocka_unit_test(a_nat_that_forgets_is_found_again),
        cmocka_unit_test(media_goes_on_without_the_server),
        cmocka_unit_test(a_goodbye_needs_no_server),
    };

    cmocka_set_test_filter(getenv("STORY")); /* one story alone, by its name */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
