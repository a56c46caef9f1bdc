/* User ranges, and what drivers ask about their own image. */
#include <stdlib.h>

#include "nt/ke.h"
#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/raise.h"
#include "nt/ram.h"
#include "nt/text.h"
#include "pe/pe.h"

static void check_range(uint64_t start, size_t length, ULONG alignment, bool write)
{
    if (start & (alignment - 1))
        nt_raise_status(STATUS_DATATYPE_MISALIGNMENT);
    if (start + length < start || start + length > USER_PROBE_ADDRESS)
        nt_raise_access_violation(write, start);
}

/* Raises STATUS_ACCESS_VIOLATION when the range is not all user addresses, STATUS_DATATYPE_MISALIGNMENT when it is not
 * aligned. Whether memory is there shows when it is read. <= APC_LEVEL. docs: wdm/nf-wdm-probeforread */
VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    if (Length)
        check_range((uint64_t)(uintptr_t)Address, Length, Alignment, false);
}

/* The same, and every page must be writable. <= APC_LEVEL. docs: wdm/nf-wdm-probeforwrite */
VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    uint64_t start = (uint64_t)(uintptr_t)Address;

    if (!Length)
        return;
    check_range(start, Length, Alignment, true);
    for (uint64_t at = start; at < start + Length; at = (at & ~(uint64_t)(RAM_PAGE - 1)) + RAM_PAGE)
        if (ram_pa((void *)(uintptr_t)at) == UINT64_MAX)
            nt_raise_access_violation(true, at);
}

/* User ranges cannot be secured: NULL, which is documented as failure. docs: ntddk/nf-ntddk-mmsecurevirtualmemory */
HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode)
{
    (void)Address;
    (void)Size;
    (void)ProbeMode;
    return NULL;
}

/* docs: ntddk/nf-ntddk-mmsecurevirtualmemoryex */
HANDLE NTAPI MmSecureVirtualMemoryEx(PVOID Address, SIZE_T Size, ULONG ProbeMode, ULONG Flags)
{
    (void)Flags;
    return MmSecureVirtualMemory(Address, Size, ProbeMode);
}

/* docs: ntddk/nf-ntddk-mmunsecurevirtualmemory */
VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle)
{
    (void)SecureHandle;
}

/* --- system routines -------------------------------------------------------------------------------------------- */

/* An export of ntoskrnl.exe or hal.dll, NULL when there is none. PASSIVE_LEVEL. docs: wdm/nf-wdm-mmgetsystemroutineaddress */
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    char name[128];
    void *routine;

    text_utf8(name, sizeof name, SystemRoutineName);
    routine = pe_system_routine("ntoskrnl.exe", name);
    return routine ? routine : pe_system_routine("hal.dll", name);
}

/* The same of a named module, or of any loaded driver. docs: wdm/nf-wdm-mmgetsystemroutineaddressex */
PVOID NTAPI MmGetSystemRoutineAddressEx(PUNICODE_STRING ModuleName, PCSTR FunctionName)
{
    char module[64];

    text_utf8(module, sizeof module, ModuleName);
    void *routine = pe_system_routine(module, FunctionName);
    struct pe_image *image = routine ? NULL : pe_image_named(module);
    return image ? pe_image_export(image, FunctionName) : routine;
}

/* --- paging and verifying drivers: nothing is paged out, every driver is verified ---------------------------------- */

/* A handle for the other two: the section's address. <= APC_LEVEL. docs: wdm/nf-wdm-mmlockpagabledatasection */
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    return AddressWithinSection;
}

/* docs: ntddk/nf-ntddk-mmlockpagablesectionbyhandle */
VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    (void)ImageSectionHandle;
}

/* docs: wdm/nf-wdm-mmunlockpagableimagesection */
VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    (void)ImageSectionHandle;
}

/* The image's base. docs: wdm/nf-wdm-mmpageentiredriver */
PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection)
{
    struct pe_image *image = pe_image_at((uint64_t)(uintptr_t)AddressWithinSection);

    return image ? image->base : NULL;
}

/* docs: wdm/nf-wdm-mmresetdriverpaging */
VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection)
{
    (void)AddressWithinSection;
}

/* Sections cannot be made read-only for good: STATUS_NOT_SUPPORTED. docs: wdm/nf-wdm-mmprotectdriversection */
NTSTATUS NTAPI MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags)
{
    (void)AddressWithinSection;
    (void)Size;
    (void)Flags;
    return STATUS_NOT_SUPPORTED;
}

/* docs: wdm/nf-wdm-mmisdriversuspectforverifier */
LOGICAL NTAPI MmIsDriverSuspectForVerifier(struct _DRIVER_OBJECT *DriverObject)
{
    (void)DriverObject;
    return TRUE;
}

/* docs: wdm/nf-wdm-mmisdriververifying */
ULONG NTAPI MmIsDriverVerifying(struct _DRIVER_OBJECT *DriverObject)
{
    (void)DriverObject;
    return TRUE;
}

/* docs: wdm/nf-wdm-mmisdriververifyingbyaddress */
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection)
{
    return pe_image_at((uint64_t)(uintptr_t)AddressWithinSection) != NULL;
}

/* docs: wdm/nf-wdm-mmquerysystemsize */
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID)
{
    return MmLargeSystem;
}

/* A workstation. docs: ntddk/nf-ntddk-mmisthisanntassystem */
BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID)
{
    return FALSE;
}
