/* H.264 payloads (RFC 6184): what is found lies in the room; and what is cut is put together again. */
#include <stdlib.h>

#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const uint8_t *data, size_t size)
{
    uint8_t room[QUA_RTP_H264_ROOM];
    qua_rtp_fragment f;

    if (qua_rtp_h264_parse(&f, data, size, room) == 0)
        assert(f.data == room && f.size > 0 && f.size <= sizeof room && f.frame_start == f.keyframe);
}

static void cut(const uint8_t *data, size_t size, size_t capacity)
{
    qua_rtp_h264_cutter cutter = qua_rtp_h264_cutter_of(data, size);
    uint8_t payload[QUA_RTP_PAYLOAD_MAX], room[QUA_RTP_H264_ROOM];
    qua_rtp_fragment f;
    size_t n, total = 0;

    while ((n = qua_rtp_h264_cut(&cutter, payload, capacity)) != 0) {
        assert(n <= capacity);
        if (qua_rtp_h264_parse(&f, payload, n, room) == 0)
            total += f.size;
    }
    assert(total <= 2 * size); /* a start code may be a byte longer than it was */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    parse(data, QUA_MIN(size, QUA_DATAGRAM_MAX));
    cut(data + 1, size - 1, 3 + data[0]);
    return 0;
}
