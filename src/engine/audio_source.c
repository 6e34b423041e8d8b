/* A microphone: 10 ms blocks in, Opus packets of 20 ms to the loop through a ring without a lock. */
#include <stdlib.h>

#include "engine/engine.h"

#define BITRATE_BPS   32000
#define RING          32         /* packets on their way, a power of two: 640 ms */
#define JUMP_US       QUA_MS(60) /* capture times further off than this start a new run of timestamps */
#define EXPECTED_LOSS 10         /* percent: how much in-band FEC Opus adds */

struct qua_audio_source {
    _Atomic int refs;
    qua_engine *engine;
    atomic_bool enabled;
    qua_spsc *out, *spare;
    audio_packet packets[RING];
    /* the pushing thread */
    qua_opus_encoder *opus;
    int16_t pcm[QUA_OPUS_FRAME];
    size_t have;
    qua_time captured, expected; /* of pcm[0]; of the block to come */
    uint32_t timestamp;          /* of pcm[0] */
    /* loop thread */
    qua_audio_source *next;
};

/* ---- the pushing thread ---------------------------------------------------------------------------------------- */

/* Timestamps run with the samples, and jump with the clock when samples are missing. */
static void follow_clock(qua_audio_source *s, qua_time captured)
{
    const qua_time off = captured - s->expected;

    if (off > JUMP_US || off < -JUMP_US || s->expected == 0) {
        s->timestamp += (uint32_t)(s->expected == 0 ? 0 : off * QUA_AUDIO_HZ / 1000000);
        s->expected = captured;
        s->have = 0;
    }
    if (s->have == 0)
        s->captured = captured;
    s->expected += QUA_MS(10);
}

static void encode(qua_audio_source *s)
{
    audio_packet *packet = qua_spsc_pop(s->spare);
    int size;

    if (!packet)
        return; /* the loop does not keep up: sound is dropped rather than queued */
    size = qua_opus_encode(s->opus, s->pcm, EXPECTED_LOSS, packet->opus);
    packet->size = size > 0 ? (size_t)size : 0;
    packet->timestamp = s->timestamp;
    packet->level = qua_audio_level(s->pcm, QUA_OPUS_FRAME);
    packet->captured = s->captured;
    qua_spsc_push(s->out, packet);
    if (!atomic_load(&s->engine->dead))
        os_loop_wake(s->engine->loop);
}

int qua_audio_source_push(qua_audio_source *s, const int16_t pcm[480], qua_time captured)
{
    follow_clock(s, captured);
    memcpy(s->pcm + s->have, pcm, QUA_AUDIO_BLOCK * sizeof *pcm);
    s->have += QUA_AUDIO_BLOCK;
    if (s->have < QUA_OPUS_FRAME)
        return 0;
    if (atomic_load(&s->enabled))
        encode(s);
    s->have = 0;
    s->timestamp += QUA_OPUS_FRAME;
    return 0;
}

/* ---- loop thread --------------------------------------------------------------------------------------------- */

void audio_source_serve(qua_audio_source *s, qua_time now)
{
    for (audio_packet *packet; (packet = qua_spsc_pop(s->out)) != NULL;) {
        for (qua_call *c = s->engine->calls; c && packet->size; c = call_next(c))
            call_send_audio(c, now, s, packet);
        for (qua_pc *p = s->engine->pcs; p && packet->size; p = pc_next(p))
            pc_send_audio(p, now, s, packet);
        qua_spsc_push(s->spare, packet);
    }
}

qua_audio_source *audio_source_next(const qua_audio_source *s)
{
    return s->next;
}

static void release(qua_audio_source *s)
{
    qua_spsc_destroy(&s->out);
    qua_spsc_destroy(&s->spare);
    qua_opus_encoder_destroy(&s->opus);
    if (s->engine)
        engine_unref(s->engine);
    free(s);
}

static void teardown(void *context)
{
    qua_audio_source *s = context;

    for (qua_audio_source **at = &s->engine->audio_sources; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    release(s);
}

static void enlist(void *context)
{
    qua_audio_source *s = context;

    s->next = s->engine->audio_sources;
    s->engine->audio_sources = s;
}

/* ---- any thread ---------------------------------------------------------------------------------------------- */

qua_audio_source *audio_source_ref(qua_audio_source *s)
{
    if (s)
        atomic_fetch_add(&s->refs, 1);
    return s;
}

void audio_source_unref(qua_audio_source **source)
{
    qua_audio_source *s = *source;

    *source = NULL;
    if (s && atomic_fetch_sub(&s->refs, 1) == 1)
        engine_post(s->engine, teardown, s);
}

int qua_audio_source_create(qua_audio_source **out, qua_engine *engine)
{
    qua_audio_source *s = qua_zalloc(sizeof *s);

    if (!s)
        return QUA_ENOMEM;
    s->out = qua_spsc_create(RING);
    s->spare = qua_spsc_create(RING);
    if (!s->out || !s->spare || qua_opus_encoder_create(&s->opus, BITRATE_BPS) != 0) {
        release(s);
        return QUA_ENOMEM;
    }
    for (size_t i = 0; i < RING; i++)
        qua_spsc_push(s->spare, &s->packets[i]);
    atomic_init(&s->refs, 1);
    atomic_init(&s->enabled, true);
    s->engine = engine_ref(engine);
    qua_random_fill(&engine->random, &s->timestamp, sizeof s->timestamp); /* RFC 3550 §5.1 */
    engine_call(engine, enlist, s);
    *out = s;
    return 0;
}

void qua_audio_source_destroy(qua_audio_source **source)
{
    audio_source_unref(source);
}

int qua_audio_source_set_enabled(qua_audio_source *s, bool enabled)
{
    atomic_store(&s->enabled, enabled);
    return 0;
}
