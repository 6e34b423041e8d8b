/* One association: its socket in usrsctp, packets in and out, time. */
#include <errno.h>
#include <stdlib.h>

#include "sctp/sctp_internal.h"

#define TICK QUA_MS(10) /* while anything is under way; the granularity of its timers */
/* Without packets for so long it is asked whether anything is unacknowledged: else no timer matters. */
#define QUIET       QUA_SECONDS(1)
#define SEND_BUFFER (256 * 1024)
#define RECV_BUFFER (1024 * 1024)
/* usrsctp wants no more at once than its buffer can ever hold */
#define SEND_PART ((size_t)SEND_BUFFER / 4)

/* ---- life ---------------------------------------------------------------------------------------------------- */

int qua_sctp_create(qua_sctp **out, const qua_log *log)
{
    qua_sctp *s = qua_zalloc(sizeof *s);

    if (!s)
        return QUA_ENOMEM;
    s->log = log;
    s->remote_max = SIZE_MAX;
    s->active_until = QUA_TIME_NEVER;
    s->sending = -1;
    *out = s;
    return 0;
}

static void free_packets(sctp_packet *packet)
{
    while (packet) {
        sctp_packet *next = packet->next;
        free(packet);
        packet = next;
    }
}

void qua_sctp_destroy(qua_sctp **sctp)
{
    qua_sctp *s = *sctp;
    sctp_told *told;

    *sctp = NULL;
    if (!s)
        return;
    sctp_stack_lock();
    sctp_socket_close(s);
    sctp_stack_unlock();
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        sctp_channel_free(s, i);
    while ((told = s->told) != NULL) {
        s->told = told->next;
        qua_buffer_unref(&told->event.data);
        free(told);
    }
    free_packets(s->out);
    free_packets(s->free_out);
    free(s);
}

void qua_sctp_start(qua_sctp *s, qua_time now, bool client, uint16_t remote_port, size_t remote_max)
{
    sctp_stack_lock();
    s->remote_max = remote_max ? remote_max : SIZE_MAX;
    if (!s->started && !s->stopped) {
        s->started = true;
        s->client = client;
        sctp_wake(s, now);
        sctp_stack_join(s);
        if (sctp_socket_open(s, remote_port) != 0) {
            qua_logf(s->log, QUA_LOG_ERROR, "sctp: no association could be begun");
            sctp_on_down(s);
        }
    }
    sctp_stack_unlock();
}

void qua_sctp_stop(qua_sctp *s)
{
    sctp_stack_lock();
    sctp_on_down(s);
    sctp_socket_close(s);
    sctp_stack_unlock();
}

/* ---- the socket ---------------------------------------------------------------------------------------------- */

static struct sockaddr_conn address(const qua_sctp *s, uint16_t port)
{
    struct sockaddr_conn a;

    memset(&a, 0, sizeof a);
    a.sconn_family = AF_CONN;
    qua_put_be16((uint8_t *)&a.sconn_port, port);
    a.sconn_addr = (void *)s->name;
    return a;
}

static int set(qua_sctp *s, int option, const void *value, size_t size)
{
    return usrsctp_setsockopt(s->socket, IPPROTO_SCTP, option, value, (socklen_t)size);
}

static int subscribe(qua_sctp *s)
{
    static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT};
    int error = 0;

    for (size_t i = 0; i < QUA_ARRAY_SIZE(types); i++) {
        const struct sctp_event event = {.se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};
        error |= set(s, SCTP_EVENT, &event, sizeof event);
    }
    return error;
}

/* ICE knows when a path is gone and restarts it; the association itself never gives up. */
static int set_patience(qua_sctp *s)
{
    const struct sctp_rtoinfo rto = {.srto_initial = 500, .srto_min = 300, .srto_max = 3000};
    const struct sctp_assocparams association = {.sasoc_asocmaxrxt = UINT16_MAX};
    const struct sctp_initmsg init = {.sinit_num_ostreams = QUA_SCTP_STREAMS,
                                      .sinit_max_instreams = QUA_SCTP_STREAMS,
                                      .sinit_max_attempts = UINT16_MAX,
                                      .sinit_max_init_timeo = 2000};

    return set(s, SCTP_RTOINFO, &rto, sizeof rto) | set(s, SCTP_ASSOCINFO, &association, sizeof association) |
           set(s, SCTP_INITMSG, &init, sizeof init);
}

static int configure(qua_sctp *s)
{
    const struct linger abort_at_close = {.l_onoff = 1, .l_linger = 0};
    const struct sctp_assoc_value resets = {.assoc_id = SCTP_ALL_ASSOC,
                                            .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ};
    const int on = 1, send = SEND_BUFFER, receive = RECV_BUFFER;

    return usrsctp_set_non_blocking(s->socket, 1) |
           usrsctp_setsockopt(s->socket, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close) |
           usrsctp_setsockopt(s->socket, SOL_SOCKET, SO_SNDBUF, &send, sizeof send) |
           usrsctp_setsockopt(s->socket, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive) |
           set(s, SCTP_NODELAY, &on, sizeof on) | set(s, SCTP_EXPLICIT_EOR, &on, sizeof on) |
           set(s, SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets) | set_patience(s) | subscribe(s);
}

/* No probing for a larger packet than always fits, no heartbeats: consent checks keep the path. */
static int set_path(qua_sctp *s, const struct sockaddr_conn *to)
{
    /* usrsctp adds the common header to what it is told of an AF_CONN path */
    struct sctp_paddrparams path = {.spp_flags = SPP_HB_DISABLE | SPP_PMTUD_DISABLE,
                                    .spp_pathmtu = QUA_SCTP_PACKET - sizeof(struct sctp_common_header),
                                    .spp_pathmaxrxt = UINT16_MAX};

    memcpy(&path.spp_address, to, sizeof *to);
    return set(s, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

int sctp_socket_open(qua_sctp *s, uint16_t remote_port)
{
    struct sockaddr_conn local = address(s, QUA_SCTP_PORT), remote = address(s, remote_port);

    s->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, sctp_stack_receive, NULL, 0, (void *)s->name);
    if (!s->socket)
        return QUA_ENOMEM;
    if (configure(s) != 0 || usrsctp_bind(s->socket, (struct sockaddr *)&local, sizeof local) != 0)
        return QUA_EIO;
    /* both sides begin; SCTP makes one association of it (RFC 9260 §5.2.1) */
    if (usrsctp_connect(s->socket, (struct sockaddr *)&remote, sizeof remote) != 0 && errno != EINPROGRESS)
        return QUA_EIO;
    return set_path(s, &remote) == 0 ? 0 : QUA_EIO;
}

void sctp_socket_close(qua_sctp *s)
{
    if (s->socket)
        usrsctp_close(s->socket);
    if (s->started && !s->stopped)
        sctp_stack_leave(s);
    s->stopped = true;
    s->socket = NULL;
}

/* ---- packets ------------------------------------------------------------------------------------------------- */

void sctp_on_output(qua_sctp *s, const uint8_t *data, size_t size)
{
    sctp_packet *packet = s->free_out;

    if (size > sizeof packet->data || s->out_count == TRANSMITS_MAX)
        return;
    if (packet)
        s->free_out = packet->next;
    else
        packet = malloc(sizeof *packet);
    if (!packet)
        return;
    packet->next = NULL;
    packet->size = size;
    memcpy(packet->data, data, size);
    if (s->last_out)
        s->last_out->next = packet;
    else
        s->out = packet;
    s->last_out = packet;
    s->out_count++;
}

size_t qua_sctp_poll_transmit(qua_sctp *s, uint8_t *out, size_t capacity)
{
    sctp_packet *packet;
    size_t size = 0;

    sctp_stack_lock();
    packet = s->out;
    if (packet && packet->size <= capacity) {
        size = packet->size;
        memcpy(out, packet->data, size);
        s->out = packet->next;
        if (!s->out)
            s->last_out = NULL;
        s->out_count--;
        packet->next = s->free_out;
        s->free_out = packet;
    }
    sctp_stack_unlock();
    return size;
}

int qua_sctp_input(qua_sctp *s, qua_time now, const uint8_t *data, size_t size)
{
    if (!s->socket || size < sizeof(struct sctp_common_header))
        return QUA_EIGNORED;
    sctp_stack_lock();
    sctp_wake(s, now);
    usrsctp_conninput((void *)s->name, data, size, 0);
    sctp_flush(s);
    sctp_stack_unlock();
    return 0;
}

/* ---- time ---------------------------------------------------------------------------------------------------- */

void sctp_wake(qua_sctp *s, qua_time now)
{
    sctp_stack_tick(now);
    s->active_until = now + QUIET;
}

static bool anything_pending(qua_sctp *s)
{
    struct sctp_status status;
    socklen_t size = sizeof status;

    if (!s->up || s->waiting_bytes)
        return true;
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        if (s->channels[i] && s->channels[i]->state == QUA_DATA_CHANNEL_CLOSING)
            return true;
    memset(&status, 0, sizeof status);
    return usrsctp_getsockopt(s->socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size) == 0 &&
           (status.sstat_unackdata || status.sstat_penddata);
}

void qua_sctp_on_timeout(qua_sctp *s, qua_time now)
{
    if (!s->socket)
        return;
    sctp_stack_lock();
    sctp_stack_tick(now);
    sctp_flush(s);
    if (now >= s->active_until)
        s->active_until = anything_pending(s) ? now + QUIET : QUA_TIME_NEVER;
    s->next_tick = now + TICK;
    sctp_stack_unlock();
}

qua_time qua_sctp_deadline(const qua_sctp *s)
{
    return s->socket && s->active_until != QUA_TIME_NEVER ? s->next_tick : QUA_TIME_NEVER;
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

static void policy_of(const sctp_channel *c, uint32_t ppid, struct sctp_sendv_spa *out)
{
    memset(out, 0, sizeof *out);
    out->sendv_flags = SCTP_SEND_SNDINFO_VALID;
    out->sendv_sndinfo.snd_sid = (uint16_t)c->id;
    qua_put_be32((uint8_t *)&out->sendv_sndinfo.snd_ppid, ppid);
    if (ppid == PPID_DCEP)
        return;                  /* always reliable and in order */
    if (!c->ordered && c->acked) /* before, data might arrive ahead of the OPEN (RFC 8832 §6) */
        out->sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
    if (c->max_retransmits < 0 && c->max_packet_lifetime_ms < 0)
        return;
    out->sendv_flags |= SCTP_SEND_PRINFO_VALID;
    out->sendv_prinfo.pr_policy = c->max_retransmits >= 0 ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
    out->sendv_prinfo.pr_value = (uint32_t)QUA_MAX(c->max_retransmits, c->max_packet_lifetime_ms);
}

typedef enum hand_over_result { HANDED_WHOLE, HANDED_PART, NO_ROOM, NEVER } hand_over_result;

/* NEVER: the far side has no such stream */
static hand_over_result hand_over(qua_sctp *s, sctp_channel *c, sctp_message *m)
{
    const size_t left = m->data->size - m->sent, size = QUA_MIN(left, SEND_PART);
    struct sctp_sendv_spa policy;
    ssize_t n;

    policy_of(c, m->ppid, &policy);
    if (size == left)
        policy.sendv_sndinfo.snd_flags |= SCTP_EOR;
    n = usrsctp_sendv(s->socket, m->data->data + m->sent, size, NULL, 0, &policy, sizeof policy, SCTP_SENDV_SPA, 0);
    if (n <= 0)
        return n < 0 && errno != EWOULDBLOCK && errno != EAGAIN && errno != ENOBUFS ? NEVER : NO_ROOM;
    m->sent += (size_t)n;
    s->waiting_bytes -= (size_t)n;
    if (m->ppid == PPID_STRING || m->ppid == PPID_BINARY)
        c->released += (size_t)n;
    return m->sent == m->data->size ? HANDED_WHOLE : (size_t)n == size ? HANDED_PART : NO_ROOM;
}

/* The next channel in turn with a message; the one whose message is half away goes on first. */
static int next_to_send(const qua_sctp *s)
{
    if (s->sending >= 0)
        return s->sending;
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++) {
        const int at = (s->turn + i) % QUA_SCTP_CHANNELS;
        if (s->channels[at] && s->channels[at]->first && s->channels[at]->id >= 0)
            return at;
    }
    return -1;
}

static void drop_first(sctp_channel *c)
{
    sctp_message *m = c->first;

    c->first = m->next;
    if (!c->first)
        c->last = NULL;
    qua_buffer_unref(&m->data);
    free(m);
}

void sctp_flush(qua_sctp *s)
{
    hand_over_result result = HANDED_WHOLE;
    int at;

    while (result != NO_ROOM && s->up && s->socket && (at = next_to_send(s)) >= 0) {
        sctp_channel *c = s->channels[at];

        result = hand_over(s, c, c->first);
        if (result == NEVER) {
            sctp_close_now(s, at);
            continue;
        }
        s->sending = result != HANDED_WHOLE && c->first->sent ? at : -1;
        if (result != HANDED_WHOLE)
            continue;
        drop_first(c);
        s->turn = (at + 1) % QUA_SCTP_CHANNELS;
    }
    if (s->up && s->socket)
        sctp_reset_streams(s);
}

/* ---- events -------------------------------------------------------------------------------------------------- */

void sctp_tell(qua_sctp *s, qua_sctp_event_type type, int channel, qua_buffer *data, bool binary)
{
    sctp_told *told = qua_zalloc(sizeof *told);

    if (!told) {
        qua_buffer_unref(&data);
        return;
    }
    told->event = (qua_sctp_event){.type = type, .channel = channel, .data = data, .binary = binary};
    if (s->last_told)
        s->last_told->next = told;
    else
        s->told = told;
    s->last_told = told;
}

static bool poll_released(qua_sctp *s, qua_sctp_event *out)
{
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++) {
        sctp_channel *c = s->channels[i];
        if (!c || !c->released)
            continue;
        *out = (qua_sctp_event){.type = QUA_SCTP_RELEASED, .channel = i, .released = c->released};
        c->released = 0;
        return true;
    }
    return false;
}

bool qua_sctp_poll_event(qua_sctp *s, qua_sctp_event *out)
{
    sctp_told *told;
    bool any;

    sctp_stack_lock();
    told = s->told;
    any = told || poll_released(s, out);
    if (told) {
        *out = told->event;
        s->told = told->next;
        if (!s->told)
            s->last_told = NULL;
        free(told);
        if (out->type == QUA_SCTP_CLOSED)
            sctp_channel_free(s, out->channel);
    }
    sctp_stack_unlock();
    return any;
}

static void on_association(qua_sctp *s, const struct sctp_assoc_change *change)
{
    if (change->sac_state == SCTP_COMM_UP && !s->up)
        sctp_on_up(s);
    else if (change->sac_state == SCTP_COMM_LOST || change->sac_state == SCTP_SHUTDOWN_COMP ||
             change->sac_state == SCTP_CANT_STR_ASSOC)
        sctp_on_down(s);
}

static void on_resets(qua_sctp *s, const struct sctp_stream_reset_event *event)
{
    const size_t count = (event->strreset_length - sizeof *event) / sizeof event->strreset_stream_list[0];

    if (event->strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED))
        return;
    for (size_t i = 0; i < count; i++) {
        if (event->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN)
            sctp_on_reset(s, event->strreset_stream_list[i], true);
        if (event->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN)
            sctp_on_reset(s, event->strreset_stream_list[i], false);
    }
}

void sctp_on_notification(qua_sctp *s, const union sctp_notification *n, size_t size)
{
    if (n->sn_header.sn_length != size)
        return;
    if (n->sn_header.sn_type == SCTP_ASSOC_CHANGE)
        on_association(s, &n->sn_assoc_change);
    else if (n->sn_header.sn_type == SCTP_STREAM_RESET_EVENT)
        on_resets(s, &n->sn_strreset_event);
    else if (n->sn_header.sn_type == SCTP_PARTIAL_DELIVERY_EVENT)
        sctp_on_partial_lost(s, (int)n->sn_pdapi_event.pdapi_stream);
}
