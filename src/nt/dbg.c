/* DbgPrint and its relatives: a driver's messages go to the log, a line at a time, under the driver's name. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "nt/crt_format.h"
#include "nt/ke.h"
#include "nt/raise.h"
#include "pe/pe.h"
#include "ring3/dbg.h"

#define MESSAGE 512                     /* bytes that one call transmits, as documented */
#define COMPONENTS 256

/* What a driver has printed of its present line. */
static struct {
    char text[MESSAGE * 2];
    size_t length;
    char who[64];
    enum log_level level;
} line;

static ULONG filters[COMPONENTS];       /* enabled level bits beyond the default */

static void flush(void)
{
    if (!line.length)
        return;
    log_line(line.level, line.who, "%.*s", (int)line.length, line.text);
    line.length = 0;
}

static void name_of(uint64_t rip, char *name, size_t size)
{
    struct pe_image *image = pe_image_at(rip);

    snprintf(name, size, "%s", image ? image->name : "kernel");
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = 0;
}

static void add(const char *text, size_t length, enum log_level level, uint64_t rip)
{
    char who[sizeof line.who];

    name_of(rip, who, sizeof who);
    if (line.length && (strcmp(who, line.who) || line.level != level))
        flush();
    memcpy(line.who, who, sizeof who);
    line.level = level;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' || line.length == sizeof line.text)
            flush();
        if (text[i] != '\n' && text[i] != '\r')
            line.text[line.length++] = text[i];
    }
}

static enum log_level log_level_of(ULONG component, ULONG level)
{
    ULONG bit = level < 32 ? 1u << level : level;

    if (component < COMPONENTS && (filters[component] & bit))
        return LOG_INFO;
    switch (__builtin_ctz(bit | 0x80000000u)) {
    case DPFLTR_ERROR_LEVEL:
        return LOG_ERROR;
    case DPFLTR_WARNING_LEVEL:
        return LOG_WARN;
    case DPFLTR_TRACE_LEVEL:
        return LOG_INFO;
    case DPFLTR_INFO_LEVEL:
        return LOG_DEBUG;
    default:
        return LOG_TRACE;
    }
}

static ULONG print(enum log_level level, const char *prefix, const char *format, format_arguments arguments,
                   uint64_t rip)
{
    char text[MESSAGE];
    size_t used = strlen(prefix);

    if (!log_wants(level))
        return (ULONG)STATUS_SUCCESS;
    used = used < sizeof text ? used : sizeof text;
    memcpy(text, prefix, used);
    size_t length = format_narrow(text + used, sizeof text - used, format, arguments);
    add(text, length < sizeof text - used ? used + length : sizeof text, level, rip);
    return (ULONG)STATUS_SUCCESS;
}

/* Format with Windows' conversions; up to 512 bytes of result. Any IRQL. docs: wdm/nf-wdm-dbgprint */
ULONG NTAPI DbgPrint(PCSTR Format, ...)
{
    __builtin_ms_va_list list;

    __builtin_ms_va_start(list, Format);
    ULONG status = print(LOG_INFO, "", Format, format_list(list), PE_CALLER().rip);
    __builtin_ms_va_end(list);
    return status;
}

/* The same; the debugger is not asked anything. docs: wdm/nf-wdm-dbgprint */
ULONG NTAPI DbgPrintReturnControlC(PCSTR Format, ...)
{
    __builtin_ms_va_list list;

    __builtin_ms_va_start(list, Format);
    print(LOG_INFO, "", Format, format_list(list), PE_CALLER().rip);
    __builtin_ms_va_end(list);
    return FALSE;
}

/* The same with a component and a level (DPFLTR_*): errors and warnings are log errors and warnings, information shows
 * with a debug log only, levels of the driver's own with a trace log, or when their filter is set. docs: wdm/nf-wdm-dbgprintex */
ULONG NTAPI DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    __builtin_ms_va_list list;

    __builtin_ms_va_start(list, Format);
    ULONG status = print(log_level_of(ComponentId, Level), "", Format, format_list(list), PE_CALLER().rip);
    __builtin_ms_va_end(list);
    return status;
}

/* docs: wdm/nf-wdm-vdbgprintex */
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, RING3_VA_LIST arglist)
{
    return print(log_level_of(ComponentId, Level), "", Format, format_list(arglist), PE_CALLER().rip);
}

/* docs: wdm/nf-wdm-vdbgprintexwithprefix */
ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, RING3_VA_LIST arglist)
{
    return print(log_level_of(ComponentId, Level), Prefix, Format, format_list(arglist), PE_CALLER().rip);
}

/* STATUS_SUCCESS for TRUE: such messages show. docs: wdm/nf-wdm-dbgprintex */
NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
{
    return log_wants(log_level_of(ComponentId, Level));
}

/* docs: wdm/nf-wdm-dbgprintex */
NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
{
    ULONG bit = Level < 32 ? 1u << Level : Level;

    if (ComponentId >= COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    if (State)
        filters[ComponentId] |= bit;
    else
        filters[ComponentId] &= ~bit;
    return STATUS_SUCCESS;
}

/* Raises STATUS_BREAKPOINT, which stops the system when the driver does not handle it. docs: wdm/nf-wdm-dbgbreakpoint */
VOID NTAPI DbgBreakPoint(VOID)
{
    nt_raise_status(STATUS_BREAKPOINT);
}

/* docs: wdm/nf-wdm-dbgbreakpointwithstatus */
VOID NTAPI DbgBreakPointWithStatus(ULONG Status)
{
    log_error("kernel", "break point with status 0x%08x", Status);
    nt_raise_status(STATUS_BREAKPOINT);
}

/* Nobody answers. docs: wdm/nf-wdm-dbgprompt */
ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG Length)
{
    print(LOG_INFO, Prompt, "\n", NULL, PE_CALLER().rip);
    if (Length)
        Response[0] = 0;
    return 0;
}
