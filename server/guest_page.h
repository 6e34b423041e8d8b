/* The page through which a browser joins a room: the files of web/, compiled in by tools/embed.py. */
#ifndef QUARTETD_GUEST_PAGE_H
#define QUARTETD_GUEST_PAGE_H

#include <stddef.h>

typedef struct guest_file {
    const char *name, *type;
    const unsigned char *data; /* never empty */
    size_t size;
} guest_file;

extern const guest_file guest_files[];
extern const size_t guest_file_count;

/**
 * What a GET of this path shows: the page itself for "/" and for "/ROOM", one of its files for "/-/NAME".
 * @return static, or NULL: nothing is there
 */
const guest_file *guest_page_find(const char *path);

/**
 * The headers that go with every file, pairs of a name that ends with ':' and a value: nothing but what this server
 * gave may run, and nothing is asked of others.
 */
extern const char *const guest_page_headers[][2];
extern const size_t guest_page_header_count;

#endif
