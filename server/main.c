/* quartetd: its options, then the server. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"
#include "server/options.h"
#include "server/serve.h"

static const char usage[] =
    "usage: quartetd [OPTION VALUE]...\n"
    "\n"
    "The signaling server of Quartet: people who open ws://HOST:PORT/ROOM meet in ROOM, four at most. It passes on\n"
    "what they need to find each other; sound and picture never come here. Prints one line\n"
    "`listening ws://HOST:PORT` once it takes connections, and ends cleanly on SIGINT and SIGTERM.\n"
    "GET /healthz and /readyz answer `ok`. The protocol is written down in spec/signaling.md.\n"
    "\n"
    "  --bind ADDRESS           localhost or an IP of this machine (default 127.0.0.1); 0.0.0.0 or :: for all of\n"
    "                           them: then anyone who reaches the port can join any room whose name they know\n"
    "  --port N                 TCP port (default 8433), 0 for any free one\n"
    "  --port-search            when the port is busy take the next free one, at most 100 further\n"
    "  --max-connections N      turn away more than N connections at once (default 20000)\n"
    "  --state FILE             keep the key of tickets in FILE (made with mode 0600), so that participants come back\n"
    "                           to their seats after a restart; without it they join anew\n"
    "  --turn URL               tell participants of this turn:, turns: or stun: server; may be given 8 times\n"
    "  --turn-secret-file FILE  the secret shared with the TURN server (coturn: static-auth-secret), in its first "
    "line\n"
    "  --token-key FILE         only those may join who bring a token (JWT, ES256) that this public key (PEM, P-256)\n"
    "                           verifies; without it rooms are open to whoever knows their name\n"
    "  --admin-port N           on 127.0.0.1: GET /metrics (Prometheus), GET /rooms, DELETE /rooms/NAME; anyone on\n"
    "                           this machine may use it (default: none)\n"
    "  --log LEVEL              error, warning, info or debug, to stderr (default warning); no names, no addresses\n"
    "  --config FILE            read options from FILE: lines `name = value`, # begins a comment\n"
    "  --help                   show this\n"
    "  --version                show the version\n"
    "\n"
    "Each option may also come from the environment, as QUARTETD_PORT and the like. The command line comes before the\n"
    "environment, and that before the file.\n";

static void log_line(void *context, qua_log_level level, const char *line)
{
    (void)context, (void)level;
    fprintf(stderr, "%s\n", line);
}

static _Noreturn void misuse(const char *option, const char *what)
{
    fprintf(stderr, "quartetd: %s: %s; see quartetd --help\n", option, what);
    exit(2);
}

static _Noreturn void show(const char *text)
{
    fputs(text, stdout);
    exit(0);
}

/* Words that end the program at once, and the file that has to be read first. */
static const char *first_look(int argc, char **argv)
{
    const char *config = getenv("QUARTETD_CONFIG");

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            show(usage);
        if (strcmp(argv[i], "--version") == 0)
            show("quartetd " QUARTETD_VERSION "\n");
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            config = argv[i + 1];
    }
    return config;
}

static void read_arguments(options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        const bool is_option = strncmp(option, "--", 2) == 0;
        const char *value = is_option && options_is_switch(option + 2) ? "true" : NULL, *wrong;
        if (!value)
            value = i + 1 < argc ? argv[++i] : "";
        if (strcmp(option, "--config") == 0)
            continue;
        wrong = is_option ? options_set(o, option + 2, value) : "no such option";
        if (wrong)
            misuse(option, wrong);
    }
}

static options read_options(int argc, char **argv)
{
    const char *config = first_look(argc, argv);
    char error[160];
    options o;

    options_default(&o);
    if (config && options_read_file(&o, config, error, sizeof error) != 0)
        misuse(config, error);
    if (options_read_environment(&o, error, sizeof error) != 0)
        misuse("environment", error);
    read_arguments(&o, argc, argv);
    return o;
}

static bool open_listener(listener *out, const char *bind, uint16_t port, bool search)
{
    const int error = listener_open(out, bind, port, search);

    if (error == QUA_EBUSY)
        fprintf(stderr, "quartetd: port %d is in use or not allowed; try --port-search or another --port\n", port);
    else if (error)
        fprintf(stderr, "quartetd: cannot listen on %s: %s; see --bind\n", bind, qua_strerror(error));
    return error == 0;
}

static bool load_key(const options *o, hub_config *config)
{
    int error = 0;

    if (o->state_path[0])
        error = state_load_key(o->state_path, &config->random, config->ticket_key);
    else
        qua_random_fill(&config->random, config->ticket_key, sizeof config->ticket_key);
    if (error)
        fprintf(stderr, "quartetd: %s: %s\n", o->state_path,
                error == QUA_EFORMAT ? "is not a key of ours that only we can read; remove it to begin anew"
                                     : "cannot be read or made; see --state");
    return error == 0;
}

int main(int argc, char **argv)
{
    const options o = read_options(argc, argv);
    const qua_log log = {.fn = log_line, .level = o.log_level, .name = "quartetd"};
    serve_config config = {
        .admin = {.fd = -1},
        .hub = {.random = os_random(), .log = &log, .max_sessions = o.max_connections, .turn = o.turn}};
    int error;

    memcpy(config.hub.token_key, o.token_key, sizeof o.token_key);
    signal(SIGPIPE, SIG_IGN);
    if (!load_key(&o, &config.hub) || !open_listener(&config.listener, o.bind, o.port, o.port_search) ||
        (o.admin_port && !open_listener(&config.admin, "127.0.0.1", o.admin_port, false)))
        return 1;
    error = serve(&config);
    if (error)
        fprintf(stderr, "quartetd: cannot start: %s\n", qua_strerror(error));
    return error ? 1 : 0;
}
