/* Decoding of one slice's superblocks. */
#ifndef VIOLA_DECODE_H
#define VIOLA_DECODE_H

#include "codec/internal.h"

typedef struct slice_decoder {
    viola_work *work;
    viola_reader reader;
    viola_contexts contexts;
    edge_contexts edges;
    int qp;                      /* of the superblock in work */
    int qp_read;                 /* its delta has been read */
    int tainted;                 /* the superblock in work refers to damage */
    uint32_t intra, inter, skip; /* units */
    _Alignas(32) int16_t coef[32 * 32];
} slice_decoder;

/* @return 0, or VIOLA_EDATA: superblocks from *decoded on are not valid. taint: per superblock of the frame */
int viola_decode_slice(slice_decoder *d, const uint8_t *payload, size_t size, const frame_header *h, uint8_t *taint,
                       int *decoded);

#endif
