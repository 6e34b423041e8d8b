/* What quartetd is told: by its command line, by the environment, by a file, in this order. */
#ifndef QUARTETD_OPTIONS_H
#define QUARTETD_OPTIONS_H

#include "server/server.h"

typedef struct options {
    char bind[64];
    uint16_t port, admin_port; /* admin_port 0: none */
    bool port_search;
    size_t max_connections;
    qua_log_level log_level;
    char state_path[256]; /* "": the key of tickets does not outlive the process */
    turn_config turn;
    char token_key[TOKEN_KEY_MAX]; /* "": rooms are open */
} options;

void options_default(options *o);
/**
 * One option, as "port" and "8433"; a switch takes "true" or "false".
 * @return NULL, or what is wrong with the value, static; "no such option" for an unknown name
 */
const char *options_set(options *o, const char *name, const char *value);
/** Is this option a switch, which has no value on the command line? */
bool options_is_switch(const char *name);
/**
 * Lines "name = value", # begins a comment.
 * @param error at least 160 bytes, gets line and cause. @return 0, QUA_ENOENT: not readable, QUA_EFORMAT
 */
int options_read_file(options *o, const char *path, char *error, size_t capacity);
/** QUARTETD_PORT and the like. @param error gets the cause. @return 0, QUA_EFORMAT */
int options_read_environment(options *o, char *error, size_t capacity);

/**
 * The key of tickets from a file of ours, made with mode 0600 when it is not there.
 * @return 0; QUA_EFORMAT: another kind of file, or others may read it; QUA_EIO
 */
int state_load_key(const char *path, const qua_random *random, uint8_t key[TICKET_KEY_SIZE]);

#endif
