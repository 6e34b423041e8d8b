/*
 * Floor 0: what everything stands on. Errors, byte cursors, counted buffers, queues, time, logs, randomness,
 * addresses. No I/O, no clock, no thread.
 */
#ifndef QUA_BASE_H
#define QUA_BASE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "quartet/types.h"

#define QUA_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define QUA_MIN(a, b) ((a) < (b) ? (a) : (b))
#define QUA_MAX(a, b) ((a) > (b) ? (a) : (b))
#define QUA_CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))

#if defined(__GNUC__)
#define QUA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define QUA_MUST_USE __attribute__((warn_unused_result))
#else
#define QUA_PRINTF(fmt, args)
#define QUA_MUST_USE
#endif

/* ---- allocation ------------------------------------------------------------------------------------------ */

/** calloc that returns NULL only when memory is out; freed by free(). */
void *qua_zalloc(size_t size);
/** @return a heap copy of at most `size` bytes of `text`, NUL-terminated; NULL when memory is out. */
char *qua_strndup(const char *text, size_t size);

/* ---- randomness: a seam ---------------------------------------------------------------------------------- */

/** Random bytes come from outside: the operating system's in a program, a seeded generator in the simulator. */
typedef struct qua_random {
    void (*fill)(void *context, void *out, size_t size);
    void *context;
} qua_random;

void qua_random_fill(const qua_random *random, void *out, size_t size);
uint32_t qua_random_u32(const qua_random *random);
uint64_t qua_random_u64(const qua_random *random);
/** Write `length` characters of [A-Za-z0-9+/] (the ice-char set, RFC 8839 §5.4) and a NUL. */
void qua_random_token(const qua_random *random, char *out, size_t length);

/** Deterministic generator (xoshiro256**, Blackman & Vigna) for simulation and tests; never for keys. */
typedef struct qua_prng {
    uint64_t s[4];
} qua_prng;

void qua_prng_seed(qua_prng *prng, uint64_t seed);
uint64_t qua_prng_next(qua_prng *prng);
/** Uniform in [0, 1). */
double qua_prng_uniform(qua_prng *prng);
/** A qua_random drawing from `prng`, which must outlive it. */
qua_random qua_prng_random(qua_prng *prng);

/* ---- logs ------------------------------------------------------------------------------------------------ */

/** A per-object sink; NULL is a valid, silent log. `name` prefixes each line. */
typedef struct qua_log {
    qua_log_fn fn;
    void *context;
    qua_log_level level; /* lines above this level are dropped before formatting */
    const char *name;    /* static or outliving the log */
} qua_log;

void qua_logf(const qua_log *log, qua_log_level level, const char *format, ...) QUA_PRINTF(3, 4);

/* ---- bounded big-endian cursors -------------------------------------------------------------------------- */

/** Reads from foreign bytes. Past the end every read gives 0 and `failed` stays set: check once at the end. */
typedef struct qua_reader {
    const uint8_t *data;
    size_t size, pos;
    bool failed;
} qua_reader;

qua_reader qua_reader_of(const void *data, size_t size);
size_t qua_reader_left(const qua_reader *r);
uint8_t qua_read_u8(qua_reader *r);
uint16_t qua_read_u16(qua_reader *r);
uint32_t qua_read_u24(qua_reader *r);
uint32_t qua_read_u32(qua_reader *r);
uint64_t qua_read_u64(qua_reader *r);
/** @return a pointer to `size` bytes inside the data, or NULL (and `failed`) when fewer are left. */
const uint8_t *qua_read_bytes(qua_reader *r, size_t size);

/** Writes into a fixed buffer. Past the end nothing is written and `failed` stays set. */
typedef struct qua_writer {
    uint8_t *data;
    size_t capacity, size;
    bool failed;
} qua_writer;

qua_writer qua_writer_of(void *data, size_t capacity);
void qua_write_u8(qua_writer *w, uint8_t v);
void qua_write_u16(qua_writer *w, uint16_t v);
void qua_write_u24(qua_writer *w, uint32_t v);
void qua_write_u32(qua_writer *w, uint32_t v);
void qua_write_u64(qua_writer *w, uint64_t v);
void qua_write_bytes(qua_writer *w, const void *data, size_t size);

/* unchecked big-endian access to bytes known to be there */
static inline uint16_t qua_get_be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t qua_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void qua_put_be16(uint8_t *p, uint16_t v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void qua_put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24), p[1] = (uint8_t)(v >> 16), p[2] = (uint8_t)(v >> 8), p[3] = (uint8_t)v;
}

/** A text builder over a fixed buffer; always NUL-terminated; `failed` once something did not fit. */
typedef struct qua_text {
    char *data;
    size_t capacity, size;
    bool failed;
} qua_text;

qua_text qua_text_of(char *data, size_t capacity);
void qua_text_add(qua_text *t, const char *format, ...) QUA_PRINTF(2, 3);

/** Lower-case hex, or "AA:BB" form when `separator` is ':' (upper case, RFC 8122). @return characters written */
size_t qua_hex(char *out, size_t capacity, const uint8_t *data, size_t size, char separator);

/* ---- counted buffers ------------------------------------------------------------------------------------- */

typedef struct qua_pool qua_pool;

/**
 * A reference-counted run of bytes, immutable once shared. From a pool: its memory returns there with the last
 * reference, so that a running call allocates nothing. ref and unref are safe from any thread.
 */
typedef struct qua_buffer {
    _Atomic int refs;
    qua_pool *pool;
    size_t capacity;
    size_t size; /* bytes in use, set by whoever fills it before sharing */
    struct qua_buffer *next_free;
    uint8_t data[];
} qua_buffer;

/** @param capacity bytes of each buffer; @param limit most buffers alive at once, 0: unbounded */
qua_pool *qua_pool_create(size_t capacity, size_t limit);
/** Gives up the owner's hold; memory goes when the last buffer comes home. Nulls the pointer. */
void qua_pool_destroy(qua_pool **pool);
/** @return a buffer with one reference and size 0; NULL when the limit is reached or memory is out. Thread-safe. */
qua_buffer *qua_pool_get(qua_pool *pool);
/** Buffers alive outside the pool, and buffers ever allocated: for leak tests and statistics. */
void qua_pool_stats(const qua_pool *pool, size_t *in_use, size_t *allocated);

/** A buffer of its own, outside any pool. */
qua_buffer *qua_buffer_create(size_t capacity);
qua_buffer *qua_buffer_ref(qua_buffer *buffer);
/** Drops one reference and nulls the pointer; NULL is allowed. */
void qua_buffer_unref(qua_buffer **buffer);

/* ---- queue: one producer thread, one consumer thread, no lock --------------------------------------------- */

/** Bounded ring of pointers, single producer and single consumer (Lamport). */
typedef struct qua_spsc qua_spsc;

/** @param capacity a power of two, 2..65536 */
qua_spsc *qua_spsc_create(size_t capacity);
void qua_spsc_destroy(qua_spsc **queue);
/** @return false when full; the caller keeps the item */
bool qua_spsc_push(qua_spsc *queue, void *item);
/** @return NULL when empty */
void *qua_spsc_pop(qua_spsc *queue);
size_t qua_spsc_size(const qua_spsc *queue);

/* ---- time conversions ------------------------------------------------------------------------------------ */

/** µs to RTP ticks of `clock_hz`, wrapping as RTP does (RFC 3550 §5.1). */
uint32_t qua_rtp_from_time(qua_time t, uint32_t clock_hz);
/** Signed distance b - a of wrapping counters. */
static inline int32_t qua_diff32(uint32_t b, uint32_t a) { return (int32_t)(b - a); }
static inline int16_t qua_diff16(uint16_t b, uint16_t a) { return (int16_t)(uint16_t)(b - a); }
/** Extend a wrapping 16-bit counter to 64 bits, nearest to `previous` (start with previous = -1: taken as is). */
int64_t qua_unwrap16(int64_t previous, uint16_t value);
int64_t qua_unwrap32(int64_t previous, uint32_t value);
/** 64-bit NTP (32.32) of a monotonic time; the epoch is arbitrary but fixed (RFC 3550 §4 allows it). */
uint64_t qua_ntp_from_time(qua_time t);
qua_time qua_time_from_ntp(uint64_t ntp);

/* ---- network addresses ----------------------------------------------------------------------------------- */

typedef enum qua_family { QUA_FAMILY_NONE = 0, QUA_IPV4 = 4, QUA_IPV6 = 6 } qua_family;

typedef struct qua_addr {
    uint8_t family;  /* qua_family */
    uint16_t port;   /* host order */
    uint32_t scope;  /* IPv6 zone index, else 0 */
    uint8_t ip[16];  /* network order; IPv4 in the first four bytes, the rest 0 */
} qua_addr;

bool qua_addr_equal(const qua_addr *a, const qua_addr *b);
bool qua_addr_same_ip(const qua_addr *a, const qua_addr *b);
/** Literal IPv4 or IPv6 only, no names. @return 0 or QUA_EINVAL */
int qua_addr_parse(qua_addr *out, const char *ip, uint16_t port);
/** The IP alone, e.g. "192.0.2.1" or "2001:db8::1". `out` holds at least 46 bytes. Never log it. */
char *qua_addr_ip_text(const qua_addr *addr, char *out, size_t capacity);
bool qua_addr_is_loopback(const qua_addr *addr);
bool qua_addr_is_link_local(const qua_addr *addr);
bool qua_addr_is_multicast(const qua_addr *addr);
bool qua_addr_is_private(const qua_addr *addr);

/** The largest UDP payload the project sends or accepts, bytes. */
#define QUA_DATAGRAM_MAX 1500
/** The size that our own packets stay within, IP and UDP headers apart. */
#define QUA_MTU 1200

#endif
