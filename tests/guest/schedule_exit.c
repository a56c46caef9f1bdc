/* What another thread may see between the return of a kernel function and the next statement: both orders, each. Under a fair
 * schedule on one processor it hardly ever does; tests/system/schedule_exit.sh asks a seeded one. */
#include "testing.h"
#include "helpers.h"

#define ROUNDS 4000

static KEVENT Flag;
static volatile LONG Mirror, Stop;
static LONG SetButNotMirrored, MirroredAfterLook;

/* Mirror follows the event: the event's change and Mirror's are one export exit apart. */
static VOID NTAPI Writer(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    for (ULONG i = 0; i < ROUNDS && !Stop; i++) {
        KeSetEvent(&Flag, IO_NO_INCREMENT, FALSE);
        Mirror = 1;
        KeClearEvent(&Flag);
        Mirror = 0;
    }
    Stop = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Look(VOID)
{
    LONG flag = KeReadStateEvent(&Flag);
    LONG mirror = Mirror;

    if (flag != 0 && mirror == 0)
        SetButNotMirrored++;
    if (flag == 0 && mirror != 0)
        MirroredAfterLook++;
}

TEST_CASE(what_lies_behind_a_kernel_call_is_seen_by_others)
{
    HANDLE thread;

    KeInitializeEvent(&Flag, NotificationEvent, FALSE);
    Mirror = Stop = 0;
    REQUIRE(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Writer, NULL) == STATUS_SUCCESS);
    while (!Stop)
        Look();
    EXPECT_EQ(ZwWaitForSingleObject(thread, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(thread);
    DbgPrint("exits: %d set but not mirrored, %d mirrored after the look\n", SetButNotMirrored, MirroredAfterLook);
}

static VOID Forget(PVOID *block)
{
    *block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'txeS');
}

TEST_CASE(stack_arguments_and_results_survive_a_call)
{
    LARGE_INTEGER now, frequency;
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"1234567890123");
    WCHAR buffer[96];
    PVOID block = NULL;

    now = KeQueryPerformanceCounter(&frequency);
    EXPECT(now.QuadPart > 0 && frequency.QuadPart > 0);
    EXPECT_EQ(RtlInt64ToUnicodeString(1234567890123ULL, 10, &(UNICODE_STRING){ 0, sizeof(buffer), buffer }), STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(buffer, text.Buffer, text.Length) == text.Length);
    Forget(&block);
    REQUIRE(block != NULL);
    ExFreePoolWithTag(block, 'txeS');
}

/* An exception that is raised below an export unwinds through it. */
TEST_CASE(an_exception_passes_an_export_on_its_way_to_the_driver)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl;
    static UCHAR byte;

    for (ULONG i = 0; i < 50; i++) {
        __try {
            ExRaiseStatus(STATUS_DEVICE_BUSY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
        EXPECT_EQ(status, STATUS_DEVICE_BUSY);
        __try {
            ProbeForRead(&byte, 1, 1);  /* a kernel address: raised inside the export */
            status = STATUS_SUCCESS;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
        EXPECT_EQ(status, STATUS_ACCESS_VIOLATION);
        mdl = IoAllocateMdl(&byte, 1, FALSE, FALSE, NULL);
        REQUIRE(mdl != NULL);
        IoFreeMdl(mdl);
    }
}
