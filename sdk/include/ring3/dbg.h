/* Debug output and break points. docs: wdm/nf-wdm-dbgprintex */
#ifndef RING3_DBG_H
#define RING3_DBG_H

#include <ring3/ke_types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000
enum {
    DPFLTR_SYSTEM_ID = 0, DPFLTR_PNPMEM_ID = 17, DPFLTR_ACPI_ID = 22, DPFLTR_SCSIPORT_ID = 31, DPFLTR_IHVDRIVER_ID = 77,
    DPFLTR_IHVVIDEO_ID = 78, DPFLTR_IHVAUDIO_ID = 79, DPFLTR_IHVNETWORK_ID = 80, DPFLTR_IHVSTREAMING_ID = 81,
    DPFLTR_IHVBUS_ID = 82, DPFLTR_DEFAULT_ID = 101, DPFLTR_FLTMGR_ID = 91, DPFLTR_STORPORT_ID = 136,
    DPFLTR_ENDOFTABLE_ID = 163
};

#ifdef RING3_HOST
typedef __builtin_ms_va_list RING3_VA_LIST;
#else
typedef va_list RING3_VA_LIST;
#endif

#ifdef RING3_HOST
ULONG NTAPI DbgPrint(PCSTR Format, ...);
ULONG NTAPI DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG NTAPI DbgPrintReturnControlC(PCSTR Format, ...);
#else
NTKERNELAPI ULONG __cdecl DbgPrint(PCSTR Format, ...);
NTKERNELAPI ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
NTKERNELAPI ULONG __cdecl DbgPrintReturnControlC(PCSTR Format, ...);
#endif
NTKERNELAPI ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, RING3_VA_LIST arglist);
NTKERNELAPI ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format,
                                              RING3_VA_LIST arglist);
NTKERNELAPI VOID NTAPI DbgBreakPoint(VOID);
NTKERNELAPI VOID NTAPI DbgBreakPointWithStatus(ULONG Status);
NTKERNELAPI ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG Length);
NTKERNELAPI NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTKERNELAPI NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);

#ifndef RING3_HOST
#if DBG
#define KdPrint(_x_) DbgPrint _x_
#define KdPrintEx(_x_) DbgPrintEx _x_
#define vKdPrintEx(_x_) vDbgPrintEx _x_
#define KdBreakPoint() DbgBreakPoint()
#define KdBreakPointWithStatus(s) DbgBreakPointWithStatus(s)
#else
#define KdPrint(_x_)
#define KdPrintEx(_x_)
#define vKdPrintEx(_x_)
#define KdBreakPoint()
#define KdBreakPointWithStatus(s)
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif
