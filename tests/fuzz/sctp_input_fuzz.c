/*
 * What a far side could send inside DTLS. Two associations are connected, then the input goes to one of them as chunks
 * behind a right header and checksum, a row of them: two bytes for the size (bit 15: as the message of a DATA chunk,
 * its stream and PPID first), the bytes.
 */
#include <stdlib.h>

#include "sctp/sctp_internal.h"

static qua_time now = QUA_SECONDS(1);

typedef struct pair {
    qua_sctp *side[2];
    uint32_t tag, tsn; /* that packets to side 0 carry: of the newest DATA chunk heard */
} pair;

static void drop_events(qua_sctp *s)
{
    qua_sctp_event event;

    while (qua_sctp_poll_event(s, &event))
        qua_buffer_unref(&event.data);
}

/* Which tag and number a packet to side 0 must have is learned from those that go there. */
static void learn(pair *p, const uint8_t *packet, size_t size)
{
    p->tag = qua_get_be32(packet + 4);
    if (size >= 28 && packet[12] == SCTP_DATA)
        p->tsn = qua_get_be32(packet + 16) + 1;
}

static void exchange(pair *p)
{
    uint8_t packet[QUA_SCTP_PACKET];
    size_t size;

    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 2; i++) {
            while ((size = qua_sctp_poll_transmit(p->side[i], packet, sizeof packet)) != 0) {
                if (i == 1)
                    learn(p, packet, size);
                qua_sctp_input(p->side[!i], now, packet, size);
            }
            drop_events(p->side[i]);
        }
    }
}

static void open_pair(pair *p)
{
    const qua_data_channel_config config = QUA_DATA_CHANNEL_DEFAULTS;

    memset(p, 0, sizeof *p);
    for (int i = 0; i < 2; i++) {
        assert(qua_sctp_create(&p->side[i], NULL) == 0);
        qua_sctp_start(p->side[i], now, i == 0, QUA_SCTP_PORT, 0);
        assert(qua_sctp_open(p->side[i], now, "x", &config) == 0);
    }
    exchange(p);
}

static void input(pair *p, const uint8_t *chunks, size_t size)
{
    uint8_t *packet = malloc(12 + size);
    uint32_t checksum;

    memset(packet, 0, 12);
    qua_put_be16(packet, QUA_SCTP_PORT);
    qua_put_be16(packet + 2, QUA_SCTP_PORT);
    qua_put_be32(packet + 4, p->tag);
    memcpy(packet + 12, chunks, size);
    checksum = usrsctp_crc32c(packet, 12 + size);
    memcpy(packet + 8, &checksum, sizeof checksum);
    qua_sctp_input(p->side[0], now, packet, 12 + size);
    free(packet);
    drop_events(p->side[0]);
}

/* A DATA chunk that begins and ends its message. @param content stream, PPID, then the message */
static void input_message(pair *p, const uint8_t *content, size_t size)
{
    uint8_t chunk[1200];
    const size_t length = size - 2;

    if (size < 3 || length > sizeof chunk - 20)
        return;
    memset(chunk, 0, sizeof chunk);
    chunk[0] = SCTP_DATA;
    chunk[1] = 3 | 4; /* unordered: each is delivered at once */
    qua_put_be16(chunk + 2, (uint16_t)(16 + length));
    qua_put_be32(chunk + 4, p->tsn++);
    qua_put_be16(chunk + 8, content[0]);
    qua_put_be32(chunk + 12, content[1]);
    memcpy(chunk + 16, content + 2, length);
    input(p, chunk, (16 + length + 3) & ~(size_t)3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_reader r = qua_reader_of(data, size);
    pair p;

    open_pair(&p);
    for (int i = 0; i < 64 && qua_reader_left(&r) > 2; i++) {
        const uint16_t head = qua_read_u16(&r);
        const size_t left = qua_reader_left(&r), said = head & 0x7ff, length = QUA_MIN(said, left);
        const uint8_t *bytes = qua_read_bytes(&r, length);

        if (head & 0x8000)
            input_message(&p, bytes, length);
        else if (length)
            input(&p, bytes, length);
        now += QUA_MS(10);
        for (int s = 0; s < 2; s++)
            qua_sctp_on_timeout(p.side[s], now);
    }
    exchange(&p);
    for (int s = 0; s < 2; s++)
        qua_sctp_destroy(&p.side[s]);
    return 0;
}
