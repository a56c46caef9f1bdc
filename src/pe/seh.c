/* Exception dispatch and unwinding.
 *
 * Invariants
 *  1. A walk starts from a machine state and climbs driver, host and trap frames alike (unwind.h), so exceptions pass
 *     through the executive between two drivers' frames, and through this file's own frames when they nest.
 *  2. Handlers are called only by seh_call_handler (first pass) and seh_call_unwind (second pass). A walk that climbs
 *     into seh_call_unwind has met an unwind in progress (a __finally that raised, or left by a jump): it goes on from
 *     that unwind's own frame and scope, never again through those the unwind has already left.
 *  3. Between the walk's start and the frame that takes the exception nothing is undone except by __finally blocks:
 *     host frames are abandoned as they stand.
 *  4. dispatcher.ContextRecord is the state in the frame whose handler runs (second pass), or its caller's (first). */
#include "pe/seh.h"

#include <string.h>

#include "pe/internal.h"
#include "pe/unwind.h"

#define STATUS_UNWIND_CODE ((NTSTATUS)0xC0000027)
#define STATUS_INVALID_DISPOSITION_CODE ((NTSTATUS)0xC0000026)
#define STATUS_NONCONTINUABLE_CODE ((NTSTATUS)0xC0000025)
#define BUG_KMODE 0x1E
#define BUG_SYSTEM_THREAD 0x7E
#define DISPATCH 2

int seh_call_handler(EXCEPTION_RECORD *record, uint64_t establisher, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher,
                     PEXCEPTION_ROUTINE handler);
int seh_call_unwind(EXCEPTION_RECORD *record, uint64_t establisher, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher,
                    PEXCEPTION_ROUTINE handler);
_Noreturn void seh_restore(const CONTEXT *context);
extern const char seh_in_unwind;

#if defined(__SANITIZE_ADDRESS__)
#define LEAVING_FRAMES() __asan_handle_no_return()
void __asan_handle_no_return(void);
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAVING_FRAMES() __asan_handle_no_return()
void __asan_handle_no_return(void);
#endif
#endif
#ifndef LEAVING_FRAMES
#define LEAVING_FRAMES() ((void)0)
#endif

/* --- one frame of either pass -------------------------------------------------------------------------------- */

struct frame {
    struct pe_image *image;
    const struct pe_function *function;     /* NULL: no handler possible */
    ULONG scope;                            /* where its scope table is to be entered */
};

/* Looks at the frame context stands in; a frame of an unwind in progress is replaced by what that unwind was at. */
static void look(CONTEXT *context, struct frame *frame)
{
    memset(frame, 0, sizeof *frame);
    if (context->Rip == (uint64_t)&seh_in_unwind) {
        const DISPATCHER_CONTEXT *collided = *(DISPATCHER_CONTEXT **)(context->Rsp + 32);

        frame->scope = collided->ScopeIndex;
        *context = *collided->ContextRecord;
    }
    if (frame_kind_of(context) != FRAME_DRIVER)
        return;
    frame->image = pe_image_at(context->Rip);
    frame->function = pe_find_function(frame->image, (uint32_t)(context->Rip - (uint64_t)frame->image->base));
}

static void fill_dispatcher(DISPATCHER_CONTEXT *d, const struct frame *frame, uint64_t pc, CONTEXT *context,
                            PEXCEPTION_ROUTINE handler, void *data, uint64_t establisher, UNWIND_HISTORY_TABLE *history)
{
    *d = (DISPATCHER_CONTEXT){
        .ControlPc = pc,
        .ImageBase = (ULONG64)frame->image->base,
        .FunctionEntry = (PRUNTIME_FUNCTION)(uintptr_t)frame->function,
        .EstablisherFrame = establisher,
        .ContextRecord = context,
        .LanguageHandler = handler,
        .HandlerData = data,
        .HistoryTable = history,
        .ScopeIndex = frame->scope,
    };
}

/* --- first pass ---------------------------------------------------------------------------------------------- */

bool seh_dispatch(EXCEPTION_RECORD *record, CONTEXT *context, bool exact)
{
    CONTEXT walk = *context;
    DISPATCHER_CONTEXT dispatcher;
    PEXCEPTION_ROUTINE handler;
    struct frame frame;
    uint64_t establisher;
    void *data;

    for (;;) {
        look(&walk, &frame);
        uint64_t pc = walk.Rip, before = walk.Rsp;
        if (!frame.function) {
            if (!unwind_any(&walk, &exact))
                return false;
            continue;
        }
        exact = false;
        if (!unwind_driver_frame(frame.image, frame.function, UNW_FLAG_EHANDLER, &walk, &handler, &data, &establisher, NULL) ||
            walk.Rsp <= before) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return false;
        }
        if (!handler)
            continue;
        fill_dispatcher(&dispatcher, &frame, pc, &walk, handler, data, establisher, NULL);
        switch (seh_call_handler(record, establisher, context, &dispatcher, handler)) {
        case ExceptionContinueExecution:
            if (!(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE))
                return true;
            pe_bug_check(BUG_KMODE, (uint32_t)STATUS_NONCONTINUABLE_CODE, pc, 0, 0, context,
                         "a filter asked to continue after an exception that does not allow it");
        case ExceptionContinueSearch:
            break;
        default:
            pe_bug_check(BUG_KMODE, (uint32_t)STATUS_INVALID_DISPOSITION_CODE, pc, 0, 0, context,
                         "an exception handler returned something that is no disposition");
        }
    }
}

/* --- second pass --------------------------------------------------------------------------------------------- */

static _Noreturn void bad_unwind(CONTEXT *context, uint64_t target, const char *text)
{
    pe_bug_check(BUG_KMODE, (uint32_t)STATUS_UNWIND_CODE, context->Rip, target, 0, context, text);
}

/* docs: winnt/nf-winnt-rtlunwindex. Runs the __finally blocks of every frame below the target frame, then goes on at
 * TargetIp in the target frame with rax = ReturnValue. ContextRecord is work space. Any IRQL; does not return unless
 * TargetFrame is NULL and the stack ends. */
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue,
                       PCONTEXT ContextRecord, PUNWIND_HISTORY_TABLE HistoryTable)
{
    EXCEPTION_RECORD own;
    DISPATCHER_CONTEXT dispatcher;
    CONTEXT here, above;
    PEXCEPTION_ROUTINE handler;
    struct frame frame;
    uint64_t establisher, target = (uint64_t)TargetFrame;
    void *data;
    bool exact = false;

    RtlCaptureContext(&here);
    if (!ExceptionRecord) {
        memset(&own, 0, sizeof own);
        own.ExceptionCode = STATUS_UNWIND_CODE;
        own.ExceptionAddress = (PVOID)here.Rip;
        ExceptionRecord = &own;
    }
    ExceptionRecord->ExceptionFlags &= ~(ULONG)(EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND);
    ExceptionRecord->ExceptionFlags |= EXCEPTION_UNWINDING | (TargetFrame ? 0 : EXCEPTION_EXIT_UNWIND);
    for (;;) {
        look(&here, &frame);
        if (!frame.function) {
            if (!unwind_any(&here, &exact)) {
                if (!TargetFrame)
                    return;
                bad_unwind(&here, target, "unwinding met the end of the stack before its target frame");
            }
            continue;
        }
        exact = false;
        above = here;
        if (!unwind_driver_frame(frame.image, frame.function, UNW_FLAG_UHANDLER, &above, &handler, &data, &establisher, NULL))
            bad_unwind(&here, target, "unwinding met a frame that cannot be undone");
        if (target && establisher > target)
            bad_unwind(&here, target, "unwinding went past its target frame");
        if (establisher == target)
            ExceptionRecord->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
        if (handler) {
            fill_dispatcher(&dispatcher, &frame, here.Rip, &here, handler, data, establisher, HistoryTable);
            dispatcher.TargetIp = (ULONG64)TargetIp;
            here.Rax = (ULONG64)ReturnValue;
            seh_call_unwind(ExceptionRecord, establisher, &here, &dispatcher, handler);
        }
        if (establisher == target)
            break;
        here = above;
    }
    here.Rax = (ULONG64)ReturnValue;
    here.Rip = (ULONG64)TargetIp;
    if (ContextRecord)
        *ContextRecord = here;
    RtlRestoreContext(&here, ExceptionRecord);
}

uint64_t seh_frame_around(uint64_t rsp)
{
    CONTEXT here;
    PEXCEPTION_ROUTINE handler;
    struct frame frame;
    uint64_t establisher = 0;
    void *data;
    bool exact = false;

    RtlCaptureContext(&here);
    for (;;) {
        look(&here, &frame);
        if (!frame.function) {
            if (!unwind_any(&here, &exact))
                bad_unwind(&here, rsp, "longjmp to a function that is not on this stack any more");
            continue;
        }
        exact = false;
        if (!unwind_driver_frame(frame.image, frame.function, UNW_FLAG_UHANDLER, &here, &handler, &data, &establisher, NULL))
            bad_unwind(&here, rsp, "longjmp met a frame that cannot be undone");
        if (here.Rsp > rsp)
            return establisher;
    }
}

/* docs: winnt/nf-winnt-rtlunwind. The same without the caller's work space. */
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue)
{
    RtlUnwindEx(TargetFrame, TargetIp, ExceptionRecord, ReturnValue, NULL, NULL);
}

/* docs: winnt/nf-winnt-rtlrestorecontext. Continues at the context; with a longjmp record (ExceptionInformation[0] is the jmp_buf) with
 * the registers of that buffer. Consolidation records of C++ are not supported. */
VOID NTAPI RtlRestoreContext(PCONTEXT ContextRecord, PEXCEPTION_RECORD ExceptionRecord)
{
    enum { UNWIND_CONSOLIDATE = (int)0x80000029, LONGJUMP = (int)0x80000026 };

    if (ExceptionRecord && ExceptionRecord->ExceptionCode == UNWIND_CONSOLIDATE)
        pe_bug_check(BUG_KMODE, (uint32_t)ExceptionRecord->ExceptionCode, ContextRecord->Rip, 0, 0, ContextRecord,
                     "C++ frame consolidation is not something ring3 has");
    if (ExceptionRecord && ExceptionRecord->ExceptionCode == LONGJUMP && ExceptionRecord->NumberParameters >= 1)
        jump_apply((const struct _JUMP_BUFFER *)ExceptionRecord->ExceptionInformation[0], ContextRecord);
    LEAVING_FRAMES();
    seh_restore(ContextRecord);
}

/* A jump out of a __try block with __finally, as MSVC compiles it: unwinds to the frame and goes on at the target. */
VOID NTAPI crt_local_unwind(PVOID frame, PVOID target);
VOID NTAPI crt_local_unwind(PVOID frame, PVOID target)
{
    RtlUnwindEx(frame, target, NULL, NULL, NULL, NULL);
}

/* --- C handlers ---------------------------------------------------------------------------------------------- */

typedef LONG(NTAPI *filter_function)(EXCEPTION_POINTERS *pointers, PVOID frame);
typedef VOID(NTAPI *finally_function)(BOOLEAN abnormal, PVOID frame);

static int run_filters(EXCEPTION_RECORD *record, PVOID frame, CONTEXT *context, DISPATCHER_CONTEXT *d,
                       const SCOPE_TABLE *table, ULONG64 pc)
{
    EXCEPTION_POINTERS pointers = { record, context };

    for (ULONG i = d->ScopeIndex; i < table->Count; i++) {
        LONG verdict = 1;

        if (pc < table->ScopeRecord[i].BeginAddress || pc >= table->ScopeRecord[i].EndAddress ||
            table->ScopeRecord[i].JumpTarget == 0)
            continue;
        if (table->ScopeRecord[i].HandlerAddress != 1)
            verdict = ((filter_function)(d->ImageBase + table->ScopeRecord[i].HandlerAddress))(&pointers, frame);
        if (verdict < 0)
            return ExceptionContinueExecution;
        if (verdict > 0)
            RtlUnwindEx(frame, (PVOID)(d->ImageBase + table->ScopeRecord[i].JumpTarget), record,
                        (PVOID)(ULONG64)(ULONG)record->ExceptionCode, d->ContextRecord, d->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/* A jump that stays within the same __try does not leave it. */
static bool target_inside(const SCOPE_TABLE *table, ULONG scope, ULONG64 target)
{
    for (ULONG i = 0; i < table->Count; i++)
        if (target >= table->ScopeRecord[i].BeginAddress && target < table->ScopeRecord[i].EndAddress &&
            table->ScopeRecord[i].HandlerAddress == table->ScopeRecord[scope].HandlerAddress &&
            table->ScopeRecord[i].JumpTarget == table->ScopeRecord[scope].JumpTarget)
            return true;
    return false;
}

static int run_finally(const EXCEPTION_RECORD *record, PVOID frame, DISPATCHER_CONTEXT *d, const SCOPE_TABLE *table,
                       ULONG64 pc)
{
    bool is_target = record->ExceptionFlags & EXCEPTION_TARGET_UNWIND;
    ULONG64 target = d->TargetIp - d->ImageBase;

    for (ULONG i = d->ScopeIndex; i < table->Count; i++) {
        if (pc < table->ScopeRecord[i].BeginAddress || pc >= table->ScopeRecord[i].EndAddress)
            continue;
        if (is_target && target_inside(table, i, target))
            break;
        if (table->ScopeRecord[i].JumpTarget != 0) {
            if (is_target && target == table->ScopeRecord[i].JumpTarget)
                break;
            continue;
        }
        d->ScopeIndex = i + 1;
        ((finally_function)(d->ImageBase + table->ScopeRecord[i].HandlerAddress))(TRUE, frame);
    }
    return ExceptionContinueSearch;
}

/* The handler of functions with __try: filters in the first pass, __finally blocks in the second. Scope records of a
 * __try with __except have a jump target, those with __finally have none. */
EXCEPTION_DISPOSITION NTAPI __C_specific_handler(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                                 PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext)
{
    const SCOPE_TABLE *table = DispatcherContext->HandlerData;
    ULONG64 pc = DispatcherContext->ControlPc - DispatcherContext->ImageBase;
    struct pe_image *image = pe_image_at(DispatcherContext->ImageBase);
    uint64_t place = (uint64_t)table - DispatcherContext->ImageBase;

    if (!image || !rva_range(image, place, 4) || !rva_range(image, place + 4, table->Count * 16ull))
        return ExceptionContinueSearch;
    if (ExceptionRecord->ExceptionFlags & EXCEPTION_UNWIND)
        return run_finally(ExceptionRecord, EstablisherFrame, DispatcherContext, table, pc);
    return run_filters(ExceptionRecord, EstablisherFrame, ContextRecord, DispatcherContext, table, pc);
}

/* C++ exceptions: refused in words. */
EXCEPTION_DISPOSITION NTAPI crt_CxxFrameHandler3(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                 PDISPATCHER_CONTEXT dispatcher);
EXCEPTION_DISPOSITION NTAPI crt_CxxFrameHandler3(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                 PDISPATCHER_CONTEXT dispatcher)
{
    (void)frame;
    (void)dispatcher;
    if (record->ExceptionFlags & EXCEPTION_UNWIND)
        return ExceptionContinueSearch;
    pe_bug_check(BUG_KMODE, (uint32_t)record->ExceptionCode, (uint64_t)record->ExceptionAddress, 0, 0, context,
                 "an exception passed a C++ frame; ring3 has no C++ exceptions (Windows kernels have none either)");
}

/* --- raising ------------------------------------------------------------------------------------------------- */

_Noreturn void pe_bug_check(uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4, CONTEXT *context,
                            const char *text)
{
    uint64_t parameter[4] = { p1, p2, p3, p4 };

    if (pe_config.bug_check)
        pe_config.bug_check(code, parameter, context, text);
    __builtin_trap();
}

_Noreturn void seh_unhandled(EXCEPTION_RECORD *record, CONTEXT *context)
{
    uint8_t irql = pe_config.irql_get ? pe_config.irql_get() : 0;
    const char *text = record->ExceptionFlags & EXCEPTION_STACK_INVALID ? "the stack could not be walked to its end" : NULL;

    if (irql < DISPATCH)
        pe_bug_check(BUG_SYSTEM_THREAD, (uint32_t)record->ExceptionCode, (uint64_t)record->ExceptionAddress,
                     (uint64_t)record, (uint64_t)context, context, text);
    pe_bug_check(BUG_KMODE, (uint32_t)record->ExceptionCode, (uint64_t)record->ExceptionAddress,
                 record->ExceptionInformation[0], record->ExceptionInformation[1], context, text);
}

/* Climbs from here to the driver that called into the host. */
static void climb_to_driver(CONTEXT *context)
{
    bool exact = false;

    while (frame_kind_of(context) == FRAME_HOST && unwind_host_frame(context, exact))
        ;
}

static void raise_here(EXCEPTION_RECORD *record)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    climb_to_driver(&context);
    if (!record->ExceptionAddress)
        record->ExceptionAddress = (PVOID)context.Rip;
    if (!seh_dispatch(record, &context, false))
        seh_unhandled(record, &context);
    LEAVING_FRAMES();
    seh_restore(&context);
}

void seh_raise(NTSTATUS code, ULONG flags, unsigned parameters, const ULONG64 *values)
{
    EXCEPTION_RECORD record;

    memset(&record, 0, sizeof record);
    record.ExceptionCode = code;
    record.ExceptionFlags = flags;
    record.NumberParameters = parameters;
    for (unsigned i = 0; i < parameters; i++)
        record.ExceptionInformation[i] = values[i];
    raise_here(&record);
}

/* docs: winnt/nf-winnt-rtlraiseexception. Raises with the caller's record; returns when a filter continues. */
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    ExceptionRecord->ExceptionAddress = NULL;
    raise_here(ExceptionRecord);
}
