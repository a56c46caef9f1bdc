/* What the framework verifier offers to drivers. */
#ifndef WDF_WDFVERIFIER_H
#define WDF_WDFVERIFIER_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

WDF_SLOT_NO_ARGUMENTS(VOID, WdfVerifierDbgBreakPoint)
WDF_SLOT(VOID, WdfVerifierKeBugCheck, (ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
         ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4),
         (BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4))
WDF_SLOT_NO_ARGUMENTS(PVOID, WdfGetTriageInfo)

RING3_END_C

#endif
