#include <stdlib.h>

#include "engine/encoder.h"

#define SPARE_SLICES 64 /* a power of two */

/* One run of encoded bytes on its way to the loop. Used again, its memory grown to the largest slice so far. */
typedef struct slice {
    encoder *of;
    uint32_t job;
    qua_encoded encoded;
    uint8_t *bytes;
    size_t capacity;
} slice;

struct encoder {
    qua_engine *engine;
    qua_hub *hub; /* loop thread; NULL when ending */
    const qua_video_codec *codec;
    worker *worker;
    qua_spsc *spare; /* slices from the loop back to the worker */
    qua_hub_job job; /* the loop's while idle, the worker's while a job is under way */
    int error;
    qua_time took_us;
    void (*ended)(void *context);
    void *ended_context;
    /* worker */
    qua_video_encoder *instance;
    qua_frame_pool *scaled;
    int width, height;
};

/* ---- on the worker ------------------------------------------------------------------------------------------- */

static void slice_free(slice *s)
{
    if (s)
        free(s->bytes);
    free(s);
}

static slice *fresh_slice(encoder *e, size_t size)
{
    slice *s = qua_spsc_pop(e->spare);

    if (!s)
        s = qua_zalloc(sizeof *s);
    if (s && s->capacity < size) {
        uint8_t *bytes = realloc(s->bytes, size + size / 2);

        if (!bytes) {
            slice_free(s);
            return NULL;
        }
        s->bytes = bytes;
        s->capacity = size + size / 2;
    }
    return s;
}

/* On the loop: to the hub, and back to the worker for the next one. */
static void slice_arrived(void *context)
{
    slice *s = context;
    encoder *const e = s->of;

    if (e->hub)
        qua_hub_encoded(e->hub, os_now(), s->job, &s->encoded);
    if (!qua_spsc_push(e->spare, s))
        slice_free(s);
}

static void on_encoded(void *context, const qua_encoded *encoded)
{
    encoder *e = context;
    slice *s = fresh_slice(e, encoded->size);

    if (!s) {
        e->error = QUA_ENOMEM;
        return;
    }
    s->of = e;
    s->job = e->job.id;
    s->encoded = *encoded;
    memcpy(s->bytes, encoded->data, encoded->size);
    s->encoded.data = s->bytes;
    engine_post(e->engine, slice_arrived, s);
}

static int use_size(encoder *e, int width, int height)
{
    if (e->instance && (e->codec->resizes || (e->width == width && e->height == height)))
        return 0;
    if (e->instance)
        e->instance->destroy(e->instance);
    e->instance = NULL;
    e->width = width;
    e->height = height;
    return e->codec->create_encoder(e->codec->context, &e->instance, width, height);
}

static int encode_frame(encoder *e, const qua_hub_job *job)
{
    int error = use_size(e, job->width, job->height);
    qua_frame *frame;

    if (error)
        return error;
    frame = qua_frame_pool_scale(e->scaled, job->frame, job->width, job->height);
    if (!frame)
        return QUA_ENOMEM;
    error = e->instance->encode(e->instance, frame, &job->params, on_encoded, e);
    qua_frame_unref(&frame);
    return error;
}

static void job_done(void *context)
{
    encoder *e = context;

    qua_frame_unref(&e->job.frame);
    if (e->hub)
        qua_hub_done(e->hub, os_now(), e->job.id, e->error, e->took_us);
}

static void encode(void *context, void *item)
{
    encoder *e = context;
    const qua_hub_job *job = item;
    const qua_time start = os_now();
    int error;

    e->error = 0;
    error = encode_frame(e, job);
    if (error)
        e->error = error;
    e->took_us = os_now() - start;
    engine_post(e->engine, job_done, e);
}

static void drop(void *context, void *item)
{
    (void)item;
    engine_post(((encoder *)context)->engine, job_done, context);
}

/* ---- on the loop --------------------------------------------------------------------------------------------- */

static void release(encoder *e)
{
    if (e->instance)
        e->instance->destroy(e->instance);
    for (slice *s; e->spare && (s = qua_spsc_pop(e->spare)) != NULL;)
        slice_free(s);
    qua_spsc_destroy(&e->spare);
    qua_frame_pool_destroy(&e->scaled);
    free(e);
}

int encoder_start(encoder **out, qua_engine *engine, qua_hub *hub, const qua_video_codec *codec)
{
    encoder *e = qua_zalloc(sizeof *e);

    if (!e)
        return QUA_ENOMEM;
    e->engine = engine;
    e->hub = hub;
    e->codec = codec;
    e->spare = qua_spsc_create(SPARE_SLICES);
    e->scaled = qua_frame_pool_create();
    if (!e->spare || !e->scaled ||
        worker_start(&e->worker, engine->loop, &engine->alive, "qua-encode", encode, e) != 0) {
        release(e);
        return QUA_ENOMEM;
    }
    *out = e;
    return 0;
}

const qua_video_codec *encoder_codec(const encoder *e)
{
    return e->codec;
}

void encoder_job(encoder *e, const qua_hub_job *job)
{
    const int error = (e->job = *job, worker_post(e->worker, &e->job));

    assert(error == 0); /* one at a time */
    (void)error;
}

static void on_ended(void *context)
{
    encoder *e = context;
    void (*fn)(void *) = e->ended;
    void *const fn_context = e->ended_context;

    release(e);
    fn(fn_context);
}

void encoder_end(encoder **encoder_pointer, void (*ended)(void *context), void *context)
{
    encoder *e = *encoder_pointer;

    *encoder_pointer = NULL;
    e->hub = NULL;
    e->ended = ended;
    e->ended_context = context;
    worker_end(&e->worker, drop, on_ended);
}
