/*
 * Quartet: what every public header shares: time, error codes, log levels.
 */
#ifndef QUARTET_TYPES_H
#define QUARTET_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Monotonic time or a duration in microseconds. Only src/os reads a clock; everyone else is told `now`. */
typedef int64_t qua_time;

#define QUA_TIME_NEVER INT64_MAX
#define QUA_MS(n) ((qua_time)(n) * 1000)
#define QUA_SECONDS(n) ((qua_time)(n) * 1000000)

/*
 * Every error of the project: X(NAME, value, "text"). Functions return 0 or one of these.
 * On an error outputs are untouched and the caller keeps ownership of what it passed.
 */
#define QUA_ERRORS(X)                                                           \
    X(QUA_EINVAL, -1, "invalid argument")                                       \
    X(QUA_ENOMEM, -2, "out of memory")                                          \
    X(QUA_ESTATE, -3, "not possible in the present state")                      \
    X(QUA_EPROTO, -4, "the peer broke the protocol")                            \
    X(QUA_EIGNORED, -5, "not for us, dropped")                                  \
    X(QUA_EAUTH, -6, "authentication failed")                                   \
    X(QUA_EFULL, -7, "no room left")                                            \
    X(QUA_EAGAIN, -8, "nothing available now")                                  \
    X(QUA_ENOTSUP, -9, "not supported")                                         \
    X(QUA_EIO, -10, "input or output failed")                                   \
    X(QUA_ETIMEDOUT, -11, "timed out")                                          \
    X(QUA_ENOENT, -12, "not found")                                             \
    X(QUA_ECLOSED, -13, "closed")                                               \
    X(QUA_EFORMAT, -14, "malformed data")                                       \
    X(QUA_EREPLAY, -15, "replayed or too old packet")                           \
    X(QUA_EBUSY, -16, "in use by someone else")                                 \
    X(QUA_EREFUSED, -17, "refused by the other side")                           \
    X(QUA_EROOMFULL, -18, "the room already has four participants")

enum qua_error {
    QUA_OK = 0,
#define QUA_ERROR_ENUM(name, value, text) name = value,
    QUA_ERRORS(QUA_ERROR_ENUM)
#undef QUA_ERROR_ENUM
};

/** @return a static English text for a code above, or "unknown error"; never NULL. */
const char *qua_strerror(int error);

typedef enum qua_log_level { QUA_LOG_ERROR, QUA_LOG_WARNING, QUA_LOG_INFO, QUA_LOG_DEBUG } qua_log_level;

/**
 * Where log lines go. Called on whichever thread logs; must be thread-safe.
 * @param line  UTF-8, no newline, lent until return; holds no addresses, keys or media
 */
typedef void (*qua_log_fn)(void *context, qua_log_level level, const char *line);

#ifdef __cplusplus
}
#endif
#endif
