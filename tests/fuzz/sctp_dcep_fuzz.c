/* DATA_CHANNEL_OPEN and ACK: what parses is written again and reads the same. */
#include "sctp/sctp_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dcep_open open, again;
    qua_buffer *written;

    if (sctp_dcep_parse(&open, data, size) != DCEP_OPEN)
        return 0;
    written = sctp_dcep_write_open(&open);
    assert(written && sctp_dcep_parse(&again, written->data, written->size) == DCEP_OPEN);
    assert(again.ordered == open.ordered && again.max_retransmits == open.max_retransmits &&
           again.max_packet_lifetime_ms == open.max_packet_lifetime_ms && again.label_size == open.label_size &&
           again.protocol_size == open.protocol_size);
    assert(!open.label_size || memcmp(again.label, open.label, open.label_size) == 0);
    qua_buffer_unref(&written);
    return 0;
}
