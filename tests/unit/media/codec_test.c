/* The codecs of the seam, VP8 and Viola alike: what comes back, at which rate, on demand, and from hostile bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "media/media.h"

#define WIDTH  320
#define HEIGHT 180

typedef struct codec_fixture {
    qua_video_encoder *encoder;
    qua_video_decoder *decoder;
    qua_encode_params params;
    uint8_t unit[1 << 20]; /* the picture just encoded */
    size_t size;
    bool keyframe;
    int pictures, outputs;
    qua_frame *decoded;
} codec_fixture;

static const qua_video_codec *codec; /* whose stories are being told */

static int set_up(void **state)
{
    codec_fixture *f = qua_zalloc(sizeof *f);

    f->params = (qua_encode_params){.target_bps = 300000, .fps = 30, .allowed_refs = UINT32_MAX, .effort = -1};
    *state = f;
    return codec->create_encoder(codec->context, &f->encoder, WIDTH, HEIGHT) ||
           codec->create_decoder(codec->context, &f->decoder);
}

static int tear_down(void **state)
{
    codec_fixture *f = *state;

    f->encoder->destroy(f->encoder);
    f->decoder->destroy(f->decoder);
    qua_frame_unref(&f->decoded);
    free(f);
    return 0;
}

/* A moving pattern that a codec can follow. */
static qua_frame *picture(int number, int width, int height)
{
    qua_frame *frame = qua_frame_create(width, height);

    qua_frame_fill(frame, 128, 128, 128);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            frame->plane[0][y * frame->stride[0] + x] =
                (uint8_t)(128 + 60 * sin((x + 3 * number) / 19.0) + 40 * sin((y - number) / 11.0));
    return frame;
}

static void on_encoded(void *context, const qua_encoded *encoded)
{
    codec_fixture *f = context;

    assert_true(f->size + encoded->size <= sizeof f->unit);
    memcpy(f->unit + f->size, encoded->data, encoded->size);
    f->size += encoded->size;
    f->keyframe = encoded->keyframe;
    f->outputs++;
    f->pictures += encoded->last;
}

static void on_decoded(void *context, qua_frame *frame)
{
    codec_fixture *f = context;

    qua_frame_unref(&f->decoded);
    f->decoded = frame;
}

static void encode(codec_fixture *f, int number, int width, int height)
{
    qua_frame *frame = picture(number, width, height);

    f->size = 0;
    assert_int_equal(f->encoder->encode(f->encoder, frame, &f->params, on_encoded, f), 0);
    qua_frame_unref(&frame);
}

static int decode(codec_fixture *f, bool missing_before)
{
    qua_frame_unref(&f->decoded);
    return f->decoder->decode(f->decoder, f->unit, f->size, missing_before, on_decoded, f);
}

static double psnr(const qua_frame *frame, int number)
{
    qua_frame *original = picture(number, frame->width, frame->height);
    double sum = 0;

    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            const double d =
                frame->plane[0][y * frame->stride[0] + x] - original->plane[0][y * original->stride[0] + x];
            sum += d * d;
        }
    qua_frame_unref(&original);
    return 10 * log10(255.0 * 255.0 * frame->width * frame->height / QUA_MAX(sum, 1));
}

static void pictures_come_back(void **state)
{
    codec_fixture *f = *state;

    for (int i = 0; i < 30; i++) {
        encode(f, i, WIDTH, HEIGHT);
        assert_int_equal(f->keyframe, i == 0);
        assert_int_equal(decode(f, false), 0);
        assert_non_null(f->decoded);
        assert_int_equal(f->decoded->width, WIDTH);
        assert_true(psnr(f->decoded, i) > 28);
    }
    assert_int_equal(f->pictures, 30);
}

static void the_long_run_rate_is_kept_and_follows_a_change(void **state)
{
    codec_fixture *f = *state;
    size_t high = 0, low = 0;

    for (int i = 0; i < 240; i++) {
        f->params.target_bps = i < 120 ? 400000 : 100000;
        encode(f, 7 * i, WIDTH, HEIGHT); /* much motion */
        high += i >= 30 && i < 120 ? f->size : 0;
        low += i >= 150 ? f->size : 0;
    }
    assert_in_range(high * 8 / 3, 0, 460000); /* three seconds each: at most 15 % above */
    assert_in_range(low * 8 / 3, 0, 115000);
    assert_true(high > low);
}

static void a_keyframe_comes_on_demand_and_decodes_alone(void **state)
{
    codec_fixture *f = *state;

    for (int i = 0; i < 5; i++)
        encode(f, i, WIDTH, HEIGHT);
    assert_false(f->keyframe);
    assert_int_equal(decode(f, false), QUA_EFORMAT); /* the decoder has nothing yet */
    assert_null(f->decoded);
    f->params.keyframe = true;
    encode(f, 5, WIDTH, HEIGHT);
    assert_true(f->keyframe);
    assert_int_equal(decode(f, true), 0);
    assert_non_null(f->decoded);
    assert_true(psnr(f->decoded, 5) > 28);
}

static void another_size_needs_no_new_encoder(void **state)
{
    codec_fixture *f = *state;

    encode(f, 0, WIDTH, HEIGHT);
    assert_int_equal(decode(f, false), 0);
    encode(f, 1, 176, 100);
    assert_int_equal(decode(f, false), 0);
    assert_int_equal(f->keyframe, !codec->resizes);
    assert_int_equal(f->decoded->width, 176);
    assert_int_equal(f->decoded->height, 100);
}

static void after_a_gap_only_a_keyframe_helps(void **state)
{
    codec_fixture *f = *state;

    encode(f, 0, WIDTH, HEIGHT);
    assert_int_equal(decode(f, false), 0);
    encode(f, 1, WIDTH, HEIGHT);
    encode(f, 2, WIDTH, HEIGHT);
    assert_int_equal(decode(f, true), QUA_EFORMAT);
    f->params.keyframe = true;
    encode(f, 3, WIDTH, HEIGHT);
    assert_int_equal(decode(f, true), 0);
}

static void hostile_bytes_are_an_error_and_a_keyframe_mends_it(void **state)
{
    codec_fixture *f = *state;
    qua_prng prng;

    qua_prng_seed(&prng, 3);
    for (int round = 0; round < 200; round++) {
        f->params.keyframe = round % 3 == 0;
        encode(f, round, WIDTH, HEIGHT);
        const size_t whole = f->size;
        if (round % 2)
            f->size = (size_t)(qua_prng_next(&prng) % whole);
        for (int k = 0; k < 10; k++)
            f->unit[qua_prng_next(&prng) % whole] = (uint8_t)qua_prng_next(&prng);
        (void)decode(f, false);
    }
    f->size = 0;
    assert_true(decode(f, false) != 0);
    f->params.keyframe = true;
    encode(f, 0, WIDTH, HEIGHT);
    assert_int_equal(decode(f, true), 0);
    assert_true(psnr(f->decoded, 0) > 28);
}

static void vp8_never_makes_a_picture_that_stands_in_the_way_for_long(void **state)
{
    codec_fixture *f = *state;

    for (int i = 0; i < 90; i++) {
        f->params.keyframe = i == 60;
        encode(f, 7 * i, WIDTH, HEIGHT);
        assert_in_range(f->size, 1, 300000 / 8 / 30 * 10); /* ten frames' worth, a keyframe too */
    }
}

static void vp8_refuses_the_size_of_a_wall(void **state)
{
    codec_fixture *f = *state;

    encode(f, 0, WIDTH, HEIGHT);
    f->unit[6] = 0xff;
    f->unit[7] = 0x3f; /* 16,383 wide */
    assert_int_equal(decode(f, false), QUA_EFORMAT);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest both[] = {
        STORY(pictures_come_back),
        STORY(a_keyframe_comes_on_demand_and_decodes_alone),
        STORY(another_size_needs_no_new_encoder),
        STORY(after_a_gap_only_a_keyframe_helps),
        STORY(hostile_bytes_are_an_error_and_a_keyframe_mends_it),
    };
    const struct CMUnitTest vp8[] = {
        STORY(the_long_run_rate_is_kept_and_follows_a_change),
        STORY(vp8_never_makes_a_picture_that_stands_in_the_way_for_long),
        STORY(vp8_refuses_the_size_of_a_wall),
    };
    const struct CMUnitTest vp9[] = {
        STORY(the_long_run_rate_is_kept_and_follows_a_change),
    };
    int failed = 0;

    codec = &qua_codec_vp8;
    failed += cmocka_run_group_tests_name("VP8", both, NULL, NULL);
    failed += cmocka_run_group_tests_name("VP8 alone", vp8, NULL, NULL);
    codec = &qua_codec_vp9;
    failed += cmocka_run_group_tests_name("VP9", both, NULL, NULL);
    failed += cmocka_run_group_tests_name("VP9 alone", vp9, NULL, NULL);
    codec = &qua_codec_h264;
    failed += cmocka_run_group_tests_name("H.264", both, NULL, NULL);
    codec = &qua_codec_viola;
    failed += cmocka_run_group_tests_name("Viola", both, NULL, NULL);
    return failed;
}
