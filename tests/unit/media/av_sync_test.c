/* Sound and picture of one participant, whose clock is another than ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/media.h"

#define THEIRS QUA_SECONDS(777777) /* their clock minus ours */
#define T0     QUA_SECONDS(100)

/* Ten seconds in which sound and pictures take so long from capture to loudspeaker and decoder. */
typedef struct timing {
    qua_time sound, picture;
    bool sound_obeys; /* waits as asked */
} timing;

static qua_time apart_at_the_end(qua_av_sync *s, const timing *t)
{
    qua_time apart = 0;

    for (qua_time ms = 0; ms < 10000; ms += 10) {
        const qua_time captured = T0 + QUA_MS(ms);
        const qua_time wait = t->sound_obeys ? qua_av_sync_sound_wait(s) : 0;
        const uint32_t timestamp = 0xffffff00u + (uint32_t)ms * 48;
        if (ms % 20 == 0)
            qua_av_sync_stamp(s, timestamp, captured + THEIRS);
        qua_av_sync_heard(s, timestamp, captured + t->sound + wait);
        if (ms % 30 == 0) {
            const qua_time decoded = captured + t->picture;
            const qua_time shown = qua_av_sync_show_at(s, decoded, captured + THEIRS);
            assert_true(shown >= decoded && shown <= decoded + QUA_AV_PICTURE_WAIT);
            apart = shown - (captured + t->sound + wait);
        }
    }
    return apart;
}

static void a_picture_waits_for_its_sound(void **state)
{
    qua_av_sync s = {0};

    (void)state;
    const qua_time apart = apart_at_the_end(&s, &(timing){.sound = QUA_MS(90), .picture = QUA_MS(30)});
    assert_in_range(apart + 1000, 0, 2000);
    assert_int_equal(qua_av_sync_sound_wait(&s), 0);
}

static void sound_waits_for_a_picture_that_takes_longer(void **state)
{
    qua_av_sync s = {0};

    (void)state;
    const timing t = {.sound = QUA_MS(50), .picture = QUA_MS(130), .sound_obeys = true};
    const qua_time apart = apart_at_the_end(&s, &t);
    assert_in_range(apart + QUA_MS(20), 0, QUA_MS(40)); /* together within 20 ms */
    assert_in_range(qua_av_sync_sound_wait(&s), QUA_MS(60), QUA_MS(90));
}

static void nothing_waits_longer_than_is_good_for_a_call(void **state)
{
    qua_av_sync s = {0};

    (void)state;
    apart_at_the_end(&s, &(timing){.sound = QUA_MS(20), .picture = QUA_SECONDS(3)});
    assert_int_equal(qua_av_sync_sound_wait(&s), QUA_AV_SOUND_WAIT);
    apart_at_the_end(&s, &(timing){.sound = QUA_SECONDS(3), .picture = QUA_MS(20)}); /* bounds are asserted there */
    assert_int_equal(qua_av_sync_sound_wait(&s), 0);
}

static void alone_a_picture_is_shown_at_once(void **state)
{
    qua_av_sync s = {0};

    (void)state;
    assert_int_equal(qua_av_sync_show_at(&s, T0, T0 + THEIRS), T0);
    qua_av_sync_heard(&s, 5, T0); /* not stamped: no sender report yet */
    assert_int_equal(qua_av_sync_show_at(&s, T0, T0 + THEIRS), T0);
    qua_av_sync_stamp(&s, 5, T0 + THEIRS);
    qua_av_sync_heard(&s, 5, T0 + QUA_MS(50));
    assert_int_equal(qua_av_sync_show_at(&s, T0, 0), T0); /* a picture of unknown time */
    assert_int_equal(qua_av_sync_show_at(&s, T0 + QUA_MS(10), T0 + THEIRS), T0 + QUA_MS(50));
}

static void a_clock_that_jumps_is_followed_at_once(void **state)
{
    qua_av_sync s = {0};

    (void)state;
    apart_at_the_end(&s, &(timing){.sound = QUA_MS(90), .picture = QUA_MS(30)});
    const qua_time now = T0 + QUA_SECONDS(20), captured = now - QUA_SECONDS(5000);
    qua_av_sync_stamp(&s, 1, captured);
    qua_av_sync_heard(&s, 1, now + QUA_MS(60));
    assert_int_equal(qua_av_sync_show_at(&s, now, captured), now + QUA_MS(60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_waits_for_its_sound),
        cmocka_unit_test(sound_waits_for_a_picture_that_takes_longer),
        cmocka_unit_test(nothing_waits_longer_than_is_good_for_a_call),
        cmocka_unit_test(alone_a_picture_is_shown_at_once),
        cmocka_unit_test(a_clock_that_jumps_is_followed_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
