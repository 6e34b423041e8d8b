#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

void qua_logf(const qua_log *log, qua_log_level level, const char *format, ...)
{
    char line[256];
    va_list args;
    int n;

    if (!log || !log->fn || level > log->level)
        return;
    n = snprintf(line, sizeof line, "%s: ", log->name ? log->name : "quartet");
    if (n < 0 || (size_t)n >= sizeof line)
        return;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    log->fn(log->context, level, line);
}
