/*
 * Floor 2: data channels (RFC 8831) over one SCTP association in DTLS (RFC 8261), sans-I/O; DCEP is RFC 8832.
 *
 * The protocol is usrsctp's, whose state and timers are one for the whole process. stack.c owns them: every function
 * below takes its lock, and time reaches its timers from whichever association is called next, virtual time in the
 * simulator. An association so never misses a timer as long as its own owner keeps the deadline it asks for.
 *
 * A channel:
 *
 *     CONNECTING ──association up, and DATA_CHANNEL_OPEN handed over──▶ OPEN
 *         │                                                               │ close by either side
 *         └─────────────── association lost, or never come ──────▶ CLOSED ◀──both streams reset── CLOSING
 *
 * After any call drain poll_event and poll_transmit, then ask for the deadline.
 */
#ifndef QUA_SCTP_H
#define QUA_SCTP_H

#include "base/base.h"
#include "quartet/quartet.h"

/** Channels alive at once. */
#define QUA_SCTP_CHANNELS 256
/** Stream ids that a channel may have are below this. */
#define QUA_SCTP_STREAMS 1024
/** Largest packet given by poll_transmit: with DTLS around it within QUA_MTU. */
#define QUA_SCTP_PACKET 1160
/** The port that descriptions name (RFC 8841 §5). */
#define QUA_SCTP_PORT 5000
/** Largest message taken from the far side: our a=max-message-size. */
#define QUA_SCTP_MESSAGE_MAX QUA_DATA_MESSAGE_MAX
/** Once all channels together have more bytes waiting, no further message is taken. */
#define QUA_SCTP_BUFFER_MAX (2u * QUA_SCTP_MESSAGE_MAX)

typedef struct qua_sctp qua_sctp;

/** @param log lent, may be NULL. @return 0, QUA_ENOMEM */
int qua_sctp_create(qua_sctp **out, const qua_log *log);
/** Without a word to the far side: DTLS ends with it. Events not polled are dropped. */
void qua_sctp_destroy(qua_sctp **sctp);

/**
 * DTLS is connected: begin. Later calls are ignored but for `remote_max`.
 * @param client our DTLS role, which decides whose stream ids are even (RFC 8832 §6)
 * @param remote_max largest message that the far side takes, 0: no bound
 */
void qua_sctp_start(qua_sctp *sctp, qua_time now, bool client, uint16_t remote_port, size_t remote_max);
/** The transport is gone: all channels are closed. */
void qua_sctp_stop(qua_sctp *sctp);

/** One packet, out of a DTLS record. @return 0; QUA_EIGNORED: not started, or too short */
int qua_sctp_input(qua_sctp *sctp, qua_time now, const uint8_t *data, size_t size);
/** @return bytes written to `out` (at least QUA_SCTP_PACKET), 0: none */
size_t qua_sctp_poll_transmit(qua_sctp *sctp, uint8_t *out, size_t capacity);
void qua_sctp_on_timeout(qua_sctp *sctp, qua_time now);
qua_time qua_sctp_deadline(const qua_sctp *sctp);

/**
 * Open a channel, in-band or as negotiated elsewhere.
 * @param label, config lent until return; config->id is read when negotiated, or else -1
 * @return its number, 0..; QUA_EINVAL: both limits, a text over 65,535 bytes or a bad id; QUA_EBUSY: id in use;
 *         QUA_EFULL; QUA_ENOMEM
 */
int qua_sctp_open(qua_sctp *sctp, qua_time now, const char *label, const qua_data_channel_config *config);
/**
 * Queue a message; takes `data` on success.
 * @return 0; QUA_ESTATE: not OPEN; QUA_EINVAL: larger than the far side takes; QUA_EFULL: too much waits
 */
int qua_sctp_send(qua_sctp *sctp, qua_time now, int channel, bool binary, qua_buffer *data);
/** Close once what waits has left; CLOSED follows. */
void qua_sctp_close(qua_sctp *sctp, qua_time now, int channel);
/** The largest message that may be sent; SIZE_MAX: no bound, or not known yet. */
size_t qua_sctp_send_max(const qua_sctp *sctp);

/** What is known of a channel; texts are lent until its CLOSED is polled. Only its id may change, from -1. */
void qua_sctp_info(const qua_sctp *sctp, int channel, qua_data_channel_info *out);

typedef struct qua_sctp_stats {
    uint64_t opened, closed; /* channels */
    uint64_t malformed;      /* messages and packets of the far side that were dropped */
} qua_sctp_stats;

void qua_sctp_get_stats(const qua_sctp *sctp, qua_sctp_stats *out);

/** Counters of a channel, from its begin. */
typedef struct qua_sctp_channel_stats {
    qua_data_channel_state state;
    uint64_t messages_sent, bytes_sent, messages_received, bytes_received;
} qua_sctp_channel_stats;

/** @return false: there is no such channel */
bool qua_sctp_get_channel_stats(const qua_sctp *sctp, int channel, qua_sctp_channel_stats *out);

typedef enum qua_sctp_event_type {
    QUA_SCTP_ANNOUNCED, /* the far side opened it; OPENED follows */
    QUA_SCTP_OPENED,
    QUA_SCTP_MESSAGE,  /* data, binary: one reference, the receiver's */
    QUA_SCTP_RELEASED, /* so many bytes of what was sent do not wait any more */
    QUA_SCTP_CLOSING,  /* by the far side */
    QUA_SCTP_CLOSED    /* its number is free for others once this is polled */
} qua_sctp_event_type;

typedef struct qua_sctp_event {
    qua_sctp_event_type type;
    int channel;
    bool binary;
    size_t released;
    qua_buffer *data;
} qua_sctp_event;

/** @return false: none left */
bool qua_sctp_poll_event(qua_sctp *sctp, qua_sctp_event *out);

#endif
