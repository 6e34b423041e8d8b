/* Attributes of the session and of a section's transport: who bundles, ICE, DTLS, SCTP, direction. */
#include "sdp/sdp_internal.h"

static const char *const direction_names[] = {[QUA_SDP_INACTIVE] = "inactive",
                                              [QUA_SDP_RECVONLY] = "recvonly",
                                              [QUA_SDP_SENDONLY] = "sendonly",
                                              [QUA_SDP_SENDRECV] = "sendrecv"};

const char *qua_sdp_direction_name(qua_sdp_direction direction)
{
    return direction_names[direction];
}

bool qua_sdp_direction_of(qua_span text, qua_sdp_direction *out)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(direction_names); i++) {
        if (qua_span_is(text, direction_names[i])) {
            *out = (qua_sdp_direction)i;
            return true;
        }
    }
    return false;
}

static const qua_sdp_attribute *find_attribute(qua_span name)
{
    static const qua_sdp_attribute *const tables[] = {qua_sdp_transport_attributes, qua_sdp_rtp_attributes};

    for (size_t t = 0; t < QUA_ARRAY_SIZE(tables); t++) {
        for (const qua_sdp_attribute *row = tables[t]; row->name; row++) {
            if (qua_span_is(name, row->name))
                return row;
        }
    }
    return NULL;
}

int qua_sdp_read_attribute(qua_sdp_parser *p, qua_span line)
{
    const int here = p->media == &p->session ? QUA_SDP_AT_SESSION : QUA_SDP_AT_MEDIA;
    qua_span value = line;
    const qua_span name = qua_span_cut(&value, ':');
    const qua_sdp_attribute *row = find_attribute(name);

    if (qua_sdp_direction_of(name, &p->media->direction) || !row || !(row->where & here))
        return 0;
    if (row->read)
        return row->read(p, value);
    *(bool *)((char *)p->media + row->flag) = true;
    return 0;
}

/* a=group:BUNDLE <mid> ... (RFC 9143 §5); of several groups the first counts */
static int read_group(qua_sdp_parser *p, qua_span value)
{
    qua_sdp *sdp = p->sdp;

    if (!qua_span_is(qua_span_word(&value), "BUNDLE") || sdp->bundle_count)
        return 0;
    for (qua_span mid = qua_span_word(&value); mid.size; mid = qua_span_word(&value)) {
        if (sdp->bundle_count < QUA_SDP_MEDIA_MAX &&
            qua_span_copy(mid, sdp->bundle[sdp->bundle_count], sizeof sdp->bundle[0]))
            sdp->bundle_count++;
        else
            sdp->skipped++;
    }
    return 0;
}

static int read_extmap_mixed(qua_sdp_parser *p, qua_span value)
{
    (void)value;
    p->sdp->extmap_mixed = true;
    return 0;
}

static int read_ice_lite(qua_sdp_parser *p, qua_span value)
{
    (void)value;
    p->sdp->ice_lite = true;
    return 0;
}

static int read_ice_options(qua_sdp_parser *p, qua_span value)
{
    for (qua_span option = qua_span_word(&value); option.size; option = qua_span_word(&value)) {
        if (qua_span_is(option, "trickle"))
            p->sdp->trickle = true;
    }
    return 0;
}

static int read_mid(qua_sdp_parser *p, qua_span value)
{
    const qua_span mid = qua_span_word(&value);

    if (mid.size == 0 || value.size || !qua_span_copy(mid, p->media->mid, sizeof p->media->mid))
        return qua_sdp_fail(p, "a mid is one word of 1 to 63 characters");
    return 0;
}

static int read_ufrag(qua_sdp_parser *p, qua_span value)
{
    const qua_span ufrag = qua_span_word(&value);

    if (ufrag.size < 4 || value.size || !qua_span_copy(ufrag, p->media->ice_ufrag, sizeof p->media->ice_ufrag))
        return qua_sdp_fail(p, "an ICE user fragment has 4 to 256 characters (RFC 8839)");
    return 0;
}

static int read_password(qua_sdp_parser *p, qua_span value)
{
    const qua_span password = qua_span_word(&value);

    if (password.size < 22 || value.size ||
        !qua_span_copy(password, p->media->ice_password, sizeof p->media->ice_password))
        return qua_sdp_fail(p, "an ICE password has 22 to 256 characters (RFC 8839)");
    return 0;
}

static int read_candidate(qua_sdp_parser *p, qua_span value)
{
    qua_sdp_media *media = p->media;
    const size_t prefix = sizeof "candidate:" - 1;
    char *slot = media->candidates[media->candidate_count];

    if (media->candidate_count == QUA_SDP_CANDIDATES_MAX || value.size + prefix >= sizeof media->candidates[0]) {
        p->sdp->skipped++;
        return 0;
    }
    memcpy(slot, "candidate:", prefix);
    memcpy(slot + prefix, value.data, value.size);
    media->candidate_count++;
    return 0;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "AA:BB:..." of exactly `bytes` bytes. */
static bool is_digest(qua_span text, size_t bytes)
{
    if (text.size != bytes * 3 - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (i % 3 == 2 ? text.data[i] != ':' : !is_hex(text.data[i]))
            return false;
    }
    return true;
}

static void keep_fingerprint(qua_sdp_parser *p, const char *algorithm, qua_span digest)
{
    qua_sdp_media *media = p->media;

    qua_span_copy((qua_span){algorithm, strlen(algorithm)}, media->fingerprint_algorithm,
                  sizeof media->fingerprint_algorithm);
    qua_span_copy(digest, media->fingerprint, sizeof media->fingerprint);
    for (char *c = media->fingerprint; *c; c++) {
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    }
    p->own_fingerprint = true;
}

/*
 * a=fingerprint:<hash> <digest> (RFC 8122 §5). Of several the one that everyone must verify counts, SHA-256; SHA-1
 * and weaker are no protection and count as unknown.
 */
static int read_fingerprint(qua_sdp_parser *p, qua_span value)
{
    static const struct {
        const char *name;
        size_t bytes;
    } hashes[] = {{"sha-384", 48}, {"sha-512", 64}, {"sha-256", 32}}; /* least wanted first */
    const qua_span name = qua_span_word(&value);
    bool wanted = !p->own_fingerprint;

    for (size_t i = 0; i < QUA_ARRAY_SIZE(hashes); i++) {
        if (qua_span_is_caseless(name, hashes[i].name)) {
            const qua_span digest = qua_span_word(&value);
            if (!is_digest(digest, hashes[i].bytes))
                return qua_sdp_fail(p, "a fingerprint must be hexadecimal pairs of its hash's length (RFC 8122)");
            if (wanted)
                keep_fingerprint(p, hashes[i].name, digest);
            return 0;
        }
        wanted |= strcmp(p->media->fingerprint_algorithm, hashes[i].name) == 0;
    }
    return 0;
}

static int read_setup(qua_sdp_parser *p, qua_span value)
{
    static const char *const names[] = {
        [QUA_SDP_ACTPASS] = "actpass", [QUA_SDP_ACTIVE] = "active", [QUA_SDP_PASSIVE] = "passive"};

    for (size_t i = QUA_SDP_ACTPASS; i < QUA_ARRAY_SIZE(names); i++) {
        if (qua_span_is(qua_span_trim(value), names[i])) {
            p->media->setup = (qua_sdp_setup)i;
            return 0;
        }
    }
    return qua_sdp_fail(p, "setup must be actpass, active or passive");
}

/* The form of before RFC 8841, which some still offer: "5000 webrtc-datachannel 1024". */
static int read_sctpmap(qua_sdp_parser *p, qua_span value)
{
    uint64_t port;

    if (!qua_span_number(qua_span_word(&value), 65535, &port) || port == 0)
        return qua_sdp_fail(p, "the port of a=sctpmap is not a number from 1 to 65535");
    if (qua_span_is(qua_span_word(&value), "webrtc-datachannel"))
        p->media->sctp_port = (uint32_t)port;
    return 0;
}

static int read_sctp_port(qua_sdp_parser *p, qua_span value)
{
    uint64_t port;

    if (!qua_span_number(qua_span_trim(value), UINT16_MAX, &port))
        return qua_sdp_fail(p, "the SCTP port is not a number of 0 to 65535");
    p->media->sctp_port = (uint32_t)port;
    return 0;
}

/* 0 on the wire means any size (RFC 8841 §6); more than 32 bits mean as much to us */
static int read_max_message_size(qua_sdp_parser *p, qua_span value)
{
    uint64_t size;

    if (!qua_span_number(qua_span_trim(value), UINT64_MAX, &size))
        return qua_sdp_fail(p, "the largest message size is not a number");
    p->media->max_message_size = size == 0 || size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return 0;
}

const qua_sdp_attribute qua_sdp_transport_attributes[] = {
    {.name = "group", .where = QUA_SDP_AT_SESSION, .read = read_group},
    {.name = "extmap-allow-mixed", .where = QUA_SDP_AT_BOTH, .read = read_extmap_mixed},
    {.name = "ice-lite", .where = QUA_SDP_AT_SESSION, .read = read_ice_lite},
    {.name = "ice-options", .where = QUA_SDP_AT_BOTH, .read = read_ice_options},
    {.name = "mid", .where = QUA_SDP_AT_MEDIA, .read = read_mid},
    {.name = "ice-ufrag", .where = QUA_SDP_AT_BOTH, .read = read_ufrag},
    {.name = "ice-pwd", .where = QUA_SDP_AT_BOTH, .read = read_password},
    {.name = "candidate", .where = QUA_SDP_AT_MEDIA, .read = read_candidate},
    {.name = "end-of-candidates", .where = QUA_SDP_AT_BOTH, .flag = offsetof(qua_sdp_media, end_of_candidates)},
    {.name = "fingerprint", .where = QUA_SDP_AT_BOTH, .read = read_fingerprint},
    {.name = "setup", .where = QUA_SDP_AT_BOTH, .read = read_setup},
    {.name = "bundle-only", .where = QUA_SDP_AT_MEDIA, .flag = offsetof(qua_sdp_media, bundle_only)},
    {.name = "sctpmap", .where = QUA_SDP_AT_MEDIA, .read = read_sctpmap},
    {.name = "sctp-port", .where = QUA_SDP_AT_MEDIA, .read = read_sctp_port},
    {.name = "max-message-size", .where = QUA_SDP_AT_MEDIA, .read = read_max_message_size},
    {.name = NULL},
};
