/* Exported variables that nothing of the computer changes, and the table of the HAL, whose entries refuse in words. */
#include "base/log.h"
#include "nt/ke.h"
#include "nt/raise.h"
#include "ntstatus.h"
#include "ring3/nt_rare.h"

/* docs: kernel/mm64bitphysicaladdress */
BOOLEAN Mm64BitPhysicalAddress = TRUE;
PVOID MmBadPointer = (PVOID)(ULONG_PTR)0xFFFFFFFFFFF00000ull;

ULONG NtGlobalFlag;                     /* no flag of gflags is set */
BOOLEAN KdEnteredDebugger = FALSE;
USHORT NlsAnsiCodePage = 1252, NlsOemCodePage = 1252;
BOOLEAN NlsMbOemCodePageTag = FALSE;
ULONG_PTR KiBugCheckData[5];            /* code and parameters of the bug check that happened: zeros until then */

static LONGLONG NTAPI refuse(void)
{
    log_error("hal", "a driver called a routine of HalDispatchTable, which has no documentation; ring3 has none of them");
    nt_raise_status(STATUS_NOT_IMPLEMENTED);
}

/* HalQuerySystemInformation and HalSetSystemInformation know no information class. */
static NTSTATUS NTAPI no_information(void)
{
    return STATUS_INVALID_LEVEL;
}

HAL_DISPATCH HalDispatchTable = {
    .Version = 4,
    .Routine = { (PVOID)no_information, (PVOID)no_information, [2 ... 22] = (PVOID)refuse },
};
