/* See cc_bed.h. */
#include "cc_bed.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_FRAMES     8192
#define PACKETS        65536 /* seqs remembered */
#define PAYLOAD        1200
#define OVERHEAD       28
#define REPORTED       96 /* packets that a report covers at most */
#define AUDIO_SIZE     120
#define ENCODE_US      QUA_MS(4)
#define VIDEO_DEADLINE QUA_MS(400)
#define REPORT_DELAY   QUA_MS(20)

typedef struct piece {
    uint32_t frame; /* 0: audio or padding */
    uint16_t index, count;
    uint32_t size; /* datagram */
    qua_cc_kind kind;
    qua_time expires;
    bool sent_again;
} piece;

typedef struct frame {
    qua_time captured, complete;
    uint32_t bytes;
    uint16_t count, got;
    bool has[512];
} frame;

typedef struct bed {
    const cc_bed_config *config;
    sim_net *net;
    sim_host *sender, *receiver;
    qua_addr sender_addr, receiver_addr;
    qua_cc *cc;
    qua_pacer *pacer;
    qua_prng *prng;
    qua_time start, interval, next_frame, next_audio;
    double demand;
    int64_t next_seq;
    piece *pieces; /* by seq */
    frame *frames;
    uint32_t frame_count, skipped;
    uint64_t sent_bytes, sent_bytes_before;
    /* receiver */
    int64_t highest;
    struct {
        int64_t seq;
        qua_time at;
        uint8_t ecn;
    } log[REPORTED];
    size_t log_count;
    qua_time report_at;
    cc_bed_watch watch;
    void *watch_context;
} bed;

/* ---- sender ---------------------------------------------------------------------------------------------- */

static void transmit(bed *b, qua_time now, piece *p, uint32_t size, qua_cc_kind kind)
{
    uint8_t data[QUA_DATAGRAM_MAX] = {0};
    qua_writer w = qua_writer_of(data, sizeof data);
    const int64_t seq = b->next_seq++;

    qua_write_u32(&w, (uint32_t)seq);
    qua_write_u32(&w, p ? p->frame : 0);
    qua_write_u16(&w, p ? p->index : 0);
    qua_write_u16(&w, p ? p->count : 0);
    b->pieces[seq % PACKETS] = p ? *p : (piece){.kind = kind, .size = size};
    b->sent_bytes += size;
    qua_cc_on_sent(b->cc, now, seq, size, kind);
    sim_host_send(b->sender, &b->sender_addr, &b->receiver_addr, data, size - OVERHEAD, b->config->ect ? 1 : 0);
}

static void drain_pacer(bed *b, qua_time now)
{
    qua_pacer_out out;
    qua_cc_probe probe;

    while (qua_cc_poll_probe(b->cc, now, &probe))
        qua_pacer_probe(b->pacer, now, &probe);
    while (qua_pacer_poll(b->pacer, now, &out)) {
        if (out.verdict != QUA_PACER_STALE)
            transmit(b, now, out.item, out.size, out.kind);
        free(out.item);
    }
}

static void enqueue(bed *b, qua_time now, const piece *what)
{
    piece *copy = malloc(sizeof *copy);

    *copy = *what;
    if (qua_pacer_enqueue(b->pacer, now, what->kind, what->size, 0, copy, what->expires) != 0)
        free(copy);
}

/* A frame of `bytes` wire bytes as equal packets. */
static void packetize(bed *b, qua_time now, uint32_t number, uint32_t bytes)
{
    frame *f = &b->frames[number];
    const uint32_t most = PAYLOAD + OVERHEAD;

    f->count = (uint16_t)QUA_MIN((bytes + most - 1) / most, QUA_ARRAY_SIZE(f->has));
    f->bytes = bytes;
    for (uint16_t i = 0; i < f->count; i++) {
        const uint32_t size = QUA_MAX(bytes / f->count, OVERHEAD + 16);
        enqueue(b, now, &(piece){number, i, f->count, size, QUA_CC_VIDEO, f->captured + VIDEO_DEADLINE, false});
    }
}

typedef struct encoded {
    bed *b;
    uint32_t number, bytes;
} encoded;

static void on_encoded(void *context, qua_time now)
{
    encoded *e = context;

    packetize(e->b, now, e->number, e->bytes);
    drain_pacer(e->b, now);
    sim_host_wake(e->b->sender);
    free(e);
}

static void capture(bed *b, qua_time now)
{
    const double share = 0.90 + 0.10 * qua_prng_uniform(b->prng); /* an encoder that hits its budget from below */
    const double most = b->demand / 8e6 * (double)b->interval;
    const size_t budget = qua_cc_frame_budget(b->cc, now);
    const uint32_t number = ++b->frame_count;

    assert(number < MAX_FRAMES);
    b->frames[number].captured = now;
    b->frames[number].complete = QUA_TIME_NEVER;
    if (budget < 120) {
        b->skipped++;
        return;
    }
    encoded *e = malloc(sizeof *e);
    *e = (encoded){b, number, (uint32_t)(QUA_MIN((double)budget, most) * share)};
    sim_net_at(b->net, now + ENCODE_US, on_encoded, e);
}

static void sender_timeout(void *context, qua_time now)
{
    bed *b = context;

    if (now >= b->next_frame) {
        capture(b, now);
        b->next_frame += b->interval;
    }
    if (now >= b->next_audio) {
        enqueue(b, now, &(piece){0, 0, 0, AUDIO_SIZE, QUA_CC_AUDIO, QUA_TIME_NEVER, false});
        b->next_audio += QUA_MS(20);
    }
    qua_cc_on_timeout(b->cc, now);
    drain_pacer(b, now);
}

static qua_time sender_deadline(void *context, qua_time now)
{
    bed *b = context;
    const qua_time own = QUA_MIN(b->next_frame, b->next_audio), pace = qua_pacer_deadline(b->pacer, now);

    return QUA_MIN(own, QUA_MIN(pace, QUA_MAX(qua_cc_deadline(b->cc), now + 1000)));
}

static void send_again(bed *b, qua_time now, int64_t seq)
{
    piece *p = &b->pieces[seq % PACKETS];

    if (b->config->no_retransmit || p->frame == 0 || p->sent_again || now > p->expires - QUA_MS(150))
        return;
    p->sent_again = true;
    piece again = *p;
    again.kind = QUA_CC_RETRANSMIT;
    again.sent_again = false;
    enqueue(b, now, &again);
}

static void on_report(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                      size_t size, unsigned ecn)
{
    bed *b = context;
    qua_reader r = qua_reader_of(data, size);
    qua_cc_packet packets[REPORTED];
    size_t count = 0;

    (void)local, (void)from, (void)ecn;
    while (qua_reader_left(&r) > 0 && count < REPORTED) {
        qua_cc_packet *p = &packets[count++];
        memset(p, 0, sizeof *p);
        p->seq = (int64_t)qua_read_u32(&r);
        const uint64_t at = qua_read_u64(&r);
        p->received_at = at == UINT64_MAX ? QUA_TIME_NEVER : (qua_time)at;
        p->ecn = qua_read_u8(&r);
    }
    qua_cc_on_feedback(b->cc, now, packets, count);
    for (size_t i = 0; i < count; i++)
        if (packets[i].received_at == QUA_TIME_NEVER)
            send_again(b, now, packets[i].seq);
    drain_pacer(b, now);
}

/* ---- receiver -------------------------------------------------------------------------------------------- */

static qua_time receiver_clock(const bed *b, qua_time now)
{
    const double drifted = (double)now * (1 + b->config->clock_ppm * 1e-6) + 123456789.0;
    const qua_time tick = 977; /* RFC 8888: 1/1024 s */

    return (qua_time)drifted / tick * tick;
}

/* The last packets up to the highest, received or not: each report repeats what the one before told. */
static void report(bed *b)
{
    uint8_t data[QUA_DATAGRAM_MAX];
    qua_writer w = qua_writer_of(data, sizeof data);

    b->report_at = QUA_TIME_NEVER;
    for (int64_t seq = QUA_MAX(b->highest - REPORTED + 1, 0); seq <= b->highest; seq++) {
        const size_t i = (size_t)(seq % REPORTED);
        const bool here = b->log[i].seq == seq;
        qua_write_u32(&w, (uint32_t)seq);
        qua_write_u64(&w, here ? (uint64_t)b->log[i].at : UINT64_MAX);
        qua_write_u8(&w, here ? b->log[i].ecn : 0);
    }
    sim_host_send(b->receiver, &b->receiver_addr, &b->sender_addr, data, w.size, 0);
}

static bool take_piece(bed *b, qua_time now, uint32_t number, uint16_t index, uint16_t count)
{
    frame *f = &b->frames[number];

    if (index >= QUA_ARRAY_SIZE(f->has) || f->has[index])
        return false;
    f->has[index] = true;
    if (++f->got == count)
        f->complete = now;
    return f->got == count || index == count - 1;
}

static void on_media(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                     size_t size, unsigned ecn)
{
    bed *b = context;
    qua_reader r = qua_reader_of(data, size);
    const int64_t seq = qua_read_u32(&r);
    const uint32_t number = qua_read_u32(&r);
    const uint16_t index = qua_read_u16(&r), count = qua_read_u16(&r);

    (void)local, (void)from;
    if (seq + REPORTED > b->highest) {
        b->log[seq % REPORTED].seq = seq;
        b->log[seq % REPORTED].at = receiver_clock(b, now);
        b->log[seq % REPORTED].ecn = (uint8_t)ecn;
    }
    b->highest = QUA_MAX(b->highest, seq);
    const bool ends = number > 0 && take_piece(b, now, number, index, count);
    if (b->config->feedback_ms > 0)
        b->report_at = QUA_MIN(b->report_at, now + (qua_time)(b->config->feedback_ms * 1000));
    else if (ends)
        report(b);
    else
        b->report_at = QUA_MIN(b->report_at, now + REPORT_DELAY);
}

static void receiver_timeout(void *context, qua_time now)
{
    (void)now;
    report(context);
}

static qua_time receiver_deadline(void *context, qua_time now)
{
    (void)now;
    return ((bed *)context)->report_at;
}

/* ---- judging --------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double at_quantile(const double *sorted, size_t count, double q)
{
    return count ? sorted[(size_t)(q * (double)(count - 1))] : 0;
}

static void judge_frames(const bed *b, uint32_t first, uint32_t last, cc_bed_result *out)
{
    double *live = malloc(MAX_FRAMES * sizeof *live);
    qua_time newest = QUA_TIME_NEVER, shown = 0;
    size_t count = 0;
    double bytes = 0;

    for (uint32_t i = b->frame_count; i >= first && i > 0; i--) {
        newest = QUA_MIN(newest, b->frames[i].complete);
        if (i > last || newest == QUA_TIME_NEVER)
            continue;
        live[count++] = (double)(newest - b->frames[i].captured) / 1000;
        if (b->frames[i].complete == QUA_TIME_NEVER)
            continue;
        const double late = (double)(b->frames[i].complete - b->frames[i].captured) / 1000;
        bytes += b->frames[i].bytes;
        if (late > out->worst_ms) {
            out->worst_ms = late;
            out->worst_at_s = (double)(b->frames[i].captured - b->start) / 1e6;
        }
    }
    qsort(live, count, sizeof *live, by_value);
    out->live_p50 = at_quantile(live, count, 0.50);
    out->live_p95 = at_quantile(live, count, 0.95);
    out->live_p99 = at_quantile(live, count, 0.99);
    free(live);
    for (uint32_t i = first; i <= last; i++) {
        const qua_time at = b->frames[i].complete;
        if (at == QUA_TIME_NEVER || at <= shown)
            continue;
        const double gap = shown ? (double)(at - shown) / 1000 : 0;
        if (gap > 200) {
            out->freezes++;
            out->freeze_ms += gap;
        }
        shown = at;
    }
    out->video_kbps = bytes * 8 / (double)(last - first + 1) / (double)b->interval * 1000;
}

/* ---- the run --------------------------------------------------------------------------------------------- */

static void set_up(bed *b, const cc_bed_config *config)
{
    static const sim_host_ops sender_ops = {on_report, sender_timeout, sender_deadline};
    static const sim_host_ops receiver_ops = {on_media, receiver_timeout, receiver_deadline};

    b->config = config;
    b->net = sim_net_create(config->seed + 1);
    b->start = sim_net_now(b->net);
    b->prng = sim_net_prng(b->net);
    b->interval = (qua_time)(1e6 / (config->fps > 0 ? config->fps : 30));
    b->demand = config->picture_bps > 0 ? config->picture_bps : 20e6;
    b->next_frame = b->start + QUA_MS(10);
    b->next_audio = config->no_audio ? QUA_TIME_NEVER : b->start;
    b->highest = -1;
    b->report_at = QUA_TIME_NEVER;
    for (size_t i = 0; i < REPORTED; i++)
        b->log[i].seq = -1;
    b->pieces = qua_zalloc(PACKETS * sizeof *b->pieces);
    b->frames = qua_zalloc(MAX_FRAMES * sizeof *b->frames);
    qua_cc_config cc = config->cc;
    cc.frame_interval = b->interval;
    const int error = qua_cc_create(&b->cc, &cc, b->start) | qua_pacer_create(&b->pacer, b->cc);
    assert(error == 0);
    (void)error;
    if (config->picture_bps > 0)
        qua_cc_set_demand(b->cc, b->start, (uint64_t)(config->picture_bps * 1.05) + 60000);
    b->sender = sim_net_host(b->net, "sender", &sender_ops, b);
    b->receiver = sim_net_host(b->net, "receiver", &receiver_ops, b);
}

static void tear_down(bed *b)
{
    qua_pacer_out out;

    for (qua_cc_kind kind = QUA_CC_AUDIO; kind <= QUA_CC_FEC; kind++)
        qua_pacer_flush(b->pacer, kind);
    while (qua_pacer_poll(b->pacer, sim_net_now(b->net), &out))
        free(out.item);
    qua_pacer_destroy(&b->pacer);
    qua_cc_destroy(&b->cc);
    sim_net_destroy(&b->net);
    free(b->pieces);
    free(b->frames);
}

static void run_watched(bed *b, qua_time until)
{
    qua_cc_stats stats;

    for (qua_time at = sim_net_now(b->net) + QUA_MS(100); at <= until; at += QUA_MS(100)) {
        sim_net_run_until(b->net, at);
        if (!b->watch)
            continue;
        qua_cc_get_stats(b->cc, at, &stats);
        b->watch(b->watch_context, (double)(at - b->start) / 1e6, &stats,
                 (double)(b->sent_bytes - b->sent_bytes_before) * 8 / 100);
        b->sent_bytes_before = b->sent_bytes;
    }
}

static sim_pipe *make_bottleneck(bed *b)
{
    const cc_bed_config *config = b->config;
    sim_pipe *pipe = sim_net_pipe(b->net, config->forward);
    bool ok = true;

    if (config->trace_file)
        ok = sim_pipe_trace_file(pipe, config->trace_file, config->trace_offset_s);
    else if (config->trace)
        sim_pipe_trace(pipe, config->trace, config->trace_count, config->trace_offset_s);
    assert(ok && "trace file");
    (void)ok;
    for (size_t i = 0; i < CC_BED_CHANGES && config->change[i].forward; i++)
        sim_pipe_set_at(pipe, b->start + (qua_time)(config->change[i].at_s * 1e6), config->change[i].forward);
    return pipe;
}

void cc_bed_run(const cc_bed_config *config, cc_bed_result *out, cc_bed_watch watch, void *context)
{
    bed *b = qua_zalloc(sizeof *b);
    const double warm = config->warm_s > 0 ? config->warm_s : config->seconds > 0 ? 0 : 5;
    const double seconds = config->seconds > 0 ? config->seconds : 30;
    sim_pipe_stats link;
    uint64_t tcp_before = 0, tcp_after = 0;
    sim_tcp *tcp[8];

    memset(out, 0, sizeof *out);
    set_up(b, config);
    b->watch = watch;
    b->watch_context = context;
    sim_pipe *forward = make_bottleneck(b), *backward = sim_net_pipe(b->net, config->backward);
    b->sender_addr = *sim_iface_addr(sim_host_iface(b->sender, "192.0.2.1", NULL, forward, NULL));
    b->receiver_addr = *sim_iface_addr(sim_host_iface(b->receiver, "192.0.2.2", NULL, backward, NULL));
    for (int i = 0; i < config->tcp_flows; i++)
        tcp[i] = sim_net_tcp(b->net, forward, backward, b->start + (qua_time)(config->tcp_from_s * 1e6),
                             b->start + (qua_time)((config->tcp_to_s > 0 ? config->tcp_to_s : 1e6) * 1e6));
    sim_host_wake(b->sender);
    run_watched(b, b->start + (qua_time)(warm * 1e6));
    const uint32_t first = b->frame_count + 1, skipped = b->skipped;
    const uint64_t packets_before = b->cc ? (uint64_t)b->next_seq : 0;
    for (int i = 0; i < config->tcp_flows; i++)
        tcp_before += sim_tcp_delivered(tcp[i]);
    sim_pipe_reset_stats(forward);
    const uint64_t sent_before = b->sent_bytes;
    run_watched(b, b->start + (qua_time)((warm + seconds) * 1e6));
    sim_pipe_get_stats(forward, &link);
    for (int i = 0; i < config->tcp_flows; i++)
        tcp_after += sim_tcp_delivered(tcp[i]);
    const uint32_t last = b->frame_count;
    qua_cc_get_stats(b->cc, sim_net_now(b->net), &out->end);
    out->target_kbps = (double)out->end.target_bps / 1000;
    out->kbps = (double)(b->sent_bytes - sent_before) * 8 / seconds / 1000;
    out->tcp_kbps = (double)(tcp_after - tcp_before) * 8 / seconds / 1000;
    out->skipped = (double)(b->skipped - skipped) / (double)(last - first + 1);
    const double packets = (double)((uint64_t)b->next_seq - packets_before);
    out->drops = (double)link.dropped_queue / QUA_MAX(packets, 1);
    out->lost = (double)(link.dropped_queue + link.dropped_loss) / QUA_MAX(packets, 1);
    out->use =
        link.capacity_bytes > 0 ? ((double)link.out_bytes + (double)link.dropped_loss * 1000) / link.capacity_bytes : 0;
    out->queue_p50 = link.queue_ms_p50;
    out->queue_p95 = link.queue_ms_p95;
    out->queue_p99 = link.queue_ms_p99;
    run_watched(b, sim_net_now(b->net) + QUA_SECONDS(2)); /* the last frames arrive */
    judge_frames(b, first, last, out);
    tear_down(b);
    free(b);
}
