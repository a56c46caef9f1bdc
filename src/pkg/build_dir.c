/* The plan of a plain directory: every source in it, and what its `ring3.build` file says.
 *
 *   # a comment
 *   name = mydriver
 *   kind = driver                  (or export-driver, library)
 *   sources = *.c ../common/x.c
 *   defines = NDIS630=1 DBG=1
 *   include = ../inc
 *   libraries = ../lib/x.lib
 *   standard = c++20 c17
 *   guard = cf
 *   kmdf = 1.33                                                                                                        */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/build_plan.h"
#include "pkg/msbuild_internal.h"

#define MANIFEST "ring3.build"

struct manifest {
    struct build_plan *plan;
    int line;
    bool sources;                       /* it lists them */
};

static bool manifest_error(const struct manifest *m, const char *reason, const char *what)
{
    return error_set("%s/%s:%d: %s: %s", m->plan->dir, MANIFEST, m->line, what, reason);
}

static bool resolve(const struct manifest *m, const char *path, char whole[BUILD_PATH])
{
    return msbuild_resolve(m->plan->dir, path, whole, BUILD_PATH) || manifest_error(m, "there is no such file", path);
}

static bool take_sources(struct manifest *m, const char *word)
{
    char whole[BUILD_PATH], **names;
    bool good = true;

    m->sources = true;
    if (word[0] != '*')
        return resolve(m, word, whole) && build_plan_source(m->plan, whole, NULL);
    names = host_list_dir(m->plan->dir, word + 1);
    for (char **name = names; good && name && *name; name++)
        good = resolve(m, *name, whole) && build_plan_source(m->plan, whole, NULL);
    host_free_names(names);
    return good;
}

static bool take_defines(struct manifest *m, const char *word)
{
    build_add(&m->plan->flags, "-D%s", word);
    return true;
}

static bool take_include(struct manifest *m, const char *word)
{
    char whole[BUILD_PATH];

    if (!resolve(m, word, whole))
        return false;
    build_add(&m->plan->headers, "%s", whole);
    return true;
}

static bool take_libraries(struct manifest *m, const char *word)
{
    char whole[BUILD_PATH];

    if (!resolve(m, word, whole))
        return false;
    build_add(&m->plan->libraries, "%s", whole);
    return true;
}

static bool take_name(struct manifest *m, const char *word)
{
    return (size_t)snprintf(m->plan->name, sizeof m->plan->name, "%s", word) < sizeof m->plan->name ||
           manifest_error(m, "the name is too long", word);
}

static bool take_kind(struct manifest *m, const char *word)
{
    static const char *const kinds[] = { "driver", "export-driver", "library" };

    for (size_t i = 0; i < countof(kinds); i++)
        if (!strcmp(word, kinds[i])) {
            m->plan->kind = (enum build_kind)i;
            return true;
        }
    return manifest_error(m, "kinds are driver, export-driver and library", word);
}

static bool take_kmdf(struct manifest *m, const char *word)
{
    char *end;

    m->plan->kmdf = true;
    if (strncmp(word, "1.", 2) != 0)
        return manifest_error(m, "versions are 1.N", word);
    m->plan->kmdf_minor = (int)strtol(word + 2, &end, 10);
    return *end == 0 || manifest_error(m, "versions are 1.N", word);
}

static bool take_standard(struct manifest *m, const char *word)
{
    static const struct { const char *word, *name; bool cplusplus; } known[] = {
        { "c11", "gnu11", false }, { "c17", "gnu17", false }, { "c++14", "gnu++14", true }, { "c++17", "gnu++17", true },
        { "c++20", "gnu++20", true }, { "c++23", "gnu++23", true },
    };

    for (size_t i = 0; i < countof(known); i++)
        if (!strcmp(word, known[i].word)) {
            m->plan->standard[known[i].cplusplus] = known[i].name;
            return true;
        }
    return manifest_error(m, "standards are c11, c17, c++14, c++17, c++20 and c++23", word);
}

static bool take_guard(struct manifest *m, const char *word)
{
    if (strcmp(word, "cf") != 0)
        return manifest_error(m, "guard is cf", word);
    build_add(&m->plan->flags, "-Xclang");
    build_add(&m->plan->flags, "-cfguard");
    m->plan->guard = true;
    return true;
}

static const struct {
    const char *key;
    bool (*take)(struct manifest *m, const char *word);
} keys[] = {
    { "name", take_name }, { "kind", take_kind }, { "sources", take_sources }, { "defines", take_defines },
    { "include", take_include }, { "libraries", take_libraries }, { "kmdf", take_kmdf },
    { "standard", take_standard }, { "guard", take_guard },
};

static bool read_entry(struct manifest *m, char *line)
{
    char *equals, *save = NULL, *key;
    size_t which = 0;

    line[strcspn(line, "#\r")] = 0;
    equals = strchr(line, '=');
    if (equals)
        *equals = 0;
    key = strtok_r(line, " \t", &save);
    if (!key && !equals)
        return true;
    if (!key || !equals)
        return manifest_error(m, "an entry reads KEY = VALUE..", key ? key : "=");
    while (which < countof(keys) && strcmp(keys[which].key, key) != 0)
        which++;
    if (which == countof(keys))
        return manifest_error(m, "keys are name, kind, sources, defines, include, libraries, kmdf, standard and guard", key);
    for (char *word = strtok_r(equals + 1, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
        if (!keys[which].take(m, word))
            return false;
    return true;
}

static bool read_manifest(struct manifest *m)
{
    char path[BUILD_PATH + 32], *text, *save = NULL;
    uint8_t *data;
    size_t size;
    bool good = true;

    snprintf(path, sizeof path, "%s/%s", m->plan->dir, MANIFEST);
    if (!host_file_exists(path))
        return true;
    if (!host_read_file(path, 65536, &data, &size))
        return false;
    text = (char *)data;
    for (char *line = text; good && line; line = save) {
        save = strchr(line, '\n');
        if (save)
            *save++ = 0;
        m->line++;
        good = read_entry(m, line);
    }
    free(data);
    return good;
}

/* Files of the directory with this ending. */
static bool add_all(struct build_plan *plan, const char *ending)
{
    char **names = host_list_dir(plan->dir, ending), path[BUILD_PATH * 2];
    bool good = names != NULL;

    for (char **name = names; good && *name; name++) {
        snprintf(path, sizeof path, "%s/%s", plan->dir, *name);
        good = build_plan_source(plan, path, NULL);
    }
    host_free_names(names);
    return good;
}

static bool add_infs(struct build_plan *plan)
{
    static const char *const endings[] = { ".inf", ".inx" };
    char path[BUILD_PATH * 2];

    for (int i = 0; i < 2; i++) {
        char **names = host_list_dir(plan->dir, endings[i]);

        for (char **name = names; name && *name; name++) {
            struct build_inf *inf;

            snprintf(path, sizeof path, "%s/%s", plan->dir, *name);
            inf = build_plan_inf(plan, path);
            if (i == 1)
                build_add(&inf->stamp, "-a"), build_add(&inf->stamp, "amd64");
            if (i == 1 && plan->kmdf)
                build_add(&inf->stamp, "-k"), build_add(&inf->stamp, "1.%d", plan->kmdf_minor);
        }
        host_free_names(names);
    }
    return true;
}

bool build_from_directory(struct build_plan *plan, const struct build_config *config)
{
    static const char *const endings[] = { ".c", ".cpp", ".cc", ".cxx", ".rc", ".mc", ".asm" };
    struct manifest manifest = { .plan = plan };
    const char *slash;
    char out[BUILD_PATH];
    bool good = true;

    if (!host_full_path(config->path, plan->dir, sizeof plan->dir))
        return false;
    snprintf(plan->where, sizeof plan->where, "%s", config->path);
    slash = strrchr(plan->dir, '/');
    if ((size_t)snprintf(plan->name, sizeof plan->name, "%s", slash ? slash + 1 : plan->dir) >= sizeof plan->name)
        return error_set("%s: the name is too long for a driver", config->path);
    if (config->out)
        snprintf(plan->out, sizeof plan->out, "%s", config->out);
    else
        snprintf(plan->out, sizeof plan->out, "build/drivers/%s", plan->name);
    if (!host_make_dirs(plan->out) || !host_full_path(plan->out, out, sizeof out))
        return false;
    snprintf(plan->out, sizeof plan->out, "%s", out);
    build_add(&plan->headers, "%s", plan->dir);
    plan->wpp = true;
    if (!read_manifest(&manifest))
        return false;
    for (size_t i = 0; good && !manifest.sources && i < countof(endings); i++)
        good = add_all(plan, endings[i]);
    if (good && plan->source_count == 0)
        good = error_set("%s: no C sources there", config->path);
    return good && add_infs(plan);
}
