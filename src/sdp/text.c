/* Runs of foreign text. */
#include <strings.h>

#include "sdp/sdp_internal.h"

qua_span qua_span_cut(qua_span *rest, char separator)
{
    const char *at = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    const qua_span head = {rest->data, at ? (size_t)(at - rest->data) : rest->size};
    const size_t taken = at ? head.size + 1 : head.size;

    rest->data += taken;
    rest->size -= taken;
    return head;
}

qua_span qua_span_trim(qua_span text)
{
    while (text.size && text.data[0] == ' ')
        text.data++, text.size--;
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

qua_span qua_span_word(qua_span *rest)
{
    while (rest->size && rest->data[0] == ' ')
        rest->data++, rest->size--;
    return qua_span_cut(rest, ' ');
}

bool qua_span_is(qua_span text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

bool qua_span_is_caseless(qua_span text, const char *other)
{
    return text.size == strlen(other) && strncasecmp(text.data, other, text.size) == 0;
}

bool qua_span_number(qua_span text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9 || value > max / 10 || value * 10 > max - digit)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool qua_span_copy(qua_span text, char *out, size_t capacity)
{
    if (text.size >= capacity)
        return false;
    if (text.size)
        memcpy(out, text.data, text.size);
    memset(out + text.size, 0, capacity - text.size);
    return true;
}
