/*
 * One participant: an engine, the devices that feed and drain it, and its call.
 *
 * Threads: events come on the engine's executor, pictures on decoders' threads, sound on the loudspeaker's. Remotes
 * are added under the mutex and never removed, so that the loudspeaker's thread finds them without a lock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

#define REMOTES_MAX   32   /* over the whole call; later ones are seen and heard, but not in the table */
#define DELAYS_MAX    2000 /* ms */
#define LEAVE_SECONDS 2
#define ROWS_PER_SEAT 2

typedef struct remote {
    char id[QUA_ID_SIZE], name[QUA_ID_SIZE + 1];
    qua_time came;                       /* when it was heard of */
    bool here, lost;                     /* under the mutex */
    qua_frame *newest;                   /* under the mutex */
    _Atomic uint64_t pictures, sounds;   /* decoded */
    _Atomic uint32_t delays[DELAYS_MAX]; /* capture to decoded, by milliseconds */
    qua_pc_stats last;                   /* the newest snapshot; the main thread's */
} remote;

struct seat {
    char name[QUA_ID_SIZE + 1], url[256];
    bool announce;
    qua_engine *engine;
    qua_video_source *video;
    qua_audio_source *audio;
    qua_camera *camera;
    qua_microphone *microphone;
    qua_speaker *speaker;
    qua_recorder *recorder;
    qua_call *call;
    qua_time started; /* when joining began */

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    qua_call_state state;
    bool joined_once;
    char reason[512];
    qua_frame *own; /* the newest picture of the camera */
    remote remotes[REMOTES_MAX];
    atomic_size_t remote_count;
};

/* ---- remotes ----------------------------------------------------------------------------------------------- */

static remote *find_remote(seat *s, const char *id)
{
    const size_t count = atomic_load_explicit(&s->remote_count, memory_order_acquire);

    for (size_t i = 0; i < count; i++)
        if (strcmp(s->remotes[i].id, id) == 0)
            return &s->remotes[i];
    return NULL;
}

/* Under the mutex. */
static remote *add_remote(seat *s, const qua_participant *participant)
{
    const size_t count = atomic_load(&s->remote_count);
    remote *r = find_remote(s, participant->id);

    if (!r && count < REMOTES_MAX) {
        r = &s->remotes[count];
        snprintf(r->id, sizeof r->id, "%s", participant->id);
        snprintf(r->name, sizeof r->name, "%s", participant->name);
        r->came = qua_device_now();
        r->last.rtt_us = r->last.in.delay_us = -1;
        atomic_store_explicit(&s->remote_count, count + 1, memory_order_release);
    }
    if (r)
        r->here = true;
    return r;
}

/* ---- what the engine tells -------------------------------------------------------------------------------- */

/* Under the mutex. */
static void set_reason(seat *s, const char *reason, int error)
{
    char safe[128];

    cli_safe(safe, sizeof safe, reason && reason[0] ? reason : qua_strerror(error));
    if (!s->joined_once && error == QUA_EIO)
        snprintf(s->reason, sizeof s->reason, "%s; is quartetd running at %s?", safe, s->url);
    else
        snprintf(s->reason, sizeof s->reason, "%s", safe);
}

static void on_state(void *context, qua_call_state state, int error, const char *reason)
{
    seat *s = context;
    const bool lost = state == QUA_CALL_RECONNECTING;

    pthread_mutex_lock(&s->mutex);
    if (state == QUA_CALL_ENDED)
        set_reason(s, reason, error);
    s->state = state;
    s->joined_once |= state == QUA_CALL_JOINED;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    if (s->announce && state == QUA_CALL_JOINED)
        cli_say("in the room as %s", s->name);
    if (s->announce && lost)
        cli_say("the server is lost; the call goes on while it is looked for");
    cli_wake();
}

static void on_joined(void *context, const qua_participant *participant)
{
    seat *s = context;
    char name[QUA_ID_SIZE + 1];

    pthread_mutex_lock(&s->mutex);
    add_remote(s, participant);
    pthread_mutex_unlock(&s->mutex);
    if (s->announce)
        cli_say("%s joined", cli_safe(name, sizeof name, participant->name));
    cli_wake();
}

static void on_left(void *context, const qua_participant *participant, const char *reason)
{
    seat *s = context;
    char name[QUA_ID_SIZE + 1], why[128];
    remote *r;

    pthread_mutex_lock(&s->mutex);
    r = find_remote(s, participant->id);
    if (r) {
        r->here = false;
        qua_frame_unref(&r->newest);
    }
    pthread_mutex_unlock(&s->mutex);
    if (s->announce)
        cli_say("%s left: %s", cli_safe(name, sizeof name, participant->name),
                cli_safe(why, sizeof why, reason ? reason : ""));
    cli_wake();
}

/* A process that died says no goodbye: its connection stops answering long before the server gives up its seat. */
static void on_changed(void *context, const qua_participant *participant)
{
    seat *s = context;
    const bool answers = participant->connection == QUA_CONNECTION_CONNECTED;
    const bool silent =
        participant->connection == QUA_CONNECTION_DISCONNECTED || participant->connection == QUA_CONNECTION_FAILED;
    char name[QUA_ID_SIZE + 1];
    bool changed = false;
    remote *r;

    pthread_mutex_lock(&s->mutex);
    r = find_remote(s, participant->id);
    if (r && (answers || silent)) {
        changed = r->lost != silent;
        r->lost = silent;
    }
    pthread_mutex_unlock(&s->mutex);
    if (changed && s->announce)
        cli_say(silent ? "%s is lost: nothing comes any more" : "%s is back",
                cli_safe(name, sizeof name, participant->name));
}

static void on_chat(void *context, const qua_participant *from, const char *text)
{
    seat *s = context;
    char name[QUA_ID_SIZE + 1], safe[1024];

    if (s->announce)
        cli_say("%s: %s", cli_safe(name, sizeof name, from->name), cli_safe(safe, sizeof safe, text));
}

static void note_delay(remote *r, qua_time captured, qua_time decoded)
{
    const qua_time ms = (decoded - captured) / 1000;

    if (captured && ms >= 0 && ms < DELAYS_MAX)
        atomic_fetch_add_explicit(&r->delays[ms], 1, memory_order_relaxed);
}

/* How long a person waits: from the start of joining, or from the coming of who joins later. */
static void announce_first(const seat *s, const remote *r, qua_time decoded)
{
    const qua_time since = r->came - s->started < QUA_SECONDS(1) ? s->started : r->came;
    char name[QUA_ID_SIZE + 1];

    if (s->announce)
        cli_say("%s is seen, after %.0f ms", cli_safe(name, sizeof name, r->name), (double)(decoded - since) / 1000);
}

static void on_video(void *context, const qua_participant *participant, qua_frame *frame, qua_time decoded)
{
    seat *s = context;
    qua_frame *old = NULL;
    remote *r;

    if (s->recorder)
        qua_recorder_video(s->recorder, participant->id, participant->name, frame, decoded);
    pthread_mutex_lock(&s->mutex);
    r = add_remote(s, participant);
    if (r) {
        old = r->newest;
        r->newest = qua_frame_ref(frame);
    }
    pthread_mutex_unlock(&s->mutex);
    qua_frame_unref(&old);
    if (!r)
        return;
    if (atomic_fetch_add_explicit(&r->pictures, 1, memory_order_relaxed) == 0)
        announce_first(s, r, decoded);
    note_delay(r, frame->captured, decoded);
}

static void on_audio(void *context, const char *participant_id, const int16_t pcm[480], bool concealed)
{
    remote *r = find_remote(context, participant_id);

    (void)pcm;
    if (r && !concealed)
        atomic_fetch_add_explicit(&r->sounds, 1, memory_order_relaxed);
}

/* ---- what the devices tell --------------------------------------------------------------------------------- */

static void on_camera(void *context, qua_frame *frame)
{
    seat *s = context;
    qua_frame *old;

    qua_video_source_push(s->video, frame);
    pthread_mutex_lock(&s->mutex);
    old = s->own;
    s->own = qua_frame_ref(frame);
    pthread_mutex_unlock(&s->mutex);
    qua_frame_unref(&old);
}

static void on_camera_end(void *context, const char *reason)
{
    (void)context;
    cli_say("the camera ended (%s); the call goes on without picture", reason);
}

static void on_microphone(void *context, const int16_t pcm[480], qua_time captured)
{
    qua_audio_source_push(((seat *)context)->audio, pcm, captured);
}

static void on_pull(void *context, int16_t out[480])
{
    seat *s = context;

    qua_engine_pull_audio(s->engine, out);
    if (s->recorder)
        qua_recorder_audio(s->recorder, out);
}

/* ---- opening ----------------------------------------------------------------------------------------------- */

static int device_failed(const qua_device_error *why)
{
    cli_complain("%s", why->text);
    return CLI_DEVICE;
}

static int engine_failed(const char *what, int error)
{
    cli_complain("%s could not be made: %s", what, qua_strerror(error));
    return CLI_CALL_FAILED;
}

static int open_camera(seat *s, const seat_config *config)
{
    const qua_video_limits limits = {.max_bitrate_bps = config->max_bitrate_bps};
    const qua_camera_config camera = {.spec = config->camera,
                                      .width = config->width,
                                      .height = config->height,
                                      .fps = config->fps,
                                      .ping_pong = config->ping_pong,
                                      .frame = on_camera,
                                      .ended = on_camera_end,
                                      .context = s};
    qua_device_error why = {{0}};
    int error;

    if (strcmp(config->camera, "none") == 0)
        return 0;
    error = qua_video_source_create(&s->video, s->engine);
    if (error)
        return engine_failed("the video source", error);
    qua_video_source_set_limits(s->video, &limits);
    return qua_camera_open(&s->camera, &camera, &why) ? device_failed(&why) : 0;
}

static int open_microphone(seat *s, const seat_config *config)
{
    const qua_microphone_config microphone = {config->microphone, on_microphone, s};
    qua_device_error why = {{0}};
    int error;

    if (strcmp(config->microphone, "none") == 0)
        return 0;
    error = qua_audio_source_create(&s->audio, s->engine);
    if (error)
        return engine_failed("the audio source", error);
    return qua_microphone_open(&s->microphone, &microphone, &why) ? device_failed(&why) : 0;
}

static int open_output(seat *s, const seat_config *config)
{
    const qua_speaker_config speaker = {config->speaker, on_pull, s};
    qua_device_error why = {{0}};

    if (config->record && qua_recorder_create(&s->recorder, config->record, &why) != 0)
        return device_failed(&why);
    return qua_speaker_open(&s->speaker, &speaker, &why) ? device_failed(&why) : 0;
}

static int join_room(seat *s, const char *url)
{
    const qua_call_config config = {.url = url,
                                    .name = s->name,
                                    .video = s->video,
                                    .audio = s->audio,
                                    .events = {.state = on_state,
                                               .participant_joined = on_joined,
                                               .participant_changed = on_changed,
                                               .participant_left = on_left,
                                               .video = on_video,
                                               .audio = on_audio,
                                               .chat = on_chat},
                                    .context = s};
    int error;

    s->started = qua_device_now();
    error = qua_call_join(&s->call, s->engine, &config);
    if (error == QUA_EINVAL)
        cli_complain("\"%s\" is not the address of a room; it looks like ws://127.0.0.1:8433/room", url);
    else if (error)
        cli_complain("no call: %s", qua_strerror(error));
    return error ? CLI_CALL_FAILED : 0;
}

static void on_log(void *context, qua_log_level level, const char *line)
{
    (void)level;
    cli_complain("%s: %s", ((const seat *)context)->name, line);
}

int seat_open(seat **out, const seat_config *config)
{
    seat *s = calloc(1, sizeof *s);
    int error;

    if (!s)
        return engine_failed("a participant", QUA_ENOMEM);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    snprintf(s->name, sizeof s->name, "%s", config->name);
    cli_safe(s->url, sizeof s->url, config->url);
    s->announce = config->announce;
    error = qua_engine_create(
        &s->engine,
        &(qua_engine_config){.log = config->verbose ? on_log : NULL, .log_context = s, .log_level = QUA_LOG_INFO});
    if (error)
        error = engine_failed("the engine", error);
    if (!error)
        error = open_camera(s, config);
    if (!error)
        error = open_microphone(s, config);
    if (!error)
        error = open_output(s, config);
    if (!error)
        error = join_room(s, config->url);
    if (error)
        seat_close(&s);
    else
        *out = s;
    return error;
}

/* ---- closing ----------------------------------------------------------------------------------------------- */

static void leave(seat *s)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LEAVE_SECONDS;
    if (qua_call_leave(s->call) != 0)
        return;
    pthread_mutex_lock(&s->mutex);
    while (s->state != QUA_CALL_ENDED)
        if (pthread_cond_timedwait(&s->changed, &s->mutex, &until) != 0)
            break;
    pthread_mutex_unlock(&s->mutex);
}

static void close_recorder(seat *s)
{
    uint64_t dropped = 0;

    qua_recorder_destroy(&s->recorder, &dropped);
    if (dropped)
        cli_complain("the disk was too slow: %llu pictures and blocks of sound are missing in the recording",
                     (unsigned long long)dropped);
}

void seat_close(seat **seat_pointer)
{
    seat *s = *seat_pointer;

    *seat_pointer = NULL;
    if (!s)
        return;
    if (s->call)
        leave(s);
    /* first those who call in, then what they call */
    qua_camera_close(&s->camera);
    qua_microphone_close(&s->microphone);
    if (s->call)
        qua_call_destroy(&s->call);
    qua_speaker_close(&s->speaker);
    close_recorder(s);
    if (s->video)
        qua_video_source_destroy(&s->video);
    if (s->audio)
        qua_audio_source_destroy(&s->audio);
    if (s->engine)
        qua_engine_destroy(&s->engine);
    for (size_t i = 0; i < atomic_load(&s->remote_count); i++)
        qua_frame_unref(&s->remotes[i].newest);
    qua_frame_unref(&s->own);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

/* ---- looking ----------------------------------------------------------------------------------------------- */

bool seat_ended(seat *s, const char **reason)
{
    bool ended;

    pthread_mutex_lock(&s->mutex);
    ended = s->state == QUA_CALL_ENDED;
    *reason = s->reason;
    pthread_mutex_unlock(&s->mutex);
    return ended;
}

const char *seat_name(const seat *s)
{
    return s->name;
}

qua_frame *seat_picture(seat *s, int width, int height)
{
    qua_frame *frames[QUA_MAX_PARTICIPANTS] = {NULL}, *grid;
    size_t count = 1;

    pthread_mutex_lock(&s->mutex);
    if (s->own)
        frames[0] = qua_frame_ref(s->own);
    for (size_t i = 0; i < atomic_load(&s->remote_count) && count < QUA_MAX_PARTICIPANTS; i++)
        if (s->remotes[i].here && !s->remotes[i].lost)
            frames[count++] = s->remotes[i].newest ? qua_frame_ref(s->remotes[i].newest) : NULL;
    pthread_mutex_unlock(&s->mutex);
    grid = qua_picture_grid(frames, count, width, height);
    for (size_t i = 0; i < count; i++)
        qua_frame_unref(&frames[i]);
    return grid;
}

/* The delay that a part of all pictures kept, in the middle of its millisecond; -1 without any. */
static double delay_quantile(const remote *r, double part)
{
    uint64_t total = 0, below = 0;

    for (size_t i = 0; i < DELAYS_MAX; i++)
        total += atomic_load_explicit(&r->delays[i], memory_order_relaxed);
    if (!total)
        return -1;
    for (size_t i = 0; i < DELAYS_MAX; i++) {
        below += atomic_load_explicit(&r->delays[i], memory_order_relaxed);
        if ((double)below >= part * (double)total)
            return (double)i + 0.5;
    }
    return DELAYS_MAX;
}

static void set_stats(link_row *row, const qua_link_stats *stats, qua_time rtt_us)
{
    snprintf(row->codec, sizeof row->codec, "%s", stats->codec);
    row->width = stats->width;
    row->height = stats->height;
    row->fps = stats->fps;
    row->kbps = stats->bitrate_bps / 1000;
    row->loss = stats->loss;
    row->rtt_ms = rtt_us < 0 ? -1 : (double)rtt_us / 1000;
    row->delay_ms = row->delay_p50_ms = row->delay_p95_ms = -1;
}

static void refresh(seat *s)
{
    qua_call_link links[QUA_MAX_PARTICIPANTS];
    const size_t count = qua_call_get_stats(s->call, links, CLI_COUNT(links));

    for (size_t i = 0; i < count; i++) {
        remote *r = find_remote(s, links[i].participant.id);

        if (r)
            r->last = links[i].stats;
    }
}

static bool is_here(seat *s, const remote *r)
{
    bool here;

    pthread_mutex_lock(&s->mutex);
    here = r->here;
    pthread_mutex_unlock(&s->mutex);
    return here;
}

size_t seat_links(seat *s, link_row *out, size_t capacity)
{
    const size_t remotes = atomic_load(&s->remote_count);
    size_t count = 0;

    refresh(s);
    for (size_t i = 0; i < remotes && count + ROWS_PER_SEAT <= capacity; i++) {
        const remote *r = &s->remotes[i];
        const bool here = is_here(s, r);
        link_row in = {.inbound = true, .here = here}, away = {.inbound = false, .here = here};

        set_stats(&in, &r->last.in, r->last.rtt_us);
        snprintf(in.from, sizeof in.from, "%s", r->name);
        snprintf(in.to, sizeof in.to, "%s", s->name);
        in.delay_ms = r->last.in.delay_us < 0 ? -1 : (double)r->last.in.delay_us / 1000;
        in.delay_p50_ms = delay_quantile(r, 0.5);
        in.delay_p95_ms = delay_quantile(r, 0.95);
        in.pictures = atomic_load(&r->pictures);
        in.sounds = atomic_load(&r->sounds);
        set_stats(&away, &r->last.out, r->last.rtt_us);
        snprintf(away.from, sizeof away.from, "%s", s->name);
        snprintf(away.to, sizeof away.to, "%s", r->name);
        out[count++] = in;
        out[count++] = away;
    }
    return count;
}
