/* The kernels of AVX2, by file. */
#include "codec/dsp/x86/avx2.h"

void viola_dsp_init_avx2(viola_dsp *dsp)
{
    viola_dsp_distortion_avx2(dsp);
    viola_dsp_inter_avx2(dsp);
    viola_dsp_intra_avx2(dsp);
    viola_dsp_transform_avx2(dsp);
    viola_dsp_filter_avx2(dsp);
}
