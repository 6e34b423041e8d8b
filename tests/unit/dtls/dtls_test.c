/* Two ends of DTLS, datagrams handed over in memory. Lost flights: tests/sim/dtls_test.c, where time is virtual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dtls/dtls.h"

#define NOW QUA_SECONDS(1)

typedef struct bed {
    qua_dtls_identity *ana_id, *ben_id;
    qua_dtls *ana, *ben;
} bed;

static int set_up(void **state)
{
    static bed b;

    assert_int_equal(qua_dtls_identity_create(&b.ana_id), 0);
    assert_int_equal(qua_dtls_identity_create(&b.ben_id), 0);
    assert_int_equal(qua_dtls_create(&b.ana, b.ana_id, NULL), 0);
    assert_int_equal(qua_dtls_create(&b.ben, b.ben_id, NULL), 0);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    qua_dtls_destroy(&b->ana);
    qua_dtls_destroy(&b->ben);
    qua_dtls_identity_unref(&b->ana_id);
    qua_dtls_identity_unref(&b->ben_id);
    return 0;
}

static size_t hand_over(qua_dtls *from, qua_dtls *to)
{
    uint8_t data[QUA_DATAGRAM_MAX];
    size_t size, count = 0;

    for (; (size = qua_dtls_poll_transmit(from, data, sizeof data)) != 0; count++) {
        assert_true(size <= QUA_DTLS_MTU);
        qua_dtls_input(to, NOW, data, size);
    }
    return count;
}

static void exchange(bed *b)
{
    while (hand_over(b->ana, b->ben) + hand_over(b->ben, b->ana)) {
    }
}

static void tell(qua_dtls *to, const qua_dtls_identity *whose)
{
    assert_int_equal(qua_dtls_set_remote_fingerprint(to, NOW, "sha-256", qua_dtls_identity_fingerprint(whose)), 0);
}

static void connect(bed *b, bool ana_is_client)
{
    tell(b->ana, b->ben_id);
    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, ana_is_client), 0);
    assert_int_equal(qua_dtls_start(b->ben, NOW, !ana_is_client), 0);
    exchange(b);
}

static void assert_states(const bed *b, qua_dtls_state ana, qua_dtls_state ben)
{
    assert_int_equal(qua_dtls_get_state(b->ana), ana);
    assert_int_equal(qua_dtls_get_state(b->ben), ben);
}

static void assert_no_keys(const qua_dtls *dtls)
{
    qua_dtls_srtp_keys keys, untouched;

    memset(&keys, 0x5a, sizeof keys);
    untouched = keys;
    assert_int_equal(qua_dtls_srtp_keys_export(dtls, &keys), QUA_ESTATE);
    assert_memory_equal(&keys, &untouched, sizeof keys);
}

static void both_roles_agree_on_keys(void **state)
{
    bed *b = *state;

    for (int ana_is_client = 0; ana_is_client <= 1; ana_is_client++) {
        qua_dtls_srtp_keys ana, ben;

        connect(b, ana_is_client);
        assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
        assert_int_equal(qua_dtls_srtp_keys_export(b->ana, &ana), 0);
        assert_int_equal(qua_dtls_srtp_keys_export(b->ben, &ben), 0);
        assert_int_equal(ana.profile, 7); /* AEAD_AES_128_GCM is preferred */
        assert_int_equal(ben.profile, 7);
        assert_memory_equal(ana.local_key, ben.remote_key, 16);
        assert_memory_equal(ana.remote_key, ben.local_key, 16);
        assert_memory_equal(ana.local_salt, ben.remote_salt, 14);
        assert_memory_equal(ana.remote_salt, ben.local_salt, 14);
        assert_memory_not_equal(ana.local_key, ana.remote_key, 16);
        assert_int_equal(qua_dtls_deadline(b->ana), QUA_TIME_NEVER);
        tear_down(state);
        set_up(state);
    }
}

static void a_wrong_fingerprint_fails_and_yields_no_keys(void **state)
{
    bed *b = *state;

    for (int ana_is_client = 0; ana_is_client <= 1; ana_is_client++) {
        tell(b->ana, b->ana_id); /* someone sits between: the certificate is not Ben's */
        tell(b->ben, b->ana_id);
        assert_int_equal(qua_dtls_start(b->ana, NOW, ana_is_client), 0);
        assert_int_equal(qua_dtls_start(b->ben, NOW, !ana_is_client), 0);
        exchange(b);
        assert_states(b, QUA_DTLS_FAILED, QUA_DTLS_CLOSED); /* Ben is told */
        assert_no_keys(b->ana);
        assert_no_keys(b->ben);
        assert_int_equal(qua_dtls_send(b->ana, (const uint8_t *)"x", 1), QUA_ESTATE);
        assert_int_equal(qua_dtls_deadline(b->ana), QUA_TIME_NEVER);
        tell(b->ana, b->ana_id);
        assert_int_equal(qua_dtls_get_state(b->ana), QUA_DTLS_FAILED);
        tear_down(state);
        set_up(state);
    }
}

static void without_a_fingerprint_there_is_nothing(void **state)
{
    bed *b = *state;
    uint8_t data[64];

    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(qua_dtls_start(b->ben, NOW, false), 0);
    exchange(b);
    assert_states(b, QUA_DTLS_HANDSHAKE, QUA_DTLS_CONNECTED);
    assert_no_keys(b->ana);
    assert_int_equal(qua_dtls_send(b->ben, (const uint8_t *)"early", 5), 0);
    exchange(b);
    assert_int_equal(qua_dtls_recv(b->ana, data, sizeof data), 0);
    tell(b->ana, b->ben_id); /* the answer came late */
    assert_int_equal(qua_dtls_get_state(b->ana), QUA_DTLS_CONNECTED);
    assert_int_equal(qua_dtls_recv(b->ana, data, sizeof data), 5);
}

static void a_late_wrong_fingerprint_fails_too(void **state)
{
    bed *b = *state;

    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(qua_dtls_start(b->ben, NOW, false), 0);
    exchange(b);
    tell(b->ana, b->ana_id);
    assert_int_equal(qua_dtls_get_state(b->ana), QUA_DTLS_FAILED);
    assert_no_keys(b->ana);
}

static void a_fingerprint_is_read_strictly(void **state)
{
    bed *b = *state;
    char lower[QUA_FINGERPRINT_SIZE];
    const char *right = qua_dtls_identity_fingerprint(b->ben_id);

    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = (char)(right[i] >= 'A' && right[i] <= 'F' ? right[i] - 'A' + 'a' : right[i]);
    assert_int_equal(qua_dtls_set_remote_fingerprint(b->ana, NOW, "sha-1", right), QUA_ENOTSUP);
    assert_int_equal(qua_dtls_set_remote_fingerprint(b->ana, NOW, "sha-256", "AB:CD"), QUA_EFORMAT);
    assert_int_equal(qua_dtls_set_remote_fingerprint(b->ana, NOW, "SHA-256", lower), 0);
    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), QUA_ESTATE);
    assert_int_equal(qua_dtls_start(b->ben, NOW, false), 0);
    exchange(b);
    assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
    /* once connected the certificate cannot change */
    tell(b->ana, b->ben_id);
    assert_int_equal(qua_dtls_set_remote_fingerprint(b->ana, NOW, "sha-256", qua_dtls_identity_fingerprint(b->ana_id)),
                     QUA_ESTATE);
}

static void a_hello_before_start_is_kept(void **state)
{
    bed *b = *state;

    tell(b->ana, b->ben_id);
    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(hand_over(b->ana, b->ben), 1); /* Ben has not started */
    assert_int_equal(qua_dtls_start(b->ben, NOW, false), 0);
    exchange(b);
    assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
}

static void two_clients_do_not_connect(void **state)
{
    bed *b = *state;

    tell(b->ana, b->ben_id);
    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(qua_dtls_start(b->ben, NOW, true), 0);
    exchange(b);
    assert_true(qua_dtls_get_state(b->ana) != QUA_DTLS_CONNECTED && qua_dtls_get_state(b->ben) != QUA_DTLS_CONNECTED);
    assert_no_keys(b->ana);
}

static void records_keep_their_borders(void **state)
{
    bed *b = *state;
    uint8_t data[QUA_DATAGRAM_MAX] = {0}, got[QUA_DATAGRAM_MAX];

    connect(b, true);
    for (size_t size = 1; size <= 1100; size += 157) {
        data[size - 1] = (uint8_t)size;
        assert_int_equal(qua_dtls_send(b->ana, data, size), 0);
        assert_int_equal(hand_over(b->ana, b->ben), 1);
        assert_int_equal(qua_dtls_recv(b->ben, got, sizeof got), size);
        assert_memory_equal(got, data, size);
        assert_int_equal(qua_dtls_recv(b->ben, got, sizeof got), 0);
    }
}

static void the_queue_is_bounded(void **state)
{
    bed *b = *state;
    size_t sent = 0;

    connect(b, true);
    while (qua_dtls_send(b->ana, (const uint8_t *)"x", 1) == 0)
        assert_true(++sent < 1000);
    assert_int_equal(qua_dtls_send(b->ana, (const uint8_t *)"x", 1), QUA_EFULL);
}

static void garbage_does_no_harm(void **state)
{
    bed *b = *state;
    qua_prng prng;
    uint8_t data[200];

    qua_prng_seed(&prng, 1);
    qua_random random = qua_prng_random(&prng);
    tell(b->ana, b->ben_id);
    tell(b->ben, b->ana_id);
    assert_int_equal(qua_dtls_start(b->ana, NOW, true), 0);
    assert_int_equal(qua_dtls_start(b->ben, NOW, false), 0);
    for (size_t i = 0; i < 1000; i++) {
        qua_random_fill(&random, data, sizeof data);
        if (i % 2) { /* the header of a handshake record of DTLS 1.2 around it */
            static const uint8_t header[13] = {22, 254, 253, [12] = 100};
            memcpy(data, header, sizeof header);
            data[3] = 1; /* of epoch 256: cannot be read now */
        }
        qua_dtls_input(b->ben, NOW, data, 1 + i % sizeof data);
        qua_dtls_input(b->ana, NOW, data, 1 + i % sizeof data);
    }
    exchange(b);
    assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
    for (size_t i = 0; i < 1000; i++) {
        qua_random_fill(&random, data, sizeof data);
        qua_dtls_input(b->ben, NOW, data, 1 + i % sizeof data);
    }
    assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
    assert_int_equal(qua_dtls_input(b->ben, NOW, data, 5), QUA_EIGNORED);
}

static void tampered_and_replayed_records_are_dropped(void **state)
{
    bed *b = *state;
    uint8_t data[QUA_DATAGRAM_MAX], got[64];
    size_t size;

    connect(b, true);
    assert_int_equal(qua_dtls_send(b->ana, (const uint8_t *)"hello", 5), 0);
    size = qua_dtls_poll_transmit(b->ana, data, sizeof data);
    data[size - 1] ^= 1;
    assert_int_equal(qua_dtls_input(b->ben, NOW, data, size), 0);
    assert_int_equal(qua_dtls_recv(b->ben, got, sizeof got), 0);
    data[size - 1] ^= 1;
    assert_int_equal(qua_dtls_input(b->ben, NOW, data, size), 0);
    assert_int_equal(qua_dtls_recv(b->ben, got, sizeof got), 5);
    assert_int_equal(qua_dtls_input(b->ben, NOW, data, size), 0);
    assert_int_equal(qua_dtls_recv(b->ben, got, sizeof got), 0);
    assert_states(b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
}

static void closing_is_told_to_the_far_side(void **state)
{
    bed *b = *state;

    connect(b, true);
    qua_dtls_close(b->ana);
    exchange(b);
    assert_states(b, QUA_DTLS_CLOSED, QUA_DTLS_CLOSED);
    assert_no_keys(b->ben);
    qua_dtls_close(b->ana);
    qua_dtls_close(b->ben);
    assert_int_equal(qua_dtls_start(b->ben, NOW, true), QUA_ESTATE);
}

/* A certificate in 250 once had a serial number that libssl itself refused to read. */
static void every_certificate_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        bed b;

        assert_int_equal(qua_dtls_identity_create(&b.ana_id), 0);
        b.ben_id = qua_dtls_identity_ref(b.ana_id);
        assert_int_equal(qua_dtls_create(&b.ana, b.ana_id, NULL), 0);
        assert_int_equal(qua_dtls_create(&b.ben, b.ben_id, NULL), 0);
        connect(&b, true);
        assert_states(&b, QUA_DTLS_CONNECTED, QUA_DTLS_CONNECTED);
        void *all = &b;
        tear_down(&all);
    }
}

static void each_identity_is_its_own(void **state)
{
    bed *b = *state;
    const char *fingerprint = qua_dtls_identity_fingerprint(b->ana_id);

    assert_int_equal(strlen(fingerprint), QUA_FINGERPRINT_SIZE - 1);
    assert_string_not_equal(fingerprint, qua_dtls_identity_fingerprint(b->ben_id));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(both_roles_agree_on_keys),
        STORY(a_wrong_fingerprint_fails_and_yields_no_keys),
        STORY(without_a_fingerprint_there_is_nothing),
        STORY(a_late_wrong_fingerprint_fails_too),
        STORY(a_fingerprint_is_read_strictly),
        STORY(a_hello_before_start_is_kept),
        STORY(two_clients_do_not_connect),
        STORY(records_keep_their_borders),
        STORY(the_queue_is_bounded),
        STORY(garbage_does_no_harm),
        STORY(tampered_and_replayed_records_are_dropped),
        STORY(closing_is_told_to_the_far_side),
        STORY(each_identity_is_its_own),
        cmocka_unit_test(every_certificate_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
