/* The randomness seam and the seeded generator of the simulator. */
#include "base/base.h"

void qua_random_fill(const qua_random *random, void *out, size_t size) { random->fill(random->context, out, size); }

uint32_t qua_random_u32(const qua_random *random)
{
    uint32_t v;

    qua_random_fill(random, &v, sizeof v);
    return v;
}

uint64_t qua_random_u64(const qua_random *random)
{
    uint64_t v;

    qua_random_fill(random, &v, sizeof v);
    return v;
}

void qua_random_token(const qua_random *random, char *out, size_t length)
{
    static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i++) {
        uint8_t v;
        qua_random_fill(random, &v, 1);
        out[i] = alphabet[v & 63];
    }
    out[length] = 0;
}

/* splitmix64 (Steele, Lea, Flood) spreads a small seed over the whole state. */
void qua_prng_seed(qua_prng *prng, uint64_t seed)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(prng->s); i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        prng->s[i] = z ^ z >> 31;
    }
}

static uint64_t rotl(uint64_t v, int bits) { return v << bits | v >> (64 - bits); }

uint64_t qua_prng_next(qua_prng *prng)
{
    uint64_t *s = prng->s;
    const uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double qua_prng_uniform(qua_prng *prng) { return (double)(qua_prng_next(prng) >> 11) * 0x1.0p-53; }

static void prng_fill(void *context, void *out, size_t size)
{
    uint8_t *p = out;

    while (size) {
        const uint64_t v = qua_prng_next(context);
        const size_t n = QUA_MIN(size, sizeof v);
        memcpy(p, &v, n);
        p += n;
        size -= n;
    }
}

qua_random qua_prng_random(qua_prng *prng) { return (qua_random){prng_fill, prng}; }
