/* Many deadlines, most of them never reached: a binary heap whose timers live inside the objects that they belong to.
 */
#ifndef QUARTETD_TIMERS_H
#define QUARTETD_TIMERS_H

#include "base/base.h"

typedef struct timer timer;
struct timer {
    qua_time at;
    size_t index; /* in the heap, from 1; 0: not set */
    void (*fn)(timer *t, void *context, qua_time now);
};

typedef struct timers {
    timer **heap; /* heap[1] is due first */
    size_t count, capacity;
    void *context; /* given to every fn */
} timers;

void timers_init(timers *all, void *context);
void timers_deinit(timers *all);
/** Set or move. @return 0, QUA_ENOMEM */
int timers_set(timers *all, timer *t, qua_time at);
void timers_cancel(timers *all, timer *t);
/** QUA_TIME_NEVER when none is set */
qua_time timers_next(const timers *all);
/** Call the fn of every timer that is due, each once cancelled. */
void timers_run(timers *all, qua_time now);

#endif
