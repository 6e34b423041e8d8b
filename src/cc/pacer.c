/* Which packet leaves when: by class, by deadline, at the controller's pace. */
#include "cc/cc.h"

#include <stdlib.h>

#define NONE         UINT16_MAX
#define CLASSES      4
#define PROBES       4
#define PADDING_SIZE 1200
#define BURST_US     1000.0 /* timers are late by about so much: what they missed may leave at once */
/*
 * What is due so soon goes along when somebody is awake, and the pace waits for it after. A path alone wakes up at most
 * so often; several paths, each of which lets go at the others' wake-ups, wake up together.
 */
#define AHEAD_US QUA_MS(2)

typedef struct waiting {
    qua_pacer_out out; /* as it will be handed back */
    qua_time deadline;
    uint16_t next;
} waiting;

typedef struct fifo {
    uint16_t head, tail;
} fifo;

struct qua_pacer {
    const qua_cc *cc;
    waiting slots[QUA_PACER_PACKETS];
    uint16_t free_head;
    fifo queue[CLASSES], stale;
    size_t packets, bytes;
    double next_at; /* when the pace allows the next packet */
    qua_cc_probe probes[PROBES];
    size_t probe_count;
    uint64_t sent, stale_count, padding;
};

/* Order of leaving. */
static size_t class_of(qua_cc_kind kind)
{
    switch (kind) {
    case QUA_CC_AUDIO:
        return 0;
    case QUA_CC_RETRANSMIT:
        return 1;
    case QUA_CC_FEC:
        return 2;
    default:
        return 3;
    }
}

static void push(qua_pacer *p, fifo *f, uint16_t index)
{
    p->slots[index].next = NONE;
    if (f->head == NONE)
        f->head = index;
    else
        p->slots[f->tail].next = index;
    f->tail = index;
}

static uint16_t pop(qua_pacer *p, fifo *f)
{
    const uint16_t index = f->head;

    f->head = p->slots[index].next;
    return index;
}

int qua_pacer_create(qua_pacer **out, const qua_cc *cc)
{
    qua_pacer *p = qua_zalloc(sizeof *p);

    if (!p)
        return QUA_ENOMEM;
    p->cc = cc;
    p->stale.head = NONE;
    for (size_t i = 0; i < CLASSES; i++)
        p->queue[i].head = NONE;
    for (uint16_t i = 0; i < QUA_PACER_PACKETS; i++)
        p->slots[i].next = i + 1 < QUA_PACER_PACKETS ? (uint16_t)(i + 1) : NONE;
    *out = p;
    return 0;
}

void qua_pacer_destroy(qua_pacer **pacer)
{
    free(*pacer);
    *pacer = NULL;
}

int qua_pacer_enqueue(qua_pacer *p, qua_time now, qua_cc_kind kind, size_t size, uint64_t group, void *item,
                      qua_time deadline)
{
    if (size == 0 || size > 65535 || !item || kind == QUA_CC_PADDING || kind == QUA_CC_PROBE)
        return QUA_EINVAL;
    if (p->free_head == NONE)
        return QUA_EFULL;
    const uint16_t index = p->free_head;
    p->free_head = p->slots[index].next;
    p->slots[index].deadline = deadline;
    p->slots[index].out = (qua_pacer_out){.verdict = QUA_PACER_SEND,
                                          .kind = kind,
                                          .size = (uint32_t)size,
                                          .group = group,
                                          .item = item,
                                          .queued_at = now};
    push(p, &p->queue[class_of(kind)], index);
    p->packets++;
    p->bytes += size;
    return 0;
}

/* ---- what is too late ------------------------------------------------------------------------------------ */

/* Move to the stale list what `match` says, keeping the order of the rest. */
static void expel(qua_pacer *p, fifo *f, bool (*match)(const waiting *w, uint64_t key), uint64_t key)
{
    fifo kept = {NONE, NONE};

    while (f->head != NONE) {
        const uint16_t index = pop(p, f);
        const bool out = match(&p->slots[index], key);
        if (out)
            p->slots[index].out.verdict = QUA_PACER_STALE;
        push(p, out ? &p->stale : &kept, index);
    }
    *f = kept;
}

static bool in_group(const waiting *w, uint64_t group)
{
    return w->out.group == group;
}
static bool of_kind(const waiting *w, uint64_t kind)
{
    return w->out.kind == (qua_cc_kind)kind;
}

void qua_pacer_flush(qua_pacer *p, qua_cc_kind kind)
{
    for (size_t i = 0; i < CLASSES; i++)
        expel(p, &p->queue[i], of_kind, (uint64_t)kind);
}

void qua_pacer_flush_group(qua_pacer *p, uint64_t group)
{
    for (size_t i = 0; i < CLASSES; i++)
        expel(p, &p->queue[i], in_group, group);
}

/* Deadlines rise within a class, so that looking at the heads is enough. */
static void drop_late(qua_pacer *p, qua_time now)
{
    for (size_t i = 0; i < CLASSES; i++) {
        while (p->queue[i].head != NONE && p->slots[p->queue[i].head].deadline < now) {
            const uint16_t index = pop(p, &p->queue[i]);
            p->slots[index].out.verdict = QUA_PACER_STALE;
            push(p, &p->stale, index);
            if (p->slots[index].out.group)
                qua_pacer_flush_group(p, p->slots[index].out.group);
        }
    }
}

/* ---- what may leave -------------------------------------------------------------------------------------- */

static const waiting *first_waiting(const qua_pacer *p)
{
    for (size_t i = 0; i < CLASSES; i++)
        if (p->queue[i].head != NONE)
            return &p->slots[p->queue[i].head];
    return NULL;
}

/* Audio leaves at once: it is small, and nothing is gained by spreading it. */
static bool unpaced(const qua_pacer *p, qua_cc_kind kind)
{
    return kind == QUA_CC_AUDIO || !p->cc;
}

static qua_time open_at(const qua_pacer *p, qua_time now, const qua_pacer_out *packet)
{
    return p->probe_count ? now : qua_cc_can_send_at(p->cc, now, packet->size, packet->kind);
}

/* When to wake up for it. */
static qua_time due_at(const qua_pacer *p, qua_time now, const qua_pacer_out *packet)
{
    return unpaced(p, packet->kind) ? now : QUA_MAX((qua_time)p->next_at, open_at(p, now, packet));
}

/* May it leave, now that we are awake? A probe's rate is what it is about, so it keeps to it. */
static bool may_leave(const qua_pacer *p, qua_time now, const qua_pacer_out *packet)
{
    const qua_time ahead = p->probe_count ? 0 : AHEAD_US;

    return unpaced(p, packet->kind) || ((qua_time)p->next_at <= now + ahead && open_at(p, now, packet) <= now);
}

static void spend_pace(qua_pacer *p, qua_time now, qua_cc_kind kind, size_t size)
{
    if (unpaced(p, kind))
        return;
    const uint64_t pace = qua_cc_pacing_bps(p->cc, now);
    const uint64_t rate = p->probe_count ? QUA_MAX(p->probes[0].rate_bps, pace) : pace;
    const double from = QUA_MAX(p->next_at, (double)now - BURST_US);
    p->next_at = from + (double)size * 8e6 / (double)QUA_MAX(rate, 1);
}

static void spend_probe(qua_pacer *p, size_t size)
{
    if (p->probe_count == 0)
        return;
    qua_cc_probe *probe = &p->probes[0];
    probe->bytes -= QUA_MIN(probe->bytes, (uint32_t)size);
    probe->packets -= probe->packets > 0;
    if (probe->bytes > 0 || probe->packets > 0)
        return;
    p->probe_count--;
    memmove(&p->probes[0], &p->probes[1], p->probe_count * sizeof p->probes[0]);
}

static void hand_back(qua_pacer *p, uint16_t index, qua_pacer_out *out)
{
    *out = p->slots[index].out;
    p->slots[index].next = p->free_head;
    p->free_head = index;
    p->packets--;
    p->bytes -= out->size;
}

static bool poll_waiting(qua_pacer *p, qua_time now, qua_pacer_out *out)
{
    for (size_t i = 0; i < CLASSES; i++) {
        if (p->queue[i].head == NONE)
            continue;
        if (!may_leave(p, now, &p->slots[p->queue[i].head].out))
            return false;
        hand_back(p, pop(p, &p->queue[i]), out);
        spend_pace(p, now, out->kind, out->size);
        spend_probe(p, out->size);
        p->sent++;
        return true;
    }
    return false;
}

static bool poll_padding(qua_pacer *p, qua_time now, qua_pacer_out *out)
{
    if (p->probe_count == 0 || p->packets > 0 || (qua_time)p->next_at > now)
        return false;
    *out = (qua_pacer_out){.verdict = QUA_PACER_PADDING, .kind = QUA_CC_PROBE, .size = PADDING_SIZE, .queued_at = now};
    spend_pace(p, now, QUA_CC_PROBE, PADDING_SIZE);
    spend_probe(p, PADDING_SIZE);
    p->padding++;
    return true;
}

bool qua_pacer_poll(qua_pacer *p, qua_time now, qua_pacer_out *out)
{
    drop_late(p, now);
    if (p->stale.head != NONE) {
        hand_back(p, pop(p, &p->stale), out);
        p->stale_count++;
        return true;
    }
    return poll_waiting(p, now, out) || poll_padding(p, now, out);
}

qua_time qua_pacer_deadline(const qua_pacer *p, qua_time now)
{
    qua_time when = QUA_TIME_NEVER;

    if (p->stale.head != NONE)
        return now;
    for (size_t i = 0; i < CLASSES; i++) {
        if (p->queue[i].head == NONE)
            continue;
        const qua_time late = p->slots[p->queue[i].head].deadline;
        when = QUA_MIN(when, late == QUA_TIME_NEVER ? late : late + 1);
    }
    const waiting *first = first_waiting(p);
    if (first)
        when = QUA_MIN(when, due_at(p, now, &first->out));
    else if (p->probe_count > 0)
        when = QUA_MAX((qua_time)p->next_at, now);
    return when;
}

void qua_pacer_probe(qua_pacer *p, qua_time now, const qua_cc_probe *probe)
{
    (void)now;
    if (p->probe_count < PROBES && probe->rate_bps > 0)
        p->probes[p->probe_count++] = *probe;
}

void qua_pacer_get_stats(const qua_pacer *p, qua_time now, qua_pacer_stats *out)
{
    memset(out, 0, sizeof *out);
    out->packets = p->packets;
    out->bytes = p->bytes;
    out->sent = p->sent;
    out->stale = p->stale_count;
    out->padding = p->padding;
    for (size_t i = 0; i < CLASSES; i++)
        if (p->queue[i].head != NONE)
            out->oldest_us = QUA_MAX(out->oldest_us, now - p->slots[p->queue[i].head].out.queued_at);
}
