/*
 * What sending to one, two or three others costs one participant: CPU of its own code in a virtual call, in which the
 * others only receive. Encoding is real; the operating system's sending and receiving of datagrams is not in it.
 *
 * usage: bench_sim_call_cpu [SECONDS [WIDTH HEIGHT FPS]]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim_call.h"

static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

typedef struct result {
    double encode_ms, other_ms; /* per second of call */
    double encodes, frames, kbps;
} result;

static result measure(const sim_call_config *config, int people, double seconds)
{
    const sim_guest camera = {.up = "rate=20000 delay=10", .down = "rate=20000 delay=10"};
    const sim_guest viewer = {.up = camera.up, .down = camera.down, .no_camera = true, .no_microphone = true};
    sim_call *call = sim_call_create(config);
    qua_hub_stats before, after;
    uint64_t bytes;
    result r;

    sim_call_join(call, &camera);
    for (int i = 1; i < people; i++)
        sim_call_join(call, &viewer);
    sim_call_run(call, 5);
    sim_call_forget(call);
    sim_call_hub_stats(call, 0, &before);
    bytes = sim_call_sent_bytes(call, 0);
    sim_call_run(call, seconds);
    sim_call_hub_stats(call, 0, &after);
    r.encode_ms = (double)sim_call_cpu(call, 0).encode_ns / 1e6 / seconds;
    r.other_ms = (double)sim_call_cpu(call, 0).other_ns / 1e6 / seconds;
    r.encodes = (double)(after.encoded - before.encoded);
    r.frames = (double)(after.pushed - before.pushed);
    r.kbps = (double)(sim_call_sent_bytes(call, 0) - bytes) * 8 / 1000 / seconds;
    sim_call_destroy(&call);
    return r;
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 20;
    const sim_call_config config = {
        .seed = 1,
        .width = argc > 4 ? atoi(argv[2]) : 640,
        .height = argc > 4 ? atoi(argv[3]) : 360,
        .fps = argc > 4 ? atof(argv[4]) : 30,
        .skip_decoding = true,
        .cpu_ns = cpu_ns,
    };
    double two = 0;

    printf("%dx%d at %.0f fps, VP8, %.0f s; CPU of one sender in ms per second of call\n", config.width, config.height,
           config.fps, seconds);
    printf("people  encodes/frame  encode  speech+transport   total  of two  sent kb/s\n");
    for (int people = 2; people <= QUA_MAX_PARTICIPANTS; people++) {
        const result r = measure(&config, people, seconds);
        const double total = r.encode_ms + r.other_ms;

        two = people == 2 ? total : two;
        printf("%6d  %13.3f  %6.1f  %16.1f  %6.1f  %6.2f  %9.0f\n", people, r.encodes / r.frames, r.encode_ms,
               r.other_ms, total, total / two, r.kbps);
    }
    return 0;
}
