/*
 * Floor 5: the engine's insides, shared by its files; apps see quartet/quartet.h.
 *
 * One loop thread owns hubs, meshes and peers. App threads reach them by posts (engine_post) or by waiting for one
 * (engine_call). Workers encode and decode; what they make comes back as posts, in order.
 *
 * Objects are counted: the app's handle, the loop's list and every callback on its way hold one reference each.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "call/call.h"
#include "engine/gate.h"
#include "engine/worker.h"
#include "ice/ice.h"
#include "os/os.h"
#include "quartet/quartet.h"

#define ENGINE_VOICES 16
#define ENGINE_LOCALS QUA_ICE_LOCAL_MAX

typedef struct voice_slot voice_slot;

struct qua_engine {
    _Atomic int refs;
    qua_log log;
    qua_random random;
    qua_executor executor;
    const qua_video_codec *codecs[QUA_PEER_CODECS];
    qua_video_codec own_codecs[QUA_PEER_CODECS]; /* copies of the app's, whose list is lent */
    size_t codec_count;
    qua_addr bind_ips[ENGINE_LOCALS];
    size_t bind_ip_count;

    os_loop *loop;
    os_thread *thread;
    atomic_bool stopping, dead; /* dead: the loop thread is gone, posts run where they are made */
    os_mutex *mutex;            /* of engine_call */
    os_cond *cond;
    os_loop *app_loop; /* the executor of an app that brings none */
    os_thread *app_thread;
    atomic_bool app_stopping;
    _Atomic int notices;        /* callbacks on their way to the executor */
    _Atomic int posted_notices; /* of them on the loop, since the executor runs at once */
    qua_pool *datagrams;

    /* loop thread only */
    int alive; /* workers */
    worker *janitor;
    qua_video_source *video_sources;
    qua_audio_source *audio_sources;
    qua_call *calls;
    qua_pc *pcs;
    os_netwatch *netwatch;
    bool network_changed; /* since the last turn of the loop */
    voice_slot *retired;

    /* shared with the audio thread */
    _Atomic(voice_slot *) voices[ENGINE_VOICES];
    _Atomic uint64_t pulls; /* odd while the audio thread mixes */
    float mix_gain;         /* audio thread only */
};

/* ---- engine.c --------------------------------------------------------------------------------------------- */

qua_engine *engine_ref(qua_engine *engine);
void engine_unref(qua_engine *engine);
/** Run fn(context) on the loop thread, in order; here and now when the loop is gone. Any thread. */
void engine_post(qua_engine *engine, void (*fn)(void *context), void *context);
/** The same, and wait for its end. Never from a thread that the loop waits for. */
void engine_call(qua_engine *engine, void (*fn)(void *context), void *context);
/** Loop thread: run fn(argument) on the app's executor, never before this returns. */
void engine_notify(qua_engine *engine, void (*fn)(void *argument), void *argument);
/** Loop thread: fn(context) on the janitor's thread, for what blocks: names, closing sockets. */
void engine_chore(qua_engine *engine, void (*fn)(void *context), void *context);
/** Addresses to bind to. @param loopback_only there are no others */
size_t engine_local_addresses(const qua_engine *engine, qua_addr *out, size_t capacity, bool *loopback_only);
/** What connections are made with; the rest of the config is the caller's. */
void engine_peer_config(qua_engine *engine, qua_peer_config *out, qua_dtls_identity *identity);

/* ---- sinks: who hears and sees one remote participant ------------------------------------------------------ */

/** Made, referenced and released on the loop thread. */
typedef struct sink {
    int refs;
    void (*video)(struct sink *sink, int transceiver, qua_frame *frame, qua_time decoded);     /* decoder's thread */
    void (*audio)(struct sink *sink, int transceiver, const int16_t *pcm, bool concealed);     /* audio thread */
    void (*decoded)(struct sink *sink, qua_time now, int transceiver, const qua_frame *frame); /* loop; NULL: failed */
    void (*destroy)(struct sink *sink);
} sink;

sink *sink_ref(sink *s);
void sink_unref(sink **s);

/* ---- receive.c: decoders and voices of one connection ------------------------------------------------------- */

typedef struct decoder decoder;

typedef struct receiver {
    qua_engine *engine;
    sink *sink; /* one reference */
    decoder *decoders[QUA_PEER_TRANSCEIVERS];
    voice_slot *voices[QUA_PEER_TRANSCEIVERS];
} receiver;

/** Takes the sink's reference. */
void receiver_init(receiver *r, qua_engine *engine, sink *s);
/** A PICTURE or AUDIO event; takes its data. */
void receiver_event(receiver *r, qua_time now, qua_peer_event *event);
/** Release the data of such an event. */
void receiver_discard(qua_peer_event *event);
void receiver_close(receiver *r);
/** Adds what decoder and voices know. */
void receiver_stats(const receiver *r, qua_link_stats *in);

/** receive: decoder.c */
int decoder_start(decoder **out, qua_engine *engine, sink *s, int transceiver);
/** Takes picture->picture.data. @return 0, QUA_EFULL: too many wait, it was dropped */
int decoder_push(decoder *d, const qua_peer_event *picture);
void decoder_end(decoder **d);

/** receive: playout.c */
int voice_start(voice_slot **out, qua_engine *engine, sink *s, int transceiver);
/** Takes audio->audio.data. */
void voice_push(voice_slot *slot, const qua_peer_event *audio);
void voice_end(qua_engine *engine, voice_slot **slot);
const qua_voice *voice_of(const voice_slot *slot);
/** Free the voices that the audio thread no longer sees. */
void voices_reap(qua_engine *engine);

/* ---- sockets.c: the UDP sockets of one connection ----------------------------------------------------------- */

typedef void (*sockets_fn)(void *owner, int leg, int base, qua_time now, const qua_addr *from, uint8_t *data,
                           size_t size, unsigned ecn);

typedef struct sockets {
    struct socket_slot {
        struct sockets *of;
        int base;
        os_udp *udp;
    } slots[ENGINE_LOCALS];
    size_t count;
    sockets_fn input;
    void *owner;
    int leg;
} sockets;

/** Bind one to each local address. @return how many */
size_t sockets_open(sockets *s, qua_engine *engine, sockets_fn input, void *owner, int leg);
void sockets_close(sockets *s);
/** A socket has come (`addr`), or is gone with its address (NULL). */
typedef void (*sockets_changed_fn)(void *owner, int leg, int base, const qua_addr *addr);
/** Follow the interfaces: close what lost its address, bind what is new. */
void sockets_refresh(sockets *s, qua_engine *engine, sockets_changed_fn changed);
void sockets_send(sockets *s, const qua_peer_transmit *out);

/* ---- video_source.c, audio_source.c ------------------------------------------------------------------------- */

qua_video_source *video_source_ref(qua_video_source *source);
void video_source_unref(qua_video_source **source);
qua_hub *video_source_hub(qua_video_source *source);
/** The engine ends, and no connection uses it any more: its encoders end too. What is pushed after is dropped. */
void video_source_end(qua_video_source *source);
/** Take in a frame that was pushed, give jobs to encoders. */
void video_source_serve(qua_video_source *source, qua_time now);
qua_time video_source_deadline(const qua_video_source *source, qua_time now);
qua_video_source *video_source_next(const qua_video_source *source);

qua_audio_source *audio_source_ref(qua_audio_source *source);
void audio_source_unref(qua_audio_source **source);
/** Send the Opus packets that wait to every call and connection that uses this source. */
void audio_source_serve(qua_audio_source *source, qua_time now);
qua_audio_source *audio_source_next(const qua_audio_source *source);

/** One 20 ms packet on its way from a microphone's thread. */
typedef struct audio_packet {
    uint8_t opus[QUA_OPUS_MAX];
    size_t size;
    uint32_t timestamp;
    uint8_t level;
    qua_time captured;
} audio_packet;

/* ---- call.c, pc.c: as the loop sees them ---------------------------------------------------------------------- */

void call_serve(qua_call *call, qua_time now);
qua_time call_deadline(const qua_call *call, qua_time now);
void call_send_audio(qua_call *call, qua_time now, const qua_audio_source *source, const audio_packet *packet);
/** The engine ends: as qua_call_destroy, without waiting. */
void call_end(qua_call *call);
/** Interfaces came or went. */
void call_network_changed(qua_call *call, qua_time now);
qua_call *call_next(const qua_call *call);

void pc_serve(qua_pc *pc, qua_time now);
qua_time pc_deadline(const qua_pc *pc, qua_time now);
void pc_send_audio(qua_pc *pc, qua_time now, const qua_audio_source *source, const audio_packet *packet);
void pc_end(qua_pc *pc);
void pc_network_changed(qua_pc *pc, qua_time now);
qua_pc *pc_next(const qua_pc *pc);

/* ---- channels.c: data channels of a connection --------------------------------------------------------------- */

typedef struct channels {
    qua_data_channel *of[QUA_SCTP_CHANNELS]; /* by the peer's number, one reference each; loop thread */
    _Atomic size_t waiting;                  /* bytes of all, sent by the app and not yet with the transport */
    _Atomic size_t send_max;                 /* of a message */
} channels;

/** A CHANNEL event of the peer; takes its data. */
void channels_event(channels *list, qua_pc *pc, const qua_sctp_event *event);
/** The connection is closed: whatever did not hear of it does now. */
void channels_end(channels *list);

/* what channels.c asks of pc.c */
qua_pc *pc_ref(qua_pc *pc);
void pc_unref(qua_pc *pc);
qua_engine *pc_engine(const qua_pc *pc);
channels *pc_channels(qua_pc *pc);
/** Loop thread; NULL once closed. */
qua_peer *pc_peer(qua_pc *pc);
/** Loop thread: send and tell what a call into the peer left. */
void pc_drain(qua_pc *pc, qua_time now);
/** Executor: give a channel of the far side to the app. @return false: it does not want any */
bool pc_announce_channel(qua_pc *pc, qua_data_channel *channel);

/* ---- servers.c: STUN and TURN servers of a configuration ------------------------------------------------------- */

typedef struct ice_server {
    bool turn;
    char host[256];
    uint16_t port;
    qua_addr addr; /* family NONE: a name that is not resolved */
    char username[QUA_ICE_TURN_NAME_MAX + 1], password[QUA_ICE_TURN_NAME_MAX + 1];
} ice_server;

typedef struct ice_servers {
    ice_server list[QUA_MAX_ICE_SERVERS];
    size_t count;
    bool has_names; /* some wait for ice_servers_resolve */
    /* those with addresses */
    qua_addr stun[QUA_ICE_STUN_MAX];
    qua_peer_turn_server turn[QUA_ICE_TURN_MAX]; /* point into `list`: not to be copied */
    size_t stun_count, turn_count;
} ice_servers;

/** Literal addresses are ready at once. What we cannot speak is left out. @return 0, QUA_EINVAL: not a URL, too long */
int ice_servers_parse(ice_servers *out, const qua_ice_server *servers, size_t count);
/** Blocking; names that do not resolve are left out. */
void ice_servers_resolve(ice_servers *servers);

#endif
