/* viola dec: slices to pictures. */
#include <string.h>

#include "tool.h"

typedef struct job {
    vla in;
    FILE *out;
    viola_decoder *decoder;
    const char *command;
    int width, height;
    uint64_t frames, damaged;
} job;

static void take_frames(job *j)
{
    viola_frame f;
    while (viola_decoder_get_frame(j->decoder, &f) == VIOLA_OK) {
        if (!j->width) {
            j->width = f.picture.width;
            j->height = f.picture.height;
            y4m_write_header(j->out, j->width, j->height, j->in.fps_num, j->in.fps_den);
        }
        if (f.picture.width != j->width || f.picture.height != j->height)
            tool_fail(j->command, "the size changes at frame %u: y4m cannot hold that", f.frame);
        y4m_write(j->out, &f.picture);
        j->frames++;
        j->damaged += f.damaged != 0;
    }
}

unsigned tool_cpu(arguments *a, const char *option)
{
    const char *name = tool_value(a, option);
    if (strcmp(name, "c") == 0)
        return VIOLA_CPU_C;
    if (strcmp(name, "avx2") == 0)
        return VIOLA_CPU_AVX2;
    if (strcmp(name, "neon") == 0)
        return VIOLA_CPU_NEON;
    return (unsigned)VIOLA_CPU_ALL;
}

int command_dec(arguments *a)
{
    job j = {.command = a->command};
    viola_decoder_config config;
    viola_decoder_config_default(&config);
    const char *input = NULL, *output = NULL, *why;
    for (const char *word; (word = tool_next(a));) {
        if (strcmp(word, "-o") == 0)
            output = tool_value(a, word);
        else if (strcmp(word, "--threads") == 0)
            config.threads = (int)tool_number(a, word, 1, VIOLA_MAX_THREADS);
        else if (strcmp(word, "--cpu") == 0)
            config.cpu_mask = tool_cpu(a, word);
        else
            input = word;
    }
    if (!input || !output)
        tool_fail(a->command, "an input and -o OUTPUT are needed");
    if (vla_open(&j.in, input, &why))
        tool_fail(a->command, "%s: %s", input, why);
    if (!(j.out = strcmp(output, "-") == 0 ? stdout : fopen(output, "wb")))
        tool_fail(a->command, "%s: cannot be written", output);
    int error;
    if (!(j.decoder = viola_decoder_create(&config, &error)))
        tool_fail(a->command, "%s", viola_strerror(error));
    int more;
    uint64_t dropped = 0;
    while ((more = vla_read(&j.in)) > 0) {
        dropped += viola_decoder_feed(j.decoder, j.in.data, j.in.size) != VIOLA_OK;
        take_frames(&j);
    }
    viola_decoder_finish(j.decoder);
    take_frames(&j);
    viola_decoder_destroy(&j.decoder);
    vla_close(&j.in);
    const int failed = ferror(j.out) | (fclose(j.out) != 0);
    if (failed || more < 0)
        tool_fail(a->command, failed ? "%s: write error" : "%s: the file ends in the middle of a slice",
                  failed ? output : input);
    if (dropped || j.damaged)
        fprintf(stderr, "viola dec: %llu slices dropped, %llu of %llu frames damaged\n", (unsigned long long)dropped,
                (unsigned long long)j.damaged, (unsigned long long)j.frames);
    return dropped || j.damaged ? 3 : 0;
}
