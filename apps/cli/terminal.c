/* Signals, waiting, and a table that is redrawn in place below the lines that are said. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define SHOWN_BYTES 8192

/* of the whole process: signals are, and so is the terminal */
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t told_to_end;
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;
static char shown[SHOWN_BYTES]; /* the table on the screen, under the mutex */

static void on_signal(int number)
{
    const int saved = errno;

    (void)number;
    told_to_end = 1;
    cli_wake();
    errno = saved;
}

void cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    if (pipe(wake_pipe) != 0)
        return; /* then signals end the program as ever */
    for (int i = 0; i < 2; i++) {
        fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void cli_wake(void)
{
    if (write(wake_pipe[1], "", 1) < 0)
        return; /* full: then it is awake already */
}

bool cli_wait(int milliseconds)
{
    struct pollfd watched = {.fd = wake_pipe[0], .events = POLLIN};
    char waste[64];

    if (!told_to_end)
        poll(&watched, 1, milliseconds);
    while (read(wake_pipe[0], waste, sizeof waste) > 0)
        ;
    return !told_to_end;
}

static bool on_terminal(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

static void erase(void)
{
    size_t lines = 0;

    for (const char *p = shown; *p; p++)
        lines += *p == '\n';
    if (lines)
        printf("\033[%zuA\r\033[J", lines);
}

/* Without wrapping: on a narrow terminal lines are cut, or their number would not be known. */
static void draw(void)
{
    if (shown[0])
        printf("\033[?7l%s\033[?7h", shown);
}

void cli_say(const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&screen);
    erase();
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    draw();
    fflush(stdout);
    pthread_mutex_unlock(&screen);
}

void cli_complain(const char *format, ...)
{
    va_list args;

    fputs("quartet: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void cli_show(const char *text, bool final)
{
    pthread_mutex_lock(&screen);
    erase();
    shown[0] = '\0';
    if (final)
        fputs(text, stdout);
    else if (on_terminal())
        snprintf(shown, sizeof shown, "%s", text);
    draw();
    fflush(stdout);
    pthread_mutex_unlock(&screen);
}

char *cli_safe(char *out, size_t capacity, const char *text)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p && n + 1 < capacity; p++) {
        /* controls of ASCII, and those of C1 as UTF-8 spells them */
        const bool control = *p < 0x20 || *p == 0x7f || (p > (const unsigned char *)text && p[-1] == 0xc2 && *p < 0xa0);

        out[n++] = control ? '?' : (char)*p;
    }
    out[n] = '\0';
    return out;
}
