/* Stories of whole calls: who joins, mutes and leaves, and what the others see and hear of it. */
#include "call_stories.h"

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
        const sim_call_config config = {.seed = 100 + i, .fps = 30, .server_delay = QUA_MS(25)};
        sim_call *call = sim_call_create(&config);
        sim_view v;

        join(call, 1, "delay=12.5");
        join(call, 1, "delay=12.5");
        sim_call_run(call, 1);
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
    sim_call *call = small_call_of(11);

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
    sim_call *call = small_call_of(12);
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
    sim_call *call = small_call_of(13);
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
    };

    cmocka_set_test_filter(getenv("STORY")); /* one story alone, by its name */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
