#include <stdlib.h>

#include "os/loop.h"

int os_mailbox_init(os_mailbox *box)
{
    box->first = box->spare = NULL;
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

static void free_all(os_post *post)
{
    for (os_post *next; post; post = next) {
        next = post->next;
        free(post);
    }
}

void os_mailbox_deinit(os_mailbox *box)
{
    free_all(take_all(box));
    free_all(box->spare);
    os_mutex_destroy(&box->mutex);
}

/* Posts are used again, so that a running call allocates none. @return NULL without memory; box is locked */
static os_post *fresh_post(os_mailbox *box)
{
    os_post *post = box->spare;

    if (!post)
        return malloc(sizeof *post);
    box->spare = post->next;
    return post;
}

int os_mailbox_put(os_mailbox *box, void (*fn)(void *), void *context)
{
    os_post *post;

    os_mutex_lock(box->mutex);
    post = fresh_post(box);
    if (post) {
        *post = (os_post){fn, context, NULL};
        *box->last = post;
        box->last = &post->next;
    }
    os_mutex_unlock(box->mutex);
    return post ? 0 : QUA_ENOMEM;
}

static void give_back(os_mailbox *box, os_post *post)
{
    os_mutex_lock(box->mutex);
    post->next = box->spare;
    box->spare = post;
    os_mutex_unlock(box->mutex);
}

void os_mailbox_run(os_mailbox *box)
{
    for (os_post *post = take_all(box), *next; post; post = next) {
        next = post->next;
        post->fn(post->context);
        give_back(box, post);
    }
}
