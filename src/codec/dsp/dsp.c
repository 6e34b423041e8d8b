/* Choice of kernels. */
#include "codec/dsp/dsp.h"
#include "codec/dsp/dsp_c.h"
#include "viola/viola.h"

const int8_t viola_directions[8][2][2] = {
    {{-1, 1}, {-2, 2}}, {{0, 1}, {-1, 2}}, {{0, 1}, {0, 2}}, {{0, 1}, {1, 2}},
    {{1, 1}, {2, 2}},   {{1, 0}, {2, 1}},  {{1, 0}, {2, 0}}, {{1, 0}, {2, -1}},
};

void viola_dsp_init(viola_dsp *dsp, unsigned cpu_mask)
{
    viola_dsp_distortion_c(dsp);
    viola_dsp_inter_c(dsp);
    viola_dsp_intra_c(dsp);
    viola_dsp_transform_c(dsp);
    viola_dsp_filter_c(dsp);
#if defined(__x86_64__)
    __builtin_cpu_init();
    if ((cpu_mask & VIOLA_CPU_AVX2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        viola_dsp_init_avx2(dsp);
#elif defined(__aarch64__)
    if (cpu_mask & VIOLA_CPU_NEON) /* every such CPU has it */
        viola_dsp_init_neon(dsp);
#else
    (void)cpu_mask;
#endif
}
