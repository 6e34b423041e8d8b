/* What the loop of a platform shares with posix/; private to this folder. */
#ifndef OS_LOOP_H
#define OS_LOOP_H

#include "os/os.h"

typedef struct os_post {
    void (*fn)(void *context);
    void *context;
    struct os_post *next;
} os_post;

/** Posts from other threads, kept in order; the platform's loop wakes up when told. */
typedef struct os_mailbox {
    os_mutex *mutex;
    os_post *first, **last;
    os_post *spare;
} os_mailbox;

int os_mailbox_init(os_mailbox *box);
void os_mailbox_deinit(os_mailbox *box);
/** @return 0 or QUA_ENOMEM */
int os_mailbox_put(os_mailbox *box, void (*fn)(void *), void *context);
/** Run what is there; posts that these make wait for the next turn. */
void os_mailbox_run(os_mailbox *box);

#endif
