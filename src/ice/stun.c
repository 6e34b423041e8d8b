/* STUN messages: RFC 8489 §5, §14. */
#include "crypto/crypto.h"
#include "ice/ice.h"

#define COOKIE 0x2112a442u
#define HEADER 20

enum {
    ATTR_MAPPED = 0x0001,
    ATTR_USERNAME = 0x0006,
    ATTR_INTEGRITY = 0x0008,
    ATTR_ERROR = 0x0009,
    ATTR_LIFETIME = 0x000d,
    ATTR_PEER = 0x0012,
    ATTR_DATA = 0x0013,
    ATTR_REALM = 0x0014,
    ATTR_NONCE = 0x0015,
    ATTR_RELAYED = 0x0016,
    ATTR_XOR_MAPPED = 0x0020,
    ATTR_PRIORITY = 0x0024,
    ATTR_USE_CANDIDATE = 0x0025,
    ATTR_FINGERPRINT = 0x8028,
    ATTR_CONTROLLED = 0x8029,
    ATTR_CONTROLLING = 0x802a
};

/* CRC-32 of ISO 3309, four bits at a time: a table of 16 entries. */
static uint32_t crc32(const uint8_t *data, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < size; i++) {
        crc = table[(crc ^ data[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ data[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

bool qua_stun_looks_like(const uint8_t *data, size_t size)
{
    return size >= HEADER && data[0] < 4 && qua_get_be32(data + 4) == COOKIE;
}

static void read_address(qua_addr *out, const uint8_t *value, size_t size, bool is_xor, const uint8_t *header)
{
    qua_reader r = qua_reader_of(value, size);
    qua_addr addr = {0};
    const uint8_t *ip;
    const uint16_t family = qua_read_u16(&r); /* the upper byte is reserved */
    const size_t ip_size = (family & 0xff) == 2 ? 16 : 4;

    addr.port = qua_read_u16(&r);
    ip = qua_read_bytes(&r, ip_size);
    if (!ip || ((family & 0xff) != 1 && (family & 0xff) != 2))
        return;
    addr.family = ip_size == 16 ? QUA_IPV6 : QUA_IPV4;
    memcpy(addr.ip, ip, ip_size);
    if (is_xor) {
        addr.port ^= COOKIE >> 16;
        for (size_t i = 0; i < ip_size; i++)
            addr.ip[i] ^= header[4 + i]; /* cookie, then transaction */
    }
    *out = addr;
}

static void keep_first(const uint8_t **kept, size_t *kept_size, const uint8_t *value, size_t size)
{
    if (*kept)
        return;
    *kept = value;
    *kept_size = size;
}

/* Of an attribute that comes twice the first counts, RFC 8489 §14. */
static void read_attribute(qua_stun *m, uint16_t type, const uint8_t *value, size_t size, const uint8_t *data)
{
    qua_reader r = qua_reader_of(value, size);

    switch (type) {
    case ATTR_PRIORITY:
        if (!m->has_priority) {
            m->priority = qua_read_u32(&r);
            m->has_priority = !r.failed;
        }
        break;
    case ATTR_USE_CANDIDATE:
        m->use_candidate = true;
        break;
    case ATTR_CONTROLLED:
    case ATTR_CONTROLLING:
        if (m->has_controlled || m->has_controlling)
            break;
        m->tie_breaker = qua_read_u64(&r);
        m->has_controlled = !r.failed && type == ATTR_CONTROLLED;
        m->has_controlling = !r.failed && type == ATTR_CONTROLLING;
        break;
    case ATTR_XOR_MAPPED:
        if (!m->xor_mapped)
            read_address(&m->mapped, value, size, true, data);
        m->xor_mapped = true;
        break;
    case ATTR_MAPPED:
        if (m->mapped.family == QUA_FAMILY_NONE)
            read_address(&m->mapped, value, size, false, data);
        break;
    case ATTR_PEER:
        if (m->peer.family == QUA_FAMILY_NONE)
            read_address(&m->peer, value, size, true, data);
        break;
    case ATTR_RELAYED:
        if (m->relayed.family == QUA_FAMILY_NONE)
            read_address(&m->relayed, value, size, true, data);
        break;
    case ATTR_USERNAME:
        keep_first(&m->username, &m->username_size, value, size);
        break;
    case ATTR_REALM:
        keep_first(&m->realm, &m->realm_size, value, size);
        break;
    case ATTR_NONCE:
        keep_first(&m->nonce, &m->nonce_size, value, size);
        break;
    case ATTR_DATA:
        keep_first(&m->data, &m->data_size, value, size);
        break;
    case ATTR_LIFETIME:
        if (!m->has_lifetime) {
            m->lifetime = qua_read_u32(&r);
            m->has_lifetime = !r.failed;
        }
        break;
    case ATTR_ERROR:
        if (size >= 4 && !m->error_code)
            m->error_code = (uint16_t)((value[2] & 7) * 100 + value[3]);
        break;
    default:
        if (type < 0x8000 && !m->unknown)
            m->unknown = type;
    }
}

int qua_stun_parse(qua_stun *out, const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    qua_stun m;

    memset(&m, 0, sizeof m);
    if (!qua_stun_looks_like(data, size) || qua_get_be16(data + 2) + (size_t)HEADER != size || size % 4)
        return QUA_EFORMAT;
    m.type = qua_get_be16(data);
    memcpy(m.transaction, data + 8, 12);
    qua_read_bytes(&r, HEADER);
    while (qua_reader_left(&r)) {
        const size_t at = r.pos;
        const uint16_t type = qua_read_u16(&r), length = qua_read_u16(&r);
        const uint8_t *value = qua_read_bytes(&r, length);

        qua_read_bytes(&r, (4 - length % 4) % 4);
        if (r.failed)
            return QUA_EFORMAT;
        if (type == ATTR_FINGERPRINT) { /* must be the last */
            m.has_fingerprint = true;
            if (length != 4 || r.pos != size || qua_get_be32(value) != (crc32(data, at) ^ 0x5354554e))
                return QUA_EFORMAT;
        } else if (type == ATTR_INTEGRITY && !m.integrity_at) {
            if (length != QUA_SHA1_SIZE)
                return QUA_EFORMAT;
            m.integrity_at = at;
        } else if (!m.integrity_at) { /* what follows MESSAGE-INTEGRITY is ignored, §14.5 */
            read_attribute(&m, type, value, length, data);
        }
    }
    *out = m;
    return 0;
}

/* HMAC over the message up to `at`, its length field counting up to the end of MESSAGE-INTEGRITY. */
static void integrity(const uint8_t *data, size_t at, const void *key, size_t key_size, uint8_t out[QUA_SHA1_SIZE])
{
    uint8_t copy[QUA_DATAGRAM_MAX];

    memcpy(copy, data, at);
    qua_put_be16(copy + 2, (uint16_t)(at + 24 - HEADER));
    qua_hmac_sha1(key, key_size, copy, at, out);
}

int qua_stun_check(const qua_stun *message, const uint8_t *data, size_t size, const void *key, size_t key_size)
{
    uint8_t expected[QUA_SHA1_SIZE];

    if (!message->integrity_at || message->integrity_at + 24 > size || size > QUA_DATAGRAM_MAX)
        return QUA_EAUTH;
    integrity(data, message->integrity_at, key, key_size, expected);
    return qua_equal_constant_time(expected, data + message->integrity_at + 4, QUA_SHA1_SIZE) ? 0 : QUA_EAUTH;
}

void qua_stun_begin(qua_writer *w, uint16_t type, const uint8_t transaction[12])
{
    qua_write_u16(w, type);
    qua_write_u16(w, 0);
    qua_write_u32(w, COOKIE);
    qua_write_bytes(w, transaction, 12);
}

void qua_stun_put(qua_writer *w, uint16_t attribute, const void *value, size_t size)
{
    qua_write_u16(w, attribute);
    qua_write_u16(w, (uint16_t)size);
    qua_write_bytes(w, value, size);
    while (!w->failed && w->size % 4)
        qua_write_u8(w, 0);
}

void qua_stun_put_xor_address(qua_writer *w, uint16_t attribute, const qua_addr *addr, const uint8_t transaction[12])
{
    uint8_t value[20], mask[16];
    const size_t size = addr->family == QUA_IPV6 ? 16 : 4;

    qua_put_be32(mask, COOKIE);
    memcpy(mask + 4, transaction, 12);
    value[0] = 0;
    value[1] = addr->family == QUA_IPV6 ? 2 : 1;
    qua_put_be16(value + 2, addr->port ^ (uint16_t)(COOKIE >> 16));
    for (size_t i = 0; i < size; i++)
        value[4 + i] = addr->ip[i] ^ mask[i];
    qua_stun_put(w, attribute, value, 4 + size);
}

void qua_stun_end(qua_writer *w, const void *key, size_t key_size)
{
    uint8_t mac[QUA_SHA1_SIZE], crc[4];

    if (w->failed)
        return;
    if (key) {
        integrity(w->data, w->size, key, key_size, mac);
        qua_stun_put(w, ATTR_INTEGRITY, mac, sizeof mac);
    }
    if (w->failed)
        return;
    qua_put_be16(w->data + 2, (uint16_t)(w->size + 8 - HEADER));
    qua_put_be32(crc, crc32(w->data, w->size) ^ 0x5354554e);
    qua_stun_put(w, ATTR_FINGERPRINT, crc, sizeof crc);
}
