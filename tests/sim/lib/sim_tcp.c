/* A greedy NewReno flow (RFC 5681, 6582) in segments: the usual company on a home link. */
#include "sim_internal.h"

#include <stdlib.h>

#define SEGMENT 1448
#define SEGMENT_WIRE 1500
#define ACK_WIRE 52
#define WINDOW 4096 /* segments the receiver holds out of order */

struct sim_tcp {
    sim_net *net;
    sim_pipe *forward, *backward;
    qua_time start, stop;
    /* sender */
    int64_t next, acked, recover;
    double cwnd, ssthresh;
    int duplicates;
    bool recovering;
    qua_time srtt, rttvar, sent_at[WINDOW], deadline;
    bool retransmitted[WINDOW];
    bool timer_pending;
    /* receiver */
    int64_t expected;
    bool held[WINDOW];
};

static void on_segment(sim_net *net, sim_packet *packet);
static void on_ack(sim_net *net, sim_packet *packet);

static void send_packet(sim_tcp *tcp, int64_t number, bool is_ack)
{
    sim_packet *packet = sim_packet_get(tcp->net);

    packet->owner = tcp;
    packet->number = number;
    packet->ecn = 0;
    packet->size = 0;
    packet->wire = is_ack ? ACK_WIRE : SEGMENT_WIRE;
    packet->arrive = is_ack ? on_ack : on_segment;
    sim_pipe_push(tcp->net, is_ack ? tcp->backward : tcp->forward, packet);
}

static void send_segment(sim_tcp *tcp, int64_t number, bool again)
{
    tcp->sent_at[number % WINDOW] = sim_net_now(tcp->net);
    tcp->retransmitted[number % WINDOW] = again;
    send_packet(tcp, number, false);
}

static qua_time timeout_of(const sim_tcp *tcp)
{
    return tcp->srtt ? QUA_MAX(tcp->srtt + 4 * tcp->rttvar, QUA_MS(200)) : QUA_SECONDS(1);
}

static void fill_window(sim_tcp *tcp)
{
    const qua_time now = sim_net_now(tcp->net);

    while (now < tcp->stop && (double)(tcp->next - tcp->acked) < tcp->cwnd && tcp->next - tcp->acked < WINDOW - 1)
        send_segment(tcp, tcp->next++, false);
}

static void on_timer(void *context, qua_time now);

static void arm_timer(sim_tcp *tcp)
{
    tcp->deadline = tcp->next > tcp->acked ? sim_net_now(tcp->net) + timeout_of(tcp) : QUA_TIME_NEVER;
    if (tcp->deadline == QUA_TIME_NEVER || tcp->timer_pending)
        return;
    tcp->timer_pending = true;
    sim_schedule(tcp->net, tcp->deadline, on_timer, tcp);
}

static void on_timer(void *context, qua_time now)
{
    sim_tcp *tcp = context;

    tcp->timer_pending = false;
    if (tcp->deadline == QUA_TIME_NEVER)
        return;
    if (now < tcp->deadline) {
        tcp->timer_pending = true;
        sim_schedule(tcp->net, tcp->deadline, on_timer, tcp);
        return;
    }
    tcp->ssthresh = QUA_MAX((double)(tcp->next - tcp->acked) / 2, 2);
    tcp->cwnd = 1;
    tcp->recovering = false;
    tcp->duplicates = 0;
    tcp->next = tcp->acked;
    fill_window(tcp);
    arm_timer(tcp);
}

static void on_segment(sim_net *net, sim_packet *packet)
{
    sim_tcp *tcp = packet->owner;
    const int64_t number = packet->number;

    sim_packet_put(net, packet);
    if (number >= tcp->expected && number < tcp->expected + WINDOW)
        tcp->held[number % WINDOW] = true;
    while (tcp->held[tcp->expected % WINDOW])
        tcp->held[tcp->expected++ % WINDOW] = false;
    send_packet(tcp, tcp->expected, true);
}

static void measure_rtt(sim_tcp *tcp, int64_t number)
{
    const qua_time rtt = sim_net_now(tcp->net) - tcp->sent_at[number % WINDOW];

    if (tcp->retransmitted[number % WINDOW])
        return;
    if (tcp->srtt == 0) {
        tcp->srtt = rtt;
        tcp->rttvar = rtt / 2;
        return;
    }
    const qua_time error = rtt > tcp->srtt ? rtt - tcp->srtt : tcp->srtt - rtt;
    tcp->rttvar += (error - tcp->rttvar) / 4;
    tcp->srtt += (rtt - tcp->srtt) / 8;
}

static void on_new_ack(sim_tcp *tcp, int64_t number)
{
    const int64_t advanced = number - tcp->acked;

    measure_rtt(tcp, number - 1);
    tcp->acked = number;
    tcp->next = QUA_MAX(tcp->next, number);
    tcp->duplicates = 0;
    if (tcp->recovering && number < tcp->recover) {
        send_segment(tcp, number, true); /* partial acknowledgement: the next hole */
        tcp->cwnd = QUA_MAX(tcp->cwnd - (double)advanced + 1, 1);
    } else if (tcp->recovering) {
        tcp->recovering = false;
        tcp->cwnd = tcp->ssthresh;
    } else if (tcp->cwnd < tcp->ssthresh) {
        tcp->cwnd += (double)advanced;
    } else {
        tcp->cwnd += (double)advanced / tcp->cwnd;
    }
}

static void on_duplicate_ack(sim_tcp *tcp)
{
    if (tcp->recovering) {
        tcp->cwnd += 1;
    } else if (++tcp->duplicates == 3) {
        tcp->ssthresh = QUA_MAX((double)(tcp->next - tcp->acked) / 2, 2);
        tcp->cwnd = tcp->ssthresh + 3;
        tcp->recover = tcp->next;
        tcp->recovering = true;
        send_segment(tcp, tcp->acked, true);
    }
}

static void on_ack(sim_net *net, sim_packet *packet)
{
    sim_tcp *tcp = packet->owner;
    const int64_t number = packet->number;

    sim_packet_put(net, packet);
    if (number > tcp->acked)
        on_new_ack(tcp, number);
    else if (number == tcp->acked && tcp->next > tcp->acked)
        on_duplicate_ack(tcp);
    fill_window(tcp);
    arm_timer(tcp);
}

static void on_start(void *context, qua_time now)
{
    sim_tcp *tcp = context;

    (void)now;
    fill_window(tcp);
    arm_timer(tcp);
}

sim_tcp *sim_net_tcp(sim_net *net, sim_pipe *forward, sim_pipe *backward, qua_time start, qua_time stop)
{
    sim_tcp *tcp = qua_zalloc(sizeof *tcp);

    assert(tcp);
    tcp->net = net;
    tcp->forward = forward;
    tcp->backward = backward;
    tcp->start = start;
    tcp->stop = stop;
    tcp->cwnd = 10;
    tcp->ssthresh = 1e9;
    tcp->deadline = QUA_TIME_NEVER;
    sim_own(net, tcp, free);
    sim_schedule(net, start, on_start, tcp);
    return tcp;
}

uint64_t sim_tcp_delivered(const sim_tcp *tcp) { return (uint64_t)tcp->acked * SEGMENT; }
