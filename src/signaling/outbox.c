/* A ring of texts between what was acknowledged and what is not yet said. */
#include <stdlib.h>

#include "signaling/signaling.h"

enum { FIRST_CAPACITY = 8 };

void qua_outbox_init(qua_outbox *outbox)
{
    *outbox = (qua_outbox){.first_seq = 1};
}

static qua_buffer **slot(const qua_outbox *outbox, size_t i)
{
    return &outbox->ring[(outbox->head + i) & (outbox->capacity - 1)];
}

static void forget_first(qua_outbox *outbox)
{
    qua_buffer **first = slot(outbox, 0);

    outbox->bytes -= (*first)->size;
    qua_buffer_unref(first);
    outbox->head = (outbox->head + 1) & (outbox->capacity - 1);
    outbox->first_seq++;
    outbox->count--;
    if (outbox->sent)
        outbox->sent--;
}

void qua_outbox_deinit(qua_outbox *outbox)
{
    while (outbox->count)
        forget_first(outbox);
    free(outbox->ring);
    outbox->ring = NULL;
}

static int grow(qua_outbox *outbox)
{
    const size_t capacity = outbox->capacity ? outbox->capacity * 2 : FIRST_CAPACITY;
    qua_buffer **ring = malloc(capacity * sizeof(qua_buffer *));

    if (!ring)
        return QUA_ENOMEM;
    for (size_t i = 0; i < outbox->count; i++)
        ring[i] = *slot(outbox, i);
    free(outbox->ring);
    outbox->ring = ring;
    outbox->capacity = capacity;
    outbox->head = 0;
    return 0;
}

int qua_outbox_push(qua_outbox *outbox, qua_buffer *text)
{
    while (outbox->sent && (outbox->count == QUA_OUTBOX_MAX || outbox->bytes + text->size > QUA_SIGNAL_QUEUE_MAX))
        forget_first(outbox);
    if (outbox->count == QUA_OUTBOX_MAX || outbox->bytes + text->size > QUA_SIGNAL_QUEUE_MAX)
        return QUA_EFULL;
    if (outbox->count == outbox->capacity && grow(outbox) != 0)
        return QUA_ENOMEM;
    *slot(outbox, outbox->count++) = qua_buffer_ref(text);
    outbox->bytes += text->size;
    return 0;
}

bool qua_outbox_pending(const qua_outbox *outbox)
{
    return outbox->sent < outbox->count;
}

const qua_buffer *qua_outbox_next(qua_outbox *outbox, uint64_t *seq)
{
    if (!qua_outbox_pending(outbox))
        return NULL;
    *seq = outbox->first_seq + outbox->sent;
    return *slot(outbox, outbox->sent++);
}

int qua_outbox_acknowledge(qua_outbox *outbox, uint64_t ack)
{
    if (ack >= outbox->first_seq + outbox->sent)
        return QUA_EPROTO;
    while (outbox->first_seq <= ack)
        forget_first(outbox);
    return 0;
}

int qua_outbox_resume(qua_outbox *outbox, uint64_t last)
{
    int error;

    if (last + 1 < outbox->first_seq)
        return QUA_ENOENT;
    error = qua_outbox_acknowledge(outbox, last);
    if (error == 0)
        outbox->sent = 0;
    return error;
}

void qua_outbox_restart(qua_outbox *outbox)
{
    outbox->first_seq = 1;
    outbox->sent = 0;
}
