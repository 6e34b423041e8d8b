/* Inside src/sctp only: an association, its channels, and the one stack of the process. */
#ifndef SCTP_INTERNAL_H
#define SCTP_INTERNAL_H

#include <usrsctp.h>

#include "sctp/sctp.h"

#define TRANSMITS_MAX 256 /* packets waiting to leave; more are lost, as the network may lose them */

/* ---- DCEP (dcep.c, RFC 8832) --------------------------------------------------------------------------------- */

#define DCEP_TEXT_MAX 65535

/** A DATA_CHANNEL_OPEN. Texts point into what was read. */
typedef struct dcep_open {
    bool ordered;
    int max_retransmits, max_packet_lifetime_ms; /* -1: none */
    const char *label, *protocol;
    size_t label_size, protocol_size;
} dcep_open;

typedef enum dcep_type { DCEP_NONE, DCEP_OPEN, DCEP_ACK } dcep_type;

/** @return what it is, DCEP_NONE: malformed. *out is filled for DCEP_OPEN */
dcep_type sctp_dcep_parse(dcep_open *out, const uint8_t *data, size_t size);
/** @return a buffer with one reference, NULL without memory */
qua_buffer *sctp_dcep_write_open(const dcep_open *open);
qua_buffer *sctp_dcep_write_ack(void);

/* ---- associations -------------------------------------------------------------------------------------------- */

enum { PPID_DCEP = 50, PPID_STRING = 51, PPID_BINARY = 53, PPID_STRING_EMPTY = 56, PPID_BINARY_EMPTY = 57 };

typedef struct sctp_message {
    struct sctp_message *next;
    qua_buffer *data;
    size_t sent; /* bytes that usrsctp took */
    uint32_t ppid;
} sctp_message;

typedef struct sctp_channel {
    qua_data_channel_state state;
    int id; /* stream, -1 before it has one */
    char *label, *protocol;
    bool ordered, negotiated;
    int max_retransmits, max_packet_lifetime_ms;
    bool open_said, acked;                     /* in-band and ours: the far side heard of it, and said so */
    bool reset_asked, reset_sent, reset_heard; /* of our stream, of theirs */
    sctp_message *first, *last;                /* waiting */
    qua_buffer *incoming;                      /* a message of which parts are here */
    size_t released;                           /* not yet told */
    qua_sctp_channel_stats stats;
} sctp_channel;

typedef struct sctp_told {
    struct sctp_told *next;
    qua_sctp_event event;
} sctp_told;

typedef struct sctp_packet {
    struct sctp_packet *next;
    size_t size;
    uint8_t data[QUA_SCTP_PACKET];
} sctp_packet;

struct qua_sctp {
    struct qua_sctp *next; /* in the stack's list */
    uintptr_t name;        /* what usrsctp knows it by: a callback that comes late finds nobody */
    const qua_log *log;
    struct socket *socket; /* NULL: not started, or stopped */
    bool started, up, stopped, client;
    size_t remote_max;
    qua_time active_until, next_tick;
    sctp_channel *channels[QUA_SCTP_CHANNELS];
    size_t waiting_bytes, incoming_bytes;
    int turn;    /* the channel whose message is next */
    int sending; /* the channel of which a part of a message is with usrsctp, -1 none */
    sctp_told *told, *last_told;
    sctp_packet *out, *last_out, *free_out;
    size_t out_count;
    qua_sctp_stats stats;
};

/* association.c, under the stack's lock */
void sctp_on_output(qua_sctp *s, const uint8_t *data, size_t size);
void sctp_on_notification(qua_sctp *s, const union sctp_notification *n, size_t size);
int sctp_socket_open(qua_sctp *s, uint16_t remote_port);
void sctp_socket_close(qua_sctp *s);
/* Something happens: time comes to `now`, and goes on for a while. */
void sctp_wake(qua_sctp *s, qua_time now);
/* Hand over what waits, as far as there is room. */
void sctp_flush(qua_sctp *s);
void sctp_tell(qua_sctp *s, qua_sctp_event_type type, int channel, qua_buffer *data, bool binary);

/* channel.c, the same */
int sctp_channel_create(qua_sctp *s, const char *label, size_t label_size, const qua_data_channel_config *config);
/* Without a word to the far side. */
void sctp_close_now(qua_sctp *s, int channel);
void sctp_channel_free(qua_sctp *s, int channel);
int sctp_channel_of_stream(const qua_sctp *s, int id);
void sctp_on_message(qua_sctp *s, int stream, uint32_t ppid, const uint8_t *data, size_t size, bool ends);
void sctp_on_up(qua_sctp *s);
/* The association is lost, or the transport: nothing will open any more. */
void sctp_on_down(qua_sctp *s);
void sctp_on_partial_lost(qua_sctp *s, int stream);
void sctp_on_reset(qua_sctp *s, int stream, bool theirs);
int sctp_queue(qua_sctp *s, sctp_channel *c, uint32_t ppid, qua_buffer *data);
void sctp_begin_closing(qua_sctp *s, int channel);
/* Streams whose channels have nothing more to send are reset. */
void sctp_reset_streams(qua_sctp *s);

/* stack.c */
void sctp_stack_lock(void);
void sctp_stack_unlock(void);
/* The first one brings usrsctp to life. Under the lock, as what follows. */
void sctp_stack_join(qua_sctp *s);
void sctp_stack_leave(qua_sctp *s);
void sctp_stack_tick(qua_time now);
int sctp_stack_receive(struct socket *socket, union sctp_sockstore from, void *data, size_t size,
                       struct sctp_rcvinfo info, int flags, void *name);

#endif
