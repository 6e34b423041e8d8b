/* The Opus encoder, levels and the mixer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "media/media.h"

static void tone(int16_t *pcm, int samples, int first, double amplitude)
{
    for (int i = 0; i < samples; i++)
        pcm[i] = (int16_t)(amplitude * sin(2 * 3.14159265358979 * 440 * (first + i) / QUA_AUDIO_HZ));
}

static int encode_bytes(int bps, int loss_percent)
{
    uint8_t out[QUA_OPUS_MAX];
    int16_t pcm[QUA_OPUS_FRAME];
    qua_opus_encoder *encoder;
    int bytes = 0;

    assert_int_equal(qua_opus_encoder_create(&encoder, bps), 0);
    for (int i = 0; i < 100; i++) {
        tone(pcm, QUA_OPUS_FRAME, i * QUA_OPUS_FRAME, 8000 + 4000 * sin(i));
        const int n = qua_opus_encode(encoder, pcm, loss_percent, out);
        assert_in_range(n, 1, QUA_OPUS_MAX);
        bytes += n;
    }
    qua_opus_encoder_destroy(&encoder);
    assert_null(encoder);
    return bytes;
}

static void opus_keeps_its_bitrate(void **state)
{
    (void)state;
    assert_in_range(encode_bytes(32000, 0), 5000, 9200); /* 2 s of 32 kb/s are 8000 bytes */
    assert_in_range(encode_bytes(16000, 20), 2500, 4600);
}

static void absurd_loss_is_taken_as_much(void **state)
{
    (void)state;
    encode_bytes(24000, 100);
    encode_bytes(24000, 1000);
}

static void the_level_is_in_decibels_below_full_scale(void **state)
{
    int16_t pcm[QUA_OPUS_FRAME] = {0};

    (void)state;
    assert_int_equal(qua_audio_level(pcm, QUA_OPUS_FRAME), 127);
    tone(pcm, QUA_OPUS_FRAME, 0, 32767);
    assert_int_equal(qua_audio_level(pcm, QUA_OPUS_FRAME), 3);
    tone(pcm, QUA_OPUS_FRAME, 0, 3277);
    assert_int_equal(qua_audio_level(pcm, QUA_OPUS_FRAME), 23);
    for (int i = 0; i < QUA_OPUS_FRAME; i++)
        pcm[i] = i & 1 ? -32768 : 32767;
    assert_int_equal(qua_audio_level(pcm, QUA_OPUS_FRAME), 0);
}

static void nobody_is_silence_and_one_is_himself(void **state)
{
    int16_t voice[QUA_AUDIO_BLOCK], out[QUA_AUDIO_BLOCK];
    const int16_t *voices[] = {voice};
    float gain = 1;

    (void)state;
    tone(voice, QUA_AUDIO_BLOCK, 0, 20000);
    qua_mix(voices, 1, out, &gain);
    assert_memory_equal(out, voice, sizeof out);
    qua_mix(NULL, 0, out, &gain);
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        assert_int_equal(out[i], 0);
    assert_true(gain == 1);
}

static void loud_voices_together_are_turned_down_not_clipped(void **state)
{
    int16_t voice[QUA_AUDIO_BLOCK], out[QUA_AUDIO_BLOCK];
    const int16_t *voices[] = {voice, voice, voice};
    float gain = 1;
    double worst = 0;

    (void)state;
    for (int block = 0; block < 20; block++) {
        tone(voice, QUA_AUDIO_BLOCK, block * QUA_AUDIO_BLOCK, 30000);
        qua_mix(voices, 3, out, &gain);
        for (int i = 0; i < QUA_AUDIO_BLOCK; i++) {
            assert_in_range(abs(out[i]), 0, 32001);
            worst = QUA_MAX(worst, fabs(out[i] - voice[i] * 32000.0 / 30000));
        }
    }
    assert_true(worst < 400); /* still the same wave: nothing was cut off */
    assert_true(gain < 0.4);
}

static void after_a_loud_moment_it_comes_back_within_half_a_second(void **state)
{
    int16_t loud[QUA_AUDIO_BLOCK], quiet[QUA_AUDIO_BLOCK], out[QUA_AUDIO_BLOCK];
    const int16_t *both[] = {loud, loud}, *one[] = {quiet};
    float gain = 1;

    (void)state;
    tone(loud, QUA_AUDIO_BLOCK, 0, 32000);
    tone(quiet, QUA_AUDIO_BLOCK, 0, 5000);
    qua_mix(both, 2, out, &gain);
    assert_true(gain < 0.6);
    float before = gain;
    for (int block = 0; block < 50; block++) {
        qua_mix(one, 1, out, &gain);
        assert_true(gain >= before && gain - before < 0.03f); /* slowly: it is not heard */
        before = gain;
    }
    assert_true(gain == 1);
}

static void the_extremes_do_not_overflow(void **state)
{
    int16_t low[QUA_AUDIO_BLOCK], out[QUA_AUDIO_BLOCK];
    const int16_t *voices[8];
    float gain = 1;

    (void)state;
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        low[i] = INT16_MIN;
    for (int i = 0; i < 8; i++)
        voices[i] = low;
    qua_mix(voices, 8, out, &gain);
    for (int i = 0; i < QUA_AUDIO_BLOCK; i++)
        assert_in_range(-out[i], 31990, 32010);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opus_keeps_its_bitrate),
        cmocka_unit_test(absurd_loss_is_taken_as_much),
        cmocka_unit_test(the_level_is_in_decibels_below_full_scale),
        cmocka_unit_test(nobody_is_silence_and_one_is_himself),
        cmocka_unit_test(loud_voices_together_are_turned_down_not_clipped),
        cmocka_unit_test(after_a_loud_moment_it_comes_back_within_half_a_second),
        cmocka_unit_test(the_extremes_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
