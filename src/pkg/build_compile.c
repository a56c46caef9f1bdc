#include "pkg/build_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"
#include "host/process.h"
#include "pkg/dialect.h"

#define MESSAGES_LIMIT (64u << 20)

bool build_failed(const char *what, const char *tool, int status)
{
    const char *package = strstr(tool, "windmc") ? "binutils-mingw-w64-x86-64" : !strncmp(tool, "clang", 5) ? "clang-19"
                        : !strncmp(tool, "lld", 3) ? "lld-19" : "llvm-19";

    if (status < 0 || status == 127)
        return error_set("%s: %s is not installed (Debian package %s)", what, tool, package);
    return error_set("%s failed: %s ended with exit code %d", what, tool, status);
}

/* --- messages ------------------------------------------------------------------------------------------------------ */

static void messages_of(const struct build_job *job, char path[BUILD_PATH + 8])
{
    snprintf(path, BUILD_PATH + 8, "%s.log", job->object);
}

static void show_messages(const struct build_job *job)
{
    char path[BUILD_PATH + 8];
    uint8_t *text;
    size_t size;

    messages_of(job, path);
    if (!host_file_exists(path))
        return;
    if (host_read_file(path, MESSAGES_LIMIT, &text, &size)) {
        fwrite(text, 1, size, stderr);
        free(text);
    }
    remove(path);
}

static void ended(struct host_command *command)
{
    struct build_job *job = command->context;

    job->status = command->status;
    if (job->status == 0)
        show_messages(job);
}

/* --- rounds -------------------------------------------------------------------------------------------------------- */

/* The jobs that are not done. */
static size_t collect(struct build_job *jobs, size_t count, struct host_command *commands, char (*logs)[BUILD_PATH + 8])
{
    size_t waiting = 0;

    for (size_t i = 0; i < count; i++) {
        if (jobs[i].status == 0)
            continue;
        messages_of(&jobs[i], logs[waiting]);
        commands[waiting] = (struct host_command){ .argv = jobs[i].arguments.text, .output = logs[waiting], .ended = ended,
                                                   .context = &jobs[i] };
        waiting++;
    }
    return waiting;
}

/* Takes a precompiled header out of the arguments: the source includes it, and is judged without. */
static bool drop_header(struct build_list *arguments)
{
    for (size_t i = 0; i + 1 < arguments->count; i++)
        if (!strcmp(arguments->text[i], "-include-pch")) {
            free(arguments->text[i]);
            free(arguments->text[i + 1]);
            memmove(&arguments->text[i], &arguments->text[i + 2], (arguments->count - i - 1) * sizeof *arguments->text);
            arguments->count -= 2;
            return true;
        }
    return false;
}

/* Whether the job may be run again, as clang takes it now. */
static bool mend(struct build_job *job)
{
    char place[BUILD_PATH + 16], overlay[BUILD_PATH + 64];

    if (job->mend && job->status > 0 && drop_header(&job->arguments)) {
        job->status = -1;
        return true;
    }

    snprintf(place, sizeof place, "%s.dialect", job->object);
    if (!job->mend || job->status <= 0 || !dialect_mend(job->arguments.text, place, overlay, sizeof overlay))
        return false;
    build_add(&job->arguments, "-ivfsoverlay%s", overlay);
    job->mend = false;
    job->status = -1;
    return true;
}

bool build_jobs(struct build_job *jobs, size_t count, int at_once)
{
    struct host_command *commands = calloc(count + 1, sizeof *commands);
    char (*logs)[BUILD_PATH + 8] = calloc(count + 1, sizeof *logs);
    bool good = true;
    size_t waiting;

    if (!commands || !logs)
        abort();
    for (size_t i = 0; i < count; i++)
        jobs[i].status = -1;
    while (good && (waiting = collect(jobs, count, commands, logs)) > 0) {
        int first = host_run_all(commands, (int)waiting, at_once);

        if (first >= 0 && commands[first].status <= 0)
            good = build_failed(((struct build_job *)commands[first].context)->what, commands[first].argv[0], commands[first].status);
        for (size_t i = 0; i < count; i++) {
            if (jobs[i].status <= 0 || mend(&jobs[i]))
                continue;
            show_messages(&jobs[i]);
            if (good)
                good = build_failed(jobs[i].what, jobs[i].arguments.text[0], jobs[i].status);
        }
    }
    free(commands);
    free(logs);
    return good;
}
