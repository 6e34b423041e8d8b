/* The Data Channel Establishment Protocol's two messages (RFC 8832 §5). */
#include "sctp/sctp_internal.h"

enum { TYPE_ACK = 0x02, TYPE_OPEN = 0x03 };
enum { RELIABLE = 0x00, REXMIT = 0x01, TIMED = 0x02, UNORDERED = 0x80 };

#define PRIORITY_NORMAL  256 /* RFC 8831 §6.4 */
#define OPEN_HEADER_SIZE 12

dcep_type sctp_dcep_parse(dcep_open *out, const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    const uint8_t type = qua_read_u8(&r);
    uint8_t channel_type;
    uint32_t reliability;
    dcep_open open = {.max_retransmits = -1, .max_packet_lifetime_ms = -1};

    if (type == TYPE_ACK && size >= 1)
        return DCEP_ACK;
    channel_type = qua_read_u8(&r);
    qua_read_u16(&r); /* priority: what leaves first is the sender's business */
    reliability = qua_read_u32(&r);
    open.label_size = qua_read_u16(&r);
    open.protocol_size = qua_read_u16(&r);
    open.label = (const char *)qua_read_bytes(&r, open.label_size);
    open.protocol = (const char *)qua_read_bytes(&r, open.protocol_size);
    if (r.failed || type != TYPE_OPEN || (channel_type & ~UNORDERED) > TIMED)
        return DCEP_NONE;
    open.ordered = !(channel_type & UNORDERED);
    if ((channel_type & ~UNORDERED) == REXMIT)
        open.max_retransmits = (int)QUA_MIN(reliability, UINT16_MAX);
    if ((channel_type & ~UNORDERED) == TIMED)
        open.max_packet_lifetime_ms = (int)QUA_MIN(reliability, UINT16_MAX);
    *out = open;
    return DCEP_OPEN;
}

qua_buffer *sctp_dcep_write_open(const dcep_open *open)
{
    const size_t size = OPEN_HEADER_SIZE + open->label_size + open->protocol_size;
    qua_buffer *buffer = qua_buffer_create(size);
    uint8_t type = open->ordered ? 0 : UNORDERED;
    uint32_t reliability = 0;
    qua_writer w;

    if (!buffer)
        return NULL;
    assert(open->label_size <= DCEP_TEXT_MAX && open->protocol_size <= DCEP_TEXT_MAX);
    if (open->max_retransmits >= 0) {
        type |= REXMIT;
        reliability = (uint32_t)open->max_retransmits;
    } else if (open->max_packet_lifetime_ms >= 0) {
        type |= TIMED;
        reliability = (uint32_t)open->max_packet_lifetime_ms;
    }
    w = qua_writer_of(buffer->data, size);
    qua_write_u8(&w, TYPE_OPEN);
    qua_write_u8(&w, type);
    qua_write_u16(&w, PRIORITY_NORMAL);
    qua_write_u32(&w, reliability);
    qua_write_u16(&w, (uint16_t)open->label_size);
    qua_write_u16(&w, (uint16_t)open->protocol_size);
    qua_write_bytes(&w, open->label, open->label_size);
    qua_write_bytes(&w, open->protocol, open->protocol_size);
    buffer->size = size;
    return buffer;
}

qua_buffer *sctp_dcep_write_ack(void)
{
    qua_buffer *buffer = qua_buffer_create(1);

    if (!buffer)
        return NULL;
    buffer->data[0] = TYPE_ACK;
    buffer->size = 1;
    return buffer;
}
