/* From fragments to pictures, in decoding order. */
#include <stdlib.h>

#include "media/media.h"

#define SLOTS      1024 /* packets held; a second of 8 Mb/s */
#define POOL_BYTES (256 * 1024)
/* A hole that is not repaired for this long makes us ask for a keyframe. */
#define PATIENCE QUA_MS(250)

typedef struct slot {
    int64_t seq; /* -1: empty */
    uint32_t timestamp;
    bool frame_start, marker, keyframe, filler, unmarked;
    qua_time received;
    qua_buffer *data; /* NULL: padding, fills the sequence only */
} slot;

struct qua_video_jitter {
    slot slots[SLOTS];
    int64_t next;         /* first packet that was not handed out, -1 before the first keyframe */
    int64_t highest;      /* newest packet, -1 none */
    bool synced;          /* the decoder holds what the next picture builds on */
    qua_time stuck_since; /* the next picture is held back since then; 0: it is not */
    qua_pool *packets, *pictures;
    qua_video_jitter_stats stats;
};

int qua_video_jitter_create(qua_video_jitter **out)
{
    qua_video_jitter *j = qua_zalloc(sizeof *j);

    if (!j)
        return QUA_ENOMEM;
    j->packets = qua_pool_create(QUA_DATAGRAM_MAX, SLOTS);
    j->pictures = qua_pool_create(POOL_BYTES, 0);
    if (!j->packets || !j->pictures) {
        qua_video_jitter_destroy(&j);
        return QUA_ENOMEM;
    }
    for (size_t i = 0; i < SLOTS; i++)
        j->slots[i].seq = -1;
    j->next = j->highest = -1;
    *out = j;
    return 0;
}

void qua_video_jitter_destroy(qua_video_jitter **jitter)
{
    qua_video_jitter *j = *jitter;

    *jitter = NULL;
    if (!j)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        qua_buffer_unref(&j->slots[i].data);
    qua_pool_destroy(&j->packets);
    qua_pool_destroy(&j->pictures);
    free(j);
}

static slot *slot_of(qua_video_jitter *j, int64_t seq)
{
    slot *s = &j->slots[seq % SLOTS];

    return s->seq == seq ? s : NULL;
}

static void clear_slot(slot *s)
{
    qua_buffer_unref(&s->data);
    s->seq = -1;
}

/* Everything before `seq` is of no use any more. */
static void drop_before(qua_video_jitter *j, int64_t seq)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (j->slots[i].seq >= 0 && j->slots[i].seq < seq) {
            j->stats.dropped += j->slots[i].marker;
            clear_slot(&j->slots[i]);
        }
    }
    j->next = seq;
}

int qua_video_jitter_insert(qua_video_jitter *j, qua_time now, const qua_video_fragment *f)
{
    slot *s = &j->slots[f->seq % SLOTS];

    if (f->size > QUA_DATAGRAM_MAX)
        return QUA_EFORMAT;
    if (f->seq < j->next || (j->highest >= 0 && f->seq <= j->highest - SLOTS) || s->seq == f->seq)
        return QUA_EIGNORED;
    if (j->highest >= 0 && f->seq >= j->highest + SLOTS) { /* a jump: nothing of before can continue */
        drop_before(j, f->seq);
        j->synced = false;
    }
    clear_slot(s);
    if (f->size) {
        s->data = qua_pool_get(j->packets);
        if (!s->data)
            return QUA_EFULL;
        memcpy(s->data->data, f->data, f->size);
        s->data->size = f->size;
    }
    s->seq = f->seq;
    s->timestamp = f->timestamp;
    s->filler = f->size == 0; /* neither begins nor ends a picture, whatever its header says */
    s->frame_start = f->frame_start && !s->filler;
    s->marker = f->marker && !s->filler;
    s->unmarked = f->unmarked;
    s->keyframe = f->keyframe && s->frame_start;
    s->received = now;
    j->highest = QUA_MAX(j->highest, f->seq);
    return 0;
}

/* May a picture start with this packet? */
static bool starts_picture(qua_video_jitter *j, const slot *s)
{
    const slot *before = s->seq ? slot_of(j, s->seq - 1) : NULL;

    if (s->frame_start || !s->unmarked)
        return s->frame_start;
    return before ? before->timestamp != s->timestamp : s->seq == j->next && j->synced;
}

/* If a whole picture starts at `first`: the number of its last packet, else -1. */
static int64_t whole_picture(qua_video_jitter *j, int64_t first)
{
    const slot *start = slot_of(j, first);

    if (!start || !starts_picture(j, start))
        return -1;
    for (int64_t seq = first; seq <= j->highest; seq++) {
        const slot *s = slot_of(j, seq);
        if (!s || s->timestamp != start->timestamp || (seq > first && s->frame_start && !s->unmarked))
            return -1;
        if (s->marker)
            return seq;
    }
    return -1;
}

/* Newest whole keyframe at or after j->next, -1: none. */
static int64_t find_keyframe(qua_video_jitter *j)
{
    for (int64_t seq = j->highest; seq >= QUA_MAX(j->next, j->highest - SLOTS + 1) && seq >= 0; seq--) {
        const slot *s = slot_of(j, seq);
        if (s && s->keyframe && whole_picture(j, seq) >= 0)
            return seq;
    }
    return -1;
}

static bool take_picture(qua_video_jitter *j, int64_t first, int64_t last, qua_video_picture *out)
{
    size_t size = 0;
    qua_buffer *data;

    for (int64_t seq = first; seq <= last; seq++)
        size += slot_of(j, seq)->data ? slot_of(j, seq)->data->size : 0;
    data = size <= POOL_BYTES ? qua_pool_get(j->pictures) : qua_buffer_create(size);
    if (!data)
        return false;
    *out = (qua_video_picture){.data = data, .first_seq = first, .last_seq = last};
    out->timestamp = slot_of(j, first)->timestamp;
    for (int64_t seq = first; seq <= last; seq++) {
        slot *s = slot_of(j, seq);
        if (s->data) {
            memcpy(data->data + data->size, s->data->data, s->data->size);
            data->size += s->data->size;
        }
        out->keyframe |= s->keyframe;
        out->received = QUA_MAX(out->received, s->received);
        clear_slot(s);
    }
    j->next = last + 1;
    j->stats.pictures++;
    j->stats.keyframes += out->keyframe;
    return true;
}

static void skip_fillers(qua_video_jitter *j)
{
    for (slot *s; j->next >= 0 && (s = slot_of(j, j->next)) != NULL && s->filler; j->next++)
        clear_slot(s);
}

bool qua_video_jitter_poll(qua_video_jitter *j, qua_time now, qua_video_picture *out)
{
    int64_t last, key;

    skip_fillers(j);
    last = j->synced ? whole_picture(j, j->next) : -1;
    if (last < 0) {
        key = find_keyframe(j);
        if (key >= 0) {
            drop_before(j, key);
            j->synced = true;
            last = whole_picture(j, key);
        }
    }
    if (last >= 0 && take_picture(j, j->next, last, out)) {
        j->stuck_since = 0;
        return true;
    }
    /* held back by a hole, not merely by a picture that is still arriving */
    if (!j->synced || (j->highest >= j->next && !slot_of(j, j->next)))
        j->stuck_since = j->stuck_since ? j->stuck_since : now;
    else if (j->synced && j->highest >= j->next) {
        bool hole = false;
        for (int64_t seq = j->next; seq <= j->highest && !hole; seq++)
            hole = !slot_of(j, seq);
        j->stuck_since = !hole ? 0 : j->stuck_since ? j->stuck_since : now;
    }
    return false;
}

bool qua_video_jitter_needs_keyframe(const qua_video_jitter *j, qua_time now)
{
    if (j->highest < 0)
        return false;
    return !j->synced || (j->stuck_since && now - j->stuck_since > PATIENCE);
}

void qua_video_jitter_reset(qua_video_jitter *j)
{
    j->synced = false;
}
int64_t qua_video_jitter_horizon(const qua_video_jitter *j)
{
    return j->next;
}
void qua_video_jitter_get_stats(const qua_video_jitter *j, qua_video_jitter_stats *out)
{
    *out = j->stats;
}
