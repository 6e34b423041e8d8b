/* A frame takes at most the bytes that it was given, and uses them when there is something to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scene.h"

typedef struct tally {
    int frames, over;
    double used, given; /* bytes, of frames whose quantiser was not the finest */
    size_t slice_limit;
    int long_slices;
} tally;

static void count_slice(void *opaque, const viola_slice *slice)
{
    tally *t = opaque;
    t->long_slices += t->slice_limit && slice->size > t->slice_limit;
}

static viola_encoder *open_encoder(int width, int height, int effort)
{
    viola_encoder_config config;
    viola_encoder_config_default(&config, width, height);
    config.effort = effort;
    viola_encoder *e = viola_encoder_create(&config, NULL);
    assert_non_null(e);
    return e;
}

static void encode(viola_encoder *e, const viola_picture *picture, size_t budget, tally *t)
{
    viola_frame_params p;
    viola_frame_stats stats;
    viola_frame_params_default(&p);
    p.qp = -1;
    p.budget_bytes = budget;
    p.slice_bytes = t->slice_limit;
    const int error = viola_encoder_encode(e, picture, &p, count_slice, t, &stats);
    assert_int_equal(error, stats.bytes > budget ? VIOLA_EBUDGET : VIOLA_OK);
    t->frames++;
    t->over += stats.bytes > budget;
    if (stats.qp_mean > 40) {
        t->used += (double)stats.bytes;
        t->given += (double)budget;
    }
}

static void a_steady_budget_is_kept_and_used(void **state)
{
    (void)state;
    static const size_t budgets[] = {400, 1200, 4000};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        viola_encoder *e = open_encoder(320, 180, 1);
        scene s;
        tally t = {0};
        scene_init(&s, 320, 180, 5);
        s.noise = 6;
        for (int n = 0; n < 40; n++) {
            scene_draw(&s, n);
            encode(e, &s.picture, budgets[i], &t);
        }
        assert_int_equal(t.over, 0);
        assert_true(t.used >= 0.85 * t.given);
        scene_free(&s);
        viola_encoder_destroy(&e);
    }
}

static void halvings_and_scene_cuts_stay_within_the_budget(void **state)
{
    (void)state;
    viola_encoder *e = open_encoder(320, 180, 1);
    tally t = {0};
    uint32_t seed = 3;
    size_t budget = 3000;
    scene s;
    scene_init(&s, 320, 180, 1);
    for (int n = 0; n < 120; n++) {
        if (n % 20 == 10)
            budget = budget > 1000 ? budget / 2 : 4000;
        if (n % 17 == 16) { /* another place */
            scene_free(&s);
            scene_init(&s, 320, 180, draw(&seed));
            s.noise = draw_between(&seed, 0, 30);
            s.speed = draw_between(&seed, 0, 9);
        }
        scene_draw(&s, n % 17 * 3 + n);
        encode(e, &s.picture, budget, &t);
    }
    assert_int_equal(t.over, 0);
    assert_true(t.used >= 0.85 * t.given);
    scene_free(&s);
    viola_encoder_destroy(&e);
}

static void slices_and_budget_hold_together(void **state)
{
    (void)state;
    viola_encoder *e = open_encoder(320, 180, 1);
    tally t = {.slice_limit = 500};
    scene s;
    scene_init(&s, 320, 180, 11);
    s.noise = 12;
    for (int n = 0; n < 40; n++) {
        scene_draw(&s, n);
        encode(e, &s.picture, 2500, &t);
    }
    assert_int_equal(t.over, 0);
    assert_int_equal(t.long_slices, 0);
    scene_free(&s);
    viola_encoder_destroy(&e);
}

static void an_impossible_budget_is_reported_and_everything_is_sent(void **state)
{
    (void)state;
    viola_encoder *e = open_encoder(640, 360, 0);
    scene s;
    viola_frame_params p;
    viola_frame_stats stats;
    scene_init(&s, 640, 360, 2);
    scene_draw(&s, 0);
    viola_frame_params_default(&p);
    p.qp = -1;
    p.budget_bytes = 10;
    assert_int_equal(viola_encoder_encode(e, &s.picture, &p, NULL, NULL, &stats), VIOLA_EBUDGET);
    assert_true(stats.bytes > 10 && stats.bytes < 400);
    scene_free(&s);
    viola_encoder_destroy(&e);
}

/* What waits in the client's buffer is time, not bits: a fall of the rate leaves no full buffer to be starved for. */
static void after_a_fall_of_the_rate_frames_get_their_share_of_the_new_one(void **state)
{
    viola_rate rate;
    viola_frame_params params;

    (void)state;
    viola_rate_init(&rate, 2e6, 30, 640, 360);
    for (int i = 0; i < 30; i++)
        viola_rate_done(&rate, &(viola_frame_stats){.bytes = 8333, .qp = 60});
    viola_rate_set(&rate, 0.5e6, 30);
    viola_frame_params_default(&params);
    viola_rate_frame(&rate, &params);
    assert_true(params.budget_bytes >= 2083);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_budget_is_kept_and_used),
        cmocka_unit_test(halvings_and_scene_cuts_stay_within_the_budget),
        cmocka_unit_test(slices_and_budget_hold_together),
        cmocka_unit_test(an_impossible_budget_is_reported_and_everything_is_sent),
        cmocka_unit_test(after_a_fall_of_the_rate_frames_get_their_share_of_the_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
