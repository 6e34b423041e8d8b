/* Stories of whole calls over bad networks: loss, slow paths, one uplink for all, NATs. */
#include "call_stories.h"

static void loss_of_five_percent_is_repaired(void **state)
{
    sim_call *call = call_of(21);

    (void)state;
    join(call, 3, "rate=5000 delay=20 loss=0.025 qms=200"); /* up and down: 5 % from one to another */
    sim_call_run(call, 12);
    assert_all_well(call, 3, 12, 0.85);
    sim_call_destroy(&call);
}

static void bursts_of_loss_are_survived(void **state)
{
    sim_call *call = call_of(22);

    (void)state;
    join(call, 3, "rate=5000 delay=20 ge=0.005,0.2,0.2,1 qms=200"); /* bursts of five packets, four of five lost */
    sim_call_run(call, 12);
    assert_all_well(call, 3, 12, 0.75);
    sim_call_destroy(&call);
}

static void one_slow_path_leaves_the_others_their_picture(void **state)
{
    sim_call *call = call_of(23);

    (void)state;
    join(call, 4, WIRE);
    sim_call_path(call, 0, 2, "rate=300 qms=150 delay=10");
    sim_call_run(call, 5);
    sim_call_forget(call);
    sim_call_run(call, 20);
    show(call, 2, 0);
    assert_well(call, 1, 0, 20, 0.9);
    assert_well(call, 3, 0, 20, 0.9);
    assert_true(view(call, 2, 0).frames >= 20 * 20);
    assert_true(view(call, 2, 0).delay_ms_p95 < 600); /* a keyframe alone takes it 350 ms */
    sim_call_destroy(&call);
}

/* The same call twice, without and with a path of 300 kb/s and 5 % loss from 0 to 2. */
static void one_bad_path_costs_the_others_nothing(void **state)
{
    sim_view without, with;

    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        const sim_call_config config = {.seed = 25, .width = 640, .height = 360};
        sim_call *call = sim_call_create(&config);

        join(call, 4, "rate=20000 delay=10 qms=200");
        if (bad)
            sim_call_path(call, 0, 2, "rate=300 qms=150 loss=0.05");
        sim_call_run(call, 8);
        sim_call_forget(call);
        sim_call_run(call, 8);
        show(call, 1, 0);
        show(call, 2, 0);
        sim_call_view(call, 1, 0, bad ? &with : &without);
        if (bad) {
            assert_well(call, 3, 0, 8, 0.95);
            assert_true(view(call, 2, 0).frames >= 8 * 20);
        }
        sim_call_destroy(&call);
    }
    assert_true(with.frames >= without.frames * 98 / 100);
    assert_true(with.psnr >= without.psnr - 0.5);
    assert_true(with.delay_ms_p95 <= without.delay_ms_p95 + 10);
}

static void a_shared_uplink_carries_three_pictures(void **state)
{
    sim_call *call = call_of(24);
    const sim_guest guest = {.up = "rate=700 delay=10 qms=150", .down = "rate=10000 delay=10"};

    (void)state;
    sim_call_join(call, &guest);
    join(call, 3, WIRE);
    sim_call_run(call, 8);
    sim_call_forget(call);
    sim_call_run(call, 20);
    for (int i = 1; i < 4; i++) {
        show(call, i, 0);
        assert_true(view(call, i, 0).frames >= 20 * 15);
        assert_true(view(call, i, 0).delay_ms_p95 < 150);
        assert_true((double)view(call, i, 0).silent <= 0.05 * 2000);
    }
    sim_call_destroy(&call);
}

/* What one leg learns too late all three queue: the uplink falls to a third for ten seconds and comes back. */
static void an_uplink_that_narrows_makes_all_three_pictures_cheaper_at_once(void **state)
{
    sim_call *call = call_of(26);
    const sim_guest guest = {.up = "rate=1800 delay=10 qms=300", .down = "rate=10000 delay=10"};
    uint64_t bytes;

    (void)state;
    sim_call_join(call, &guest);
    join(call, 3, WIRE);
    sim_call_run(call, 8);
    for (int step = 0; step < 2; step++) {
        sim_pipe_set(sim_call_uplink(call, 0), step ? "rate=1800 delay=10 qms=300" : "rate=600 delay=10 qms=300");
        sim_call_run(call, step ? 5 : 2);
        sim_call_forget(call);
        bytes = sim_call_sent_bytes(call, 0);
        sim_call_run(call, 8);
        print_message("    step %d: %.0f kb/s\n", step, (double)(sim_call_sent_bytes(call, 0) - bytes) / 1000);
        for (int i = 1; i < 4; i++) {
            show(call, i, 0);
            assert_true(view(call, i, 0).frames >= 8 * 25);
            assert_true(view(call, i, 0).delay_ms_p95 < 150);
            assert_true((double)view(call, i, 0).silent <= 0.02 * 800);
        }
    }
    sim_call_destroy(&call);
}

static void nats_that_can_be_passed_are_passed(void **state)
{
    static const char *const names[] = {"full cone", "restricted", "port restricted", "symmetric"};

    (void)state;
    for (int a = SIM_NAT_FULL_CONE; a <= SIM_NAT_SYMMETRIC; a++) {
        for (int b = SIM_NAT_FULL_CONE; b <= SIM_NAT_SYMMETRIC; b++) {
            sim_call *call = small_call_of(30);
            sim_net *net = sim_call_net(call);
            const sim_guest ga = {.network = "192.168.1", .nat = sim_net_nat(net, (sim_nat_kind)a, "203.0.113.1")};
            const sim_guest gb = {.network = "10.0.0", .nat = sim_net_nat(net, (sim_nat_kind)b, "203.0.113.2")};
            /* a symmetric NAT shows everybody another port: only filters that ignore ports let that through */
            const bool possible = !(a == SIM_NAT_SYMMETRIC && b >= SIM_NAT_PORT_RESTRICTED) &&
                                  !(b == SIM_NAT_SYMMETRIC && a >= SIM_NAT_PORT_RESTRICTED);

            sim_call_add_stun(call, "203.0.113.9", 3478);
            sim_call_join(call, &ga);
            sim_call_run(call, 0.3);
            sim_call_join(call, &gb);
            sim_call_run(call, 5);
            print_message("    %s, %s: %s\n", names[a], names[b],
                          view(call, 0, 1).connection == QUA_CONNECTION_CONNECTED ? "connected" : "not connected");
            if (possible)
                assert_true(view(call, 0, 1).frames > 20 && view(call, 1, 0).frames > 20);
            else
                assert_int_equal(view(call, 0, 1).frames, 0);
            sim_call_destroy(&call);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_of_five_percent_is_repaired),
        cmocka_unit_test(bursts_of_loss_are_survived),
        cmocka_unit_test(one_slow_path_leaves_the_others_their_picture),
        cmocka_unit_test(one_bad_path_costs_the_others_nothing),
        cmocka_unit_test(a_shared_uplink_carries_three_pictures),
        cmocka_unit_test(an_uplink_that_narrows_makes_all_three_pictures_cheaper_at_once),
        cmocka_unit_test(nats_that_can_be_passed_are_passed),
    };

    cmocka_set_test_filter(getenv("STORY")); /* one story alone, by its name */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
