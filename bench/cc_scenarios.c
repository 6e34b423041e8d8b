/*
 * The yardstick of congestion control: every scenario of the call lab and the published ones, in virtual time.
 * usage: bench_cc_scenarios [-t TRACES_FOLDER] [-w SCENARIO] [-s SEEDS] [-f kbps] [-a]
 *   -t  folder with Mahimahi traces (Verizon-LTE-short.up, ...); without it traces are left out
 *   -a  every trace from many starts, geometric means: so that nothing is tuned to one half minute
 *   -w  run one and print it each 100 ms     -s  medians over so many seeds     -f  hold a fixed rate instead
 */
#include "../tests/sim/lib/cc_bed.c"
#include "../tests/sim/lib/sim_nat.c"
#include "../tests/sim/lib/sim_net.c"
#include "../tests/sim/lib/sim_pipe.c"
#include "../tests/sim/lib/sim_tcp.c"

#include <math.h>
#include <unistd.h>

#define LTE(file, offset)                                                                                              \
    .trace_file = file, .trace_offset_s = offset, .forward = "delay=20 qbytes=600000", .backward = "delay=20"

static const cc_bed_config scenarios[] = {
    {.name = "clear", .forward = "", .backward = "", .picture_bps = 2e6},
    {.name = "rtt50", .forward = "delay=25", .backward = "delay=25", .picture_bps = 2e6},
    {.name = "k1000", .forward = "rate=1000 delay=25 qbytes=6250", .backward = "delay=25"},
    {.name = "k1000q", .forward = "rate=1000 delay=25 qbytes=37500", .backward = "delay=25"},
    {.name = "k500", .forward = "rate=500 delay=25 qbytes=12500", .backward = "delay=25"},
    {.name = "k500-15fps", .forward = "rate=500 delay=25 qbytes=12500", .backward = "delay=25", .fps = 15},
    {.name = "k300", .forward = "rate=300 delay=25 qbytes=12500", .backward = "delay=25"},
    {.name = "k150", .forward = "rate=150 delay=25 qbytes=12500", .backward = "delay=25"},
    {.name = "k64", .forward = "rate=64 delay=25 qbytes=12500", .backward = "delay=25"},
    {.name = "m5", .forward = "rate=5000 delay=25 qbytes=60000", .backward = "delay=25"},
    {.name = "loss2", .forward = "rate=2000 delay=30 qbytes=15000 loss=0.02", .backward = "delay=30 loss=0.02"},
    {.name = "loss5", .forward = "rate=2000 delay=30 qbytes=15000 loss=0.05", .backward = "delay=30 loss=0.05"},
    {.name = "loss10", .forward = "rate=2000 delay=30 qbytes=15000 loss=0.10", .backward = "delay=30 loss=0.10"},
    {.name = "burst", .forward = "rate=2000 delay=30 qbytes=15000 ge=0.0104,0.25,0,1", .backward = "delay=30"},
    {.name = "step",
     .forward = "rate=2000 delay=25 qbytes=50000",
     .backward = "delay=25",
     .change = {{15, "rate=500"}, {27, "rate=2000"}}},
    {.name = "step-noaudio",
     .forward = "rate=2000 delay=25 qbytes=50000",
     .backward = "delay=25",
     .no_audio = true,
     .change = {{15, "rate=500"}, {27, "rate=2000"}}},
    {.name = "jitter", .forward = "rate=2000 delay=30 qbytes=50000 jitter=30 reorder=0.01,40", .backward = "delay=30"},
    {.name = "l4s", .forward = "rate=1200 delay=25 qbytes=200000 ecn=5", .backward = "delay=25", .ect = true},
    {.name = "vzlte", LTE("Verizon-LTE-short.up", 28)},
    {.name = "attlte", LTE("ATT-LTE-driving.up", 225)},
    {.name = "evdo", LTE("Verizon-EVDO-driving.up", 20)},
    {.name = "vzlte-2m", LTE("Verizon-LTE-short.up", 28), .picture_bps = 1.5e6},
    {.name = "attlte-2m", LTE("ATT-LTE-driving.up", 225), .picture_bps = 1.5e6},
    {.name = "evdo-2m", LTE("Verizon-EVDO-driving.up", 20), .picture_bps = 1.5e6},
    {.name = "att400", LTE("ATT-LTE-driving.up", 400)},
    {.name = "tmobile", LTE("TMobile-LTE-short.up", 30)},
    {.name = "evdo-dn", LTE("Verizon-EVDO-driving.down", 100)},
    {.name = "att-dn", LTE("ATT-LTE-driving.down", 100)},
    {.name = "vz-dn", LTE("Verizon-LTE-short.down", 30)},
    {.name = "k1000-noaudio", .forward = "rate=1000 delay=25 qbytes=37500", .backward = "delay=25", .no_audio = true},
    {.name = "k1000-100ms", .forward = "rate=1000 delay=25 qbytes=37500", .backward = "delay=25", .feedback_ms = 100},
    {.name = "k1000-250ms", .forward = "rate=1000 delay=25 qbytes=37500", .backward = "delay=25", .feedback_ms = 250},
    {.name = "jitter-noaudio",
     .forward = "rate=2000 delay=30 qbytes=50000 jitter=30",
     .backward = "delay=30",
     .no_audio = true},
    {.name = "rtt300", .forward = "rate=1000 delay=150 qbytes=37500", .backward = "delay=150"},
    {.name = "tcp", .forward = "rate=1000 delay=50 qms=300", .backward = "delay=50", .tcp_flows = 1, .seconds = 60},
    {.name = "tcp-late",
     .forward = "rate=1000 delay=25 qms=200",
     .backward = "delay=25",
     .tcp_flows = 1,
     .tcp_from_s = 20,
     .tcp_to_s = 50,
     .seconds = 70},
    {.name = "tcp-2m", .forward = "rate=2000 delay=25 qms=100", .backward = "delay=25", .tcp_flows = 1, .seconds = 60},
    {.name = "m50-loss1", .forward = "rate=50000 delay=50 loss=0.01", .backward = "delay=50"},
    {.name = "ramp-down", .forward = "rate=500 delay=100", .backward = "delay=100", .warm_s = 15, .seconds = 10},
    {.name = "ramp-800",
     .forward = "rate=500 delay=100",
     .backward = "delay=100",
     .change = {{25, "rate=800"}},
     .warm_s = 35,
     .seconds = 10},
};

static void print_head(void)
{
    printf("%-15s %5s %6s %6s | %4s %4s %5s | %5s %5s %5s %6s %5s | %3s %6s %5s %5s %5s %5s %6s\n", "scenario", "use",
           "kbps", "video", "q50", "q95", "q99", "live", "p95", "p99", "worst", "at", "fz", "ms", "skip", "drop",
           "lost", "tcp", "target");
}

static void print_result(const char *name, const cc_bed_result *r)
{
    printf("%-15s %5.2f %6.0f %6.0f | %4.0f %4.0f %5.0f | %5.0f %5.0f %5.0f %6.0f %5.1f | %3d %6.0f %5.3f %5.3f %5.3f "
           "%5.0f %6.0f\n",
           name, r->use, r->kbps, r->video_kbps, r->queue_p50, r->queue_p95, r->queue_p99, r->live_p50, r->live_p95,
           r->live_p99, r->worst_ms, r->worst_at_s, r->freezes, r->freeze_ms, r->skipped, r->drops, r->lost,
           r->tcp_kbps, r->target_kbps);
}

static void print_moment(void *context, double now_s, const qua_cc_stats *s, double sent_kbps)
{
    (void)context;
    printf("%6.1f %-8s target %6.0f capacity %6.0f delivered %6.0f sent %6.0f queue %6.1f ahead %6.1f jitter %5.1f "
           "loss %.3f ce %.2f\n",
           now_s, qua_cc_state_name(s->state), (double)s->target_bps / 1e3, (double)s->capacity_bps / 1e3,
           (double)s->delivered_bps / 1e3, sent_kbps, (double)s->queue_delay_us / 1e3, (double)s->queue_ahead_us / 1e3,
           (double)s->jitter_us / 1e3, s->loss, s->ce);
}

static bool prepare(cc_bed_config *config, const char *traces, char *path, size_t capacity)
{
    if (!config->trace_file)
        return true;
    if (!traces)
        return false;
    snprintf(path, capacity, "%s/%s", traces, config->trace_file);
    config->trace_file = path;
    return true;
}

static int by_p95(const void *a, const void *b)
{
    const double x = ((const cc_bed_result *)a)->live_p95, y = ((const cc_bed_result *)b)->live_p95;

    return (x > y) - (x < y);
}

/* A picture of 1.5 Mb/s over each trace, from starts SWEEP_STEP_S apart. */
static void sweep(const char *traces)
{
    enum { SWEEP_STARTS = 10, SWEEP_STEP_S = 23 };
    static const char *const files[] = {"Verizon-LTE-short.up",    "Verizon-LTE-short.down",   "ATT-LTE-driving.up",
                                        "ATT-LTE-driving.down",    "TMobile-LTE-short.up",     "TMobile-LTE-short.down",
                                        "Verizon-EVDO-driving.up", "Verizon-EVDO-driving.down"};
    double all[4] = {0};
    char path[512];

    printf("%-26s %7s %7s %7s %7s %5s\n", "trace", "p95", "p99", "freeze", "video", "use");
    for (size_t i = 0; i < QUA_ARRAY_SIZE(files); i++) {
        double sum[4] = {0}, use = 0;

        for (int k = 0; k < SWEEP_STARTS; k++) {
            cc_bed_config config = {LTE(files[i], 7 + k * SWEEP_STEP_S), .picture_bps = 1.5e6};
            cc_bed_result r;

            prepare(&config, traces, path, sizeof path);
            cc_bed_run(&config, &r, NULL, NULL);
            const double value[4] = {r.live_p95, r.live_p99, r.freeze_ms + 100, r.video_kbps};
            for (int m = 0; m < 4; m++)
                sum[m] += log(QUA_MAX(value[m], 1)) / SWEEP_STARTS;
            use += r.use / SWEEP_STARTS;
        }
        printf("%-26s %7.0f %7.0f %7.0f %7.0f %5.2f\n", files[i], exp(sum[0]), exp(sum[1]), exp(sum[2]) - 100,
               exp(sum[3]), use);
        for (int m = 0; m < 4; m++)
            all[m] += sum[m] / QUA_ARRAY_SIZE(files);
    }
    printf("%-26s %7.0f %7.0f %7.0f %7.0f\n", "all", exp(all[0]), exp(all[1]), exp(all[2]) - 100, exp(all[3]));
}

int main(int argc, char **argv)
{
    const char *traces = NULL, *watched = NULL;
    bool everything = false;
    int option, seeds = 1, fixed = 0;
    char path[512];
    static cc_bed_result results[64];

    while ((option = getopt(argc, argv, "at:w:s:f:")) != -1) {
        switch (option) {
        case 'a':
            everything = true;
            break;
        case 't':
            traces = optarg;
            break;
        case 'w':
            watched = optarg;
            break;
        case 's':
            seeds = QUA_CLAMP(atoi(optarg), 1, 64);
            break;
        case 'f':
            fixed = atoi(optarg);
            break;
        default:
            return 2;
        }
    }
    if (everything && traces)
        return sweep(traces), 0;
    if (!watched)
        print_head();
    for (size_t i = 0; i < QUA_ARRAY_SIZE(scenarios); i++) {
        cc_bed_config config = scenarios[i];
        if (!prepare(&config, traces, path, sizeof path) || (watched && strcmp(watched, config.name) != 0))
            continue;
        if (fixed > 0) {
            config.cc.algorithm = QUA_CC_FIXED;
            config.cc.start_bps = (uint64_t)fixed * 1000;
        }
        for (int seed = 0; seed < seeds; seed++) {
            config.seed = (uint64_t)seed * 1000;
            cc_bed_run(&config, &results[seed], watched ? print_moment : NULL, NULL);
        }
        qsort(results, (size_t)seeds, sizeof *results, by_p95);
        if (watched)
            print_head();
        print_result(config.name, &results[seeds / 2]);
    }
    return 0;
}
