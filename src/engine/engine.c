/* The engine: its loop thread, its executor, and the ways from other threads to the loop. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "engine/engine.h"
#include "srtp/srtp.h"

#define DATAGRAM_POOL 8192 /* most packets of a call in memory at once */

static _Thread_local const qua_engine *my_loop;      /* set on a loop thread */
static _Thread_local const qua_engine *handing_over; /* set while its executor is given a callback */

/* ---- references and posts ---------------------------------------------------------------------------------- */

qua_engine *engine_ref(qua_engine *engine)
{
    atomic_fetch_add(&engine->refs, 1);
    return engine;
}

void engine_unref(qua_engine *engine)
{
    if (atomic_fetch_sub(&engine->refs, 1) != 1)
        return;
    qua_pool_destroy(&engine->datagrams);
    os_cond_destroy(&engine->cond);
    os_mutex_destroy(&engine->mutex);
    free(engine);
}

void engine_post(qua_engine *engine, void (*fn)(void *context), void *context)
{
    if (atomic_load(&engine->dead) || os_loop_post(engine->loop, fn, context) != 0)
        fn(context);
}

typedef struct waited_call {
    qua_engine *engine;
    void (*fn)(void *context);
    void *context;
    bool done;
} waited_call;

static void run_waited(void *context)
{
    waited_call *w = context;
    qua_engine *const engine = w->engine;

    w->fn(w->context);
    os_mutex_lock(engine->mutex);
    w->done = true; /* `w` lives on the waiting thread's stack: not touched after the unlock */
    os_cond_broadcast(engine->cond);
    os_mutex_unlock(engine->mutex);
}

void engine_call(qua_engine *engine, void (*fn)(void *context), void *context)
{
    waited_call w = {engine, fn, context, false};

    if (my_loop == engine || atomic_load(&engine->dead)) {
        fn(context);
        return;
    }
    engine_post(engine, run_waited, &w);
    os_mutex_lock(engine->mutex);
    while (!w.done)
        os_cond_wait(engine->cond, engine->mutex);
    os_mutex_unlock(engine->mutex);
}

typedef struct notice {
    qua_engine *engine;
    void (*fn)(void *argument);
    void *argument;
} notice;

static void tell(void *argument)
{
    notice n = *(notice *)argument;

    free(argument);
    n.fn(n.argument);
    atomic_fetch_sub(&n.engine->notices, 1);
    engine_unref(n.engine);
}

static void tell_posted(void *argument)
{
    qua_engine *const engine = engine_ref(((notice *)argument)->engine);

    tell(argument);
    atomic_fetch_sub(&engine->posted_notices, 1);
    engine_unref(engine);
}

/* An executor that does it at once would have the app destroy what the loop is in the midst of: a turn later then. */
static void run_notice(void *argument)
{
    qua_engine *const engine = ((notice *)argument)->engine;

    if (handing_over != engine) {
        tell(argument);
        return;
    }
    atomic_fetch_add(&engine->posted_notices, 1);
    engine_post(engine, tell_posted, argument);
}

static void run_on_app_loop(void *context, void (*fn)(void *argument), void *argument)
{
    qua_engine *engine = context;

    if (os_loop_post(engine->app_loop, fn, argument) != 0)
        fn(argument);
}

void engine_notify(qua_engine *engine, void (*fn)(void *argument), void *argument)
{
    const qua_engine *const outer = handing_over;
    notice *n = malloc(sizeof *n);

    atomic_fetch_add(&engine->notices, 1);
    if (!n) { /* better here than never: it frees the argument */
        fn(argument);
        atomic_fetch_sub(&engine->notices, 1);
        return;
    }
    *n = (notice){engine_ref(engine), fn, argument};
    handing_over = engine;
    engine->executor.run(engine->executor.context, run_notice, n);
    handing_over = outer;
}

typedef struct chore {
    void (*fn)(void *context);
    void *context;
} chore;

static void run_chore(void *context, void *job)
{
    chore c = *(chore *)job;

    (void)context;
    free(job);
    c.fn(c.context);
}

void engine_chore(qua_engine *engine, void (*fn)(void *context), void *context)
{
    chore *c = malloc(sizeof *c);

    if (c)
        *c = (chore){fn, context};
    if (c && engine->janitor && worker_post(engine->janitor, c) == 0)
        return;
    free(c);
    fn(context);
}

/* ---- what connections are made of -------------------------------------------------------------------------- */

size_t engine_local_addresses(const qua_engine *engine, qua_addr *out, size_t capacity, bool *loopback_only)
{
    size_t n = QUA_MIN(engine->bind_ip_count, capacity), kept = 0;

    if (n > 0)
        memcpy(out, engine->bind_ips, n * sizeof *out);
    else
        n = os_interfaces(out, capacity, false);
    if (n == 0)
        n = os_interfaces(out, capacity, true);
    *loopback_only = true;
    for (size_t i = 0; i < n; i++) {
        if (out[i].family == QUA_IPV6 && qua_addr_is_link_local(&out[i]))
            continue; /* RFC 8445 §5.1.1.1: of no use beyond the link, and others cannot name its zone */
        *loopback_only = *loopback_only && qua_addr_is_loopback(&out[i]);
        out[kept++] = out[i];
    }
    return kept;
}

void engine_peer_config(qua_engine *engine, qua_peer_config *out, qua_dtls_identity *identity)
{
    qua_addr locals[ENGINE_LOCALS];
    bool loopback_only;

    *out = (qua_peer_config){.random = &engine->random,
                             .log = &engine->log,
                             .identity = identity,
                             .codecs = engine->codecs,
                             .codec_count = engine->codec_count,
                             .packets = engine->datagrams};
    engine_local_addresses(engine, locals, ENGINE_LOCALS, &loopback_only);
    out->allow_loopback = loopback_only;
}

/* ---- sinks --------------------------------------------------------------------------------------------------- */

sink *sink_ref(sink *s)
{
    s->refs++;
    return s;
}

void sink_unref(sink **s)
{
    sink *mine = *s;

    *s = NULL;
    if (mine && --mine->refs == 0)
        mine->destroy(mine);
}

/* ---- the loop ------------------------------------------------------------------------------------------------ */

static qua_time loop_deadline(const qua_engine *engine, qua_time now)
{
    qua_time deadline = engine->retired ? now + QUA_MS(10) : QUA_TIME_NEVER;

    for (const qua_call *c = engine->calls; c; c = call_next(c))
        deadline = QUA_MIN(deadline, call_deadline(c, now));
    for (const qua_pc *p = engine->pcs; p; p = pc_next(p))
        deadline = QUA_MIN(deadline, pc_deadline(p, now));
    for (const qua_video_source *s = engine->video_sources; s; s = video_source_next(s))
        deadline = QUA_MIN(deadline, video_source_deadline(s, now));
    return deadline;
}

static void on_network(void *context)
{
    ((qua_engine *)context)->network_changed = true;
}

void qua_engine_network_changed(qua_engine *engine)
{
    if (!engine->bind_ip_count)
        engine_post(engine, on_network, engine);
}

static void follow_network(qua_engine *engine, qua_time now)
{
    engine->network_changed = false;
    for (qua_call *c = engine->calls; c; c = call_next(c))
        call_network_changed(c, now);
    for (qua_pc *p = engine->pcs; p; p = pc_next(p))
        pc_network_changed(p, now);
}

static void serve(qua_engine *engine)
{
    const qua_time now = os_now();

    if (engine->network_changed)
        follow_network(engine, now);
    for (qua_audio_source *s = engine->audio_sources, *next; s; s = next) {
        next = audio_source_next(s);
        audio_source_serve(s, now);
    }
    for (qua_call *c = engine->calls, *next; c; c = next) {
        next = call_next(c);
        call_serve(c, now);
    }
    for (qua_pc *p = engine->pcs, *next; p; p = next) {
        next = pc_next(p);
        pc_serve(p, now);
    }
    for (qua_video_source *s = engine->video_sources; s; s = video_source_next(s))
        video_source_serve(s, now);
    voices_reap(engine);
}

/* The app's handles may outlive this; what they do then is nothing. */
static void end_all(qua_engine *engine)
{
    while (engine->calls)
        call_end(engine->calls);
    while (engine->pcs)
        pc_end(engine->pcs);
    for (qua_video_source *s = engine->video_sources; s; s = video_source_next(s))
        video_source_end(s);
    worker_end(&engine->janitor, run_chore, NULL); /* what waits is done still */
}

/* Callbacks that run on threads of ours may wait for the loop: they have it until the last one returned. */
static bool owes_callbacks(const qua_engine *engine)
{
    return (engine->app_thread && atomic_load(&engine->notices) > 0) || atomic_load(&engine->posted_notices) > 0;
}

static void run_loop(void *context)
{
    qua_engine *engine = context;

    my_loop = engine;
    /* who names addresses gets these alone; without a watch a change of network needs an ICE restart */
    if (!engine->bind_ip_count)
        (void)os_netwatch_start(&engine->netwatch, engine->loop, on_network, engine);
    while (!atomic_load(&engine->stopping)) {
        os_loop_run_once(engine->loop, loop_deadline(engine, os_now()));
        serve(engine);
    }
    os_netwatch_stop(&engine->netwatch);
    end_all(engine);
    while (engine->alive > 0 || engine->retired || owes_callbacks(engine)) {
        os_loop_run_once(engine->loop, os_now() + QUA_MS(10));
        end_all(engine); /* what a last callback made */
        voices_reap(engine);
    }
    my_loop = NULL;
}

static void run_app_loop(void *context)
{
    qua_engine *engine = context;

    while (!atomic_load(&engine->app_stopping))
        os_loop_run_once(engine->app_loop, QUA_TIME_NEVER);
}

/* ---- creation and end ------------------------------------------------------------------------------------------ */

static int configure(qua_engine *engine, const qua_engine_config *config)
{
    static const qua_engine_config defaults = {.log_level = QUA_LOG_WARNING};
    const qua_video_codec *const *builtin;
    const qua_engine_config *const c = config ? config : &defaults;
    const size_t builtin_count = qua_video_codecs_builtin(&builtin);

    engine->log = (qua_log){c->log, c->log_context, c->log_level, "engine"};
    engine->random = qua_crypto_random();
    engine->executor = c->executor;
    engine->codec_count = QUA_MIN(c->codec_count ? c->codec_count : builtin_count, QUA_PEER_CODECS);
    for (size_t i = 0; i < engine->codec_count; i++) {
        if (c->codec_count)
            engine->own_codecs[i] = c->codecs[i];
        engine->codecs[i] = c->codec_count ? &engine->own_codecs[i] : builtin[i];
    }
    for (size_t i = 0; i < c->bind_ip_count; i++) {
        if (engine->bind_ip_count == ENGINE_LOCALS ||
            qua_addr_parse(&engine->bind_ips[engine->bind_ip_count++], c->bind_ips[i], 0) != 0)
            return QUA_EINVAL;
    }
    return 0;
}

static int start_executor(qua_engine *engine)
{
    if (engine->executor.run)
        return 0;
    if (os_loop_create(&engine->app_loop) != 0 ||
        os_thread_start(&engine->app_thread, "qua-app", run_app_loop, engine) != 0)
        return QUA_EIO;
    engine->executor = (qua_executor){run_on_app_loop, engine};
    return 0;
}

static void stop_app_loop(void *context)
{
    atomic_store(&((qua_engine *)context)->app_stopping, true);
}

static void stop_executor(qua_engine *engine)
{
    if (engine->app_thread) {
        os_loop_post(engine->app_loop, stop_app_loop, engine); /* behind every callback that waits */
        os_thread_join(&engine->app_thread);
    }
    os_loop_destroy(&engine->app_loop);
}

static void prepare_ciphers(void *context)
{
    (void)context;
    qua_srtp_prepare();
}

static int start(qua_engine *engine)
{
    engine->datagrams = qua_pool_create(QUA_DATAGRAM_MAX, DATAGRAM_POOL);
    if (!engine->datagrams || os_mutex_create(&engine->mutex) != 0 || os_cond_create(&engine->cond) != 0)
        return QUA_ENOMEM;
    if (os_loop_create(&engine->loop) != 0 || start_executor(engine) != 0)
        return QUA_EIO;
    if (worker_start(&engine->janitor, engine->loop, &engine->alive, "qua-janitor", run_chore, engine) != 0)
        return QUA_ENOMEM;
    engine_chore(engine, prepare_ciphers, NULL);
    return os_thread_start(&engine->thread, "qua-loop", run_loop, engine);
}

static void stop(qua_engine *engine)
{
    if (engine->thread) {
        atomic_store(&engine->stopping, true);
        os_loop_wake(engine->loop);
        os_thread_join(&engine->thread);
    } else if (engine->loop) { /* creation failed half-way: end here what was begun */
        atomic_store(&engine->stopping, true);
        run_loop(engine);
    }
    if (engine->loop) {
        my_loop = engine;
        os_loop_run_once(engine->loop, 0); /* the last posts */
        my_loop = NULL;
    }
    atomic_store(&engine->dead, true);
    os_loop_destroy(&engine->loop);
    stop_executor(engine);
}

int qua_engine_create(qua_engine **out, const qua_engine_config *config)
{
    qua_engine *engine = qua_zalloc(sizeof *engine);
    int error;

    if (!engine)
        return QUA_ENOMEM;
    atomic_init(&engine->refs, 1);
    engine->mix_gain = 1;
    error = configure(engine, config);
    if (!error)
        error = start(engine);
    if (error) {
        stop(engine);
        engine_unref(engine);
        return error;
    }
    *out = engine;
    return 0;
}

void qua_engine_destroy(qua_engine **engine)
{
    qua_engine *e = *engine;

    *engine = NULL;
    if (!e)
        return;
    stop(e);
    engine_unref(e);
}
