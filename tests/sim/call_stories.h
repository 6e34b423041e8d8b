/* What the stories of whole calls have in common; private to tests/sim. */
#ifndef CALL_STORIES_H
#define CALL_STORIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sim_call.h"

#define WIRE "rate=10000 delay=10 qms=200"

/* 320x180 at 30 fps. */
static inline sim_call *call_of(uint64_t seed)
{
    const sim_call_config config = {.seed = seed};

    return sim_call_create(&config);
}

/* 160x90 at 10 fps, for stories that are not about the picture: they cost a tenth. */
static inline sim_call *small_call_of(uint64_t seed)
{
    const sim_call_config config = {.seed = seed, .width = 160, .height = 90, .fps = 10};

    return sim_call_create(&config);
}

static inline void join(sim_call *call, int count, const char *link)
{
    const sim_guest guest = {.up = link, .down = link};

    for (int i = 0; i < count; i++) {
        sim_call_join(call, &guest);
        sim_call_run(call, 0.3);
    }
}

static inline sim_view view(const sim_call *call, int viewer, int of)
{
    sim_view v;

    sim_call_view(call, viewer, of, &v);
    return v;
}

static inline void show(const sim_call *call, int viewer, int of)
{
    const sim_view v = view(call, viewer, of);

    print_message("    %d sees %d: %u frames %dx%d, delay %.0f/%.0f ms, gap %.0f ms, %d freezes, %.1f dB; sound %u "
                  "blocks, %u silent, %u concealed\n",
                  viewer, of, (unsigned)v.frames, v.width, v.height, v.delay_ms_p50, v.delay_ms_p95, v.longest_gap_ms,
                  v.freezes, v.psnr, (unsigned)v.blocks, (unsigned)v.silent, (unsigned)v.concealed);
}

/* Picture and sound for `seconds` since the figures began: most frames whole, most sound real. */
static inline void assert_well(const sim_call *call, int viewer, int of, double seconds, double share)
{
    const sim_view v = view(call, viewer, of);

    show(call, viewer, of);
    assert_true(v.present);
    assert_int_equal(v.connection, QUA_CONNECTION_CONNECTED);
    assert_true((double)v.frames >= share * sim_call_fps(call) * seconds);
    assert_true((double)v.unreadable <= 0.01 * (double)v.frames);
    assert_true((double)v.blocks >= share * 100 * seconds);
    assert_true((double)v.silent <= (1 - share) * 100 * seconds);
}

static inline void assert_all_well(const sim_call *call, int people, double seconds, double share)
{
    for (int i = 0; i < people; i++)
        for (int j = 0; j < people; j++)
            if (i != j)
                assert_well(call, i, j, seconds, share);
}

#endif
