/* Patterns, paths and the other helpers of file systems that need none. */
#include <ntifs.h>
#include "helpers.h"

static BOOLEAN Matches(PCWSTR pattern, PCWSTR text)
{
    UNICODE_STRING expression, string;

    RtlInitUnicodeString(&expression, pattern);
    RtlInitUnicodeString(&string, text);
    return FsRtlIsNameInExpression(&expression, &string, FALSE, NULL);
}

TEST_CASE(a_star_matches_any_characters_and_a_question_mark_one)
{
    EXPECT(Matches(L"*", L"a"));
    EXPECT(Matches(L"a*c", L"abbbc"));
    EXPECT(Matches(L"a*c", L"ac"));
    EXPECT(!Matches(L"a*c", L"acd"));
    EXPECT(Matches(L"*.txt", L"a.b.txt"));
    EXPECT(!Matches(L"*.txt", L"txt"));
    EXPECT(Matches(L"a?c", L"abc"));
    EXPECT(!Matches(L"a?c", L"ac"));
    EXPECT(!Matches(L"a?", L"a"));
    EXPECT(Matches(L"*a*b*", L"xxaxxbxx"));
    EXPECT(!Matches(L"*a*b*", L"xxbxxaxx"));
    EXPECT(!Matches(L"abc", L"abd"));
}

TEST_CASE(an_empty_string_matches_only_an_empty_one)
{
    EXPECT(Matches(L"", L""));
    EXPECT(!Matches(L"*", L""));
    EXPECT(!Matches(L"", L"a"));
}

TEST_CASE(the_dos_wildcards_know_the_last_period_and_the_end)
{
    EXPECT(Matches(L"<.txt", L"a.b.txt"));
    EXPECT(Matches(L"<", L"name"));
    EXPECT(!Matches(L"<", L"name.txt"));
    EXPECT(Matches(L">>>", L"ab"));
    EXPECT(Matches(L">>>", L"abc"));
    EXPECT(!Matches(L">>>", L"abcd"));
    EXPECT(Matches(L">>>.c", L"a.c"));
    EXPECT(!Matches(L"???.c", L"a.c"));
    EXPECT(Matches(L"a\"", L"a"));
    EXPECT(Matches(L"a\"", L"a."));
    EXPECT(!Matches(L"a\"", L"ab"));
    EXPECT(Matches(L"a\"b", L"a.b"));
}

TEST_CASE(case_is_ignored_on_request)
{
    UNICODE_STRING upper = RTL_CONSTANT_STRING(L"READ*"), lower = RTL_CONSTANT_STRING(L"read*");
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"ReadMe"), other = RTL_CONSTANT_STRING(L"READme"), longer = RTL_CONSTANT_STRING(L"READmes");

    EXPECT(FsRtlIsNameInExpression(&upper, &text, TRUE, NULL));
    EXPECT(!FsRtlIsNameInExpression(&upper, &text, FALSE, NULL));
    EXPECT(FsRtlIsNameInUnUpcasedExpression(&lower, &text, TRUE, NULL));
    EXPECT(!FsRtlIsNameInUnUpcasedExpression(&lower, &text, FALSE, NULL));
    EXPECT(FsRtlAreNamesEqual(&text, &other, TRUE, NULL));
    EXPECT(!FsRtlAreNamesEqual(&text, &other, FALSE, NULL));
    EXPECT(!FsRtlAreNamesEqual(&longer, &other, TRUE, NULL));
}

TEST_CASE(wildcards_are_found_in_a_name)
{
    static const WCHAR wild[] = { L'*', L'?', DOS_STAR, DOS_QM, DOS_DOT };
    WCHAR text[] = L"ab?";
    UNICODE_STRING string;

    for (unsigned i = 0; i < ARRAYSIZE(wild); i++) {
        text[2] = wild[i];
        RtlInitUnicodeString(&string, text);
        EXPECT(FsRtlDoesNameContainWildCards(&string));
    }
    string.Length = 2 * sizeof(WCHAR);
    EXPECT(!FsRtlDoesNameContainWildCards(&string));
}

static void Dissects(PCWSTR path, PCWSTR first, PCWSTR rest)
{
    UNICODE_STRING string, head, tail, expected;

    RtlInitUnicodeString(&string, path);
    FsRtlDissectName(string, &head, &tail);
    RtlInitUnicodeString(&expected, first);
    EXPECT(RtlEqualUnicodeString(&head, &expected, FALSE));
    RtlInitUnicodeString(&expected, rest);
    EXPECT(RtlEqualUnicodeString(&tail, &expected, FALSE));
}

TEST_CASE(a_path_is_split_behind_its_first_name)
{
    Dissects(L"", L"", L"");
    Dissects(L"A", L"A", L"");
    Dissects(L"A\\B\\C\\D\\E", L"A", L"B\\C\\D\\E");
    Dissects(L"*A?", L"*A?", L"");
    Dissects(L"\\A", L"A", L"");
    Dissects(L"A[,]", L"A[,]", L"");
    Dissects(L"A\\\\B+;\\C", L"A", L"\\B+;\\C");
}

static NTSTATUS WithoutDots(PCWSTR path, PCWSTR expected)
{
    WCHAR buffer[40];
    USHORT size = (USHORT)(wcslen(path) * sizeof(WCHAR)), length = 0;
    NTSTATUS status;

    RtlCopyMemory(buffer, path, size);
    status = FsRtlRemoveDotsFromPath(buffer, size, &length);
    if (NT_SUCCESS(status)) {
        EXPECT_EQ(length, wcslen(expected) * sizeof(WCHAR));
        EXPECT(RtlEqualMemory(buffer, expected, length));
    }
    return status;
}

TEST_CASE(dots_are_taken_out_of_a_path)
{
    EXPECT_EQ(WithoutDots(L"\\dir1\\dir2\\..\\dir3\\.\\file.txt", L"\\dir1\\dir3\\file.txt"), STATUS_SUCCESS);
    EXPECT_EQ(WithoutDots(L"a\\b\\..\\..\\c", L"c"), STATUS_SUCCESS);
    EXPECT_EQ(WithoutDots(L"\\..", L""), STATUS_IO_REPARSE_DATA_INVALID);
    EXPECT_EQ(WithoutDots(L"..", L""), STATUS_IO_REPARSE_DATA_INVALID);
    EXPECT_EQ(WithoutDots(L"..\\anyOtherContent", L""), STATUS_IO_REPARSE_DATA_INVALID);
}

TEST_CASE(a_fault_of_the_processor_is_not_an_expected_status)
{
    EXPECT(FsRtlIsNtstatusExpected(STATUS_INSUFFICIENT_RESOURCES));
    EXPECT(!FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION));
    EXPECT_EQ(FsRtlNormalizeNtstatus(STATUS_ACCESS_VIOLATION, STATUS_UNEXPECTED_IO_ERROR), STATUS_UNEXPECTED_IO_ERROR);
    EXPECT_EQ(FsRtlNormalizeNtstatus(STATUS_DISK_FULL, STATUS_UNEXPECTED_IO_ERROR), STATUS_DISK_FULL);
}

static KEVENT never;
static PIRP held;
static NTSTATUS wait_status;

static VOID NTAPI WaitForIrp(PVOID context)
{
    (void)context;
    wait_status = FsRtlCancellableWaitForSingleObject(&never, NULL, held);
}

TEST_CASE(cancelling_the_irp_ends_a_wait_on_its_behalf)
{
    LARGE_INTEGER soon = Time(MS(2));
    PKTHREAD thread;

    KeInitializeEvent(&never, SynchronizationEvent, FALSE);
    held = IoAllocateIrp(1, FALSE);
    REQUIRE(held != NULL);
    wait_status = STATUS_PENDING;
    EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&never, &soon, held), STATUS_TIMEOUT);
    thread = StartThread(WaitForIrp, NULL);
    REQUIRE(thread != NULL);
    Sleep(3);
    EXPECT_EQ(wait_status, STATUS_PENDING);
    IoCancelIrp(held);
    JoinThread(thread);
    EXPECT_EQ(wait_status, STATUS_CANCELLED);
    EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&never, NULL, held), STATUS_CANCELLED);
    KeSetEvent(&never, 0, FALSE);
    EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&never, NULL, NULL), STATUS_SUCCESS);
    IoFreeIrp(held);
}

TEST_CASE(an_auto_expand_push_lock_can_be_taken)
{
    PVOID lock = FsRtlAllocateAePushLock(NonPagedPoolNx, 'kLeA');

    REQUIRE(lock != NULL);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(lock);
    ExReleasePushLockExclusive(lock);
    ExAcquirePushLockShared(lock);
    ExReleasePushLockShared(lock);
    KeLeaveCriticalRegion();
    FsRtlFreeAePushLock(lock);
}

TEST_CASE(memory_that_cannot_be_had_raises_an_exception)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    PVOID block = FsRtlAllocatePoolWithTag(NonPagedPoolNx, 100, 'tseT');

    EXPECT(block != NULL);
    ExFreePoolWithTag(block, 'tseT');
    block = FsRtlAllocatePoolWithQuotaTag(PagedPool, 100, 'tseT');
    EXPECT(block != NULL);
    ExFreePoolWithTag(block, 'tseT');
    __try {
        block = FsRtlAllocatePoolWithTag(NonPagedPoolNx, 0xFFFFF000, 'tseT');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ(status, STATUS_INSUFFICIENT_RESOURCES);
}
