/* KeBugCheck(Ex): the report, then the end of the run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nt/bugcheck.h"
#include "nt/ke.h"
#include "pe/seh.h"
#include "pe/stack.h"
#include "pe/unwind.h"

#define TEXT_SIZE 16384
#define EVENTS_SHOWN 12

static struct bugcheck_info last;
static bool happened;
static unsigned depth;
static char *replay;

bool bugcheck_get(struct bugcheck_info *info)
{
    if (happened)
        *info = last;
    return happened;
}

void bugcheck_reset(const char *command)
{
    char *copy = command ? strdup(command) : NULL;

    free(replay);
    replay = copy;
    happened = false;
    depth = 0;
    bugcheck_forget_callbacks();
}

/* --- the report ---------------------------------------------------------------------------------------------- */

static void print_indented(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        fprintf(stderr, "    %.*s\n", (int)length, text);
        text += length + (text[length] != 0);
    }
}

static void print_place(void)
{
    uint64_t now = ke_now();
    const struct thread *thread = this_cpu ? ke_current() : NULL;

    fprintf(stderr, "IRQL %u, processor %u, thread %u%s%s%s, at %" PRIu64 ".%06" PRIu64 " s\n", this_cpu ? ke_irql() : 0,
            this_cpu ? this_cpu->number : 0, thread ? thread->id : 0, thread && thread->name ? " (" : "",
            thread && thread->name ? thread->name : "", thread && thread->name ? ")" : "", now / 1000000000,
            now / 1000 % 1000000);
}

static void print_registers(const CONTEXT *c)
{
    fprintf(stderr, "rax %016llx rbx %016llx rcx %016llx rdx %016llx\nrsi %016llx rdi %016llx rbp %016llx rsp %016llx\n",
            c->Rax, c->Rbx, c->Rcx, c->Rdx, c->Rsi, c->Rdi, c->Rbp, c->Rsp);
    fprintf(stderr, "r8  %016llx r9  %016llx r10 %016llx r11 %016llx\nr12 %016llx r13 %016llx r14 %016llx r15 %016llx\n",
            c->R8, c->R9, c->R10, c->R11, c->R12, c->R13, c->R14, c->R15);
    fprintf(stderr, "rip %016llx flags %08x\n", c->Rip, c->EFlags);
}

static void print_stack(bool exact)
{
    static char text[TEXT_SIZE];

    pe_describe_stack(last.frames, last.frame_count, exact, text, sizeof text);
    fprintf(stderr, "Stack:\n%s", text);
}

static void print_events(void)
{
    unsigned from = ke_trace_next > EVENTS_SHOWN ? ke_trace_next - EVENTS_SHOWN : 0;

    if (ke_trace_next == 0)
        return;
    fprintf(stderr, "Last events:\n");
    for (unsigned i = from; i < ke_trace_next; i++) {
        const struct ke_trace *t = &ke_trace_ring[i % KE_TRACE_COUNT];
        char text[160];

        if (!t->what)
            continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, t->what, (unsigned long long)t->a, (unsigned long long)t->b);
#pragma GCC diagnostic pop
        fprintf(stderr, "    cpu %u irql %u: %s\n", t->cpu, t->irql, text);
    }
}

static void print_report(const CONTEXT *context, const char *sentence)
{
    static char text[2048];
    const uint64_t *p = last.parameter;

    fflush(stdout);
    fprintf(stderr, "\n*** STOP 0x%08X %s (0x%016" PRIX64 ", 0x%016" PRIX64 ", 0x%016" PRIX64 ", 0x%016" PRIX64 ")\n",
            last.code, last.name, p[0], p[1], p[2], p[3]);
    if (sentence)
        fprintf(stderr, "    %s\n", sentence);
    bugcheck_explain(last.code, p, text, sizeof text);
    print_indented(text);
    print_place();
    if (context)
        print_registers(context);
    print_stack(context != NULL);
    print_events();
    if (replay)
        fprintf(stderr, "Replay: %s\n", replay);
    fflush(stderr);
}

/* A bug check while one is being reported: the report itself has a fault. */
static _Noreturn void end_now(uint32_t code)
{
    fprintf(stderr, "*** STOP 0x%08X while reporting 0x%08X\n", code, last.code);
    fflush(stderr);
    _exit(1);
}

/* Without the capture's own frame and bugcheck_report's. */
static __attribute__((noinline)) void capture_callers(void)
{
    enum { OWN = 3 };
    uint64_t frames[countof(last.frames) + OWN];
    unsigned count = pe_capture_here(frames, countof(frames));

    last.frame_count = count > OWN ? count - OWN : 0;
    memcpy(last.frames, frames + OWN, last.frame_count * sizeof frames[0]);
}

extern ULONG_PTR KiBugCheckData[5];     /* ke_data.c: what drivers read */

_Noreturn void bugcheck_report(uint32_t code, const uint64_t parameter[4], struct _CONTEXT *context, const char *text)
{
    const char *name = bugcheck_name(code);

    if (depth++)
        end_now(code);
    last = (struct bugcheck_info){ .code = code, .name = name ? name : "UNKNOWN" };
    memcpy(last.parameter, parameter, sizeof last.parameter);
    happened = true;
    KiBugCheckData[0] = code;
    for (unsigned i = 0; i < 4; i++)
        KiBugCheckData[i + 1] = parameter[i];
    if (context)
        last.frame_count = pe_capture_all(context, last.frames, countof(last.frames));
    else
        capture_callers();
    print_report(context, text);
    if (this_cpu)
        ke_raise(HIGH_LEVEL);
    bugcheck_run_callbacks();
    if (!ke.inside) {
        fprintf(stderr, "ring3 itself failed outside of any driver: this is a bug of ring3\n");
        _exit(1);
    }
    ke_stop_bugcheck();
}

/* docs: wdm/nf-wdm-kebugcheckex. Stops the system with a code and four parameters of the caller's meaning. Any IRQL. */
RING3_NORETURN VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                                       ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    const uint64_t parameter[4] = { BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4 };

    bugcheck_report(BugCheckCode, parameter, NULL, NULL);
}

/* docs: ntddk/nf-ntddk-kebugcheck. The same with zeros for parameters. Any IRQL. */
RING3_NORETURN VOID NTAPI KeBugCheck(ULONG BugCheckCode)
{
    static const uint64_t none[4];

    bugcheck_report(BugCheckCode, none, NULL, NULL);
}
