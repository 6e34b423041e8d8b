/* A peer connection as the app sees it: in which order it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <semaphore.h>
#include <string.h>

#include "quartet/quartet.h"

/* What the app was told, a letter each: s a signaling state, d the description is made, c a candidate, e their end. */
typedef struct diary {
    char text[64];
    size_t size;
    sem_t gathered;
} diary;

static void note(diary *d, char letter)
{
    if (d->size + 1 < sizeof d->text)
        d->text[d->size++] = letter;
}

static void on_signaling(void *context, qua_signaling_state state)
{
    (void)state;
    note(context, 's');
}

static void on_described(void *context, int error, const char *sdp, const char *message)
{
    (void)message;
    assert_int_equal(error, 0);
    assert_non_null(sdp);
    note(context, 'd');
}

static void on_candidate(void *context, const qua_candidate *candidate)
{
    diary *d = context;

    note(d, candidate->candidate[0] ? 'c' : 'e');
    if (!candidate->candidate[0])
        sem_post(&d->gathered);
}

static void a_description_is_told_after_its_state_and_before_its_candidates(void **state)
{
    diary d = {.size = 0};
    const char *const loopback[] = {"127.0.0.1"};
    const qua_engine_config engine_config = {.bind_ips = loopback, .bind_ip_count = 1};
    const qua_pc_config config = {.events = {.signaling_state = on_signaling, .ice_candidate = on_candidate},
                                  .context = &d};
    qua_engine *engine = NULL;
    qua_pc *pc = NULL;

    (void)state;
    sem_init(&d.gathered, 0, 0);
    assert_int_equal(qua_engine_create(&engine, &engine_config), 0);
    assert_int_equal(qua_pc_create(&pc, engine, &config), 0);
    assert_int_equal(qua_pc_add_transceiver(pc, QUA_AUDIO, QUA_DIRECTION_RECVONLY, NULL, NULL, "", ""), 0);
    assert_int_equal(qua_pc_set_local_description(pc, NULL, on_described, &d), 0);
    sem_wait(&d.gathered);
    qua_pc_destroy(&pc);
    qua_engine_destroy(&engine);
    assert_string_equal(d.text, "sdce");
    sem_destroy(&d.gathered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_is_told_after_its_state_and_before_its_candidates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
