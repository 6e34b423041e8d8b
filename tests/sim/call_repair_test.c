/* Stories of whole calls that break and mend: paths, NATs, the signaling server. */
#include "call_stories.h"

static void an_interrupted_path_comes_back_by_itself(void **state)
{
    sim_call *call = small_call_of(41);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_iface_set_up(sim_call_iface(call, 1), false);
    sim_call_run(call, 20);
    assert_true(view(call, 0, 1).connection >= QUA_CONNECTION_DISCONNECTED);
    assert_int_equal(view(call, 0, 2).connection, QUA_CONNECTION_CONNECTED);
    sim_iface_set_up(sim_call_iface(call, 1), true);
    sim_call_run(call, 20);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_all_well(call, 3, 5, 0.9);
    sim_call_destroy(&call);
}

/* Both sides of a broken leg restart it in the same instant: their offers cross. */
static void a_nat_that_forgets_is_found_again(void **state)
{
    sim_call *call = call_of(42);
    sim_net *net = sim_call_net(call);
    sim_nat *nat = sim_net_nat(net, SIM_NAT_PORT_RESTRICTED, "203.0.113.1");
    const sim_guest home = {.network = "192.168.1", .nat = nat};

    (void)state;
    sim_call_add_stun(call, "203.0.113.9", 3478);
    sim_call_join(call, &home);
    sim_call_run(call, 0.3);
    sim_call_join(call, NULL);
    sim_call_run(call, 5);
    sim_nat_reset(nat);
    sim_call_run(call, 20);
    sim_call_forget(call);
    sim_call_run(call, 5);
    assert_all_well(call, 2, 5, 0.9);
    sim_call_destroy(&call);
}

/* ---- signaling ------------------------------------------------------------------------------------------------ */

static void media_goes_on_without_the_server(void **state)
{
    sim_call *call = call_of(51);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_call_forget(call);
    sim_call_stop_server(call);
    sim_call_run(call, 15);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_call_state(call, i), QUA_CALL_RECONNECTING);
    sim_call_start_server(call);
    sim_call_run(call, 6);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_call_state(call, i), QUA_CALL_JOINED);
    assert_all_well(call, 3, 21, 0.97);
    for (int i = 1; i < 3; i++)
        assert_true(view(call, 0, i).longest_gap_ms < 200);
    sim_call_leave(call, 2); /* and the server is of use again */
    sim_call_run(call, 0.3);
    assert_false(view(call, 0, 2).present);
    sim_call_destroy(&call);
}

static void a_goodbye_needs_no_server(void **state)
{
    sim_call *call = small_call_of(52);

    (void)state;
    join(call, 3, WIRE);
    sim_call_run(call, 3);
    sim_call_stop_server(call);
    sim_call_run(call, 1);
    sim_call_leave(call, 1);
    sim_call_run(call, 0.3);
    assert_false(view(call, 0, 1).present);
    assert_false(view(call, 2, 1).present);
    assert_true(view(call, 0, 2).present);
    sim_call_destroy(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupted_path_comes_back_by_itself),
        cmocka_unit_test(a_nat_that_forgets_is_found_again),
        cmocka_unit_test(media_goes_on_without_the_server),
        cmocka_unit_test(a_goodbye_needs_no_server),
    };

    cmocka_set_test_filter(getenv("STORY")); /* one story alone, by its name */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
