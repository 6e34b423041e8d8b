/* Generated pictures and sound for the people of a virtual call. */
#ifndef SIM_MEDIA_H
#define SIM_MEDIA_H

#include "media/media.h"

/** A moving picture that nobody has to download: textures that pan, and a number in its lowest rows. */
typedef struct sim_scene {
    int width, height; /* even */
    uint8_t *texture[3];
} sim_scene;

void sim_scene_init(sim_scene *scene, uint64_t seed, int width, int height);
void sim_scene_deinit(sim_scene *scene);
qua_frame *sim_scene_frame(const sim_scene *scene, uint32_t number);
/** The number in a decoded picture of whatever size, modulo SIM_NUMBERS; -1: not to be read. */
int sim_scene_number(const qua_frame *frame);
#define SIM_NUMBERS 4096
/** Luma PSNR against what was shown, dB. */
double sim_scene_psnr(const sim_scene *scene, const qua_frame *frame, uint32_t number);

/** One second of something that speaks in syllables, to be repeated: harmonics of a pitch that come and go. */
void sim_speech(int16_t out[QUA_AUDIO_HZ], int pitch_hz);
/** Is this block loud enough to be heard? */
bool sim_audible(const int16_t pcm[QUA_AUDIO_BLOCK]);

#endif
