/*
 * quartet peer: one endpoint as a process. Commands and signalling come as JSON lines on stdin and go out on stdout;
 * the camera is a FIFO of raw pictures, received pictures go to files or FIFOs.
 *
 * Threads: the main thread reads stdin; the engine's executor calls back with descriptions and candidates; decoders'
 * threads write pictures. Links are added under the mutex and never removed.
 */
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "echo.h"
#include "outlet.h"

#define LINKS_OF_PEER_MAX 16
#define LINE_MAX_BYTES    (1 << 20)
#define EARLY_MAX         64 /* candidates that came before the description */

static const char usage[] =
    "usage: quartet peer    (no options: the environment says what to do)\n"
    "\n"
    "One endpoint with a connection to each named peer and one video encoder, for labs and scripts. JSON, an object a\n"
    "line, on stdin and stdout; this is a stable interface:\n"
    "\n"
    "  out {\"ev\":\"ready\"}                                  once, when it can take a call\n"
    "  in  {\"cmd\":\"start\",\"call\":[\"b\"],\"peers\":[\"b\"]}      start the camera, call those in \"call\"\n"
    "  out {\"to\":\"b\",\"sdp\":{\"type\":\"offer\",\"sdp\":\"...\"}}   to be carried to b, and to arrive there as\n"
    "  in  {\"from\":\"a\",\"sdp\":{...}}                        ... this; answers alike\n"
    "  out {\"to\":\"b\",\"ice\":{\"candidate\":\"...\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}    alike\n"
    "  out {\"ev\":\"described\",\"peer\":\"b\",\"t\":T}             b's description is in\n"
    "  out {\"ev\":STATE,\"peer\":\"b\",\"t\":T}                   connecting, connected, disconnected, failed, "
    "closed\n"
    "  out {\"ev\":\"first-frame\",\"from\":\"b\",\"t\":T}           the first decoded picture; T: monotonic us\n"
    "  out {\"ev\":\"echoed\",\"peer\":\"b\"}                    LAB_DATA: all came back on our data channel\n"
    "  out {\"ev\":\"echo-closed\",\"peer\":\"a\"}               LAB_DATA: b closed the channel on which we echoed\n"
    "  out {\"ev\":\"error\",\"e\":\"...\"}                        something went wrong; it goes on\n"
    "  in  {\"cmd\":\"stats\"}                                 out {\"ev\":\"stats\",\"t\":T,\"stats\":{\"b\":[...]}}\n"
    "  in  {\"cmd\":\"stop\"}                                  end; so does the end of stdin\n"
    "\n"
    "environment:\n"
    "  LAB_IP              the local address to use (default: every interface)\n"
    "  LAB_W, LAB_H        size of the camera's pictures (default 640, 360)\n"
    "  LAB_FPS             their rate, for the encoder (default 30)\n"
    "  LAB_SEND, LAB_RECV  0: do not send, do not receive (default 1)\n"
    "  LAB_CAMERA          FIFO or file of raw I420 pictures, or a camera as of `quartet join --camera`\n"
    "  LAB_CODEC           the only video codec to offer, e.g. VP8 (default: all, by preference)\n"
    "  LAB_OUTPUT          where received pictures go, % stands for the peer's name: before each picture 32 bytes,\n"
    "                      \"VFR1\", u32 width, u32 height, u32 1, i64 0, u32 0xffffffff, u32 0, then I420\n"
    "  LAB_DATA            1: those who call open a data channel and send messages, those called send them back\n"
    "  LAB_MIC             microphone as of `quartet join --mic` (default: no sound)\n"
    "  LAB_SOUND           where received sound goes, % as above: 16-bit little-endian samples, 48 kHz, mono\n"
    "\n"
    "exit codes: 0 told to stop, 2 wrong usage, 3 the camera or microphone could not be used\n";

typedef struct candidate {
    char *line, *mid;
    int mline_index;
} candidate;

/* The connection to one peer. */
typedef struct peer_link {
    struct peer *peer;
    char id[QUA_ID_SIZE];
    qua_pc *pc;
    bool described; /* main thread and executor, under the peer's mutex, as what follows */
    candidate early[EARLY_MAX];
    size_t early_count;
    echo *ours, *theirs;    /* data channels: of the main thread, of the executor */
    bool seen;              /* decoder's thread */
    outlet pictures, sound; /* of a decoder's and of the loudspeaker's thread */
} peer_link;

typedef struct peer {
    const char *ip, *camera_spec, *codec_name, *output, *sound_output, *microphone_spec;
    int width, height;
    double fps;
    bool sends, receives, echoes;
    qua_engine *engine;
    qua_video_source *video;
    qua_audio_source *audio;
    qua_camera *camera;
    qua_microphone *microphone;
    qua_speaker *speaker;
    pthread_mutex_t mutex;
    peer_link *links[LINKS_OF_PEER_MAX];
    size_t link_count;
    bool failed;
} peer;

/* ---- saying ------------------------------------------------------------------------------------------------ */

/* Takes `message`. One write a line, so that lines of several threads do not mix. */
static void say(json_t *message)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

    if (text) {
        flockfile(stdout);
        fputs(text, stdout);
        fputc('\n', stdout);
        fflush(stdout);
        funlockfile(stdout);
    }
    free(text);
    json_decref(message);
}

static void say_error(const char *what, const char *why)
{
    say(json_pack("{s:s, s:o}", "ev", "error", "e", json_sprintf("%s: %s", what, why)));
}

/* ---- negotiation ------------------------------------------------------------------------------------------- */

static void say_description(const peer_link *link, const char *type, int error, const char *sdp, const char *message)
{
    if (error)
        say_error(type, message && message[0] ? message : qua_strerror(error));
    else
        say(json_pack("{s:s, s:{s:s, s:s}}", "to", link->id, "sdp", "type", type, "sdp", sdp));
}

static void on_offer_made(void *context, int error, const char *sdp, const char *message)
{
    say_description(context, "offer", error, sdp, message);
}

static void on_answer_made(void *context, int error, const char *sdp, const char *message)
{
    say_description(context, "answer", error, sdp, message);
}

static void on_candidate_taken(void *context, int error, const char *sdp, const char *message)
{
    (void)context, (void)sdp;
    if (error)
        say_error("candidate", message && message[0] ? message : qua_strerror(error));
}

static void add_candidate(peer_link *link, const char *line, const char *mid, int mline_index)
{
    const qua_candidate c = {line, mid, mline_index, NULL};

    qua_pc_add_ice_candidate(link->pc, &c, on_candidate_taken, link);
}

/* The description is in: what came before it counts now. */
static void flush_early(peer_link *link)
{
    pthread_mutex_lock(&link->peer->mutex);
    link->described = true;
    pthread_mutex_unlock(&link->peer->mutex);
    for (size_t i = 0; i < link->early_count; i++) {
        add_candidate(link, link->early[i].line, link->early[i].mid, link->early[i].mline_index);
        free(link->early[i].line);
        free(link->early[i].mid);
    }
    link->early_count = 0;
}

static bool described(peer_link *link, int error, const char *message)
{
    if (error) {
        say_error("description", message && message[0] ? message : qua_strerror(error));
        return false;
    }
    flush_early(link);
    say(json_pack("{s:s, s:s, s:I}", "ev", "described", "peer", link->id, "t", (json_int_t)qua_device_now()));
    return true;
}

static void add_media(peer_link *link);

static void on_answer_taken(void *context, int error, const char *sdp, const char *message)
{
    (void)sdp;
    described(context, error, message);
}

static void on_offer_taken(void *context, int error, const char *sdp, const char *message)
{
    peer_link *link = context;

    (void)sdp;
    if (!described(link, error, message))
        return;
    add_media(link);
    qua_pc_set_local_description(link->pc, NULL, on_answer_made, link);
}

/* ---- what connections tell --------------------------------------------------------------------------------- */

static void on_connection(void *context, qua_connection_state state)
{
    static const char *const names[] = {"new", "connecting", "connected", "disconnected", "failed", "closed"};
    const peer_link *link = context;

    say(json_pack("{s:s, s:s, s:I}", "ev", names[state], "peer", link->id, "t", (json_int_t)qua_device_now()));
}

static void on_ice(void *context, const qua_candidate *c)
{
    const peer_link *link = context;

    if (c->candidate[0]) /* the end of candidates is not part of the contract */
        say(json_pack("{s:s, s:{s:s, s:s, s:i}}", "to", link->id, "ice", "candidate", c->candidate, "sdpMid",
                      c->mid ? c->mid : "0", "sdpMLineIndex", c->mline_index < 0 ? 0 : c->mline_index));
}

static void on_video(void *context, int transceiver, qua_frame *frame, qua_time decoded)
{
    peer_link *link = context;

    (void)transceiver;
    outlet_picture(&link->pictures, frame);
    if (link->seen)
        return;
    link->seen = true;
    say(json_pack("{s:s, s:s, s:I}", "ev", "first-frame", "from", link->id, "t", (json_int_t)decoded));
}

static void on_audio(void *context, int transceiver, const int16_t pcm[480], bool concealed)
{
    (void)transceiver, (void)concealed;
    outlet_sound(&((peer_link *)context)->sound, pcm);
}

/* ---- data -------------------------------------------------------------------------------------------------- */

static void say_echo(const peer_link *link, const char *event, const char *problem)
{
    if (problem)
        say_error("data channel", problem);
    else
        say(json_pack("{s:s, s:s}", "ev", event, "peer", link->id));
}

static void on_echoed(void *context, const char *problem)
{
    say_echo(context, "echoed", problem);
}

static void on_echo_closed(void *context, const char *problem)
{
    say_echo(context, "echo-closed", problem);
}

static void on_data_channel(void *context, qua_data_channel *channel)
{
    peer_link *link = context;

    if (link->theirs)
        qua_data_channel_destroy(&channel);
    else
        link->theirs = echo_answer(channel, on_echo_closed, link);
}

/* ---- links ------------------------------------------------------------------------------------------------- */

static void add_media(peer_link *link)
{
    const peer *p = link->peer;

    if (p->video)
        qua_pc_add_track(link->pc, QUA_VIDEO, p->video, NULL, "lab", "camera");
    if (p->audio)
        qua_pc_add_track(link->pc, QUA_AUDIO, NULL, p->audio, "lab", "microphone");
}

static void free_link(peer_link *link)
{
    if (link->pc)
        qua_pc_destroy(&link->pc);
    echo_destroy(&link->ours);
    echo_destroy(&link->theirs);
    for (size_t i = 0; i < link->early_count; i++) {
        free(link->early[i].line);
        free(link->early[i].mid);
    }
    outlet_close(&link->pictures);
    outlet_close(&link->sound);
    free(link);
}

static peer_link *find_link(const peer *p, const char *id)
{
    for (size_t i = 0; i < p->link_count; i++)
        if (strcmp(p->links[i]->id, id) == 0)
            return p->links[i];
    return NULL;
}

static peer_link *make_link(peer *p, const char *id)
{
    const qua_pc_events events = {.connection_state = on_connection,
                                  .ice_candidate = on_ice,
                                  .data_channel = p->echoes ? on_data_channel : NULL,
                                  .video = on_video,
                                  .audio = on_audio};
    peer_link *link;

    if (p->link_count == LINKS_OF_PEER_MAX || strlen(id) >= QUA_ID_SIZE || !id[0]) {
        say_error("peer", "too many, or a bad name");
        return NULL;
    }
    link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->peer = p;
    snprintf(link->id, sizeof link->id, "%s", id);
    outlet_init(&link->pictures, p->receives ? p->output : NULL, id);
    outlet_init(&link->sound, p->receives ? p->sound_output : NULL, id);
    if (qua_pc_create(&link->pc, p->engine, &(qua_pc_config){.events = events, .context = link}) != 0) {
        say_error("peer", "no connection could be made");
        free_link(link);
        return NULL;
    }
    p->links[p->link_count++] = link;
    return link;
}

static peer_link *link_of(peer *p, const char *id)
{
    peer_link *link = find_link(p, id);

    return link ? link : make_link(p, id);
}

static void call_peer(peer *p, const char *id)
{
    peer_link *link = link_of(p, id);

    if (!link)
        return;
    add_media(link);
    if (p->echoes && !link->ours)
        link->ours = echo_call(link->pc, on_echoed, link);
    if (!p->video && p->receives)
        qua_pc_add_transceiver(link->pc, QUA_VIDEO, QUA_DIRECTION_RECVONLY, NULL, NULL, "", "");
    if (!p->audio && p->receives && p->sound_output)
        qua_pc_add_transceiver(link->pc, QUA_AUDIO, QUA_DIRECTION_RECVONLY, NULL, NULL, "", "");
    qua_pc_set_local_description(link->pc, NULL, on_offer_made, link);
}

/* ---- camera and sound -------------------------------------------------------------------------------------- */

static void on_frame(void *context, qua_frame *frame)
{
    qua_video_source_push(((peer *)context)->video, frame);
}

static void on_block(void *context, const int16_t pcm[480], qua_time captured)
{
    qua_audio_source_push(((peer *)context)->audio, pcm, captured);
}

static void on_pull(void *context, int16_t out[480])
{
    qua_engine_pull_audio(((peer *)context)->engine, out);
}

static void start_camera(peer *p)
{
    char spec[4096];
    /* a bare path is raw pictures, as labs give them */
    const bool named = strcmp(p->camera_spec, "pattern") == 0 || strchr(p->camera_spec, ':') ||
                       strncmp(p->camera_spec, "/dev/video", 10) == 0;
    qua_camera_config config = {.spec = spec, .width = p->width, .height = p->height, .frame = on_frame, .context = p};
    qua_device_error why = {{0}};

    if (p->camera)
        return;
    snprintf(spec, sizeof spec, "%s%s", named ? "" : "i420:", p->camera_spec);
    config.fps = p->fps;
    if (qua_camera_open(&p->camera, &config, &why) != 0) {
        say_error("camera", why.text);
        p->failed = true;
    }
}

static void start_sound(peer *p)
{
    const qua_microphone_config microphone = {p->microphone_spec, on_block, p};
    const qua_speaker_config speaker = {"null", on_pull, p};
    qua_device_error why = {{0}};

    if (p->speaker || (!p->audio && !p->sound_output))
        return;
    if ((p->audio && qua_microphone_open(&p->microphone, &microphone, &why) != 0) ||
        qua_speaker_open(&p->speaker, &speaker, &why) != 0) {
        say_error("sound", why.text);
        p->failed = true;
    }
}

/* ---- commands ---------------------------------------------------------------------------------------------- */

static void start(peer *p, const json_t *message)
{
    const json_t *call = json_object_get(message, "call"), *name;
    size_t i;

    if (p->video)
        start_camera(p);
    start_sound(p);
    json_array_foreach(call, i, name)
    {
        if (json_is_string(name))
            call_peer(p, json_string_value(name));
    }
}

static void take_description(peer *p, const char *from, const json_t *sdp)
{
    const char *type = json_string_value(json_object_get(sdp, "type"));
    const char *text = json_string_value(json_object_get(sdp, "sdp"));
    const bool offer = type && strcmp(type, "offer") == 0;
    const qua_description description = {offer ? QUA_SDP_OFFER : QUA_SDP_ANSWER, text};
    peer_link *link = type && text ? link_of(p, from) : NULL;

    if (link)
        qua_pc_set_remote_description(link->pc, &description, offer ? on_offer_taken : on_answer_taken, link);
}

static void take_candidate(peer *p, const char *from, const json_t *ice)
{
    const char *line = json_string_value(json_object_get(ice, "candidate"));
    const char *mid = json_string_value(json_object_get(ice, "sdpMid"));
    const json_t *index = json_object_get(ice, "sdpMLineIndex");
    const int mline_index = json_is_integer(index) ? (int)json_integer_value(index) : -1;
    peer_link *link = line ? link_of(p, from) : NULL;
    bool now;

    if (!link)
        return;
    pthread_mutex_lock(&p->mutex);
    now = link->described;
    if (!now && link->early_count < EARLY_MAX)
        link->early[link->early_count++] = (candidate){strdup(line), mid ? strdup(mid) : NULL, mline_index};
    pthread_mutex_unlock(&p->mutex);
    if (now)
        add_candidate(link, line, mid, mline_index);
}

static json_t *stats_of(const char *type, const qua_link_stats *s, const qua_pc_stats *all)
{
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:I, s:f, s:I}", "type",
        type, "encoderImplementation", s->codec, "codec", s->codec, "frameWidth", s->width, "frameHeight", s->height,
        "frames", (json_int_t)s->frames, "framesDropped", (json_int_t)s->frames_dropped, "keyFrames",
        (json_int_t)s->keyframes, "bytes", (json_int_t)s->bytes, "packets", (json_int_t)s->packets, "packetsLost",
        (json_int_t)s->packets_lost, "packetsRetransmitted", (json_int_t)s->packets_retransmitted, "nackCount",
        (json_int_t)s->nacks, "pliCount", (json_int_t)s->plis, "framesPerSecond", s->fps, "bitrate", s->bitrate_bps,
        "loss", s->loss, "roundTripTimeUs", (json_int_t)all->rtt_us, "targetBitrate", all->target_bps, "malformed",
        (json_int_t)all->malformed);
}

static void say_stats(const peer *p)
{
    json_t *all = json_object();

    for (size_t i = 0; i < p->link_count; i++) {
        qua_pc_stats stats;

        if (qua_pc_get_stats(p->links[i]->pc, &stats) == 0)
            json_object_set_new(all, p->links[i]->id,
                                json_pack("[o, o]", stats_of("outbound-rtp", &stats.out, &stats),
                                          stats_of("inbound-rtp", &stats.in, &stats)));
    }
    say(json_pack("{s:s, s:I, s:o}", "ev", "stats", "t", (json_int_t)qua_device_now(), "stats", all));
}

/* @return false: stop */
static bool obey(peer *p, const char *line)
{
    json_error_t error;
    json_t *message = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    const char *command = json_string_value(json_object_get(message, "cmd"));
    const char *from = json_string_value(json_object_get(message, "from"));
    const json_t *sdp = json_object_get(message, "sdp"), *ice = json_object_get(message, "ice");
    const bool go_on = !command || strcmp(command, "stop") != 0;

    if (!message)
        say_error("stdin", error.text);
    else if (command && strcmp(command, "start") == 0)
        start(p, message);
    else if (command && strcmp(command, "stats") == 0)
        say_stats(p);
    else if (from && sdp)
        take_description(p, from, sdp);
    else if (from && ice)
        take_candidate(p, from, ice);
    json_decref(message);
    return go_on;
}

static void read_commands(peer *p)
{
    char *line = malloc(LINE_MAX_BYTES);

    while (line && !p->failed && fgets(line, LINE_MAX_BYTES, stdin))
        if (strspn(line, " \t\r\n") < strlen(line) && !obey(p, line))
            break;
    free(line);
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static const char *from_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && value[0] ? value : otherwise;
}

static void read_environment(peer *p)
{
    p->ip = from_environment("LAB_IP", NULL);
    p->camera_spec = from_environment("LAB_CAMERA", NULL);
    p->codec_name = from_environment("LAB_CODEC", NULL);
    p->output = from_environment("LAB_OUTPUT", NULL);
    p->sound_output = from_environment("LAB_SOUND", NULL);
    p->microphone_spec = from_environment("LAB_MIC", NULL);
    p->width = atoi(from_environment("LAB_W", "640"));
    p->height = atoi(from_environment("LAB_H", "360"));
    p->fps = atof(from_environment("LAB_FPS", "30"));
    p->sends = atoi(from_environment("LAB_SEND", "1")) && p->camera_spec;
    p->receives = atoi(from_environment("LAB_RECV", "1"));
    p->echoes = atoi(from_environment("LAB_DATA", "0"));
}

static int create_engine(peer *p)
{
    const qua_video_codec *const *all;
    const size_t count = qua_video_codecs_builtin(&all);
    qua_engine_config config = {.bind_ips = &p->ip, .bind_ip_count = p->ip ? 1 : 0};
    int error;

    for (size_t i = 0; p->codec_name && i < count; i++)
        if (strcasecmp(all[i]->name, p->codec_name) == 0) {
            config.codecs = all[i];
            config.codec_count = 1;
        }
    if (p->codec_name && !config.codec_count) {
        cli_complain("LAB_CODEC=%s: there is no such codec here", p->codec_name);
        return CLI_USAGE;
    }
    error = qua_engine_create(&p->engine, &config);
    if (!error && p->sends) {
        error = qua_video_source_create(&p->video, p->engine);
        if (!error)
            error = qua_video_source_set_limits(p->video, &(qua_video_limits){.max_fps = (int)(p->fps + 0.5)});
    }
    if (!error && p->microphone_spec)
        error = qua_audio_source_create(&p->audio, p->engine);
    if (error)
        cli_complain("the engine could not be made: %s", qua_strerror(error));
    return error ? CLI_DEVICE : CLI_OK;
}

static void close_peer(peer *p)
{
    qua_camera_close(&p->camera);
    qua_microphone_close(&p->microphone);
    qua_speaker_close(&p->speaker);
    for (size_t i = 0; i < p->link_count; i++)
        free_link(p->links[i]);
    if (p->video)
        qua_video_source_destroy(&p->video);
    if (p->audio)
        qua_audio_source_destroy(&p->audio);
    if (p->engine)
        qua_engine_destroy(&p->engine);
}

int peer_main(int argc, char **argv)
{
    static peer p;
    int code;

    if (!cli_parse(argc, argv, NULL, 0, NULL, 0, usage, &code))
        return code;
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&p.mutex, NULL);
    read_environment(&p);
    code = create_engine(&p);
    if (code == CLI_OK) {
        say(json_pack("{s:s}", "ev", "ready"));
        read_commands(&p);
        code = p.failed ? CLI_DEVICE : CLI_OK;
    }
    close_peer(&p);
    return code;
}
