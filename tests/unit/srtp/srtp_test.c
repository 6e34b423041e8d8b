/* SRTP and SRTCP between two ends, both profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "srtp/srtp.h"

#define CAPACITY 256

static const qua_srtp_profile profiles[] = {QUA_SRTP_AEAD_AES_128_GCM, QUA_SRTP_AES128_CM_SHA1_80};
static const qua_srtp_key ana_key = {.key = {1, 2, 3}, .salt = {4, 5}}, ben_key = {.key = {6, 7}, .salt = {8}};

typedef struct pair {
    qua_srtp *ana, *ben;
} pair;

static pair open_pair(qua_srtp_profile profile)
{
    pair p;

    assert_int_equal(qua_srtp_create(&p.ana, profile, &ana_key, &ben_key), 0);
    assert_int_equal(qua_srtp_create(&p.ben, profile, &ben_key, &ana_key), 0);
    return p;
}

static void close_pair(pair *p)
{
    qua_srtp_destroy(&p->ana);
    qua_srtp_destroy(&p->ben);
    assert_null(p->ana);
}

static size_t write_rtp(uint8_t *out, uint32_t ssrc, uint16_t seq, size_t payload)
{
    qua_writer w = qua_writer_of(out, CAPACITY);

    qua_write_u16(&w, 0x8060);
    qua_write_u16(&w, seq);
    qua_write_u32(&w, 3000u * seq);
    qua_write_u32(&w, ssrc);
    for (size_t i = 0; i < payload; i++)
        qua_write_u8(&w, (uint8_t)(seq + i));
    return w.size;
}

/* A receiver report without blocks. */
static size_t write_rtcp(uint8_t *out, uint32_t ssrc)
{
    qua_writer w = qua_writer_of(out, CAPACITY);

    qua_write_u32(&w, 0x80c90001);
    qua_write_u32(&w, ssrc);
    return w.size;
}

static size_t protected_rtp(qua_srtp *from, uint8_t *out, uint32_t ssrc, uint16_t seq, size_t payload)
{
    size_t size = write_rtp(out, ssrc, seq, payload);

    assert_int_equal(qua_srtp_protect_rtp(from, out, &size, CAPACITY), 0);
    return size;
}

static void what_is_protected_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        for (uint16_t seq = 65500; seq != 100; seq++) { /* over the roll-over */
            uint8_t data[CAPACITY], plain[CAPACITY];
            const size_t plain_size = write_rtp(plain, 0x1234, seq, seq % 100);
            size_t size = protected_rtp(p.ana, data, 0x1234, seq, seq % 100);

            assert_in_range(size - plain_size, 10, QUA_SRTP_OVERHEAD);
            if (seq % 100)
                assert_memory_not_equal(data + 12, plain + 12, size - 12 < 8 ? size - 12 : 8);
            assert_int_equal(qua_srtp_unprotect_rtp(p.ben, data, &size), 0);
            assert_int_equal(size, plain_size);
            assert_memory_equal(data, plain, size);
        }
        close_pair(&p);
    }
}

static void rtcp_comes_back_too_and_is_not_rtp(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        uint8_t data[CAPACITY], plain[CAPACITY], copy[CAPACITY];
        size_t size = write_rtcp(data, 7), copy_size;

        memcpy(plain, data, size);
        assert_int_equal(qua_srtp_protect_rtcp(p.ana, data, &size, sizeof data), 0);
        assert_in_range(size, 8 + 14, 8 + QUA_SRTP_OVERHEAD);
        memcpy(copy, data, size);
        copy_size = size;
        assert_true(qua_srtp_unprotect_rtp(p.ben, copy, &copy_size) != 0);
        memcpy(copy, data, size);
        copy[size - 1] ^= 1;
        assert_int_equal(qua_srtp_unprotect_rtcp(p.ben, copy, &copy_size), QUA_EAUTH);
        memcpy(copy, data, size);
        assert_int_equal(qua_srtp_unprotect_rtcp(p.ben, data, &size), 0);
        assert_int_equal(size, 8);
        assert_memory_equal(data, plain, size);
        copy_size = 8 + (copy_size - 8);
        assert_int_equal(qua_srtp_unprotect_rtcp(p.ben, copy, &copy_size), QUA_EREPLAY);
        close_pair(&p);
    }
}

static void replays_are_refused_and_late_packets_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        uint8_t kept[2][CAPACITY], data[CAPACITY];
        size_t kept_size[2], size;
        qua_srtp_stats stats;

        kept_size[0] = protected_rtp(p.ana, kept[0], 1, 1000, 20);
        kept_size[1] = protected_rtp(p.ana, kept[1], 1, 1001, 20);
        for (uint16_t seq = 1002; seq < 1500; seq++) {
            size = protected_rtp(p.ana, data, 1, seq, 20);
            assert_int_equal(qua_srtp_unprotect_rtp(p.ben, data, &size), 0);
        }
        memcpy(data, kept[1], kept_size[1]); /* half a thousand packets late, but new */
        size = kept_size[1];
        assert_int_equal(qua_srtp_unprotect_rtp(p.ben, data, &size), 0);
        memcpy(data, kept[1], kept_size[1]);
        size = kept_size[1];
        assert_int_equal(qua_srtp_unprotect_rtp(p.ben, data, &size), QUA_EREPLAY);
        for (uint16_t seq = 1500; seq < 2500; seq++) {
            size = protected_rtp(p.ana, data, 1, seq, 20);
            assert_int_equal(qua_srtp_unprotect_rtp(p.ben, data, &size), 0);
        }
        size = kept_size[0]; /* out of the window of 1024 */
        assert_int_equal(qua_srtp_unprotect_rtp(p.ben, kept[0], &size), QUA_EREPLAY);
        qua_srtp_get_stats(p.ben, &stats);
        assert_int_equal(stats.replayed, 2);
        close_pair(&p);
    }
}

static void one_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        uint8_t good[CAPACITY], data[CAPACITY];
        const size_t good_size = protected_rtp(p.ana, good, 1, 5, 20);
        size_t size;
        qua_srtp_stats stats;

        for (size_t bit = 0; bit < 8 * good_size; bit++) {
            memcpy(data, good, good_size);
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            size = good_size;
            assert_true(qua_srtp_unprotect_rtp(p.ben, data, &size) != 0);
        }
        size = good_size; /* and none of them spoiled the real one */
        assert_int_equal(qua_srtp_unprotect_rtp(p.ben, good, &size), 0);
        qua_srtp_get_stats(p.ben, &stats);
        assert_int_equal(stats.failed_auth + stats.malformed + stats.replayed, 8 * good_size);
        close_pair(&p);
    }
}

static void another_key_opens_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        uint8_t data[CAPACITY];
        size_t size = protected_rtp(p.ana, data, 1, 5, 20);

        assert_int_equal(qua_srtp_unprotect_rtp(p.ana, data, &size), QUA_EAUTH); /* reflected to its sender */
        close_pair(&p);
    }
}

static void short_packets_and_small_buffers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(profiles); i++) {
        pair p = open_pair(profiles[i]);
        uint8_t data[CAPACITY], copy[CAPACITY];
        const size_t plain = write_rtp(data, 1, 1, 20);

        for (size_t size = 0; size < 40; size++) {
            size_t n = size;
            memcpy(copy, data, sizeof copy);
            assert_true(qua_srtp_unprotect_rtp(p.ben, copy, &n) != 0);
            n = size;
            memcpy(copy, data, sizeof copy);
            assert_true(qua_srtp_unprotect_rtcp(p.ben, copy, &n) != 0);
        }
        size_t size = plain;
        assert_int_equal(qua_srtp_protect_rtp(p.ana, data, &size, plain + QUA_SRTP_OVERHEAD - 1), QUA_EFULL);
        assert_int_equal(size, plain);
        close_pair(&p);
    }
}

static void an_unknown_profile_is_refused(void **state)
{
    qua_srtp *srtp = NULL;

    (void)state;
    assert_int_equal(qua_srtp_create(&srtp, QUA_SRTP_NONE, &ana_key, &ben_key), QUA_ENOTSUP);
    assert_int_equal(qua_srtp_create(&srtp, (qua_srtp_profile)8, &ana_key, &ben_key), QUA_ENOTSUP);
    assert_null(srtp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_protected_comes_back),
        cmocka_unit_test(rtcp_comes_back_too_and_is_not_rtp),
        cmocka_unit_test(replays_are_refused_and_late_packets_are_not),
        cmocka_unit_test(one_flipped_bit_is_refused),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(short_packets_and_small_buffers_are_refused),
        cmocka_unit_test(an_unknown_profile_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
