/*
 * Whole calls in virtual time: participants are the very mesh and hub of src/call with real codecs; their cameras and
 * microphones are generated, their encoder works inline and takes a seeded, never a measured time. The signaling
 * server is the one of server/, less its sockets. Same seed, same call.
 *
 * Stories say who joins over which links, let time run and ask what each saw and heard of each other.
 */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include "call/call.h"
#include "sim.h"

#define SIM_PEOPLE 8 /* who may ever join one call; four at a time */

typedef struct sim_call sim_call;

typedef struct sim_call_config {
    uint64_t seed;
    int width, height;                    /* of the cameras; 0: 320x180 */
    double fps;                           /* 0: 30 */
    const qua_video_codec *const *codecs; /* NULL: VP8 alone */
    size_t codec_count;
    qua_time server_delay;   /* one way to the signaling server; 0: 10 ms */
    bool skip_decoding;      /* pictures are counted as decoded: for figures of the sending side */
    int64_t (*cpu_ns)(void); /* CPU time used so far, for sim_call_cpu; NULL: not measured */
} sim_call_config;

/** How someone is connected; zeroed: a public address and perfect wires. */
typedef struct sim_guest {
    const char *up, *down; /* links in the words of sim_net.h, NULL: perfect */
    const char *network;   /* "192.168.7": what the private address begins with; needed with a NAT */
    sim_nat *nat;          /* NULL: a public address */
    bool no_camera, no_microphone;
    const qua_video_codec *const *codecs; /* NULL: the call's */
    size_t codec_count;
} sim_guest;

sim_call *sim_call_create(const sim_call_config *config);
void sim_call_destroy(sim_call **call);
sim_net *sim_call_net(const sim_call *call);
qua_time sim_call_now(const sim_call *call);
/** Frames a second of the cameras. */
double sim_call_fps(const sim_call *call);
/** STUN server that everybody who joins from now on asks. */
void sim_call_add_stun(sim_call *call, const char *ip, uint16_t port);

/** @param guest lent, NULL: a perfect wire. @return the person's number, 0.. */
int sim_call_join(sim_call *call, const sim_guest *guest);
void sim_call_run(sim_call *call, double seconds);
/** Says goodbye; the person is gone once it was said. */
void sim_call_leave(sim_call *call, int person);
/** The process dies. @param power_off: its connection to the server is not even closed */
void sim_call_kill(sim_call *call, int person, bool power_off);
void sim_call_mute(sim_call *call, int person, bool audio, bool video);
/** The signaling server dies; it comes back (with the same secret, but no memory). */
void sim_call_stop_server(sim_call *call);
void sim_call_start_server(sim_call *call);
/** The path from one person to another, on top of their links. */
void sim_call_path(sim_call *call, int from, int to, const char *link);
sim_iface *sim_call_iface(const sim_call *call, int person);
sim_pipe *sim_call_uplink(const sim_call *call, int person);

/** What one person saw and heard of another since the call began or sim_call_forget. */
typedef struct sim_view {
    bool present; /* shown as a participant */
    qua_connection_state connection;
    bool audio_muted, video_muted;
    uint64_t frames;                    /* decoded */
    uint64_t unreadable;                /* decoded, but the number in the picture is not to be read: broken */
    uint64_t blocks, silent, concealed; /* of 10 ms, since the voice began to play */
    qua_time joined, left;              /* when it was shown; 0: never */
    qua_time answered;                  /* when both descriptions were there */
    qua_time connected, first_frame, last_frame;
    double delay_ms_p50, delay_ms_p95; /* capture to decoded */
    double longest_gap_ms;             /* between two new frames */
    int freezes;                       /* gaps over 200 ms */
    double psnr;                       /* luma, dB, of every 15th frame at its own size */
    int width, height;                 /* of the newest */
} sim_view;

void sim_call_view(const sim_call *call, int viewer, int of, sim_view *out);
/** Begin the figures of sim_view anew: from now on. */
void sim_call_forget(sim_call *call);

qua_call_state sim_call_state(const sim_call *call, int person);
int sim_call_error(const sim_call *call, int person);
void sim_call_hub_stats(const sim_call *call, int person, qua_hub_stats *out);
size_t sim_call_links(const sim_call *call, int person, qua_call_link *out, size_t capacity);
/** Of everything decoded, by whom and when. */
uint64_t sim_call_hash(const sim_call *call);
/** CPU of one person's own code, the virtual network and the generated pictures apart. */
typedef struct sim_cpu {
    int64_t encode_ns, other_ns;
} sim_cpu;

sim_cpu sim_call_cpu(const sim_call *call, int person);
/** Bytes that this person's machine has sent. */
uint64_t sim_call_sent_bytes(const sim_call *call, int person);
/** Packet buffers that this person holds now. */
size_t sim_call_buffers(const sim_call *call, int person);

#endif
