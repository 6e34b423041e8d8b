/*
 * Any datagram as SRTP and SRTCP: nothing that was not protected with the key is accepted. The first byte chooses the
 * profile, and whether the rest is taken as it is or changes a packet that was really protected.
 */
#include <stdlib.h>

#include "srtp/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct session {
    qua_srtp *srtp;
    uint8_t real[2][200]; /* a packet of SRTP and one of SRTCP that were protected */
    size_t real_size[2];
} session;

/* Nothing is ever accepted, so that a session does not change and one for each profile serves all inputs. */
static session *open_session(qua_srtp_profile profile)
{
    static const qua_srtp_key key = {.key = {1, 2, 3}, .salt = {4, 5, 6}};
    static session sessions[8];
    session *s = &sessions[profile];

    if (s->srtp)
        return s;
    if (qua_srtp_create(&s->srtp, profile, &key, &key) != 0)
        abort();
    for (size_t rtcp = 0; rtcp < 2; rtcp++) {
        const uint8_t plain[100] = {0x80, rtcp ? 201 : 96, 0, 24, [11] = 1};
        memcpy(s->real[rtcp], plain, sizeof plain);
        s->real_size[rtcp] = sizeof plain;
        (rtcp ? qua_srtp_protect_rtcp : qua_srtp_protect_rtp)(s->srtp, s->real[rtcp], &s->real_size[rtcp], 200);
    }
    return s;
}

static void must_be_refused(session *s, bool rtcp, const uint8_t *data, size_t size)
{
    uint8_t copy[QUA_DATAGRAM_MAX];
    size_t n = size;

    memcpy(copy, data, size);
    assert((rtcp ? qua_srtp_unprotect_rtcp : qua_srtp_unprotect_rtp)(s->srtp, copy, &n) != 0);
}

/* The protected packet with the input laid over it. */
static void change_the_real_one(session *s, bool rtcp, const uint8_t *data, size_t size)
{
    uint8_t packet[200];
    unsigned changed = 0;

    memcpy(packet, s->real[rtcp], sizeof packet);
    for (size_t i = 0; i < size && i < s->real_size[rtcp]; i++) {
        changed |= data[i];
        packet[i] ^= data[i];
    }
    if (changed)
        must_be_refused(s, rtcp, packet, s->real_size[rtcp]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    session *s;

    if (size < 1 || size > QUA_DATAGRAM_MAX)
        return 0;
    s = open_session(data[0] & 1 ? QUA_SRTP_AEAD_AES_128_GCM : QUA_SRTP_AES128_CM_SHA1_80);
    if (data[0] & 4)
        change_the_real_one(s, data[0] & 2, data + 1, size - 1);
    else
        must_be_refused(s, data[0] & 2, data + 1, size - 1);
    return 0;
}
