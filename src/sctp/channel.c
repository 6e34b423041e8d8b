/* Channels: opened in-band or by agreement, filled, closed by resetting their streams (RFC 8831 §6). */
#include <errno.h>
#include <stdlib.h>

#include "sctp/sctp_internal.h"

#define INCOMING_MAX (2u * QUA_SCTP_MESSAGE_MAX) /* bytes of messages of which parts are here */

static sctp_channel *at(const qua_sctp *s, int channel)
{
    return channel >= 0 && channel < QUA_SCTP_CHANNELS ? s->channels[channel] : NULL;
}

static void set_state(sctp_channel *c, qua_data_channel_state next)
{
    assert(next > c->state);
    c->state = next;
}

int sctp_channel_of_stream(const qua_sctp *s, int id)
{
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        if (s->channels[i] && s->channels[i]->id == id && s->channels[i]->state != QUA_DATA_CHANNEL_CLOSED)
            return i;
    return -1;
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

int sctp_channel_create(qua_sctp *s, const char *label, size_t label_size, const qua_data_channel_config *config)
{
    int i = 0;
    sctp_channel *c;

    while (i < QUA_SCTP_CHANNELS && s->channels[i])
        i++;
    if (i == QUA_SCTP_CHANNELS)
        return QUA_EFULL;
    c = qua_zalloc(sizeof *c);
    if (!c)
        return QUA_ENOMEM;
    c->label = qua_strndup(label, label_size);
    c->protocol = qua_strndup(config->protocol ? config->protocol : "", DCEP_TEXT_MAX);
    c->id = config->id;
    c->ordered = config->ordered;
    c->negotiated = config->negotiated;
    c->max_retransmits = config->max_retransmits;
    c->max_packet_lifetime_ms = config->max_packet_lifetime_ms;
    s->channels[i] = c;
    if (c->label && c->protocol)
        return i;
    sctp_channel_free(s, i);
    return QUA_ENOMEM;
}

static void drop_waiting(qua_sctp *s, sctp_channel *c, sctp_message *keep)
{
    for (sctp_message *m = keep ? keep->next : c->first, *next; m; m = next) {
        next = m->next;
        s->waiting_bytes -= m->data->size - m->sent;
        qua_buffer_unref(&m->data);
        free(m);
    }
    c->first = c->last = keep;
    if (keep)
        keep->next = NULL;
}

static void drop_incoming(qua_sctp *s, sctp_channel *c)
{
    if (c->incoming)
        s->incoming_bytes -= c->incoming->size;
    qua_buffer_unref(&c->incoming);
}

void sctp_channel_free(qua_sctp *s, int channel)
{
    sctp_channel *c = at(s, channel);

    if (!c)
        return;
    drop_waiting(s, c, NULL);
    drop_incoming(s, c);
    free(c->label);
    free(c->protocol);
    free(c);
    s->channels[channel] = NULL;
}

void sctp_close_now(qua_sctp *s, int channel)
{
    sctp_channel *c = at(s, channel);

    if (c->state == QUA_DATA_CHANNEL_CLOSED)
        return;
    drop_waiting(s, c, NULL);
    drop_incoming(s, c);
    if (s->sending == channel)
        s->sending = -1;
    set_state(c, QUA_DATA_CHANNEL_CLOSED);
    s->stats.closed++;
    sctp_tell(s, QUA_SCTP_CLOSED, channel, NULL, false);
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

/* The DTLS client's streams are even (RFC 8832 §6). */
static int free_stream(const qua_sctp *s)
{
    for (int id = s->client ? 0 : 1; id < QUA_SCTP_STREAMS; id += 2)
        if (sctp_channel_of_stream(s, id) < 0)
            return id;
    return -1;
}

static int say_open(qua_sctp *s, sctp_channel *c)
{
    const dcep_open open = {.ordered = c->ordered,
                            .max_retransmits = c->max_retransmits,
                            .max_packet_lifetime_ms = c->max_packet_lifetime_ms,
                            .label = c->label,
                            .protocol = c->protocol,
                            .label_size = strlen(c->label),
                            .protocol_size = strlen(c->protocol)};
    qua_buffer *buffer = sctp_dcep_write_open(&open);

    c->open_said = true;
    return buffer ? sctp_queue(s, c, PPID_DCEP, buffer) : QUA_ENOMEM;
}

/* The association is up: what waits for it opens. */
static void begin(qua_sctp *s, int channel)
{
    sctp_channel *c = at(s, channel);

    if (c->state != QUA_DATA_CHANNEL_CONNECTING)
        return;
    if (c->id < 0)
        c->id = free_stream(s);
    if (c->id < 0 || (!c->negotiated && !c->open_said && say_open(s, c) != 0)) {
        sctp_close_now(s, channel);
        return;
    }
    c->acked |= c->negotiated;
    set_state(c, QUA_DATA_CHANNEL_OPEN);
    s->stats.opened++;
    sctp_tell(s, QUA_SCTP_OPENED, channel, NULL, false);
}

void sctp_on_up(qua_sctp *s)
{
    s->up = true;
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        if (s->channels[i])
            begin(s, i);
    sctp_flush(s);
}

void sctp_on_down(qua_sctp *s)
{
    s->up = false;
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        if (s->channels[i])
            sctp_close_now(s, i);
}

static int check(const qua_sctp *s, const char *label, const qua_data_channel_config *config)
{
    const bool timed = config->max_packet_lifetime_ms >= 0, counted = config->max_retransmits >= 0;

    if ((timed && counted) || config->max_packet_lifetime_ms > UINT16_MAX || config->max_retransmits > UINT16_MAX ||
        strlen(label) > DCEP_TEXT_MAX || (config->protocol && strlen(config->protocol) > DCEP_TEXT_MAX))
        return QUA_EINVAL;
    if (config->negotiated ? config->id < 0 || config->id >= QUA_SCTP_STREAMS : config->id != -1)
        return QUA_EINVAL;
    if (config->negotiated && sctp_channel_of_stream(s, config->id) >= 0)
        return QUA_EBUSY;
    return 0;
}

int qua_sctp_open(qua_sctp *s, qua_time now, const char *label, const qua_data_channel_config *config)
{
    int channel;

    sctp_stack_lock();
    channel = s->stopped ? QUA_ECLOSED : check(s, label, config);
    if (!channel)
        channel = sctp_channel_create(s, label, strlen(label), config);
    if (channel >= 0 && s->up) {
        sctp_wake(s, now);
        begin(s, channel);
        sctp_flush(s);
    }
    sctp_stack_unlock();
    return channel;
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

int sctp_queue(qua_sctp *s, sctp_channel *c, uint32_t ppid, qua_buffer *data)
{
    sctp_message *m = qua_zalloc(sizeof *m);

    if (!m)
        return QUA_ENOMEM;
    m->data = data;
    m->ppid = ppid;
    if (c->last)
        c->last->next = m;
    else
        c->first = m;
    c->last = m;
    s->waiting_bytes += data->size;
    return 0;
}

static int send_locked(qua_sctp *s, sctp_channel *c, bool binary, qua_buffer *data)
{
    /* SCTP carries no empty messages: a byte that its PPID says to ignore (RFC 8831 §6.6) */
    qua_buffer *filler = data->size ? NULL : qua_buffer_create(1);
    const uint32_t ppid =
        data->size ? (binary ? PPID_BINARY : PPID_STRING) : (binary ? PPID_BINARY_EMPTY : PPID_STRING_EMPTY);
    int error;

    if (!data->size && !filler)
        return QUA_ENOMEM;
    if (filler) {
        filler->data[0] = 0;
        filler->size = 1;
    }
    error = sctp_queue(s, c, ppid, filler ? filler : data);
    if (error) {
        qua_buffer_unref(&filler);
        return error;
    }
    c->stats.messages_sent++;
    c->stats.bytes_sent += data->size;
    if (filler)
        qua_buffer_unref(&data);
    return 0;
}

int qua_sctp_send(qua_sctp *s, qua_time now, int channel, bool binary, qua_buffer *data)
{
    sctp_channel *c;
    int error = 0;

    sctp_stack_lock();
    c = at(s, channel);
    if (!c || c->state != QUA_DATA_CHANNEL_OPEN)
        error = QUA_ESTATE;
    else if (data->size > s->remote_max)
        error = QUA_EINVAL;
    else if (s->waiting_bytes > QUA_SCTP_BUFFER_MAX)
        error = QUA_EFULL;
    if (!error)
        error = send_locked(s, c, binary, data);
    if (!error) {
        sctp_wake(s, now);
        sctp_flush(s);
    }
    sctp_stack_unlock();
    return error;
}

size_t qua_sctp_send_max(const qua_sctp *s)
{
    return s->remote_max;
}

/* ---- receiving ----------------------------------------------------------------------------------------------- */

static void on_open(qua_sctp *s, int stream, const dcep_open *open)
{
    char *protocol = qua_strndup(open->protocol, open->protocol_size);
    const qua_data_channel_config config = {.ordered = open->ordered,
                                            .max_packet_lifetime_ms = open->max_packet_lifetime_ms,
                                            .max_retransmits = open->max_retransmits,
                                            .protocol = protocol,
                                            .id = stream};
    int channel = -1;
    qua_buffer *ack = NULL;

    /* an id of our own parity could be one that we are about to use */
    if (protocol && sctp_channel_of_stream(s, stream) < 0 && (stream & 1) == (s->client ? 1 : 0) &&
        stream < QUA_SCTP_STREAMS)
        channel = sctp_channel_create(s, open->label, open->label_size, &config);
    free(protocol);
    if (channel < 0) {
        s->stats.malformed++;
        return;
    }
    s->channels[channel]->open_said = s->channels[channel]->acked = true;
    ack = sctp_dcep_write_ack();
    if (ack && sctp_queue(s, s->channels[channel], PPID_DCEP, ack) != 0)
        qua_buffer_unref(&ack);
    sctp_tell(s, QUA_SCTP_ANNOUNCED, channel, NULL, false);
    begin(s, channel);
}

static void on_dcep(qua_sctp *s, int stream, const uint8_t *data, size_t size)
{
    const int channel = sctp_channel_of_stream(s, stream);
    dcep_open open;

    switch (sctp_dcep_parse(&open, data, size)) {
    case DCEP_OPEN:
        on_open(s, stream, &open);
        break;
    case DCEP_ACK:
        if (channel >= 0)
            s->channels[channel]->acked = true;
        break;
    default:
        s->stats.malformed++;
    }
}

static void deliver(qua_sctp *s, int channel, uint32_t ppid, qua_buffer *data)
{
    sctp_channel *c = at(s, channel);
    const bool binary = ppid == PPID_BINARY || ppid == PPID_BINARY_EMPTY;

    if (ppid == PPID_STRING_EMPTY || ppid == PPID_BINARY_EMPTY)
        data->size = 0;
    else if (ppid != PPID_STRING && ppid != PPID_BINARY) {
        s->stats.malformed++;
        qua_buffer_unref(&data);
        return;
    }
    c->acked = true; /* what answers has heard the OPEN */
    c->stats.messages_received++;
    c->stats.bytes_received += data->size;
    sctp_tell(s, QUA_SCTP_MESSAGE, channel, data, binary);
}

/* The buffer of a message that comes in parts doubles as it grows. */
static bool append(qua_sctp *s, sctp_channel *c, const uint8_t *data, size_t size)
{
    const size_t before = c->incoming ? c->incoming->size : 0, wanted = before + size;

    if (wanted > QUA_SCTP_MESSAGE_MAX || s->incoming_bytes + size > INCOMING_MAX)
        return false;
    if (!c->incoming || c->incoming->capacity < wanted) {
        qua_buffer *larger = qua_buffer_create(before ? QUA_MAX(wanted, 2 * before) : wanted);
        if (!larger)
            return false;
        if (before)
            memcpy(larger->data, c->incoming->data, before);
        qua_buffer_unref(&c->incoming);
        c->incoming = larger;
    }
    memcpy(c->incoming->data + before, data, size);
    c->incoming->size = wanted;
    s->incoming_bytes += size;
    return true;
}

void sctp_on_message(qua_sctp *s, int stream, uint32_t ppid, const uint8_t *data, size_t size, bool ends)
{
    const int channel = sctp_channel_of_stream(s, stream);
    sctp_channel *c = at(s, channel);
    qua_buffer *whole;

    if (ppid == PPID_DCEP && ends && !(c && c->incoming)) {
        on_dcep(s, stream, data, size);
        return;
    }
    if (!c || c->state != QUA_DATA_CHANNEL_OPEN) {
        s->stats.malformed += !c;
        return;
    }
    if (!append(s, c, data, size)) {
        s->stats.malformed++;
        drop_incoming(s, c);
        sctp_begin_closing(s, channel); /* larger than we said that we take */
        sctp_tell(s, QUA_SCTP_CLOSING, channel, NULL, false);
        return;
    }
    if (!ends)
        return;
    whole = c->incoming;
    c->incoming = NULL;
    s->incoming_bytes -= whole->size;
    deliver(s, channel, ppid, whole);
}

void sctp_on_partial_lost(qua_sctp *s, int stream)
{
    sctp_channel *c = at(s, sctp_channel_of_stream(s, stream));

    if (c)
        drop_incoming(s, c);
}

/* ---- closing (RFC 8831 §6.7) --------------------------------------------------------------------------------- */

void sctp_begin_closing(qua_sctp *s, int channel)
{
    sctp_channel *c = at(s, channel);

    if (c->state >= QUA_DATA_CHANNEL_CLOSING)
        return;
    if (c->state == QUA_DATA_CHANNEL_CONNECTING) {
        sctp_close_now(s, channel); /* the far side never heard of it */
        return;
    }
    set_state(c, QUA_DATA_CHANNEL_CLOSING);
}

void qua_sctp_close(qua_sctp *s, qua_time now, int channel)
{
    sctp_stack_lock();
    if (at(s, channel)) {
        sctp_begin_closing(s, channel);
        sctp_wake(s, now);
        sctp_flush(s);
    }
    sctp_stack_unlock();
}

void sctp_reset_streams(qua_sctp *s)
{
    /* a header and as many 16-bit ids */
    uint32_t room[sizeof(struct sctp_reset_streams) / sizeof(uint32_t) + QUA_SCTP_CHANNELS / 2] = {0};
    struct sctp_reset_streams *reset = (struct sctp_reset_streams *)room;
    uint16_t count = 0;

    for (int i = 0; i < QUA_SCTP_CHANNELS; i++) {
        sctp_channel *c = s->channels[i];
        if (c && c->state == QUA_DATA_CHANNEL_CLOSING && !c->first && !c->reset_asked)
            reset->srs_stream_list[count++] = (uint16_t)c->id;
    }
    if (!count)
        return;
    reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    reset->srs_number_streams = count;
    if (usrsctp_setsockopt(s->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, reset,
                           (socklen_t)(sizeof *reset + count * sizeof reset->srs_stream_list[0])) != 0)
        return; /* another one is under way: asked again with the next packet */
    for (int i = 0; i < count; i++)
        s->channels[sctp_channel_of_stream(s, reset->srs_stream_list[i])]->reset_asked = true;
}

void sctp_on_reset(qua_sctp *s, int stream, bool theirs)
{
    const int channel = sctp_channel_of_stream(s, stream);
    sctp_channel *c = at(s, channel);

    if (!c)
        return;
    if (theirs && c->state < QUA_DATA_CHANNEL_CLOSING) {
        /* nobody listens any more; but a message of which a part is away must end before the stream can be reset */
        drop_waiting(s, c, s->sending == channel ? c->first : NULL);
        sctp_begin_closing(s, channel);
        if (c->state == QUA_DATA_CHANNEL_CLOSING)
            sctp_tell(s, QUA_SCTP_CLOSING, channel, NULL, false);
    }
    c->reset_heard |= theirs;
    c->reset_sent |= !theirs;
    if (c->reset_heard && c->reset_sent)
        sctp_close_now(s, channel);
}

/* ---- asking -------------------------------------------------------------------------------------------------- */

void qua_sctp_info(const qua_sctp *s, int channel, qua_data_channel_info *out)
{
    const sctp_channel *c;

    sctp_stack_lock();
    c = at(s, channel);
    assert(c);
    *out = (qua_data_channel_info){.label = c->label,
                                   .protocol = c->protocol,
                                   .ordered = c->ordered,
                                   .negotiated = c->negotiated,
                                   .max_retransmits = c->max_retransmits,
                                   .max_packet_lifetime_ms = c->max_packet_lifetime_ms,
                                   .id = c->id};
    sctp_stack_unlock();
}

void qua_sctp_get_stats(const qua_sctp *s, qua_sctp_stats *out)
{
    sctp_stack_lock();
    *out = s->stats;
    sctp_stack_unlock();
}

bool qua_sctp_get_channel_stats(const qua_sctp *s, int channel, qua_sctp_channel_stats *out)
{
    const sctp_channel *c;

    sctp_stack_lock();
    c = at(s, channel);
    if (c) {
        *out = c->stats;
        out->state = c->state;
    }
    sctp_stack_unlock();
    return c != NULL;
}
