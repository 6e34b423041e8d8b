/* What the encoder shows as its reconstruction is what a decoder shows, whatever was asked of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scene.h"

typedef struct call {
    viola_encoder *encoder;
    viola_decoder *decoder;
    size_t bytes;
    int feed_errors;
} call;

static void feed(void *opaque, const viola_slice *slice)
{
    call *c = opaque;
    c->bytes += slice->size;
    /* a copy of exactly this size: reading past it is seen by the sanitizer */
    uint8_t *copy = malloc(slice->size ? slice->size : 1);
    memcpy(copy, slice->data, slice->size);
    c->feed_errors += viola_decoder_feed(c->decoder, copy, slice->size) != VIOLA_OK;
    free(copy);
}

static void begin(call *c, int width, int height, int effort, unsigned cpu)
{
    viola_encoder_config ec;
    viola_decoder_config dc;
    viola_encoder_config_default(&ec, width, height);
    viola_decoder_config_default(&dc);
    ec.effort = effort;
    ec.cpu_mask = cpu;
    *c = (call){.encoder = viola_encoder_create(&ec, NULL), .decoder = viola_decoder_create(&dc, NULL)};
    assert_non_null(c->encoder);
    assert_non_null(c->decoder);
}

static void end(call *c)
{
    viola_encoder_destroy(&c->encoder);
    viola_decoder_destroy(&c->decoder);
}

static void one_frame(call *c, const viola_picture *picture, const viola_frame_params *params)
{
    viola_frame_stats stats;
    viola_frame frame;
    viola_picture ours;
    c->bytes = 0;
    const int error = viola_encoder_encode(c->encoder, picture, params, feed, c, &stats);
    assert_true(error == VIOLA_OK || error == VIOLA_EBUDGET);
    assert_int_equal(c->feed_errors, 0);
    assert_int_equal(stats.bytes, c->bytes);
    assert_int_equal(viola_decoder_get_frame(c->decoder, &frame), VIOLA_OK);
    assert_int_equal(viola_encoder_reconstruction(c->encoder, &ours), VIOLA_OK);
    assert_int_equal(frame.damaged, 0);
    assert_int_equal(frame.frame, stats.frame);
    assert_true(pictures_equal(&ours, &frame.picture));
}

static viola_frame_params random_params(uint32_t *seed)
{
    viola_frame_params p;
    viola_frame_params_default(&p);
    p.qp = draw_between(seed, 0, VIOLA_MAX_QP);
    p.effort = draw_between(seed, -1, VIOLA_MAX_EFFORT);
    if (draw(seed) % 4 == 0)
        p.slice_bytes = (size_t)draw_between(seed, 200, 3000);
    if (draw(seed) % 4 == 0)
        p.budget_bytes = (size_t)draw_between(seed, 300, 20000);
    if (draw(seed) % 8 == 0)
        p.flags |= VIOLA_FRAME_START;
    if (draw(seed) % 8 == 0)
        p.flags |= VIOLA_FRAME_RESET_ENTROPY;
    if (draw(seed) % 4 == 0)
        p.allowed_refs = draw(seed) & 0xff;
    if (draw(seed) % 4 == 0)
        p.refresh = draw(seed) & 0xff;
    return p;
}

static void run_configuration(uint32_t seed)
{
    const int width = draw_between(&seed, 16, 200), height = draw_between(&seed, 16, 160);
    call c;
    scene s;
    begin(&c, width, height, draw_between(&seed, 0, VIOLA_MAX_EFFORT), draw(&seed) & 1 ? VIOLA_CPU_ALL : VIOLA_CPU_C);
    scene_init(&s, width, height, seed);
    s.noise = draw_between(&seed, 0, 3) * draw_between(&seed, 0, 20);
    s.speed = draw_between(&seed, 0, 20);
    for (int t = 0; t < 6; t++) {
        if (draw(&seed) % 8 == 0) { /* another size, by reference scaling */
            const uint32_t noise = (uint32_t)s.noise;
            scene_free(&s);
            scene_init(&s, draw_between(&seed, 16, 200), draw_between(&seed, 16, 160), seed);
            s.noise = (int)noise;
        }
        scene_draw(&s, t);
        const viola_frame_params p = random_params(&seed);
        one_frame(&c, &s.picture, &p);
    }
    scene_free(&s);
    end(&c);
}

static void any_configuration_decodes_to_the_reconstruction(void **state)
{
    (void)state;
    const char *count = getenv("VIOLA_CONFIGURATIONS"), *first = getenv("VIOLA_SEED");
    const uint32_t from = first ? (uint32_t)atoi(first) : 1, runs = count ? (uint32_t)atoi(count) : 60;
    for (uint32_t i = from; i < from + runs; i++) {
        if (count)
            print_message("configuration %u\n", i);
        run_configuration(i * 2654435761u + 1);
    }
}

static void a_size_outside_the_limits_is_refused(void **state)
{
    (void)state;
    viola_encoder_config config;
    int error;
    viola_encoder_config_default(&config, 1, 1);
    assert_null(viola_encoder_create(&config, &error));
    assert_int_equal(error, VIOLA_EINVAL);
    viola_encoder_config_default(&config, 4097, 64);
    assert_null(viola_encoder_create(&config, &error));
    assert_int_equal(error, VIOLA_EINVAL);
}

static void the_smallest_picture_and_odd_sizes_work(void **state)
{
    (void)state;
    static const int sizes[][2] = {{16, 16}, {17, 16}, {16, 17}, {63, 65}, {129, 31}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        call c;
        scene s;
        begin(&c, sizes[i][0], sizes[i][1], 2, VIOLA_CPU_ALL);
        scene_init(&s, sizes[i][0], sizes[i][1], 7);
        for (int t = 0; t < 4; t++) {
            viola_frame_params p;
            viola_frame_params_default(&p);
            scene_draw(&s, t);
            one_frame(&c, &s.picture, &p);
        }
        scene_free(&s);
        end(&c);
    }
}

static void negative_strides_give_the_picture_upside_down(void **state)
{
    (void)state;
    call c;
    scene s;
    begin(&c, 80, 48, 1, VIOLA_CPU_ALL);
    scene_init(&s, 80, 48, 9);
    scene_draw(&s, 0);
    viola_picture flipped = s.picture;
    for (int p = 0; p < 3; p++) {
        flipped.plane[p] += ((p ? 24 : 48) - 1) * flipped.stride[p];
        flipped.stride[p] = -flipped.stride[p];
    }
    viola_frame_params params;
    viola_frame_params_default(&params);
    params.qp = 20;
    one_frame(&c, &flipped, &params);
    scene_free(&s);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_configuration_decodes_to_the_reconstruction),
        cmocka_unit_test(a_size_outside_the_limits_is_refused),
        cmocka_unit_test(the_smallest_picture_and_odd_sizes_work),
        cmocka_unit_test(negative_strides_give_the_picture_upside_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
