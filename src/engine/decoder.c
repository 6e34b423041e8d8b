/* One remote picture: a worker that decodes what the loop hands it and shows it to the sink. */
#include <stdlib.h>

#include "engine/engine.h"

#define JOBS (WORKER_QUEUE + 2) /* waiting, under way, and on the way back */

typedef struct picture_job {
    decoder *of;
    qua_buffer *data;
    const qua_video_codec *codec;
    qua_time captured;
    bool missing_before;
    qua_frame *frame; /* the result, for the loop: NULL when it could not be decoded */
    struct picture_job *next_free;
} picture_job;

struct decoder {
    qua_engine *engine;
    sink *sink;
    int transceiver;
    worker *worker;
    picture_job jobs[JOBS];
    /* loop thread */
    picture_job *free;
    bool ending, dropped;
    /* worker */
    const qua_video_codec *codec;
    qua_video_decoder *instance;
    uint32_t number;
};

/* ---- on the worker ------------------------------------------------------------------------------------------- */

static void on_decoded(void *context, qua_frame *frame)
{
    picture_job *job = context;

    frame->captured = job->captured;
    frame->number = job->of->number++;
    qua_frame_unref(&job->frame); /* of a codec that shows two at once the newer counts */
    job->frame = frame;
}

static int use_codec(decoder *d, const qua_video_codec *codec)
{
    if (d->instance && d->codec == codec)
        return 0;
    if (d->instance)
        d->instance->destroy(d->instance);
    d->instance = NULL;
    d->codec = codec;
    return codec->create_decoder(codec->context, &d->instance);
}

/* Loop: the sink hears what became of a picture. */
static void picture_done(void *context)
{
    picture_job *job = context;
    decoder *const d = job->of;

    if (!d->ending)
        d->sink->decoded(d->sink, os_now(), d->transceiver, job->frame);
    qua_frame_unref(&job->frame);
    job->next_free = d->free;
    d->free = job;
}

static void decode(void *context, void *item)
{
    decoder *d = context;
    picture_job *job = item;

    if (use_codec(d, job->codec) == 0)
        (void)d->instance->decode(d->instance, job->data->data, job->data->size, job->missing_before, on_decoded, job);
    qua_buffer_unref(&job->data);
    if (job->frame)
        d->sink->video(d->sink, d->transceiver, job->frame, os_now());
    engine_post(d->engine, picture_done, job);
}

static void drop(void *context, void *item)
{
    picture_job *job = item;

    (void)context;
    qua_buffer_unref(&job->data);
}

/* ---- on the loop --------------------------------------------------------------------------------------------- */

int decoder_start(decoder **out, qua_engine *engine, sink *s, int transceiver)
{
    decoder *d = qua_zalloc(sizeof *d);

    if (!d)
        return QUA_ENOMEM;
    d->engine = engine;
    d->transceiver = transceiver;
    for (size_t i = 0; i < JOBS; i++) {
        d->jobs[i] = (picture_job){.of = d, .next_free = d->free};
        d->free = &d->jobs[i];
    }
    if (worker_start(&d->worker, engine->loop, &engine->alive, "qua-decode", decode, d) != 0) {
        free(d);
        return QUA_ENOMEM;
    }
    d->sink = sink_ref(s);
    *out = d;
    return 0;
}

int decoder_push(decoder *d, const qua_peer_event *picture)
{
    qua_buffer *data = picture->picture.data;
    picture_job *job = d->free;

    if (job) {
        d->free = job->next_free;
        job->data = data;
        job->codec = picture->picture.codec;
        job->captured = picture->picture.captured;
        job->missing_before = d->dropped;
        d->dropped = false;
        if (worker_post(d->worker, job) == 0)
            return 0;
        job->data = NULL;
        job->next_free = d->free;
        d->free = job;
    }
    d->dropped = true;
    qua_buffer_unref(&data);
    return QUA_EFULL;
}

static void ended(void *context)
{
    decoder *d = context;

    if (d->instance)
        d->instance->destroy(d->instance);
    sink_unref(&d->sink);
    free(d);
}

void decoder_end(decoder **decoder_pointer)
{
    decoder *d = *decoder_pointer;

    *decoder_pointer = NULL;
    if (!d)
        return;
    d->ending = true;
    worker_end(&d->worker, drop, ended);
}
