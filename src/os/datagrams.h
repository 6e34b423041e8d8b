/* Datagrams in batches: what sockets, loop and platform share; private to this folder. */
#ifndef OS_DATAGRAMS_H
#define OS_DATAGRAMS_H

#include <sys/socket.h>

#include "os/os.h"

/** Most datagrams handed over at once. */
#define OS_RECEIVE_BATCH 16
#define OS_SEND_BATCH    64

typedef struct os_datagram {
    struct sockaddr_storage addr; /* where to, or where from */
    socklen_t addr_size;
    unsigned ecn;
    size_t size;                        /* received: QUA_DATAGRAM_MAX + 1 when it was longer */
    uint8_t data[QUA_DATAGRAM_MAX + 1]; /* one byte more, to tell those that are too long */
} os_datagram;

/** The batches of one loop: what is being read, and what leaves before the loop waits again. */
typedef struct os_batches {
    os_datagram in[OS_RECEIVE_BATCH], out[OS_SEND_BATCH];
    os_udp *out_of[OS_SEND_BATCH]; /* whose; NULL: it has left */
    size_t out_count;
} os_batches;

/** By posix/socket.c: let all that waits leave. NULL is allowed. */
void os_batches_flush(os_batches *batches);
/** By the loop: where its batches are; NULL there until the first socket. The loop flushes and frees them. */
os_batches **os_loop_batches(os_loop *loop);

/** By posix/socket.c, for the platform: the ECN bits of a received datagram, from its control messages. */
unsigned os_received_ecn(struct msghdr *message);

/** By the platform. At most OS_SEND_BATCH, in order; what the system refuses is lost, as in the network. */
void os_datagrams_send(int fd, os_datagram *const *list, size_t count);
/** By the platform. @return how many came, at most `capacity`; 0: there is none */
size_t os_datagrams_receive(int fd, os_datagram *list, size_t capacity);

#endif
