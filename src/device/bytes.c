/* Reading whole runs of bytes. */
#include "device/device.h"

int qua_bytes_full(const qua_bytes *bytes, void *out, size_t size)
{
    uint8_t *to = out;
    size_t done = 0;

    while (done < size) {
        const ptrdiff_t n = bytes->read(bytes->context, to + done, size - done);

        if (n < 0)
            return (int)n;
        if (n == 0)
            return done ? QUA_EFORMAT : QUA_ENOENT;
        done += (size_t)n;
    }
    return 0;
}
