/* Stories about many deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/timers.h"

enum { COUNT = 1000 };

static qua_time last_fired;
static int fired;

static void fire(timer *t, void *context, qua_time now)
{
    (void)context;
    assert_true(t->at >= last_fired); /* in order */
    assert_true(t->at <= now);
    assert_int_equal(t->index, 0);
    last_fired = t->at;
    fired++;
}

static void they_fire_in_order_however_they_were_set_moved_and_cancelled(void **state)
{
    static timer some[COUNT];
    timers all;
    qua_prng prng;

    (void)state;
    qua_prng_seed(&prng, 3);
    timers_init(&all, NULL);
    for (int i = 0; i < COUNT; i++) {
        some[i].fn = fire;
        assert_int_equal(timers_set(&all, &some[i], (qua_time)(qua_prng_next(&prng) % 5000)), 0);
    }
    for (int i = 0; i < COUNT; i += 3)
        assert_int_equal(timers_set(&all, &some[i], (qua_time)(qua_prng_next(&prng) % 5000)), 0);
    for (int i = 1; i < COUNT; i += 3)
        timers_cancel(&all, &some[i]);
    timers_cancel(&all, &some[1]); /* again: nothing */
    for (qua_time now = 0; now <= 5000; now += 7) {
        timers_run(&all, now);
        assert_true(timers_next(&all) > now);
    }
    assert_int_equal(fired, COUNT - COUNT / 3);
    assert_int_equal(timers_next(&all), QUA_TIME_NEVER);
    timers_deinit(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_fire_in_order_however_they_were_set_moved_and_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
