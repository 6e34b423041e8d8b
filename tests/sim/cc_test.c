/*
 * Congestion control over whole paths: the published test plans (RFC 8867, libwebrtc's scenarios) and the links of the
 * call lab, each with a fixed seed. What is asserted leaves room; what was measured is in bench/cc_scenarios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cc_bed.h"

#define MOMENTS 2000 /* of 100 ms */

/* What happened when. */
typedef struct diary {
    size_t count;
    double sent_kbps[MOMENTS], target_kbps[MOMENTS], queue_ms[MOMENTS];
    qua_cc_state state[MOMENTS];
} diary;

static diary seen;
static cc_bed_result result;

static void note(void *context, double now_s, const qua_cc_stats *stats, double sent_kbps)
{
    diary *d = context;

    (void)now_s;
    assert_true(d->count < MOMENTS);
    d->sent_kbps[d->count] = sent_kbps;
    d->target_kbps[d->count] = (double)stats->target_bps / 1000;
    d->queue_ms[d->count] = (double)stats->queue_delay_us / 1000;
    d->state[d->count++] = stats->state;
}

static void run(const cc_bed_config *config)
{
    seen.count = 0;
    cc_bed_run(config, &result, note, &seen);
}

static double mean(const double *what, double from_s, double to_s)
{
    const size_t from = (size_t)(from_s * 10), to = (size_t)(to_s * 10);
    double sum = 0;

    assert_true(from < to && to <= seen.count);
    for (size_t i = from; i < to; i++)
        sum += what[i];
    return sum / (double)(to - from);
}

static double most(const double *what, double from_s, double to_s)
{
    double value = 0;

    for (size_t i = (size_t)(from_s * 10); i < (size_t)(to_s * 10) && i < seen.count; i++)
        value = QUA_MAX(value, what[i]);
    return value;
}

#define assert_between(value, low, high)                                                                               \
    do {                                                                                                               \
        const double between_v = (value);                                                                              \
        if (between_v < (low) || between_v > (high))                                                                   \
            print_error("%s = %.3f, not within %g..%g\n", #value, between_v, (double)(low), (double)(high));           \
        assert_true(between_v >= (low) && between_v <= (high));                                                        \
    } while (0)

/* ---- RFC 8867 -------------------------------------------------------------------------------------------- */

/* §5.1: path capacity 1, 2.5, 0.6, 1 Mb/s; the candidate adapts, with little queueing, and does not oscillate. */
static void variable_capacity_is_followed(void **state)
{
    const cc_bed_config config = {.forward = "rate=1000 delay=50 qms=300",
                                  .backward = "delay=50",
                                  .change = {{40, "rate=2500"}, {60, "rate=600"}, {80, "rate=1000"}},
                                  .picture_bps = 4e6,
                                  .warm_s = 1,
                                  .seconds = 99};

    (void)state;
    run(&config);
    assert_between(mean(seen.sent_kbps, 10, 40), 900, 1005);
    assert_between(mean(seen.sent_kbps, 45, 60), 2200, 2505);
    assert_between(mean(seen.sent_kbps, 65, 80), 530, 605);
    assert_between(mean(seen.sent_kbps, 85, 100), 900, 1005);
    assert_between(result.queue_p95, 0, 60);
    assert_between(result.drops, 0, 0.01);
    assert_between(result.worst_ms, 0, 400); /* what was in flight at the step to a quarter */
    assert_true(result.freezes <= 1);
}

/* §5.3: the way back is narrow, late and loses reports: the way forth must not suffer for it. */
static void a_congested_way_back_does_not_stop_the_way_forth(void **state)
{
    const cc_bed_config config = {.forward = "rate=2000 delay=50 qms=300",
                                  .backward = "rate=200 delay=50 qms=300 jitter=40 loss=0.1",
                                  .picture_bps = 4e6,
                                  .feedback_ms = 100};

    (void)state;
    run(&config);
    assert_between(result.use, 0.75, 1);
    assert_between(result.queue_p95, 0, 120);
    assert_between(result.freeze_ms, 0, 1000); /* two reports lost in a row look like an outage, and may be one */
}

/* §5.6: beside a long TCP flow neither starves. */
static void a_long_tcp_flow_and_a_call_share_the_link(void **state)
{
    const cc_bed_config config = {
        .forward = "rate=1000 delay=50 qms=300", .backward = "delay=50", .tcp_flows = 1, .warm_s = 10, .seconds = 80};

    (void)state;
    run(&config);
    assert_between(result.kbps, 200, 750);
    assert_between(result.tcp_kbps, 200, 800);
}

/* §5.7, simplified: three TCP flows come for 15 s and go; the call has the link again soon after. */
static void short_tcp_flows_pass_by(void **state)
{
    const cc_bed_config config = {.forward = "rate=2000 delay=50 qms=300",
                                  .backward = "delay=50",
                                  .tcp_flows = 3,
                                  .tcp_from_s = 20,
                                  .tcp_to_s = 35,
                                  .warm_s = 1,
                                  .seconds = 69};

    (void)state;
    run(&config);
    assert_between(mean(seen.sent_kbps, 10, 20), 1700, 2005);
    assert_between(mean(seen.sent_kbps, 25, 35), 100, 1500);
    assert_between(mean(seen.sent_kbps, 50, 70), 1600, 2005);
    assert_between(mean(seen.queue_ms, 60, 70), 0, 50);
}

/* ---- libwebrtc's published scenarios --------------------------------------------------------------------- */

static void on_500_kbps_the_rate_settles_just_below(void **state)
{
    const cc_bed_config config = {
        .forward = "rate=500 delay=100", .backward = "delay=100", .warm_s = 25, .seconds = 10};

    (void)state;
    run(&config);
    assert_between(result.target_kbps, 350, 550);
    assert_between(result.kbps, 400, 501);
    assert_between(result.queue_p95, 0, 40);
}

static void a_rise_to_800_kbps_is_found(void **state)
{
    const cc_bed_config config = {.forward = "rate=500 delay=100",
                                  .backward = "delay=100",
                                  .change = {{25, "rate=800"}},
                                  .warm_s = 35,
                                  .seconds = 10};

    (void)state;
    run(&config);
    assert_between(result.target_kbps, 600, 900);
    assert_between(result.kbps, 600, 801);
}

static void three_megabits_are_in_use_two_seconds_after_the_start(void **state)
{
    const cc_bed_config config = {
        .forward = "rate=3000 delay=50", .backward = "delay=50", .picture_bps = 5e6, .warm_s = 1, .seconds = 9};

    (void)state;
    run(&config);
    assert_between(seen.target_kbps[20], 2500, 3300);
    assert_between(mean(seen.sent_kbps, 2, 10), 2500, 3005);
    assert_between(most(seen.queue_ms, 0, 10), 0, 250);
}

static void random_loss_on_a_fast_link_does_not_bring_it_down(void **state)
{
    const cc_bed_config config = {.forward = "rate=50000 delay=50 loss=0.01", .backward = "delay=50"};

    (void)state;
    run(&config);
    assert_between(result.kbps, 1000, 50000);
}

/* ---- the links of the call lab --------------------------------------------------------------------------- */

static void fixed_rates_are_used_with_a_short_queue(void **state)
{
    static const int rates[] = {150, 300, 500, 1000, 2000, 5000};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(rates); i++) {
        char forward[64];
        const cc_bed_config config = {.forward = forward, .backward = "delay=25"};
        snprintf(forward, sizeof forward, "rate=%d delay=25 qms=200", rates[i]);
        run(&config);
        assert_between(result.use, 0.85, 1);
        assert_between(result.queue_p95, 0, 40);
        assert_between(result.drops, 0, 0.01);
        assert_int_equal(result.freezes, 0);
    }
}

static void after_a_step_down_no_frame_is_half_a_second_late(void **state)
{
    cc_bed_config config = {.forward = "rate=2000 delay=25 qbytes=50000",
                            .backward = "delay=25",
                            .change = {{15, "rate=500"}},
                            .warm_s = 14,
                            .seconds = 3};

    (void)state;
    run(&config);
    assert_between(result.worst_ms, 0, 400);
    assert_int_equal(result.freezes, 0);
    config.warm_s = 16; /* and a second later the delay is what it was */
    config.seconds = 9;
    run(&config);
    assert_between(result.live_p95, 0, 115);
}

static void a_step_up_is_taken_within_five_seconds(void **state)
{
    const cc_bed_config config = {.forward = "rate=500 delay=25 qbytes=50000",
                                  .backward = "delay=25",
                                  .change = {{15, "rate=2000"}},
                                  .warm_s = 1,
                                  .seconds = 24};

    (void)state;
    run(&config);
    assert_between(mean(seen.sent_kbps, 19, 20), 1700, 2005);
    assert_int_equal(result.freezes, 0);
}

/* An L4S link marks what waits longer than 5 ms: the frames are spread, and less is sent than would fill it. */
static void marks_keep_the_queue_shorter_than_delay_alone_would(void **state)
{
    cc_bed_config config = {
        .forward = "rate=1200 delay=25 qbytes=200000 ecn=5", .backward = "delay=25", .ect = true, .seconds = 30};
    double by_marks;

    (void)state;
    run(&config);
    assert_between(result.use, 0.85, 0.96);
    assert_between(result.queue_p95, 0, 15);
    assert_between(result.end.ce, 0.01, 0.3);
    by_marks = result.live_p95;
    config.ect = false;
    run(&config);
    assert_between(result.queue_p95, 15, 40);
    assert_true(by_marks < result.live_p95 - 5);
}

static void loss_that_is_no_congestion_costs_no_rate(void **state)
{
    static const char *const links[] = {"rate=2000 delay=30 qbytes=15000 loss=0.02",
                                        "rate=2000 delay=30 qbytes=15000 loss=0.10",
                                        "rate=2000 delay=30 qbytes=15000 ge=0.0104,0.25,0,1"};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(links); i++) {
        const cc_bed_config config = {.forward = links[i], .backward = "delay=30 loss=0.02"};
        run(&config);
        assert_between(result.use, 0.85, 1);
        assert_between(result.queue_p95, 0, 40);
        assert_between(result.drops, 0, 0.01);
    }
}

static void jitter_and_reordering_are_not_taken_for_a_queue(void **state)
{
    cc_bed_config config = {.forward = "rate=2000 delay=30 qbytes=50000 jitter=30 reorder=0.01,40",
                            .backward = "delay=30 jitter=10",
                            .picture_bps = 4e6};
    double use = 0;

    (void)state;
    for (config.seed = 1; config.seed <= 5; config.seed++) { /* one lucky jitter proves little */
        run(&config);
        use += result.use / 5;
        assert_between(result.queue_p95, 0, 60);
        assert_int_equal(result.freezes, 0);
    }
    assert_between(use, 0.65, 1);
}

static void clocks_that_drift_change_nothing(void **state)
{
    static const double ppm[] = {-200, 200};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(ppm); i++) {
        const cc_bed_config config = {
            .forward = "rate=1000 delay=25 qms=300", .backward = "delay=25", .clock_ppm = ppm[i], .seconds = 60};
        run(&config);
        assert_between(result.use, 0.85, 1);
        assert_between(result.queue_p95, 0, 45);
    }
}

static void rare_reports_are_enough(void **state)
{
    const cc_bed_config config = {.forward = "rate=1000 delay=25 qms=300", .backward = "delay=25", .feedback_ms = 250};

    (void)state;
    run(&config);
    assert_between(result.use, 0.85, 1);
    assert_between(result.queue_p95, 0, 60);
}

static void on_64_kbps_sound_goes_on_and_pictures_become_stills(void **state)
{
    const cc_bed_config config = {
        .forward = "rate=64 delay=25 qms=300", .backward = "delay=25", .warm_s = 2, .seconds = 60};

    (void)state;
    run(&config);
    assert_between(result.drops, 0, 0.002);
    assert_between(result.queue_p99, 0, 100);
    assert_between(result.video_kbps, 5, 20); /* of 16 that sound leaves */
}

/* ---- cellular links, made up ----------------------------------------------------------------------------- */

/* A Mahimahi trace: opportunities whose rate wanders from 0.3 to 4 Mb/s within seconds, with outages of 300 ms. */
static size_t cellular(uint32_t *trace, size_t capacity, uint64_t seed, double outages_per_s)
{
    double kbps = 1500, credit = 0;
    uint32_t outage = 0;
    size_t count = 0;
    qua_prng prng;

    qua_prng_seed(&prng, seed);
    for (uint32_t ms = 0; ms < 60000; ms++) {
        if (ms % 20 == 0)
            kbps = QUA_CLAMP(kbps * (0.8 + 0.41 * qua_prng_uniform(&prng)), 300, 4000);
        if (outage == 0 && qua_prng_uniform(&prng) < outages_per_s / 1000)
            outage = 300;
        outage -= outage > 0;
        for (credit += outage ? 0 : kbps / 8 / 1500; credit >= 1 && count < capacity; credit--)
            trace[count++] = ms;
    }
    return count;
}

static void a_cellular_link_is_used_without_standing_in_its_queue(void **state)
{
    static uint32_t trace[40000];

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const cc_bed_config config = {.forward = "delay=20 qbytes=600000",
                                      .backward = "delay=20",
                                      .trace = trace,
                                      .trace_count = cellular(trace, QUA_ARRAY_SIZE(trace), seed, 0),
                                      .seed = seed};
        run(&config);
        assert_between(result.use, 0.70, 1);
        assert_between(result.live_p95, 0, 200);
        assert_between(result.drops, 0, 0.001);
    }
}

/* Outages are the link's own: what may be added to them is little. */
static void outages_of_the_link_are_not_made_longer(void **state)
{
    static uint32_t trace[40000];
    double ours = 0, links = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        cc_bed_config config = {.forward = "delay=20 qbytes=600000",
                                .backward = "delay=20",
                                .trace = trace,
                                .trace_count = cellular(trace, QUA_ARRAY_SIZE(trace), seed, 0.2),
                                .seed = seed};
        run(&config);
        ours += result.freeze_ms;
        config.cc = (qua_cc_config){.algorithm = QUA_CC_FIXED, .start_bps = 100000}; /* meets the outages alone */
        run(&config);
        links += result.freeze_ms;
    }
    assert_between(ours, 0, 1.5 * links);
}

/* Well for 4 s, then bursts of 50 ms at 1 Mb/s with 300 ms of nothing between: 140 kb/s, not the rate of the bursts. */
static size_t bursts(uint32_t *trace, size_t capacity)
{
    size_t count = 0;

    for (uint32_t ms = 0; ms < 60000 && count < capacity; ms += 12)
        if (ms % 20000 < 4000 || ms % 350 < 50)
            trace[count++] = ms;
    return count;
}

static void a_server_that_stands_still_again_and_again_is_slow(void **state)
{
    static uint32_t trace[8000];
    const cc_bed_config config = {.forward = "delay=20 qbytes=600000",
                                  .backward = "delay=20",
                                  .trace = trace,
                                  .trace_count = bursts(trace, QUA_ARRAY_SIZE(trace)),
                                  .warm_s = 6,
                                  .seconds = 13};

    (void)state;
    run(&config);
    assert_between(result.queue_p95, 0, 750); /* two of its pauses */
    assert_between(result.use, 0.7, 1);
    assert_int_not_equal(result.end.state, QUA_CC_COMPETE); /* nobody else is there */
}

/* ---- invariants ------------------------------------------------------------------------------------------ */

static void the_same_seed_gives_the_same_call(void **state)
{
    const cc_bed_config config = {
        .forward = "rate=1000 delay=25 qms=200 loss=0.03 jitter=10", .backward = "delay=25 loss=0.03", .seed = 5};
    cc_bed_result first;

    (void)state;
    run(&config);
    first = result;
    run(&config);
    assert_true(first.kbps == result.kbps && first.live_p99 == result.live_p99 && first.lost == result.lost);
    assert_int_equal(first.end.packets_acked, result.end.packets_acked);
}

/* Some link, that is bad for a while and then well again; never so bad that sound alone overfills it. */
static void some_network(uint64_t seed, char *bad, char *well, char *backward, size_t size)
{
    qua_prng prng;

    qua_prng_seed(&prng, seed);
    const int rate = 200 + (int)(3000 * qua_prng_uniform(&prng)), delay = (int)(120 * qua_prng_uniform(&prng));
    const double share = 0.1 + 0.5 * qua_prng_uniform(&prng);
    snprintf(well, size, "rate=%d delay=%d qms=%d loss=0 jitter=0", rate, delay,
             80 + (int)(400 * qua_prng_uniform(&prng)));
    snprintf(bad, size, "rate=%d loss=%.3f jitter=%d", QUA_MAX((int)(rate * share), 64), 0.2 * qua_prng_uniform(&prng),
             (int)(30 * qua_prng_uniform(&prng)));
    snprintf(backward, size, "delay=%d loss=%.3f", delay, 0.1 * qua_prng_uniform(&prng));
}

static void from_any_bad_time_the_call_recovers_within_two_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        char bad[96], well[96], backward[96];
        some_network(seed, bad, well, backward, sizeof bad);
        const cc_bed_config config = {.forward = well,
                                      .backward = backward,
                                      .change = {{6, bad}, {10, well}},
                                      .warm_s = 12,
                                      .seconds = 6,
                                      .seed = seed};
        run(&config);
        const double delay = result.live_p95;
        if (delay > 450 || result.freezes > 0 || result.use < 0.5)
            printf("seed %d: %s; %s: live p95 %.0f, freezes %d, use %.2f\n", (int)seed, well, bad, delay,
                   result.freezes, result.use);
        assert_true(delay <= 450 && result.freezes == 0 && result.use >= 0.5);
        assert_true(result.end.in_flight < 600000);
    }
}

/*
 * On 63 kb/s sound fills the link, and the rate that was learned there leaves no room for pictures. When the link was
 * well again, small packets alone never corrected it: no picture came any more, for ever.
 */
static void a_rate_learned_in_bad_times_is_doubted(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        const cc_bed_config config = {.forward = "rate=451 delay=13 qms=153",
                                      .backward = "delay=13 loss=0.05",
                                      .change = {{6, "rate=60 loss=0.055 jitter=23"}, {10, "rate=451 loss=0 jitter=0"}},
                                      .warm_s = 14,
                                      .seconds = 4,
                                      .seed = seed};
        run(&config);
        assert_true(result.use > 0.8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variable_capacity_is_followed),
        cmocka_unit_test(a_congested_way_back_does_not_stop_the_way_forth),
        cmocka_unit_test(a_long_tcp_flow_and_a_call_share_the_link),
        cmocka_unit_test(short_tcp_flows_pass_by),
        cmocka_unit_test(on_500_kbps_the_rate_settles_just_below),
        cmocka_unit_test(a_rise_to_800_kbps_is_found),
        cmocka_unit_test(three_megabits_are_in_use_two_seconds_after_the_start),
        cmocka_unit_test(random_loss_on_a_fast_link_does_not_bring_it_down),
        cmocka_unit_test(fixed_rates_are_used_with_a_short_queue),
        cmocka_unit_test(after_a_step_down_no_frame_is_half_a_second_late),
        cmocka_unit_test(a_step_up_is_taken_within_five_seconds),
        cmocka_unit_test(marks_keep_the_queue_shorter_than_delay_alone_would),
        cmocka_unit_test(loss_that_is_no_congestion_costs_no_rate),
        cmocka_unit_test(jitter_and_reordering_are_not_taken_for_a_queue),
        cmocka_unit_test(clocks_that_drift_change_nothing),
        cmocka_unit_test(rare_reports_are_enough),
        cmocka_unit_test(on_64_kbps_sound_goes_on_and_pictures_become_stills),
        cmocka_unit_test(a_cellular_link_is_used_without_standing_in_its_queue),
        cmocka_unit_test(outages_of_the_link_are_not_made_longer),
        cmocka_unit_test(a_server_that_stands_still_again_and_again_is_slow),
        cmocka_unit_test(a_rate_learned_in_bad_times_is_doubted),
        cmocka_unit_test(the_same_seed_gives_the_same_call),
        cmocka_unit_test(from_any_bad_time_the_call_recovers_within_two_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
