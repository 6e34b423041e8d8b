/* A thread that does one kind of work behind a bounded queue; private to this folder. */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "os/os.h"

/** Most jobs waiting for one worker. Encoders get one at a time; decoders a burst after a loss was mended. */
#define WORKER_QUEUE 64

typedef struct worker worker;

/** Do one job; on the worker's thread. */
typedef void (*worker_fn)(void *context, void *job);

/** @param name at most 15 characters */
int worker_start(worker **out, const char *name, worker_fn fn, void *context);
/** Finish the job at hand, hand the rest to `drop` (may be NULL), end the thread. Nulls the pointer. */
void worker_stop(worker **w, worker_fn drop);
/** @return 0; QUA_EFULL: the caller keeps the job */
int worker_post(worker *w, void *job);

#endif
