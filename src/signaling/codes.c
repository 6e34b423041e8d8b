/* The error codes that travel, as a table. */
#include "signaling/signaling.h"

static const struct {
    const char *name, *text;
    bool fatal;
    int error;
} codes[QUA_CODE_COUNT] = {[QUA_CODE_NONE] = {"", "", false, 0},
#define CODE_ROW(id, code, is_fatal, amounts_to, sentence)                                                             \
    [QUA_CODE_##id] = {.name = code, .text = sentence, .fatal = is_fatal, .error = amounts_to},
                           QUA_SIGNAL_CODES(CODE_ROW)
#undef CODE_ROW
};

const char *qua_signal_code_name(qua_signal_code code)
{
    return codes[code].name;
}
const char *qua_signal_code_text(qua_signal_code code)
{
    return codes[code].text;
}
bool qua_signal_code_fatal(qua_signal_code code)
{
    return codes[code].fatal;
}
int qua_signal_code_error(qua_signal_code code)
{
    return codes[code].error;
}

qua_signal_code qua_signal_code_of(const char *name)
{
    for (int i = QUA_CODE_NONE + 1; i < QUA_CODE_COUNT; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (qua_signal_code)i;
    return QUA_CODE_NONE;
}
