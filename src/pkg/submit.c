/* ring3 submit. The cabinet itself is gcab's work. */
#include "pkg/submit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "pkg/audit.h"
#include "pkg/authenticode_verify.h"
#include "pkg/catalog.h"
#include "pkg/inf.h"
#include "pkg/inf_check.h"
#include "pkg/package.h"

#define PATH_SIZE 4096
#define FILES_MAX 4096

struct submitting {
    const struct submit_config *config;
    char stage[PATH_SIZE];
    char *member[FILES_MAX];            /* paths in the cabinet */
    int member_count, blocked;
};

static void say(struct submitting *s, const char *mark, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct submitting *s, const char *mark, const char *format, ...)
{
    char line[PATH_SIZE + 600];
    va_list args;
    int length = snprintf(line, sizeof line, "[%s] ", mark);

    va_start(args, format);
    vsnprintf(line + length, sizeof line - (size_t)length, format, args);
    va_end(args);
    s->blocked += *mark == '!';
    s->config->say(line);
}

static const char *ending(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot : "";
}

/* --- what is found in a package ------------------------------------------------------------------------------------- */

static void look_at_inf(struct submitting *s, const char *path)
{
    struct inf_report report;

    inf_check(path, &(struct inf_check_options){ .mode = INF_MODE_H }, &report);
    if (report.errors == 0)
        say(s, "x", "%s keeps the rules that a signature asks for (%d warnings)", path, report.warnings);
    for (int i = 0; i < report.count; i++)
        if (report.problem[i].severity == INF_ERROR)
            say(s, "!", "%s:%d: %d: %s", path, report.problem[i].line, report.problem[i].code, report.problem[i].text);
    inf_report_free(&report);
}

static void look_at_driver(struct submitting *s, const char *path)
{
    struct audit_report report;
    bool wrong_symbols = false;
    char pdb[PATH_SIZE];

    if (!audit_driver(path, NULL, &report)) {
        say(s, "!", "%s", error_text());
        return;
    }
    if (report.errors == 0)
        say(s, "x", "%s: no errors in its image (%d warnings, see ring3 audit)", path, report.warnings);
    for (int i = 0; i < report.count; i++)
        if (report.finding[i].severity == AUDIT_ERROR)
            say(s, "!", "%s: %s: %s", path, report.finding[i].rule, report.finding[i].text);
    for (int i = 0; i < report.count; i++)
        wrong_symbols = wrong_symbols || (!strcmp(report.finding[i].rule, "image.symbols") && report.finding[i].severity == AUDIT_WARNING);
    audit_free(&report);
    snprintf(pdb, sizeof pdb, "%.*s.pdb", (int)(ending(path) - path), path);
    if (wrong_symbols)
        say(s, " ", "symbols: %s does not belong to %s", pdb, path);
    else if (host_file_exists(pdb))
        say(s, "x", "symbols: %s", pdb);
    else
        say(s, " ", "symbols: %s is not there; crash analysis wants it", pdb);
}

static void note_nothing(const char *line)
{
    (void)line;
}

static void look_at_catalog(struct submitting *s, const char *path, const char *directory)
{
    int wrong = package_check_catalog(path, directory, note_nothing);

    if (wrong == 0)
        say(s, "x", "%s fits the package (the dashboard makes its own)", path);
    else
        say(s, " ", "%s does not fit the package: %s", path, wrong < 0 ? error_text() : "make it again with ring3 package");
}

/* --- staging -------------------------------------------------------------------------------------------------------- */

static bool add_member(struct submitting *s, const char *folder, const char *name, const char *from)
{
    char to[PATH_SIZE], *member = NULL;
    uint8_t *data;
    size_t size;
    bool good;

    if (s->member_count == FILES_MAX || asprintf(&member, "%s/%s", folder, name) < 0)
        return error_set("more than %d files", FILES_MAX);
    s->member[s->member_count++] = member;
    if ((size_t)snprintf(to, sizeof to, "%s/%s", s->stage, member) >= sizeof to)
        return error_set("%s: the name is too long", member);
    if (!host_read_file(from, 1u << 30, &data, &size))
        return false;
    *strrchr(to, '/') = 0;
    good = host_make_dirs(to);
    to[strlen(to)] = '/';
    good = good && host_write_file(to, data, size);
    free(data);
    return good;
}

static bool wanted(const char *name)
{
    static const char *const endings[] = { ".inf", ".sys", ".dll", ".exe", ".pdb", ".cat", ".cer", ".bin", ".fw" };

    for (size_t i = 0; i < countof(endings); i++)
        if (!strcasecmp(ending(name), endings[i]))
            return strcasecmp(ending(name), ".cer") != 0;
    return false;
}

static bool take_package(struct submitting *s, const char *directory)
{
    char path[PATH_SIZE], folder[256] = "", **names = host_list_dir(directory, "");
    bool good = names != NULL;

    for (char **name = names; name && *name; name++)
        if (!strcasecmp(ending(*name), ".inf") && !folder[0])
            snprintf(folder, sizeof folder, "%.*s", (int)(ending(*name) - *name), *name);
    if (good && !folder[0])
        good = error_set("%s: there is no INF in it", directory);
    for (char **name = names; good && *name; name++) {
        snprintf(path, sizeof path, "%s/%s", directory, *name);
        if (!wanted(*name))
            continue;
        if (!strcasecmp(ending(*name), ".inf"))
            look_at_inf(s, path);
        if (!strcasecmp(ending(*name), ".sys"))
            look_at_driver(s, path);
        if (!strcasecmp(ending(*name), ".cat"))
            look_at_catalog(s, path, directory);
        good = add_member(s, folder, *name, path);
    }
    host_free_names(names);
    return good;
}

/* --- the cabinet ---------------------------------------------------------------------------------------------------- */

/* STAGE/made.cab. */
static bool make_cabinet(struct submitting *s)
{
    const char **argv = calloc((size_t)s->member_count + 8, sizeof *argv);
    char stage[PATH_SIZE + 16], output[4096];
    int count = 0, status;

    if (!argv)
        abort();
    snprintf(stage, sizeof stage, "--chdir=%s", s->stage);
    argv[count++] = "env";
    argv[count++] = stage;
    argv[count++] = "gcab";
    argv[count++] = "--create";
    argv[count++] = "--zip";
    argv[count++] = "made.cab";
    for (int i = 0; i < s->member_count; i++)
        argv[count++] = s->member[i];
    status = host_run(argv, "", output, sizeof output);
    free(argv);
    if (status == 127)
        return error_set("cabinets are made by gcab, which is not installed (Debian package gcab)");
    return status == 0 || error_set("%s: gcab ended with exit code %d", s->config->out, status);
}

static void remove_stage(struct submitting *s)
{
    char path[PATH_SIZE * 2];

    for (int i = 0; i < s->member_count; i++) {
        snprintf(path, sizeof path, "%s/%s", s->stage, s->member[i]);
        unlink(path);
    }
    for (int i = 0; i < s->member_count; i++) {
        snprintf(path, sizeof path, "%s/%.*s", s->stage, (int)(strrchr(s->member[i], '/') - s->member[i]), s->member[i]);
        rmdir(path);
        free(s->member[i]);
    }
    rmdir(s->stage);
}

static bool finish(struct submitting *s)
{
    const struct submit_config *config = s->config;
    char whole[PATH_SIZE];
    uint8_t *data;
    size_t size;

    if ((size_t)snprintf(whole, sizeof whole, "%s/made.cab", s->stage) >= sizeof whole || !make_cabinet(s))
        return false;
    bool good = host_read_file(whole, 1u << 30, &data, &size);
    unlink(whole);
    if (!good)
        return false;
    good = host_replace_file(config->out, data, size, false);
    free(data);
    if (!good)
        return false;
    say(s, "x", "%s: %d files, a folder for each driver", config->out, s->member_count);
    if (!config->signer) {
        say(s, " ", "the cabinet is to be signed with your EV certificate: ring3 sign --key=... --timestamp=... %s", config->out);
        return true;
    }
    if (!authenticode_sign(config->out, config->signer, &config->signing))
        return false;
    say(s, "x", "the cabinet is signed; the dashboard takes it when the certificate is the EV certificate of your account");
    return true;
}

int submit_make(const struct submit_config *config)
{
    struct submitting *s = calloc(1, sizeof *s);
    bool good;
    int blocked;

    if (!s)
        abort();
    s->config = config;
    good = (size_t)snprintf(s->stage, sizeof s->stage, "%.4000s.stage.XXXXXX", config->out) < sizeof s->stage &&
           (mkdtemp(s->stage) || error_set("%s: cannot make a directory beside it", config->out));
    for (const char *const *directory = config->directory; good && *directory; directory++)
        good = take_package(s, *directory);
    if (good && s->blocked == 0)
        good = finish(s);
    if (good && s->blocked == 0) {
        say(s, " ", "in the hardware dashboard: submit new hardware, upload the cabinet, choose the signatures, leave test-signing unchecked");
        say(s, " ", "for WHQL instead of attestation: an .hlkx package of the lab kit's tests, which only the lab kit makes");
    }
    remove_stage(s);
    blocked = s->blocked;
    free(s);
    return good ? blocked : -1;
}
