/* ring3 build: a driver's sources to .sys and .pdb. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/verb.h"
#include "pkg/build.h"

static bool take_path(void *target, const char *value)
{
    struct build_config *config = target;

    if (config->path)
        return error_set("one driver at a time: %s and %s", config->path, value);
    config->path = value;
    return true;
}

static bool add(const char **list, const char *value, const char *option)
{
    int count = 0;

    while (list[count])
        count++;
    if (count == 31)
        return error_set("more than 31 times %s", option);
    list[count] = value;
    return true;
}

static bool take_define(void *target, const char *value)
{
    return add(((struct build_config *)target)->defines, value, "--define");
}

static bool take_property(void *target, const char *value)
{
    return strchr(value, '=') ? add(((struct build_config *)target)->properties, value, "--property")
                              : error_set("--property=NAME=VALUE, not '%s'", value);
}

static bool take_configuration(void *target, const char *value)
{
    ((struct build_config *)target)->configuration = value;
    return true;
}

static bool take_sdk(void *target, const char *value)
{
    ((struct build_config *)target)->sdk = value;
    return true;
}

static bool take_jobs(void *target, const char *value)
{
    uint64_t jobs;

    if (!cli_number(value, 1, 1024, &jobs))
        return false;
    ((struct build_config *)target)->jobs = (int)jobs;
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
    { NULL, "DIR|X.vcxproj|X.sln|X.slnx", "a directory with sources, a Visual Studio project or solution (default: the present directory)", take_path },
    { "--out", "DIR", "where results go (default: build/drivers/NAME)", take_out },
    { "--configuration", "NAME", "of a project: Release, Debug (default: what the project says)", take_configuration },
    { "--property", "NAME=VALUE", "a property that wins over the project's; may be given again", take_property },
    { "--define", "NAME[=VALUE]", "for every source; may be given again", take_define },
    { "--sdk", "DIR", "a Windows Driver Kit of yours instead of ring3's headers and libraries (.../Windows Kits/10)", take_sdk },
    { "--jobs", "N", "compilers at once (default: one a processor)", take_jobs },
    { "--force", NULL, "compile everything again", take_force },
    { "--release", NULL, "write the image's checksum", take_release },
    { 0 }
};

static int run_solution(const struct build_config *config)
{
    struct build_result *results = NULL;
    size_t count = 0;
    bool good = build_solution(config, &results, &count);

    for (size_t i = 0; i < count; i++)
        if (results[i].path)
            puts(results[i].path);
        else
            fprintf(stderr, "skipped %s: %s\n", results[i].project, results[i].why);
    build_results_free(results, count);
    return good ? EXIT_GOOD : cli_fail(EXIT_HOST, "%s", error_text());
}

static int run_build(const struct verb *verb, int argc, char **argv)
{
    struct build_config config = { 0 };
    char *sys = NULL;
    int code = cli_parse(verb, argc, argv, &config);

    if (code != EXIT_GOOD)
        return code;
    if (!config.path)
        config.path = ".";
    if (build_is_solution(config.path))
        return run_solution(&config);
    if (!build_driver(&config, &sys))
        return cli_fail(EXIT_HOST, "%s", error_text());
    puts(sys);
    free(sys);
    return EXIT_GOOD;
}

VERB(build_verb) = {
    .name = "build",
    .synopsis = "[DIR|X.vcxproj|X.sln|X.slnx] [--out=DIR] [--configuration=NAME] [--define=NAME] [--force] [--release]",
    .summary = "make a driver's .sys and .pdb from its sources or its project",
    .options = options,
    .run = run_build,
    .order = 20,
};
