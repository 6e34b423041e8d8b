/* Stories about the outside world: a loop that wakes, sockets that carry, threads that hand over, children that end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "os/os.h"

typedef struct inbox {
    int datagrams;
    size_t size;
    unsigned ecn;
    uint8_t first;
    os_udp *close_me;
} inbox;

static void receive(void *context, os_udp *udp, qua_time now, const qua_addr *from, uint8_t *data, size_t size,
                    unsigned ecn)
{
    inbox *box = context;

    (void)udp, (void)from;
    assert_true(now > 0);
    box->datagrams++;
    box->size = size;
    box->first = data[0];
    box->ecn = ecn;
    if (box->close_me)
        os_udp_close(&box->close_me);
}

static void run_until(os_loop *loop, const int *counter, int value)
{
    const qua_time give_up = os_now() + QUA_SECONDS(5);

    while (*counter < value && os_now() < give_up)
        os_loop_run_once(loop, give_up);
    assert_int_equal(*counter, value);
}

static void a_datagram_and_its_ecn_mark_cross_loopback(const char *ip)
{
    os_loop *loop;
    os_udp *a, *b;
    inbox box = {0};
    qua_addr local;

    assert_int_equal(os_loop_create(&loop), 0);
    qua_addr_parse(&local, ip, 0);
    assert_int_equal(os_udp_open(&a, loop, &local, receive, &box), 0);
    assert_int_equal(os_udp_open(&b, loop, &local, receive, &box), 0);
    assert_int_not_equal(os_udp_local(b)->port, 0);
    os_udp_send(a, os_udp_local(b), (const uint8_t *)"hello", 5, 1);
    run_until(loop, &box.datagrams, 1);
    assert_int_equal(box.size, 5);
    assert_int_equal(box.ecn, 1);
    assert_int_equal(box.first, 'h');
    os_udp_close(&a);
    os_udp_close(&b);
    os_loop_destroy(&loop);
}

static void datagrams_cross_ipv4(void **state)
{
    (void)state;
    a_datagram_and_its_ecn_mark_cross_loopback("127.0.0.1");
}

static bool has_ipv6(void)
{
    qua_addr all[64];
    const size_t n = os_interfaces(all, QUA_ARRAY_SIZE(all), true);

    for (size_t i = 0; i < n; i++) {
        if (all[i].family == QUA_IPV6 && qua_addr_is_loopback(&all[i]))
            return true;
    }
    return false;
}

static void datagrams_cross_ipv6(void **state)
{
    (void)state;
    if (!has_ipv6())
        skip();
    a_datagram_and_its_ecn_mark_cross_loopback("::1");
}

static void a_taken_port_is_reported(void **state)
{
    os_loop *loop;
    os_udp *a, *b = NULL;
    qua_addr local;

    (void)state;
    assert_int_equal(os_loop_create(&loop), 0);
    qua_addr_parse(&local, "127.0.0.1", 0);
    assert_int_equal(os_udp_open(&a, loop, &local, receive, NULL), 0);
    assert_int_equal(os_udp_open(&b, loop, os_udp_local(a), receive, NULL), QUA_EBUSY);
    assert_null(b);
    os_udp_close(&a);
    os_loop_destroy(&loop);
}

static void a_socket_may_be_closed_in_its_own_callback(void **state)
{
    os_loop *loop;
    os_udp *a, *b;
    inbox box = {0};
    qua_addr local;

    (void)state;
    assert_int_equal(os_loop_create(&loop), 0);
    qua_addr_parse(&local, "127.0.0.1", 0);
    assert_int_equal(os_udp_open(&a, loop, &local, receive, &box), 0);
    assert_int_equal(os_udp_open(&b, loop, &local, receive, &box), 0);
    box.close_me = b;
    for (int i = 0; i < 3; i++)
        os_udp_send(a, os_udp_local(b), (const uint8_t *)"x", 1, 0);
    run_until(loop, &box.datagrams, 1);
    os_udp_close(&a);
    os_loop_destroy(&loop);
}

static void count(void *context) { ++*(int *)context; }

static void post_many(void *context)
{
    os_loop *loop = ((void **)context)[0];

    for (int i = 0; i < 1000; i++)
        os_loop_post(loop, count, ((void **)context)[1]);
}

static void posts_from_another_thread_all_arrive(void **state)
{
    os_loop *loop;
    os_thread *thread;
    int counter = 0;
    void *context[2];

    (void)state;
    assert_int_equal(os_loop_create(&loop), 0);
    context[0] = loop, context[1] = &counter;
    assert_int_equal(os_thread_start(&thread, "poster", post_many, context), 0);
    run_until(loop, &counter, 1000);
    os_thread_join(&thread);
    os_loop_destroy(&loop);
}

static void a_deadline_wakes_the_loop(void **state)
{
    os_loop *loop;
    const qua_time start = os_now();

    (void)state;
    assert_int_equal(os_loop_create(&loop), 0);
    while (os_now() < start + 3000)
        os_loop_run_once(loop, start + 3000);
    os_loop_run_once(loop, 0); /* a deadline in the past does not block */
    os_loop_destroy(&loop);
}

typedef struct gate {
    os_mutex *mutex;
    os_cond *cond;
    bool open;
} gate;

static void open_gate(void *context)
{
    gate *g = context;

    os_mutex_lock(g->mutex);
    g->open = true;
    os_cond_signal(g->cond);
    os_mutex_unlock(g->mutex);
}

static void a_condition_wakes_and_times_out(void **state)
{
    gate g = {NULL, NULL, false};
    os_thread *thread;

    (void)state;
    assert_int_equal(os_mutex_create(&g.mutex), 0);
    assert_int_equal(os_cond_create(&g.cond), 0);
    os_mutex_lock(g.mutex);
    assert_false(os_cond_wait_until(g.cond, g.mutex, os_now() + 1000));
    assert_int_equal(os_thread_start(&thread, "gate", open_gate, &g), 0);
    while (!g.open)
        os_cond_wait(g.cond, g.mutex);
    os_mutex_unlock(g.mutex);
    os_thread_join(&thread);
    os_cond_destroy(&g.cond);
    os_mutex_destroy(&g.mutex);
}

static void a_child_is_read_and_stopped(void **state)
{
    const char *const says[] = {"echo", "hello", NULL}, *const endless[] = {"yes", NULL},
                      *const missing[] = {"no-such-program-anywhere", NULL};
    os_child *child;
    char out[16];

    (void)state;
    assert_int_equal(os_child_start(&child, says), 0);
    assert_int_equal(os_child_read(child, out, sizeof out), 6);
    assert_int_equal(os_child_read(child, out, sizeof out), 0);
    os_child_stop(&child);
    assert_int_equal(os_child_start(&child, endless), 0);
    assert_true(os_child_read(child, out, sizeof out) > 0);
    os_child_stop(&child);
    assert_int_equal(os_child_start(&child, missing), 0);
    assert_int_equal(os_child_read(child, out, sizeof out), 0);
    os_child_stop(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_cross_ipv4),
        cmocka_unit_test(datagrams_cross_ipv6),
        cmocka_unit_test(a_taken_port_is_reported),
        cmocka_unit_test(a_socket_may_be_closed_in_its_own_callback),
        cmocka_unit_test(posts_from_another_thread_all_arrive),
        cmocka_unit_test(a_deadline_wakes_the_loop),
        cmocka_unit_test(a_condition_wakes_and_times_out),
        cmocka_unit_test(a_child_is_read_and_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
