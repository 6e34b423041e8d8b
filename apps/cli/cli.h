/*
 * The program quartet: what its commands share. They see include/ alone, as every app does.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quartet/device.h"
#include "quartet/quartet.h"

/* exit codes, documented in --help */
enum { CLI_OK = 0, CLI_CALL_FAILED = 1, CLI_USAGE = 2, CLI_DEVICE = 3 };

#define CLI_COUNT(a) (sizeof(a) / sizeof((a)[0]))

int join_main(int argc, char **argv);
int demo_main(int argc, char **argv);
int peer_main(int argc, char **argv);

/* ---- options ----------------------------------------------------------------------------------------------- */

typedef enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_SIZE } cli_kind;

/** One option of a command. */
typedef struct cli_option {
    const char *name; /* "--fps" */
    cli_kind kind;
    void *to;        /* bool; const char *; double; int[2] */
    double min, max; /* of numbers */
} cli_option;

/**
 * Read the arguments after a command's name. What is wrong is said on stderr, with the option's name.
 * @param operands  as many words without "--" as there have to be; @param usage printed for --help
 * @return true to go on; else *exit_code is what to exit with
 */
bool cli_parse(int argc, char **argv, const cli_option *options, size_t option_count, const char **operands,
               size_t operand_count, const char *usage, int *exit_code);

/* ---- terminal ---------------------------------------------------------------------------------------------- */

/** Ctrl-C and SIGTERM end cli_wait from now on; a second one ends the program at once. */
void cli_catch_signals(void);
/** Wait for a time, cli_wake or a signal. @return false once the program was told to end */
bool cli_wait(int milliseconds);
/** From any thread: end the present or next cli_wait. */
void cli_wake(void);
/** One line on stdout, above the live table. Any thread. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** One line on stderr, with the program's name before it. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Show a text of several lines in place of the last one; only on a terminal, unless it is the final one. */
void cli_show(const char *text, bool final);
/** Replace what could steer a terminal: names come from strangers. `out` holds the NUL too. */
char *cli_safe(char *out, size_t capacity, const char *text);

/* ---- one participant --------------------------------------------------------------------------------------- */

typedef struct seat seat;

typedef struct seat_config {
    const char *url, *name;
    const char *camera; /* a spec of quartet/device.h, or "none" */
    const char *microphone, *speaker;
    const char *record; /* folder, or NULL */
    int width, height;  /* 0: the camera's own */
    double fps;         /* 0: the camera's own */
    bool ping_pong;
    bool announce;       /* say who comes and goes */
    bool verbose;        /* what the engine logs goes to stderr */
    int max_bitrate_bps; /* 0: the engine's default */
} seat_config;

/** Open the devices, then join. @return 0 and *out, or an exit code, said on stderr */
int seat_open(seat **out, const seat_config *config);
/** Leave, wait until the others were told, close the devices. Nulls the pointer. */
void seat_close(seat **s);
/** @return true when the call is over, or could not be made; *reason is a sentence, the seat's */
bool seat_ended(seat *s, const char **reason);
/** The call as this participant sees it: itself first. @return the caller's frame or NULL */
qua_frame *seat_picture(seat *s, int width, int height);
const char *seat_name(const seat *s);

/* ---- links ------------------------------------------------------------------------------------------------- */

/** One direction between two participants. */
typedef struct link_row {
    char from[QUA_ID_SIZE + 1], to[QUA_ID_SIZE + 1];
    char codec[16];
    bool inbound; /* seen by its receiver, who knows more */
    bool here;    /* both are in the call now */
    int width, height;
    double fps, kbps, loss;
    double rtt_ms, delay_ms;           /* -1 unknown */
    double delay_p50_ms, delay_p95_ms; /* over the whole call, -1 unknown */
    uint64_t pictures, sounds;         /* decoded; sounds in blocks of 10 ms that were not made up */
} link_row;

#define LINKS_MAX 64 /* four participants, both directions as seen from both ends, and some who left */

/** @return rows written, at most `capacity`; also those of participants who left */
size_t seat_links(seat *s, link_row *out, size_t capacity);
/** A table for people. @param final with the delays of the whole call, and with those who left */
void links_format(const link_row *rows, size_t count, bool final, char *out, size_t capacity);

#endif
