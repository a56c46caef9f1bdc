/* Export thunks: what a driver's import slot points at.
 *
 * A thunk is 32 bytes of code near the program:
 *      cmp byte gs:[50h], limit        KPCR.Irql against the row's range (one bound, or equality)
 *      ja/jb/jne slow
 *      cmp dword [rip+attention], 0
 *      jne slow
 *      jmp function
 *  slow:
 *      call thunk_slow                 the return address tells which thunk
 * thunk_slow (thunk_enter.S) saves the argument registers, calls thunk_hook() and then jumps to the function, which
 * so returns straight to the driver; or calls it, when the exit matters, too. Stubs for missing functions are the `call` alone. */
#include "pe/thunk.h"

#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "host/memory.h"
#include "pe/internal.h"

#define THUNK_SIZE 32u
#define MISSING_MAX 1024u
#define NEAR (1ull << 30)
#define SEARCH_STEP (16ull << 20)

struct missing {
    struct pe_image *image;
    char module[64], name[128];
};

const uint8_t *pe_guard_check_stub, *pe_guard_dispatch_stub;
static uint8_t *code;               /* one thunk a row, then the missing stubs, then the guard stubs */
static size_t code_size;
static unsigned thunk_count;
static struct missing *missing_table;
static uint32_t never;
/* Of the export that was called last, while it runs and calls no driver in between. */
static const struct pe_caller *running;

static uint8_t *map_near(size_t size)
{
    uint64_t home = align_down((uint64_t)&thunk_slow, HOST_PAGE);

    for (uint64_t away = SEARCH_STEP; away < NEAR; away += SEARCH_STEP) {
        uint8_t *p = host_map((void *)(home - away), size, HOST_READ | HOST_WRITE);

        if (!p)
            p = host_map((void *)(home + away), size, HOST_READ | HOST_WRITE);
        if (p)
            return p;
    }
    return NULL;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static uint8_t *put_relative(uint8_t *at, const void *target)
{
    int64_t distance = (const uint8_t *)target - (at + 4);
    int32_t value = (int32_t)distance;

    if (value != distance)
        return NULL;
    return put(at, &value, 4);
}

/* Which single comparison guards the row; both bounds at once are left to the hook. */
static uint8_t *put_irql_check(uint8_t *at, const struct pe_export *row, uint8_t **jump)
{
    uint8_t limit = row->irql_max, condition = 0x77;            /* ja */

    *jump = NULL;
    if (row->irql_min == row->irql_max) {
        condition = 0x75;                                       /* jne */
    } else if (row->irql_min > 0) {
        limit = row->irql_min;
        condition = 0x72;                                       /* jb */
    } else if (row->irql_max >= 15) {
        return at;
    }
    at = put(at, (uint8_t[]){ 0x65, 0x80, 0x3c, 0x25, 0x50, 0, 0, 0, limit, condition, 0 }, 11);
    *jump = at - 1;
    return at;
}

static bool write_thunk(uint8_t *start, const struct pe_export *row)
{
    uint8_t *irql_jump, *attention_jump, *at = put_irql_check(start, row, &irql_jump);

    at = put(at, (uint8_t[]){ 0x83, 0x3d }, 2);                 /* cmp dword [rip+x], imm8 */
    const volatile uint32_t *word = pe_config.attention ? pe_config.attention : &never;
    int64_t distance = (const uint8_t *)(uintptr_t)word - (at + 5);
    int32_t displacement = (int32_t)distance;
    if (displacement != distance)
        return error_set("the attention word is too far from the thunks");
    at = put(at, &displacement, 4);
    at = put(at, (uint8_t[]){ 0, 0x75, 0 }, 3);
    attention_jump = at - 1;
    *at++ = 0xe9;
    at = put_relative(at, row->address);
    if (!at)
        return error_set("%s!%s is too far from the thunks", row->module, row->name);
    if (irql_jump)
        *irql_jump = (uint8_t)(at - irql_jump - 1);
    *attention_jump = (uint8_t)(at - attention_jump - 1);
    *at++ = 0xe8;
    at = put_relative(at, (const void *)thunk_slow);
    return at && at <= start + THUNK_SIZE;
}

static bool write_all(void)
{
    uint8_t *at = code;

    memset(code, 0xcc, code_size);
    for (unsigned i = 0; i < thunk_count; i++, at += THUNK_SIZE)
        if (pe_config.exports[i].kind == PE_EXPORT_FUNCTION && !write_thunk(at, &pe_config.exports[i]))
            return false;
    for (unsigned i = 0; i < MISSING_MAX; i++, at += THUNK_SIZE) {
        *at = 0xe8;
        put_relative(at + 1, (const void *)thunk_missing);
    }
    pe_guard_check_stub = at;
    *at = 0xc3;                                                 /* ret */
    pe_guard_dispatch_stub = at + 16;
    at[16] = 0xff;                                              /* jmp rax */
    at[17] = 0xe0;
    return host_protect(code, code_size, HOST_READ | HOST_EXECUTE);
}

bool thunks_open(void)
{
    static struct missing table[MISSING_MAX];

    missing_table = table;
    thunk_count = pe_config.export_count;
    code_size = align_up((thunk_count + MISSING_MAX + 1) * (size_t)THUNK_SIZE, HOST_PAGE);
    code = map_near(code_size);
    if (!code)
        return error_prefix("cannot place the export thunks");
    if (write_all())
        return true;
    thunks_close();
    return false;
}

void thunks_close(void)
{
    if (code)
        host_unmap(code, code_size);
    code = NULL;
    running = NULL;
}

void *thunk_for(const struct pe_export *row)
{
    return code + THUNK_SIZE * (size_t)(row - pe_config.exports);
}

bool thunk_contains(uint64_t rip)
{
    return rip - (uint64_t)code < code_size;
}

/* Functions that look at their own return address or frame, or do not return to it. */
static bool is_jumped_to(const char *name)
{
    static const char *const names[] = {
        "ExRaiseAccessViolation", "ExRaiseDatatypeMisalignment", "ExRaiseStatus", "KeBugCheck", "KeBugCheckEx",
        "PsTerminateSystemThread", "RtlCaptureContext", "RtlRaiseException", "RtlRaiseStatus", "RtlRestoreContext", "RtlUnwind",
        "RtlUnwindEx", "__C_specific_handler", "_local_unwind", "_setjmp", "_setjmpex", "longjmp",
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

void thunk_exit_hook(void)
{
    running = NULL;
    pe_config.export_exit_hook();
}

uint64_t thunk_running_caller(uint64_t rsp)
{
    uint64_t low = 0, high = UINT64_MAX, at = (uint64_t)(uintptr_t)running;

    if (pe_config.stack_limits)
        pe_config.stack_limits(&low, &high);
    if (at <= rsp || at < low || at >= high || !pe_is_driver_code(running->rip))
        return 0;
    return running->rip;
}

/* From thunk_slow: `back` is the address behind the call in a thunk. */
struct thunk_way thunk_hook(uint64_t back, const struct pe_caller *caller)
{
    const struct pe_export *row = &pe_config.exports[(back - (uint64_t)code) / THUNK_SIZE];
    uint8_t irql;

    __asm__ volatile("movb %%gs:0x50, %0" : "=q"(irql));
    if (pe_config.export_hook)
        pe_config.export_hook(row, caller, irql < row->irql_min || irql > row->irql_max);
    bool returns = pe_config.exits && *pe_config.exits && !is_jumped_to(row->name);
    running = returns ? caller : NULL;
    return (struct thunk_way){ row->address, returns };
}

/* From thunk_missing. */
void thunk_report_missing(uint64_t back, const struct pe_caller *caller)
{
    const struct missing *m = &missing_table[(back - (uint64_t)code) / THUNK_SIZE - thunk_count];

    if (pe_config.missing_called)
        pe_config.missing_called(m->module, m->name, caller);
    __builtin_trap();
}

void *missing_stub(struct pe_image *image, const char *module, const char *name)
{
    for (unsigned i = 0; i < MISSING_MAX; i++) {
        struct missing *m = &missing_table[i];

        if (m->image)
            continue;
        m->image = image;
        strncpy(m->module, module, sizeof m->module - 1);
        strncpy(m->name, name, sizeof m->name - 1);
        return code + THUNK_SIZE * (size_t)(thunk_count + i);
    }
    error_set("%s: more than %u missing imports", image->name, MISSING_MAX);
    return NULL;
}

void missing_release(struct pe_image *image)
{
    for (unsigned i = 0; missing_table && i < MISSING_MAX; i++)
        if (missing_table[i].image == image)
            memset(&missing_table[i], 0, sizeof missing_table[i]);
}
