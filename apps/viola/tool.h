/* What the subcommands of the `viola` program share: pictures from y4m, the container, options, numbers. */
#ifndef VIOLA_TOOL_H
#define VIOLA_TOOL_H

#include <stdint.h>
#include <stdio.h>

#include "viola/viola.h"

/* ---- options: `--name VALUE` or a bare word */

typedef struct arguments {
    char **at, **end;
    const char *command;
} arguments;

/** @return the next word, NULL at the end */
const char *tool_next(arguments *a);
/** The value of the option just read; prints what is wrong and exits with 2 when there is none. */
const char *tool_value(arguments *a, const char *option);
long tool_number(arguments *a, const char *option, long low, long high);
double tool_real(arguments *a, const char *option, double low, double high);
/** c, avx2, neon or all. @return viola_cpu bits */
unsigned tool_cpu(arguments *a, const char *option);
/** Prints "viola COMMAND: text" and exits with 1. */
void tool_fail(const char *command, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* ---- y4m: 8-bit 4:2:0 */

typedef struct y4m {
    FILE *file;
    int child; /* 1: the ffmpeg program is at the other end */
    int width, height;
    uint32_t fps_num, fps_den;
    uint8_t *memory; /* one picture */
    size_t size;
    viola_picture picture;
    uint64_t frames;
} y4m;

/** Opens a y4m file, "-" for standard input, or through the `ffmpeg` program anything that it reads. @return 0, or -1
 * with *why */
int y4m_open(y4m *y, const char *path, const char **why);
/** @return 1: y->picture is the next one; 0: the end; -1: the file is broken */
int y4m_read(y4m *y);
void y4m_close(y4m *y);
void y4m_write_header(FILE *out, int width, int height, uint32_t fps_num, uint32_t fps_den);
void y4m_write(FILE *out, const viola_picture *picture);

/* ---- container .vla: 24 bytes "VIOLA1\r\n", width, height (16 bits each, little-endian as all), frame rate as two
 * 32-bit numbers, 4 bytes of zero; then for each slice its size (32 bits) and its bytes */

typedef struct vla {
    FILE *file;
    int width, height;
    uint32_t fps_num, fps_den;
    uint8_t *data; /* of the slice read last */
    size_t size, capacity;
} vla;

int vla_open(vla *v, const char *path, const char **why);
/** @return 1: v->data is the next slice; 0: the end; -1: the file is broken */
int vla_read(vla *v);
void vla_close(vla *v);
int vla_write_header(FILE *out, int width, int height, uint32_t fps_num, uint32_t fps_den);
int vla_write(FILE *out, const uint8_t *data, size_t size);

/* ---- quality of a picture against another */

typedef struct quality {
    uint64_t sse[3];
    double ssim; /* luma, mean over 8x8 windows four samples apart */
} quality;

quality tool_quality(const viola_picture *a, const viola_picture *b);
double tool_psnr(double sse, double samples);

/* ---- the subcommands; @return the program's exit code */
int command_enc(arguments *a);
int command_dec(arguments *a);
int command_compare(arguments *a);

#endif
