/*
 * The way out to an app's callbacks: once closed, none runs any more. Entering takes no lock, so that the audio
 * thread may.
 */
#ifndef ENGINE_GATE_H
#define ENGINE_GATE_H

#include "base/base.h"

/** Zeroed is open. */
typedef struct gate {
    atomic_bool closed;
    _Atomic int inside;
} gate;

/** One passage of a thread; on its stack. */
typedef struct gate_pass {
    gate *of;
    struct gate_pass *outer; /* the thread was inside another callback already */
} gate_pass;

/** @return false: closed, do not call. True: call, then gate_leave. */
bool gate_enter(gate *g, gate_pass *pass);
void gate_leave(gate_pass *pass);
/** Returns when no other thread is inside. From inside a callback: that one is the last. */
void gate_close(gate *g);

#endif
