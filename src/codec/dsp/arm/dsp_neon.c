/* The kernels of NEON, by file. */
#include "codec/dsp/arm/neon.h"

void viola_dsp_init_neon(viola_dsp *dsp)
{
    viola_dsp_distortion_neon(dsp);
    viola_dsp_inter_neon(dsp);
    viola_dsp_intra_neon(dsp);
    viola_dsp_transform_neon(dsp);
    viola_dsp_filter_neon(dsp);
}
