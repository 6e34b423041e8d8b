/* Pictures from and to y4m. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

enum { MAX_HEADER = 512 };

static int read_line(FILE *file, char *line, size_t size)
{
    size_t n = 0;
    for (int c; (c = getc(file)) != EOF && c != '\n';) {
        if (n + 1 >= size)
            return 0;
        line[n++] = (char)c;
    }
    line[n] = 0;
    return n > 0;
}

/* anything else than y4m goes through the ffmpeg program */
static FILE *open_child(const char *path)
{
    int pair[2];
    if (pipe(pair))
        return NULL;
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], 1);
        close(pair[0]);
        close(pair[1]);
        execlp("ffmpeg", "ffmpeg", "-v", "error", "-nostdin", "-i", path, "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe",
               "-", (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return NULL;
    }
    return fdopen(pair[0], "rb");
}

static int parse_header(y4m *y, char *line, const char **why)
{
    const char *format = "420";
    for (char *save = NULL, *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (word[0] == 'W')
            y->width = atoi(word + 1);
        else if (word[0] == 'H')
            y->height = atoi(word + 1);
        else if (word[0] == 'C')
            format = word + 1;
        else if (word[0] == 'F' && sscanf(word + 1, "%u:%u", &y->fps_num, &y->fps_den) != 2)
            y->fps_num = 0;
    }
    if (!y->fps_num || !y->fps_den) {
        y->fps_num = 30;
        y->fps_den = 1;
    }
    *why = "not 8-bit 4:2:0";
    if (strncmp(format, "420", 3) != 0 || strncmp(format, "420p1", 5) == 0)
        return -1;
    *why = "a size that Viola does not take";
    if (y->width < VIOLA_MIN_SIZE || y->width > VIOLA_MAX_SIZE || y->height < VIOLA_MIN_SIZE ||
        y->height > VIOLA_MAX_SIZE)
        return -1;
    return 0;
}

int y4m_open(y4m *y, const char *path, const char **why)
{
    char line[MAX_HEADER];
    *y = (y4m){0};
    *why = "cannot be opened";
    y->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!y->file)
        return -1;
    int first = getc(y->file);
    ungetc(first, y->file);
    if (first != 'Y' && y->file != stdin) {
        fclose(y->file);
        y->child = 1;
        *why = "neither y4m nor readable through the ffmpeg program";
        if (!(y->file = open_child(path)))
            return -1;
    }
    if (!read_line(y->file, line, sizeof line) || strncmp(line, "YUV4MPEG2", 9) != 0 || parse_header(y, line, why)) {
        y4m_close(y);
        return -1;
    }
    const int cw = (y->width + 1) / 2, ch = (y->height + 1) / 2;
    const size_t luma = (size_t)y->width * (size_t)y->height, chroma = (size_t)cw * (size_t)ch;
    y->size = luma + 2 * chroma;
    y->memory = malloc(y->size);
    if (!y->memory) {
        *why = "out of memory";
        y4m_close(y);
        return -1;
    }
    y->picture = (viola_picture){.plane = {y->memory, y->memory + luma, y->memory + luma + chroma},
                                 .stride = {y->width, cw, cw},
                                 .width = y->width,
                                 .height = y->height};
    return 0;
}

int y4m_read(y4m *y)
{
    char line[MAX_HEADER];
    if (!read_line(y->file, line, sizeof line))
        return feof(y->file) ? 0 : -1;
    if (strncmp(line, "FRAME", 5) != 0 || fread(y->memory, 1, y->size, y->file) != y->size)
        return -1;
    y->picture.time_us = (int64_t)(y->frames * 1000000 * y->fps_den / y->fps_num);
    y->frames++;
    return 1;
}

void y4m_close(y4m *y)
{
    if (y->file && y->file != stdin)
        fclose(y->file);
    if (y->child)
        wait(NULL);
    free(y->memory);
    *y = (y4m){0};
}

void y4m_write_header(FILE *out, int width, int height, uint32_t fps_num, uint32_t fps_den)
{
    fprintf(out, "YUV4MPEG2 W%d H%d F%u:%u Ip A1:1 C420jpeg\n", width, height, fps_num, fps_den);
}

void y4m_write(FILE *out, const viola_picture *picture)
{
    fputs("FRAME\n", out);
    for (int p = 0; p < 3; p++) {
        const int w = p ? (picture->width + 1) / 2 : picture->width,
                  h = p ? (picture->height + 1) / 2 : picture->height;
        for (int y = 0; y < h; y++)
            fwrite(picture->plane[p] + y * picture->stride[p], 1, (size_t)w, out);
    }
}
