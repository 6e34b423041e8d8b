/* Options of a command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const cli_option *find(const cli_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static bool to_number(const cli_option *option, const char *text)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (errno || end == text || *end || !(value >= option->min && value <= option->max)) {
        cli_complain("%s needs a number from %g to %g, not \"%s\"", option->name, option->min, option->max, text);
        return false;
    }
    *(double *)option->to = value;
    return true;
}

static bool to_size(const cli_option *option, const char *text)
{
    int width, height, used = 0;

    if (sscanf(text, "%4dx%4d%n", &width, &height, &used) != 2 || text[used] || width < 16 || height < 16 ||
        width > 4096 || height > 4096 || width % 2 || height % 2) {
        cli_complain("%s needs WxH, even, from 16x16 to 4096x4096, not \"%s\"", option->name, text);
        return false;
    }
    ((int *)option->to)[0] = width;
    ((int *)option->to)[1] = height;
    return true;
}

static bool set(const cli_option *option, const char *value)
{
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->to = true;
        return true;
    case CLI_TEXT:
        *(const char **)option->to = value;
        return true;
    case CLI_NUMBER:
        return to_number(option, value);
    case CLI_SIZE:
        return to_size(option, value);
    }
    return false;
}

static bool wrong(int *exit_code)
{
    *exit_code = CLI_USAGE;
    return false;
}

bool cli_parse(int argc, char **argv, const cli_option *options, size_t option_count, const char **operands,
               size_t operand_count, const char *usage, int *exit_code)
{
    size_t have = 0;

    for (int i = 1; i < argc; i++) {
        const cli_option *option = find(options, option_count, argv[i]);

        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            *exit_code = CLI_OK;
            return false;
        }
        if (!option && strncmp(argv[i], "-", 1) == 0) {
            cli_complain("unknown option %s; see quartet %s --help", argv[i], argv[0]);
            return wrong(exit_code);
        }
        if (!option && have == operand_count) {
            cli_complain("\"%s\" is one word too many; see quartet %s --help", argv[i], argv[0]);
            return wrong(exit_code);
        }
        if (!option) {
            operands[have++] = argv[i];
        } else if (option->kind != CLI_FLAG && i + 1 == argc) {
            cli_complain("%s needs a value; see quartet %s --help", argv[i], argv[0]);
            return wrong(exit_code);
        } else if (!set(option, option->kind == CLI_FLAG ? NULL : argv[++i])) {
            return wrong(exit_code);
        }
    }
    if (have < operand_count) {
        cli_complain("something is missing; see quartet %s --help", argv[0]);
        return wrong(exit_code);
    }
    return true;
}
