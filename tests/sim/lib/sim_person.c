#include "sim_person.h"

#include <stdio.h>
#include <stdlib.h>

#define PACKETS 8192 /* buffers that one person may hold */

/* ---- CPU: what runs between begin and end is this person's; what is set apart inside is not ------------------- */

static int64_t cpu_now(const sim_person *p)
{
    return p->call->config.cpu_ns ? p->call->config.cpu_ns() : 0;
}
static void cpu_begin(sim_person *p)
{
    p->cpu.other_ns -= cpu_now(p);
}
static void cpu_end(sim_person *p)
{
    p->cpu.other_ns += cpu_now(p);
}

/* ---- encoder: inline, in a modelled time ------------------------------------------------------------------- */

static void keep_slice(void *context, const qua_encoded *encoded)
{
    encoder_slot *e = context;

    e->data = realloc(e->data, e->size + encoded->size);
    assert(e->data && e->slice_count < SLICES);
    memcpy(e->data + e->size, encoded->data, encoded->size);
    e->size += encoded->size;
    e->slices[e->slice_count++] = *encoded;
}

static encoder_slot *encoder_for(sim_person *p, const qua_hub_job *job)
{
    encoder_slot *e = NULL;

    for (int i = CODECS - 1; i >= 0; i--)
        if (!p->encoders[i].codec || (p->encoders[i].codec == job->codec && p->encoders[i].layer == job->layer))
            e = &p->encoders[i];
    assert(e);
    if (e->encoder && (job->codec->resizes || (e->width == job->width && e->height == job->height)))
        return e;
    if (e->encoder)
        e->encoder->destroy(e->encoder);
    e->person = p;
    e->codec = job->codec;
    e->layer = job->layer;
    e->width = job->width;
    e->height = job->height;
    if (job->codec->create_encoder(job->codec->context, &e->encoder, job->width, job->height) != 0)
        e->encoder = NULL;
    return e;
}

static void deliver(void *context, qua_time now)
{
    encoder_slot *e = context;
    sim_person *p = e->person;
    const uint8_t *data = e->data;

    if (!p->alive)
        return;
    cpu_begin(p);
    for (size_t i = 0; i < e->slice_count; i++) {
        e->slices[i].data = data;
        data += e->slices[i].size;
        qua_hub_encoded(p->hub, now, e->job, &e->slices[i]);
    }
    qua_hub_done(p->hub, now, e->job, e->error, e->took);
    person_drain(p, now);
    cpu_end(p);
}

static void run_job(sim_person *p, qua_time now, qua_hub_job *job)
{
    encoder_slot *e = encoder_for(p, job);
    qua_frame *scaled = qua_frame_scale(job->frame, job->width, job->height);
    const qua_time base = (qua_time)((2.0 + 1.5 * qua_prng_uniform(p->prng)) * job->width * job->height / 57.6);

    assert(scaled);
    e->job = job->id;
    e->slice_count = e->size = 0;
    e->took = job->params.keyframe ? 2 * base : base;
    cpu_end(p);
    p->cpu.encode_ns -= cpu_now(p);
    e->error = e->encoder ? e->encoder->encode(e->encoder, scaled, &job->params, keep_slice, e) : QUA_ENOMEM;
    p->cpu.encode_ns += cpu_now(p);
    cpu_begin(p);
    qua_frame_unref(&scaled);
    qua_frame_unref(&job->frame);
    sim_net_at(p->call->net, now + e->took, deliver, e);
}

/* ---- what the mesh asks for -------------------------------------------------------------------------------- */

static void on_socket_open(void *context, qua_time now)
{
    sim_person *p = context;

    cpu_begin(p);
    qua_mesh_on_socket_open(p->mesh, now);
    person_drain(p, now);
    cpu_end(p);
}

static void on_socket_text(void *context, qua_time now, const char *text, size_t size)
{
    sim_person *p = context;

    cpu_begin(p);
    qua_mesh_on_socket_text(p->mesh, now, text, size);
    person_drain(p, now);
    cpu_end(p);
}

static void on_socket_closed(void *context, qua_time now)
{
    sim_person *p = context;

    p->socket = NULL;
    cpu_begin(p);
    qua_mesh_on_socket_closed(p->mesh, now, "closed");
    person_drain(p, now);
    cpu_end(p);
}

static void open_leg(sim_person *p, qua_time now, const qua_mesh_event *event)
{
    leg_media *leg = &p->legs[event->leg];
    qua_addr local = *sim_iface_addr(p->iface);
    int error;

    *leg = (leg_media){.open = true, .port = p->next_port++, .who = atoi(event->participant.name + 1)};
    error = qua_voice_create(&leg->voice);
    assert(error == 0 && leg->who >= 0 && leg->who < p->call->count);
    (void)error;
    local.port = leg->port;
    qua_mesh_add_local(p->mesh, now, event->leg, 0, &local);
    qua_mesh_local_done(p->mesh, now, event->leg);
}

static void close_leg(sim_person *p, int index)
{
    leg_media *leg = &p->legs[index];

    if (leg->decoder)
        leg->decoder->destroy(leg->decoder);
    qua_voice_destroy(&leg->voice);
    *leg = (leg_media){0};
}

typedef struct decoded {
    qua_frame *frame;
} decoded;

static void keep_frame(void *context, qua_frame *frame)
{
    ((decoded *)context)->frame = frame;
}

static bool decoder_for(leg_media *leg, const qua_video_codec *codec)
{
    if (leg->codec == codec)
        return leg->decoder;
    if (leg->decoder)
        leg->decoder->destroy(leg->decoder);
    leg->codec = codec;
    leg->decoder = NULL;
    return codec->create_decoder(codec->context, &leg->decoder) == 0;
}

static void on_picture(sim_person *p, qua_time now, const qua_mesh_event *event)
{
    leg_media *leg = &p->legs[event->leg];
    qua_buffer *data = event->media.picture.data;
    decoded d = {NULL};
    int error = QUA_ENOTSUP;

    if (p->call->config.skip_decoding) {
        p->views[leg->who].v.frames++;
        error = 0;
    } else if (decoder_for(leg, event->media.picture.codec)) {
        error = leg->decoder->decode(leg->decoder, data->data, data->size, false, keep_frame, &d);
    }
    qua_buffer_unref(&data);
    if (d.frame)
        person_saw(p, now, leg->who, d.frame);
    if (d.frame || error)
        qua_mesh_on_decoded(p->mesh, now, event->leg, d.frame);
    qua_frame_unref(&d.frame);
}

static void on_audio(sim_person *p, const qua_mesh_event *event)
{
    leg_media *leg = &p->legs[event->leg];
    qua_buffer *data = event->media.audio.data;

    if (qua_voice_push(leg->voice, data, event->media.audio.seq, event->media.audio.timestamp,
                       event->media.audio.received) != 0)
        qua_buffer_unref(&data);
}

static void on_participant(sim_person *p, qua_time now, const qua_mesh_event *event)
{
    const int who = atoi(event->participant.name + 1);
    sim_view *v = &p->views[who].v;

    assert(who >= 0 && who < p->call->count);
    v->connection = event->participant.connection;
    v->audio_muted = event->participant.audio_muted;
    v->video_muted = event->participant.video_muted;
    if (event->type == QUA_MESH_PARTICIPANT_JOINED) {
        v->present = true;
        v->joined = now;
    } else if (event->type == QUA_MESH_PARTICIPANT_LEFT) {
        v->present = false;
        v->left = now;
    }
    if (v->connection >= QUA_CONNECTION_CONNECTING && !v->answered)
        v->answered = now;
    if (v->connection == QUA_CONNECTION_CONNECTED && !v->connected)
        v->connected = now;
}

static void on_event(sim_person *p, qua_time now, const qua_mesh_event *event)
{
    static const sim_socket_ops ops = {on_socket_open, on_socket_text, on_socket_closed};

    switch (event->type) {
    case QUA_MESH_SOCKET_OPEN:
        if (p->socket)
            sim_socket_close(p->socket);
        p->socket = sim_socket_connect(p->call->server, "room", &ops, p);
        break;
    case QUA_MESH_SOCKET_CLOSE:
        if (p->socket)
            sim_socket_close(p->socket);
        p->socket = NULL;
        break;
    case QUA_MESH_SERVERS: /* the server of the simulator lends none */
        break;
    case QUA_MESH_LEG_OPENED:
        open_leg(p, now, event);
        break;
    case QUA_MESH_LEG_CLOSED:
        close_leg(p, event->leg);
        break;
    case QUA_MESH_STATE:
        p->state = event->state;
        p->error = event->error;
        break;
    case QUA_MESH_PARTICIPANT_JOINED:
    case QUA_MESH_PARTICIPANT_CHANGED:
    case QUA_MESH_PARTICIPANT_LEFT:
        on_participant(p, now, event);
        break;
    case QUA_MESH_PICTURE:
        on_picture(p, now, event);
        break;
    case QUA_MESH_AUDIO:
        on_audio(p, event);
        break;
    case QUA_MESH_CHAT:
        break;
    }
}

static void drain_mesh(sim_person *p, qua_time now)
{
    static qua_peer_transmit out;
    qua_mesh_event event;
    const char *text;
    size_t size;
    int leg;

    while (qua_mesh_poll_event(p->mesh, &event))
        on_event(p, now, &event);
    while ((text = qua_mesh_poll_text(p->mesh, &size)) != NULL)
        if (p->socket)
            sim_socket_send(p->socket, text, size);
    while (qua_mesh_poll_transmit(p->mesh, now, &leg, &out)) {
        qua_addr local = *sim_iface_addr(p->iface);

        local.port = p->legs[leg].port;
        p->sent_bytes += out.size;
        cpu_end(p);
        sim_host_send(p->host, &local, &out.to, out.data, out.size, out.ecn);
        cpu_begin(p);
    }
}

void person_drain(sim_person *p, qua_time now)
{
    qua_hub_job job;

    drain_mesh(p, now);
    while (qua_hub_poll_job(p->hub, now, &job))
        run_job(p, now, &job);
    sim_host_wake(p->host);
}

/* ---- devices ----------------------------------------------------------------------------------------------- */

static void camera_tick(void *context, qua_time now)
{
    sim_person *p = context;
    qua_frame *frame;

    if (!p->alive)
        return;
    frame = sim_scene_frame(&p->scene, p->frame_number);
    frame->captured = now;
    p->captured[p->frame_number++ % SIM_NUMBERS] = now;
    sim_net_at(p->call->net, now + (qua_time)(1e6 / p->call->config.fps), camera_tick, p);
    cpu_begin(p);
    qua_hub_push(p->hub, now, frame);
    qua_frame_unref(&frame);
    person_drain(p, now);
    cpu_end(p);
}

static void hear_others(sim_person *p, qua_time now)
{
    int16_t pcm[QUA_AUDIO_BLOCK];

    for (size_t i = 0; i < QUA_MESH_LEGS; i++) {
        const leg_media *leg = &p->legs[i];
        bool concealed, playing;

        if (!leg->open)
            continue;
        playing = qua_voice_pull(leg->voice, now, pcm, &concealed);
        person_heard(p, leg->who, playing, concealed, pcm);
    }
}

static void speak(sim_person *p, qua_time now)
{
    uint8_t opus[QUA_OPUS_MAX];
    const size_t at = p->block % 2 * QUA_AUDIO_BLOCK;
    int size;

    memcpy(p->half + at, p->speech + p->block % 100 * QUA_AUDIO_BLOCK, QUA_AUDIO_BLOCK * sizeof *p->half);
    if (p->block++ % 2 == 0)
        return;
    size = qua_opus_encode(p->opus, p->half, 5, opus);
    assert(size > 0);
    qua_mesh_send_audio(p->mesh, now, opus, (size_t)size, (uint32_t)(p->block / 2 * QUA_OPUS_FRAME),
                        qua_audio_level(p->half, QUA_OPUS_FRAME), now);
    person_drain(p, now);
}

static void sound_tick(void *context, qua_time now)
{
    sim_person *p = context;

    if (!p->alive)
        return;
    cpu_begin(p);
    hear_others(p, now);
    if (p->microphone)
        speak(p, now);
    cpu_end(p);
    sim_net_at(p->call->net, now + QUA_MS(10), sound_tick, p);
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    sim_person *p = context;
    uint8_t copy[QUA_DATAGRAM_MAX];

    cpu_begin(p);
    memcpy(copy, data, size);
    for (int i = 0; i < QUA_MESH_LEGS; i++)
        if (p->legs[i].open && p->legs[i].port == local->port)
            qua_mesh_input(p->mesh, now, i, 0, from, copy, size, ecn);
    person_drain(p, now);
    cpu_end(p);
}

static void on_timeout(void *context, qua_time now)
{
    sim_person *p = context;

    cpu_begin(p);
    qua_mesh_on_timeout(p->mesh, now);
    person_drain(p, now);
    cpu_end(p);
}

static qua_time deadline(void *context, qua_time now)
{
    const sim_person *p = context;

    return QUA_MIN(qua_mesh_deadline(p->mesh, now), qua_hub_deadline(p->hub, now));
}

static void print_line(void *context, qua_log_level level, const char *line)
{
    const sim_person *p = context;

    (void)level;
    fprintf(stderr, "%10.4f %s %s\n", (double)sim_net_now(p->call->net) / 1e6, p->name, line);
}

static void create_host(sim_person *p, const sim_guest *guest)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};
    sim_net *net = p->call->net;
    char ip[64];

    if (guest->network)
        snprintf(ip, sizeof ip, "%s.%d", guest->network, 10 + p->number);
    else
        snprintf(ip, sizeof ip, "198.51.100.%d", 10 + p->number);
    p->host = sim_net_host(net, p->name, &ops, p);
    p->up = sim_net_pipe(net, guest->up ? guest->up : "");
    p->iface = sim_host_iface(p->host, ip, guest->nat, p->up, sim_net_pipe(net, guest->down ? guest->down : ""));
}

static void create_devices(sim_person *p)
{
    const sim_call_config *c = &p->call->config;
    int error = qua_opus_encoder_create(&p->opus, 32000);

    if (getenv("SIM_LOG"))
        p->log = (qua_log){print_line, p, QUA_LOG_DEBUG, ""};
    p->speech = malloc(QUA_AUDIO_HZ * sizeof *p->speech);
    assert(error == 0 && p->speech);
    sim_speech(p->speech, 130 + 40 * p->number);
    sim_scene_init(&p->scene, c->seed * SIM_PEOPLE + (uint64_t)p->number, c->width, c->height);
    error = qua_hub_create(&p->hub, p->packets, NULL, &p->log);
    assert(error == 0);
    (void)error;
}

static void create_mesh(sim_person *p, qua_time now, const sim_guest *guest)
{
    const sim_call_config *c = &p->call->config;
    const qua_mesh_config mesh = {
        .room = "room",
        .name = p->name,
        .video = p->camera ? p->hub : NULL,
        .audio = p->microphone,
        .peer = {.random = &p->random,
                 .log = &p->log,
                 .identity = p->identity,
                 .codecs = guest->codecs ? guest->codecs : c->codecs,
                 .codec_count = guest->codecs ? guest->codec_count : c->codec_count,
                 .stun_servers = &p->stun,
                 .stun_server_count = p->stun.family != QUA_FAMILY_NONE,
                 .packets = p->packets},
    };
    const int error = qua_mesh_create(&p->mesh, now, &mesh);

    assert(error == 0);
    (void)error;
}

sim_person *person_create(sim_call *call, int number, const sim_guest *guest)
{
    const qua_time now = sim_net_now(call->net);
    sim_person *p = qua_zalloc(sizeof *p);
    int error;

    assert(p);
    p->call = call;
    p->number = number;
    snprintf(p->name, sizeof p->name, "p%d", number);
    p->alive = true;
    p->prng = sim_net_prng(call->net);
    p->random = qua_prng_random(sim_net_prng(call->net));
    p->stun = call->stun;
    p->camera = !guest->no_camera;
    p->microphone = !guest->no_microphone;
    p->next_port = LEG_PORTS;
    p->packets = qua_pool_create(QUA_DATAGRAM_MAX, PACKETS);
    error = qua_dtls_identity_create(&p->identity);
    assert(p->packets && error == 0);
    (void)error;
    person_forget(p);
    create_devices(p);
    create_mesh(p, now, guest);
    create_host(p, guest);
    if (p->camera) /* cameras do not tick together */
        sim_net_at(call->net, now + (qua_time)(qua_prng_uniform(p->prng) * 33000), camera_tick, p);
    sim_net_at(call->net, now + (qua_time)(qua_prng_uniform(p->prng) * 10000), sound_tick, p);
    return p;
}

void person_destroy(sim_person **person_pointer)
{
    sim_person *p = *person_pointer;

    *person_pointer = NULL;
    p->alive = false;
    sim_host_kill(p->host);
    for (int i = 0; i < QUA_MESH_LEGS; i++)
        close_leg(p, i);
    qua_mesh_destroy(&p->mesh);
    qua_hub_destroy(&p->hub);
    for (size_t i = 0; i < CODECS; i++) {
        if (p->encoders[i].encoder)
            p->encoders[i].encoder->destroy(p->encoders[i].encoder);
        free(p->encoders[i].data);
    }
    qua_opus_encoder_destroy(&p->opus);
    sim_scene_deinit(&p->scene);
    free(p->speech);
    qua_dtls_identity_unref(&p->identity);
    qua_pool_destroy(&p->packets);
    free(p);
}
