/*
 * The hub alone: its peers are made up here. They define what the hub asks a connection, so that the real one is not
 * linked, and remember what they were given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "call/call.h"

struct qua_peer {
    bool open;
    const qua_video_codec *codec;
    size_t budget;
    uint64_t bps, demand;
    qua_time rtt;
    int send_error;
    size_t pictures, keyframes, slices;
    int layer; /* of the newest picture */
};

static int layer_of_job;
static size_t picture_size = 100;

static const qua_video_codec apple = {.name = "APPLE"}, pear = {.name = "PEAR"};

bool qua_peer_can_send(const qua_peer *peer, int transceiver)
{
    (void)transceiver;
    return peer->open;
}

const qua_video_codec *qua_peer_send_codec(const qua_peer *peer, int transceiver)
{
    (void)transceiver;
    return peer->codec;
}

size_t qua_peer_frame_budget(const qua_peer *peer, qua_time now)
{
    (void)now;
    return peer->budget;
}

uint64_t qua_peer_video_bps(const qua_peer *peer, qua_time now)
{
    (void)now;
    return peer->bps;
}

void qua_peer_set_demand(qua_peer *peer, qua_time now, uint64_t bps)
{
    (void)now;
    peer->demand = bps;
}

void qua_peer_get_stats(const qua_peer *peer, qua_time now, qua_pc_stats *out)
{
    (void)now;
    *out = (qua_pc_stats){.rtt_us = peer->rtt};
}

int qua_payloads_cut(qua_payloads *payloads, qua_pool *pool, const qua_video_codec *codec, const qua_encoded *encoded,
                     qua_time captured)
{
    (void)pool;
    payloads->codec = codec;
    payloads->captured = captured;
    payloads->keyframe = encoded->keyframe;
    payloads->last = encoded->last;
    return 0;
}

void qua_payloads_clear(qua_payloads *payloads)
{
    memset(payloads, 0, sizeof *payloads);
}

int qua_peer_send_payloads(qua_peer *peer, qua_time now, int transceiver, const qua_payloads *payloads)
{
    (void)now;
    (void)transceiver;
    if (peer->send_error)
        return peer->send_error;
    assert_ptr_equal(payloads->codec, peer->codec);
    peer->layer = layer_of_job;
    peer->slices++;
    peer->pictures += payloads->last;
    peer->keyframes += payloads->last && payloads->keyframe;
    return 0;
}

/* ---- the stage ----------------------------------------------------------------------------------------------- */

#define INTERVAL QUA_MS(33)
#define PEERS    3

typedef struct stage {
    qua_hub *hub;
    qua_time now;
    qua_peer peer[PEERS];
    uint32_t number;
    int width, height; /* of the camera */
    int jobs;
    qua_hub_job last; /* its frame is not ours any more */
} stage;

static void set_up(stage *s, const qua_video_limits *limits)
{
    *s = (stage){.now = QUA_SECONDS(1), .width = 640, .height = 360};
    assert_int_equal(qua_hub_create(&s->hub, NULL, limits, NULL), 0);
    for (int i = 0; i < PEERS; i++)
        s->peer[i] = (qua_peer){.open = true, .codec = &apple, .budget = 6000, .bps = 1400000, .rtt = QUA_MS(50)};
}

static void add_all(stage *s)
{
    for (int i = 0; i < PEERS; i++)
        assert_int_equal(qua_hub_add(s->hub, &s->peer[i], 1), 0);
}

static bool push(stage *s)
{
    qua_frame *frame = qua_frame_create(s->width, s->height);
    bool dropped;

    frame->captured = s->now;
    frame->number = s->number++;
    dropped = qua_hub_push(s->hub, s->now, frame);
    qua_frame_unref(&frame);
    return dropped;
}

/* Encode whatever is waiting, as told. @return pictures encoded */
static int encode(stage *s)
{
    int count = 0;

    while (qua_hub_poll_job(s->hub, s->now, &s->last)) {
        const qua_encoded picture = {.size = picture_size, .last = true, .keyframe = s->last.params.keyframe};

        qua_frame_unref(&s->last.frame);
        layer_of_job = s->last.layer;
        qua_hub_encoded(s->hub, s->now, s->last.id, &picture);
        qua_hub_done(s->hub, s->now, s->last.id, 0, QUA_MS(3));
        count++;
    }
    s->jobs += count;
    return count;
}

static int frame(stage *s)
{
    s->now += INTERVAL;
    push(s);
    return encode(s);
}

static void frames(stage *s, qua_time length)
{
    for (const qua_time end = s->now + length; s->now < end;)
        frame(s);
}

static void tear_down(stage *s)
{
    qua_hub_destroy(&s->hub);
    assert_null(s->hub);
}

/* ---- stories ------------------------------------------------------------------------------------------------- */

static void three_receivers_cost_one_encode(void **state)
{
    stage s;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    for (int i = 0; i < 10; i++)
        assert_int_equal(frame(&s), 1);
    for (int i = 0; i < PEERS; i++) {
        assert_int_equal(s.peer[i].pictures, 10);
        assert_int_equal(s.peer[i].keyframes, 1);
    }
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.encoders, 1);
    assert_int_equal(stats.encoded, 10);
    assert_int_equal(stats.pushed, 10);
    assert_int_equal(stats.keyframes, 1);
    tear_down(&s);
}

static void two_codecs_are_two_encodes_however_many_receive(void **state)
{
    stage s;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    s.peer[2].codec = &pear;
    add_all(&s);
    assert_int_equal(frame(&s), 2);
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.encoders, 2);
    qua_hub_remove(s.hub, &s.peer[2], 1);
    assert_int_equal(frame(&s), 1);
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.encoders, 1);
    tear_down(&s);
}

static void nobody_there_nothing_is_encoded(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    assert_int_equal(frame(&s), 0);
    add_all(&s);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].open = false;
    assert_int_equal(frame(&s), 0);
    assert_true(qua_hub_deadline(s.hub, s.now) == QUA_TIME_NEVER);
    tear_down(&s);
}

static void a_first_receiver_sees_the_newest_frame_at_once(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[0].open = s.peer[1].open = s.peer[2].open = false;
    frame(&s);
    s.now += QUA_MS(10); /* between two frames of the camera */
    s.peer[1].open = true;
    assert_int_equal(encode(&s), 1);
    assert_int_equal(s.peer[1].keyframes, 1);
    s.peer[2].open = true; /* the second one waits: the same frame is not encoded again */
    assert_int_equal(encode(&s), 0);
    assert_int_equal(frame(&s), 1);
    assert_int_equal(s.peer[2].keyframes, 1);
    tear_down(&s);
}

static void a_latecomer_gets_a_keyframe_and_waits_for_nothing_else(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    assert_int_equal(qua_hub_add(s.hub, &s.peer[0], 1), 0);
    frames(&s, QUA_SECONDS(1));
    assert_int_equal(qua_hub_add(s.hub, &s.peer[1], 1), 0);
    frame(&s);
    assert_true(s.last.params.keyframe);
    frame(&s);
    assert_false(s.last.params.keyframe);
    assert_int_equal(s.peer[1].pictures, 2);
    tear_down(&s);
}

static void wishes_within_a_round_trip_become_one_keyframe(void **state)
{
    stage s;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_SECONDS(1));
    for (int i = 0; i < PEERS; i++)
        qua_hub_keyframe_wanted(s.hub, s.now, &s.peer[i], 1);
    frame(&s);
    assert_true(s.last.params.keyframe);
    s.now += QUA_MS(10); /* asked before the one on its way came */
    qua_hub_keyframe_wanted(s.hub, s.now, &s.peer[0], 1);
    frames(&s, QUA_SECONDS(1));
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.keyframes, 2); /* the first of all, and this one */
    tear_down(&s);
}

static void a_receiver_that_never_stops_asking_gets_three_a_second(void **state)
{
    stage s;
    qua_hub_stats before, after;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[0].rtt = QUA_MS(1);
    frames(&s, QUA_SECONDS(1));
    qua_hub_get_stats(s.hub, &before);
    for (int i = 0; i < 300; i++) {
        qua_hub_keyframe_wanted(s.hub, s.now, &s.peer[0], 1);
        frame(&s);
    }
    qua_hub_get_stats(s.hub, &after);
    assert_in_range(after.keyframes - before.keyframes, 25, 34);
    tear_down(&s);
}

static void the_newest_frame_wins_while_the_encoder_works(void **state)
{
    stage s;
    qua_hub_job job, none;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    assert_false(push(&s));
    assert_true(qua_hub_poll_job(s.hub, s.now, &job));
    for (int i = 1; i <= 3; i++) {
        s.now += INTERVAL;
        assert_int_equal(push(&s), i > 1);
        assert_false(qua_hub_poll_job(s.hub, s.now, &none));
    }
    qua_frame_unref(&job.frame);
    qua_hub_done(s.hub, s.now, job.id, 0, QUA_MS(99));
    assert_true(qua_hub_poll_job(s.hub, s.now, &job));
    assert_int_equal(job.frame->number, 3);
    qua_frame_unref(&job.frame);
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.dropped_busy, 2);
    tear_down(&s);
}

static void the_budget_is_that_of_the_slowest_less_headers(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[1].budget = 3000;
    s.peer[1].bps = 700000;
    frame(&s);
    assert_in_range(s.last.params.budget_bytes, 2600, 2900);
    assert_int_equal(s.last.params.target_bps, 700000);
    assert_int_equal(s.peer[1].pictures, 1);
    tear_down(&s);
}

static int encoders(const stage *s)
{
    qua_hub_stats stats;

    qua_hub_get_stats(s->hub, &stats);
    return stats.encoders;
}

static void every_path_is_told_what_the_whole_picture_may_take(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[1].bps = 300000;
    frames(&s, QUA_SECONDS(6));
    assert_int_equal(s.peer[1].layer, 1);
    for (int i = 0; i < PEERS; i++) /* it receives the smaller one and looks out for more */
        assert_int_equal(s.peer[i].demand, 1700000);
    tear_down(&s);
}

static void when_no_path_takes_anything_the_frame_waits_then_goes_stale(void **state)
{
    stage s;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frame(&s);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].budget = 0;
    assert_int_equal(frame(&s), 0);
    assert_true(qua_hub_deadline(s.hub, s.now) == s.now + QUA_MS(5));
    s.now += QUA_MS(10);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].budget = 2000;
    assert_int_equal(encode(&s), 1); /* in time: it is sent after all, and nobody needs a keyframe */
    assert_false(s.last.params.keyframe);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].budget = 0;
    frame(&s);
    s.now += QUA_MS(120);
    assert_int_equal(encode(&s), 0);
    assert_true(qua_hub_deadline(s.hub, s.now) == QUA_TIME_NEVER);
    qua_hub_get_stats(s.hub, &stats);
    assert_int_equal(stats.dropped_budget, 1);
    tear_down(&s);
}

static void a_path_that_stops_is_waited_for_a_little_then_left_alone(void **state)
{
    stage s;
    size_t others, its;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_SECONDS(6));
    s.peer[2].budget = 0;
    frames(&s, QUA_SECONDS(1));
    others = s.peer[0].pictures;
    its = s.peer[2].pictures;
    frames(&s, QUA_SECONDS(1));
    assert_in_range(s.peer[0].pictures - others, 29, 31);
    assert_int_equal(s.peer[2].pictures, its);
    s.peer[2].budget = 6000; /* it is back: a small keyframe comes with the next frame */
    frame(&s);
    assert_int_equal(s.peer[2].keyframes, 2);
    assert_int_equal(s.peer[2].layer, 1);
    frames(&s, QUA_SECONDS(4)); /* and when it has proved itself it gets the whole picture */
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(encoders(&s), 1);
    tear_down(&s);
}

static void a_path_that_cannot_follow_gets_the_smaller_picture_and_starves_nobody(void **state)
{
    stage s;
    size_t before, its;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[2].bps = 300000;
    s.peer[2].budget = 1200;
    frames(&s, QUA_SECONDS(6));
    before = s.peer[0].pictures;
    its = s.peer[2].pictures;
    frames(&s, QUA_SECONDS(10));
    assert_true(s.peer[0].pictures - before >= 10 * 30 - 1);
    assert_true(s.peer[2].pictures - its >= 10 * 30 - 1);
    assert_int_equal(s.peer[0].keyframes, 1); /* nobody else noticed */
    assert_int_equal(s.peer[2].layer, 1);
    assert_int_equal(encoders(&s), 2);
    push(&s);
    while (qua_hub_poll_job(s.hub, s.now, &s.last)) {
        assert_int_equal(s.last.width, s.last.layer ? 320 : 640);
        assert_int_equal(s.last.params.target_bps, s.last.layer ? 300000 : 1400000);
        qua_frame_unref(&s.last.frame);
        qua_hub_done(s.hub, s.now, s.last.id, 0, QUA_MS(1));
    }
    s.peer[2].bps = 1400000;
    s.peer[2].budget = 6000;
    frames(&s, QUA_SECONDS(4));
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(encoders(&s), 1);
    tear_down(&s);
}

static void all_slow_paths_share_the_smaller_picture(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[1].bps = 300000;
    s.peer[2].bps = 250000;
    frames(&s, QUA_SECONDS(6));
    assert_int_equal(s.peer[1].layer, 1);
    assert_int_equal(s.peer[2].layer, 1);
    assert_int_equal(encoders(&s), 2);
    qua_hub_remove(s.hub, &s.peer[0], 1); /* who received the whole one left: nobody is starved by them any more */
    frames(&s, QUA_SECONDS(4));
    assert_int_equal(s.peer[1].layer, 0);
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(encoders(&s), 1);
    tear_down(&s);
}

/* Whoever leaves, the sum stays the same: all three go through one uplink. */
static void legs_that_share_an_uplink_go_together(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 300000;
    s.peer[2].bps = 140000;
    frames(&s, QUA_SECONDS(6));
    assert_int_equal(s.peer[2].layer, 1);
    s.peer[0].bps = s.peer[1].bps = 180000; /* what the third one gave up is little, and it is all that they gain */
    frames(&s, QUA_SECONDS(5));
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(encoders(&s), 1);
    s.peer[0].bps = 300000;
    frames(&s, QUA_SECONDS(20));
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(s.last.params.target_bps, 140000);
    tear_down(&s);
}

static void a_path_on_the_edge_does_not_hunt(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 1750000;
    s.peer[2].bps = 860000; /* looks fit for the whole picture from below, and is not */
    frames(&s, QUA_SECONDS(60));
    assert_in_range(s.peer[0].keyframes, 2, 7);
    tear_down(&s);
}

static void a_picture_too_small_to_halve_becomes_stills_for_a_broken_path(void **state)
{
    stage s;
    size_t before, keyframes;

    (void)state;
    set_up(&s, NULL);
    s.width = 240;
    s.height = 136;
    add_all(&s);
    s.peer[2].bps = 20000;
    s.peer[2].budget = 400;
    for (int i = 0; i < 2; i++)
        s.peer[i].bps = 200000;
    frames(&s, QUA_SECONDS(1));
    before = s.peer[0].pictures;
    keyframes = s.peer[2].keyframes;
    frames(&s, QUA_SECONDS(12));
    assert_true(s.peer[0].pictures - before >= 12 * 30 - 1);
    assert_int_equal(s.last.params.target_bps, 200000);
    assert_in_range(s.peer[2].keyframes - keyframes, 2, 3);
    tear_down(&s);
}

static void a_path_busy_with_a_keyframe_of_ours_is_not_blamed(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    s.peer[2].bps = 800000;
    picture_size = 100000; /* takes it a second */
    frame(&s);
    picture_size = 100;
    s.peer[2].budget = 0;
    frames(&s, QUA_MS(900));
    s.peer[2].budget = 3000;
    frame(&s);
    assert_int_equal(s.peer[2].layer, 0);
    assert_int_equal(s.peer[2].keyframes, 1);
    tear_down(&s);
}

static void a_failed_send_costs_that_receiver_a_keyframe_and_no_storm(void **state)
{
    stage s;
    qua_hub_stats stats;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_SECONDS(1));
    s.peer[1].send_error = QUA_EFULL;
    frames(&s, QUA_SECONDS(3));
    qua_hub_get_stats(s.hub, &stats);
    assert_in_range(stats.keyframes, 5, 11);
    s.peer[1].send_error = 0;
    frames(&s, QUA_SECONDS(1));
    assert_int_equal(s.peer[1].keyframes, 2);
    tear_down(&s);
}

static void a_receiver_removed_while_its_picture_is_encoded_gets_nothing_more(void **state)
{
    stage s;
    qua_hub_job job;
    const qua_encoded slice = {.size = 10, .keyframe = true}, end = {.size = 10, .keyframe = true, .last = true};

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    push(&s);
    assert_true(qua_hub_poll_job(s.hub, s.now, &job));
    qua_hub_encoded(s.hub, s.now, job.id, &slice);
    qua_hub_remove(s.hub, &s.peer[0], 1);
    assert_int_equal(qua_hub_add(s.hub, &s.peer[0], 1), 0); /* even when it takes its old place */
    qua_hub_encoded(s.hub, s.now, job.id, &end);
    qua_frame_unref(&job.frame);
    qua_hub_done(s.hub, s.now, job.id, 0, QUA_MS(3));
    assert_int_equal(s.peer[0].slices, 1);
    assert_int_equal(s.peer[1].slices, 2);
    qua_hub_encoded(s.hub, s.now, job.id, &end); /* of a job that has ended */
    assert_int_equal(s.peer[1].slices, 2);
    tear_down(&s);
}

static void a_muted_camera_sends_nothing_and_begins_with_a_keyframe(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_MS(500));
    qua_hub_set_enabled(s.hub, false);
    assert_int_equal(frame(&s), 0);
    qua_hub_set_enabled(s.hub, true);
    s.now += QUA_MS(300);
    assert_int_equal(frame(&s), 1);
    assert_true(s.last.params.keyframe);
    tear_down(&s);
}

static void limits_of_rate_and_frames_are_kept(void **state)
{
    stage s;
    const qua_video_limits limits = {.max_bitrate_bps = 500000, .max_fps = 10};

    (void)state;
    set_up(&s, &limits);
    add_all(&s);
    frames(&s, QUA_SECONDS(3));
    assert_in_range(s.jobs, 29, 32);
    assert_int_equal(s.last.params.target_bps, 500000);
    assert_int_equal(s.peer[0].demand, 500000);
    assert_true(s.last.params.fps > 9 && s.last.params.fps < 16);
    tear_down(&s);
}

static void a_poor_rate_makes_the_picture_smaller_and_a_good_one_larger_again(void **state)
{
    stage s;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_SECONDS(2));
    assert_int_equal(s.last.width, 640);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 90000;
    frames(&s, QUA_MS(1200));
    assert_int_equal(s.last.width, 480);
    assert_int_equal(s.last.height, 270);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 150000; /* better, but not enough to go back: no hunting */
    frames(&s, QUA_SECONDS(20));
    assert_int_equal(s.last.width, 480);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 400000;
    frames(&s, QUA_MS(5200));
    assert_int_equal(s.last.width, 640);
    tear_down(&s);
}

/* What a codec's rate and distortion say goes before the rule of thumb; who can scale references needs no keyframe. */
static void a_codec_says_when_smaller_is_better_and_whether_that_costs_a_keyframe(void **state)
{
    static const qua_video_codec thrifty = {.name = "THRIFTY", .resizes = true, .smaller_bpp = 0.008};
    stage s;

    (void)state;
    set_up(&s, NULL);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].codec = &thrifty;
    add_all(&s);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 90000;
    frames(&s, QUA_SECONDS(3));
    assert_int_equal(s.last.width, 640);
    for (int i = 0; i < PEERS; i++)
        s.peer[i].bps = 40000;
    const size_t keyframes = s.peer[0].keyframes;
    frames(&s, QUA_SECONDS(2));
    assert_int_equal(s.last.width, 480);
    assert_int_equal(s.peer[0].keyframes, keyframes);
    tear_down(&s);
}

static void an_encoder_that_fails_begins_again_with_a_keyframe(void **state)
{
    stage s;
    qua_hub_job job;

    (void)state;
    set_up(&s, NULL);
    add_all(&s);
    frames(&s, QUA_SECONDS(1));
    s.now += INTERVAL;
    push(&s);
    assert_true(qua_hub_poll_job(s.hub, s.now, &job));
    qua_frame_unref(&job.frame);
    qua_hub_done(s.hub, s.now, job.id, QUA_EIO, 0);
    frame(&s);
    assert_true(s.last.params.keyframe);
    tear_down(&s);
}

static void a_hub_takes_so_many_receivers_and_no_more(void **state)
{
    stage s;
    qua_peer crowd[QUA_HUB_RECEIVERS] = {0};

    (void)state;
    set_up(&s, NULL);
    for (int i = 0; i < QUA_HUB_RECEIVERS; i++)
        assert_int_equal(qua_hub_add(s.hub, &crowd[i], 0), 0);
    assert_int_equal(qua_hub_add(s.hub, &s.peer[0], 0), QUA_EFULL);
    qua_hub_remove(s.hub, &crowd[3], 0);
    assert_int_equal(qua_hub_add(s.hub, &s.peer[0], 0), 0);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_receivers_cost_one_encode),
        cmocka_unit_test(two_codecs_are_two_encodes_however_many_receive),
        cmocka_unit_test(nobody_there_nothing_is_encoded),
        cmocka_unit_test(a_first_receiver_sees_the_newest_frame_at_once),
        cmocka_unit_test(a_latecomer_gets_a_keyframe_and_waits_for_nothing_else),
        cmocka_unit_test(wishes_within_a_round_trip_become_one_keyframe),
        cmocka_unit_test(a_receiver_that_never_stops_asking_gets_three_a_second),
        cmocka_unit_test(the_newest_frame_wins_while_the_encoder_works),
        cmocka_unit_test(the_budget_is_that_of_the_slowest_less_headers),
        cmocka_unit_test(every_path_is_told_what_the_whole_picture_may_take),
        cmocka_unit_test(when_no_path_takes_anything_the_frame_waits_then_goes_stale),
        cmocka_unit_test(a_path_that_stops_is_waited_for_a_little_then_left_alone),
        cmocka_unit_test(a_path_that_cannot_follow_gets_the_smaller_picture_and_starves_nobody),
        cmocka_unit_test(all_slow_paths_share_the_smaller_picture),
        cmocka_unit_test(legs_that_share_an_uplink_go_together),
        cmocka_unit_test(a_path_on_the_edge_does_not_hunt),
        cmocka_unit_test(a_picture_too_small_to_halve_becomes_stills_for_a_broken_path),
        cmocka_unit_test(a_path_busy_with_a_keyframe_of_ours_is_not_blamed),
        cmocka_unit_test(a_failed_send_costs_that_receiver_a_keyframe_and_no_storm),
        cmocka_unit_test(a_receiver_removed_while_its_picture_is_encoded_gets_nothing_more),
        cmocka_unit_test(a_muted_camera_sends_nothing_and_begins_with_a_keyframe),
        cmocka_unit_test(limits_of_rate_and_frames_are_kept),
        cmocka_unit_test(a_poor_rate_makes_the_picture_smaller_and_a_good_one_larger_again),
        cmocka_unit_test(a_codec_says_when_smaller_is_better_and_whether_that_costs_a_keyframe),
        cmocka_unit_test(an_encoder_that_fails_begins_again_with_a_keyframe),
        cmocka_unit_test(a_hub_takes_so_many_receivers_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
