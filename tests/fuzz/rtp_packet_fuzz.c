/* A packet that parses is written again and must then parse to the same; RTX unwrapping on the way. */
#include <stdlib.h>

#include "rtp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const qua_rtp_extmap map = {.id = {1, 2, 3, 4, 5, 6}};
    uint8_t wire[65536 + QUA_RTP_HEADER_MAX];
    qua_rtp_packet first, second;

    if (size > 65536 || qua_rtp_parse(&first, &map, data, size) != 0)
        return 0;
    assert(first.payload >= data && first.payload + first.payload_size <= data + size);
    assert(memchr(first.ext.mid, 0, sizeof first.ext.mid));
    const size_t written =
        qua_rtp_write(wire, sizeof wire, &first.header, &map, &first.ext, first.payload, first.payload_size, 0);
    if (written == 0 || qua_rtp_parse(&second, &map, wire, written) != 0)
        abort();
    if (second.ext.present != first.ext.present || second.payload_size != first.payload_size ||
        second.header.seq != first.header.seq || second.header.ssrc != first.header.ssrc)
        abort();
    (void)qua_rtp_unwrap_rtx(&first, 1, 2);
    (void)qua_rtp_is_rtcp(data, size);
    return 0;
}
