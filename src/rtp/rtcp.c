/* RTCP compounds. */
#include "rtp/rtp.h"

enum { SR = 200, RR = 201, SDES = 202, BYE = 203, RTPFB = 205, PSFB = 206 };
enum { FMT_NACK = 1, FMT_TRANSPORT_CC = 15 };
enum { FMT_PLI = 1, FMT_FIR = 4, FMT_ALFB = 15 };

/* ---- reading --------------------------------------------------------------------------------------------- */

static void read_reports(qua_reader *r, unsigned count, uint32_t from, const qua_rtcp_handlers *h, void *context)
{
    for (unsigned i = 0; i < count && qua_reader_left(r) >= 24; i++) {
        qua_rtp_report report;
        uint32_t lost;

        report.ssrc = qua_read_u32(r);
        report.fraction_lost = qua_read_u8(r);
        lost = qua_read_u24(r);
        report.cumulative_lost = (int32_t)(lost << 8) >> 8;
        report.highest_seq = qua_read_u32(r);
        report.jitter = qua_read_u32(r);
        report.last_sr = qua_read_u32(r);
        report.delay_since_sr = qua_read_u32(r);
        if (h->report)
            h->report(context, from, &report);
    }
}

static int read_sr(qua_reader *r, unsigned count, const qua_rtcp_handlers *h, void *context)
{
    qua_rtcp_sr sr;

    sr.ssrc = qua_read_u32(r);
    sr.ntp = qua_read_u64(r);
    sr.rtp = qua_read_u32(r);
    sr.packets = qua_read_u32(r);
    sr.bytes = qua_read_u32(r);
    if (r->failed)
        return QUA_EFORMAT;
    if (h->sender_report)
        h->sender_report(context, &sr);
    read_reports(r, count, sr.ssrc, h, context);
    return 0;
}

static int read_bye(qua_reader *r, unsigned count, const qua_rtcp_handlers *h, void *context)
{
    for (unsigned i = 0; i < count; i++) {
        const uint32_t ssrc = qua_read_u32(r);
        if (r->failed)
            return QUA_EFORMAT;
        if (h->bye)
            h->bye(context, ssrc);
    }
    return 0;
}

/* Generic NACK, RFC 4585 §6.2.1: a number and a bitmap of the 16 after it. */
static int read_nack(qua_reader *r, uint32_t media, const qua_rtcp_handlers *h, void *context)
{
    uint16_t seqs[QUA_NACK_MAX];
    size_t n = 0;

    while (qua_reader_left(r) >= 4) {
        const uint16_t first = qua_read_u16(r), mask = qua_read_u16(r);

        if (n + 17 > QUA_ARRAY_SIZE(seqs))
            break;
        seqs[n++] = first;
        for (unsigned bit = 0; bit < 16; bit++) {
            if (mask & 1u << bit)
                seqs[n++] = (uint16_t)(first + bit + 1);
        }
    }
    if (h->nack && n)
        h->nack(context, media, seqs, n);
    return 0;
}

/* The status symbols of transport-cc: 0 not received, 1 small delta, 2 large delta. Returns how many were read. */
static size_t read_symbols(qua_reader *r, uint8_t *symbols, size_t count)
{
    size_t n = 0;

    while (n < count && !r->failed) {
        const uint16_t chunk = qua_read_u16(r);

        if (!(chunk & 0x8000)) { /* run length */
            const uint8_t symbol = chunk >> 13 & 3;
            for (unsigned run = chunk & 0x1fff; run && n < count; run--)
                symbols[n++] = symbol;
        } else if (chunk & 0x4000) { /* seven symbols of two bits */
            for (int bit = 12; bit >= 0 && n < count; bit -= 2)
                symbols[n++] = chunk >> bit & 3;
        } else { /* fourteen of one */
            for (int bit = 13; bit >= 0 && n < count; bit--)
                symbols[n++] = chunk >> bit & 1;
        }
    }
    return r->failed ? 0 : n;
}

static int read_transport_cc(qua_reader *r, const qua_rtcp_handlers *h, void *context)
{
    uint8_t symbols[QUA_RTCP_FEEDBACK_READ];
    qua_time at[QUA_RTCP_FEEDBACK_READ];
    const uint16_t base = qua_read_u16(r);
    const size_t count = qua_read_u16(r);
    uint32_t reference = qua_read_u24(r);
    qua_time t;

    qua_read_u8(r); /* feedback count */
    if (r->failed || count == 0 || count > QUA_ARRAY_SIZE(symbols) || read_symbols(r, symbols, count) != count)
        return QUA_EFORMAT;
    t = (qua_time)((int32_t)(reference << 8) >> 8) * 64000;
    for (size_t i = 0; i < count; i++) {
        at[i] = QUA_TIME_NEVER;
        if (symbols[i] == 1)
            t += qua_read_u8(r) * 250;
        else if (symbols[i] == 2)
            t += (int16_t)qua_read_u16(r) * 250;
        else
            continue;
        at[i] = t;
    }
    if (r->failed)
        return QUA_EFORMAT;
    if (h->transport_feedback)
        h->transport_feedback(context, base, at, count);
    return 0;
}

static int read_rtpfb(qua_reader *r, unsigned fmt, const qua_rtcp_handlers *h, void *context)
{
    uint32_t media;

    qua_read_u32(r);
    media = qua_read_u32(r);
    if (r->failed)
        return QUA_EFORMAT;
    if (fmt == FMT_NACK)
        return read_nack(r, media, h, context);
    if (fmt == FMT_TRANSPORT_CC)
        return read_transport_cc(r, h, context);
    return 0;
}

static void read_remb(qua_reader *r, const qua_rtcp_handlers *h, void *context)
{
    if (qua_read_u32(r) != 0x52454d42) /* "REMB" */
        return;
    const uint32_t v = qua_read_u32(r);
    const unsigned exponent = v >> 18 & 63;
    if (!r->failed && h->remb && exponent < 40)
        h->remb(context, (uint64_t)(v & 0x3ffff) << exponent);
}

static int read_psfb(qua_reader *r, unsigned fmt, const qua_rtcp_handlers *h, void *context)
{
    uint32_t media;

    qua_read_u32(r);
    media = qua_read_u32(r);
    if (r->failed)
        return QUA_EFORMAT;
    if (fmt == FMT_PLI && h->pli)
        h->pli(context, media);
    if (fmt == FMT_FIR) {
        while (qua_reader_left(r) >= 8) { /* RFC 5104 §4.3.1: the SSRC is in each entry */
            media = qua_read_u32(r);
            qua_read_u32(r);
            if (h->pli)
                h->pli(context, media);
        }
    }
    if (fmt == FMT_ALFB)
        read_remb(r, h, context);
    return 0;
}

static int read_one(unsigned type, unsigned count, qua_reader *r, const qua_rtcp_handlers *h, void *context)
{
    uint32_t ssrc;

    switch (type) {
    case SR:
        return read_sr(r, count, h, context);
    case RR:
        ssrc = qua_read_u32(r);
        if (r->failed)
            return QUA_EFORMAT;
        read_reports(r, count, ssrc, h, context);
        return 0;
    case BYE:
        return read_bye(r, count, h, context);
    case RTPFB:
        return read_rtpfb(r, count, h, context);
    case PSFB:
        return read_psfb(r, count, h, context);
    default:
        return 0; /* SDES, APP, XR and what is to come */
    }
}

int qua_rtcp_parse(const uint8_t *data, size_t size, const qua_rtcp_handlers *handlers, void *context)
{
    qua_reader r = qua_reader_of(data, size);

    while (qua_reader_left(&r)) {
        const uint8_t first = qua_read_u8(&r), type = qua_read_u8(&r);
        size_t length = qua_read_u16(&r) * 4u;
        const uint8_t *body = qua_read_bytes(&r, length);
        qua_reader inner;
        int error;

        if (!body || first >> 6 != 2)
            return QUA_EFORMAT;
        if (first & 0x20) { /* padding, on the last packet only */
            const uint8_t padding = length ? body[length - 1] : 0;
            if (padding == 0 || padding > length)
                return QUA_EFORMAT;
            length -= padding;
        }
        inner = qua_reader_of(body, length);
        error = read_one(type, first & 31u, &inner, handlers, context);
        if (error)
            return error;
    }
    return r.failed ? QUA_EFORMAT : 0;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

/* Header with room for the length, which end_packet fills in. Returns where the packet starts. */
static size_t begin_packet(qua_writer *w, unsigned count, unsigned type)
{
    const size_t start = w->size;

    qua_write_u8(w, (uint8_t)(0x80 | count));
    qua_write_u8(w, (uint8_t)type);
    qua_write_u16(w, 0);
    return start;
}

static void end_packet(qua_writer *w, size_t start)
{
    while (!w->failed && (w->size - start) % 4)
        qua_write_u8(w, 0);
    if (!w->failed)
        qua_put_be16(w->data + start + 2, (uint16_t)((w->size - start) / 4 - 1));
}

static void write_reports(qua_writer *w, const qua_rtp_report *reports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        qua_write_u32(w, reports[i].ssrc);
        qua_write_u8(w, reports[i].fraction_lost);
        qua_write_u24(w, (uint32_t)reports[i].cumulative_lost & 0xffffff);
        qua_write_u32(w, reports[i].highest_seq);
        qua_write_u32(w, reports[i].jitter);
        qua_write_u32(w, reports[i].last_sr);
        qua_write_u32(w, reports[i].delay_since_sr);
    }
}

void qua_rtcp_write_sr(qua_writer *w, const qua_rtcp_sr *sr, const qua_rtp_report *reports, size_t count)
{
    const size_t start = begin_packet(w, (unsigned)QUA_MIN(count, 31), SR);

    qua_write_u32(w, sr->ssrc);
    qua_write_u64(w, sr->ntp);
    qua_write_u32(w, sr->rtp);
    qua_write_u32(w, sr->packets);
    qua_write_u32(w, sr->bytes);
    write_reports(w, reports, QUA_MIN(count, 31));
    end_packet(w, start);
}

void qua_rtcp_write_rr(qua_writer *w, uint32_t ssrc, const qua_rtp_report *reports, size_t count)
{
    const size_t start = begin_packet(w, (unsigned)QUA_MIN(count, 31), RR);

    qua_write_u32(w, ssrc);
    write_reports(w, reports, QUA_MIN(count, 31));
    end_packet(w, start);
}

void qua_rtcp_write_sdes(qua_writer *w, uint32_t ssrc, const char *cname)
{
    const size_t start = begin_packet(w, 1, SDES), length = QUA_MIN(strlen(cname), 255);

    qua_write_u32(w, ssrc);
    qua_write_u8(w, 1); /* CNAME */
    qua_write_u8(w, (uint8_t)length);
    qua_write_bytes(w, cname, length);
    qua_write_u8(w, 0); /* end of items; end_packet pads */
    end_packet(w, start);
}

void qua_rtcp_write_bye(qua_writer *w, uint32_t ssrc)
{
    const size_t start = begin_packet(w, 1, BYE);

    qua_write_u32(w, ssrc);
    end_packet(w, start);
}

void qua_rtcp_write_pli(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc)
{
    const size_t start = begin_packet(w, FMT_PLI, PSFB);

    qua_write_u32(w, ssrc);
    qua_write_u32(w, media_ssrc);
    end_packet(w, start);
}

void qua_rtcp_write_nack(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, size_t count)
{
    const size_t start = begin_packet(w, FMT_NACK, RTPFB);

    qua_write_u32(w, ssrc);
    qua_write_u32(w, media_ssrc);
    for (size_t i = 0; i < count;) {
        const uint16_t first = seqs[i++];
        uint16_t mask = 0;

        assert(i == count || seqs[i] != first);
        for (; i < count && (uint16_t)(seqs[i] - first) <= 16; i++)
            mask |= (uint16_t)(1u << ((uint16_t)(seqs[i] - first) - 1));
        qua_write_u16(w, first);
        qua_write_u16(w, mask);
    }
    end_packet(w, start);
}

/* ---- transport-wide feedback ------------------------------------------------------------------------------ */

#define LATE 256 /* a packet later than this by number is of no use to anyone */

/* The first packet, or one after a jump: nothing is known of those around it. */
static void arrivals_restart(qua_rtp_arrivals *a, int64_t seq)
{
    memset(a->at, 0, sizeof a->at);
    a->started = true;
    a->newest = a->first = seq;
    a->last = seq - 1;
}

void qua_rtp_arrivals_add(qua_rtp_arrivals *a, qua_time now, uint16_t seq)
{
    const int64_t s = a->started ? qua_unwrap16(a->newest, seq) : 65536 + (int64_t)seq;

    if (!a->started || s > a->newest + QUA_ARRIVALS / 2)
        arrivals_restart(a, s);
    if (s < a->newest - LATE || (s < a->first && a->at[s % QUA_ARRIVALS]))
        return; /* of no use any more, or a copy of one that was reported */
    for (int64_t i = a->last + 1; i <= s; i++)
        a->at[i % QUA_ARRIVALS] = 0; /* the place held an arrival of one round of the ring ago */
    a->last = QUA_MAX(a->last, s);
    a->newest = QUA_MAX(a->newest, s);
    a->first = QUA_MIN(a->first, s); /* one reported missing before: report again from here on */
    a->first = QUA_MAX(a->first, a->last - QUA_ARRIVALS / 2);
    if (a->at[s % QUA_ARRIVALS] == 0)
        a->at[s % QUA_ARRIVALS] = QUA_MAX(now, 1);
}

bool qua_rtp_arrivals_waiting(const qua_rtp_arrivals *a)
{
    return a->started && a->first <= a->last;
}

/* Two-bit chunks of seven: a little larger than runs at best, but simple and never large. */
static void write_symbols(qua_writer *w, const uint8_t *symbols, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t run = 1;

        while (i + run < count && symbols[i + run] == symbols[i] && run < 0x1fff)
            run++;
        if (run >= 7 || i + run == count) {
            qua_write_u16(w, (uint16_t)(symbols[i] << 13 | run));
            i += run;
            continue;
        }
        uint16_t chunk = 0xc000;
        for (int bit = 12; bit >= 0; bit -= 2, i++)
            chunk |= (uint16_t)((i < count ? symbols[i] : 0) << bit);
        qua_write_u16(w, chunk);
    }
}

void qua_rtcp_write_transport_feedback(qua_writer *w, uint32_t ssrc, uint32_t media_ssrc, qua_rtp_arrivals *a)
{
    const size_t start = begin_packet(w, FMT_TRANSPORT_CC, RTPFB);
    uint8_t symbols[QUA_RTCP_FEEDBACK_MAX];
    int16_t deltas[QUA_RTCP_FEEDBACK_MAX];
    size_t count = 0;
    qua_time reference = 0, previous = 0;
    const int64_t first = a->first;

    for (int64_t s = first; s <= a->last && !reference; s++)
        reference = a->at[s % QUA_ARRIVALS] / 64000 * 64000;
    previous = reference;
    for (int64_t s = first; s <= a->last && count < QUA_ARRAY_SIZE(symbols); s++, count++) {
        const qua_time at = a->at[s % QUA_ARRIVALS];
        const int64_t delta = (at - previous) / 250;

        symbols[count] = 0;
        if (!at)
            continue;
        if (delta < INT16_MIN || delta > INT16_MAX)
            break; /* the next feedback has a reference time of its own */
        symbols[count] = delta >= 0 && delta <= 255 ? 1 : 2;
        deltas[count] = (int16_t)delta;
        previous += delta * 250;
    }
    qua_write_u32(w, ssrc);
    qua_write_u32(w, media_ssrc);
    qua_write_u16(w, (uint16_t)first);
    qua_write_u16(w, (uint16_t)count);
    qua_write_u24(w, (uint32_t)(reference / 64000) & 0xffffff);
    qua_write_u8(w, a->count++);
    write_symbols(w, symbols, count);
    for (size_t i = 0; i < count; i++) {
        if (symbols[i] == 1)
            qua_write_u8(w, (uint8_t)deltas[i]);
        else if (symbols[i] == 2)
            qua_write_u16(w, (uint16_t)deltas[i]);
    }
    end_packet(w, start);
    a->first = first + (int64_t)QUA_MAX(count, 1);
}
