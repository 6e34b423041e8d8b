/* STUN messages: what is written reads back, what is broken does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ice/ice.h"

static const uint8_t transaction[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void what_is_written_reads_back(void **state)
{
    static const char *const ips[] = {"192.0.2.1", "2001:db8::1"};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(ips); i++) {
        uint8_t data[256];
        qua_writer w = qua_writer_of(data, sizeof data);
        qua_addr addr;
        qua_stun m;

        assert_int_equal(qua_addr_parse(&addr, ips[i], 0xfffe), 0);
        qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, transaction);
        qua_stun_put_xor_address(&w, QUA_STUN_XOR_MAPPED_ADDRESS, &addr, transaction);
        qua_stun_end(&w, "secret", 6);
        assert_false(w.failed);
        assert_int_equal(w.size % 4, 0);
        assert_int_equal(qua_stun_parse(&m, data, w.size), 0);
        assert_true(qua_addr_equal(&m.mapped, &addr));
        assert_memory_equal(m.transaction, transaction, 12);
        assert_int_equal(qua_stun_check(&m, data, w.size, "secret", 6), 0);
        assert_int_equal(qua_stun_check(&m, data, w.size, "Secret", 6), QUA_EAUTH);
    }
}

static void values_are_padded_to_words(void **state)
{
    (void)state;
    for (size_t size = 0; size < 9; size++) {
        uint8_t data[128];
        qua_writer w = qua_writer_of(data, sizeof data);
        qua_stun m;

        qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
        qua_stun_put(&w, 0x0006, "username", size);
        qua_stun_end(&w, NULL, 0);
        assert_int_equal(w.size, 20 + 4 + (size + 3) / 4 * 4 + 8);
        assert_int_equal(qua_stun_parse(&m, data, w.size), 0);
        assert_int_equal(m.username_size, size);
        assert_int_equal(m.integrity_at, 0);
        assert_int_equal(qua_stun_check(&m, data, w.size, "x", 1), QUA_EAUTH);
    }
}

static void a_buffer_too_small_is_said_so(void **state)
{
    uint8_t data[128];

    (void)state;
    for (size_t capacity = 0; capacity < 60; capacity++) {
        qua_writer w = qua_writer_of(data, capacity);

        qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
        qua_stun_put(&w, 0x0006, "username", 8);
        qua_stun_end(&w, "key", 3);
        assert_true(w.failed);
        assert_true(w.size <= capacity);
    }
}

/* Build by hand: header and these attribute bytes. */
static int parse_raw(qua_stun *m, const uint8_t *attributes, size_t size)
{
    uint8_t data[256];
    qua_writer w = qua_writer_of(data, sizeof data);

    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_SUCCESS, transaction);
    qua_write_bytes(&w, attributes, size);
    qua_put_be16(data + 2, (uint16_t)size);
    return qua_stun_parse(m, data, w.size);
}

static void broken_messages_are_refused(void **state)
{
    static const struct {
        uint8_t bytes[28];
        size_t size;
    } broken[] = {
        {{0x00, 0x06, 0x00, 0x05, 1, 2, 3, 4}, 8},              /* longer than what is there */
        {{0x00, 0x06, 0xff, 0xff, 1, 2, 3, 4}, 8},              /* much longer */
        {{0x00, 0x06}, 2},                                      /* half a header, not a whole word */
        {{0x00, 0x08, 0x00, 0x04, 1, 2, 3, 4}, 8},              /* MESSAGE-INTEGRITY of four bytes */
        {{0x80, 0x28, 0x00, 0x04, 1, 2, 3, 4}, 8},              /* FINGERPRINT wrong */
        {{0x80, 0x28, 0x00, 0x00, 0, 6, 0, 0}, 8},              /* FINGERPRINT empty */
        {{0x80, 0x28, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8}, 12}, /* too long */
    };
    qua_stun m;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(broken); i++)
        assert_int_equal(parse_raw(&m, broken[i].bytes, broken[i].size), QUA_EFORMAT);
}

static void broken_values_are_as_if_absent(void **state)
{
    static const uint8_t short_values[] = {
        0x00, 0x20, 0x00, 0x04, 0, 1, 2, 3, /* XOR-MAPPED-ADDRESS without an address */
        0x00, 0x24, 0x00, 0x02, 1, 2, 0, 0, /* PRIORITY of two bytes */
        0x80, 0x2a, 0x00, 0x04, 1, 2, 3, 4, /* ICE-CONTROLLING of four */
        0x00, 0x09, 0x00, 0x02, 4, 1, 0, 0, /* ERROR-CODE of two */
    };
    static const uint8_t strange_family[] = {0x00, 0x01, 0x00, 0x08, 0, 9, 1, 2, 3, 4, 5, 6};
    qua_stun m;

    (void)state;
    assert_int_equal(parse_raw(&m, short_values, sizeof short_values), 0);
    assert_int_equal(m.mapped.family, QUA_FAMILY_NONE);
    assert_false(m.has_priority || m.has_controlling);
    assert_int_equal(m.error_code, 0);
    assert_int_equal(parse_raw(&m, strange_family, sizeof strange_family), 0);
    assert_int_equal(m.mapped.family, QUA_FAMILY_NONE);
}

static void nothing_after_the_integrity_counts(void **state)
{
    uint8_t data[128];
    qua_writer w = qua_writer_of(data, sizeof data);
    qua_stun m;

    (void)state;
    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
    qua_stun_end(&w, "key", 3);
    w.size -= 8; /* in the place of FINGERPRINT: an attribute that nobody signed */
    qua_stun_put(&w, 0x0025, NULL, 0);
    qua_put_be16(data + 2, (uint16_t)(w.size - 20));
    assert_int_equal(qua_stun_parse(&m, data, w.size), 0);
    assert_false(m.use_candidate);
    assert_int_equal(qua_stun_check(&m, data, w.size, "key", 3), 0);
}

static void the_first_of_two_counts(void **state)
{
    static const uint8_t twice[] = {0x00, 0x24, 0x00, 0x04, 0, 0, 0, 1, 0x00, 0x24, 0x00, 0x04, 0, 0, 0, 2};
    qua_stun m;

    (void)state;
    assert_int_equal(parse_raw(&m, twice, sizeof twice), 0);
    assert_int_equal(m.priority, 1); /* RFC 8489 §14 */
}

static void other_protocols_are_not_stun(void **state)
{
    uint8_t data[64];
    qua_writer w = qua_writer_of(data, sizeof data);

    (void)state;
    qua_stun_begin(&w, QUA_STUN_BINDING | QUA_STUN_REQUEST, transaction);
    assert_true(qua_stun_looks_like(data, 20));
    assert_false(qua_stun_looks_like(data, 19));
    for (unsigned first = 4; first < 256; first++) {
        data[0] = (uint8_t)first;
        assert_false(qua_stun_looks_like(data, 20));
    }
    data[0] = 0;
    data[4] ^= 1;
    assert_false(qua_stun_looks_like(data, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),     cmocka_unit_test(values_are_padded_to_words),
        cmocka_unit_test(a_buffer_too_small_is_said_so),  cmocka_unit_test(broken_messages_are_refused),
        cmocka_unit_test(broken_values_are_as_if_absent), cmocka_unit_test(nothing_after_the_integrity_counts),
        cmocka_unit_test(the_first_of_two_counts),        cmocka_unit_test(other_protocols_are_not_stun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
