/* Time, versions, random numbers, checksums, addresses as text, run-once, assertions, stack traces. */
#ifndef RING3_RTL_MISC_H
#define RING3_RTL_MISC_H

#include <sdkddkver.h>
#include <ntdef.h>
#include <ring3/context.h>

RING3_BEGIN_C

/* ---- time: 100 ns units since 1601-01-01 ---- */

typedef struct _TIME_FIELDS {
    CSHORT Year;
    CSHORT Month;
    CSHORT Day;
    CSHORT Hour;
    CSHORT Minute;
    CSHORT Second;
    CSHORT Milliseconds;
    CSHORT Weekday; /* 0 is Sunday */
} TIME_FIELDS, *PTIME_FIELDS;
RING3_SIZE(TIME_FIELDS, 16);

NTSYSAPI VOID NTAPI RtlTimeToTimeFields(_In_ PLARGE_INTEGER Time, _Out_ PTIME_FIELDS TimeFields);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(_In_ PTIME_FIELDS TimeFields, _Out_ PLARGE_INTEGER Time);
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1970(_In_ PLARGE_INTEGER Time, _Out_ PULONG ElapsedSeconds);
NTSYSAPI VOID NTAPI RtlSecondsSince1970ToTime(_In_ ULONG ElapsedSeconds, _Out_ PLARGE_INTEGER Time);
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1980(_In_ PLARGE_INTEGER Time, _Out_ PULONG ElapsedSeconds);
NTSYSAPI VOID NTAPI RtlSecondsSince1980ToTime(_In_ ULONG ElapsedSeconds, _Out_ PLARGE_INTEGER Time);

/* ---- versions ---- */

typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
RING3_SIZE(OSVERSIONINFOW, 276);

typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor;
    USHORT wServicePackMinor;
    USHORT wSuiteMask;
    UCHAR wProductType;
    UCHAR wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;
RING3_SIZE(OSVERSIONINFOEXW, 284);

#define VER_EQUAL 1
#define VER_GREATER 2
#define VER_GREATER_EQUAL 3
#define VER_LESS 4
#define VER_LESS_EQUAL 5
#define VER_AND 6
#define VER_OR 7
#define VER_CONDITION_MASK 7
#define VER_NUM_BITS_PER_CONDITION_MASK 3
#define VER_MINORVERSION 0x0000001
#define VER_MAJORVERSION 0x0000002
#define VER_BUILDNUMBER 0x0000004
#define VER_PLATFORMID 0x0000008
#define VER_SERVICEPACKMINOR 0x0000010
#define VER_SERVICEPACKMAJOR 0x0000020
#define VER_SUITENAME 0x0000040
#define VER_PRODUCT_TYPE 0x0000080
#define VER_NT_WORKSTATION 0x0000001
#define VER_NT_DOMAIN_CONTROLLER 0x0000002
#define VER_NT_SERVER 0x0000003
#define VER_PLATFORM_WIN32_NT 2

NTSYSAPI NTSTATUS NTAPI RtlGetVersion(_Out_ PRTL_OSVERSIONINFOW lpVersionInformation);
NTSYSAPI NTSTATUS NTAPI RtlVerifyVersionInfo(_In_ PRTL_OSVERSIONINFOEXW VersionInfo, _In_ ULONG TypeMask,
                                             _In_ ULONGLONG ConditionMask);
NTSYSAPI ULONGLONG NTAPI VerSetConditionMask(_In_ ULONGLONG ConditionMask, _In_ ULONG TypeMask, _In_ UCHAR Condition);
#define VER_SET_CONDITION(m, t, c) ((m) = VerSetConditionMask((m), (t), (c)))
NTSYSAPI BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(_In_ ULONG Version);
NTSYSAPI BOOLEAN NTAPI RtlIsServicePackVersionInstalled(_In_ ULONG Version);
NTSYSAPI BOOLEAN NTAPI RtlGetNtProductType(_Out_ PNT_PRODUCT_TYPE NtProductType);
NTKERNELAPI BOOLEAN NTAPI PsGetVersion(_Out_opt_ PULONG MajorVersion, _Out_opt_ PULONG MinorVersion,
                                       _Out_opt_ PULONG BuildNumber, _Inout_opt_ PUNICODE_STRING CSDVersion);

NTSYSAPI ULONG64 NTAPI RtlGetEnabledExtendedFeatures(_In_ ULONG64 FeatureMask);
NTSYSAPI BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID);
RING3_DATA_POINTER(BOOLEAN, NlsMbCodePageTag);
RING3_DATA_POINTER(BOOLEAN, NlsOemCodePageTag);
#define NLS_MB_CODE_PAGE_TAG (*NlsMbCodePageTag)
#define NLS_MB_OEM_CODE_PAGE_TAG (*NlsOemCodePageTag)

/* ---- random numbers, checksums ---- */

NTSYSAPI ULONG NTAPI RtlRandom(_Inout_ PULONG Seed);
NTSYSAPI ULONG NTAPI RtlRandomEx(_Inout_ PULONG Seed);
NTSYSAPI ULONG NTAPI RtlUniform(_Inout_ PULONG Seed);
NTSYSAPI ULONG NTAPI RtlCrc32(_In_ const void *Buffer, _In_ SIZE_T Size, _In_ ULONG InitialCrc);
NTSYSAPI ULONGLONG NTAPI RtlCrc64(_In_ const void *Buffer, _In_ SIZE_T Size, _In_ ULONGLONG InitialCrc);

/* ---- addresses as text ---- */

struct in_addr;
struct in6_addr;
NTSYSAPI PSTR NTAPI RtlIpv4AddressToStringA(_In_ const struct in_addr *Addr, _Out_ PSTR S);
NTSYSAPI PWSTR NTAPI RtlIpv4AddressToStringW(_In_ const struct in_addr *Addr, _Out_ PWSTR S);
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExA(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                                  _Out_ PSTR AddressString, _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExW(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                                  _Out_ PWSTR AddressString, _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressA(_In_ PCSTR S, _In_ BOOLEAN Strict, _Out_ PCSTR *Terminator,
                                                _Out_ struct in_addr *Addr);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressW(_In_ PCWSTR S, _In_ BOOLEAN Strict, _Out_ PCWSTR *Terminator,
                                                _Out_ struct in_addr *Addr);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressExA(_In_ PCSTR AddressString, _In_ BOOLEAN Strict, _Out_ struct in_addr *Address,
                                                  _Out_ PUSHORT Port);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressExW(_In_ PCWSTR AddressString, _In_ BOOLEAN Strict, _Out_ struct in_addr *Address,
                                                  _Out_ PUSHORT Port);
NTSYSAPI PSTR NTAPI RtlIpv6AddressToStringA(_In_ const struct in6_addr *Addr, _Out_ PSTR S);
NTSYSAPI PWSTR NTAPI RtlIpv6AddressToStringW(_In_ const struct in6_addr *Addr, _Out_ PWSTR S);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExA(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId, _In_ USHORT Port,
                                                  _Out_ PSTR AddressString, _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExW(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId, _In_ USHORT Port,
                                                  _Out_ PWSTR AddressString, _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressA(_In_ PCSTR S, _Out_ PCSTR *Terminator, _Out_ struct in6_addr *Addr);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressW(_In_ PCWSTR S, _Out_ PCWSTR *Terminator, _Out_ struct in6_addr *Addr);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address, PULONG ScopeId, PUSHORT Port);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address, PULONG ScopeId, PUSHORT Port);
NTSYSAPI PSTR NTAPI RtlEthernetAddressToStringA(_In_ const void *Addr, _Out_ PSTR S);
NTSYSAPI PWSTR NTAPI RtlEthernetAddressToStringW(_In_ const void *Addr, _Out_ PWSTR S);
NTSYSAPI NTSTATUS NTAPI RtlEthernetStringToAddressA(_In_ PCSTR S, _Out_ PCSTR *Terminator, _Out_ void *Addr);
NTSYSAPI NTSTATUS NTAPI RtlEthernetStringToAddressW(_In_ PCWSTR S, _Out_ PCWSTR *Terminator, _Out_ void *Addr);

/* ---- run once ---- */

typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
    ULONG_PTR Value;
} RTL_RUN_ONCE, *PRTL_RUN_ONCE;
RING3_SIZE(RTL_RUN_ONCE, 8);
typedef ULONG(NTAPI RTL_RUN_ONCE_INIT_FN)(_Inout_ PRTL_RUN_ONCE RunOnce, _Inout_opt_ PVOID Parameter,
                                          _Inout_opt_ PVOID *Context);
typedef RTL_RUN_ONCE_INIT_FN *PRTL_RUN_ONCE_INIT_FN;
#define RTL_RUN_ONCE_INIT {0}
#define RTL_RUN_ONCE_CHECK_ONLY 0x00000001UL
#define RTL_RUN_ONCE_ASYNC 0x00000002UL
#define RTL_RUN_ONCE_INIT_FAILED 0x00000004UL
#define RTL_RUN_ONCE_CTX_RESERVED_BITS 2
NTSYSAPI VOID NTAPI RtlRunOnceInitialize(_Out_ PRTL_RUN_ONCE RunOnce);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceExecuteOnce(_Inout_ PRTL_RUN_ONCE RunOnce, _In_ PRTL_RUN_ONCE_INIT_FN InitFn,
                                              _Inout_opt_ PVOID Parameter, _Outptr_opt_ PVOID *Context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceBeginInitialize(_Inout_ PRTL_RUN_ONCE RunOnce, _In_ ULONG Flags, _Outptr_opt_ PVOID *Context);
NTSYSAPI NTSTATUS NTAPI RtlRunOnceComplete(_Inout_ PRTL_RUN_ONCE RunOnce, _In_ ULONG Flags, _In_opt_ PVOID Context);

/* ---- errors, stacks, assertions ---- */

NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(_In_ NTSTATUS Status);
NTSYSAPI ULONG NTAPI RtlNtStatusToDosErrorNoTeb(_In_ NTSTATUS Status);
NTSYSAPI VOID NTAPI RtlAssert(_In_ PVOID VoidFailedAssertion, _In_ PVOID VoidFileName, _In_ ULONG LineNumber,
                              _In_opt_ PSTR MutableMessage);
NTSYSAPI USHORT NTAPI RtlCaptureStackBackTrace(_In_ ULONG FramesToSkip, _In_ ULONG FramesToCapture, _Out_ PVOID *BackTrace,
                                               _Out_opt_ PULONG BackTraceHash);
NTSYSAPI ULONG NTAPI RtlWalkFrameChain(_Out_ PVOID *Callers, _In_ ULONG Count, _In_ ULONG Flags);
NTSYSAPI VOID NTAPI RtlGetCallersAddress(_Out_ PVOID *CallersAddress, _Out_ PVOID *CallersCaller);

#ifndef RING3_HOST
#ifndef DBG
#define DBG 0
#endif
#if DBG
#define ASSERT(e) ((!(e)) ? (RtlAssert((PVOID)#e, (PVOID)__FILE__, __LINE__, NULL), FALSE) : TRUE)
#define ASSERTMSG(m, e) ((!(e)) ? (RtlAssert((PVOID)#e, (PVOID)__FILE__, __LINE__, (PSTR)m), FALSE) : TRUE)
#define RTL_SOFT_ASSERT(e) ((!(e)) ? (DbgPrint("%s(%d): %s\n", __FILE__, __LINE__, #e), FALSE) : TRUE)
#define NT_ASSERT(e) ((!(e)) ? (__int2c_assert(), FALSE) : TRUE)
#define PAGED_CODE()                                                                     \
    do {                                                                                 \
        if (KeGetCurrentIrql() > 1)                                                      \
            RtlAssert((PVOID) "PAGED_CODE: IRQL > APC_LEVEL", (PVOID)__FILE__, __LINE__, NULL); \
    } while (0)
#else
#define ASSERT(e) ((void)0)
#define ASSERTMSG(m, e) ((void)0)
#define RTL_SOFT_ASSERT(e) ((void)0)
#define NT_ASSERT(e) ((void)0)
#define PAGED_CODE() ((void)0)
#endif
#define RTL_VERIFY(e) ASSERT(e)
#define NT_VERIFY(e) ((!(e)) ? (__int2c_assert(), FALSE) : TRUE)
#define NT_FRE_ASSERT(e) NT_VERIFY(e)
#define NT_ASSERTMSG(m, e) NT_ASSERT(e)
#define PAGED_CODE_LOCKED() ((void)0)
#define NOP_FUNCTION ((void)0)

#define DbgRaiseAssertionFailure() __int2c_assert()

FORCEINLINE VOID __int2c_assert(VOID)
{
    __asm__ __volatile__("int $0x2c" : : : "memory");
}
#endif

RING3_END_C

#endif
