/* Helpers of the NEON kernels. */
#ifndef VIOLA_NEON_H
#define VIOLA_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "codec/dsp/dsp.h"

/* kernels are written once for all sizes: each size must become code of its own */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

void viola_dsp_distortion_neon(viola_dsp *dsp);
void viola_dsp_filter_neon(viola_dsp *dsp);
void viola_dsp_inter_neon(viola_dsp *dsp);
void viola_dsp_intra_neon(viola_dsp *dsp);
void viola_dsp_transform_neon(viola_dsp *dsp);

ALWAYS_INLINE uint8x8_t load4(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return vreinterpret_u8_u32(vdup_n_u32(v));
}

ALWAYS_INLINE void store4(uint8_t *p, uint8x8_t v)
{
    const uint32_t x = vget_lane_u32(vreinterpret_u32_u8(v), 0);
    memcpy(p, &x, 4);
}

/* 4 or 8 samples */
ALWAYS_INLINE uint8x8_t load_few(const uint8_t *p, int count)
{
    return count == 4 ? load4(p) : vld1_u8(p);
}

ALWAYS_INLINE void store_few(uint8_t *p, uint8x8_t v, int count)
{
    if (count == 4)
        store4(p, v);
    else
        vst1_u8(p, v);
}

ALWAYS_INLINE int16x8_t widen(uint8x8_t v)
{
    return vreinterpretq_s16_u16(vmovl_u8(v));
}

ALWAYS_INLINE int16x8_t difference(uint8x8_t a, uint8x8_t b)
{
    return vreinterpretq_s16_u16(vsubl_u8(a, b));
}

/* 8 rows of 8 values */
ALWAYS_INLINE void transpose8(int16x8_t r[8])
{
    int16x8_t a[8];
    int32x4_t b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = vtrn1q_s16(r[i], r[i + 1]);
        a[i + 1] = vtrn2q_s16(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int k = 0; k < 2; k++) {
            const int32x4_t x = vreinterpretq_s32_s16(a[i + k]), y = vreinterpretq_s32_s16(a[i + k + 2]);
            b[i + k] = vtrn1q_s32(x, y);
            b[i + k + 2] = vtrn2q_s32(x, y);
        }
    }
    for (int i = 0; i < 4; i++) {
        const int64x2_t x = vreinterpretq_s64_s32(b[i]), y = vreinterpretq_s64_s32(b[i + 4]);
        r[i] = vreinterpretq_s16_s64(vtrn1q_s64(x, y));
        r[i + 4] = vreinterpretq_s16_s64(vtrn2q_s64(x, y));
    }
}

#endif
