/* Stories about floor 0: cursors that cannot overrun, buffers that come home, counters that wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base.h"

static void a_reader_past_its_end_gives_zero_and_says_so(void **state)
{
    const uint8_t bytes[] = {1, 2, 3, 4, 5};
    qua_reader r = qua_reader_of(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(qua_read_u16(&r), 0x0102);
    assert_int_equal(qua_read_u24(&r), 0x030405);
    assert_false(r.failed);
    assert_int_equal(qua_read_u8(&r), 0);
    assert_true(r.failed);
    assert_int_equal(qua_reader_left(&r), 0);
    assert_null(qua_read_bytes(&r, 0));
}

static void a_writer_past_its_end_writes_nothing(void **state)
{
    uint8_t bytes[6] = {0};
    qua_writer w = qua_writer_of(bytes, 5);

    (void)state;
    qua_write_u32(&w, 0x01020304);
    qua_write_u16(&w, 0xffff);
    assert_true(w.failed);
    assert_int_equal(bytes[4], 0);
    qua_write_u8(&w, 9);
    assert_int_equal(w.size, 4);
}

static void text_that_does_not_fit_stays_terminated(void **state)
{
    char out[8];
    qua_text t = qua_text_of(out, sizeof out);

    (void)state;
    qua_text_add(&t, "abc");
    qua_text_add(&t, "%s", "defgh");
    assert_true(t.failed);
    assert_string_equal(out, "abc");
}

static void hex_of_a_fingerprint_has_colons(void **state)
{
    char out[16];
    const uint8_t bytes[] = {0xab, 0x01, 0xff};

    (void)state;
    assert_int_equal(qua_hex(out, sizeof out, bytes, 3, ':'), 8);
    assert_string_equal(out, "AB:01:FF");
    qua_hex(out, sizeof out, bytes, 3, 0);
    assert_string_equal(out, "ab01ff");
}

static void a_pool_reuses_what_comes_home_and_keeps_its_limit(void **state)
{
    qua_pool *pool = qua_pool_create(100, 2);
    qua_buffer *a = qua_pool_get(pool), *b = qua_pool_get(pool), *shared;
    size_t in_use, allocated;

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_null(qua_pool_get(pool));
    shared = qua_buffer_ref(a);
    qua_buffer_unref(&a);
    assert_null(a);
    assert_null(qua_pool_get(pool));
    qua_buffer_unref(&shared);
    a = qua_pool_get(pool);
    assert_non_null(a);
    qua_pool_stats(pool, &in_use, &allocated);
    assert_int_equal(in_use, 2);
    assert_int_equal(allocated, 2);
    qua_pool_destroy(&pool); /* while two are still out: they must stay usable */
    memset(a->data, 1, 100);
    qua_buffer_unref(&a);
    qua_buffer_unref(&b);
}

static void a_queue_keeps_order_and_refuses_when_full(void **state)
{
    qua_spsc *queue = qua_spsc_create(4);
    int items[5];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++)
            assert_true(qua_spsc_push(queue, &items[i]));
        assert_false(qua_spsc_push(queue, &items[4]));
        assert_int_equal(qua_spsc_size(queue), 4);
        for (int i = 0; i < 4; i++)
            assert_ptr_equal(qua_spsc_pop(queue), &items[i]);
        assert_null(qua_spsc_pop(queue));
    }
    qua_spsc_destroy(&queue);
}

static void counters_wrap_forward_and_back(void **state)
{
    (void)state;
    assert_int_equal(qua_unwrap16(-1, 65530), 65530);
    assert_int_equal(qua_unwrap16(65530, 3), 65539);
    assert_int_equal(qua_unwrap16(65539, 65535), 65535);
    assert_true(qua_unwrap32(0xffffffff, 0) == 0x100000000);
}

static void rtp_time_runs_at_its_clock_and_wraps(void **state)
{
    const qua_time day = QUA_SECONDS(86400);

    (void)state;
    assert_int_equal(qua_rtp_from_time(QUA_SECONDS(1), 90000), 90000);
    assert_int_equal(qua_rtp_from_time(QUA_MS(20), 48000), 960);
    assert_int_equal((uint32_t)(qua_rtp_from_time(day + QUA_SECONDS(1), 90000) - qua_rtp_from_time(day, 90000)), 90000);
}

static void ntp_time_comes_back_within_a_microsecond(void **state)
{
    (void)state;
    for (qua_time t = 1; t < QUA_SECONDS(100000); t = t * 3 + 7)
        assert_true(llabs(qua_time_from_ntp(qua_ntp_from_time(t)) - t) <= 1);
}

static void addresses_parse_print_and_classify(void **state)
{
    qua_addr a, b;
    char text[46];

    (void)state;
    assert_int_equal(qua_addr_parse(&a, "192.168.1.7", 5), 0);
    assert_true(qua_addr_is_private(&a));
    assert_string_equal(qua_addr_ip_text(&a, text, sizeof text), "192.168.1.7");
    assert_int_equal(qua_addr_parse(&b, "fe80::1", 5), 0);
    assert_true(qua_addr_is_link_local(&b));
    assert_false(qua_addr_equal(&a, &b));
    assert_int_equal(qua_addr_parse(&b, "::1", 5), 0);
    assert_true(qua_addr_is_loopback(&b));
    assert_int_equal(qua_addr_parse(&b, "example.org", 5), QUA_EINVAL);
    assert_true(qua_addr_is_loopback(&b)); /* untouched on error */
    assert_int_equal(qua_addr_parse(&b, "224.0.0.251", 5), 0);
    assert_true(qua_addr_is_multicast(&b));
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    qua_prng a, b;
    qua_random random = qua_prng_random(&a);
    char token[25];

    (void)state;
    qua_prng_seed(&a, 7);
    qua_prng_seed(&b, 7);
    for (int i = 0; i < 100; i++)
        assert_true(qua_prng_next(&a) == qua_prng_next(&b));
    for (int i = 0; i < 100; i++)
        assert_true(qua_prng_uniform(&a) < 1.0);
    qua_random_token(&random, token, 24);
    assert_int_equal(strlen(token), 24);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(qua_strerror(QUA_EROOMFULL), "the room already has four participants");
    assert_string_equal(qua_strerror(-999), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_past_its_end_gives_zero_and_says_so),
        cmocka_unit_test(a_writer_past_its_end_writes_nothing),
        cmocka_unit_test(text_that_does_not_fit_stays_terminated),
        cmocka_unit_test(hex_of_a_fingerprint_has_colons),
        cmocka_unit_test(a_pool_reuses_what_comes_home_and_keeps_its_limit),
        cmocka_unit_test(a_queue_keeps_order_and_refuses_when_full),
        cmocka_unit_test(counters_wrap_forward_and_back),
        cmocka_unit_test(rtp_time_runs_at_its_clock_and_wraps),
        cmocka_unit_test(ntp_time_comes_back_within_a_microsecond),
        cmocka_unit_test(addresses_parse_print_and_classify),
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(every_error_has_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
