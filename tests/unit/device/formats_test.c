/* Stories about files of others: YUV4MPEG2 and WAV, whole, odd, cut short and hostile. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "device/device.h"

typedef struct memory {
    const uint8_t *data;
    size_t size, pos;
    size_t piece; /* most bytes a read gives; 0: all */
} memory;

static ptrdiff_t read_memory(void *context, void *out, size_t size)
{
    memory *m = context;
    size_t n = QUA_MIN(size, m->size - m->pos);

    if (m->piece)
        n = QUA_MIN(n, m->piece);
    memcpy(out, m->data + m->pos, n);
    m->pos += n;
    return (ptrdiff_t)n;
}

static int header_of(const char *text, qua_y4m *out)
{
    memory m = {(const uint8_t *)text, strlen(text), 0, 0};

    return qua_y4m_read_header(&(qua_bytes){read_memory, &m}, out);
}

static void a_header_says_size_and_rate(void **state)
{
    qua_y4m y4m;

    (void)state;
    assert_int_equal(header_of("YUV4MPEG2 W640 H360 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG\n", &y4m), 0);
    assert_int_equal(y4m.width, 640);
    assert_int_equal(y4m.height, 360);
    assert_true(fabs(y4m.fps - 29.97) < 0.001);
    assert_int_equal(header_of("YUV4MPEG2 H2 W2\n", &y4m), 0);
    assert_true(y4m.fps == 25);
    assert_int_equal(header_of("YUV4MPEG2 H2 W2 F0:0\n", &y4m), 0);
    assert_true(y4m.fps == 25);
}

static void a_header_that_is_wrong_is_refused_and_changes_nothing(void **state)
{
    static const char *const broken[] = {"",
                                         "YUV4MPEG2",
                                         "YUV4MPEG3 W2 H2\n",
                                         "YUV4MPEG2X W2 H2\n",
                                         "YUV4MPEG2 W640\n",
                                         "YUV4MPEG2 W0 H2\n",
                                         "YUV4MPEG2 W-4 H2\n",
                                         "YUV4MPEG2 W8193 H2\n",
                                         "YUV4MPEG2 W99999999999999999999 H2\n",
                                         "YUV4MPEG2 W2x H2\n",
                                         "YUV4MPEG2 W2 H2 F30\x01\n",
                                         "YUV4MPEG2 W2 H2 F1:99999\n",
                                         "RIFF....WAVE"};
    qua_y4m y4m = {1, 2, 3};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(broken); i++)
        assert_int_equal(header_of(broken[i], &y4m), QUA_EFORMAT);
    assert_int_equal(header_of("YUV4MPEG2 W2 H2 C444\n", &y4m), QUA_ENOTSUP);
    assert_int_equal(header_of("YUV4MPEG2 W2 H2 C420p10\n", &y4m), QUA_ENOTSUP);
    assert_int_equal(y4m.width, 1);
}

static void a_header_without_end_is_not_read_forever(void **state)
{
    char text[4096];
    qua_y4m y4m;

    (void)state;
    memset(text, 'X', sizeof text);
    memcpy(text, "YUV4MPEG2 ", 10);
    text[sizeof text - 1] = '\0';
    assert_int_equal(header_of(text, &y4m), QUA_EFORMAT);
}

static void pictures_follow_one_another_whatever_the_size_of_reads(void **state)
{
    static const char file[] = "YUV4MPEG2 W3 H3 F10:1\nFRAME\nabcdefghiUVWXuvwxFRAME Ip\n123456789....,,,,";
    static const size_t pieces[] = {0, 1, 2, 7};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(pieces); i++) {
        memory m = {(const uint8_t *)file, sizeof file - 1, 0, pieces[i]};
        const qua_bytes bytes = {read_memory, &m};
        qua_frame *frame;
        qua_y4m y4m;

        assert_int_equal(qua_y4m_read_header(&bytes, &y4m), 0);
        assert_int_equal(qua_y4m_read_frame(&bytes, &y4m, &frame), 0);
        assert_memory_equal(frame->plane[0] + frame->stride[0], "def", 3);
        assert_memory_equal(frame->plane[1], "UV", 2);
        assert_memory_equal(frame->plane[2] + frame->stride[2], "wx", 2);
        qua_frame_unref(&frame);
        assert_int_equal(qua_y4m_read_frame(&bytes, &y4m, &frame), 0);
        assert_memory_equal(frame->plane[0], "123", 3);
        qua_frame_unref(&frame);
        assert_int_equal(qua_y4m_read_frame(&bytes, &y4m, &frame), QUA_ENOENT);
    }
}

static void a_picture_cut_short_is_an_error_not_an_end(void **state)
{
    static const char *const cut[] = {"FRA", "FRAME", "FRAME\n", "FRAME\nab", "FRAMES\nabcdef", "frame\nabcdef"};
    const qua_y4m y4m = {2, 2, 25};

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(cut); i++) {
        memory m = {(const uint8_t *)cut[i], strlen(cut[i]), 0, 0};
        qua_frame *frame = NULL;

        assert_int_equal(qua_y4m_read_frame(&(qua_bytes){read_memory, &m}, &y4m, &frame), QUA_EFORMAT);
        assert_null(frame);
    }
}

/* A WAV file of one chunk "fmt " and one "data". */
static size_t make_wav(uint8_t *out, unsigned kind, unsigned channels, unsigned hz, unsigned bits, const void *data,
                       size_t size)
{
    const uint8_t head[] = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16, 0, 0, 0};
    const uint8_t format[] = {(uint8_t)kind,
                              (uint8_t)(kind >> 8),
                              (uint8_t)channels,
                              0,
                              (uint8_t)hz,
                              (uint8_t)(hz >> 8),
                              (uint8_t)(hz >> 16),
                              0,
                              0,
                              0,
                              0,
                              0,
                              (uint8_t)(channels * bits / 8),
                              0,
                              (uint8_t)bits,
                              0};
    const uint8_t tail[] = {'d', 'a', 't', 'a', (uint8_t)size, (uint8_t)(size >> 8), 0, 0};

    memcpy(out, head, 20);
    memcpy(out + 20, format, 16);
    memcpy(out + 36, tail, 8);
    memcpy(out + 44, data, size);
    return 44 + size;
}

static int read_wav(const uint8_t *data, size_t size, qua_wav *out)
{
    memory m = {data, size, 0, 0};

    return qua_wav_read(&(qua_bytes){read_memory, &m}, out);
}

static void every_kind_of_sample_becomes_16_bit_mono(void **state)
{
    static const struct {
        unsigned kind, channels, bits;
        uint8_t data[8];
        size_t size;
        int16_t first;
    } cases[] = {
        {1, 1, 8, {0xc0}, 1, 0x4000},
        {1, 1, 16, {0x34, 0x12}, 2, 0x1234},
        {1, 2, 16, {0x00, 0x10, 0x00, 0x20}, 4, 0x1800},
        {1, 1, 24, {0xff, 0x34, 0x12}, 3, 0x1235},
        {1, 1, 32, {0, 0, 0, 0x80}, 4, -32768},
        {3, 1, 32, {0, 0, 0, 0x3f}, 4, 16384}, /* 0.5 */
        {3, 1, 32, {0, 0, 0xc0, 0x7f}, 4, 0},  /* not a number */
        {3, 1, 32, {0, 0, 0x80, 0x7f}, 4, 0},  /* infinity */
    };

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(cases); i++) {
        uint8_t file[64];
        const size_t size =
            make_wav(file, cases[i].kind, cases[i].channels, 8000, cases[i].bits, cases[i].data, cases[i].size);
        qua_wav wav;

        assert_int_equal(read_wav(file, size, &wav), 0);
        assert_int_equal(wav.count, 1);
        assert_int_equal(wav.hz, 8000);
        assert_int_equal(wav.samples[0], cases[i].first);
        qua_wav_deinit(&wav);
    }
}

static void a_wav_that_lies_about_its_length_gives_what_is_there(void **state)
{
    uint8_t file[64];
    const int16_t samples[4] = {1, 2, 3, 4};
    const size_t size = make_wav(file, 1, 1, 48000, 16, samples, sizeof samples);
    qua_wav wav;

    (void)state;
    memset(file + 40, 0xff, 4); /* as ffmpeg writes into a pipe */
    assert_int_equal(read_wav(file, size - 1, &wav), 0);
    assert_int_equal(wav.count, 3);
    assert_int_equal(wav.samples[2], 3);
    qua_wav_deinit(&wav);
}

static void a_wav_that_is_none_is_refused(void **state)
{
    const int16_t samples[4] = {0};
    uint8_t file[64];
    const size_t size = make_wav(file, 1, 1, 48000, 16, samples, sizeof samples);
    qua_wav wav;

    (void)state;
    for (size_t cut = 0; cut <= 44; cut++) /* no sample before byte 46 */
        assert_int_equal(read_wav(file, cut, &wav), QUA_EFORMAT);
    make_wav(file, 1, 0, 48000, 16, samples, 8);
    assert_int_equal(read_wav(file, size, &wav), QUA_ENOTSUP);
    make_wav(file, 1, 9, 48000, 16, samples, 8);
    assert_int_equal(read_wav(file, size, &wav), QUA_ENOTSUP);
    make_wav(file, 1, 1, 0, 16, samples, 8);
    assert_int_equal(read_wav(file, size, &wav), QUA_ENOTSUP);
    make_wav(file, 1, 1, 48000, 12, samples, 8);
    assert_int_equal(read_wav(file, size, &wav), QUA_ENOTSUP);
    make_wav(file, 2, 1, 48000, 4, samples, 8); /* ADPCM */
    assert_int_equal(read_wav(file, size, &wav), QUA_ENOTSUP);
    make_wav(file, 1, 1, 48000, 16, samples, 8);
    memcpy(file + 12, "junk", 4); /* data before its format */
    assert_int_equal(read_wav(file, size, &wav), QUA_EFORMAT);
}

static void resampling_keeps_pitch_and_length(void **state)
{
    qua_wav wav = {malloc(16000 * sizeof(int16_t)), 16000, 16000};
    int crossings = 0;

    (void)state;
    for (int i = 0; i < 16000; i++)
        wav.samples[i] = (int16_t)(10000 * sin(2 * 3.14159265358979 * 440 * i / 16000));
    assert_int_equal(qua_wav_to_48k(&wav), 0);
    assert_int_equal(wav.hz, 48000);
    assert_in_range(wav.count, 47998, 48001);
    for (size_t i = 1; i < wav.count; i++)
        crossings += wav.samples[i - 1] < 0 && wav.samples[i] >= 0;
    assert_in_range(crossings, 438, 441);
    qua_wav_deinit(&wav);
}

static void the_header_we_write_is_one_we_read(void **state)
{
    uint8_t file[48] = {0};
    qua_wav wav;

    (void)state;
    qua_wav_write_header(file, 2);
    file[46] = 7;
    assert_int_equal(read_wav(file, sizeof file, &wav), 0);
    assert_int_equal(wav.hz, 48000);
    assert_int_equal(wav.count, 2);
    assert_int_equal(wav.samples[1], 7);
    qua_wav_deinit(&wav);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_says_size_and_rate),
        cmocka_unit_test(a_header_that_is_wrong_is_refused_and_changes_nothing),
        cmocka_unit_test(a_header_without_end_is_not_read_forever),
        cmocka_unit_test(pictures_follow_one_another_whatever_the_size_of_reads),
        cmocka_unit_test(a_picture_cut_short_is_an_error_not_an_end),
        cmocka_unit_test(every_kind_of_sample_becomes_16_bit_mono),
        cmocka_unit_test(a_wav_that_lies_about_its_length_gives_what_is_there),
        cmocka_unit_test(a_wav_that_is_none_is_refused),
        cmocka_unit_test(resampling_keeps_pitch_and_length),
        cmocka_unit_test(the_header_we_write_is_one_we_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
