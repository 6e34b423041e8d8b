/* A voice over networks that lose, delay, reorder and drift, in virtual time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "media/media.h"

#define PACKETS 1500 /* half a minute */
#define T0      QUA_SECONDS(1000)
#define DELAY   QUA_MS(30)
#define LOST    QUA_TIME_NEVER

/* Encoded once: a hum with vibrato and harmonics, as much like a voice as the tests need. */
static struct {
    uint8_t data[QUA_OPUS_MAX];
    int size;
} speech[PACKETS];

static qua_pool *pool;

static void hum(int16_t *pcm, int first)
{
    static double phase;

    for (int i = 0; i < QUA_OPUS_FRAME; i++) {
        const double t = (first + i) / (double)QUA_AUDIO_HZ;
        phase += 2 * 3.14159265358979 * (180 + 8 * sin(31 * t)) / QUA_AUDIO_HZ;
        pcm[i] = (int16_t)(7000 * sin(phase) + 3000 * sin(2 * phase) + 1500 * sin(5 * phase));
    }
}

static int encode_speech(void **state)
{
    qua_opus_encoder *encoder;
    int16_t pcm[QUA_OPUS_FRAME];

    (void)state;
    pool = qua_pool_create(QUA_DATAGRAM_MAX, 0);
    if (qua_opus_encoder_create(&encoder, 32000) != 0)
        return -1;
    for (int i = 0; i < PACKETS; i++) {
        hum(pcm, i * QUA_OPUS_FRAME);
        speech[i].size = qua_opus_encode(encoder, pcm, 15, speech[i].data);
    }
    qua_opus_encoder_destroy(&encoder);
    return 0;
}

static int free_speech(void **state)
{
    size_t in_use, allocated;

    (void)state;
    qua_pool_stats(pool, &in_use, &allocated);
    qua_pool_destroy(&pool);
    return in_use == 0 ? 0 : -1;
}

/* One listener. `arrival` is filled by the story; LOST never comes. */
typedef struct listener {
    qua_voice *voice;
    qua_prng prng;
    qua_time arrival[PACKETS];
    double block_us; /* between pulls: 10 ms of the loudspeaker's clock */
    uint16_t first_seq;
    uint32_t first_timestamp;
    /* heard */
    int blocks, silent, concealed;
    double loudest_step; /* largest jump between neighbouring samples, of full scale */
    int16_t last;
    qua_time delay_min, delay_max, delay_end; /* capture to loudspeaker, from the fifth second on */
} listener;

static int arrive(void **state)
{
    listener *l = qua_zalloc(sizeof *l);

    qua_prng_seed(&l->prng, 7);
    l->block_us = 10000;
    l->first_seq = 65000; /* across the wraps of number and time */
    l->first_timestamp = 0xfff00000u;
    l->delay_min = QUA_TIME_NEVER;
    for (int i = 0; i < PACKETS; i++)
        l->arrival[i] = T0 + i * QUA_MS(20) + DELAY;
    *state = l;
    return qua_voice_create(&l->voice);
}

static int leave(void **state)
{
    listener *l = *state;

    qua_voice_destroy(&l->voice);
    free(l);
    return 0;
}

static bool chance(listener *l, double p)
{
    return qua_prng_uniform(&l->prng) < p;
}

static void deliver(listener *l, int i)
{
    qua_buffer *packet = qua_pool_get(pool);

    memcpy(packet->data, speech[i].data, (size_t)speech[i].size);
    packet->size = (size_t)speech[i].size;
    if (qua_voice_push(l->voice, packet, (uint16_t)(l->first_seq + i),
                       l->first_timestamp + (uint32_t)i * QUA_OPUS_FRAME, l->arrival[i]) != 0)
        qua_buffer_unref(&packet);
}

static void deliver_until(listener *l, qua_time from, qua_time now)
{
    for (qua_time t = from; t < now; t += QUA_MS(1)) /* in order of arrival, to the millisecond */
        for (int i = 0; i < PACKETS; i++)
            if (l->arrival[i] >= t && l->arrival[i] < QUA_MIN(t + QUA_MS(1), now))
                deliver(l, i);
}

static void measure_delay(listener *l, qua_time now)
{
    uint32_t timestamp;
    qua_time at;

    if (!qua_voice_playing(l->voice, now, &timestamp, &at) || now < T0 + QUA_SECONDS(5))
        return;
    const qua_time captured = T0 + (qua_time)(timestamp - l->first_timestamp) * 1000000 / QUA_AUDIO_HZ;
    l->delay_end = at - captured;
    l->delay_min = QUA_MIN(l->delay_min, l->delay_end);
    l->delay_max = QUA_MAX(l->delay_max, l->delay_end);
}

static qua_voice_stats listen_until(listener *l, double seconds)
{
    int16_t pcm[QUA_AUDIO_BLOCK];
    qua_voice_stats stats;
    qua_time before = T0;
    bool concealed;

    for (double t = l->block_us; t < seconds * 1e6; t += l->block_us) {
        const qua_time now = T0 + (qua_time)t;
        deliver_until(l, before, now);
        before = now;
        const bool heard = qua_voice_pull(l->voice, now, pcm, &concealed);
        l->blocks += heard;
        l->silent += !heard;
        l->concealed += concealed;
        for (int i = 0; i < QUA_AUDIO_BLOCK; i++) {
            l->loudest_step = QUA_MAX(l->loudest_step, abs(pcm[i] - l->last) / 32768.0);
            l->last = pcm[i];
        }
        measure_delay(l, now);
    }
    qua_voice_get_stats(l->voice, &stats);
    return stats;
}

static void before_anything_came_there_is_silence(void **state)
{
    listener *l = *state;
    int16_t pcm[QUA_AUDIO_BLOCK] = {1, 2, 3};
    uint32_t timestamp;
    qua_time at;
    bool concealed;

    assert_false(qua_voice_pull(l->voice, T0, pcm, &concealed));
    assert_int_equal(pcm[0], 0);
    assert_false(concealed);
    assert_false(qua_voice_playing(l->voice, T0, &timestamp, &at));
}

static void on_a_good_network_nothing_is_made_up_and_the_delay_is_short(void **state)
{
    listener *l = *state;
    const qua_voice_stats stats = listen_until(l, 29);

    assert_int_equal(stats.concealed_samples, 0);
    assert_int_equal(stats.late, 0);
    assert_in_range(stats.packets, 1440, 1450);
    assert_true(l->silent <= 7); /* the network's delay and the first packets */
    assert_true(l->delay_max <= DELAY + QUA_MS(45));
    assert_true(stats.level > 0.05 && stats.level < 0.5);
    assert_true(l->loudest_step < 0.08); /* no click: the hum itself steps by 0.045 */
}

static void single_losses_are_repaired_from_the_packet_after(void **state)
{
    listener *l = *state;

    for (int i = 10; i < PACKETS; i += 10)
        l->arrival[i] = LOST;
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(stats.recovered_samples >= 130 * QUA_OPUS_FRAME); /* of 144 */
    assert_true(stats.concealed_samples <= 14 * QUA_OPUS_FRAME);
    assert_int_equal(l->concealed * QUA_AUDIO_BLOCK, stats.concealed_samples);
    assert_true(l->delay_max <= DELAY + QUA_MS(60)); /* losses are no jitter */
}

static void bursts_are_concealed_and_counted(void **state)
{
    listener *l = *state;

    for (int i = 100; i + 5 < PACKETS; i += 100)
        for (int k = 0; k < 5; k++)
            l->arrival[i + k] = LOST;
    const qua_voice_stats stats = listen_until(l, 29);
    /* 14 bursts of 100 ms, the last 20 of each out of FEC */
    assert_in_range(stats.concealed_samples, 14 * 3 * QUA_OPUS_FRAME, 14 * 6 * QUA_OPUS_FRAME);
    assert_in_range(stats.recovered_samples, 1, 14 * QUA_OPUS_FRAME);
    assert_true(l->delay_end < DELAY + QUA_MS(60)); /* lost time is not played again */
}

static void jitter_raises_the_delay_until_nearly_all_are_in_time(void **state)
{
    listener *l = *state;

    for (int i = 0; i < PACKETS; i++)
        l->arrival[i] += (qua_time)(qua_prng_uniform(&l->prng) * 60000);
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(stats.concealed_samples < stats.samples / 33);
    assert_in_range(stats.delay_us, QUA_MS(50), QUA_MS(80));
    assert_true(l->delay_max < DELAY + QUA_MS(160));
}

static void the_delay_comes_down_again_when_the_jitter_ends(void **state)
{
    listener *l = *state;

    for (int i = 0; i < 500; i++)
        l->arrival[i] += chance(l, 0.2) ? QUA_MS(200) : 0;
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(l->delay_max > DELAY + QUA_MS(150));
    assert_true(l->delay_end < DELAY + QUA_MS(80));
    assert_true(stats.stretched_samples > 0);
    assert_true(l->loudest_step < 0.15);
}

static void reordered_packets_are_played_in_order(void **state)
{
    listener *l = *state;

    for (int i = 20; i < PACKETS; i += 7)
        l->arrival[i] += QUA_MS(25); /* behind the next one */
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(stats.concealed_samples < stats.samples / 50);
    assert_int_equal(l->silent + l->blocks, 2899);
}

static void duplicates_change_nothing(void **state)
{
    listener *l = *state;

    for (int i = 0; i < 50; i++)
        deliver(l, i), deliver(l, i);
    const qua_voice_stats stats = listen_until(l, 1.5);
    assert_true(stats.samples > 40 * QUA_OPUS_FRAME);
}

/* Sound devices are off by up to 200 ppm; the test by 10 times that, to see it in half a minute. */
static void drift(listener *l, double ppm)
{
    l->block_us = 10000 * (1 + ppm * 1e-6);
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(stats.concealed_samples < stats.samples / 100);
    assert_true(l->delay_max - l->delay_min < QUA_MS(60));
    assert_true(stats.stretched_samples > 0);
    assert_true(l->loudest_step < 0.15);
}

static void a_slow_loudspeaker_is_made_up_for(void **state)
{
    drift(*state, 2000);
}

static void a_fast_loudspeaker_is_made_up_for(void **state)
{
    drift(*state, -2000);
}

static void after_an_outage_it_catches_up(void **state)
{
    listener *l = *state;

    for (int i = 500; i < 550; i++)
        l->arrival[i] = T0 + 550 * QUA_MS(20) + DELAY; /* a second, then all at once */
    listen_until(l, 29);
    assert_true(l->delay_end < DELAY + QUA_MS(150));
}

/* Push one packet of a deep voice, whose pitch period is nearly a block long. */
static void say_deep(qua_opus_encoder *encoder, qua_voice *voice, int i, int hz, qua_time received)
{
    qua_buffer *packet = qua_pool_get(pool);
    int16_t pcm[QUA_OPUS_FRAME];

    for (int k = 0; k < QUA_OPUS_FRAME; k++)
        pcm[k] = (int16_t)(9000 * sin(2 * 3.14159265358979 * hz * (i * QUA_OPUS_FRAME + k) / QUA_AUDIO_HZ));
    packet->size = (size_t)qua_opus_encode(encoder, pcm, 0, packet->data);
    assert_int_equal(qua_voice_push(voice, packet, (uint16_t)i, (uint32_t)i * QUA_OPUS_FRAME, received), 0);
}

/*
 * Packets that rush in and then stop leave a buffer that runs dry while it is overfull on average: what is left must
 * not be shortened to less than the block that is to be played.
 */
static void rush_and_stop(int rush, int hz)
{
    qua_opus_encoder *encoder;
    int16_t pcm[QUA_AUDIO_BLOCK];
    qua_voice *voice;
    bool concealed;

    assert_int_equal(qua_opus_encoder_create(&encoder, 32000), 0);
    assert_int_equal(qua_voice_create(&voice), 0);
    for (int block = 0; block < 150; block++) {
        const qua_time now = T0 + block * QUA_MS(10);

        if (block % 2 == 0 && block < 100)
            say_deep(encoder, voice, block / 2, hz, now);
        for (int k = 0; block == 100 && k < rush; k++)
            say_deep(encoder, voice, 50 + k, hz, now);
        qua_voice_pull(voice, now, pcm, &concealed);
    }
    qua_voice_destroy(&voice);
    qua_opus_encoder_destroy(&encoder);
}

static void what_is_left_after_a_rush_is_not_shortened_away(void **state)
{
    (void)state;
    for (int rush = 1; rush <= 16; rush++)
        for (int hz = 100; hz <= 160; hz += 6)
            rush_and_stop(rush, hz);
}

static void a_muted_voice_falls_silent_and_comes_back(void **state)
{
    listener *l = *state;

    for (int i = 300; i < 800; i++)
        l->arrival[i] = LOST;
    const qua_voice_stats stats = listen_until(l, 29);
    assert_true(stats.samples > 900 * QUA_OPUS_FRAME);
    assert_true(l->delay_end < DELAY + QUA_MS(150));
}

static void another_stream_may_begin_anywhere(void **state)
{
    listener *l = *state;

    listen_until(l, 10);
    l->blocks = 0;
    for (int i = 0; i < PACKETS; i++)
        l->arrival[i] += QUA_SECONDS(10);
    l->first_seq -= 3000; /* backwards */
    for (int i = 0; i < 20; i++)
        deliver(l, i);
    int16_t pcm[QUA_AUDIO_BLOCK];
    bool concealed = true;
    for (int i = 0; i < 10; i++)
        qua_voice_pull(l->voice, T0 + QUA_SECONDS(11), pcm, &concealed);
    assert_false(concealed);
}

static void nobody_pulling_does_not_grow(void **state)
{
    listener *l = *state;
    size_t in_use, allocated;

    for (int i = 0; i < 1000; i++)
        deliver(l, i);
    qua_pool_stats(pool, &in_use, &allocated);
    assert_int_equal(in_use, 0);
    qua_buffer *empty = qua_pool_get(pool);
    assert_int_equal(qua_voice_push(l->voice, empty, 1, 1, T0), QUA_EFORMAT);
    qua_buffer_unref(&empty);
}

static void garbage_is_concealed(void **state)
{
    listener *l = *state;

    for (int i = 0; i < 200; i++) {
        qua_buffer *packet = qua_pool_get(pool);
        packet->size = 1 + (size_t)(qua_prng_next(&l->prng) % 300);
        for (size_t k = 0; k < packet->size; k++)
            packet->data[k] = (uint8_t)qua_prng_next(&l->prng);
        if (qua_voice_push(l->voice, packet, (uint16_t)i, (uint32_t)qua_prng_next(&l->prng), T0) != 0)
            qua_buffer_unref(&packet);
        int16_t pcm[QUA_AUDIO_BLOCK];
        bool concealed;
        qua_voice_pull(l->voice, T0 + i * QUA_MS(10), pcm, &concealed);
    }
}

static void a_least_delay_is_kept(void **state)
{
    listener *l = *state;

    qua_voice_set_least_delay(l->voice, QUA_MS(120));
    listen_until(l, 29);
    assert_in_range(l->delay_end, DELAY + QUA_MS(80), DELAY + QUA_MS(160));
}

typedef struct loop_thread {
    listener *listener;
    _Atomic bool done;
} loop_thread;

static void *push_all(void *context)
{
    loop_thread *loop = context;
    qua_voice_stats stats;
    uint32_t timestamp;
    qua_time at;

    for (int i = 0; i < PACKETS; i++) {
        deliver(loop->listener, i);
        qua_voice_get_stats(loop->listener->voice, &stats);
        (void)qua_voice_playing(loop->listener->voice, T0, &timestamp, &at);
        qua_voice_set_least_delay(loop->listener->voice, i % 2 ? QUA_MS(60) : 0);
    }
    atomic_store(&loop->done, true);
    return NULL;
}

/* For the thread sanitizer; as fast as both can, so that the ring runs full and empty. */
static void the_loop_pushes_while_the_loudspeaker_pulls(void **state)
{
    loop_thread loop = {.listener = *state};
    int16_t pcm[QUA_AUDIO_BLOCK];
    pthread_t thread;
    bool concealed;
    int pulls = 0;

    assert_int_equal(pthread_create(&thread, NULL, push_all, &loop), 0);
    for (; !atomic_load(&loop.done) || pulls < 100; pulls++)
        (void)qua_voice_pull(loop.listener->voice, T0 + pulls * QUA_MS(10), pcm, &concealed);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, arrive, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(before_anything_came_there_is_silence),
        STORY(on_a_good_network_nothing_is_made_up_and_the_delay_is_short),
        STORY(single_losses_are_repaired_from_the_packet_after),
        STORY(bursts_are_concealed_and_counted),
        STORY(jitter_raises_the_delay_until_nearly_all_are_in_time),
        STORY(the_delay_comes_down_again_when_the_jitter_ends),
        STORY(reordered_packets_are_played_in_order),
        STORY(duplicates_change_nothing),
        STORY(a_slow_loudspeaker_is_made_up_for),
        STORY(a_fast_loudspeaker_is_made_up_for),
        STORY(after_an_outage_it_catches_up),
        STORY(what_is_left_after_a_rush_is_not_shortened_away),
        STORY(a_muted_voice_falls_silent_and_comes_back),
        STORY(another_stream_may_begin_anywhere),
        STORY(nobody_pulling_does_not_grow),
        STORY(garbage_is_concealed),
        STORY(a_least_delay_is_kept),
        STORY(the_loop_pushes_while_the_loudspeaker_pulls),
    };

    return cmocka_run_group_tests(tests, encode_speech, free_speech);
}
