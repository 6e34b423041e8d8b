#include "peer_bed.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define PORT           5000
#define FRAME_INTERVAL 33333
#define SOUND_INTERVAL QUA_MS(20)

/* ---- signaling ------------------------------------------------------------------------------------------- */

typedef struct message {
    peer_person *to;
    bool candidate;
    qua_sdp_type type;
    char text[];
} message;

static void answer(peer_person *p, qua_time now)
{
    char *sdp = malloc(QUA_SDP_TEXT_MAX);

    for (size_t i = 0; i < qua_peer_transceiver_count(p->peer); i++) {
        qua_peer_set_direction(p->peer, (int)i, QUA_DIRECTION_SENDRECV);
        qua_peer_set_track(p->peer, (int)i, "stream", i ? "picture" : "voice");
    }
    int error = qua_peer_create_answer(p->peer, sdp, QUA_SDP_TEXT_MAX);
    assert(error == 0);
    error = qua_peer_set_local(p->peer, now, QUA_SDP_ANSWER, sdp);
    assert(error == 0);
    (void)error;
    free(sdp);
}

static void tell(peer_person *from, bool candidate, qua_sdp_type type, const char *text);

static void on_description(peer_person *p, qua_time now, const message *m)
{
    if (m->type == QUA_SDP_OFFER && qua_peer_signaling(p->peer) == QUA_SIGNALING_HAVE_LOCAL_OFFER) {
        if (p == &p->bed->ana)
            return; /* the impolite one goes on */
        qua_peer_set_local(p->peer, now, QUA_SDP_ROLLBACK, NULL);
    }
    p->refused = qua_peer_set_remote(p->peer, now, m->type, m->text, p->cause, sizeof p->cause);
    if (p->refused)
        return;
    if (m->type == QUA_SDP_ANSWER) {
        p->bed->answered_at = now;
        return;
    }
    answer(p, now);
    tell(p, false, QUA_SDP_ANSWER, qua_peer_local_sdp(p->peer));
}

static void on_message(void *context, qua_time now)
{
    message *m = context;
    peer_person *p = m->to;

    if (p->peer && m->candidate)
        qua_peer_add_candidate(p->peer, now, m->text);
    else if (p->peer)
        on_description(p, now, m);
    free(m);
    if (p->peer)
        peer_bed_drain(p, now);
    sim_host_wake(p->host);
}

/* A man in the middle who wants to be spoken to instead. */
static void forge(char *sdp)
{
    for (char *at = sdp; (at = strstr(at, "a=fingerprint:sha-256 ")) != NULL; at++)
        at[22] = at[22] == 'A' ? 'B' : 'A';
}

static void strip(char *sdp, const char *prefix)
{
    for (char *at; (at = strstr(sdp, prefix)) != NULL;)
        memmove(at, strchr(at, '\n') + 1, strlen(strchr(at, '\n') + 1) + 1);
}

static void tell(peer_person *from, bool candidate, qua_sdp_type type, const char *text)
{
    peer_bed *bed = from->bed;
    message *m;

    if (bed->silent)
        return;
    m = malloc(sizeof *m + strlen(text) + 1);
    assert(m);
    m->to = from->other;
    m->candidate = candidate;
    m->type = type;
    memcpy(m->text, text, strlen(text) + 1);
    if (bed->lie && !candidate)
        forge(m->text);
    if (bed->strip && !candidate)
        strip(m->text, bed->strip);
    sim_net_at(bed->net, sim_net_now(bed->net) + bed->signaling_delay, on_message, m);
}

/* ---- events ---------------------------------------------------------------------------------------------- */

static void on_connection(peer_person *p, qua_time now, qua_connection_state state)
{
    p->connection = state;
    if (state == QUA_CONNECTION_CONNECTED && !p->connected_at)
        p->connected_at = now;
    if (state == QUA_CONNECTION_DISCONNECTED)
        p->disconnected_at = now;
    if (state == QUA_CONNECTION_FAILED)
        p->failed_at = now;
    if (state == QUA_CONNECTION_CLOSED)
        p->closed_at = now;
}

static void on_frame(void *context, qua_frame *frame)
{
    *(qua_frame **)context = frame;
}

static void on_picture(peer_person *p, qua_time now, const qua_peer_event *event)
{
    qua_frame *frame = NULL;
    qua_buffer *data = event->picture.data;

    if (p->decoder->decode(p->decoder, data->data, data->size, false, on_frame, &frame) != 0)
        qua_peer_request_keyframe(p->peer, now, event->transceiver);
    qua_buffer_unref(&data);
    if (!frame)
        return;
    frame->captured = event->picture.captured;
    qua_peer_on_decoded(p->peer, now, event->transceiver, frame);
    if (!p->first_frame_at)
        p->first_frame_at = p->last_frame_at = now;
    p->frames++;
    p->worst_gap = QUA_MAX(p->worst_gap, now - p->last_frame_at);
    p->worst_delay = QUA_MAX(p->worst_delay, now - frame->captured);
    p->last_frame_at = now;
    qua_frame_unref(&frame);
}

static void on_channel(peer_person *p, qua_sctp_event *event)
{
    p->channel = event->channel;
    p->channel_announced |= event->type == QUA_SCTP_ANNOUNCED;
    p->channel_open |= event->type == QUA_SCTP_OPENED;
    p->channel_closed |= event->type == QUA_SCTP_CLOSED;
    if (event->type != QUA_SCTP_MESSAGE)
        return;
    p->messages++;
    snprintf(p->heard, sizeof p->heard, "%.*s", (int)event->data->size, (const char *)event->data->data);
    qua_buffer_unref(&event->data);
}

void peer_bed_say(peer_person *p, const char *text)
{
    const qua_time now = sim_net_now(p->bed->net);
    qua_buffer *data = qua_buffer_create(strlen(text));
    int error;

    data->size = strlen(text);
    memcpy(data->data, text, data->size);
    error = qua_peer_channel_send(p->peer, now, p->channel, false, data);
    assert(error == 0);
    (void)error;
    peer_bed_drain(p, now);
    sim_host_wake(p->host);
}

static void on_event(peer_person *p, qua_time now, qua_peer_event *event)
{
    switch (event->type) {
    case QUA_PEER_CONNECTION:
        on_connection(p, now, event->connection);
        break;
    case QUA_PEER_CANDIDATE:
        tell(p, true, QUA_SDP_OFFER, event->candidate);
        break;
    case QUA_PEER_TRACK:
        p->tracks++;
        break;
    case QUA_PEER_TRACK_ENDED:
        p->tracks_ended++;
        break;
    case QUA_PEER_PICTURE:
        on_picture(p, now, event);
        break;
    case QUA_PEER_AUDIO:
        p->sounds++;
        if (qua_voice_push(p->voice, event->audio.data, event->audio.seq, event->audio.timestamp,
                           event->audio.received) != 0)
            qua_buffer_unref(&event->audio.data);
        break;
    case QUA_PEER_KEYFRAME_WANTED:
        p->keyframe_wanted = true;
        p->keyframes_wanted++;
        p->next_frame = QUA_MIN(p->next_frame, now); /* the first picture waits for nobody */
        break;
    case QUA_PEER_CHANNEL:
        on_channel(p, &event->channel);
        break;
    case QUA_PEER_NEGOTIATION_NEEDED:
        p->negotiations_needed++;
        break;
    default:
        break;
    }
}

static void capture(peer_person *p, qua_time now);

void peer_bed_drain(peer_person *p, qua_time now)
{
    qua_peer_transmit out;
    qua_peer_event event;

    while (qua_peer_poll_event(p->peer, &event))
        on_event(p, now, &event);
    if (now >= p->next_frame)
        capture(p, now);
    while (qua_peer_poll_transmit(p->peer, now, &out))
        sim_host_send(p->host, &p->addr, &out.to, out.data, out.size, out.ecn);
}

/* ---- devices --------------------------------------------------------------------------------------------- */

static int transceiver_of(const peer_person *p, qua_kind kind)
{
    for (size_t i = 0; i < qua_peer_transceiver_count(p->peer); i++) {
        if (qua_peer_kind(p->peer, (int)i) == kind && qua_peer_can_send(p->peer, (int)i))
            return (int)i;
    }
    return -1;
}

typedef struct output {
    peer_person *person;
    int transceiver;
    qua_time now, captured;
} output;

static void on_encoded(void *context, const qua_encoded *encoded)
{
    output *o = context;
    peer_person *p = o->person;
    const qua_video_codec *codec = qua_peer_send_codec(p->peer, o->transceiver);

    if (qua_payloads_cut(&p->payloads, p->packets, codec, encoded, o->captured) == 0)
        qua_peer_send_payloads(p->peer, o->now, o->transceiver, &p->payloads);
}

static void encode(peer_person *p, qua_time now, int transceiver)
{
    const size_t budget = qua_peer_frame_budget(p->peer, now);
    const qua_encode_params params = {
        .keyframe = p->keyframe_wanted,
        .budget_bytes = budget,
        .target_bps = qua_peer_video_bps(p->peer, now),
        .fps = 1e6 / FRAME_INTERVAL,
        .allowed_refs = UINT32_MAX,
        .effort = -1,
    };
    output o = {p, transceiver, now, now};
    qua_frame *frame;

    if (!budget)
        return;
    frame = sim_scene_frame(&p->scene, p->frame_number);
    frame->captured = now;
    p->keyframe_wanted = false;
    p->encoder->encode(p->encoder, frame, &params, on_encoded, &o);
    p->encoder_frames++;
    qua_frame_unref(&frame);
}

static void capture(peer_person *p, qua_time now)
{
    const int transceiver = p->mute ? -1 : transceiver_of(p, QUA_VIDEO);

    p->next_frame = now + FRAME_INTERVAL;
    p->frame_number++;
    if (transceiver >= 0)
        encode(p, now, transceiver);
}

static void speak(peer_person *p, qua_time now)
{
    const int transceiver = p->mute ? -1 : transceiver_of(p, QUA_AUDIO);
    const size_t at = p->sound_number * QUA_OPUS_FRAME % QUA_AUDIO_HZ;
    const uint32_t timestamp = p->sound_number++ * QUA_OPUS_FRAME;
    uint8_t packet[QUA_OPUS_MAX];
    int size;

    p->next_sound = now + SOUND_INTERVAL;
    if (transceiver < 0)
        return;
    size = qua_opus_encode(p->opus, p->speech + at, 0, packet);
    assert(size > 0);
    qua_peer_send_audio(p->peer, now, transceiver, packet, (size_t)size, timestamp,
                        qua_audio_level(p->speech + at, QUA_OPUS_FRAME), now);
}

/* ---- hosts ----------------------------------------------------------------------------------------------- */

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    peer_person *p = context;
    uint8_t copy[QUA_DATAGRAM_MAX];

    (void)local;
    memcpy(copy, data, size);
    qua_peer_input(p->peer, now, 0, from, copy, size, ecn);
    peer_bed_drain(p, now);
}

static void on_timeout(void *context, qua_time now)
{
    peer_person *p = context;
    int16_t pcm[QUA_AUDIO_BLOCK];
    bool concealed;

    qua_peer_on_timeout(p->peer, now);
    if (now >= p->next_sound) {
        speak(p, now);
        for (int i = 0; i < 2; i++)
            qua_voice_pull(p->voice, now, pcm, &concealed);
    }
    peer_bed_drain(p, now);
}

static qua_time deadline(void *context, qua_time now)
{
    peer_person *p = context;

    return QUA_MIN(QUA_MIN(p->next_frame, p->next_sound), qua_peer_deadline(p->peer, now));
}

static void open_person(peer_bed *bed, peer_person *p, peer_person *other, const char *ip, const char *link)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};
    const qua_time now = sim_net_now(bed->net);
    const qua_video_codec *const vp8 = &qua_codec_vp8;
    int error;

    memset(p, 0, sizeof *p);
    p->bed = bed;
    p->other = other;
    p->channel = -1;
    p->random = qua_prng_random(sim_net_prng(bed->net));
    p->packets = qua_pool_create(QUA_DATAGRAM_MAX, 8192);
    error = qua_dtls_identity_create(&p->identity);
    static const qua_video_codec *codecs[1];
    codecs[0] = vp8;
    const qua_peer_config config = {.random = &p->random,
                                    .identity = p->identity,
                                    .codecs = codecs,
                                    .codec_count = 1,
                                    .packets = p->packets,
                                    .data_channels = true};
    error = error ? error : qua_peer_create(&p->peer, now, &config);
    error = error ? error : vp8->create_encoder(vp8->context, &p->encoder, PEER_BED_WIDTH, PEER_BED_HEIGHT);
    error = error ? error : vp8->create_decoder(vp8->context, &p->decoder);
    error = error ? error : qua_opus_encoder_create(&p->opus, 32000);
    error = error ? error : qua_voice_create(&p->voice);
    assert(error == 0);
    sim_scene_init(&p->scene, 1, PEER_BED_WIDTH, PEER_BED_HEIGHT);
    sim_speech(p->speech, 150);
    p->next_frame = p->next_sound = now;
    p->host = sim_net_host(bed->net, ip, &ops, p);
    p->up = sim_net_pipe(bed->net, link);
    p->iface = sim_host_iface(p->host, ip, NULL, p->up, NULL);
    p->addr = *sim_iface_addr(p->iface);
    p->addr.port = PORT;
    qua_peer_add_local(p->peer, now, 0, &p->addr);
    qua_peer_local_done(p->peer, now);
}

static void close_person(peer_person *p)
{
    qua_payloads_clear(&p->payloads);
    qua_peer_destroy(&p->peer);
    p->encoder->destroy(p->encoder);
    p->decoder->destroy(p->decoder);
    qua_opus_encoder_destroy(&p->opus);
    qua_voice_destroy(&p->voice);
    sim_scene_deinit(&p->scene);
    qua_pool_destroy(&p->packets);
    qua_dtls_identity_unref(&p->identity);
}

void peer_bed_open(peer_bed *bed, uint64_t seed, const char *link)
{
    memset(bed, 0, sizeof *bed);
    bed->net = sim_net_create(seed);
    sim_clock_install(bed->net);
    sim_openssl_seed(seed);
    open_person(bed, &bed->ana, &bed->ben, "192.0.2.1", link);
    open_person(bed, &bed->ben, &bed->ana, "192.0.2.2", link);
}

void peer_bed_close(peer_bed *bed)
{
    sim_net_run_until(bed->net, sim_net_now(bed->net) + bed->signaling_delay); /* messages on their way are freed */
    close_person(&bed->ana);
    close_person(&bed->ben);
    sim_clock_install(NULL);
    sim_net_destroy(&bed->net);
}

void peer_bed_add_media(peer_person *p)
{
    const int voice = qua_peer_add_transceiver(p->peer, QUA_AUDIO, QUA_DIRECTION_SENDRECV, "stream", "voice");
    const int picture = qua_peer_add_transceiver(p->peer, QUA_VIDEO, QUA_DIRECTION_SENDRECV, "stream", "picture");

    assert(voice >= 0 && picture >= 0);
    (void)voice, (void)picture;
}

void peer_bed_offer(peer_person *p)
{
    const qua_time now = sim_net_now(p->bed->net);
    char *sdp = malloc(QUA_SDP_TEXT_MAX);
    int error = qua_peer_create_offer(p->peer, sdp, QUA_SDP_TEXT_MAX);

    error = error ? error : qua_peer_set_local(p->peer, now, QUA_SDP_OFFER, sdp);
    assert(error == 0);
    (void)error;
    tell(p, false, QUA_SDP_OFFER, sdp);
    free(sdp);
    peer_bed_drain(p, now);
    sim_host_wake(p->host);
}

void peer_bed_call(peer_bed *bed, qua_time duration)
{
    peer_bed_add_media(&bed->ana);
    peer_bed_offer(&bed->ana);
    peer_bed_run(bed, duration);
}

void peer_bed_run(peer_bed *bed, qua_time duration)
{
    sim_net_run_until(bed->net, sim_net_now(bed->net) + duration);
}
