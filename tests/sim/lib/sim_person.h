/* One person of a virtual call: mesh, hub, devices, codecs; private to tests/sim/lib. */
#ifndef SIM_PERSON_H
#define SIM_PERSON_H

#include "sim_call.h"
#include "sim_internal.h"
#include "sim_media.h"
#include "sim_server.h"

#define LEG_PORTS 5000
#define DELAYS    8192 /* frames whose delays are kept, a view */
#define CODECS    4
#define SLICES    64

typedef struct sim_person sim_person;

/* What this person saw of one other. */
typedef struct view {
    sim_view v;
    uint32_t delays[DELAYS]; /* us */
    size_t delay_count;
    double psnr_sum;
    uint64_t psnr_count;
    int last_number;
} view;

typedef struct leg_media {
    bool open;
    uint16_t port;
    int who; /* at the other end */
    const qua_video_codec *codec;
    qua_video_decoder *decoder;
    qua_voice *voice;
} leg_media;

/* An encoder, and the job whose result is ready later. */
typedef struct encoder_slot {
    sim_person *person;
    const qua_video_codec *codec;
    qua_video_encoder *encoder;
    int layer, width, height;
    uint32_t job;
    int error;
    qua_time took;
    qua_encoded slices[SLICES]; /* one after another in data */
    size_t slice_count;
    uint8_t *data;
    size_t size;
} encoder_slot;

struct sim_person {
    sim_call *call;
    int number;
    char name[8];
    bool alive;
    sim_host *host;
    sim_iface *iface;
    sim_pipe *up;
    sim_socket *socket;
    qua_mesh *mesh;
    qua_hub *hub;
    qua_pool *packets;
    qua_dtls_identity *identity;
    qua_random random;
    qua_log log; /* silent, unless SIM_LOG is set in the environment */
    qua_prng *prng;
    qua_addr stun;
    bool camera, microphone;
    qua_call_state state;
    int error;
    uint16_t next_port;
    leg_media legs[QUA_MESH_LEGS];
    encoder_slot encoders[CODECS];
    qua_opus_encoder *opus;
    int16_t *speech;
    uint64_t block;
    int16_t half[QUA_OPUS_FRAME];
    sim_scene scene;
    uint32_t frame_number;
    qua_time captured[SIM_NUMBERS];
    uint64_t sent_bytes;
    sim_cpu cpu;
    view views[SIM_PEOPLE];
};

struct sim_call {
    sim_net *net;
    sim_call_config config;
    sim_server *server;
    qua_addr stun;
    sim_person *people[SIM_PEOPLE];
    int count;
    uint64_t hash;
};

/** @param guest lent. The person asks for the room at once. */
sim_person *person_create(sim_call *call, int number, const sim_guest *guest);
void person_destroy(sim_person **p);
/** Give out all that its mesh and hub have to say. */
void person_drain(sim_person *p, qua_time now);
/** What it saw of the others; in sim_view.c. */
void person_saw(sim_person *p, qua_time now, int who, const qua_frame *frame);
void person_heard(sim_person *p, int who, bool playing, bool concealed, const int16_t pcm[QUA_AUDIO_BLOCK]);
void person_forget(sim_person *p);
/** Stir `size` bytes into the call's hash. */
void call_stir(sim_call *call, const void *data, size_t size);

#endif
