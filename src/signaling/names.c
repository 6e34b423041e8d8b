/* What people, rooms and participants may be called. */
#include "signaling/message.h"

/* Control characters, and those that turn the direction of the text around them: names are shown in foreign lines. */
static bool is_unprintable(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* One character of UTF-8 (RFC 3629). @return its bytes, 0 when it is not one */
static size_t utf8_decode(const char *text, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)text;
    const size_t size = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    uint32_t c = size == 1 ? p[0] : p[0] & (0x7fu >> size);

    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if ((size == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (size == 4 && (c < 0x10000 || c > 0x10ffff)))
        return 0;
    *out = c;
    return size;
}

bool qua_signal_name_valid(const char *name)
{
    uint32_t c;

    if (!memchr(name, 0, QUA_SIGNAL_NAME_MAX + 1))
        return false;
    for (size_t n; *name; name += n)
        if ((n = utf8_decode(name, &c)) == 0 || is_unprintable(c))
            return false;
    return true;
}

/* 1..max characters, each one that `allowed` takes */
static bool is_word(const char *text, size_t max, bool (*allowed)(char c))
{
    size_t n = 0;

    while (n <= max && text[n] && allowed(text[n]))
        n++;
    return n > 0 && n <= max && !text[n];
}

static bool is_id_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}
static bool is_room_char(char c)
{
    return is_id_char(c) || (c >= 'A' && c <= 'Z') || (c && strchr("._~-", c));
}

bool qua_signal_id_valid(const char *id)
{
    return is_word(id, QUA_ID_SIZE - 1, is_id_char);
}
bool qua_signal_room_valid(const char *room)
{
    return is_word(room, QUA_SIGNAL_ROOM_MAX, is_room_char);
}
