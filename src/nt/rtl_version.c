/* The version drivers see: Windows 10 22H2, 10.0 build 19045, workstation, no service pack. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nt/rtl_version.h"
#include "ntstatus.h"
#include "ring3/rtl_misc.h"

/* Fills the structure of either size (dwOSVersionInfoSize says which). PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlgetversion */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    ULONG size = lpVersionInformation->dwOSVersionInfoSize;
    PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)(PVOID)lpVersionInformation;

    if (size != sizeof(RTL_OSVERSIONINFOW) && size != sizeof(RTL_OSVERSIONINFOEXW))
        return STATUS_INVALID_PARAMETER;
    memset(lpVersionInformation, 0, size);
    lpVersionInformation->dwOSVersionInfoSize = size;
    lpVersionInformation->dwMajorVersion = RTL_MAJOR;
    lpVersionInformation->dwMinorVersion = RTL_MINOR;
    lpVersionInformation->dwBuildNumber = RTL_BUILD;
    lpVersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
    if (size == sizeof(RTL_OSVERSIONINFOEXW)) {
        extended->wSuiteMask = 0x0100;  /* single user */
        extended->wProductType = VER_NT_WORKSTATION;
    }
    return STATUS_SUCCESS;
}

static ULONG condition(ULONGLONG mask, unsigned bit)
{
    return (ULONG)(mask >> (bit * VER_NUM_BITS_PER_CONDITION_MASK)) & VER_CONDITION_MASK;
}

/* Adds a condition for one type bit (the lowest that TypeMask has) to the mask. docs: wdm: VerSetConditionMask */
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    if ((TypeMask & 0xFF) == 0)
        return ConditionMask;
    return ConditionMask | (ULONGLONG)(Condition & VER_CONDITION_MASK)
                               << ((unsigned)__builtin_ctz(TypeMask) * VER_NUM_BITS_PER_CONDITION_MASK);
}

static bool holds(ULONG condition, int order)
{
    switch (condition) {
    case VER_EQUAL: return order == 0;
    case VER_GREATER: return order > 0;
    case VER_GREATER_EQUAL: return order >= 0;
    case VER_LESS: return order < 0;
    case VER_LESS_EQUAL: return order <= 0;
    default: return false;
    }
}

static int order(ULONG a, ULONG b)
{
    return a < b ? -1 : a > b;
}

/* Major, minor and service pack are one number: the first part that differs decides, by the first part's condition. */
static bool version_holds(const RTL_OSVERSIONINFOEXW *wanted, ULONG types, ULONGLONG mask)
{
    const struct {
        ULONG type, bit, have, want;
    } parts[] = {
        {VER_MAJORVERSION, 1, RTL_MAJOR, wanted->dwMajorVersion},
        {VER_MINORVERSION, 0, RTL_MINOR, wanted->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, 5, 0, wanted->wServicePackMajor},
        {VER_SERVICEPACKMINOR, 4, 0, wanted->wServicePackMinor},
    };
    ULONG first = 0;
    int result = 0;

    for (unsigned i = 0; i < 4; i++) {
        if (!(types & parts[i].type))
            continue;
        if (first == 0)
            first = condition(mask, parts[i].bit);
        if (result == 0)
            result = order(parts[i].have, parts[i].want);
    }
    return first == 0 || holds(first, result);
}

/* Whether this version fulfils the conditions. STATUS_REVISION_MISMATCH when not, STATUS_INVALID_PARAMETER without any.
 * PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlverifyversioninfo */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask)
{
    bool good = true;

    if (TypeMask == 0 || ConditionMask == 0)
        return STATUS_INVALID_PARAMETER;
    good &= version_holds(VersionInfo, TypeMask, ConditionMask);
    if (TypeMask & VER_BUILDNUMBER)
        good &= holds(condition(ConditionMask, 2), order(RTL_BUILD, VersionInfo->dwBuildNumber));
    if (TypeMask & VER_PLATFORMID)
        good &= holds(condition(ConditionMask, 3), order(VER_PLATFORM_WIN32_NT, VersionInfo->dwPlatformId));
    if (TypeMask & VER_PRODUCT_TYPE)
        good &= holds(condition(ConditionMask, 7), order(VER_NT_WORKSTATION, VersionInfo->wProductType));
    if ((TypeMask & VER_SUITENAME) && condition(ConditionMask, 6) == VER_AND)
        good &= (VersionInfo->wSuiteMask & ~0x0100) == 0;
    if ((TypeMask & VER_SUITENAME) && condition(ConditionMask, 6) == VER_OR)
        good &= (VersionInfo->wSuiteMask & 0x0100) != 0;
    return good ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

/* NTDDI_ values up to this version's. docs: ntddk/nf-ntddk-rtlisntddiversionavailable */
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version)
{
    return (Version & 0xFF) <= (NTDDI_WIN10_VB & 0xFF) ? (Version & 0xFFFF0000) <= (NTDDI_WIN10_VB & 0xFFFF0000)
                                                      : (Version & 0xFFFF0000) < (NTDDI_WIN10_VB & 0xFFFF0000);
}

/* There are no service packs of this version. docs: ntddk/nf-ntddk-rtlisservicepackversioninstalled */
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version)
{
    return (Version & 0xFFFF00FF) == (NTDDI_WIN10 & 0xFFFF00FF) && (Version & 0xFF00) == 0;
}

BOOLEAN NTAPI RtlGetNtProductType(PNT_PRODUCT_TYPE NtProductType)
{
    *NtProductType = NtProductWinNt;
    return TRUE;
}
