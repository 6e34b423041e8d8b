/* The administration of a server, apart from its socket. */
#ifndef QUARTETD_ADMIN_H
#define QUARTETD_ADMIN_H

#include "server/server.h"

typedef struct admin_answer {
    unsigned status; /* of HTTP */
    const char *type;
    char *body; /* heap, the caller frees it; NULL: memory is out */
} admin_answer;

/** GET /metrics, GET /rooms, DELETE /rooms/NAME. */
admin_answer admin_ask(hub *h, qua_time now, bool is_delete, const char *path);

#endif
