/* quartet: video calls from a terminal. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const char usage[] = "usage: quartet COMMAND ...; quartet COMMAND --help says more\n"
                            "\n"
                            "  join URL    join a room with a camera and microphone, or with files\n"
                            "  demo URL    put bots into a room and judge their call\n"
                            "  peer        one endpoint as a process, told by JSON lines, for scripts and labs\n"
                            "\n"
                            "exit codes: 0 done, 1 the call failed, 2 wrong usage, 3 a device or file failed\n";

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"join", join_main}, {"demo", demo_main}, {"peer", peer_main}};

    if (argc < 2) {
        fputs(usage, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(usage, stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < CLI_COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    cli_complain("unknown command %s; see quartet --help", argv[1]);
    return CLI_USAGE;
}
