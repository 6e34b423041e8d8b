/* A thread that does one kind of work behind a bounded queue; private to this folder. */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "os/os.h"

/** Most jobs waiting for one worker. Encoders get one at a time; decoders a burst after a loss was mended. */
#define WORKER_QUEUE 64

typedef struct worker worker;

/** Do one job; on the worker's thread. */
typedef void (*worker_fn)(void *context, void *job);

/**
 * Loop thread, as all functions here.
 * @param name at most 15 characters @param alive counts workers that have not ended; lent
 */
int worker_start(worker **out, os_loop *loop, int *alive, const char *name, worker_fn fn, void *context);
/** @return 0; QUA_EFULL: the caller keeps the job */
int worker_post(worker *w, void *job);
/**
 * Let it finish the job at hand and end; nobody waits for it, since the job may be inside an app's callback that waits
 * for the loop. Nulls the pointer.
 * @param drop  gets the jobs that wait, on the worker's thread; may be NULL
 * @param ended runs on the loop after everything that the worker posted there; may be NULL
 */
void worker_end(worker **w, worker_fn drop, void (*ended)(void *context));

#endif
