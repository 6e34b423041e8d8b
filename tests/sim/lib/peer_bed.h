/* Two connections in the virtual network with real pictures and sound: what src/peer's stories are told with. */
#ifndef PEER_BED_H
#define PEER_BED_H

#include "peer/peer.h"
#include "sim_media.h"
#include "sim_net.h"

#define PEER_BED_WIDTH  320
#define PEER_BED_HEIGHT 180
#define PEER_BED_FRAMES 8192 /* most that one person captures */

typedef struct peer_bed peer_bed;

typedef struct peer_person {
    peer_bed *bed;
    struct peer_person *other;
    qua_peer *peer;
    sim_host *host;
    sim_iface *iface;
    sim_pipe *up;
    qua_addr addr;
    qua_random random;
    qua_dtls_identity *identity;
    qua_pool *packets;
    bool mute; /* captures nothing */

    qua_video_encoder *encoder;
    qua_video_decoder *decoder;
    qua_payloads payloads;
    sim_scene scene;
    qua_opus_encoder *opus;
    int16_t speech[QUA_AUDIO_HZ];
    qua_voice *voice;
    qua_time next_frame, next_sound;
    uint32_t frame_number, sound_number;
    bool keyframe_wanted;
    size_t keyframes_wanted; /* how often it was asked */
    size_t encoder_frames;

    /* what was seen of the other */
    qua_connection_state connection;
    qua_time connected_at, first_frame_at, last_frame_at, closed_at, disconnected_at, failed_at;
    qua_time worst_gap; /* between two decoded pictures */
    size_t frames, tracks, tracks_ended, sounds, negotiations_needed;
    qua_time worst_delay;
    int channel; /* newest data channel, of either's making, -1 none */
    bool channel_announced, channel_open, channel_closed;
    size_t messages;
    char heard[64]; /* the newest of its texts */
    int refused;    /* the newest error of a description of the other side */
    char cause[160];
} peer_person;

struct peer_bed {
    sim_net *net;
    peer_person ana, ben;
    qua_time signaling_delay;
    qua_time answered_at; /* the answer arrived */
    bool lie;             /* descriptions arrive with another fingerprint */
    bool silent;          /* no description or candidate arrives */
    const char *strip;    /* lines of descriptions that begin with this vanish on the way; NULL none */
};

/** @param link the pipe of each, see sim_link; connections have their address but no transceiver yet */
void peer_bed_open(peer_bed *bed, uint64_t seed, const char *link);
void peer_bed_close(peer_bed *bed);
/** Add a voice and a picture to send and receive. */
void peer_bed_add_media(peer_person *p);
/** Make and send an offer; the other side answers with all it has. */
void peer_bed_offer(peer_person *p);
/** peer_bed_add_media, then peer_bed_offer, and run for some time. */
void peer_bed_call(peer_bed *bed, qua_time duration);
void peer_bed_run(peer_bed *bed, qua_time duration);
/** Send a text on p->channel. */
void peer_bed_say(peer_person *p, const char *text);
/** Send and handle what is waiting after a call into p->peer from outside. */
void peer_bed_drain(peer_person *p, qua_time now);

#endif
