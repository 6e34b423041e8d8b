/* RTCP compounds; each NACK that is heard is written again, and the feedback of what "arrived" parses. */
#include <stdlib.h>

#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_sr(void *context, const qua_rtcp_sr *sr)
{
    qua_rtp_receiver_on_sr(context, QUA_SECONDS(1), sr->ntp, sr->rtp);
    (void)qua_rtp_receiver_ntp(context, sr->ssrc);
}

static void on_report(void *context, uint32_t from, const qua_rtp_report *report)
{
    qua_rtp_report out;

    (void)qua_rtp_receiver_on_packet(context, (qua_time)report->jitter, (uint16_t)report->highest_seq, from);
    qua_rtp_receiver_report(context, QUA_SECONDS(2), &out);
}

static void on_ssrc(void *context, uint32_t ssrc)
{
    (void)context, (void)ssrc;
}

static void on_nack(void *context, uint32_t media, const uint16_t *seqs, size_t count)
{
    uint8_t wire[4 * QUA_NACK_MAX + 12];
    qua_writer w = qua_writer_of(wire, sizeof wire);

    (void)context;
    assert(count <= QUA_NACK_MAX);
    for (size_t i = 1; i < count; i++)
        if (qua_diff16(seqs[i], seqs[i - 1]) <= 0)
            return; /* not in the order that ours are */
    qua_rtcp_write_nack(&w, 1, media, seqs, count);
    assert(!w.failed);
}

static void on_feedback(void *context, uint16_t base, const qua_time *at, size_t count)
{
    static qua_rtp_arrivals arrivals;
    uint8_t wire[QUA_DATAGRAM_MAX];
    const qua_rtcp_handlers none = {0};
    int reports = 0;

    (void)context;
    assert(count <= QUA_RTCP_FEEDBACK_READ);
    memset(&arrivals, 0, sizeof arrivals);
    for (size_t i = 0; i < count; i++)
        if (at[i] != QUA_TIME_NEVER)
            qua_rtp_arrivals_add(&arrivals, QUA_SECONDS(1000) + at[i] % QUA_SECONDS(900), (uint16_t)(base + i));
    for (; qua_rtp_arrivals_waiting(&arrivals); reports++) {
        qua_writer w = qua_writer_of(wire, sizeof wire);
        qua_rtcp_write_transport_feedback(&w, 1, 2, &arrivals);
        if (w.failed || qua_rtcp_parse(wire, w.size, &none, NULL) != 0 || reports > QUA_ARRIVALS)
            abort();
    }
}

static void on_remb(void *context, uint64_t bps)
{
    (void)context, (void)bps;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const qua_rtcp_handlers handlers = {on_sr, on_report, on_ssrc, on_nack, on_ssrc, on_feedback, on_remb};
    qua_rtp_receiver receiver;

    qua_rtp_receiver_init(&receiver, 1, 90000);
    (void)qua_rtcp_parse(data, size, &handlers, &receiver);
    return 0;
}
