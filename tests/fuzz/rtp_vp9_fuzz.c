/* VP9 payload descriptors (RFC 9628): what is found lies inside the payload. */
#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_rtp_fragment f;

    if (qua_rtp_vp9_parse(&f, data, size) != 0)
        return 0;
    assert(f.size > 0 && f.data > data && f.data + f.size == data + size);
    assert(f.picture_id >= -1 && f.picture_id <= 0x7fff && f.temporal_id <= 7);
    assert(!f.keyframe || f.frame_start);
    return 0;
}
