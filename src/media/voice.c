/* The jitter buffer of one remote voice. */
#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

#include "media/media.h"

#define RING 64    /* packets on their way from the loop thread */
#define SLOTS 128  /* packets in the buffer: 2.5 s of 20 ms */
#define MAX_PACKET_SAMPLES 5760 /* 120 ms, Opus' longest */
#define MIN_TARGET QUA_MS(20)
#define MAX_TARGET QUA_MS(400)
#define HISTOGRAM 50 /* 10 ms each */

typedef struct packet {
    qua_buffer *data;
    int64_t seq;
    uint32_t timestamp;
    qua_time received;
} packet;

/* What the loop thread hands over; recycled through a second ring, so that nothing is allocated while it runs. */
typedef struct parcel {
    qua_buffer *data;
    uint16_t seq;
    uint32_t timestamp;
    qua_time received;
} parcel;

struct qua_voice {
    qua_spsc *in, *back;
    parcel parcels[RING];
    /* audio thread only from here on */
    OpusDecoder *opus;
    packet slots[SLOTS];
    int64_t newest, next; /* unwrapped numbers: newest inserted, next to decode; -1 before the first */
    int32_t packet_samples;
    int16_t pcm[MAX_PACKET_SAMPLES + 4 * QUA_AUDIO_BLOCK];
    size_t have; /* samples in pcm */
    bool pcm_concealed;
    int concealed_run;
    bool playing;
    qua_time base_transit; /* smallest received - media time lately */
    float histogram[HISTOGRAM]; /* of arrival delay over the base */
    qua_time target;
    /* read by others */
    _Atomic uint64_t packets, late, samples, concealed, stretched;
    _Atomic int64_t target_shown;
    _Atomic int level;
};

int qua_voice_create(qua_voice **out)
{
    qua_voice *v = qua_zalloc(sizeof *v);
    int error = OPUS_OK;

    if (!v)
        return QUA_ENOMEM;
    v->in = qua_spsc_create(RING);
    v->back = qua_spsc_create(RING);
    v->opus = opus_decoder_create(QUA_AUDIO_HZ, 1, &error);
    if (!v->in || !v->back || error != OPUS_OK) {
        qua_voice_destroy(&v);
        return QUA_ENOMEM;
    }
    for (size_t i = 0; i < RING; i++)
        qua_spsc_push(v->back, &v->parcels[i]);
    v->newest = v->next = -1;
    v->packet_samples = QUA_OPUS_FRAME;
    v->target = QUA_MS(40);
    atomic_store(&v->level, 127);
    *out = v;
    return 0;
}

void qua_voice_destroy(qua_voice **voice)
{
    qua_voice *v = *voice;

    *voice = NULL;
    if (!v)
        return;
    for (parcel *p; v->in && (p = qua_spsc_pop(v->in)) != NULL;)
        qua_buffer_unref(&p->data);
    for (size_t i = 0; i < SLOTS; i++)
        qua_buffer_unref(&v->slots[i].data);
    if (v->opus)
        opus_decoder_destroy(v->opus);
    qua_spsc_destroy(&v->in);
    qua_spsc_destroy(&v->back);
    free(v);
}

int qua_voice_push(qua_voice *v, qua_buffer *data, uint16_t seq, uint32_t timestamp, qua_time received)
{
    parcel *p = qua_spsc_pop(v->back);

    if (!p)
        return QUA_EFULL; /* nobody pulls */
    *p = (parcel){data, seq, timestamp, received};
    qua_spsc_push(v->in, p);
    return 0;
}

/* The delay that all but a few in a hundred packets keep: the target (a forgetting histogram, as NetEQ's). */
static void learn_delay(qua_voice *v, qua_time received, uint32_t timestamp)
{
    const qua_time transit = received - (qua_time)((double)timestamp * 1000000 / QUA_AUDIO_HZ);
    float sum = 0;
    int bin;

    /* the base follows down at once and creeps up, so that clocks may drift and timestamps wrap */
    if (!v->playing || transit < v->base_transit || transit - v->base_transit > QUA_SECONDS(5))
        v->base_transit = transit;
    else
        v->base_transit += QUA_MIN(transit - v->base_transit, 20);
    bin = (int)QUA_MIN((transit - v->base_transit) / QUA_MS(10), HISTOGRAM - 1);
    for (int i = 0; i < HISTOGRAM; i++)
        v->histogram[i] = v->histogram[i] * 0.993f + (i == bin ? 0.007f : 0);
    for (bin = 0; bin < HISTOGRAM && sum < 0.95f; bin++) {
        float total = 0;
        for (int i = 0; i < HISTOGRAM; i++)
            total += v->histogram[i];
        sum += v->histogram[bin] / (total > 0 ? total : 1);
    }
    v->target = QUA_CLAMP(QUA_MS(10) * bin + QUA_MS(10), MIN_TARGET, MAX_TARGET);
    atomic_store(&v->target_shown, v->target);
}

static void insert(qua_voice *v, parcel *p)
{
    const int64_t seq = v->newest < 0 ? 65536 + (int64_t)p->seq : qua_unwrap16(v->newest, p->seq);
    packet *slot = &v->slots[(size_t)(seq % SLOTS + SLOTS) % SLOTS];

    atomic_fetch_add_explicit(&v->packets, 1, memory_order_relaxed);
    if (v->next >= 0 && seq < v->next) {
        atomic_fetch_add_explicit(&v->late, 1, memory_order_relaxed);
        learn_delay(v, p->received, p->timestamp);
        qua_buffer_unref(&p->data);
        return;
    }
    if (seq > v->newest + SLOTS || seq < 0) { /* a jump: begin anew */
        v->next = -1;
        for (size_t i = 0; i < SLOTS; i++)
            qua_buffer_unref(&v->slots[i].data);
    }
    learn_delay(v, p->received, p->timestamp);
    qua_buffer_unref(&slot->data);
    *slot = (packet){p->data, seq, p->timestamp, p->received};
    v->newest = QUA_MAX(v->newest, seq);
    if (v->next < 0)
        v->next = seq;
    else if (v->newest - v->next >= SLOTS)
        v->next = v->newest - SLOTS + 1;
}

static void take_in(qua_voice *v)
{
    for (parcel *p; (p = qua_spsc_pop(v->in)) != NULL;) {
        insert(v, p);
        p->data = NULL;
        qua_spsc_push(v->back, p);
    }
}

static packet *packet_at(qua_voice *v, int64_t seq)
{
    packet *p = &v->slots[(size_t)(seq % SLOTS)];

    return p->data && p->seq == seq ? p : NULL;
}

/* Audio waiting: what is decoded and what is in packets. */
static qua_time buffered(const qua_voice *v)
{
    const int64_t packets = v->next < 0 ? 0 : v->newest - v->next + 1;

    return (qua_time)((int64_t)v->have + packets * v->packet_samples) * 1000000 / QUA_AUDIO_HZ;
}

/* Decode the next packet, or make up for it: from the FEC of the one after, else by concealment. */
static void decode_next(qua_voice *v)
{
    int16_t *const out = v->pcm + v->have;
    packet *p = packet_at(v, v->next);
    int n = 0;

    v->pcm_concealed = !p;
    if (p) {
        n = opus_decode(v->opus, p->data->data, (opus_int32)p->data->size, out, MAX_PACKET_SAMPLES, 0);
        if (n > 0)
            v->packet_samples = n;
        qua_buffer_unref(&p->data);
        v->concealed_run = 0;
    } else if (v->newest > v->next && packet_at(v, v->next + 1)) {
        p = packet_at(v, v->next + 1);
        n = opus_decode(v->opus, p->data->data, (opus_int32)p->data->size, out, v->packet_samples, 1);
    }
    if (n <= 0) {
        n = opus_decode(v->opus, NULL, 0, out, v->packet_samples, 0);
        v->pcm_concealed = true;
        v->concealed_run++;
    }
    if (n <= 0) {
        n = QUA_AUDIO_BLOCK;
        memset(out, 0, (size_t)n * sizeof *out);
    }
    v->have += (size_t)n;
    if (v->newest >= v->next)
        v->next++; /* else nothing was sent for this time: the number stays */
}

/*
 * Cut (or repeat) one pitch period where the sound is most like itself, cross-faded: the speed changes, the pitch
 * does not. Works on the front of pcm, which holds at least two blocks.
 */
static void stretch(qua_voice *v, bool shorten)
{
    enum { MIN_LAG = 120, MAX_LAG = 480, WINDOW = 240 };
    int best = 0;
    double best_score = 0;
    int16_t *const pcm = v->pcm;

    if (v->have < MAX_LAG + WINDOW)
        return;
    for (int lag = MIN_LAG; lag <= MAX_LAG; lag += 2) {
        double cross = 0, energy = 1;
        for (int i = 0; i < WINDOW; i += 2) {
            cross += (double)pcm[i] * pcm[i + lag];
            energy += (double)pcm[i + lag] * pcm[i + lag];
        }
        if (cross > 0 && cross * cross / energy > best_score) {
            best_score = cross * cross / energy;
            best = lag;
        }
    }
    if (!best)
        best = MAX_LAG / 2; /* silence or noise: any place will do */
    if (shorten) {
        for (int i = 0; i < WINDOW; i++)
            pcm[i] = (int16_t)((pcm[i] * (WINDOW - i) + pcm[i + best] * i) / WINDOW);
        memmove(pcm + WINDOW, pcm + WINDOW + best, (v->have - (size_t)(WINDOW + best)) * sizeof *pcm);
        v->have -= (size_t)best;
    } else if (v->have + (size_t)best <= QUA_ARRAY_SIZE(v->pcm)) {
        memmove(pcm + best, pcm, v->have * sizeof *pcm);
        for (int i = 0; i < WINDOW && i < best; i++)
            pcm[best + i] = (int16_t)((pcm[best + i + (i + best < (int)v->have ? best : 0)] * (WINDOW - i) +
                                       pcm[best + i] * i) / WINDOW);
        v->have += (size_t)best;
    }
    atomic_fetch_add_explicit(&v->stretched, (uint64_t)best, memory_order_relaxed);
}

bool qua_voice_pull(qua_voice *v, qua_time now, int16_t out[QUA_AUDIO_BLOCK], bool *concealed)
{
    (void)now;
    take_in(v);
    *concealed = false;
    if (v->next < 0 || (!v->playing && buffered(v) < v->target)) {
        memset(out, 0, QUA_AUDIO_BLOCK * sizeof *out);
        return false;
    }
    v->playing = true;
    while (v->have < 2 * QUA_AUDIO_BLOCK && (v->have < QUA_AUDIO_BLOCK || v->newest >= v->next))
        decode_next(v);
    if (v->concealed_run > 50)
        v->playing = false; /* a second without a packet: muted or gone; fill the buffer anew when it speaks again */
    if (buffered(v) > v->target + QUA_MS(30))
        stretch(v, true);
    else if (buffered(v) + QUA_MS(10) < v->target && !v->pcm_concealed)
        stretch(v, false);
    memcpy(out, v->pcm, QUA_AUDIO_BLOCK * sizeof *out);
    v->have -= QUA_AUDIO_BLOCK;
    memmove(v->pcm, v->pcm + QUA_AUDIO_BLOCK, v->have * sizeof *v->pcm);
    *concealed = v->pcm_concealed;
    atomic_fetch_add_explicit(&v->samples, QUA_AUDIO_BLOCK, memory_order_relaxed);
    if (v->pcm_concealed)
        atomic_fetch_add_explicit(&v->concealed, QUA_AUDIO_BLOCK, memory_order_relaxed);
    atomic_store(&v->level, qua_audio_level(out, QUA_AUDIO_BLOCK));
    return true;
}

void qua_voice_get_stats(const qua_voice *v, qua_voice_stats *out)
{
    out->packets = atomic_load(&v->packets);
    out->late = atomic_load(&v->late);
    out->samples = atomic_load(&v->samples);
    out->concealed_samples = atomic_load(&v->concealed);
    out->stretched_samples = atomic_load(&v->stretched);
    out->delay_us = atomic_load(&v->target_shown);
    out->level = pow(10, -atomic_load(&v->level) / 20.0);
}
