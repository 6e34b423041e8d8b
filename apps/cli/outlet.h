/* Received pictures and sound of quartet peer as streams for labs. */
#ifndef CLI_OUTLET_H
#define CLI_OUTLET_H

#include "cli.h"

/** A file or FIFO that one thread writes. */
typedef struct outlet {
    char path[1024]; /* "" for none */
    int fd;          /* -1: not open (yet) */
    uint8_t *buffer; /* what is written at once */
    size_t capacity;
} outlet;

/** @param pattern of the path, % stands for the peer; NULL: write nothing */
void outlet_init(outlet *out, const char *pattern, const char *peer);
/**
 * 32 bytes of header, then I420 without gaps. Nothing is written before a FIFO has a reader; a reader that left ends
 * the writing for good.
 */
void outlet_picture(outlet *out, const qua_frame *frame);
/** 10 ms as 16-bit little-endian samples, 48 kHz, mono. Begins and ends alike. */
void outlet_sound(outlet *out, const int16_t pcm[480]);
void outlet_close(outlet *out);

#endif
