/* quartet demo: a call of bots on one machine, and a verdict. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define REDRAW_MS         1000
#define FILES_MAX         64
#define PATH_BYTES        1024
#define TABLE_BYTES       8192
#define SMALL_BELOW_CORES 4

static const char usage[] =
    "usage: quartet demo ws://HOST:PORT/ROOM [options]\n"
    "\n"
    "Put bots into a room: their cameras and microphones are files. A table shows every direction of the call; at the\n"
    "end it is judged. Ctrl-C ends it.\n"
    "\n"
    "  --bots N          1 to 4 (default 4)\n"
    "  --media DIR       clips (mkv, mp4, webm, y4m) and voices (wav), taken in the order of their names; without it\n"
    "                    the bots show a pattern and play a tone\n"
    "  --size WxH        of the pictures (default 640x360; 320x180 on machines below four cores)\n"
    "  --fps N           frames a second (default 30; 15 below four cores)\n"
    "  --seconds N       end after N seconds (default: stay)\n"
    "  --png FILE        at the end write the call as the first bot saw it: itself, then the others\n"
    "  --verbose         print what the engines log; it holds no addresses, keys, names or media\n"
    "  --help            show this\n"
    "\n"
    "exit codes: 0 each bot decoded picture and sound of every other bot, 1 some did not or the call could not be "
    "made,\n"
    "            2 wrong usage, 3 a file could not be used\n";

static const char *const names[QUA_MAX_PARTICIPANTS] = {"Ada", "Ben", "Cleo", "Dan"};

typedef struct library {
    char paths[FILES_MAX][PATH_BYTES];
    size_t count;
} library;

typedef struct demo {
    const char *url, *media, *png;
    double bots, fps, seconds;
    int size[2];
    bool verbose;
    library clips, voices;
    seat *seats[QUA_MAX_PARTICIPANTS];
    size_t count;
} demo;

/* ---- files ------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *const *endings, size_t count)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < count; i++)
        if (strcmp(dot + 1, endings[i]) == 0)
            return true;
    return false;
}

static void collect(library *l, const char *folder, const char *name)
{
    if (l->count < FILES_MAX && strlen(folder) + strlen(name) + 2 <= PATH_BYTES)
        snprintf(l->paths[l->count++], PATH_BYTES, "%s/%s", folder, name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int read_media(demo *d)
{
    static const char *const films[] = {"mkv", "mp4", "webm", "y4m"}, *const sounds[] = {"wav"};
    DIR *folder = opendir(d->media);
    const struct dirent *entry;

    if (!folder) {
        cli_complain("%s: there is no such folder; see --media", d->media);
        return CLI_DEVICE;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (ends_with(entry->d_name, films, CLI_COUNT(films)))
            collect(&d->clips, d->media, entry->d_name);
        else if (ends_with(entry->d_name, sounds, CLI_COUNT(sounds)))
            collect(&d->voices, d->media, entry->d_name);
    }
    closedir(folder);
    qsort(d->clips.paths, d->clips.count, PATH_BYTES, by_name);
    qsort(d->voices.paths, d->voices.count, PATH_BYTES, by_name);
    return CLI_OK;
}

/* ---- bots -------------------------------------------------------------------------------------------------- */

static void choose_size(demo *d)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const bool small = cores < SMALL_BELOW_CORES, chosen = !d->size[0] || d->fps == 0;

    if (!d->size[0]) {
        d->size[0] = small ? 320 : 640;
        d->size[1] = small ? 180 : 360;
    }
    if (d->fps == 0)
        d->fps = small ? 15 : 30;
    if (small && chosen)
        cli_say("This machine has %ld cores: the bots send %dx%d at %g frames a second. With four or more it would be "
                "640x360 at 30.",
                cores, d->size[0], d->size[1], d->fps);
}

static int add_bots(demo *d)
{
    int code = CLI_OK;

    while (code == CLI_OK && d->count < (size_t)d->bots) {
        const size_t i = d->count;
        const seat_config config = {.url = d->url,
                                    .name = names[i],
                                    .camera = d->clips.count ? d->clips.paths[i % d->clips.count] : "pattern",
                                    .microphone = d->voices.count ? d->voices.paths[i % d->voices.count] : "tone",
                                    .speaker = "null",
                                    .width = d->size[0],
                                    .height = d->size[1],
                                    .fps = d->fps,
                                    .ping_pong = true,
                                    .verbose = d->verbose};

        code = seat_open(&d->seats[i], &config);
        if (code == CLI_OK)
            d->count++;
    }
    return code;
}

/* ---- the table and the verdict ------------------------------------------------------------------------------ */

static bool is_bot(const demo *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(seat_name(d->seats[i]), name) == 0)
            return true;
    return false;
}

/* Each direction once: as its receiver sees it, or its sender when the receiver is elsewhere. */
static size_t gather(const demo *d, link_row *out, size_t capacity)
{
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++) {
        link_row rows[LINKS_MAX];
        const size_t seen = seat_links(d->seats[i], rows, LINKS_MAX);

        for (size_t k = 0; k < seen && count < capacity; k++)
            if (rows[k].inbound || !is_bot(d, rows[k].to))
                out[count++] = rows[k];
    }
    return count;
}

static void show(const demo *d, bool final)
{
    static link_row rows[LINKS_MAX];
    static char text[TABLE_BYTES];

    links_format(rows, gather(d, rows, LINKS_MAX), final, text, sizeof text);
    cli_show(text, final);
}

/* In one of its lives: who lost the server and came back is a new participant to the others. */
static bool carried(const link_row *rows, size_t count, const char *from, const char *to)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].inbound && strcmp(rows[i].from, from) == 0 && strcmp(rows[i].to, to) == 0 && rows[i].pictures > 0 &&
            rows[i].sounds > 0)
            return true;
    return false;
}

static int judge(const demo *d)
{
    static link_row rows[LINKS_MAX];
    const size_t count = gather(d, rows, LINKS_MAX), wanted = d->count * (d->count - 1);
    size_t good = 0;

    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->count; k++)
            good += i != k && carried(rows, count, seat_name(d->seats[i]), seat_name(d->seats[k]));
    cli_say("%zu of %zu links between the bots carried decoded picture and sound.", good, wanted);
    return good == wanted ? CLI_OK : CLI_CALL_FAILED;
}

static int write_png(const demo *d)
{
    qua_device_error why = {{0}};
    qua_frame *picture = seat_picture(d->seats[0], 2 * d->size[0], 2 * d->size[1]);
    int error;

    if (!picture) {
        cli_complain("out of memory for %s", d->png);
        return CLI_DEVICE;
    }
    error = qua_picture_write_png(picture, d->png, &why);
    qua_frame_unref(&picture);
    if (error)
        cli_complain("%s", why.text);
    else
        cli_say("Wrote %s: the call as %s saw it.", d->png, seat_name(d->seats[0]));
    return error ? CLI_DEVICE : CLI_OK;
}

/* @return false: told to end, or a call is over, said on stderr */
static bool all_well(const demo *d, int *code)
{
    const char *reason;

    for (size_t i = 0; i < d->count; i++) {
        if (!seat_ended(d->seats[i], &reason))
            continue;
        cli_complain("%s is out of the call: %s", seat_name(d->seats[i]), reason);
        *code = CLI_CALL_FAILED;
        return false;
    }
    return true;
}

static int run(demo *d)
{
    const qua_time end = d->seconds > 0 ? qua_device_now() + (qua_time)(d->seconds * 1e6) : QUA_TIME_NEVER;
    int code = CLI_OK, png;

    while (all_well(d, &code)) {
        const qua_time left = end - qua_device_now();

        if (left <= 0 || !cli_wait(left < QUA_MS(REDRAW_MS) ? (int)(left / 1000) + 1 : REDRAW_MS))
            break;
        show(d, false);
    }
    if (code != CLI_OK)
        return code;
    show(d, true);
    code = judge(d);
    png = d->png ? write_png(d) : CLI_OK;
    return code == CLI_OK ? png : code;
}

int demo_main(int argc, char **argv)
{
    static demo d = {.bots = QUA_MAX_PARTICIPANTS};
    const cli_option options[] = {
        {"--bots", CLI_NUMBER, &d.bots, 1, QUA_MAX_PARTICIPANTS},
        {"--media", CLI_TEXT, &d.media, 0, 0},
        {"--size", CLI_SIZE, d.size, 0, 0},
        {"--fps", CLI_NUMBER, &d.fps, 1, 120},
        {"--seconds", CLI_NUMBER, &d.seconds, 1, 1e6},
        {"--png", CLI_TEXT, &d.png, 0, 0},
        {"--verbose", CLI_FLAG, &d.verbose, 0, 0},
    };
    int code;

    if (!cli_parse(argc, argv, options, CLI_COUNT(options), &d.url, 1, usage, &code))
        return code;
    code = d.media ? read_media(&d) : CLI_OK;
    if (code != CLI_OK)
        return code;
    cli_catch_signals();
    choose_size(&d);
    code = add_bots(&d);
    if (code == CLI_OK)
        code = run(&d);
    while (d.count)
        seat_close(&d.seats[--d.count]);
    return code;
}
