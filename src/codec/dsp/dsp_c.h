/* The C kernels, by file. */
#ifndef VIOLA_DSP_C_H
#define VIOLA_DSP_C_H

#include "codec/dsp/dsp.h"

void viola_dsp_distortion_c(viola_dsp *dsp);
void viola_dsp_inter_c(viola_dsp *dsp);
void viola_dsp_intra_c(viola_dsp *dsp);
void viola_dsp_transform_c(viola_dsp *dsp);
void viola_dsp_filter_c(viola_dsp *dsp);

#endif
