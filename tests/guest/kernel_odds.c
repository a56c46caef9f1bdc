/* What few drivers import: variables, push locks under their old names, threads, strings, heaps, impersonation, modules. */
#include <ntifs.h>

#include "helpers.h"

#include <aux_klib.h>

/* Exports without documentation have no prototypes in the headers. */

/* ---- variables ---- */

TEST_CASE(variables_of_the_kernel_have_their_values)
{
    EXPECT_EQ(*Mm64BitPhysicalAddress, TRUE);
    EXPECT_EQ(*KdEnteredDebugger, FALSE);
    EXPECT(*NtBuildNumber != 0);
    EXPECT_EQ(*NlsMbOemCodePageTag, FALSE);
    EXPECT(*NlsAnsiCodePage != 0 && *NlsOemCodePage != 0);
    EXPECT(*KdDebuggerEnabled || *NtGlobalFlag == 0);
    EXPECT(HalDispatchTable->Version >= 1);
    EXPECT(PsInitialSystemProcess == PsGetCurrentProcess());
    EXPECT((ULONG_PTR)MmHighestUserAddress < (ULONG_PTR)MmSystemRangeStart);
    EXPECT(SeExports->SeLocalSystemSid != NULL);
}

TEST_CASE_THAT_STOPS(a_bad_pointer_is_bad, 0x00000050)
{
    *(volatile CHAR *)((CHAR *)MmBadPointer + PAGE_SIZE - 1) = 1;
}

/* ---- push locks ---- */

static EX_PUSH_LOCK push_lock;
static volatile LONG inside, order;

static VOID NTAPI TakeExclusive(PVOID context)
{
    (void)context;
    KeEnterCriticalRegion();
    ExfAcquirePushLockExclusive(&push_lock);
    EXPECT_EQ(inside, 0);
    InterlockedIncrement(&order);
    ExfReleasePushLockExclusive(&push_lock);
    KeLeaveCriticalRegion();
}

TEST_CASE(push_locks_are_the_same_under_their_old_names)
{
    PKTHREAD thread;

    ExInitializePushLock(&push_lock);
    KeEnterCriticalRegion();
    ExfAcquirePushLockShared(&push_lock);
    inside = 1;
    order = 0;
    EXPECT(ExfTryAcquirePushLockShared(&push_lock));
    ExfReleasePushLockShared(&push_lock);
    EXPECT(!ExTryAcquirePushLockExclusiveEx(&push_lock, 0));
    thread = StartThread(TakeExclusive, NULL);
    Sleep(20);
    EXPECT_EQ(order, 0);
    EXPECT(!ExTryAcquirePushLockSharedEx(&push_lock, 0));       /* a writer waits */
    inside = 0;
    ExfReleasePushLock(&push_lock);
    ExfTryToWakePushLock(&push_lock);
    JoinThread(thread);
    EXPECT_EQ(order, 1);
    EXPECT(ExTryAcquirePushLockExclusiveEx(&push_lock, 0));
    ExfReleasePushLock(&push_lock);
    KeLeaveCriticalRegion();
}

/* ---- threads and the process ---- */

TEST_CASE(a_system_thread_knows_where_it_runs)
{
    PVOID base = PsGetCurrentThreadStackBase(), limit = PsGetCurrentThreadStackLimit();
    ULONG_PTR here = (ULONG_PTR)&base;

    EXPECT(PsGetCurrentThreadProcess() == PsInitialSystemProcess);
    EXPECT(PsGetCurrentThreadProcessId() == PsGetCurrentProcessId());
    EXPECT_EQ(PsGetCurrentThreadPreviousMode(), KernelMode);
    EXPECT(here < (ULONG_PTR)base && here >= (ULONG_PTR)limit);
    EXPECT(PsGetThreadTeb(PsGetCurrentThread()) == NULL);
    EXPECT(PsGetProcessPeb(PsInitialSystemProcess) == NULL);
    EXPECT(PsGetProcessWow64Process(PsInitialSystemProcess) == NULL);
    EXPECT(PsGetCurrentProcessWow64Process() == NULL);
    EXPECT(PsGetProcessDebugPort(PsInitialSystemProcess) == NULL);
    EXPECT(!PsIsProcessBeingDebugged(PsInitialSystemProcess));
    EXPECT(!PsGetProcessExitProcessCalled(PsInitialSystemProcess));
    EXPECT(PsGetProcessJob(PsInitialSystemProcess) == NULL);
    EXPECT(PsGetProcessSectionBaseAddress(PsInitialSystemProcess) == NULL);
    EXPECT(!KeIsAttachedProcess());
}

TEST_CASE(the_other_names_of_irql_do_the_same)
{
    KIRQL old = KzRaiseIrql(DISPATCH_LEVEL);

    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KzLowerIrql(old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_CASE(only_a_process_can_be_terminated)
{
    HANDLE event = NULL;

    EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(ZwTerminateProcess(event, 0), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(event);
    EXPECT_EQ(ZwTerminateProcess((HANDLE)0x7FFFFF0, 0), STATUS_INVALID_HANDLE);
}

/* ---- strings ---- */

TEST_CASE(counted_oem_strings_have_no_terminator)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"abC"), han = RTL_CONSTANT_STRING(L"a\x4e2d"), back = { 0, 0, NULL };
    CHAR buffer[4] = "xxx";
    OEM_STRING oem = { 0, 3, buffer }, own = { 0, 0, NULL };
    ULONG bytes = 0;

    EXPECT_EQ(RtlUnicodeStringToCountedOemString(&oem, &wide, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(oem.Length, 3);
    EXPECT(memcmp(buffer, "abC", 3) == 0);
    EXPECT_EQ(RtlUpcaseUnicodeStringToCountedOemString(&own, &wide, TRUE), STATUS_SUCCESS);
    EXPECT(own.Length == 3 && memcmp(own.Buffer, "ABC", 3) == 0);
    EXPECT_EQ(RtlOemStringToCountedUnicodeString(&back, &own, TRUE), STATUS_SUCCESS);
    EXPECT(back.Length == 6 && memcmp(back.Buffer, L"ABC", 6) == 0);
    RtlFreeUnicodeString(&back);
    RtlFreeOemString(&own);
    EXPECT_EQ(RtlUnicodeStringToCountedOemString(&oem, &han, FALSE), STATUS_UNMAPPABLE_CHARACTER);
    oem.MaximumLength = 2;
    EXPECT_EQ(RtlUnicodeStringToCountedOemString(&oem, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(RtlUpcaseUnicodeToOemN(buffer, 2, &bytes, L"xyz", 6), STATUS_BUFFER_OVERFLOW);
    EXPECT(bytes == 2 && memcmp(buffer, "XY", 2) == 0);
}

static BOOLEAN IsShort(PCWSTR text, PBOOLEAN spaces)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    return RtlIsNameLegalDOS8Dot3(&name, NULL, spaces);
}

typedef ULONG(NTAPI *PSIZE_OF)(PVOID);

static ULONG SizeBy(PCWSTR function, PVOID string)
{
    UNICODE_STRING name;
    PSIZE_OF size_of;

    RtlInitUnicodeString(&name, function);
    size_of = (PSIZE_OF)MmGetSystemRoutineAddress(&name);
    return size_of != NULL ? size_of(string) : 0;
}

TEST_CASE(the_exports_behind_size_macros_count_the_terminator)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"abc");
    ANSI_STRING narrow = RTL_CONSTANT_STRING("abc");

    EXPECT_EQ(SizeBy(L"RtlUnicodeStringToAnsiSize", &wide), 4);
    EXPECT_EQ(SizeBy(L"RtlUnicodeStringToOemSize", &wide), 4);
    EXPECT_EQ(SizeBy(L"RtlAnsiStringToUnicodeSize", &narrow), 8);
    EXPECT_EQ(SizeBy(L"RtlOemStringToUnicodeSize", &narrow), 8);
}

typedef NTSTATUS(NTAPI *PWAIT)(PVOID, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER);

TEST_CASE(a_mutex_is_waited_for_by_its_own_name)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"KeWaitForMutexObject");
    PWAIT wait = (PWAIT)MmGetSystemRoutineAddress(&name);
    static KMUTEX mutex;

    REQUIRE(wait != NULL);
    KeInitializeMutex(&mutex, 0);
    EXPECT_EQ(wait(&mutex, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateMutex(&mutex), 0);
    KeReleaseMutex(&mutex, FALSE);
}

TEST_CASE(short_names_are_recognized)
{
    BOOLEAN spaces = TRUE;
    WCHAR c = L'a', han = 0x4e2d;

    EXPECT(IsShort(L"readme.txt", &spaces));
    EXPECT(!spaces);
    EXPECT(IsShort(L"a b.c", &spaces));
    EXPECT(spaces);
    EXPECT(IsShort(L"..", NULL));
    EXPECT(IsShort(L"12345678.123", NULL));
    EXPECT(!IsShort(L"123456789.txt", NULL));
    EXPECT(!IsShort(L"a.html", NULL));
    EXPECT(!IsShort(L"a.b.c", NULL));
    EXPECT(!IsShort(L".txt", NULL));
    EXPECT(!IsShort(L"a+b.txt", NULL));
    EXPECT(!IsShort(L"", NULL));
    EXPECT(RtlIsValidOemCharacter(&c));
    EXPECT_EQ(c, 'A');
    EXPECT(!RtlIsValidOemCharacter(&han));
}

static LONG Compare(PCWSTR a, PCWSTR b)
{
    UNICODE_STRING x, y;

    RtlInitUnicodeString(&x, a);
    RtlInitUnicodeString(&y, b);
    return RtlCompareAltitudes(&x, &y);
}

TEST_CASE(altitudes_are_decimal_numbers)
{
    EXPECT(Compare(L"320000", L"40000") > 0);
    EXPECT(Compare(L"0100", L"100") == 0);
    EXPECT(Compare(L"100.5", L"100.50") == 0);
    EXPECT(Compare(L"100.123", L"100.13") < 0);
    EXPECT(Compare(L"100", L"100.1") < 0);
}

TEST_CASE(an_interval_has_days_and_a_time)
{
    LARGE_INTEGER interval = Time(((((2ll * 24 + 3) * 60 + 4) * 60 + 5) * 1000 + 6) * 10000);
    TIME_FIELDS fields;

    RtlTimeToElapsedTimeFields(&interval, &fields);
    EXPECT_EQ(fields.Day, 2);
    EXPECT_EQ(fields.Hour, 3);
    EXPECT_EQ(fields.Minute, 4);
    EXPECT_EQ(fields.Second, 5);
    EXPECT_EQ(fields.Milliseconds, 6);
}

static __declspec(noinline) ULONG Walk(PVOID *frames, ULONG flags)
{
    volatile ULONG count = RtlWalkFrameChain(frames, 8, flags);

    return count;
}

TEST_CASE(a_walk_of_frames_starts_at_the_caller)
{
    PVOID frames[8] = { NULL };

    EXPECT(Walk(frames, 0) >= 2);
    EXPECT((ULONG_PTR)frames[0] - (ULONG_PTR)Walk < 256);
    EXPECT_EQ(Walk(frames, 1), 0);
}

/* ---- heaps ---- */

TEST_CASE(a_heap_goes_with_its_blocks)
{
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), blocks[8];

    REQUIRE(heap != NULL);
    for (ULONG i = 0; i < 8; i++) {
        blocks[i] = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100 + i);
        REQUIRE(blocks[i] != NULL);
        EXPECT_EQ((ULONG_PTR)blocks[i] & 15, 0);
        EXPECT_EQ(((PUCHAR)blocks[i])[99], 0);
        memset(blocks[i], 0x5A, 100 + i);
    }
    EXPECT(RtlFreeHeap(heap, 0, blocks[3]));
    EXPECT(RtlFreeHeap(heap, 0, NULL));
    EXPECT(RtlAllocateHeap(heap, 0, (SIZE_T)-1) == NULL);
    EXPECT(RtlDestroyHeap(heap) == NULL);
}

TEST_CASE(a_heap_raises_when_it_was_asked_to)
{
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS, NULL, 0, 0, NULL, NULL);
    NTSTATUS status = STATUS_SUCCESS;

    REQUIRE(heap != NULL);
    __try {
        RtlAllocateHeap(heap, 0, (SIZE_T)-1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ(status, STATUS_NO_MEMORY);
    RtlDestroyHeap(heap);
}

/* ---- impersonation ---- */

TEST_CASE(a_thread_impersonates_until_it_reverts)
{
    SECURITY_QUALITY_OF_SERVICE qos = { sizeof(qos), SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE };
    SECURITY_CLIENT_CONTEXT client;
    SECURITY_SUBJECT_CONTEXT subject;
    BOOLEAN copy = FALSE, effective = TRUE;
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    PACCESS_TOKEN token;

    EXPECT(!PsIsThreadImpersonating(PsGetCurrentThread()));
    EXPECT_EQ(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_SUCCESS);
    EXPECT_EQ(SeImpersonateClientEx(&client, NULL), STATUS_SUCCESS);
    EXPECT(PsIsThreadImpersonating(PsGetCurrentThread()));
    token = PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
    EXPECT(token == client.ClientToken);
    EXPECT(!effective);
    EXPECT_EQ(level, SecurityImpersonation);
    PsDereferenceImpersonationToken(token);
    SeCaptureSubjectContext(&subject);
    EXPECT(subject.ClientToken == client.ClientToken);
    EXPECT_EQ(subject.ImpersonationLevel, SecurityImpersonation);
    SeReleaseSubjectContext(&subject);
    SeStopImpersonatingClient();
    EXPECT(!PsIsThreadImpersonating(PsGetCurrentThread()));
    EXPECT(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level) == NULL);
    SeDeleteClientSecurity(&client);
}

TEST_CASE(what_only_identifies_cannot_be_passed_on)
{
    SECURITY_QUALITY_OF_SERVICE qos = { sizeof(qos), SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE };
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
    SECURITY_CLIENT_CONTEXT client;
    SECURITY_SUBJECT_CONTEXT subject;

    EXPECT_EQ(PsImpersonateClient(PsGetCurrentThread(), token, TRUE, FALSE, SecurityIdentification), STATUS_SUCCESS);
    EXPECT_EQ(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_BAD_IMPERSONATION_LEVEL);
    SeCaptureSubjectContextEx(PsGetCurrentThread(), PsGetCurrentProcess(), &subject);
    EXPECT_EQ(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &client), STATUS_BAD_IMPERSONATION_LEVEL);
    SeReleaseSubjectContext(&subject);
    EXPECT_EQ(PsImpersonateClient(PsGetCurrentThread(), token, TRUE, FALSE, SecurityImpersonation), STATUS_SUCCESS);
    EXPECT_EQ(SeCreateClientSecurity(PsGetCurrentThread(), &qos, TRUE, &client), STATUS_BAD_IMPERSONATION_LEVEL);
    PsRevertThreadToSelf(PsGetCurrentThread());
    SeCaptureSubjectContextEx(NULL, PsGetCurrentProcess(), &subject);
    EXPECT(subject.ClientToken == NULL);
    EXPECT_EQ(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &client), STATUS_SUCCESS);
    SeReleaseSubjectContext(&subject);
    SeImpersonateClient(&client, NULL);
    EXPECT(PsIsThreadImpersonating(PsGetCurrentThread()));
    PsRevertToSelf();
    SeDeleteClientSecurity(&client);
    PsDereferencePrimaryToken(token);
    EXPECT(!SeAuditingFileEvents(TRUE, NULL));
    EXPECT(!SeAuditingFileOrGlobalEvents(TRUE, NULL, &subject));
    EXPECT(!SeAuditingHardLinkEvents(FALSE, NULL));
}

TEST_CASE(the_token_of_a_thread_is_opened_while_it_impersonates)
{
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
    HANDLE handle = NULL, process = NULL;
    PVOID body = NULL;

    EXPECT_EQ(ZwOpenThreadToken(ZwCurrentThread(), TOKEN_QUERY, FALSE, &handle), STATUS_NO_TOKEN);
    PsImpersonateClient(PsGetCurrentThread(), token, FALSE, FALSE, SecurityAnonymous);
    EXPECT_EQ(ZwOpenThreadToken(ZwCurrentThread(), TOKEN_QUERY, FALSE, &handle), STATUS_CANT_OPEN_ANONYMOUS);
    PsImpersonateClient(PsGetCurrentThread(), token, FALSE, FALSE, SecurityImpersonation);
    EXPECT_EQ(ZwOpenThreadToken(ZwCurrentThread(), TOKEN_QUERY, FALSE, &handle), STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByHandle(handle, TOKEN_QUERY, *SeTokenObjectType, KernelMode, &body, NULL), STATUS_SUCCESS);
    EXPECT(body == token);
    ObDereferenceObject(body);
    ZwClose(handle);
    PsRevertToSelf();
    EXPECT_EQ(ZwOpenProcessToken(ZwCurrentProcess(), TOKEN_QUERY, &process), STATUS_SUCCESS);
    ZwClose(process);
    PsDereferencePrimaryToken(token);
}

static NTSTATUS NTAPI LogonSessionEnded(PLUID id)
{
    (void)id;
    return STATUS_SUCCESS;
}

TEST_CASE(logon_sessions_are_watched_by_registered_routines)
{
    LUID nobody = { 0x12345, 7 };

    EXPECT_EQ(SeRegisterLogonSessionTerminatedRoutine(NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(SeRegisterLogonSessionTerminatedRoutine(LogonSessionEnded), STATUS_SUCCESS);
    EXPECT_EQ(SeMarkLogonSessionForTerminationNotification(&nobody), STATUS_NOT_FOUND);
    EXPECT_EQ(SeUnregisterLogonSessionTerminatedRoutine(LogonSessionEnded), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(SeUnregisterLogonSessionTerminatedRoutine(LogonSessionEnded)));
}

/* ---- modules, platform ---- */

TEST_CASE(the_auxiliary_library_lists_the_images)
{
    ULONG size = 0, short_size = 8;
    PAUX_MODULE_EXTENDED_INFO modules;
    BOOLEAN found = FALSE;
    KBUGCHECK_DATA data = { .BugCheckDataSize = 4 };

    EXPECT_EQ(AuxKlibInitialize(), STATUS_SUCCESS);
    EXPECT_EQ(AuxKlibQueryModuleInformation(&size, sizeof(*modules), NULL), STATUS_SUCCESS);
    EXPECT(size >= sizeof(*modules) && size % sizeof(*modules) == 0);
    modules = ExAllocatePool2(POOL_FLAG_PAGED, size, 'tseT');
    REQUIRE(modules != NULL);
    EXPECT_EQ(AuxKlibQueryModuleInformation(&short_size, sizeof(*modules), modules), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(AuxKlibQueryModuleInformation(&size, sizeof(*modules), modules), STATUS_SUCCESS);
    for (ULONG i = 0; i < size / sizeof(*modules); i++) {
        ULONG_PTR base = (ULONG_PTR)modules[i].BasicInfo.ImageBase, here = (ULONG_PTR)Compare;

        if (here - base < modules[i].ImageSize) {
            found = TRUE;
            EXPECT(strstr((char *)modules[i].FullPathName + modules[i].FileNameOffset, "kernel_odds") != NULL);
            EXPECT(AuxKlibGetImageExportDirectory(modules[i].BasicInfo.ImageBase) == NULL);
        }
    }
    EXPECT(found);
    ExFreePoolWithTag(modules, 'tseT');
    EXPECT_EQ(AuxKlibGetBugCheckData(&data), STATUS_INFO_LENGTH_MISMATCH);
    data.BugCheckDataSize = sizeof(data);
    EXPECT_EQ(AuxKlibGetBugCheckData(&data), STATUS_SUCCESS);
    EXPECT_EQ(data.BugCheckCode, 0);
}

TEST_CASE(a_firmware_table_provider_that_there_is_not_is_refused)
{
    const ULONG provider = 0x4e4f4e45;  /* 'NONE' */
    ULONG length = 7;

    EXPECT_EQ(AuxKlibInitialize(), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(AuxKlibEnumerateSystemFirmwareTables(provider, NULL, 0, &length)));
    EXPECT_EQ(length, 0);
    EXPECT(!NT_SUCCESS(AuxKlibEnumerateSystemFirmwareTables(provider, NULL, 0, NULL)));
    length = 7;
    EXPECT(!NT_SUCCESS(AuxKlibGetSystemFirmwareTable(provider, 0, NULL, 0, &length)));
    EXPECT_EQ(length, 0);
}

TEST_CASE(the_platform_is_asked_without_input)
{
    POWER_PLATFORM_INFORMATION info = { 7 };

    EXPECT_EQ(ZwPowerInformation(PlatformInformation, NULL, 0, &info, sizeof(info)), STATUS_SUCCESS);
    EXPECT(info.AoAc == FALSE || info.AoAc == TRUE);
    EXPECT(!NT_SUCCESS(ZwPowerInformation(PlatformInformation, &info, sizeof(info), &info, sizeof(info))));
    EXPECT_EQ(ZwPowerInformation(PlatformInformation, NULL, 0, &info, 0), STATUS_BUFFER_TOO_SMALL);
}
