/* Candidate lines: RFC 8839 §5.1, as browsers write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ice/ice.h"

static void lines_of_browsers_are_read(void **state)
{
    static const struct {
        const char *line;
        const char *ip;
        uint16_t port;
        qua_ice_kind kind;
        uint32_t priority;
    } good[] = {
        {"candidate:1467250027 1 udp 2122260223 192.0.2.1 46243 typ host generation 0", "192.0.2.1", 46243,
         QUA_ICE_HOST, 2122260223u},
        {"a=candidate:1853887674 1 udp 1686052607 198.51.100.1 36768 typ srflx raddr 192.0.2.1 rport 36768 generation "
         "0 "
         "ufrag abcd network-id 1\r\n",
         "198.51.100.1", 36768, QUA_ICE_SRFLX, 1686052607u},
        {"candidate:0 1 UDP 2122252543 2001:db8::1 52998 typ host", "2001:db8::1", 52998, QUA_ICE_HOST, 2122252543u},
        {"candidate:2 1 udp 92217087 203.0.113.1 49152 typ relay raddr 0.0.0.0 rport 0", "203.0.113.1", 49152,
         QUA_ICE_RELAY, 92217087u},
        {"1 1 udp 4294967295 192.0.2.1 65535 typ prflx", "192.0.2.1", 65535, QUA_ICE_PRFLX, 4294967295u},
    };

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(good); i++) {
        qua_ice_candidate c;
        qua_addr addr;

        assert_int_equal(qua_ice_candidate_parse(&c, good[i].line), 0);
        assert_int_equal(qua_addr_parse(&addr, good[i].ip, good[i].port), 0);
        assert_true(qua_addr_equal(&c.addr, &addr));
        assert_int_equal(c.kind, good[i].kind);
        assert_int_equal(c.priority, good[i].priority);
    }
}

static void what_cannot_be_used_is_told_from_what_is_broken(void **state)
{
    static const char *const unsupported[] = {
        "candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
        "candidate:1 2 udp 2122260222 192.0.2.1 46244 typ host",
        "candidate:1 1 udp 2122260223 0e1f2a3b-4c5d-6e7f-8a9b-0c1d2e3f4a5b.local 46243 typ host",
        "candidate:1 1 udp 2122260223 192.0.2.1 46243 typ wormhole",
    };
    static const char *const broken[] = {
        "",
        "candidate:",
        "candidate:1",
        "candidate:1 1 udp 5 192.0.2.1",
        "candidate:1 1 udp 5 192.0.2.1 9 typ",
        "candidate:1 1 udp 4294967296 192.0.2.1 9 typ host",
        "candidate:1 1 udp -1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 5 192.0.2.1 65536 typ host",
        "candidate:1 1 udp 5 192.0.2.1 9x typ host",
        "candidate:1 1 udp 5 192.0.2.1 9 kind host",
        "candidate:123456789012345678901234567890123 1 udp 5 192.0.2.1 9 typ host",
    };
    qua_ice_candidate c;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(unsupported); i++)
        assert_int_equal(qua_ice_candidate_parse(&c, unsupported[i]), QUA_ENOTSUP);
    for (size_t i = 0; i < QUA_ARRAY_SIZE(broken); i++)
        assert_int_equal(qua_ice_candidate_parse(&c, broken[i]), QUA_EFORMAT);
}

static void what_is_written_reads_back(void **state)
{
    static const char *const ips[] = {"192.0.2.1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(ips); i++) {
        for (int kind = QUA_ICE_HOST; kind <= QUA_ICE_RELAY; kind++) {
            qua_ice_candidate c = {.kind = (qua_ice_kind)kind, .priority = 0xffffffff, .foundation = "f"}, back;
            qua_addr related;
            char text[256];

            assert_int_equal(qua_addr_parse(&c.addr, ips[i], 65535), 0);
            assert_int_equal(qua_addr_parse(&related, ips[i], 1), 0);
            const size_t size = qua_ice_candidate_write(text, sizeof text, &c, &related);
            assert_int_equal(size, strlen(text));
            assert_int_equal(qua_ice_candidate_parse(&back, text), 0);
            assert_int_equal(back.kind, c.kind);
            assert_int_equal(back.priority, c.priority);
            assert_true(qua_addr_equal(&back.addr, &c.addr));
            assert_true((strstr(text, "raddr") != NULL) == (kind != QUA_ICE_HOST));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_browsers_are_read),
        cmocka_unit_test(what_cannot_be_used_is_told_from_what_is_broken),
        cmocka_unit_test(what_is_written_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
