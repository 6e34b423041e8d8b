#include "server/guest_page.h"

#include <string.h>

#include "signaling/signaling.h"

const char *const guest_page_headers[][2] = {
    {"content-security-policy:",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"permissions-policy:", "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()"},
    {"referrer-policy:", "no-referrer"},
    {"x-content-type-options:", "nosniff"},
    {"cross-origin-opener-policy:", "same-origin"},
    {"cross-origin-resource-policy:", "same-origin"},
    {"cache-control:", "no-cache"},
};
const size_t guest_page_header_count = QUA_ARRAY_SIZE(guest_page_headers);

static const guest_file *by_name(const char *name)
{
    for (size_t i = 0; i < guest_file_count; i++)
        if (strcmp(guest_files[i].name, name) == 0)
            return &guest_files[i];
    return NULL;
}

const guest_file *guest_page_find(const char *path)
{
    if (strncmp(path, "/-/", 3) == 0)
        return by_name(path + 3);
    if (strcmp(path, "/") == 0 || (path[0] == '/' && qua_signal_room_valid(path + 1)))
        return by_name("index.html");
    return NULL;
}
