/* Slices get lost: what the receiver shows, how long damage lasts, and what references known to be whole cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>

#include <cmocka.h>

#include "scene.h"

enum { WIDTH = 320, HEIGHT = 192, BUDGET = 2400, SLICE = 500, FEEDBACK_FRAMES = 3, SBS = 15 };

/* A sender and a receiver. Feedback of a frame reaches the sender FEEDBACK_FRAMES later. */
typedef struct path {
    viola_encoder *encoder;
    viola_decoder *decoder;
    double loss;
    uint32_t seed;
    int slices_lost;
    int held[VIOLA_SLOTS]; /* time of the frame in each slot of the encoder, -1: none */
    int whole[1024];       /* by time: the receiver holds the frame undamaged */
    int damage_run[SBS];   /* frames for which a superblock has been damaged */
    int longest_run, starts;
    double ssim_sum;
    int frames;
} path;

static void transmit(void *opaque, const viola_slice *slice)
{
    path *p = opaque;
    if (draw(&p->seed) % 10000 < p->loss * 10000) {
        p->slices_lost++;
        return;
    }
    const int error = viola_decoder_feed(p->decoder, slice->data, slice->size);
    assert_true(error == VIOLA_OK || error == VIOLA_ENOREF);
}

static void path_open(path *p, double loss, uint32_t seed)
{
    viola_encoder_config ec;
    viola_decoder_config dc;
    viola_encoder_config_default(&ec, WIDTH, HEIGHT);
    viola_decoder_config_default(&dc);
    ec.effort = 1;
    *p = (path){.encoder = viola_encoder_create(&ec, NULL),
                .decoder = viola_decoder_create(&dc, NULL),
                .loss = loss,
                .seed = seed};
    for (int i = 0; i < VIOLA_SLOTS; i++)
        p->held[i] = -1;
}

static void path_close(path *p)
{
    viola_encoder_destroy(&p->encoder);
    viola_decoder_destroy(&p->decoder);
}

static void note_damage(path *p, const viola_frame *shown)
{
    assert_int_equal(shown->sb_columns * shown->sb_rows, SBS);
    for (int i = 0; i < SBS; i++) {
        p->damage_run[i] = shown->sb_state[i] == VIOLA_SB_OK ? 0 : p->damage_run[i] + 1;
        p->longest_run = p->damage_run[i] > p->longest_run ? p->damage_run[i] : p->longest_run;
    }
}

/* one frame from the camera to the screen */
static void send_frame(path *p, scene *s, int time, viola_frame_params *params)
{
    viola_frame_stats stats;
    viola_frame shown;
    scene_draw(s, time);
    params->qp = -1;
    params->budget_bytes = BUDGET;
    params->slice_bytes = SLICE;
    assert_int_equal(viola_encoder_encode(p->encoder, &s->picture, params, transmit, p, &stats), VIOLA_OK);
    p->starts += stats.start;
    for (int i = 0; i < VIOLA_SLOTS; i++)
        if (stats.refresh >> i & 1)
            p->held[i] = time;
    viola_decoder_finish(p->decoder);
    if (viola_decoder_get_frame(p->decoder, &shown) != VIOLA_OK)
        return;
    p->whole[time] = !shown.damaged && shown.frame == stats.frame;
    note_damage(p, &shown);
    p->ssim_sum += luma_ssim(&s->picture, &shown.picture);
    p->frames++;
}

/* slots with pictures that the receiver has acknowledged by now; before the first acknowledgement: all */
static unsigned acknowledged(const path *p, int time)
{
    unsigned allowed = 0;
    if (time <= FEEDBACK_FRAMES)
        return 0xff;
    for (int i = 0; i < VIOLA_SLOTS; i++)
        if (p->held[i] >= 0 && p->held[i] <= time - FEEDBACK_FRAMES && p->whole[p->held[i]])
            allowed |= 1u << i;
    return allowed;
}

static double ssim_db(const path *p)
{
    return -10 * log10(1 - p->ssim_sum / p->frames);
}

static void run_with_feedback(path *p, double loss, int frames)
{
    scene s;
    path_open(p, loss, 77);
    scene_init(&s, WIDTH, HEIGHT, 5);
    for (int t = 0; t < frames; t++) {
        viola_frame_params params;
        viola_frame_params_default(&params);
        p->loss = t <= FEEDBACK_FRAMES ? 0 : loss;
        params.allowed_refs = acknowledged(p, t);
        send_frame(p, &s, t, &params);
    }
    scene_free(&s);
    path_close(p);
}

static void with_feedback_after_100_ms_five_percent_of_loss_cost_no_keyframe_and_half_a_decibel(void **state)
{
    (void)state;
    path lossy, clean;
    run_with_feedback(&clean, 0, 300);
    run_with_feedback(&lossy, 0.05, 300);
    print_message("lost %d slices, SSIM %.2f dB against %.2f dB, damage at most %d frames\n", lossy.slices_lost,
                  ssim_db(&lossy), ssim_db(&clean), lossy.longest_run);
    assert_true(lossy.slices_lost > 30);
    assert_int_equal(lossy.starts, 1);
    assert_int_equal(lossy.frames, 300);
    assert_true(lossy.longest_run <= FEEDBACK_FRAMES);
    assert_true(ssim_db(&lossy) >= ssim_db(&clean) - 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_feedback_after_100_ms_five_percent_of_loss_cost_no_keyframe_and_half_a_decibel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
