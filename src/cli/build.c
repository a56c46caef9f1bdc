/* ring3 build: a driver's sources to .sys and .pdb. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "cli/verb.h"
#include "pkg/build.h"

static bool take_dir(void *target, const char *value)
{
    struct build_config *config = target;

    if (config->dir)
        return error_set("one directory at a time: %s and %s", config->dir, value);
    config->dir = value;
    return true;
}

static bool take_out(void *target, const char *value)
{
    ((struct build_config *)target)->out = value;
    return true;
}

static bool take_force(void *target, const char *value)
{
    (void)value;
    ((struct build_config *)target)->force = true;
    return true;
}

static bool take_release(void *target, const char *value)
{
    (void)value;
    ((struct build_config *)target)->release = true;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "DIR", "the directory with the driver's C sources (default: the present one)", take_dir },
    { "--out", "DIR", "where results go (default: build/drivers/NAME)", take_out },
    { "--force", NULL, "compile everything again", take_force },
    { "--release", NULL, "write the image's checksum", take_release },
    { 0 }
};

static int run_build(const struct verb *verb, int argc, char **argv)
{
    struct build_config config = { 0 };
    char *sys = NULL;
    int code = cli_parse(verb, argc, argv, &config);

    if (code != EXIT_GOOD)
        return code;
    if (!config.dir)
        config.dir = ".";
    if (!build_driver(&config, &sys))
        return cli_fail(EXIT_HOST, "%s", error_text());
    puts(sys);
    free(sys);
    return EXIT_GOOD;
}

VERB(build_verb) = {
    .name = "build",
    .synopsis = "[DIR] [--out=DIR] [--force] [--release]",
    .summary = "make a driver's .sys and .pdb from its C sources",
    .options = options,
    .run = run_build,
    .order = 20,
};
