/* Server URLs of a configuration: RFC 7064, RFC 7065. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/engine.h"

static int parse_one(ice_servers *out, const char *url)
{
    qua_ice_server server = {.username = "name", .credential = "secret"};

    snprintf(server.url, sizeof server.url, "%s", url);
    return ice_servers_parse(out, &server, 1);
}

static void assert_server(const char *url, bool turn, const char *ip, uint16_t port)
{
    ice_servers s;
    qua_addr expected;

    assert_int_equal(parse_one(&s, url), 0);
    assert_int_equal(qua_addr_parse(&expected, ip, port), 0);
    assert_false(s.has_names);
    assert_int_equal(s.stun_count, !turn);
    assert_int_equal(s.turn_count, turn);
    assert_true(qua_addr_equal(turn ? &s.turn[0].addr : &s.stun[0], &expected));
    if (turn) {
        assert_string_equal(s.turn[0].username, "name");
        assert_string_equal(s.turn[0].password, "secret");
    }
}

static void literal_addresses_are_ready_at_once(void **state)
{
    (void)state;
    assert_server("stun:192.0.2.1", false, "192.0.2.1", 3478);
    assert_server("stun:192.0.2.1:19302", false, "192.0.2.1", 19302);
    assert_server("stun:[2001:db8::1]", false, "2001:db8::1", 3478);
    assert_server("turn:[2001:db8::1]:5349", true, "2001:db8::1", 5349);
    assert_server("turn:192.0.2.1:3478?transport=udp", true, "192.0.2.1", 3478);
}

static void names_wait(void **state)
{
    ice_servers s;

    (void)state;
    assert_int_equal(parse_one(&s, "turn:turn.example.org:3478"), 0);
    assert_true(s.has_names);
    assert_int_equal(s.turn_count, 0);
    assert_string_equal(s.list[0].host, "turn.example.org");
}

static void what_we_cannot_speak_is_left_out(void **state)
{
    static const char *const others[] = {"turns:192.0.2.1", "turn:192.0.2.1?transport=tcp", "http://192.0.2.1", ""};
    ice_servers s;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(others); i++) {
        assert_int_equal(parse_one(&s, others[i]), 0);
        assert_int_equal(s.count, 0);
    }
}

static void mistakes_are_told(void **state)
{
    static const char *const wrong[] = {"stun:",        "stun::3478",       "stun:a:0",    "stun:a:65536",
                                        "stun:a:12x",   "stun:[2001:db8::", "stun:[::1]x", "turn:a:?transport=udp",
                                        "stun:a: 3478", "stun:a:-1"};
    qua_ice_server long_name = {.url = "turn:192.0.2.1"};
    ice_servers s;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(wrong); i++)
        assert_int_equal(parse_one(&s, wrong[i]), QUA_EINVAL);
    memset(long_name.username, 'x', 300);
    assert_int_equal(ice_servers_parse(&s, &long_name, 1), QUA_EINVAL);
}

static void more_than_are_used_do_no_harm(void **state)
{
    qua_ice_server many[2 * QUA_MAX_ICE_SERVERS] = {0};
    ice_servers s;

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(many); i++)
        snprintf(many[i].url, sizeof many[i].url, "%s:192.0.2.%zu", i % 2 ? "stun" : "turn", i + 1);
    assert_int_equal(ice_servers_parse(&s, many, QUA_ARRAY_SIZE(many)), 0);
    assert_int_equal(s.count, QUA_MAX_ICE_SERVERS);
    assert_int_equal(s.stun_count + s.turn_count, QUA_ICE_STUN_MAX + QUA_ICE_TURN_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_addresses_are_ready_at_once), cmocka_unit_test(names_wait),
        cmocka_unit_test(what_we_cannot_speak_is_left_out),    cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(more_than_are_used_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
