/* DTLS over a network that loses whole flights, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dtls/dtls.h"
#include "sim.h"

typedef struct end {
    qua_dtls *dtls;
    qua_dtls_identity *identity;
    sim_host *host;
    qua_addr addr, other;
    qua_time connected_at;
    size_t sent, timeouts;
} end;

static void drain(end *e, qua_time now)
{
    uint8_t data[QUA_DATAGRAM_MAX];

    for (size_t size; (size = qua_dtls_poll_transmit(e->dtls, data, sizeof data)) != 0; e->sent++)
        assert_int_equal(sim_host_send(e->host, &e->addr, &e->other, data, size, 0), 0);
    if (!e->connected_at && qua_dtls_get_state(e->dtls) == QUA_DTLS_CONNECTED)
        e->connected_at = now;
    sim_host_wake(e->host);
}

static void on_receive(void *context, qua_time now, const qua_addr *local, const qua_addr *from, const uint8_t *data,
                       size_t size, unsigned ecn)
{
    end *e = context;

    (void)local, (void)from, (void)ecn;
    qua_dtls_input(e->dtls, now, data, size);
    drain(e, now);
}

static void on_timeout(void *context, qua_time now)
{
    end *e = context;

    e->timeouts++;
    qua_dtls_on_timeout(e->dtls, now);
    drain(e, now);
}

static qua_time deadline(void *context, qua_time now)
{
    (void)now;
    return qua_dtls_deadline(((end *)context)->dtls);
}

static void join(sim_net *net, end *e, const char *ip, const char *other, const char *link)
{
    static const sim_host_ops ops = {on_receive, on_timeout, deadline};

    memset(e, 0, sizeof *e);
    assert_int_equal(qua_dtls_identity_create(&e->identity), 0);
    assert_int_equal(qua_dtls_create(&e->dtls, e->identity, NULL), 0);
    e->host = sim_net_host(net, ip, &ops, e);
    sim_host_iface(e->host, ip, NULL, sim_net_pipe(net, link), NULL);
    assert_int_equal(qua_addr_parse(&e->addr, ip, 5000), 0);
    assert_int_equal(qua_addr_parse(&e->other, other, 5000), 0);
}

static void leave(end *e)
{
    qua_dtls_destroy(&e->dtls);
    qua_dtls_identity_unref(&e->identity);
}

static void start(end *client, end *server, qua_time now)
{
    assert_int_equal(
        qua_dtls_set_remote_fingerprint(client->dtls, now, "sha-256", qua_dtls_identity_fingerprint(server->identity)),
        0);
    assert_int_equal(
        qua_dtls_set_remote_fingerprint(server->dtls, now, "sha-256", qua_dtls_identity_fingerprint(client->identity)),
        0);
    assert_int_equal(qua_dtls_start(client->dtls, now, true), 0);
    assert_int_equal(qua_dtls_start(server->dtls, now, false), 0);
    drain(client, now);
    drain(server, now);
}

static sim_net *open_net(uint64_t seed)
{
    sim_net *net = sim_net_create(seed);

    sim_clock_install(net);
    sim_openssl_seed(seed);
    return net;
}

static void close_net(sim_net **net)
{
    sim_clock_install(NULL);
    sim_net_destroy(net);
}

static void a_clear_path_takes_two_round_trips(void **state)
{
    sim_net *net = open_net(1);
    const qua_time begin = sim_net_now(net);
    end ana, ben;

    (void)state;
    join(net, &ana, "192.0.2.1", "192.0.2.2", "delay=50");
    join(net, &ben, "192.0.2.2", "192.0.2.1", "delay=50");
    start(&ana, &ben, begin);
    sim_net_run_until(net, begin + QUA_SECONDS(2));
    assert_int_equal(ana.connected_at - begin, QUA_MS(200));
    assert_int_equal(ben.connected_at - begin, QUA_MS(150));
    assert_int_equal(ana.timeouts + ben.timeouts, 0);
    leave(&ana);
    leave(&ben);
    close_net(&net);
}

static void lost_flights_are_sent_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        sim_net *net = open_net(seed);
        const qua_time begin = sim_net_now(net);
        end ana, ben;

        join(net, &ana, "192.0.2.1", "192.0.2.2", "delay=50 loss=0.2");
        join(net, &ben, "192.0.2.2", "192.0.2.1", "delay=50 loss=0.2");
        start(&ana, &ben, begin);
        sim_net_run_until(net, begin + QUA_SECONDS(600));
        assert_int_equal(qua_dtls_get_state(ana.dtls), QUA_DTLS_CONNECTED);
        assert_int_equal(qua_dtls_get_state(ben.dtls), QUA_DTLS_CONNECTED);
        assert_int_equal(qua_dtls_deadline(ana.dtls), QUA_TIME_NEVER);
        leave(&ana);
        leave(&ben);
        close_net(&net);
    }
}

static void the_first_flight_is_repeated_after_a_second_of_virtual_time(void **state)
{
    sim_net *net = open_net(1);
    const qua_time begin = sim_net_now(net);
    sim_pipe *pipe;
    end ana, ben;

    (void)state;
    join(net, &ana, "192.0.2.1", "192.0.2.2", "");
    join(net, &ben, "192.0.2.2", "192.0.2.1", "");
    pipe = sim_net_pipe(net, "loss=1");
    sim_host_iface(ana.host, "192.0.2.3", NULL, pipe, NULL);
    ana.addr.ip[3] = 3;
    ben.other.ip[3] = 3;
    start(&ana, &ben, begin);
    sim_pipe_set(pipe, "loss=0");
    sim_net_run_until(net, begin + QUA_MS(990));
    assert_int_equal(ana.connected_at, 0);
    sim_net_run_until(net, begin + QUA_MS(1100));
    assert_in_range(ana.connected_at - begin, QUA_MS(1000), QUA_MS(1010));
    assert_in_range(ana.timeouts, 1, 3);
    leave(&ana);
    leave(&ben);
    close_net(&net);
}

static void nobody_there_is_given_up_without_a_busy_loop(void **state)
{
    sim_net *net = open_net(1);
    const qua_time begin = sim_net_now(net);
    end ana, ben;

    (void)state;
    join(net, &ana, "192.0.2.1", "192.0.2.2", "loss=1");
    join(net, &ben, "192.0.2.2", "192.0.2.1", "");
    start(&ana, &ben, begin);
    sim_net_run_until(net, begin + QUA_SECONDS(1200));
    assert_int_equal(qua_dtls_get_state(ana.dtls), QUA_DTLS_FAILED);
    assert_in_range(ana.timeouts, 10, 40);
    leave(&ana);
    leave(&ben);
    close_net(&net);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    qua_dtls_srtp_keys keys[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sim_net *net = open_net(5);
        const qua_time begin = sim_net_now(net);
        end ana, ben;

        join(net, &ana, "192.0.2.1", "192.0.2.2", "delay=50 loss=0.1");
        join(net, &ben, "192.0.2.2", "192.0.2.1", "delay=50 loss=0.1");
        start(&ana, &ben, begin);
        sim_net_run_until(net, begin + QUA_SECONDS(60));
        assert_int_equal(qua_dtls_srtp_keys_export(ana.dtls, &keys[i]), 0);
        leave(&ana);
        leave(&ben);
        close_net(&net);
    }
    assert_memory_equal(&keys[0], &keys[1], sizeof keys[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clear_path_takes_two_round_trips),
        cmocka_unit_test(lost_flights_are_sent_again),
        cmocka_unit_test(the_first_flight_is_repeated_after_a_second_of_virtual_time),
        cmocka_unit_test(nobody_there_is_given_up_without_a_busy_loop),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
