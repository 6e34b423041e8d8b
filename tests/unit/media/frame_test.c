/* Pictures: counted, scaled, drawn, shown as RGB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/media.h"

static void count_release(void *context)
{
    ++*(int *)context;
}

static void the_last_reference_releases_and_only_that(void **state)
{
    uint8_t pixels[6] = {0};
    uint8_t *const plane[3] = {pixels, pixels + 4, pixels + 5};
    const ptrdiff_t stride[3] = {2, 1, 1};
    int released = 0;

    (void)state;
    qua_frame *frame = qua_frame_wrap(2, 2, plane, stride, count_release, &released);
    qua_frame *other = qua_frame_ref(frame);
    assert_ptr_equal(frame->plane[1], pixels + 4);
    qua_frame_unref(&frame);
    assert_null(frame);
    assert_int_equal(released, 0);
    qua_frame_unref(&other);
    assert_int_equal(released, 1);
    qua_frame_unref(&other); /* nothing there: allowed */
    assert_int_equal(released, 1);
}

static void a_pool_gives_the_same_memory_again(void **state)
{
    qua_frame_pool *pool = qua_frame_pool_create();
    qua_frame *one = qua_frame_pool_get(pool, 64, 48), *two = qua_frame_pool_get(pool, 64, 48), *again;
    const uint8_t *const pixels = one->plane[0];

    (void)state;
    assert_ptr_not_equal(one, two);
    one->number = 7;
    qua_frame_unref(&one);
    again = qua_frame_pool_get(pool, 64, 48);
    assert_ptr_equal(again->plane[0], pixels);
    assert_int_equal(again->number, 0);
    qua_frame_unref(&again);
    qua_frame_unref(&two);
    qua_frame_pool_destroy(&pool);
    assert_null(pool);
}

static void frames_outlive_their_pool_and_its_change_of_size(void **state)
{
    qua_frame_pool *pool = qua_frame_pool_create();
    qua_frame *small = qua_frame_pool_get(pool, 64, 48), *large = qua_frame_pool_get(pool, 640, 360);

    (void)state;
    qua_frame_fill(small, 1, 2, 3);
    qua_frame_fill(large, 4, 5, 6);
    assert_int_equal(small->plane[0][64 * 48 - 1], 1);
    qua_frame_unref(&small); /* comes home to nobody */
    qua_frame_pool_destroy(&pool);
    assert_int_equal(large->plane[2][0], 6);
    qua_frame_unref(&large);
    qua_frame_pool_destroy(&pool); /* nothing there: allowed */
}

static void odd_sizes_have_room_for_all_their_chroma(void **state)
{
    (void)state;
    for (int width = 1; width <= 7; width += 3)
        for (int height = 1; height <= 7; height += 3) {
            qua_frame *frame = qua_frame_create(width, height);
            for (int i = 0; i < 3; i++) {
                assert_int_equal((uintptr_t)frame->plane[i] % 64, 0);
                const int rows = i ? (height + 1) / 2 : height, columns = i ? (width + 1) / 2 : width;
                for (int y = 0; y < rows; y++)
                    memset(frame->plane[i] + y * frame->stride[i], i, (size_t)columns); /* for the sanitizer */
            }
            qua_frame_unref(&frame);
        }
}

static void scaling_keeps_colour_and_what_is_known_of_the_frame(void **state)
{
    qua_frame *frame = qua_frame_create(641, 359);

    (void)state;
    qua_frame_fill(frame, 200, 90, 30);
    frame->captured = 12345;
    frame->number = 7;
    frame->rotation = 90;
    qua_frame *small = qua_frame_scale(frame, 321, 179);
    assert_int_equal(small->width, 321);
    assert_int_equal(small->height, 179);
    assert_int_equal(small->captured, 12345);
    assert_int_equal(small->number, 7);
    assert_int_equal(small->rotation, 90);
    assert_int_equal(small->plane[0][178 * small->stride[0] + 320], 200);
    assert_int_equal(small->plane[1][89 * small->stride[1] + 160], 90);
    assert_int_equal(small->plane[2][0], 30);
    qua_frame *same = qua_frame_scale(frame, 641, 359);
    assert_ptr_equal(same, frame); /* shared, not copied */
    qua_frame_unref(&same);
    qua_frame_unref(&small);
    qua_frame_unref(&frame);
}

static void drawing_touches_its_rectangle_alone(void **state)
{
    qua_frame *onto = qua_frame_create(64, 48), *from = qua_frame_create(16, 16);

    (void)state;
    qua_frame_fill(onto, 16, 128, 128);
    qua_frame_fill(from, 235, 60, 70);
    qua_frame_draw(onto, from, 32, 24, 32, 24);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++) {
            const bool inside = x >= 32 && y >= 24;
            assert_int_equal(onto->plane[0][y * onto->stride[0] + x], inside ? 235 : 16);
            assert_int_equal(onto->plane[1][y / 2 * onto->stride[1] + x / 2], inside ? 60 : 128);
            assert_int_equal(onto->plane[2][y / 2 * onto->stride[2] + x / 2], inside ? 70 : 128);
        }
    qua_frame_unref(&onto);
    qua_frame_unref(&from);
}

static void rgb_is_in_that_order(void **state)
{
    qua_frame *frame = qua_frame_create(4, 2);
    uint8_t rgb[4 * 2 * 3];

    (void)state;
    qua_frame_fill(frame, 81, 90, 240); /* red, BT.601 limited range */
    qua_frame_to_rgb(frame, rgb);
    assert_in_range(rgb[21], 250, 255);
    assert_in_range(rgb[22], 0, 5);
    assert_in_range(rgb[23], 0, 5);
    qua_frame_fill(frame, 16, 128, 128);
    qua_frame_to_rgb(frame, rgb);
    assert_int_equal(rgb[0] + rgb[1] + rgb[2], 0);
    qua_frame_unref(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_reference_releases_and_only_that),
        cmocka_unit_test(a_pool_gives_the_same_memory_again),
        cmocka_unit_test(frames_outlive_their_pool_and_its_change_of_size),
        cmocka_unit_test(odd_sizes_have_room_for_all_their_chroma),
        cmocka_unit_test(scaling_keeps_colour_and_what_is_known_of_the_frame),
        cmocka_unit_test(drawing_touches_its_rectangle_alone),
        cmocka_unit_test(rgb_is_in_that_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
