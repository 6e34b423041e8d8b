#include "base/base.h"

const char *qua_strerror(int error)
{
    switch (error) {
    case QUA_OK:
        return "no error";
#define QUA_ERROR_TEXT(name, value, text)                                                                              \
    case name:                                                                                                         \
        return text;
        QUA_ERRORS(QUA_ERROR_TEXT)
#undef QUA_ERROR_TEXT
    default:
        return "unknown error";
    }
}
