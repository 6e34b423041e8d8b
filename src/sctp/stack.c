/*
 * The one usrsctp of the process: its lock, its timers, and who is who in its callbacks.
 *
 * This is the one lock below the engine: several engines of a process share usrsctp's state. It is held for the length
 * of one call into usrsctp, never across a callback of ours to the outside.
 */
#include <pthread.h>
#include <stdlib.h>

#include "sctp/sctp_internal.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static qua_sctp *associations;
static bool running;
static uintptr_t last_name;
static qua_time ticked; /* usrsctp's timers have come to here */

void sctp_stack_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void sctp_stack_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static qua_sctp *find(const void *name)
{
    qua_sctp *s = associations;

    while (s && s->name != (uintptr_t)name)
        s = s->next;
    return s;
}

static int on_output(void *name, void *data, size_t size, uint8_t tos, uint8_t set_df)
{
    qua_sctp *s = find(name);

    (void)tos, (void)set_df;
    if (s)
        sctp_on_output(s, data, size);
    return 0;
}

int sctp_stack_receive(struct socket *socket, union sctp_sockstore from, void *data, size_t size,
                       struct sctp_rcvinfo info, int flags, void *name)
{
    qua_sctp *s = find(name);

    (void)socket, (void)from;
    if (s && data && flags & MSG_NOTIFICATION)
        sctp_on_notification(s, data, size);
    else if (s && data)
        sctp_on_message(s, info.rcv_sid, qua_get_be32((const uint8_t *)&info.rcv_ppid), data, size,
                        (flags & MSG_EOR) != 0);
    free(data);
    return 1;
}

/* Once a process: usrsctp_finish refuses while an association that was closed still has its last timer. */
static void run(void)
{
    usrsctp_init_nothreads(0, on_output, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0); /* one path: ICE moves it */
    usrsctp_sysctl_set_sctp_auth_enable(0);   /* DTLS does that */
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(QUA_SCTP_STREAMS);
    usrsctp_sysctl_set_sctp_blackhole(2); /* no answer to what belongs to nobody */
    running = true;
}

void sctp_stack_join(qua_sctp *s)
{
    if (!running)
        run();
    s->name = ++last_name;
    s->next = associations;
    associations = s;
    usrsctp_register_address((void *)s->name);
}

void sctp_stack_leave(qua_sctp *s)
{
    qua_sctp **at = &associations;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    usrsctp_deregister_address((void *)s->name);
}

void sctp_stack_tick(qua_time now)
{
    const qua_time elapsed_ms = (now - ticked) / QUA_MS(1);

    if (elapsed_ms < 0 || elapsed_ms > INT32_MAX / 2) {
        ticked = now; /* the first call, or another simulation with a clock of its own */
        return;
    }
    if (elapsed_ms == 0)
        return;
    ticked += elapsed_ms * QUA_MS(1);
    usrsctp_handle_timers((uint32_t)elapsed_ms);
}
