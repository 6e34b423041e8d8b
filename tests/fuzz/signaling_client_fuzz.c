/*
 * A client's session in the hands of a hostile server and a busy owner. Input: lines; the first character says who
 * acts: o opened  c closed  t its deadline comes  l leave  s chat  d description to the first participant  k a
 * candidate anything else: the line is a message of the server
 */
#include <stdlib.h>

#include "signaling/signaling.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(qua_signal *s)
{
    const qua_signal_participant *peers;
    qua_signal_event event;
    const char *text;
    size_t size, events = 0;

    while (qua_signal_poll_transmit(s, &text, &size))
        if (size == 0 || size > QUA_SIGNAL_FRAME_MAX + 64 || text[size - 1] != '}')
            abort();
    while (qua_signal_poll_event(s, &event))
        if (++events > 16)
            abort();
    if (qua_signal_participants(s, &peers) > QUA_MAX_PARTICIPANTS - 1)
        abort();
}

static void act(qua_signal *s, qua_time *now, const char *line, size_t size)
{
    const qua_candidate candidate = {.candidate = size > 1 ? "candidate:1" : "", .mline_index = 0};
    const qua_signal_participant *peers;
    const char *to = qua_signal_participants(s, &peers) ? peers[0].id : "0";

    switch (size ? line[0] : 0) {
    case 'o':
        qua_signal_opened(s, *now);
        break;
    case 'c':
        qua_signal_closed(s, *now, NULL);
        break;
    case 't':
        if (qua_signal_deadline(s) != QUA_TIME_NEVER)
            *now = QUA_MAX(*now, qua_signal_deadline(s));
        qua_signal_on_timeout(s, *now);
        break;
    case 'l':
        qua_signal_leave(s, *now);
        break;
    case 's':
        (void)qua_signal_send_chat(s, *now, "hello");
        break;
    case 'd':
        (void)qua_signal_send_description(s, *now, to, QUA_SDP_OFFER, "v=0");
        break;
    case 'k':
        (void)qua_signal_send_candidate(s, *now, to, &candidate);
        break;
    default:
        (void)qua_signal_input(s, *now, line, size);
    }
    *now += QUA_MS(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_prng prng;
    qua_random random;
    qua_signal_config config = {.name = "Ana", .random = &random};
    qua_signal *s;
    qua_time now = QUA_SECONDS(1);
    const char *line = (const char *)data, *end = line + size;

    qua_prng_seed(&prng, 1);
    random = qua_prng_random(&prng);
    if (qua_signal_create(&s, &config) != 0)
        abort();
    (void)qua_signal_start(s, now);
    drain(s);
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        act(s, &now, line, (size_t)(stop - line));
        drain(s);
        line = stop + 1;
    }
    qua_signal_destroy(&s);
    return 0;
}
