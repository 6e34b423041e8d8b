/* A WAV file of a stranger, read and resampled. */
#include "device/device.h"

static ptrdiff_t read_left(void *context, void *out, size_t size)
{
    qua_reader *r = context;
    const size_t n = QUA_MIN(size, qua_reader_left(r));

    if (n)
        memcpy(out, qua_read_bytes(r, n), n);
    return (ptrdiff_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_reader reader = qua_reader_of(data, size);
    qua_wav wav;

    if (qua_wav_read(&(qua_bytes){read_left, &reader}, &wav) != 0)
        return 0;
    assert(wav.count > 0 && wav.hz >= 4000 && wav.hz <= 192000);
    if (qua_wav_to_48k(&wav) == 0)
        assert(wav.hz == QUA_AUDIO_HZ);
    qua_wav_deinit(&wav);
    return 0;
}
