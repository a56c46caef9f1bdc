/* longjmp: an unwinding, as x64 has it, to the frame that called setjmp, whose registers the buffer holds. */
#include "crt/setjmp.h"

#include <string.h>

#include "ntstatus.h"
#include "pe/seh.h"

void NTAPI crt_longjmp(_JUMP_BUFFER *buffer, int value);

void jump_apply(const _JUMP_BUFFER *buffer, CONTEXT *context)
{
    context->Rbx = buffer->Rbx;
    context->Rsp = buffer->Rsp;
    context->Rbp = buffer->Rbp;
    context->Rsi = buffer->Rsi;
    context->Rdi = buffer->Rdi;
    context->R12 = buffer->R12;
    context->R13 = buffer->R13;
    context->R14 = buffer->R14;
    context->R15 = buffer->R15;
    context->Rip = buffer->Rip;
    context->MxCsr = buffer->MxCsr;
    memcpy(&context->Xmm6, &buffer->Xmm6, 10 * sizeof buffer->Xmm6);
    __asm__ volatile("fldcw %0" : : "m"(buffer->FpCsr));
}

/* Makes setjmp return value, or 1 for 0. A buffer whose Frame is 0 is jumped to as it is; else __finally blocks on the way run, and
 * those of the frame itself that the place of setjmp is outside of. Any IRQL. docs: cpp-docs/c-runtime-library/reference/longjmp */
void NTAPI crt_longjmp(_JUMP_BUFFER *buffer, int value)
{
    EXCEPTION_RECORD record;
    CONTEXT context;

    memset(&record, 0, sizeof record);
    record.ExceptionCode = STATUS_LONGJUMP;
    record.NumberParameters = 1;
    record.ExceptionInformation[0] = (ULONG_PTR)buffer;
    if (value == 0)
        value = 1;
    if (buffer->Frame)
        RtlUnwindEx((PVOID)seh_frame_around(buffer->Rsp), (PVOID)buffer->Rip, &record, (PVOID)(ULONG64)(unsigned)value, &context,
                    NULL);
    RtlCaptureContext(&context);
    context.Rax = (unsigned)value;
    RtlRestoreContext(&context, &record);
}
