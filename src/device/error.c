/* Failures said in words, and the clock. */
#include <stdarg.h>
#include <stdio.h>

#include "device/device.h"

qua_time qua_device_now(void)
{
    return os_now();
}

int qua_device_fail(qua_device_error *why, int code, const char *format, ...)
{
    va_list args;

    if (why) {
        va_start(args, format);
        vsnprintf(why->text, sizeof why->text, format, args);
        va_end(args);
    }
    return code;
}
