/* Exception support that drivers import: raising, lookups, single steps of a walk. */
#include <string.h>

#include "pe/internal.h"
#include "pe/seh.h"
#include "pe/stack.h"
#include "pe/unwind.h"
#include "wdm.h"

/* docs: wdm/nf-wdm-exraisestatus. Raises Status as an exception that cannot be continued. IRQL <= APC_LEVEL. */
DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    seh_raise(Status, EXCEPTION_NONCONTINUABLE, 0, NULL);
    __builtin_trap();
}

/* The name Rtl gives the same thing. Any IRQL the handler can run at. */
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    seh_raise(Status, EXCEPTION_NONCONTINUABLE, 0, NULL);
    __builtin_trap();
}

/* docs: ntddk/nf-ntddk-exraiseaccessviolation. Raises STATUS_ACCESS_VIOLATION. IRQL <= APC_LEVEL. */
DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID)
{
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

/* docs: ntddk/nf-ntddk-exraisedatatypemisalignment. Raises STATUS_DATATYPE_MISALIGNMENT. IRQL <= APC_LEVEL. */
DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}

/* docs: winnt/nf-winnt-rtllookupfunctionentry. The unwind row of a pc in a driver image, NULL for leaf functions and
 * for host code; *ImageBase is 0 then unless the pc is in an image. The history table is left alone. Any IRQL. */
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable)
{
    struct pe_image *image = pe_image_at(ControlPc);

    (void)HistoryTable;
    *ImageBase = image ? (ULONG64)image->base : 0;
    if (!image)
        return NULL;
    return (PRUNTIME_FUNCTION)(uintptr_t)pe_find_function(image, (uint32_t)(ControlPc - *ImageBase));
}

/* docs: winnt/nf-winnt-rtlvirtualunwind. One step up from a driver frame: ContextRecord becomes the caller's. Returns
 * the frame's handler when it is of HandlerType and its prologue has run. Any IRQL. Rip is 0 when the stack is bad. */
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord, PVOID *HandlerData,
                                          PULONG64 EstablisherFrame, PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    struct pe_image *image = pe_image_at(ImageBase);
    PEXCEPTION_ROUTINE handler = NULL;
    uint64_t frame = 0;

    ContextRecord->Rip = ControlPc;
    if (!image || !FunctionEntry ||
        !unwind_driver_frame(image, (const struct pe_function *)FunctionEntry, HandlerType, ContextRecord, &handler,
                             HandlerData, &frame, ContextPointers))
        ContextRecord->Rip = 0;
    *EstablisherFrame = frame;
    return handler;
}

/* docs: winnt/nf-winnt-rtlpctofileheader. Base of the image a pc lies in, NULL when it is no driver's. Any IRQL. */
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    struct pe_image *image = pe_image_at((uint64_t)PcValue);

    *BaseOfImage = image ? image->base : NULL;
    return *BaseOfImage;
}

/* docs: ntifs/nf-ntifs-rtlcapturestackbacktrace. Return addresses of the calling driver's stack, skipping the first
 * FramesToSkip; the hash (may be NULL) is their sum. Returns how many. Any IRQL. Frames end at the first host frame. */
USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace, PULONG BackTraceHash)
{
    enum { MOST = 64 };
    struct pe_caller caller = PE_CALLER();
    uint64_t frames[MOST];
    ULONG sum = 0, taken = 0;
    unsigned count = pe_capture(&caller, frames, MOST);

    for (unsigned i = FramesToSkip; i < count && taken < FramesToCapture; i++) {
        BackTrace[taken++] = (PVOID)frames[i];
        sum += (ULONG)frames[i];
    }
    if (BackTraceHash)
        *BackTraceHash = sum;
    return (USHORT)taken;
}
