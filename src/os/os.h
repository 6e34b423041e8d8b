/*
 * Floor 1: the world outside. Clock, event loop, UDP sockets, interfaces, threads, child processes, random bytes.
 * The only folder (with device) that touches the operating system. Platform parts live in posix/, linux/, apple/
 * and are chosen at link time.
 */
#ifndef QUA_OS_H
#define QUA_OS_H

#include "base/base.h"

/** Monotonic µs (CLOCK_MONOTONIC). */
qua_time os_now(void);
/** µs since the Unix epoch, for tokens and logs only; it may jump. */
int64_t os_wall_us(void);
/** The operating system's random source. */
qua_random os_random(void);

/* ---- event loop ------------------------------------------------------------------------------------------ */

/*
 * One thread runs a loop. Everything but os_loop_post and os_loop_wake is called on that thread (or before it runs).
 * Linux: epoll, eventfd. Apple: kqueue.
 */
typedef struct os_loop os_loop;
typedef struct os_udp os_udp;

int os_loop_create(os_loop **out);
/** Closes what is left open. Nulls the pointer. */
void os_loop_destroy(os_loop **loop);
/**
 * Wait for sockets, posts or the deadline; deliver; return. Callbacks run inside.
 * @param deadline monotonic µs, QUA_TIME_NEVER to wait for events alone
 */
void os_loop_run_once(os_loop *loop, qua_time deadline);
/** Run fn(context) on the loop thread soon, posts in order; from any thread. 0 or QUA_ENOMEM. */
int os_loop_post(os_loop *loop, void (*fn)(void *context), void *context);
/** Let os_loop_run_once return soon; from any thread, without a lock: fit for a microphone's thread. */
void os_loop_wake(os_loop *loop);
/** Watch a file descriptor for reading until os_loop_unwatch; fn runs on the loop thread. */
int os_loop_watch(os_loop *loop, int fd, void (*fn)(void *context), void *context);
void os_loop_unwatch(os_loop *loop, int fd);

/** A datagram arrived. `data` is lent until return, may be changed. `ecn`: the two ECN bits of the IP header. */
typedef void (*os_udp_fn)(void *context, os_udp *udp, qua_time now, const qua_addr *from, uint8_t *data, size_t size,
                          unsigned ecn);

/**
 * Open a UDP socket bound to `local` (port 0: any).
 * @return 0; QUA_EBUSY: port in use; QUA_EIO: the system refused
 */
int os_udp_open(os_udp **out, os_loop *loop, const qua_addr *local, os_udp_fn fn, void *context);
void os_udp_close(os_udp **udp);
/** The bound address with its real port. */
const qua_addr *os_udp_local(const os_udp *udp);
/**
 * Copies; the datagram leaves together with others, in order, before the loop waits again or this socket is closed.
 * What the system refuses then (the socket is full, there is no route) is lost, as in the network.
 * @param size 0..QUA_DATAGRAM_MAX
 * @param ecn  two bits for the IP header
 */
void os_udp_send(os_udp *udp, const qua_addr *to, const uint8_t *data, size_t size, unsigned ecn);

/** List the addresses of interfaces that are up. @return how many were written, at most `capacity` */
size_t os_interfaces(qua_addr *out, size_t capacity, bool with_loopback);

typedef struct os_netwatch os_netwatch;

/** Call fn on the loop's thread after every change of interfaces or addresses. @return 0, QUA_ENOMEM, QUA_EIO */
int os_netwatch_start(os_netwatch **out, os_loop *loop, void (*fn)(void *context), void *context);
/** On the loop's thread. Nulls the pointer. */
void os_netwatch_stop(os_netwatch **watch);

/** Resolve a host name, blocking: for programs' start-up, never on the loop. @return 0, QUA_ENOENT */
int os_resolve(const char *host, uint16_t port, qua_addr *out, size_t capacity, size_t *count);

/* ---- threads --------------------------------------------------------------------------------------------- */

typedef struct os_thread os_thread;
typedef struct os_mutex os_mutex;
typedef struct os_cond os_cond;

/** @param name at most 15 characters, shown by debuggers */
int os_thread_start(os_thread **out, const char *name, void (*fn)(void *context), void *context);
/** Wait for its end and free it. Nulls the pointer. */
void os_thread_join(os_thread **thread);
/** Ask for real-time scheduling for the calling thread (audio). @return 0, or QUA_ENOTSUP without the right to */
int os_thread_realtime(void);
int os_mutex_create(os_mutex **out);
void os_mutex_destroy(os_mutex **mutex);
void os_mutex_lock(os_mutex *mutex);
void os_mutex_unlock(os_mutex *mutex);
int os_cond_create(os_cond **out);
void os_cond_destroy(os_cond **cond);
void os_cond_signal(os_cond *cond);
void os_cond_broadcast(os_cond *cond);
void os_cond_wait(os_cond *cond, os_mutex *mutex);
/** @return false when the deadline (monotonic µs) passed first */
bool os_cond_wait_until(os_cond *cond, os_mutex *mutex, qua_time deadline);
/** Sleep of the calling thread; for device threads and programs only. */
void os_sleep_until(qua_time deadline);
/** CPU time used by the whole process and by the calling thread, µs. */
qua_time os_cpu_process(void);
qua_time os_cpu_thread(void);
int os_cpu_count(void);

/* ---- child process --------------------------------------------------------------------------------------- */

typedef struct os_child os_child;

/**
 * Start a program with its stdout as a pipe that we read; stdin is empty, stderr is ours. It is killed by
 * os_child_stop and with our own death.
 * @param argv NULL-terminated, argv[0] is looked up in PATH
 */
int os_child_start(os_child **out, const char *const *argv);
/** Blocking. @return bytes read (0: end of stream) or QUA_EIO */
ptrdiff_t os_child_read(os_child *child, void *out, size_t size);
/** The reading end of its output, to wait on; stays the child's. */
int os_child_fd(const os_child *child);
void os_child_stop(os_child **child);

/* ---- WebSocket client ------------------------------------------------------------------------------------ */

/*
 * A connection to a signaling server on a thread of its own (libwebsockets). Callbacks run on that thread; the
 * engine posts them to its loop.
 */
typedef struct os_ws os_ws;

typedef struct os_ws_handlers {
    void (*open)(void *context);
    /** One whole text message, lent until return. */
    void (*message)(void *context, const char *text, size_t size);
    /** The last call. `reason` is a static or lent sentence that can be shown to a person. */
    void (*closed)(void *context, const char *reason);
} os_ws_handlers;

/**
 * @param url       ws:// or wss://host:port/path
 * @param protocol  subprotocol, e.g. "quartet.v1"
 * @return 0, QUA_EINVAL for a malformed URL; connection failures arrive through closed()
 */
int os_ws_connect(os_ws **out, const char *url, const char *protocol, const os_ws_handlers *handlers, void *context);
/** Copies and queues; any thread. @return 0, QUA_EFULL past 256 KiB waiting, QUA_ECLOSED */
int os_ws_send(os_ws *ws, const char *text, size_t size);
/** Close after what is queued was sent (at most 1 s), join the thread, free. No callback after return. */
void os_ws_close(os_ws **ws);

#endif
