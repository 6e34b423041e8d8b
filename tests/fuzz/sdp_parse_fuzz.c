/* Any text: it parses or is refused with a line and a cause; what was taken says the same after it is written. */
#include <stdlib.h>

#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer than what is taken: some values are written once for each section that they were copied into. */
static char text[1 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static qua_sdp *first, *second;
    qua_sdp_error error = {0};
    ptrdiff_t written;

    if (!first) {
        first = qua_sdp_create();
        second = qua_sdp_create();
    }
    if (qua_sdp_parse(first, (const char *)data, size, &error) != 0) {
        assert(error.line >= 1 && error.cause[0]);
        return 0;
    }
    written = qua_sdp_write(text, sizeof text, first);
    assert(written > 0 && (size_t)written == strlen(text));
    if (written <= 65536) {
        assert(qua_sdp_parse(second, text, (size_t)written, &error) == 0);
        second->skipped = first->skipped;
        assert(memcmp(first, second, sizeof *first) == 0);
    }
    return 0;
}
