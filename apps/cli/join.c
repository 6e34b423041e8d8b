/* quartet join: one person in a room, from a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

#define REDRAW_MS   1000
#define TABLE_BYTES 8192

static const char usage[] =
    "usage: quartet join ws://HOST:PORT/ROOM [options]\n"
    "\n"
    "Join a room and stay until Ctrl-C, which leaves it cleanly. On a terminal a table shows every direction to and\n"
    "from the others; elsewhere only who comes and goes is printed, and the table at the end.\n"
    "\n"
    "  --name NAME       shown to the others (default: your login name)\n"
    "  --camera SPEC     pattern (default), none, /dev/videoN, i420:FIFO, or a file: YUV4MPEG2 natively, others by\n"
    "                    ffmpeg; files play again and again\n"
    "  --ping-pong       play a short camera file forth and back\n"
    "  --size WxH        crop and scale the camera to this size (default: its own)\n"
    "  --fps N           frames a second (default: the camera's own)\n"
    "  --bitrate KBPS    never send more video than this to one receiver (default: by size)\n"
    "  --mic SPEC        tone (default), none, default, device:NAME, or a file: WAV natively, others by ffmpeg\n"
    "  --speaker SPEC    null (default: nothing is heard), default, device:NAME\n"
    "  --record DIR      write each participant's picture (NAME-ID.y4m), its times (NAME-ID.csv) and all sound\n"
    "                    (mixed.wav) into this folder; the README describes them\n"
    "  --seconds N       leave after N seconds\n"
    "  --expect-media    exit with 1 unless picture and sound came from everyone who was in the call\n"
    "  --verbose         print what the engine logs; it holds no addresses, keys, names or media\n"
    "  --help            show this\n"
    "\n"
    "exit codes: 0 left as told, 1 the call could not be made or broke off, 2 wrong usage,\n"
    "            3 a camera, microphone, loudspeaker or folder could not be used\n";

static void show(seat *s, bool final)
{
    static link_row rows[LINKS_MAX];
    static char text[TABLE_BYTES];

    links_format(rows, seat_links(s, rows, CLI_COUNT(rows)), final, text, sizeof text);
    cli_show(text, final);
}

static bool media_came(seat *s)
{
    static link_row rows[LINKS_MAX];
    const size_t count = seat_links(s, rows, CLI_COUNT(rows));
    size_t links = 0, good = 0;

    for (size_t i = 0; i < count; i++) {
        if (!rows[i].inbound)
            continue;
        links++;
        good += rows[i].pictures > 0 && rows[i].sounds > 0;
    }
    return links > 0 && good == links;
}

/* @return exit code */
static int stay(seat *s, double seconds)
{
    const qua_time end = seconds > 0 ? qua_device_now() + (qua_time)(seconds * 1e6) : QUA_TIME_NEVER;
    const char *reason;

    for (;;) {
        const qua_time left = end - qua_device_now();

        if (seat_ended(s, &reason)) {
            cli_complain("%s", reason);
            return CLI_CALL_FAILED;
        }
        if (left <= 0 || !cli_wait(left < QUA_MS(REDRAW_MS) ? (int)(left / 1000) + 1 : REDRAW_MS))
            return CLI_OK;
        show(s, false);
    }
}

int join_main(int argc, char **argv)
{
    const char *login = getenv("USER");
    seat_config config = {.name = login && login[0] ? login : "guest",
                          .camera = "pattern",
                          .microphone = "tone",
                          .speaker = "null",
                          .announce = true};
    int size[2] = {0, 0}, code;
    double fps = 0, seconds = 0, kbps = 0;
    bool expect_media = false;
    seat *s;
    const cli_option options[] = {
        {"--name", CLI_TEXT, &config.name, 0, 0},
        {"--camera", CLI_TEXT, &config.camera, 0, 0},
        {"--mic", CLI_TEXT, &config.microphone, 0, 0},
        {"--speaker", CLI_TEXT, &config.speaker, 0, 0},
        {"--record", CLI_TEXT, &config.record, 0, 0},
        {"--ping-pong", CLI_FLAG, &config.ping_pong, 0, 0},
        {"--size", CLI_SIZE, size, 0, 0},
        {"--fps", CLI_NUMBER, &fps, 1, 120},
        {"--seconds", CLI_NUMBER, &seconds, 1, 1e6},
        {"--bitrate", CLI_NUMBER, &kbps, 30, 100000},
        {"--expect-media", CLI_FLAG, &expect_media, 0, 0},
        {"--verbose", CLI_FLAG, &config.verbose, 0, 0},
    };

    if (!cli_parse(argc, argv, options, CLI_COUNT(options), &config.url, 1, usage, &code))
        return code;
    config.width = size[0];
    config.height = size[1];
    config.fps = fps;
    config.max_bitrate_bps = (int)(kbps * 1000);
    cli_catch_signals();
    code = seat_open(&s, &config);
    if (code)
        return code;
    code = stay(s, seconds);
    if (code == CLI_OK)
        show(s, true);
    if (code == CLI_OK && expect_media && !media_came(s)) {
        cli_complain("picture or sound of someone is missing");
        code = CLI_CALL_FAILED;
    }
    seat_close(&s);
    return code;
}
