/* The table of links. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

typedef struct page {
    char *text;
    size_t capacity, size;
} page;

__attribute__((format(printf, 2, 3))) static void add(page *p, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(p->text + p->size, p->capacity - p->size, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < p->capacity - p->size)
        p->size += (size_t)n;
    else
        p->text[p->size] = '\0'; /* a line that does not fit is left out */
}

static void add_name(page *p, const char *name)
{
    char safe[QUA_ID_SIZE + 1];
    size_t columns = 0, bytes = 0;

    cli_safe(safe, sizeof safe, name);
    while (safe[bytes] && columns < 12) { /* a character of UTF-8 takes one column, its further bytes none */
        do {
            bytes++;
        } while ((safe[bytes] & 0xc0) == 0x80);
        columns++;
    }
    add(p, "%.*s%*s", (int)bytes, safe, (int)(13 - columns), "");
}

static void add_ms(page *p, double value)
{
    if (value < 0)
        add(p, "%8s", "-");
    else
        add(p, "%8.1f", value);
}

static void add_row(page *p, const link_row *row, bool final)
{
    char size[16] = "-";

    if (row->width)
        snprintf(size, sizeof size, "%dx%d", row->width, row->height);
    add_name(p, row->from);
    add_name(p, row->to);
    add(p, "%-6s %9s %5.1f %7.0f", row->codec[0] ? row->codec : "-", size, row->fps, row->kbps);
    add_ms(p, row->rtt_ms);
    add(p, "%7.1f", 100 * row->loss);
    if (final) {
        add_ms(p, row->delay_p50_ms);
        add_ms(p, row->delay_p95_ms);
    } else {
        add_ms(p, row->delay_ms);
    }
    if (row->inbound)
        add(p, "%9llu %8.1f", (unsigned long long)row->pictures, (double)row->sounds / 100);
    else
        add(p, "%9s %8s", "-", "-");
    add(p, "\n");
}

void links_format(const link_row *rows, size_t count, bool final, char *out, size_t capacity)
{
    page p = {out, capacity, 0};

    out[0] = '\0';
    add(&p, "%-13s%-13s%-6s %9s %5s %7s%8s%7s", "from", "to", "codec", "size", "fps", "kb/s", "rtt ms", "loss %");
    if (final)
        add(&p, "%8s%8s", "p50 ms", "p95 ms");
    else
        add(&p, "%8s", "delay");
    add(&p, "%9s %8s\n", "pictures", "sound s");
    for (size_t i = 0; i < count; i++)
        if (final || rows[i].here)
            add_row(&p, &rows[i], final);
}
