/* Options by name, and where they come from. */
#include "server/options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void options_default(options *o)
{
    *o = (options){.bind = "127.0.0.1", .port = 8433, .max_connections = 20000, .log_level = QUA_LOG_WARNING};
}

/* ---- one setter for each option ----------------------------------------------------------------------------- */

static const char *set_text(char *out, size_t capacity, const char *value)
{
    if (!value[0] || strlen(value) >= capacity)
        return "is empty or too long";
    memcpy(out, value, strlen(value) + 1);
    return NULL;
}

static const char *set_number(size_t *out, const char *value, unsigned long max)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(value, &end, 10);
    if (errno || end == value || *end || value[0] == '-' || n > max)
        return "is not a number in range";
    *out = n;
    return NULL;
}

static const char *set_port_number(uint16_t *out, const char *value)
{
    size_t n;
    const char *error = set_number(&n, value, 65535);

    if (!error)
        *out = (uint16_t)n;
    return error;
}

static const char *set_bind(options *o, const char *value)
{
    return set_text(o->bind, sizeof o->bind, value);
}
static const char *set_port(options *o, const char *value)
{
    return set_port_number(&o->port, value);
}
static const char *set_admin_port(options *o, const char *value)
{
    return set_port_number(&o->admin_port, value);
}

static const char *set_port_search(options *o, const char *value)
{
    o->port_search = strcmp(value, "true") == 0;
    return o->port_search || strcmp(value, "false") == 0 ? NULL : "is not true or false";
}

static const char *set_max_connections(options *o, const char *value)
{
    return set_number(&o->max_connections, value, 1000000);
}

static const char *set_log(options *o, const char *value)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(names); i++)
        if (strcmp(value, names[i]) == 0) {
            o->log_level = (qua_log_level)i;
            return NULL;
        }
    return "is not error, warning, info or debug";
}

static const char *set_state(options *o, const char *value)
{
    return set_text(o->state_path, sizeof o->state_path, value);
}

static const char *set_turn(options *o, const char *value)
{
    const char *error;

    if (o->turn.count == QUA_SIGNAL_URLS_MAX)
        return "is given too often";
    if (strncmp(value, "turn:", 5) != 0 && strncmp(value, "turns:", 6) != 0 && strncmp(value, "stun:", 5) != 0)
        return "is not a turn:, turns: or stun: URL";
    error = set_text(o->turn.urls[o->turn.count], sizeof o->turn.urls[0], value);
    if (!error)
        o->turn.count++;
    return error;
}

static const char *set_turn_secret_file(options *o, const char *value)
{
    FILE *f = fopen(value, "r");
    char line[sizeof o->turn.secret + 1];
    const char *error = "is a file without a secret in its first line, 1 to 127 bytes";

    if (!f)
        return "cannot be read";
    if (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!set_text(o->turn.secret, sizeof o->turn.secret, line))
            error = NULL;
    }
    fclose(f);
    return error;
}

static const char *set_token_key(options *o, const char *value)
{
    FILE *f = fopen(value, "r");
    size_t size;

    if (!f)
        return "cannot be read";
    size = fread(o->token_key, 1, sizeof o->token_key - 1, f);
    fclose(f);
    o->token_key[size] = 0;
    return strstr(o->token_key, "PUBLIC KEY") ? NULL : "is not the PEM file of a public key";
}

static const struct {
    const char *name;
    bool is_switch;
    const char *(*set)(options *o, const char *value);
} table[] = {
    {"bind", false, set_bind},
    {"port", false, set_port},
    {"port-search", true, set_port_search},
    {"max-connections", false, set_max_connections},
    {"log", false, set_log},
    {"state", false, set_state},
    {"turn", false, set_turn},
    {"turn-secret-file", false, set_turn_secret_file},
    {"token-key", false, set_token_key},
    {"admin-port", false, set_admin_port},
};

const char *options_set(options *o, const char *name, const char *value)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(table); i++)
        if (strcmp(name, table[i].name) == 0)
            return table[i].set(o, value);
    return "no such option";
}

bool options_is_switch(const char *name)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(table); i++)
        if (strcmp(name, table[i].name) == 0)
            return table[i].is_switch;
    return false;
}

/* ---- files and environment ---------------------------------------------------------------------------------- */

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = 0;
    return text;
}

/* @return NULL, or what is wrong with a line; the line is taken apart */
static const char *read_line(options *o, char *line)
{
    char *value;

    line[strcspn(line, "#")] = 0;
    line = trim(line);
    if (!line[0])
        return NULL;
    value = strchr(line, '=');
    if (!value)
        return "has no =";
    *value++ = 0;
    return options_set(o, trim(line), trim(value));
}

int options_read_file(options *o, const char *path, char *error, size_t capacity)
{
    FILE *f = fopen(path, "r");
    const char *wrong = NULL;
    char line[512];
    int number = 0;

    if (!f) {
        snprintf(error, capacity, "cannot be read: %s", strerror(errno));
        return QUA_ENOENT;
    }
    while (!wrong && fgets(line, sizeof line, f)) {
        number++;
        wrong = strchr(line, '\n') || feof(f) ? read_line(o, line) : "is too long";
    }
    fclose(f);
    if (wrong)
        snprintf(error, capacity, "line %d: %s", number, wrong);
    return wrong ? QUA_EFORMAT : 0;
}

int options_read_environment(options *o, char *error, size_t capacity)
{
    for (size_t i = 0; i < QUA_ARRAY_SIZE(table); i++) {
        char name[64] = "QUARTETD_";
        const char *value, *wrong;
        for (size_t n = strlen(name), k = 0; table[i].name[k]; n++, k++)
            name[n] = table[i].name[k] == '-' ? '_' : (char)toupper((unsigned char)table[i].name[k]);
        value = getenv(name);
        wrong = value ? options_set(o, table[i].name, value) : NULL;
        if (wrong) {
            snprintf(error, capacity, "%s %s", name, wrong);
            return QUA_EFORMAT;
        }
    }
    return 0;
}

/* ---- state --------------------------------------------------------------------------------------------------- */

static int make_key(const char *path, const qua_random *random, uint8_t key[TICKET_KEY_SIZE])
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written;

    if (fd < 0)
        return QUA_EIO;
    qua_random_fill(random, key, TICKET_KEY_SIZE);
    written = write(fd, key, TICKET_KEY_SIZE) == TICKET_KEY_SIZE && fsync(fd) == 0;
    close(fd);
    if (!written)
        unlink(path);
    return written ? 0 : QUA_EIO;
}

int state_load_key(const char *path, const qua_random *random, uint8_t key[TICKET_KEY_SIZE])
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    bool good;

    if (fd < 0)
        return errno == ENOENT ? make_key(path, random, key) : QUA_EIO;
    good = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == TICKET_KEY_SIZE &&
           (about.st_mode & 077) == 0 && read(fd, key, TICKET_KEY_SIZE) == TICKET_KEY_SIZE;
    close(fd);
    return good ? 0 : QUA_EFORMAT;
}
