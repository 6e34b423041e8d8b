/* The jitter buffer of one remote voice. */
#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>

#include "media/media.h"

#define RING               256  /* at least PARCELS */
#define PARCELS            192  /* packets held at once: what waits in the buffer, and what is on its way to it */
#define SLOTS              128  /* packets in the buffer: 2.5 s of 20 ms */
#define MAX_PACKET_SAMPLES 5760 /* 120 ms, Opus' longest */
#define MIN_TARGET         QUA_MS(20)
#define MAX_TARGET         QUA_MS(400)
#define HISTOGRAM          50 /* 10 ms each */
#define FORGET             0.993f
#define IN_TIME            0.97f          /* of the packets are to come before they are needed */
#define STALE              QUA_SECONDS(5) /* a transit this far off is another clock, not a late packet */
#define CREEP              20             /* µs a packet */
#define SHRINK_ABOVE       QUA_MS(20)     /* over the target, on average */
#define HURRY_ABOVE        QUA_MS(120)    /* over it now */
#define GROW_BELOW         QUA_MS(17)     /* on average: 20 ms packets and 10 ms blocks run dry at 15 */
#define LEVEL_GAIN         16             /* blocks */
#define LOSS_GAIN          128            /* packets */
#define LOSSY              0.004          /* a loss counts for two seconds */
#define GONE               50             /* packets in a row made up: a second */
#define POSITION_UNIT      100
#define STRETCH_EVERY      4 /* blocks: 10 ms in 40 is heard as pace, not as a fault */

/* One packet. Its bytes are copied, so that the audio thread never gives memory back: parcels only go round. */
typedef struct parcel {
    int64_t seq; /* unwrapped, once in the buffer */
    qua_time received;
    uint32_t timestamp;
    uint16_t number, size;
    uint8_t data[QUA_DATAGRAM_MAX];
} parcel;

struct qua_voice {
    qua_spsc *in, *back;
    parcel parcels[PARCELS];
    /* audio thread only from here on */
    OpusDecoder *opus;
    parcel *slots[SLOTS]; /* by seq modulo */
    int64_t newest, next; /* unwrapped numbers: newest inserted, next to decode; -1 before the first */
    uint32_t end;         /* RTP time after the last sample in pcm */
    int32_t packet_samples;
    int16_t pcm[MAX_PACKET_SAMPLES + 4 * QUA_AUDIO_BLOCK];
    size_t have; /* samples in pcm */
    bool pcm_concealed;
    int concealed_run;
    int64_t made_up_ahead; /* packets concealed before it was known whether they are late or lost */
    double loss;           /* share of packets that never came in time */
    qua_time filled;       /* what is buffered, on average */
    int stretch_wait;      /* blocks until the pace may change again */
    bool playing;
    qua_time base_transit;      /* smallest received - media time lately */
    float histogram[HISTOGRAM]; /* of arrival delay over the base */
    qua_time target;
    /* read by others */
    _Atomic uint64_t packets, late, samples, concealed, recovered, stretched;
    _Atomic uint64_t position; /* RTP time, and when it is heard in 100 µs: one word, so that both belong together */
    _Atomic int64_t target_shown;
    _Atomic int64_t least_delay; /* written by others */
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
    for (size_t i = 0; i < PARCELS; i++)
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
    if (v->opus)
        opus_decoder_destroy(v->opus);
    qua_spsc_destroy(&v->in);
    qua_spsc_destroy(&v->back);
    free(v);
}

int qua_voice_push(qua_voice *v, qua_buffer *packet, uint16_t seq, uint32_t timestamp, qua_time received)
{
    parcel *p;

    if (packet->size == 0 || packet->size > sizeof p->data)
        return QUA_EFORMAT;
    p = qua_spsc_pop(v->back);
    if (!p)
        return QUA_EFULL; /* nobody pulls */
    p->number = seq;
    p->timestamp = timestamp;
    p->received = received;
    p->size = (uint16_t)packet->size;
    memcpy(p->data, packet->data, packet->size);
    qua_spsc_push(v->in, p);
    qua_buffer_unref(&packet);
    return 0;
}

/* ---- audio thread ---------------------------------------------------------------------------------------- */

static void give_back(qua_voice *v, parcel **p)
{
    if (*p)
        qua_spsc_push(v->back, *p);
    *p = NULL;
}

/*
 * How late a packet is against the quickest lately. That base follows down at once and creeps up, so that clocks may
 * drift; timestamps that wrap begin a new one.
 */
static qua_time lateness(qua_voice *v, const parcel *p)
{
    const qua_time transit = p->received - (qua_time)p->timestamp * 1000000 / QUA_AUDIO_HZ;

    if (!v->playing || transit < v->base_transit || transit - v->base_transit > STALE)
        v->base_transit = transit;
    else
        v->base_transit += QUA_MIN(transit - v->base_transit, CREEP);
    return transit - v->base_transit;
}

/* The delay that all but a few in a hundred packets keep: the target (a forgetting histogram, as NetEQ's). */
static void learn_delay(qua_voice *v, const parcel *p)
{
    const int late = (int)QUA_MIN(lateness(v, p) / QUA_MS(10), HISTOGRAM - 1);
    float total = 0, sum = 0;
    int bin = 0;

    for (int i = 0; i < HISTOGRAM; i++) {
        v->histogram[i] = v->histogram[i] * FORGET + (i == late ? 1 - FORGET : 0);
        total += v->histogram[i];
    }
    while (bin < HISTOGRAM && sum < IN_TIME * total)
        sum += v->histogram[bin++];
    v->target = QUA_MS(10) * bin + QUA_MS(10);
    if (v->loss > LOSSY) /* the packet after a lost one has its FEC: wait for it */
        v->target += (qua_time)v->packet_samples * 1000000 / QUA_AUDIO_HZ;
    v->target = QUA_MAX(v->target, atomic_load(&v->least_delay));
    v->target = QUA_CLAMP(v->target, MIN_TARGET, MAX_TARGET);
    atomic_store(&v->target_shown, v->target);
}

/* Another stream than before, or one so far ahead that nothing of before continues it. */
static void begin_anew(qua_voice *v, int64_t seq)
{
    for (size_t i = 0; i < SLOTS; i++)
        give_back(v, &v->slots[i]);
    v->newest = v->next = seq;
    v->made_up_ahead = 0;
}

static bool is_jump(const qua_voice *v, int64_t seq)
{
    return v->next < 0 || seq > v->newest + SLOTS || seq < v->next - SLOTS;
}

static void insert(qua_voice *v, parcel *p)
{
    p->seq = v->newest < 0 ? 65536 + (int64_t)p->number : qua_unwrap16(v->newest, p->number);
    if (p->seq < SLOTS)
        p->seq += 65536; /* a stream that runs backwards: any number will do */
    atomic_fetch_add_explicit(&v->packets, 1, memory_order_relaxed);
    learn_delay(v, p);
    if (is_jump(v, p->seq))
        begin_anew(v, p->seq);
    if (p->seq < v->next) {
        atomic_fetch_add_explicit(&v->late, 1, memory_order_relaxed);
        give_back(v, &p);
        return;
    }
    v->newest = QUA_MAX(v->newest, p->seq);
    for (; v->newest - v->next >= SLOTS; v->next++)
        give_back(v, &v->slots[v->next % SLOTS]);
    give_back(v, &v->slots[p->seq % SLOTS]); /* a duplicate */
    v->slots[p->seq % SLOTS] = p;
}

static void take_in(qua_voice *v)
{
    for (parcel *p; (p = qua_spsc_pop(v->in)) != NULL;)
        insert(v, p);
}

static parcel **packet_at(qua_voice *v, int64_t seq)
{
    parcel **p = &v->slots[seq % SLOTS];

    return *p && (*p)->seq == seq ? p : NULL;
}

/* Audio waiting: what is decoded and what is in packets. */
static qua_time buffered(const qua_voice *v)
{
    const int64_t packets = v->next < 0 ? 0 : v->newest - v->next + 1;

    return (qua_time)((int64_t)v->have + packets * v->packet_samples) * 1000000 / QUA_AUDIO_HZ;
}

static int conceal(qua_voice *v, int16_t *out)
{
    const int n = opus_decode(v->opus, NULL, 0, out, v->packet_samples, 0);

    v->pcm_concealed = true;
    v->concealed_run++;
    if (n > 0)
        return n;
    memset(out, 0, QUA_AUDIO_BLOCK * sizeof *out);
    return QUA_AUDIO_BLOCK;
}

/* From the packet itself, else from the FEC of the one after it. 0 or less: neither. */
static int decode_next(qua_voice *v, int16_t *out)
{
    parcel **p = packet_at(v, v->next), **after;
    int n = 0;

    if (p) {
        n = opus_decode(v->opus, (*p)->data, (*p)->size, out, MAX_PACKET_SAMPLES, 0);
        v->end = (*p)->timestamp;
        v->packet_samples = n > 0 ? n : v->packet_samples;
        give_back(v, p);
    } else if (v->newest > v->next && (after = packet_at(v, v->next + 1)) != NULL) {
        n = opus_decode(v->opus, (*after)->data, (*after)->size, out, v->packet_samples, 1);
        atomic_fetch_add_explicit(&v->recovered, (uint64_t)QUA_MAX(n, 0), memory_order_relaxed);
    }
    return n;
}

/* Lost ones whose time was filled while nothing came. A late one is played nevertheless: the delay has grown. */
static void skip_made_up(qua_voice *v)
{
    for (; v->made_up_ahead > 0 && v->next < v->newest && !packet_at(v, v->next); v->made_up_ahead--, v->next++)
        v->loss += (1 - v->loss) / LOSS_GAIN;
}

/* Append the next packet to pcm, or what makes up for it. */
static void append_next(qua_voice *v)
{
    int n;

    skip_made_up(v);
    if (v->newest >= v->next)
        v->loss += (!packet_at(v, v->next) - v->loss) / LOSS_GAIN;
    n = decode_next(v, v->pcm + v->have);
    v->pcm_concealed = n <= 0;
    v->concealed_run = n > 0 ? 0 : v->concealed_run;
    if (n <= 0)
        n = conceal(v, v->pcm + v->have);
    else
        v->made_up_ahead = 0;
    v->have += (size_t)n;
    v->end += (uint32_t)n;
    if (v->newest >= v->next)
        v->next++;
    else
        v->made_up_ahead++; /* nothing came for this time: the number stays */
}

enum { MIN_LAG = 120, MAX_LAG = 480, WINDOW = 240 };

/* The lag at which the sound is most like itself: a pitch period of a voice, any place in silence and noise. */
static int best_lag(const int16_t *pcm)
{
    double best_score = 0;
    int best = MAX_LAG / 2;

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
    return best;
}

/* Fade from `from` to `to` over a window; `out` may be either. */
static void cross_fade(int16_t *out, const int16_t *from, const int16_t *to)
{
    for (int i = 0; i < WINDOW; i++)
        out[i] = (int16_t)((from[i] * (WINDOW - i) + to[i] * i) / WINDOW);
}

/* Cut one pitch period, or play it twice: the pace changes, the pitch does not. */
static void stretch(qua_voice *v, bool shorten)
{
    int16_t *const pcm = v->pcm;

    /* shortened by the longest lag there is still a block to play */
    if (v->have < MAX_LAG + (shorten ? QUA_AUDIO_BLOCK : WINDOW) || v->have + MAX_LAG > QUA_ARRAY_SIZE(v->pcm))
        return;
    const size_t lag = (size_t)best_lag(pcm);
    if (shorten) {
        cross_fade(pcm, pcm, pcm + lag);
        memmove(pcm + WINDOW, pcm + WINDOW + lag, (v->have - WINDOW - lag) * sizeof *pcm);
        v->have -= lag;
        v->filled -= (qua_time)lag * 1000000 / QUA_AUDIO_HZ;
    } else {
        memmove(pcm + lag, pcm, v->have * sizeof *pcm);
        cross_fade(pcm + lag, pcm + 2 * lag, pcm + lag);
        v->have += lag;
        v->filled += (qua_time)lag * 1000000 / QUA_AUDIO_HZ;
    }
    v->stretch_wait = STRETCH_EVERY;
    atomic_fetch_add_explicit(&v->stretched, lag, memory_order_relaxed);
}

/* Bring what is buffered near the target, gently; only a large excess in a hurry. */
static void keep_pace(qua_voice *v)
{
    const qua_time now = buffered(v), least = QUA_MAX(v->target * 3 / 4, GROW_BELOW);

    v->filled += (now - v->filled) / LEVEL_GAIN;
    if (v->stretch_wait > 0)
        v->stretch_wait--;
    if (now > v->target + HURRY_ABOVE || (v->filled > v->target + SHRINK_ABOVE && v->stretch_wait == 0))
        stretch(v, true);
    else if (v->filled < least && v->stretch_wait == 0 && !v->pcm_concealed)
        stretch(v, false);
}

/* Cut a block off the front of pcm. */
static void play(qua_voice *v, qua_time now, int16_t out[QUA_AUDIO_BLOCK])
{
    const uint32_t front = v->end - (uint32_t)v->have;

    assert(v->have >= QUA_AUDIO_BLOCK);
    memcpy(out, v->pcm, QUA_AUDIO_BLOCK * sizeof *out);
    v->have -= QUA_AUDIO_BLOCK;
    memmove(v->pcm, v->pcm + QUA_AUDIO_BLOCK, v->have * sizeof *v->pcm);
    atomic_store(&v->position, (uint64_t)front << 32 | (uint32_t)(now / POSITION_UNIT));
    atomic_fetch_add_explicit(&v->samples, QUA_AUDIO_BLOCK, memory_order_relaxed);
    if (v->pcm_concealed)
        atomic_fetch_add_explicit(&v->concealed, QUA_AUDIO_BLOCK, memory_order_relaxed);
    atomic_store(&v->level, qua_audio_level(out, QUA_AUDIO_BLOCK));
}

bool qua_voice_pull(qua_voice *v, qua_time now, int16_t out[QUA_AUDIO_BLOCK], bool *concealed)
{
    take_in(v);
    *concealed = false;
    if (v->next < 0 || (!v->playing && buffered(v) < v->target)) {
        memset(out, 0, QUA_AUDIO_BLOCK * sizeof *out);
        return false;
    }
    if (!v->playing)
        v->filled = buffered(v);
    v->playing = true;
    while (v->have < 2 * QUA_AUDIO_BLOCK && (v->have < QUA_AUDIO_BLOCK || v->newest >= v->next))
        append_next(v);
    if (v->concealed_run > GONE)
        v->playing = false; /* muted or gone: fill the buffer anew when it speaks again */
    keep_pace(v);
    play(v, now, out);
    *concealed = v->pcm_concealed;
    return true;
}

/* ---- any thread ------------------------------------------------------------------------------------------ */

void qua_voice_set_least_delay(qua_voice *v, qua_time delay_us)
{
    atomic_store(&v->least_delay, delay_us);
}

bool qua_voice_playing(const qua_voice *v, qua_time now, uint32_t *timestamp, qua_time *at)
{
    const uint64_t position = atomic_load(&v->position);

    if (atomic_load(&v->samples) == 0)
        return false;
    *timestamp = (uint32_t)(position >> 32);
    *at = qua_unwrap32(now / POSITION_UNIT, (uint32_t)position) * POSITION_UNIT;
    return true;
}

void qua_voice_get_stats(const qua_voice *v, qua_voice_stats *out)
{
    out->packets = atomic_load(&v->packets);
    out->late = atomic_load(&v->late);
    out->samples = atomic_load(&v->samples);
    out->concealed_samples = atomic_load(&v->concealed);
    out->recovered_samples = atomic_load(&v->recovered);
    out->stretched_samples = atomic_load(&v->stretched);
    out->delay_us = atomic_load(&v->target_shown);
    out->level = pow(10, -atomic_load(&v->level) / 20.0);
}
