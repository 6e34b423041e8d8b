/*
 * libssl and libcrypto ask the C library for the time (DTLS retransmission, certificate validity) and OpenSSL for
 * randomness. Both are put under the simulator here, so that a call with real DTLS is the same for the same seed.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD is the only hook that also reaches key generation */
#include "sim.h"

#include <openssl/rand.h>
#include <sys/time.h>
#include <time.h>

#define EPOCH 1767225600 /* 2026-01-01 00:00:00 UTC */
#define EXPORTED __attribute__((visibility("default")))

static const sim_net *clock_net;
static qua_prng openssl_prng;

void sim_clock_install(const sim_net *net) { clock_net = net; }

static struct timespec wall_clock(void)
{
    struct timespec t;

    if (clock_net) {
        const qua_time now = sim_net_now(clock_net);
        t.tv_sec = EPOCH + (time_t)(now / QUA_SECONDS(1));
        t.tv_nsec = (long)(now % QUA_SECONDS(1)) * 1000;
    } else {
        clock_gettime(CLOCK_REALTIME, &t);
    }
    return t;
}

EXPORTED int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    const struct timespec t = wall_clock();

    (void)zone;
    tv->tv_sec = t.tv_sec;
    tv->tv_usec = (suseconds_t)(t.tv_nsec / 1000);
    return 0;
}

EXPORTED time_t time(time_t *out)
{
    const time_t seconds = wall_clock().tv_sec;

    if (out)
        *out = seconds;
    return seconds;
}

static int random_bytes(unsigned char *out, int size)
{
    qua_random random = qua_prng_random(&openssl_prng);

    qua_random_fill(&random, out, (size_t)size);
    return 1;
}

static int random_status(void) { return 1; }

void sim_openssl_seed(uint64_t seed)
{
    static const RAND_METHOD method = {.bytes = random_bytes, .pseudorand = random_bytes, .status = random_status};

    qua_prng_seed(&openssl_prng, seed);
    RAND_set_rand_method(&method);
}
