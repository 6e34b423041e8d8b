/* viola enc: pictures to slices. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

typedef struct options {
    const char *input, *output, *sizes, *recon;
    double kbps;
    int qp;
    size_t budget, slice_bytes;
    uint64_t frames;
    int verbose;
    viola_encoder_config config;
} options;

typedef struct job {
    const options *o;
    y4m in;
    FILE *out, *sizes, *recon;
    viola_encoder *encoder;
    viola_rate rate;
    uint64_t bytes, over;
    int failed;
} job;

static options parse(arguments *a)
{
    options o = {.qp = -1};
    viola_encoder_config_default(&o.config, VIOLA_MIN_SIZE, VIOLA_MIN_SIZE);
    for (const char *word; (word = tool_next(a));) {
        if (strcmp(word, "-o") == 0)
            o.output = tool_value(a, word);
        else if (strcmp(word, "--kbps") == 0)
            o.kbps = tool_real(a, word, 1, 1e6);
        else if (strcmp(word, "--qp") == 0)
            o.qp = (int)tool_number(a, word, 0, VIOLA_MAX_QP);
        else if (strcmp(word, "--budget") == 0)
            o.budget = (size_t)tool_number(a, word, 1, 1 << 28);
        else if (strcmp(word, "--effort") == 0)
            o.config.effort = (int)tool_number(a, word, 0, VIOLA_MAX_EFFORT);
        else if (strcmp(word, "--threads") == 0)
            o.config.threads = (int)tool_number(a, word, 1, VIOLA_MAX_THREADS);
        else if (strcmp(word, "--slices") == 0)
            o.slice_bytes = (size_t)tool_number(a, word, 0, 65535);
        else if (strcmp(word, "--frames") == 0)
            o.frames = (uint64_t)tool_number(a, word, 1, 1 << 30);
        else if (strcmp(word, "--cpu") == 0)
            o.config.cpu_mask = tool_cpu(a, word);
        else if (strcmp(word, "--screen") == 0)
            o.config.content = VIOLA_CONTENT_SCREEN;
        else if (strcmp(word, "--sizes") == 0)
            o.sizes = tool_value(a, word);
        else if (strcmp(word, "--recon") == 0)
            o.recon = tool_value(a, word);
        else if (strcmp(word, "--verbose") == 0)
            o.verbose = 1;
        else
            o.input = word;
    }
    if (!o.input || !o.output || (o.kbps <= 0) + (o.qp < 0) + !o.budget != 2)
        tool_fail(a->command, "an input, -o OUTPUT and one of --kbps, --qp, --budget are needed");
    return o;
}

static FILE *open_output(const char *command, const char *path)
{
    FILE *file = path ? strcmp(path, "-") == 0 ? stdout : fopen(path, "wb") : NULL;
    if (path && !file)
        tool_fail(command, "%s: cannot be written", path);
    return file;
}

static void write_slice(void *opaque, const viola_slice *slice)
{
    job *j = opaque;
    j->failed |= vla_write(j->out, slice->data, slice->size);
}

static int encode_picture(job *j)
{
    const options *o = j->o;
    viola_frame_params p;
    viola_frame_stats s;
    viola_frame_params_default(&p);
    p.slice_bytes = o->slice_bytes;
    p.budget_bytes = o->budget;
    p.qp = o->qp;
    if (o->kbps > 0)
        viola_rate_frame(&j->rate, &p);
    const int error = viola_encoder_encode(j->encoder, &j->in.picture, &p, write_slice, j, &s);
    if (error && error != VIOLA_EBUDGET)
        return error;
    if (o->kbps > 0)
        viola_rate_done(&j->rate, &s);
    j->bytes += s.bytes;
    j->over += p.budget_bytes && s.bytes > p.budget_bytes;
    if (j->sizes)
        fprintf(j->sizes, "%zu\n", s.bytes);
    if (j->recon) {
        viola_picture r;
        viola_encoder_reconstruction(j->encoder, &r);
        y4m_write(j->recon, &r);
    }
    if (o->verbose)
        fprintf(stderr, "frame %5u bytes %6zu budget %6zu qp %3d mean %.1f passes %d %s%s intra %u inter %u skip %u\n",
                s.frame, s.bytes, p.budget_bytes, s.qp, s.qp_mean, s.passes, s.start ? "start " : "",
                s.boosted ? "boosted" : "", s.blocks_intra, s.blocks_inter, s.blocks_skip);
    else if (isatty(2))
        fprintf(stderr, "\rframe %u, %.0f kbit", s.frame, (double)j->bytes * 8 / 1000);
    return VIOLA_OK;
}

int command_enc(arguments *a)
{
    const options o = parse(a);
    job j = {.o = &o};
    const char *why;
    int error, more = 0;
    if (y4m_open(&j.in, o.input, &why))
        tool_fail(a->command, "%s: %s", o.input, why);
    j.out = open_output(a->command, o.output);
    j.sizes = open_output(a->command, o.sizes);
    j.recon = open_output(a->command, o.recon);
    viola_encoder_config config = o.config;
    config.width = j.in.width;
    config.height = j.in.height;
    config.fps = (double)j.in.fps_num / j.in.fps_den;
    if (!(j.encoder = viola_encoder_create(&config, &error)))
        tool_fail(a->command, "%s", viola_strerror(error));
    viola_rate_init(&j.rate, o.kbps * 1000, config.fps, config.width, config.height);
    j.failed = vla_write_header(j.out, config.width, config.height, j.in.fps_num, j.in.fps_den);
    if (j.recon)
        y4m_write_header(j.recon, config.width, config.height, j.in.fps_num, j.in.fps_den);
    while ((!o.frames || j.in.frames < o.frames) && (more = y4m_read(&j.in)) > 0)
        if ((error = encode_picture(&j)))
            tool_fail(a->command, "%s", viola_strerror(error));
    const uint64_t frames = j.in.frames;
    viola_encoder_destroy(&j.encoder);
    y4m_close(&j.in);
    FILE *files[] = {j.out, j.sizes, j.recon};
    for (int i = 0; i < 3; i++)
        j.failed |= files[i] && (ferror(files[i]) | (fclose(files[i]) != 0));
    if (j.failed || more < 0)
        tool_fail(a->command, "%s", j.failed ? "write error" : "the input is broken");
    if (frames)
        fprintf(stderr, "%s%llu frames, %.1f kbit/s%s\n", isatty(2) ? "\r" : "", (unsigned long long)frames,
                (double)j.bytes * 8 * config.fps / (double)frames / 1000, j.over ? ", some over budget" : "");
    return 0;
}
