/*
 * Messages that quartetd routes for each second of its CPU time, beside a bare echo server over the same library and
 * loop. usage: bench_server_routing [-r ROOMS] [-m MESSAGES_A_SECOND] [-s SECONDS] [-b BYTES] QUARTETD
 *   Two participants in each room send each other descriptions of BYTES (default 300, the whole message) at a total of
 *   MESSAGES_A_SECOND (default 20000) over loopback. CPU time is that of the server's process alone, from /proc.
 */
#define _GNU_SOURCE /* memmem */
#include <ev.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "os/os.h"
#include "server/serve.h"

typedef struct options {
    const char *quartetd;
    int rooms, rate, seconds, bytes;
} options;

typedef struct peer {
    int fd;
    char id[QUA_ID_SIZE];
    struct peer *other; /* NULL: echo, to oneself */
    uint64_t seq, heard;
    size_t size;
    unsigned char in[16384];
} peer;

typedef struct result {
    uint64_t sent, received;
    double cpu_s, wall_s;
    size_t latency_count;
    double *latency_ms;
    long rss_kib;
} result;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- the bare echo server ----------------------------------------------------------------------------------- */

typedef struct echo {
    size_t size;
    unsigned char text[LWS_PRE + 2048];
} echo;

static struct lws_vhost *echo_vhost;

static int on_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size)
{
    echo *e = user;

    if (reason == LWS_CALLBACK_RECEIVE && size <= sizeof e->text - LWS_PRE) {
        memcpy(e->text + LWS_PRE, data, e->size = size);
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && e->size) {
        lws_write(wsi, e->text + LWS_PRE, e->size, LWS_WRITE_TEXT);
        e->size = 0;
    }
    return 0;
}

static void on_echo_accept(struct ev_loop *loop, ev_io *io, int events)
{
    int fd;

    (void)loop, (void)events;
    while ((fd = accept(io->fd, NULL, NULL)) >= 0)
        lws_adopt_socket_vhost(echo_vhost, fd);
}

static _Noreturn void serve_echo(int fd)
{
    static const struct lws_protocols protocols[] = {
        {.name = "http", .callback = lws_callback_http_dummy},
        {.name = QUA_SIGNAL_PROTOCOL,
         .callback = on_echo,
         .per_session_data_size = sizeof(echo),
         .rx_buffer_size = 2048},
        {0},
    };
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    void *loops[1] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER, .protocols = protocols, .foreign_loops = loops, .gid = -1, .uid = -1};
    struct lws_context *context;
    ev_io accepting;

    info.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    lws_set_log_level(0, NULL);
    context = lws_create_context(&info);
    echo_vhost = context ? lws_create_vhost(context, &info) : NULL;
    if (!echo_vhost)
        die("libwebsockets");
    ev_io_init(&accepting, on_echo_accept, fd, EV_READ);
    ev_io_start(loop, &accepting);
    ev_run(loop, 0);
    exit(0);
}

static pid_t start_echo(uint16_t *port)
{
    listener l;
    pid_t pid;

    if (listener_open(&l, "127.0.0.1", 0, false) != 0)
        die("listen");
    pid = fork();
    if (pid == 0)
        serve_echo(l.fd);
    close(l.fd);
    *port = l.port;
    return pid;
}

static pid_t start_quartetd(const char *path, uint16_t *port)
{
    char line[128];
    int pipes[2];
    pid_t pid;
    FILE *said;

    if (pipe(pipes) != 0 || (pid = fork()) < 0)
        die("fork");
    if (pid == 0) {
        dup2(pipes[1], 1);
        execl(path, path, "--port", "0", "--max-connections", "100000", (char *)NULL);
        die(path);
    }
    close(pipes[1]);
    said = fdopen(pipes[0], "r");
    if (!said || !fgets(line, sizeof line, said) || sscanf(strrchr(line, ':') + 1, "%hu", port) != 1)
        die("quartetd did not start");
    fclose(said);
    return pid;
}

/* ---- clients ------------------------------------------------------------------------------------------------ */

/* One masked text frame; a mask of zeros leaves the text as it is, and costs the server the same. */
static void send_text(peer *p, const char *text, size_t size)
{
    unsigned char frame[4096];
    size_t n = 0;

    frame[n++] = 0x81;
    if (size < 126) {
        frame[n++] = (unsigned char)(0x80 | size);
    } else {
        frame[n++] = 0x80 | 126;
        qua_put_be16(frame + n, (uint16_t)size);
        n += 2;
    }
    memset(frame + n, 0, 4);
    n += 4;
    memcpy(frame + n, text, size);
    if (send(p->fd, frame, n + size, 0) != (ssize_t)(n + size))
        die("send");
}

/* The next whole frame's text, or NULL. */
static char *next_text(peer *p, size_t *size)
{
    size_t head = 2, n;

    if (p->size < 2 || (n = p->in[1] & 127u) == 127)
        return NULL;
    if (n == 126) {
        if (p->size < 4)
            return NULL;
        n = qua_get_be16(p->in + 2);
        head = 4;
    }
    if (p->size < head + n)
        return NULL;
    *size = n;
    return (char *)p->in + head;
}

static void drop_text(peer *p, const char *text, size_t size)
{
    const size_t used = (size_t)((const unsigned char *)text + size - p->in);

    memmove(p->in, p->in + used, p->size - used);
    p->size -= used;
}

static bool read_more(peer *p)
{
    const ssize_t n = recv(p->fd, p->in + p->size, sizeof p->in - p->size, 0);

    if (n == 0)
        die("the server closed a connection");
    if (n > 0)
        p->size += (size_t)n;
    return n > 0;
}

/* While the sockets still block: the next message that contains `part`. */
static void await(peer *p, const char *part, char *out, size_t capacity)
{
    char *text;
    size_t size;

    do {
        while (!(text = next_text(p, &size)))
            if (!read_more(p))
                die("recv");
        snprintf(out, capacity, "%.*s", (int)size, text);
        drop_text(p, text, size);
    } while (!strstr(out, part));
}

static void dial(peer *p, uint16_t port, int number)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    char text[512], *end;
    int n;

    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    n = snprintf(text, sizeof text,
                 "GET /room%d HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: " QUA_SIGNAL_PROTOCOL "\r\n\r\n",
                 number);
    if (send(p->fd, text, (size_t)n, 0) != n)
        die("send");
    while (!(end = memmem(p->in, p->size, "\r\n\r\n", 4)))
        if (!read_more(p))
            die("upgrade");
    drop_text(p, end, 4);
}

static void join(peer *p)
{
    static const char hello[] = "{\"t\":\"hello\",\"d\":{\"versions\":[1]}}", join_text[] = "{\"t\":\"join\"}";
    char text[1024];

    send_text(p, hello, sizeof hello - 1);
    await(p, "\"welcome\"", text, sizeof text);
    send_text(p, join_text, sizeof join_text - 1);
    await(p, "\"joined\"", text, sizeof text);
    if (sscanf(strstr(text, "\"self\":\""), "\"self\":\"%63[^\"]", p->id) != 1)
        die("joined");
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

static void say(peer *p, int bytes)
{
    char text[2048], filler[2048];
    int n = snprintf(
        text, sizeof text,
        "{\"t\":\"desc\",\"id\":%llu,\"seq\":%llu,\"ack\":%llu,\"to\":\"%s\",\"d\":{\"type\":\"offer\",\"sdp\":"
        "\"T%019lld",
        (unsigned long long)p->seq + 1, (unsigned long long)p->seq + 1, (unsigned long long)p->heard,
        p->other ? p->other->id : "0", (long long)os_now());

    p->seq++;
    memset(filler, 'x', sizeof filler);
    n += snprintf(text + n, sizeof text - (size_t)n, "%.*s\"}}", QUA_MAX(0, bytes - n - 3), filler);
    send_text(p, text, (size_t)n);
}

static void hear(peer *p, result *r)
{
    const char *stamp, *seq;
    char *text;
    size_t size;

    while (read_more(p))
        ;
    while ((text = next_text(p, &size))) {
        if ((stamp = memmem(text, size, "\"T", 2))) {
            r->latency_ms[r->latency_count++] = (double)(os_now() - strtoll(stamp + 2, NULL, 10)) / 1000;
            r->received++;
        }
        if (p->other && (seq = memmem(text, size, "\"seq\":", 6)))
            p->heard = strtoull(seq + 6, NULL, 10);
        drop_text(p, text, size);
    }
}

static double cpu_of(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user, system;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f) ||
        sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die(path);
    fclose(f);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_of(pid_t pid)
{
    char path[64];
    long pages = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        die(path);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static void talk(peer *peers, int count, int epoll, const options *o, pid_t server, result *r)
{
    const qua_time start = os_now(), end = start + QUA_SECONDS(o->seconds);
    const double cpu = cpu_of(server);
    struct epoll_event events[256];
    int turn = 0, n;

    for (qua_time now = start; now < end + QUA_MS(200); now = os_now()) {
        const uint64_t due = (uint64_t)((double)QUA_MIN(now - start, end - start) / 1e6 * o->rate);
        for (; r->sent < due; r->sent++, turn = (turn + 1) % count)
            say(&peers[turn], o->bytes);
        n = epoll_wait(epoll, events, 256, 1);
        for (int i = 0; i < n; i++)
            hear(events[i].data.ptr, r);
    }
    r->cpu_s = cpu_of(server) - cpu;
    r->wall_s = (double)(os_now() - start) / 1e6;
    r->rss_kib = rss_of(server);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void run(const options *o, bool is_echo)
{
    const int count = 2 * o->rooms;
    peer *peers = calloc((size_t)count, sizeof *peers);
    result r = {.latency_ms = calloc((size_t)o->rate * (size_t)o->seconds + 1, sizeof(double))};
    const int epoll = epoll_create1(0);
    uint16_t port = 0;
    const pid_t server = is_echo ? start_echo(&port) : start_quartetd(o->quartetd, &port);

    if (!peers || !r.latency_ms || epoll < 0)
        die("memory");
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
        dial(&peers[i], port, i / 2);
        if (!is_echo) {
            join(&peers[i]);
            peers[i].other = &peers[i ^ 1];
        }
        fcntl(peers[i].fd, F_SETFL, O_NONBLOCK);
        epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &event);
    }
    talk(peers, count, epoll, o, server, &r);
    qsort(r.latency_ms, r.latency_count, sizeof(double), by_value);
    printf("%-9s %6d clients  %8.0f sent/s  %8.0f routed/s  CPU %5.1f %%  %8.0f routed per CPU-second  "
           "p50 %.2f ms p99 %.2f ms  RSS %ld KiB\n",
           is_echo ? "bare echo" : "quartetd", count, (double)r.sent / o->seconds, (double)r.received / o->seconds,
           100 * r.cpu_s / r.wall_s, r.cpu_s > 0 ? (double)r.received / r.cpu_s : 0,
           r.latency_count ? r.latency_ms[r.latency_count / 2] : 0,
           r.latency_count ? r.latency_ms[r.latency_count * 99 / 100] : 0, r.rss_kib);
    fflush(stdout);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    for (int i = 0; i < count; i++)
        close(peers[i].fd);
    close(epoll);
    free(r.latency_ms);
    free(peers);
}

int main(int argc, char **argv)
{
    options o = {.rooms = 400, .rate = 20000, .seconds = 5, .bytes = 300};
    int c;

    while ((c = getopt(argc, argv, "r:m:s:b:")) != -1) {
        const int n = optarg ? atoi(optarg) : 0;
        if (n < 1)
            break;
        *(c == 'r' ? &o.rooms : c == 'm' ? &o.rate : c == 's' ? &o.seconds : &o.bytes) = n;
    }
    if (c != -1 || optind + 1 != argc) {
        fprintf(stderr,
                "usage: bench_server_routing [-r ROOMS] [-m MESSAGES_A_SECOND] [-s SECONDS] [-b BYTES] QUARTETD\n");
        return 2;
    }
    o.quartetd = argv[optind];
    if (o.rate > 45 * 2 * o.rooms)
        fprintf(stderr, "more than 45 messages a second for each client: the server will call it a flood\n");
    run(&o, true);
    run(&o, false);
    return 0;
}
