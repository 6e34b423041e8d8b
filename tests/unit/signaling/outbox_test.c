/* Stories about what was said and not yet heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "signaling/signaling.h"

static int push(qua_outbox *box, size_t size)
{
    qua_buffer *text = qua_buffer_create(size);
    int error;

    assert_non_null(text);
    text->size = size;
    memset(text->data, 'x', size);
    error = qua_outbox_push(box, text);
    qua_buffer_unref(&text);
    return error;
}

static uint64_t send_one(qua_outbox *box)
{
    uint64_t seq = 0;

    assert_non_null(qua_outbox_next(box, &seq));
    return seq;
}

static void texts_are_numbered_and_leave_once_acknowledged(void **state)
{
    qua_outbox box;
    uint64_t seq;

    (void)state;
    qua_outbox_init(&box);
    for (int i = 0; i < 20; i++) /* the ring grows under way */
        assert_int_equal(push(&box, 10), 0);
    for (uint64_t i = 1; i <= 20; i++)
        assert_int_equal(send_one(&box), i);
    assert_null(qua_outbox_next(&box, &seq));
    assert_int_equal(qua_outbox_acknowledge(&box, 15), 0);
    assert_int_equal(box.count, 5);
    assert_int_equal(box.bytes, 50);
    assert_int_equal(qua_outbox_acknowledge(&box, 3), 0); /* old news */
    assert_int_equal(qua_outbox_acknowledge(&box, 21), QUA_EPROTO);
    qua_outbox_deinit(&box);
}

static void another_connection_hears_what_the_first_one_lost(void **state)
{
    qua_outbox box;

    (void)state;
    qua_outbox_init(&box);
    for (int i = 0; i < 4; i++)
        assert_int_equal(push(&box, 10), 0);
    send_one(&box), send_one(&box), send_one(&box);
    assert_int_equal(qua_outbox_resume(&box, 4), QUA_EPROTO); /* the fourth was never sent */
    assert_int_equal(qua_outbox_resume(&box, 1), 0);
    assert_int_equal(send_one(&box), 2);
    assert_int_equal(send_one(&box), 3);
    assert_int_equal(send_one(&box), 4);
    assert_false(qua_outbox_pending(&box));
    assert_int_equal(qua_outbox_resume(&box, 0), QUA_ENOENT); /* the first is forgotten */
    qua_outbox_deinit(&box);
}

static void a_listener_without_memory_hears_the_rest_from_one(void **state)
{
    qua_outbox box;

    (void)state;
    qua_outbox_init(&box);
    for (int i = 0; i < 3; i++)
        assert_int_equal(push(&box, 10), 0);
    send_one(&box), send_one(&box);
    assert_int_equal(qua_outbox_acknowledge(&box, 1), 0);
    qua_outbox_restart(&box);
    assert_int_equal(send_one(&box), 1);
    assert_int_equal(send_one(&box), 2);
    assert_false(qua_outbox_pending(&box));
    qua_outbox_deinit(&box);
}

static void unsent_texts_are_bounded_and_sent_ones_make_room(void **state)
{
    qua_outbox box;

    (void)state;
    qua_outbox_init(&box);
    for (int i = 0; i < 4; i++)
        assert_int_equal(push(&box, QUA_SIGNAL_QUEUE_MAX / 4), 0);
    assert_int_equal(push(&box, 1), QUA_EFULL);
    send_one(&box);
    assert_int_equal(push(&box, 1), 0);
    assert_int_equal(qua_outbox_resume(&box, 0), QUA_ENOENT); /* forgotten to make room */
    qua_outbox_deinit(&box);

    qua_outbox_init(&box);
    for (int i = 0; i < QUA_OUTBOX_MAX; i++)
        assert_int_equal(push(&box, 1), 0);
    assert_int_equal(push(&box, 1), QUA_EFULL);
    qua_outbox_deinit(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_numbered_and_leave_once_acknowledged),
        cmocka_unit_test(another_connection_hears_what_the_first_one_lost),
        cmocka_unit_test(a_listener_without_memory_hears_the_rest_from_one),
        cmocka_unit_test(unsent_texts_are_bounded_and_sent_ones_make_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
