/* quartetd: the options, then the server. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/serve.h"

static const char usage[] =
    "usage: quartetd [--bind ADDRESS] [--port N] [--port-search] [--max-connections N] [--log LEVEL]\n"
    "\n"
    "The signaling server of Quartet: people who open ws://HOST:PORT/ROOM meet in ROOM, four at most. It passes on\n"
    "what they need to find each other; sound and picture never come here. Prints one line\n"
    "`listening ws://HOST:PORT` once it takes connections, and ends cleanly on SIGINT and SIGTERM.\n"
    "GET /healthz answers `ok`. The protocol is written down in spec/signaling.md.\n"
    "\n"
    "  --bind ADDRESS        localhost or an IP of this machine (default 127.0.0.1); 0.0.0.0 or :: for all of them:\n"
    "                        then anyone who reaches the port can join any room whose name they know\n"
    "  --port N              TCP port (default 8433), 0 for any free one\n"
    "  --port-search         when the port is busy take the next free one, at most 100 further\n"
    "  --max-connections N   turn away more than N connections at once (default 20000)\n"
    "  --log LEVEL           error, warning, info or debug, to stderr (default warning); no names, no addresses\n"
    "  --help                show this\n"
    "  --version             show the version\n";

typedef struct options {
    const char *bind;
    uint16_t port;
    bool port_search;
    size_t max_connections;
    qua_log_level log_level;
} options;

static void log_line(void *context, qua_log_level level, const char *line)
{
    (void)context, (void)level;
    fprintf(stderr, "%s\n", line);
}

static _Noreturn void misuse(const char *what, const char *text)
{
    fprintf(stderr, "quartetd: %s: %s; see quartetd --help\n", text, what);
    exit(2);
}

static unsigned long number(const char *option, const char *text, unsigned long max)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || n > max)
        misuse("not a number in range", option);
    return n;
}

static qua_log_level log_level(const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};

    for (size_t i = 0; i < QUA_ARRAY_SIZE(names); i++)
        if (strcmp(text, names[i]) == 0)
            return (qua_log_level)i;
    misuse("no such level", text);
}

/* @return false: it was no option with a value */
static bool set_option(options *o, const char *option, const char *value)
{
    if (strcmp(option, "--bind") == 0)
        o->bind = value;
    else if (strcmp(option, "--port") == 0)
        o->port = (uint16_t)number(option, value, 65535);
    else if (strcmp(option, "--max-connections") == 0)
        o->max_connections = number(option, value, 1000000);
    else if (strcmp(option, "--log") == 0)
        o->log_level = log_level(value);
    else
        return false;
    return true;
}

static void show(const char *text)
{
    fputs(text, stdout);
    exit(0);
}

static options parse(int argc, char **argv)
{
    options o = {.bind = "127.0.0.1", .port = 8433, .max_connections = 20000, .log_level = QUA_LOG_WARNING};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            show(usage);
        else if (strcmp(argv[i], "--version") == 0)
            show("quartetd " QUARTETD_VERSION "\n");
        else if (strcmp(argv[i], "--port-search") == 0)
            o.port_search = true;
        else if (!set_option(&o, argv[i], i + 1 < argc ? argv[i + 1] : ""))
            misuse("unknown option", argv[i]);
        else
            i++;
    }
    return o;
}

int main(int argc, char **argv)
{
    const options o = parse(argc, argv);
    const qua_log log = {.fn = log_line, .level = o.log_level, .name = "quartetd"};
    serve_config config = {.max_sessions = o.max_connections, .log = &log};
    int error;

    signal(SIGPIPE, SIG_IGN);
    error = listener_open(&config.listener, o.bind, o.port, o.port_search);
    if (error == QUA_EBUSY)
        fprintf(stderr, "quartetd: port %d is in use or not allowed; try --port-search or another --port\n", o.port);
    else if (error)
        fprintf(stderr, "quartetd: cannot listen on %s: %s; see --bind\n", o.bind, qua_strerror(error));
    if (error)
        return 1;
    error = serve(&config);
    if (error)
        fprintf(stderr, "quartetd: cannot start: %s\n", qua_strerror(error));
    return error ? 1 : 0;
}
