/* One direction of a link in virtual time; the same model as the call lab's emulator, so that figures compare. */
#include "sim_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define OPPORTUNITY 1504.0 /* bytes that one line of a Mahimahi trace may carry */
#define HISTOGRAM 4096

struct sim_pipe {
    sim_net *net;
    sim_link link;
    qua_prng prng;
    bool ge_bad;

    sim_packet *head, *tail;
    double queue_bytes;
    uint64_t queue_packets;
    double served;        /* bytes of the head packet already through the server */
    double served_at;     /* when `served` was true, µs */
    qua_time service_due; /* an event for another time is void */
    qua_time last_out;

    uint32_t *trace; /* ms */
    size_t trace_count;
    qua_time trace_origin; /* virtual time of the trace's 0 */

    sim_pipe_stats stats;
    double capacity_since;
    uint64_t histogram[HISTOGRAM];
};

static void serve_later(sim_pipe *pipe);

/* ---- text form ------------------------------------------------------------------------------------------- */

static void set_pair(double *first, double *second, const char *value)
{
    char *end;

    *first = strtod(value, &end);
    *second = *end == ',' ? strtod(end + 1, NULL) : 0;
}

static void set_gilbert_elliott(sim_link *link, const char *value)
{
    link->ge_h = 0;
    link->ge_k = 1;
    link->ge = sscanf(value, "%lf,%lf,%lf,%lf", &link->ge_p, &link->ge_r, &link->ge_h, &link->ge_k) >= 2;
    assert(link->ge || atof(value) == 0);
}

static bool set_number(sim_link *link, const char *word, double value)
{
    const struct {
        const char *word;
        double *field;
    } fields[] = {
        {"rate", &link->rate_kbps}, {"delay", &link->delay_ms}, {"jitter", &link->jitter_ms},
        {"qbytes", &link->qbytes},  {"qpkts", &link->qpackets}, {"qms", &link->qms},
        {"loss", &link->loss},      {"dup", &link->duplicate},  {"ecn", &link->ecn_ms},
        {"mtu", &link->mtu},
    };

    for (size_t i = 0; i < QUA_ARRAY_SIZE(fields); i++) {
        if (strcmp(word, fields[i].word) == 0) {
            *fields[i].field = value;
            return true;
        }
    }
    return false;
}

void sim_link_parse(sim_link *link, const char *text)
{
    char word[32], value[64];
    int used;

    while (sscanf(text, " %31[^= ]=%63s%n", word, value, &used) == 2) {
        text += used;
        if (strcmp(word, "ge") == 0)
            set_gilbert_elliott(link, value);
        else if (strcmp(word, "reorder") == 0)
            set_pair(&link->reorder, &link->reorder_ms, value);
        else {
            const bool known = set_number(link, word, atof(value));
            assert(known && "unknown word in a link's description");
            (void)known;
        }
    }
    assert(text[strspn(text, " ")] == 0 && "malformed link description");
}

/* ---- after the server: loss, delay ----------------------------------------------------------------------- */

static bool lost(sim_pipe *pipe)
{
    const sim_link *link = &pipe->link;
    bool drop = false;

    if (link->ge) {
        if (qua_prng_uniform(&pipe->prng) < (pipe->ge_bad ? link->ge_r : link->ge_p))
            pipe->ge_bad = !pipe->ge_bad;
        drop = qua_prng_uniform(&pipe->prng) >= (pipe->ge_bad ? link->ge_h : link->ge_k);
    }
    if (link->loss > 0 && qua_prng_uniform(&pipe->prng) < link->loss)
        drop = true;
    return drop;
}

static void mark_ce(sim_pipe *pipe, sim_packet *packet, double sojourn)
{
    if (pipe->link.ecn_ms <= 0 || (packet->ecn != 1 && packet->ecn != 2))
        return;
    if (pipe->link.rate_kbps > 0 && !pipe->trace)
        sojourn -= packet->wire * 8000.0 / pipe->link.rate_kbps;
    if (sojourn > pipe->link.ecn_ms * 1000) {
        packet->ecn = 3;
        pipe->stats.ce++;
    }
}

static qua_time arrival_time(sim_pipe *pipe, double served_at)
{
    const sim_link *link = &pipe->link;
    double out = served_at + link->delay_ms * 1000;

    if (link->jitter_ms > 0)
        out += qua_prng_uniform(&pipe->prng) * link->jitter_ms * 1000;
    if (link->reorder > 0 && qua_prng_uniform(&pipe->prng) < link->reorder)
        return (qua_time)ceil(out + link->reorder_ms * 1000);
    pipe->last_out = QUA_MAX(pipe->last_out, (qua_time)ceil(out));
    return pipe->last_out;
}

static void leave_server(sim_pipe *pipe, sim_packet *packet, double at)
{
    const double sojourn = at - packet->queued_at;
    const size_t bin = sojourn < 1000.0 * HISTOGRAM ? (size_t)(sojourn / 1000) : HISTOGRAM - 1;

    pipe->histogram[bin]++;
    if (lost(pipe)) {
        pipe->stats.dropped_loss++;
        sim_packet_put(pipe->net, packet);
        return;
    }
    mark_ce(pipe, packet, sojourn);
    pipe->stats.out_packets++;
    pipe->stats.out_bytes += packet->wire;
    const qua_time due = arrival_time(pipe, at); /* one in the past means now */
    if (pipe->link.duplicate > 0 && qua_prng_uniform(&pipe->prng) < pipe->link.duplicate) {
        sim_packet *copy = sim_packet_get(pipe->net);
        *copy = *packet;
        pipe->stats.duplicated++;
        sim_schedule_packet(pipe->net, due, copy);
    }
    sim_schedule_packet(pipe->net, due, packet);
}

/* ---- the server ------------------------------------------------------------------------------------------ */

static sim_packet *dequeue(sim_pipe *pipe)
{
    sim_packet *packet = pipe->head;

    pipe->head = packet->next;
    if (!pipe->head)
        pipe->tail = NULL;
    pipe->queue_bytes -= packet->wire;
    pipe->queue_packets--;
    return packet;
}

/* First opportunity at or after `when`: its virtual time, and how many share that millisecond. */
static qua_time next_opportunity(const sim_pipe *pipe, qua_time when, size_t *together)
{
    const qua_time period = QUA_MS(pipe->trace[pipe->trace_count - 1]);
    const qua_time since = when - pipe->trace_origin;
    const qua_time lap = QUA_MAX(since - 1, 0) / period; /* a lap's last line is its end, not the next one's start */
    const qua_time within = since - lap * period;
    size_t low = 0, high = pipe->trace_count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (QUA_MS(pipe->trace[middle]) < within)
            low = middle + 1;
        else
            high = middle;
    }
    *together = 1;
    while (low + *together < pipe->trace_count && pipe->trace[low + *together] == pipe->trace[low])
        ++*together;
    return pipe->trace_origin + lap * period + QUA_MS(pipe->trace[low]);
}

static void serve_opportunity(sim_pipe *pipe, double at, double bytes)
{
    while (bytes > 0 && pipe->head) {
        const double need = pipe->head->wire - pipe->served;
        if (need > bytes) {
            pipe->served += bytes;
            return;
        }
        bytes -= need;
        pipe->served = 0;
        leave_server(pipe, dequeue(pipe), at);
    }
}

static void serve_trace(sim_pipe *pipe, qua_time now)
{
    size_t together;

    if (next_opportunity(pipe, now, &together) == now)
        for (size_t i = 0; i < together; i++)
            serve_opportunity(pipe, (double)now, OPPORTUNITY);
    pipe->served_at = (double)now + 1; /* this millisecond is used up */
}

static void serve_rate(sim_pipe *pipe, qua_time now)
{
    const double per_byte = 8000.0 / pipe->link.rate_kbps;

    while (pipe->head) {
        const double done = pipe->served_at + (pipe->head->wire - pipe->served) * per_byte;
        if (done > (double)now) {
            pipe->served += ((double)now - pipe->served_at) / per_byte;
            break;
        }
        pipe->served = 0;
        pipe->served_at = done;
        leave_server(pipe, dequeue(pipe), done);
    }
    pipe->served_at = (double)now;
}

static void serve_all(sim_pipe *pipe, qua_time now)
{
    while (pipe->head)
        leave_server(pipe, dequeue(pipe), (double)now);
}

static void serve(sim_pipe *pipe, qua_time now)
{
    if (pipe->trace)
        serve_trace(pipe, now);
    else if (pipe->link.rate_kbps > 0)
        serve_rate(pipe, now);
    else
        serve_all(pipe, now);
}

static void on_service(void *context, qua_time now)
{
    sim_pipe *pipe = context;

    if (now != pipe->service_due)
        return;
    serve(pipe, now);
    serve_later(pipe);
}

static void serve_later(sim_pipe *pipe)
{
    qua_time when;
    size_t together;

    pipe->service_due = QUA_TIME_NEVER;
    if (!pipe->head)
        return;
    if (pipe->trace)
        when = next_opportunity(pipe, QUA_MAX(sim_net_now(pipe->net), (qua_time)ceil(pipe->served_at)), &together);
    else if (pipe->link.rate_kbps > 0)
        when = (qua_time)ceil(pipe->served_at + (pipe->head->wire - pipe->served) * 8000.0 / pipe->link.rate_kbps);
    else
        when = sim_net_now(pipe->net);
    pipe->service_due = QUA_MAX(when, sim_net_now(pipe->net));
    sim_schedule(pipe->net, pipe->service_due, on_service, pipe);
}

static bool queue_full(const sim_pipe *pipe, uint32_t wire)
{
    const sim_link *link = &pipe->link;
    const double bytes = pipe->queue_bytes + wire;

    if (!pipe->head)
        return false;
    return (link->qbytes > 0 && bytes > link->qbytes) ||
           (link->qpackets > 0 && (double)pipe->queue_packets >= link->qpackets) ||
           (link->qms > 0 && link->rate_kbps > 0 && bytes * 8 / link->rate_kbps > link->qms);
}

void sim_pipe_push(sim_net *net, sim_pipe *pipe, sim_packet *packet)
{
    const qua_time now = sim_net_now(net);

    if (!pipe) {
        sim_schedule_packet(net, now, packet);
        return;
    }
    pipe->stats.in_packets++;
    pipe->stats.in_bytes += packet->wire;
    if (queue_full(pipe, packet->wire) || (pipe->link.mtu > 0 && packet->wire > pipe->link.mtu)) {
        pipe->stats.dropped_queue++;
        sim_packet_put(net, packet);
        return;
    }
    packet->queued_at = (double)now;
    packet->next = NULL;
    const bool idle = !pipe->head;
    if (idle)
        pipe->head = packet;
    else
        pipe->tail->next = packet;
    pipe->tail = packet;
    pipe->queue_bytes += packet->wire;
    pipe->queue_packets++;
    if (!idle)
        return;
    pipe->served = 0;
    pipe->served_at = pipe->trace ? QUA_MAX(pipe->served_at, (double)now) : (double)now;
    if (!pipe->trace && pipe->link.rate_kbps <= 0)
        serve_all(pipe, now);
    else
        serve_later(pipe);
}

/* ---- statistics ------------------------------------------------------------------------------------------ */

static double trace_bytes(const sim_pipe *pipe, double since, double until)
{
    const double period = 1000.0 * pipe->trace[pipe->trace_count - 1];
    double count = 0;

    for (size_t i = 0; i < pipe->trace_count; i++) {
        const double first = (double)pipe->trace_origin + 1000.0 * pipe->trace[i];
        const double low = ceil((since - first) / period), high = ceil((until - first) / period);
        count += fmax(high, 0) - fmax(low, 0);
    }
    return count * OPPORTUNITY;
}

static double capacity_bytes(const sim_pipe *pipe)
{
    const double now = (double)sim_net_now(pipe->net);

    if (pipe->trace)
        return pipe->stats.capacity_bytes + trace_bytes(pipe, pipe->capacity_since, now);
    return pipe->stats.capacity_bytes + (now - pipe->capacity_since) * pipe->link.rate_kbps / 8000;
}

static double quantile(const sim_pipe *pipe, double q)
{
    uint64_t all = 0, below = 0;

    for (size_t i = 0; i < HISTOGRAM; i++)
        all += pipe->histogram[i];
    for (size_t i = 0; i < HISTOGRAM; i++) {
        below += pipe->histogram[i];
        if (all && (double)below >= q * (double)all)
            return (double)i;
    }
    return 0;
}

void sim_pipe_get_stats(const sim_pipe *pipe, sim_pipe_stats *out)
{
    *out = pipe->stats;
    out->queue_packets = pipe->queue_packets;
    out->queue_bytes = (uint64_t)pipe->queue_bytes;
    out->capacity_bytes = capacity_bytes(pipe);
    out->queue_ms_p50 = quantile(pipe, 0.50);
    out->queue_ms_p95 = quantile(pipe, 0.95);
    out->queue_ms_p99 = quantile(pipe, 0.99);
}

void sim_pipe_reset_stats(sim_pipe *pipe)
{
    memset(&pipe->stats, 0, sizeof pipe->stats);
    memset(pipe->histogram, 0, sizeof pipe->histogram);
    pipe->capacity_since = (double)sim_net_now(pipe->net);
}

/* ---- making and changing --------------------------------------------------------------------------------- */

static void destroy_pipe(void *object)
{
    sim_pipe *pipe = object;

    while (pipe->head)
        sim_packet_put(pipe->net, dequeue(pipe));
    free(pipe->trace);
    free(pipe);
}

sim_pipe *sim_net_pipe(sim_net *net, const char *link)
{
    sim_pipe *pipe = qua_zalloc(sizeof *pipe);

    assert(pipe);
    pipe->net = net;
    pipe->prng = *sim_net_prng(net);
    pipe->capacity_since = (double)sim_net_now(net);
    sim_link_parse(&pipe->link, link);
    sim_own(net, pipe, destroy_pipe);
    return pipe;
}

void sim_pipe_set(sim_pipe *pipe, const char *link)
{
    const qua_time now = sim_net_now(pipe->net);

    pipe->stats.capacity_bytes = capacity_bytes(pipe);
    pipe->capacity_since = (double)now;
    if (pipe->head && !pipe->trace)
        serve(pipe, now);
    sim_link_parse(&pipe->link, link);
    serve_later(pipe);
}

typedef struct change {
    sim_pipe *pipe;
    char link[];
} change;

static void on_change(void *context, qua_time now)
{
    change *due = context;

    (void)now;
    sim_pipe_set(due->pipe, due->link);
}

void sim_pipe_set_at(sim_pipe *pipe, qua_time when, const char *link)
{
    change *due = malloc(sizeof *due + strlen(link) + 1);

    assert(due);
    due->pipe = pipe;
    strcpy(due->link, link);
    sim_schedule_owned(pipe->net, when, on_change, due);
}

void sim_pipe_trace(sim_pipe *pipe, const uint32_t *ms, size_t count, double offset_s)
{
    const qua_time now = sim_net_now(pipe->net);

    assert(count > 0 && ms[count - 1] > 0);
    free(pipe->trace);
    pipe->trace = malloc(count * sizeof *ms);
    assert(pipe->trace);
    memcpy(pipe->trace, ms, count * sizeof *ms);
    pipe->trace_count = count;
    pipe->trace_origin = now - (qua_time)(offset_s * 1e6);
    pipe->served_at = (double)now;
    pipe->served = 0;
    serve_later(pipe);
}

bool sim_pipe_trace_file(sim_pipe *pipe, const char *path, double offset_s)
{
    FILE *file = fopen(path, "r");
    uint32_t *ms = NULL;
    size_t count = 0, capacity = 0;
    unsigned value;

    if (!file)
        return false;
    while (fscanf(file, "%u", &value) == 1) {
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            ms = realloc(ms, capacity * sizeof *ms);
            assert(ms);
        }
        ms[count++] = value;
    }
    fclose(file);
    const bool usable = count > 0 && ms[count - 1] > 0;
    if (usable)
        sim_pipe_trace(pipe, ms, count, offset_s);
    free(ms);
    return usable;
}
