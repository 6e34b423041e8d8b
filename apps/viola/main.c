/* viola: encodes, decodes and looks at Viola streams. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char usage[] =
    "usage: viola COMMAND ...\n"
    "\n"
    "  enc IN -o OUT.vla (--kbps N | --qp N | --budget BYTES) [options]\n"
    "      --effort N        0 fastest .. 4 best (2)\n"
    "      --slices BYTES    limit of each slice; 0: one slice a frame (0)\n"
    "      --frames N        stop after N frames\n"
    "      --threads N       (1)\n"
    "      --screen          screen content\n"
    "      --cpu NAME        c, avx2, neon, all (all)\n"
    "      --sizes FILE      bytes of each frame as sent, one a line\n"
    "      --recon FILE.y4m  what the decoder will see\n"
    "      --verbose         a line for each frame\n"
    "  dec IN.vla -o OUT.y4m [--threads N] [--cpu NAME]\n"
    "  compare A.y4m B.y4m   PSNR and SSIM\n"
    "\n"
    "IN is y4m (8-bit 4:2:0), - for standard input, or anything that the ffmpeg program reads.\n";

void tool_fail(const char *command, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "viola %s: ", command);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

const char *tool_next(arguments *a)
{
    return a->at < a->end ? *a->at++ : NULL;
}

const char *tool_value(arguments *a, const char *option)
{
    const char *value = tool_next(a);
    if (!value) {
        fprintf(stderr, "viola %s: %s needs a value\n", a->command, option);
        exit(2);
    }
    return value;
}

double tool_real(arguments *a, const char *option, double low, double high)
{
    const char *text = tool_value(a, option);
    char *end;
    errno = 0;
    const double v = strtod(text, &end);
    if (errno || *end || end == text || !(v >= low && v <= high)) {
        fprintf(stderr, "viola %s: %s takes %g..%g, not '%s'\n", a->command, option, low, high, text);
        exit(2);
    }
    return v;
}

long tool_number(arguments *a, const char *option, long low, long high)
{
    return (long)tool_real(a, option, (double)low, (double)high);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(arguments *a);
    } commands[] = {{"enc", command_enc}, {"dec", command_dec}, {"compare", command_compare}};
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("viola %s\n", viola_version());
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        arguments a = {argv + 2, argv + argc, commands[i].name};
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&a);
    }
    fprintf(stderr, "viola: unknown command '%s'; see viola --help\n", argv[1]);
    return 2;
}
