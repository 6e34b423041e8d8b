/* A stream of packets in any order with any flags: bounded, in order, and what comes out was put in. */
#include <stdlib.h>

#include "media/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(qua_video_jitter *j, qua_time now, int64_t *last)
{
    qua_video_picture p;

    while (qua_video_jitter_poll(j, now, &p)) {
        if (p.first_seq <= *last || p.last_seq < p.first_seq || p.data->size == 0)
            abort();
        *last = p.last_seq;
        qua_buffer_unref(&p.data);
    }
    (void)qua_video_jitter_needs_keyframe(j, now);
    (void)qua_video_jitter_horizon(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    qua_video_jitter *j;
    qua_video_fragment f = {.seq = 65536};
    int64_t last = -1;
    qua_time now = 0;

    if (qua_video_jitter_create(&j) != 0)
        return 0;
    while (qua_reader_left(&r) >= 3) { /* flags, step of the number, step of the time stamp */
        const uint8_t flags = qua_read_u8(&r);
        f.seq = qua_unwrap16(f.seq, (uint16_t)(f.seq + (int8_t)qua_read_u8(&r) * (flags & 0x40 ? 256 : 1)));
        f.seq = QUA_MAX(f.seq, 0);
        f.timestamp += qua_read_u8(&r);
        f.frame_start = flags & 1;
        f.marker = flags & 2;
        f.keyframe = flags & 4;
        f.unmarked = flags & 0x20;
        f.data = data;
        f.size = flags & 8 ? 0 : QUA_MIN(size, 1 + (flags >> 4 & 3) * 500u);
        now += QUA_MS(flags & 0x80 ? 100 : 1);
        (void)qua_video_jitter_insert(j, now, &f);
        drain(j, now, &last);
        if (flags == 0xff)
            qua_video_jitter_reset(j);
    }
    qua_video_jitter_destroy(&j);
    return 0;
}
