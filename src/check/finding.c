/* Findings: kept for the report at the end, printed when they happen. */
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "check/internal.h"
#include "nt/ke.h"
#include "pe/stack.h"

#define FINDING_LIMIT 256

static struct finding *findings;
static unsigned count, total;
static char *replay;
static bool reporting;

void finding_open(const char *command)
{
    count = total = 0;
    findings = calloc(FINDING_LIMIT, sizeof *findings);
    replay = command ? strdup(command) : NULL;
}

void finding_close(void)
{
    free(findings);
    free(replay);
    findings = NULL;
    replay = NULL;
    count = 0;
}

unsigned finding_count(void)
{
    return total;
}

const struct finding *finding_get(unsigned index)
{
    return index < count ? &findings[index] : NULL;
}

static struct finding *known(const struct check_rule *rule, const uint64_t *frames, unsigned frame_count)
{
    for (unsigned i = 0; i < count; i++) {
        struct finding *f = &findings[i];
        if (f->rule == rule && f->frame_count && frame_count && f->frames[0] == frames[0])
            return f;
    }
    return NULL;
}

static void print(const struct finding *f)
{
    char stack[4096];

    log_line(LOG_WARN, "finding", "%s: %s", f->rule->name, f->text);
    log_line(LOG_WARN, "finding", "  IRQL %u, processor %u, %llu.%06llu s", f->irql, f->cpu,
             (unsigned long long)(f->time_ns / 1000000000u), (unsigned long long)(f->time_ns / 1000u % 1000000u));
    pe_describe_stack(f->frames, f->frame_count, false, stack, sizeof stack);
    for (char *line = stack, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? (*end = 0, end + 1) : line + strlen(line);
        log_line(LOG_WARN, "finding", "  %s", line);
    }
    if (replay)
        log_line(LOG_WARN, "finding", "  replay: %s", replay);
}

static void report(const struct check_rule *rule, const uint64_t *frames, unsigned frame_count, const char *format,
                   va_list args)
{
    struct finding *f = known(rule, frames, frame_count);

    if (f) {
        f->count++;
        return;
    }
    total++;
    if (!findings || count == FINDING_LIMIT || reporting)
        return;
    f = &findings[count++];
    f->rule = rule;
    f->count = 1;
    f->time_ns = ke_now();
    f->cpu = this_cpu ? this_cpu->number : 0;
    f->irql = this_cpu ? ke_irql() : 0;
    f->frame_count = frame_count < FINDING_FRAMES ? frame_count : FINDING_FRAMES;
    memcpy(f->frames, frames, f->frame_count * sizeof frames[0]);
    vsnprintf(f->text, sizeof f->text, format, args);
    reporting = true;
    print(f);
    reporting = false;
}

void finding_at(const struct check_rule *rule, struct pe_caller caller, const char *format, ...)
{
    uint64_t frames[FINDING_FRAMES];
    unsigned n = caller.rip ? pe_capture(&caller, frames, FINDING_FRAMES) : pe_capture_here(frames, FINDING_FRAMES);
    va_list args;

    va_start(args, format);
    report(rule, frames, n, format, args);
    va_end(args);
}

void finding_with_stack(const struct check_rule *rule, const uint64_t *frames, unsigned n, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(rule, frames, n, format, args);
    va_end(args);
}
