/* One codec of one source: a worker that encodes the hub's jobs; private to this folder. */
#ifndef ENGINE_ENCODER_H
#define ENGINE_ENCODER_H

#include "engine/engine.h"

typedef struct encoder encoder;

/** Loop thread. Slices and the job's end go to `hub`. @param ended when the worker is gone, on the loop */
int encoder_start(encoder **out, qua_engine *engine, qua_hub *hub, const qua_video_codec *codec);
const qua_video_codec *encoder_codec(const encoder *e);
/** One job at a time; takes its frame. */
void encoder_job(encoder *e, const qua_hub_job *job);
/** Results that are still on their way are dropped. ended(context) on the loop when the worker is gone. */
void encoder_end(encoder **e, void (*ended)(void *context), void *context);

#endif
