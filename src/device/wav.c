/* WAV: RIFF chunks, of which "fmt " says the format and "data" holds the samples. Little-endian. */
#include <math.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>

#include "device/device.h"

#define CHANNELS_MAX      8
#define READ_FRAMES       1024
#define FORMAT_PCM        1
#define FORMAT_FLOAT      3
#define FORMAT_EXTENSIBLE 0xfffe

typedef struct format {
    unsigned kind, channels, hz, bits;
} format;

static unsigned le16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}
static uint32_t le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static int skip(const qua_bytes *bytes, uint64_t size)
{
    uint8_t waste[512];
    int error = 0;

    while (!error && size) {
        const size_t n = (size_t)QUA_MIN(size, sizeof waste);

        error = qua_bytes_full(bytes, waste, n);
        size -= n;
    }
    return error;
}

static int read_format(const qua_bytes *bytes, uint32_t size, format *out)
{
    uint8_t body[40];
    const size_t used = QUA_MIN(size, sizeof body);
    int error;

    if (size < 16)
        return QUA_EFORMAT;
    error = qua_bytes_full(bytes, body, used);
    if (!error)
        error = skip(bytes, (uint64_t)(size - used) + size % 2);
    if (error)
        return error;
    *out = (format){le16(body), le16(body + 2), le32(body + 4), le16(body + 14)};
    if (out->kind == FORMAT_EXTENSIBLE && used >= 26)
        out->kind = le16(body + 24); /* the first bytes of its GUID are the old code */
    if (out->channels < 1 || out->channels > CHANNELS_MAX || out->hz < 4000 || out->hz > 192000)
        return QUA_ENOTSUP;
    if (out->kind == FORMAT_PCM && out->bits % 8 == 0 && out->bits >= 8 && out->bits <= 32)
        return 0;
    return out->kind == FORMAT_FLOAT && out->bits == 32 ? 0 : QUA_ENOTSUP;
}

/* Leaves the bytes at the first sample. @param size of the data chunk; 0xffffffff when its writer did not know */
static int find_data(const qua_bytes *bytes, format *out, uint32_t *size)
{
    uint8_t head[12];
    bool have_format = false;
    int error = qua_bytes_full(bytes, head, 12);

    if (error)
        return error == QUA_ENOENT ? QUA_EFORMAT : error;
    if (memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
        return QUA_EFORMAT;
    for (;;) {
        error = qua_bytes_full(bytes, head, 8);
        if (error)
            return error;
        *size = le32(head + 4);
        if (memcmp(head, "data", 4) == 0)
            return have_format ? 0 : QUA_EFORMAT;
        if (memcmp(head, "fmt ", 4) == 0) {
            error = read_format(bytes, *size, out);
            have_format = true;
        } else {
            error = skip(bytes, (uint64_t)*size + *size % 2);
        }
        if (error)
            return error;
    }
}

static double sample_of(const format *f, const uint8_t *p)
{
    if (f->kind == FORMAT_FLOAT) {
        const uint32_t bits = le32(p);
        float value;

        memcpy(&value, &bits, sizeof value);
        return isfinite(value) ? QUA_CLAMP((double)value, -1, 1) * 32767 : 0;
    }
    switch (f->bits) {
    case 8: /* unsigned, alone among them */
        return (p[0] - 128) * 256;
    case 16:
        return (int16_t)le16(p);
    case 24:
        return (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) / 65536.0;
    default:
        return (int32_t)le32(p) / 65536.0;
    }
}

static int16_t mono_of(const format *f, const uint8_t *p)
{
    double sum = 0;

    for (unsigned c = 0; c < f->channels; c++)
        sum += sample_of(f, p + c * (f->bits / 8));
    return (int16_t)lrint(QUA_CLAMP(sum / f->channels, -32768, 32767));
}

static int reserve(qua_wav *wav, size_t *capacity, size_t more)
{
    const size_t needed = wav->count + more;
    int16_t *grown;

    if (needed <= *capacity)
        return 0;
    *capacity = QUA_MAX(2 * *capacity, needed);
    grown = realloc(wav->samples, *capacity * sizeof *grown);
    if (!grown)
        return QUA_ENOMEM;
    wav->samples = grown;
    return 0;
}

/* Memory grows with what has come, not with what the header promises. */
static int read_samples(const qua_bytes *bytes, const format *f, uint64_t frames, qua_wav *wav)
{
    uint8_t chunk[READ_FRAMES * CHANNELS_MAX * 4];
    const size_t frame_bytes = f->channels * (f->bits / 8);
    size_t capacity = 0;

    while (frames) {
        const size_t ask = (size_t)QUA_MIN(frames, READ_FRAMES);
        const size_t n = ask * frame_bytes;
        size_t have = 0;
        ptrdiff_t got = 1;

        while (have < n && (got = bytes->read(bytes->context, chunk + have, n - have)) > 0)
            have += (size_t)got;
        if (got < 0)
            return (int)got;
        if (reserve(wav, &capacity, ask) != 0)
            return QUA_ENOMEM;
        for (size_t i = 0; i < have / frame_bytes; i++)
            wav->samples[wav->count++] = mono_of(f, chunk + i * frame_bytes);
        if (have < n)
            break; /* cut short: what is there is played */
        if (wav->count > (size_t)QUA_WAV_SECONDS_MAX * f->hz)
            return QUA_EFULL;
        frames -= ask;
    }
    return wav->count ? 0 : QUA_EFORMAT;
}

int qua_wav_read(const qua_bytes *bytes, qua_wav *out)
{
    format f = {0};
    qua_wav wav = {0};
    uint32_t size = 0;
    int error = find_data(bytes, &f, &size);

    if (error)
        return error == QUA_ENOENT ? QUA_EFORMAT : error;
    wav.hz = f.hz;
    error = read_samples(bytes, &f, size == UINT32_MAX ? UINT64_MAX : size / (f.channels * (f.bits / 8)), &wav);
    if (error)
        qua_wav_deinit(&wav);
    else
        *out = wav;
    return error;
}

/* All of `count` samples, or as many zeros, in steps: the resampler counts in 32 bits. @return samples written */
static size_t resample(SpeexResamplerState *resampler, const int16_t *samples, size_t count, int16_t *out, size_t room)
{
    static const int16_t zeros[4800];
    size_t read = 0, written = 0;

    while (read < count && written < room) {
        spx_uint32_t in = (spx_uint32_t)QUA_MIN(count - read, QUA_ARRAY_SIZE(zeros));
        spx_uint32_t made = (spx_uint32_t)QUA_MIN(room - written, UINT32_MAX);

        speex_resampler_process_int(resampler, 0, samples ? samples + read : zeros, &in, out + written, &made);
        read += in;
        written += made;
        if (!in && !made)
            break;
    }
    return written;
}

int qua_wav_to_48k(qua_wav *wav)
{
    const size_t room = (size_t)((uint64_t)wav->count * QUA_AUDIO_HZ / wav->hz) + 1;
    SpeexResamplerState *resampler;
    size_t written;
    int16_t *out;

    if (wav->hz == QUA_AUDIO_HZ)
        return 0;
    out = malloc(room * sizeof *out);
    resampler = out ? speex_resampler_init(1, wav->hz, QUA_AUDIO_HZ, 7, NULL) : NULL;
    if (!resampler) {
        free(out);
        return QUA_ENOMEM;
    }
    speex_resampler_skip_zeros(resampler);
    written = resample(resampler, wav->samples, wav->count, out, room);
    /* the filter holds back the end of the sound until more comes */
    written +=
        resample(resampler, NULL, (size_t)speex_resampler_get_input_latency(resampler), out + written, room - written);
    speex_resampler_destroy(resampler);
    free(wav->samples);
    *wav = (qua_wav){out, written, QUA_AUDIO_HZ};
    return 0;
}

void qua_wav_deinit(qua_wav *wav)
{
    free(wav->samples);
    *wav = (qua_wav){0};
}

static void put_le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

void qua_wav_write_header(uint8_t out[44], uint32_t samples)
{
    static const uint8_t head[44] = {'R', 'I',  'F', 'F', 0, 0, 0,  0, 'W', 'A', 'V',  'E',  'f', 'm',
                                     't', ' ',  16,  0,   0, 0, 1,  0, 1,   0,   0x80, 0xbb, 0,   0,
                                     0,   0x77, 1,   0,   2, 0, 16, 0, 'd', 'a', 't',  'a'};

    memcpy(out, head, sizeof head);
    put_le32(out + 4, 36 + 2 * samples);
    put_le32(out + 40, 2 * samples);
}
