/* A video source: frames in from any thread, jobs from its hub to an encoder for each codec and layer in use. */
#include <stdlib.h>

#include "engine/encoder.h"

struct qua_video_source {
    _Atomic int refs;
    qua_engine *engine;
    _Atomic(qua_frame *) newest; /* pushed and not yet taken in */
    /* loop thread */
    qua_video_source *next;
    qua_hub *hub;
    encoder *encoders[QUA_PEER_CODECS * QUA_HUB_LAYERS];
    int layers[QUA_PEER_CODECS * QUA_HUB_LAYERS]; /* which of the codec's encodes each one makes */
    int ending;                                   /* encoders that have not gone yet */
    bool orphaned;                                /* nobody refers to it: the last encoder to go takes it along */
};

/* ---- loop thread --------------------------------------------------------------------------------------------- */

static void release(qua_video_source *s)
{
    qua_frame *frame = atomic_exchange(&s->newest, NULL);
    qua_engine *const engine = s->engine;

    qua_frame_unref(&frame);
    qua_hub_destroy(&s->hub);
    free(s);
    engine_unref(engine);
}

static void encoder_gone(void *context)
{
    qua_video_source *s = context;

    if (--s->ending == 0 && s->orphaned)
        release(s);
}

void video_source_end(qua_video_source *s)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(s->encoders); i++) {
        if (s->encoders[i]) {
            s->ending++;
            encoder_end(&s->encoders[i], encoder_gone, s);
        }
    }
}

/* Nobody refers to it any more. */
static void teardown(void *context)
{
    qua_video_source *s = context;

    for (qua_video_source **at = &s->engine->video_sources; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    s->orphaned = true;
    s->ending++; /* one more, which goes here: there may be no other */
    video_source_end(s);
    encoder_gone(s);
}

static void enlist(void *context)
{
    qua_video_source *s = context;

    s->next = s->engine->video_sources;
    s->engine->video_sources = s;
}

static encoder *encoder_for(qua_video_source *s, const qua_video_codec *codec, int layer)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(s->encoders); i++) {
        if (!s->encoders[i]) {
            if (encoder_start(&s->encoders[i], s->engine, s->hub, codec) != 0)
                return NULL;
            s->layers[i] = layer;
        }
        if (encoder_codec(s->encoders[i]) == codec && s->layers[i] == layer)
            return s->encoders[i];
    }
    return NULL;
}

void video_source_serve(qua_video_source *s, qua_time now)
{
    qua_frame *frame = atomic_exchange(&s->newest, NULL);
    qua_hub_job job;

    if (frame)
        qua_hub_push(s->hub, now, frame);
    qua_frame_unref(&frame);
    while (qua_hub_poll_job(s->hub, now, &job)) {
        encoder *e = encoder_for(s, job.codec, job.layer);

        if (e) {
            encoder_job(e, &job);
            continue;
        }
        qua_frame_unref(&job.frame);
        qua_hub_done(s->hub, now, job.id, QUA_ENOMEM, 0);
    }
}

qua_time video_source_deadline(const qua_video_source *s, qua_time now)
{
    return qua_hub_deadline(s->hub, now);
}

qua_video_source *video_source_next(const qua_video_source *s)
{
    return s->next;
}

qua_hub *video_source_hub(qua_video_source *s)
{
    return s->hub;
}

/* ---- any thread ---------------------------------------------------------------------------------------------- */

qua_video_source *video_source_ref(qua_video_source *s)
{
    if (s)
        atomic_fetch_add(&s->refs, 1);
    return s;
}

void video_source_unref(qua_video_source **source)
{
    qua_video_source *s = *source;

    *source = NULL;
    if (s && atomic_fetch_sub(&s->refs, 1) == 1)
        engine_post(s->engine, teardown, s);
}

int qua_video_source_create(qua_video_source **out, qua_engine *engine)
{
    qua_video_source *s = qua_zalloc(sizeof *s);

    if (!s)
        return QUA_ENOMEM;
    if (qua_hub_create(&s->hub, engine->datagrams, NULL, &engine->log) != 0) {
        free(s);
        return QUA_ENOMEM;
    }
    atomic_init(&s->refs, 1);
    s->engine = engine_ref(engine);
    engine_call(engine, enlist, s);
    *out = s;
    return 0;
}

void qua_video_source_destroy(qua_video_source **source)
{
    video_source_unref(source);
}

int qua_video_source_push(qua_video_source *s, qua_frame *frame)
{
    qua_frame *older = atomic_exchange(&s->newest, qua_frame_ref(frame));

    if (!older && !atomic_load(&s->engine->dead))
        os_loop_wake(s->engine->loop);
    qua_frame_unref(&older);
    return 0;
}

typedef struct limits_change {
    qua_video_source *source;
    qua_video_limits limits;
} limits_change;

static void set_limits(void *context)
{
    const limits_change *change = context;

    qua_hub_set_limits(change->source->hub, &change->limits);
}

int qua_video_source_set_limits(qua_video_source *s, const qua_video_limits *limits)
{
    limits_change change = {s, *limits};

    if (limits->max_bitrate_bps < 0 || limits->min_bitrate_bps < 0 || limits->max_fps < 0 ||
        (limits->max_bitrate_bps && limits->min_bitrate_bps > limits->max_bitrate_bps))
        return QUA_EINVAL;
    engine_call(s->engine, set_limits, &change);
    return 0;
}

typedef struct enabled_change {
    qua_video_source *source;
    bool enabled;
} enabled_change;

static void set_enabled(void *context)
{
    const enabled_change *change = context;

    qua_hub_set_enabled(change->source->hub, change->enabled);
}

int qua_video_source_set_enabled(qua_video_source *s, bool enabled)
{
    enabled_change change = {s, enabled};

    engine_call(s->engine, set_enabled, &change);
    return 0;
}
