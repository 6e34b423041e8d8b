/* From packets to pictures in decoding order, whatever the network did to the packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/media.h"

#define T0    QUA_SECONDS(5)
#define FIRST 65530 /* as unwrapped numbers begin: one cycle up */

static int set_up(void **state)
{
    return qua_video_jitter_create((qua_video_jitter **)state);
}

static int tear_down(void **state)
{
    qua_video_jitter_destroy((qua_video_jitter **)state);
    return 0;
}

/* Packet `index` of `count` of picture `number`; its bytes say which it is. */
static int insert_at(qua_video_jitter *j, qua_time now, int64_t seq, int number, int index, int count, bool keyframe)
{
    const uint8_t data[3] = {(uint8_t)number, (uint8_t)index, 0xaa};
    const qua_video_fragment f = {
        .seq = seq,
        .timestamp = (uint32_t)number * 3000,
        .frame_start = index == 0,
        .marker = index == count - 1,
        .keyframe = keyframe && index == 0,
        .picture_id = number,
        .data = data,
        .size = sizeof data,
    };

    return qua_video_jitter_insert(j, now, &f);
}

/* Pictures of three packets, number n from FIRST + 3 n on; the first is a keyframe. */
static int insert(qua_video_jitter *j, int number, int index)
{
    return insert_at(j, T0 + number * QUA_MS(33), FIRST + 3 * number + index, number, index, 3, number == 0);
}

static void insert_picture(qua_video_jitter *j, int number)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(insert(j, number, i), 0);
}

/* @return the number of the picture handed out, -1: none */
static int take_at(qua_video_jitter *j, qua_time now)
{
    qua_video_picture p;

    if (!qua_video_jitter_poll(j, now, &p))
        return -1;
    const int number = p.data->data[0];
    for (size_t i = 0; i < p.data->size / 3; i++)
        assert_int_equal(p.data->data[3 * i + 1], i); /* its packets in order */
    qua_buffer_unref(&p.data);
    return number;
}

static int take(qua_video_jitter *j)
{
    return take_at(j, T0);
}

static void a_whole_picture_leaves_with_its_last_packet(void **state)
{
    qua_video_jitter *j = *state;
    qua_video_picture p;

    assert_false(qua_video_jitter_needs_keyframe(j, T0)); /* nothing came: nobody to ask */
    insert(j, 0, 0);
    insert(j, 0, 1);
    assert_int_equal(take(j), -1);
    insert(j, 0, 2);
    assert_true(qua_video_jitter_poll(j, T0, &p));
    assert_int_equal(p.data->size, 9);
    assert_true(p.keyframe);
    assert_int_equal(p.first_seq, FIRST);
    assert_int_equal(p.last_seq, FIRST + 2);
    assert_int_equal(p.received, T0);
    qua_buffer_unref(&p.data);
    assert_int_equal(qua_video_jitter_horizon(j), FIRST + 3);
    assert_false(qua_video_jitter_needs_keyframe(j, T0));
}

static void order_does_not_matter_nor_do_copies(void **state)
{
    static const int order[] = {2, 0, 1};
    qua_video_jitter *j = *state;

    for (int n = 0; n < 3; n++)
        for (int i = 0; i < 3; i++) {
            assert_int_equal(insert(j, 2 - n, order[i]), 0);
            assert_int_equal(insert(j, 2 - n, order[i]), QUA_EIGNORED);
        }
    for (int n = 0; n < 3; n++)
        assert_int_equal(take(j), n);
    assert_int_equal(take(j), -1);
    assert_int_equal(insert(j, 1, 1), QUA_EIGNORED); /* too late */
}

static void a_hole_holds_back_until_it_is_repaired(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    insert(j, 1, 0);
    insert(j, 1, 2);
    insert_picture(j, 2);
    assert_int_equal(take(j), 0);
    assert_int_equal(take(j), -1);
    assert_false(qua_video_jitter_needs_keyframe(j, T0 + QUA_MS(100)));
    insert(j, 1, 1);
    assert_int_equal(take(j), 1);
    assert_int_equal(take(j), 2);
}

static void a_hole_that_stays_calls_for_a_keyframe_which_overtakes(void **state)
{
    qua_video_jitter *j = *state;
    qua_video_jitter_stats stats;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    insert(j, 1, 1); /* its first packet is gone */
    insert(j, 1, 2);
    insert_picture(j, 2);
    assert_int_equal(take_at(j, T0), -1);
    assert_false(qua_video_jitter_needs_keyframe(j, T0 + QUA_MS(200)));
    assert_true(qua_video_jitter_needs_keyframe(j, T0 + QUA_MS(300)));
    for (int i = 0; i < 3; i++)
        insert_at(j, T0, FIRST + 9 + i, 3, i, 3, true);
    assert_int_equal(take_at(j, T0 + QUA_MS(300)), 3);
    assert_false(qua_video_jitter_needs_keyframe(j, T0 + QUA_SECONDS(9)));
    qua_video_jitter_get_stats(j, &stats);
    assert_int_equal(stats.pictures, 2);
    assert_int_equal(stats.keyframes, 2);
    assert_int_equal(stats.dropped, 2);
    assert_int_equal(insert(j, 1, 0), QUA_EIGNORED); /* repaired too late */
}

static void a_picture_still_on_its_way_is_no_hole(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    insert(j, 1, 0);
    assert_int_equal(take_at(j, T0), -1);
    assert_int_equal(take_at(j, T0 + QUA_SECONDS(1)), -1);
    assert_false(qua_video_jitter_needs_keyframe(j, T0 + QUA_SECONDS(2)));
}

static void joining_in_the_middle_waits_for_a_keyframe(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 5);
    assert_int_equal(take(j), -1);
    assert_true(qua_video_jitter_needs_keyframe(j, T0));
    for (int i = 0; i < 3; i++)
        insert_at(j, T0, FIRST + 18 + i, 6, i, 3, true);
    assert_int_equal(take(j), 6);
}

static void a_decoder_that_lost_its_state_waits_for_a_keyframe(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    qua_video_jitter_reset(j);
    assert_true(qua_video_jitter_needs_keyframe(j, T0));
    insert_picture(j, 1);
    assert_int_equal(take(j), -1);
    for (int i = 0; i < 3; i++)
        insert_at(j, T0, FIRST + 6 + i, 2, i, 3, true);
    assert_int_equal(take(j), 2);
}

static void padding_fills_the_sequence_between_pictures(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    for (int i = 0; i < 4; i++) {
        const qua_video_fragment padding = {.seq = FIRST + 3 + i, .marker = true};
        assert_int_equal(qua_video_jitter_insert(j, T0, &padding), 0);
    }
    for (int i = 0; i < 3; i++)
        insert_at(j, T0, FIRST + 7 + i, 1, i, 3, false);
    assert_int_equal(take(j), 1);
}

static void a_start_without_an_end_does_not_swallow_the_next_picture(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    insert_at(j, T0, FIRST + 3, 1, 0, 9, false); /* its marker never comes: another picture follows at once */
    insert_at(j, T0, FIRST + 4, 2, 0, 1, false);
    assert_int_equal(take(j), -1);
    insert_at(j, T0, FIRST + 5, 3, 0, 1, true);
    assert_int_equal(take(j), 3);
}

static void a_jump_of_the_sequence_begins_anew(void **state)
{
    qua_video_jitter *j = *state;

    insert_picture(j, 0);
    assert_int_equal(take(j), 0);
    insert_at(j, T0, FIRST + 30000, 1, 0, 1, false);
    assert_true(qua_video_jitter_needs_keyframe(j, T0));
    assert_int_equal(take(j), -1);
    insert_at(j, T0, FIRST + 30001, 2, 0, 1, true);
    assert_int_equal(take(j), 2);
}

static void what_is_held_is_bounded(void **state)
{
    qua_video_jitter *j = *state;

    for (int i = 0; i < 20000; i++) /* never an end, never a start */
        assert_int_equal(insert_at(j, T0, FIRST + i, 1, 1, 3, false), 0);
    assert_int_equal(take(j), -1);
    for (int i = 20000; i < 20003; i++)
        insert_at(j, T0, FIRST + i, 2, i - 20000, 3, true);
    assert_int_equal(take(j), 2);
    const uint8_t data[QUA_DATAGRAM_MAX + 1] = {0};
    const qua_video_fragment large = {.seq = FIRST + 20003, .data = data, .size = sizeof data};
    assert_int_equal(qua_video_jitter_insert(j, T0, &large), QUA_EFORMAT);
}

static void a_picture_larger_than_the_pools_buffers_comes_whole(void **state)
{
    qua_video_jitter *j = *state;
    static uint8_t data[1200];
    qua_video_picture p;

    for (int i = 0; i < 400; i++) {
        const qua_video_fragment f = {.seq = FIRST + i,
                                      .frame_start = i == 0,
                                      .keyframe = i == 0,
                                      .marker = i == 399,
                                      .data = data,
                                      .size = sizeof data};
        assert_int_equal(qua_video_jitter_insert(j, T0, &f), 0);
    }
    assert_true(qua_video_jitter_poll(j, T0, &p));
    assert_int_equal(p.data->size, 400 * sizeof data);
    qua_buffer_unref(&p.data);
}

/* Five percent lost and repaired a round trip later, reordering besides: every picture comes, in order. */
static void a_bad_network_with_repair_loses_no_picture(void **state)
{
    enum { PICTURES = 200 };
    qua_video_jitter *j = *state;
    qua_prng prng;
    int next = 0;

    qua_prng_seed(&prng, 1);
    for (int n = 0; n < PICTURES + 3; n++) {
        for (int i = 0; i < 3; i++)
            if (n < PICTURES && (n * 3 + i) % 20 != 7 && qua_prng_uniform(&prng) > 0.1)
                insert(j, n, i);
        for (int i = 0; n >= 3 && i < 3; i++)
            insert(j, n - 3, i); /* what was missing; the rest are copies */
        for (int got; (got = take(j)) >= 0; next++)
            assert_int_equal(got, next);
    }
    assert_int_equal(next, PICTURES);
}

/* As H.264: only parameter sets say that a picture starts, and they may come after something else of it. */
static int insert_unmarked(qua_video_jitter *j, int number, int index)
{
    const uint8_t data[3] = {(uint8_t)number, (uint8_t)index, 0xaa};
    const bool parameters = number == 0 && index == 0;
    const qua_video_fragment f = {
        .seq = FIRST + 3 * number + index,
        .timestamp = (uint32_t)number * 3000,
        .frame_start = parameters,
        .keyframe = parameters,
        .unmarked = true,
        .marker = index == 2,
        .picture_id = -1,
        .data = data,
        .size = sizeof data,
    };

    return qua_video_jitter_insert(j, T0, &f);
}

static void pictures_without_a_mark_start_after_the_end_of_the_one_before(void **state)
{
    qua_video_jitter *j = *state;

    insert_unmarked(j, 1, 2);
    insert_unmarked(j, 1, 0);
    assert_int_equal(take(j), -1);
    for (int i = 2; i >= 0; i--)
        insert_unmarked(j, 0, i);
    assert_int_equal(take(j), 0);
    assert_int_equal(take(j), -1);
    for (int i = 0; i < 3; i++)
        insert_unmarked(j, 2, i);
    assert_int_equal(take(j), -1); /* held back by the hole in the one before */
    insert_unmarked(j, 1, 1);
    assert_int_equal(take(j), 1);
    assert_int_equal(take(j), 2);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_whole_picture_leaves_with_its_last_packet),
        STORY(order_does_not_matter_nor_do_copies),
        STORY(a_hole_holds_back_until_it_is_repaired),
        STORY(a_hole_that_stays_calls_for_a_keyframe_which_overtakes),
        STORY(a_picture_still_on_its_way_is_no_hole),
        STORY(joining_in_the_middle_waits_for_a_keyframe),
        STORY(a_decoder_that_lost_its_state_waits_for_a_keyframe),
        STORY(padding_fills_the_sequence_between_pictures),
        STORY(a_start_without_an_end_does_not_swallow_the_next_picture),
        STORY(a_jump_of_the_sequence_begins_anew),
        STORY(pictures_without_a_mark_start_after_the_end_of_the_one_before),
        STORY(what_is_held_is_bounded),
        STORY(a_picture_larger_than_the_pools_buffers_comes_whole),
        STORY(a_bad_network_with_repair_loses_no_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
