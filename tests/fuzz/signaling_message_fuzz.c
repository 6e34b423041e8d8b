/* A message of a foreign hand: whatever parses can be written and forwarded, and is the same message then. */
#include <stdlib.h>

#include "signaling/signaling.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char wire[QUA_SIGNAL_FRAME_MAX + 64];

static void must_be_the_same(const qua_message *m, ptrdiff_t size)
{
    qua_message again;

    if (size == QUA_EFULL)
        return;
    if (size <= 0 || qua_message_parse(&again, wire, (size_t)size, NULL) != 0)
        abort();
    if (again.type != m->type || again.id != m->id || again.seq != m->seq || !again.from != !m->from)
        abort();
    qua_message_clear(&again);
}

/* Codes and versions of tomorrow are read as "none that we know", which nobody writes. */
static bool is_of_today(const qua_message *m)
{
    if (m->type == QUA_MESSAGE_ERROR)
        return m->error.code != QUA_CODE_NONE;
    return m->type != QUA_MESSAGE_HELLO || m->hello.versions != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_message_error error;
    qua_message m;

    if (qua_message_parse(&m, (const char *)data, size, &error) != 0) {
        if (error.code == QUA_CODE_NONE || !error.reason[0])
            abort();
        return 0;
    }
    if (m.type != QUA_MESSAGE_UNKNOWN) {
        must_be_the_same(&m, qua_message_forward(&m, wire, sizeof wire));
        if (is_of_today(&m))
            must_be_the_same(&m, qua_message_write(&m, wire, sizeof wire));
    }
    qua_message_clear(&m);
    return 0;
}
