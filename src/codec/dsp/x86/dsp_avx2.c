#include "codec/dsp/dsp.h"
void viola_dsp_init_avx2(viola_dsp *dsp)
{
    (void)dsp;
}
