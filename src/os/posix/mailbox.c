#include <stdlib.h>

#include "os/loop.h"

int os_mailbox_init(os_mailbox *box)
{
    box->first = NULL;
    box->last = &box->first;
    return os_mutex_create(&box->mutex);
}

static os_post *take_all(os_mailbox *box)
{
    os_post *first;

    os_mutex_lock(box->mutex);
    first = box->first;
    box->first = NULL;
    box->last = &box->first;
    os_mutex_unlock(box->mutex);
    return first;
}

void os_mailbox_deinit(os_mailbox *box)
{
    for (os_post *post = take_all(box), *next; post; post = next) {
        next = post->next;
        free(post);
    }
    os_mutex_destroy(&box->mutex);
}

int os_mailbox_put(os_mailbox *box, void (*fn)(void *), void *context)
{
    os_post *post = malloc(sizeof *post);

    if (!post)
        return QUA_ENOMEM;
    *post = (os_post){fn, context, NULL};
    os_mutex_lock(box->mutex);
    *box->last = post;
    box->last = &post->next;
    os_mutex_unlock(box->mutex);
    return 0;
}

void os_mailbox_run(os_mailbox *box)
{
    for (os_post *post = take_all(box), *next; post; post = next) {
        next = post->next;
        post->fn(post->context);
        free(post);
    }
}
