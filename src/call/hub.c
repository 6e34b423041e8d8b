#include <stdlib.h>

#include "call/allocation.h"
#include "call/call.h"
#include "rtp/rtp.h"

/* A frame that no path could take is tried again so soon, and given up when it has become old. */
#define RETRY QUA_MS(5)
#define STALE QUA_MS(100)
/* Keyframes to one receiver are no closer than this, whatever it asks for. */
#define KEYFRAME_GAP QUA_MS(300)
/* A first receiver is shown the newest frame at once when it is no older than this. */
#define FRESH QUA_MS(70)

#define DEFAULT_MAX_BPS 1700000 /* at 640x360, and in proportion to pixels */
#define DEFAULT_MIN_BPS 30000
#define UDP4_OVERHEAD   28
/* RTP header, extensions, payload descriptor, SRTP tag, UDP and IP of one packet */
#define PACKET_OVERHEAD (QUA_MTU - QUA_RTP_PAYLOAD_MAX + UDP4_OVERHEAD)

/* Bits per pixel below which a smaller picture looks better, where the codec does not say, and so many times that
 * above which the larger one is worth trying. */
#define SMALLER_BPP   0.02
#define LARGER        1.75
#define SMALLER_AFTER QUA_SECONDS(1)
#define LARGER_AFTER  QUA_SECONDS(5)
#define LEAST_WIDTH   128

/* A receiver of the smaller encode returns after so long on a good path; twice as long each time it was too soon. */
#define RISE_AFTER     QUA_SECONDS(2)
#define RISE_AFTER_MAX QUA_SECONDS(48)
#define TOO_SOON       QUA_SECONDS(10)
/* It is tried, fit or not, after so many times that. */
#define TRIAL 10

/* A split that does not raise the sum of all rates by half within this time is undone: the bottleneck is shared. */
#define PROBATION        QUA_SECONDS(5)
#define TOGETHER_FOR     QUA_SECONDS(30)
#define TOGETHER_FOR_MAX QUA_SECONDS(300)

typedef struct receiver {
    qua_peer *peer; /* NULL: free */
    int transceiver;
    int encoding;         /* -1: nothing can be sent yet */
    bool started;         /* it holds what the next picture refers to */
    bool asked;           /* it wants a keyframe nevertheless */
    qua_time keyframe_at; /* when one was last sent to it, 0: never */
    uint64_t demand_bps;
    int layer;
    /* when it fell to layer 1 and rose to 0; since when its path has been good, and how long it must be */
    qua_time fell_at, rose_at, rise_since, rise_after;
    qua_share share;
} receiver;

typedef struct encoding {
    const qua_video_codec *codec; /* NULL: free */
    int layer;
    uint64_t bps; /* of the newest frame */
    qua_frame *waiting;
    qua_time waiting_since, retry_at;
    bool refused;           /* the waiting frame was tried and no path could take it */
    uint32_t job;           /* under way; 0: none */
    unsigned job_receivers; /* bit i: receiver i gets it */
    bool job_had_output;
    qua_time last_captured; /* of the newest frame given to the encoder */
    int width, height;      /* of the newest job */
    qua_payloads payloads;  /* of the newest slice */
    int step, wish;         /* how far scaled down, and how far it should be ... */
    qua_time wish_since;    /* ... since */
} encoding;

struct qua_hub {
    const qua_log *log;
    qua_pool *packets;
    qua_video_limits limits;
    bool disabled;
    receiver receivers[QUA_HUB_RECEIVERS];
    encoding encodings[QUA_PEER_CODECS];
    qua_frame *newest;
    qua_time newest_at, next_due; /* pushed; when max_fps allows another frame */
    double fps;                   /* frames let in, smoothed */
    qua_time split_at;            /* the split on probation, 0: none ... */
    uint64_t split_bps;           /* ... and the sum of all rates before */
    uint64_t total_bps;           /* that sum before the newest allocation */
    qua_time together_until, together_for;
    uint32_t last_job;
    qua_hub_stats stats;
};

int qua_hub_create(qua_hub **out, qua_pool *packets, const qua_video_limits *limits, const qua_log *log)
{
    qua_hub *hub = qua_zalloc(sizeof *hub);

    if (!hub)
        return QUA_ENOMEM;
    hub->log = log;
    hub->packets = packets;
    hub->fps = 30;
    if (limits)
        hub->limits = *limits;
    *out = hub;
    return 0;
}

static void forget_frames(qua_hub *hub)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++)
        qua_frame_unref(&hub->encodings[i].waiting);
    qua_frame_unref(&hub->newest);
}

void qua_hub_destroy(qua_hub **hub_pointer)
{
    qua_hub *hub = *hub_pointer;

    *hub_pointer = NULL;
    if (!hub)
        return;
    forget_frames(hub);
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++)
        qua_payloads_clear(&hub->encodings[i].payloads);
    free(hub);
}

void qua_hub_set_limits(qua_hub *hub, const qua_video_limits *limits)
{
    hub->limits = *limits;
}

void qua_hub_set_enabled(qua_hub *hub, bool enabled)
{
    if (!enabled)
        forget_frames(hub);
    for (size_t i = 0; i < QUA_HUB_RECEIVERS && hub->disabled && enabled; i++)
        hub->receivers[i].started = false;
    hub->disabled = !enabled;
}

/* ---- receivers and their encodings ------------------------------------------------------------------------- */

int qua_hub_add(qua_hub *hub, qua_peer *peer, int transceiver)
{
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        receiver *r = &hub->receivers[i];

        if (r->peer)
            continue;
        *r = (receiver){.peer = peer, .transceiver = transceiver, .encoding = -1};
        return 0;
    }
    return QUA_EFULL;
}

static receiver *find_receiver(qua_hub *hub, const qua_peer *peer, int transceiver)
{
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++)
        if (hub->receivers[i].peer == peer && hub->receivers[i].transceiver == transceiver)
            return &hub->receivers[i];
    return NULL;
}

static unsigned receiver_bit(const qua_hub *hub, const receiver *r)
{
    return 1u << (r - hub->receivers);
}

static void detach(qua_hub *hub, receiver *r)
{
    if (r->encoding >= 0)
        hub->encodings[r->encoding].job_receivers &= ~receiver_bit(hub, r);
    r->encoding = -1;
}

void qua_hub_remove(qua_hub *hub, qua_peer *peer, int transceiver)
{
    receiver *r = find_receiver(hub, peer, transceiver);

    if (!r)
        return;
    detach(hub, r);
    *r = (receiver){.encoding = -1};
}

static bool in_use(const qua_hub *hub, int index)
{
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++)
        if (hub->receivers[i].peer && hub->receivers[i].encoding == index)
            return true;
    return false;
}

static void free_unused(qua_hub *hub)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++) {
        encoding *e = &hub->encodings[i];

        if (!e->codec || e->job || in_use(hub, (int)i))
            continue;
        qua_frame_unref(&e->waiting);
        qua_payloads_clear(&e->payloads);
        memset(e, 0, sizeof *e);
    }
}

/* @return the encoding of this codec and layer, begun if need be; -1: more than we keep */
static int encoding_of(qua_hub *hub, const qua_video_codec *codec, int layer)
{
    int unused = -1;

    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++) {
        if (hub->encodings[i].codec == codec && hub->encodings[i].layer == layer)
            return (int)i;
        if (!hub->encodings[i].codec && unused < 0)
            unused = (int)i;
    }
    if (unused >= 0) {
        hub->encodings[unused].codec = codec;
        hub->encodings[unused].layer = layer;
    }
    return unused;
}

/* A receiver that begins need not wait for the camera when the newest frame is fresh and was not encoded yet. */
static void offer_newest(qua_hub *hub, encoding *e, qua_time now)
{
    if (e->waiting || e->job || !hub->newest || now - hub->newest_at > FRESH ||
        hub->newest->captured <= e->last_captured)
        return;
    e->waiting = qua_frame_ref(hub->newest);
    e->waiting_since = hub->newest_at;
    e->refused = false;
}

static void attach(qua_hub *hub, receiver *r, qua_time now, const qua_video_codec *codec)
{
    detach(hub, r);
    r->started = false;
    r->keyframe_at = 0;
    r->share = (qua_share){0};
    r->rise_since = QUA_SHARE_NOT;
    r->encoding = encoding_of(hub, codec, r->layer);
    if (r->encoding >= 0)
        offer_newest(hub, &hub->encodings[r->encoding], now);
}

/* Follow what has been negotiated, connected or lost since the last look. */
static void refresh(qua_hub *hub, qua_time now)
{
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        receiver *r = &hub->receivers[i];
        const bool can = r->peer && qua_peer_can_send(r->peer, r->transceiver);
        const qua_video_codec *codec = can ? qua_peer_send_codec(r->peer, r->transceiver) : NULL;

        if (!r->peer || codec == (r->encoding < 0 ? NULL : hub->encodings[r->encoding].codec))
            continue;
        if (codec)
            attach(hub, r, now, codec);
        else
            detach(hub, r);
    }
    free_unused(hub);
}

/* ---- layers ------------------------------------------------------------------------------------------------ */

/* What all receivers together are sent. */
static uint64_t total_bps(const qua_hub *hub)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++)
        if (hub->receivers[i].peer && hub->receivers[i].encoding >= 0)
            sum += hub->encodings[hub->receivers[i].encoding].bps;
    return sum;
}

static void change_layer(qua_hub *hub, receiver *r, qua_time now, int layer)
{
    const bool again = r->rose_at && now - r->rose_at < TOO_SOON;

    if (layer == 1) {
        r->rise_after = again ? QUA_MIN(2 * r->rise_after, RISE_AFTER_MAX) : RISE_AFTER;
        r->fell_at = now;
        if (!hub->split_at) {
            hub->split_at = now;
            hub->split_bps = hub->total_bps;
        }
    } else {
        r->rose_at = now;
    }
    r->layer = layer;
    qua_logf(hub->log, QUA_LOG_INFO, "a receiver goes to the %s picture", layer ? "smaller" : "whole");
    attach(hub, r, now, hub->encodings[r->encoding].codec);
}

/* Three legs through one uplink gain nothing by leaving one of them behind: then they go together, at one pace. */
static void judge_split(qua_hub *hub, qua_time now)
{
    bool pays;

    if (!hub->split_at || now - hub->split_at < PROBATION)
        return;
    hub->split_at = 0;
    pays = total_bps(hub) >= hub->split_bps + hub->split_bps / 2;
    for (size_t i = 0; i < QUA_HUB_RECEIVERS && !pays; i++) {
        receiver *r = &hub->receivers[i];

        if (!r->peer || r->encoding < 0 || r->layer == 0)
            continue;
        hub->together_for = QUA_CLAMP(2 * hub->together_for, TOGETHER_FOR, TOGETHER_FOR_MAX);
        hub->together_until = now + hub->together_for;
        change_layer(hub, r, now, 0);
    }
}

/* Would the path of this receiver of the smaller encode carry the whole one, as far as can be seen? */
static bool looks_fit(const qua_hub *hub, const receiver *r, uint64_t smaller_limit_bps)
{
    const encoding *e = &hub->encodings[r->encoding];

    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++) {
        const encoding *whole = &hub->encodings[i];

        if (whole->codec == e->codec && whole->layer == 0 && in_use(hub, (int)i))
            return r->share.bps >= whole->bps * 8 / 10 || r->share.bps >= 2 * smaller_limit_bps;
    }
    return true; /* nobody receives it any more: there is nobody to starve */
}

/* After an allocation: who cannot follow goes to the smaller encode, who can returns. */
static void change_layers(qua_hub *hub, int index, qua_time now, uint64_t limit)
{
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        receiver *r = &hub->receivers[i];
        bool fit;

        if (!r->peer || r->encoding != index)
            continue;
        if (r->share.too_slow) {
            change_layer(hub, r, now, 1);
            continue;
        }
        fit = r->layer == 1 && (looks_fit(hub, r, limit) || now - r->fell_at >= TRIAL * r->rise_after);
        r->rise_since = !fit ? QUA_SHARE_NOT : r->rise_since == QUA_SHARE_NOT ? now : r->rise_since;
        if (fit && now - r->rise_since >= r->rise_after)
            change_layer(hub, r, now, 0);
    }
}

void qua_hub_keyframe_wanted(qua_hub *hub, qua_time now, qua_peer *peer, int transceiver)
{
    receiver *r = find_receiver(hub, peer, transceiver);
    qua_pc_stats stats;

    if (!r)
        return;
    qua_peer_get_stats(peer, now, &stats);
    if (r->keyframe_at && now - r->keyframe_at < QUA_MAX(stats.rtt_us, 0))
        return; /* asked before the one on its way came */
    r->asked = true;
}

/* ---- frames ------------------------------------------------------------------------------------------------ */

/* max_fps: let frames in at an even pace; a frame slightly early is still the one that was meant. */
static bool too_soon(qua_hub *hub, qua_time now)
{
    const qua_time interval = hub->limits.max_fps > 0 ? QUA_SECONDS(1) / hub->limits.max_fps : 0;

    if (now + interval / 8 < hub->next_due)
        return true;
    hub->next_due = QUA_MAX(hub->next_due, now - interval) + interval;
    return false;
}

static void measure_fps(qua_hub *hub, qua_time now)
{
    const qua_time interval = now - hub->newest_at;

    if (hub->newest_at && interval > 0 && interval < QUA_SECONDS(1))
        hub->fps += (1e6 / (double)interval - hub->fps) / 16;
    hub->newest_at = now;
}

static void drop_waiting(qua_hub *hub, encoding *e)
{
    if (e->refused)
        hub->stats.dropped_budget++;
    else
        hub->stats.dropped_busy++;
    qua_frame_unref(&e->waiting);
}

bool qua_hub_push(qua_hub *hub, qua_time now, qua_frame *frame)
{
    bool dropped = false;

    if (hub->disabled || too_soon(hub, now))
        return false;
    hub->stats.pushed++;
    measure_fps(hub, now);
    refresh(hub, now);
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++) {
        encoding *e = &hub->encodings[i];

        if (!in_use(hub, (int)i))
            continue;
        if (e->waiting) {
            drop_waiting(hub, e);
            dropped = true;
        }
        e->waiting = qua_frame_ref(frame);
        e->waiting_since = e->retry_at = now;
        e->refused = false;
    }
    qua_frame_unref(&hub->newest);
    hub->newest = qua_frame_ref(frame);
    return dropped;
}

/* ---- jobs -------------------------------------------------------------------------------------------------- */

static int scaled(int length, int layer, int step)
{
    return ((length >> layer) * (4 - step) / 4 + 1) & ~1;
}

static double pixels_per_second(const qua_hub *hub, const encoding *e, int step)
{
    return (double)scaled(e->waiting->width, e->layer, step) * scaled(e->waiting->height, e->layer, step) * hub->fps;
}

/* How large to encode: down a step when the rate is far too low for the pixels, up again with hysteresis. */
static void choose_size(const qua_hub *hub, encoding *e, qua_time now, uint64_t bps)
{
    const double smaller_bpp = e->codec->smaller_bpp > 0 ? e->codec->smaller_bpp : SMALLER_BPP;
    int wish = e->step;

    if (e->step < 2 && scaled(e->waiting->width, e->layer, e->step + 1) >= LEAST_WIDTH &&
        (double)bps < smaller_bpp * pixels_per_second(hub, e, e->step))
        wish = e->step + 1;
    else if (e->step > 0 && (double)bps > LARGER * smaller_bpp * pixels_per_second(hub, e, e->step - 1))
        wish = e->step - 1;
    if (wish != e->wish) {
        e->wish = wish;
        e->wish_since = now;
    } else if (wish != e->step && now - e->wish_since >= (wish > e->step ? SMALLER_AFTER : LARGER_AFTER)) {
        e->step = wish;
    }
}

static uint64_t limit_bps(const qua_hub *hub, const encoding *e)
{
    const uint64_t pixels = (uint64_t)e->waiting->width * (uint64_t)e->waiting->height;
    const uint64_t whole = hub->limits.max_bitrate_bps > 0 ? (uint64_t)hub->limits.max_bitrate_bps
                                                           : DEFAULT_MAX_BPS * pixels / (640 * 360);

    return QUA_MAX(whole >> 2 * e->layer, DEFAULT_MIN_BPS);
}

/* Wire bytes less what the packets around the payload take. */
static size_t payload_budget(size_t wire)
{
    const size_t packets = (wire + QUA_MTU + UDP4_OVERHEAD - 1) / (QUA_MTU + UDP4_OVERHEAD);

    return wire > packets * PACKET_OVERHEAD ? wire - packets * PACKET_OVERHEAD : 1;
}

static qua_slow_policy slow_policy(const qua_hub *hub, const encoding *e, qua_time now)
{
    if (e->layer + 1 == QUA_HUB_LAYERS || scaled(e->waiting->width, e->layer + 1, 0) < LEAST_WIDTH)
        return QUA_SLOW_CUT;
    return now < hub->together_until ? QUA_SLOW_FOLLOWED : QUA_SLOW_MOVES;
}

/* Ask every path of this encoding, and tell each what to be ready for: the whole picture, in case it can carry it. */
static void allocate(qua_hub *hub, encoding *e, qua_time now, qua_allocation *out)
{
    const int index = (int)(e - hub->encodings);
    const uint64_t most = limit_bps(hub, e);
    qua_share *shares[QUA_HUB_RECEIVERS];
    size_t count = 0;

    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        receiver *r = &hub->receivers[i];

        if (!r->peer || r->encoding != index)
            continue;
        r->share.budget = qua_peer_frame_budget(r->peer, now);
        r->share.bps = qua_peer_video_bps(r->peer, now);
        r->share.fair = (size_t)((double)r->share.bps / 8 / hub->fps);
        shares[count++] = &r->share;
        if (r->demand_bps != most << 2 * e->layer)
            qua_peer_set_demand(r->peer, now, most << 2 * e->layer);
        r->demand_bps = most << 2 * e->layer;
    }
    qua_allocate(shares, count, now, slow_policy(hub, e, now), out);
    hub->total_bps = total_bps(hub);
    e->bps = QUA_MIN(out->bps, most);
    change_layers(hub, index, now, most);
    judge_split(hub, now);
}

/* Who gets the next picture, and does one of them need it to be a keyframe? */
static unsigned served(const qua_hub *hub, const encoding *e, qua_time now, bool *keyframe)
{
    unsigned mask = 0;

    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        const receiver *r = &hub->receivers[i];
        const bool due = !r->keyframe_at || now - r->keyframe_at >= KEYFRAME_GAP;

        if (!r->peer || r->encoding != e - hub->encodings || !r->share.served || (!r->started && !due))
            continue;
        mask |= 1u << i;
        *keyframe |= due && (r->asked || !r->started);
    }
    return mask;
}

static void fill_job(qua_hub *hub, encoding *e, const qua_allocation *allocation, bool keyframe, qua_hub_job *out)
{
    const uint64_t least = hub->limits.min_bitrate_bps > 0 ? (uint64_t)hub->limits.min_bitrate_bps : DEFAULT_MIN_BPS;
    const uint64_t most = limit_bps(hub, e);

    e->width = scaled(e->waiting->width, e->layer, e->step);
    e->height = scaled(e->waiting->height, e->layer, e->step);
    e->last_captured = e->waiting->captured;
    hub->last_job += hub->last_job == UINT32_MAX ? 2 : 1; /* 0 means none */
    e->job = hub->last_job;
    e->job_had_output = false;
    *out = (qua_hub_job){
        .id = e->job,
        .codec = e->codec,
        .layer = e->layer,
        .width = e->width,
        .height = e->height,
        .frame = e->waiting,
        .params = {.keyframe = keyframe,
                   .budget_bytes = payload_budget(allocation->budget),
                   .target_bps = QUA_CLAMP(allocation->bps, QUA_MIN(least, most), most),
                   .fps = hub->fps,
                   .allowed_refs = UINT32_MAX,
                   .effort = -1},
    };
    e->waiting = NULL;
}

/* @return true when the waiting frame became a job; else it waits for a path or was too old */
static bool try_job(qua_hub *hub, encoding *e, qua_time now, qua_hub_job *out)
{
    qua_allocation allocation;
    bool keyframe;

    if (now < e->retry_at)
        return false;
    allocate(hub, e, now, &allocation);
    choose_size(hub, e, now, allocation.bps);
    keyframe = !e->codec->resizes && (e->width != scaled(e->waiting->width, e->layer, e->step) ||
                                      e->height != scaled(e->waiting->height, e->layer, e->step));
    e->job_receivers = allocation.budget > 0 ? served(hub, e, now, &keyframe) : 0;
    if (e->job_receivers) {
        fill_job(hub, e, &allocation, keyframe, out);
        return true;
    }
    e->refused = true;
    e->retry_at = now + RETRY;
    if (now - e->waiting_since >= STALE)
        drop_waiting(hub, e);
    return false;
}

bool qua_hub_poll_job(qua_hub *hub, qua_time now, qua_hub_job *out)
{
    refresh(hub, now);
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++) {
        encoding *e = &hub->encodings[i];

        if (e->waiting && !e->job && try_job(hub, e, now, out))
            return true;
    }
    return false;
}

static encoding *find_job(qua_hub *hub, uint32_t job)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++)
        if (job && hub->encodings[i].job == job)
            return &hub->encodings[i];
    return NULL;
}

/* While a keyframe drains the path is busy, and rightly so. */
static void excuse(receiver *r, qua_time now, size_t size)
{
    const double bps = (double)QUA_MAX(r->share.bps, DEFAULT_MIN_BPS);

    r->share.excused_until = QUA_MAX(r->share.excused_until, now) + (qua_time)((double)size * 8e6 / bps);
}

/* A receiver got the picture, or did not and lacks it from now on. */
static void deliver(qua_hub *hub, encoding *e, receiver *r, qua_time now, const qua_encoded *encoded, bool cut)
{
    const unsigned bit = receiver_bit(hub, r);
    const bool wanted = (e->job_receivers & bit) && (encoded->keyframe || r->started);

    if ((e->job_receivers & bit) && encoded->keyframe) {
        r->keyframe_at = now;
        excuse(r, now, encoded->size);
    }
    if (wanted && cut && qua_peer_send_payloads(r->peer, now, r->transceiver, &e->payloads) == 0) {
        if (encoded->keyframe && encoded->last) {
            r->started = true;
            r->asked = false;
        }
        return;
    }
    e->job_receivers &= ~bit;
    if (!encoded->discardable)
        r->started = false;
}

void qua_hub_encoded(qua_hub *hub, qua_time now, uint32_t job, const qua_encoded *encoded)
{
    encoding *e = find_job(hub, job);
    bool cut;

    if (!e)
        return;
    cut = qua_payloads_cut(&e->payloads, hub->packets, e->codec, encoded, e->last_captured) == 0;
    for (size_t i = 0; i < QUA_HUB_RECEIVERS; i++) {
        receiver *r = &hub->receivers[i];

        if (r->peer && r->encoding == e - hub->encodings)
            deliver(hub, e, r, now, encoded, cut);
    }
    e->job_had_output = true;
    hub->stats.keyframes += encoded->last && encoded->keyframe;
}

void qua_hub_done(qua_hub *hub, qua_time now, uint32_t job, int error, qua_time took_us)
{
    encoding *e = find_job(hub, job);

    (void)now;
    if (!e)
        return;
    e->job = 0;
    hub->stats.encoded += e->job_had_output;
    hub->stats.encode_us += (took_us - hub->stats.encode_us) / (hub->stats.encoded > 8 ? 8 : 1);
    for (size_t i = 0; i < QUA_HUB_RECEIVERS && error; i++) /* what the encoder refers to next nobody holds */
        if (hub->receivers[i].encoding == e - hub->encodings)
            hub->receivers[i].started = false;
    if (error)
        qua_logf(hub->log, QUA_LOG_WARNING, "%s encoder: %s", e->codec->name, qua_strerror(error));
    free_unused(hub);
}

qua_time qua_hub_deadline(const qua_hub *hub, qua_time now)
{
    qua_time deadline = QUA_TIME_NEVER;

    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++)
        if (hub->encodings[i].waiting && !hub->encodings[i].job)
            deadline = QUA_MIN(deadline, QUA_MAX(hub->encodings[i].retry_at, now));
    return deadline;
}

void qua_hub_get_stats(const qua_hub *hub, qua_hub_stats *out)
{
    *out = hub->stats;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(hub->encodings); i++)
        out->encoders += hub->encodings[i].codec != NULL;
}
