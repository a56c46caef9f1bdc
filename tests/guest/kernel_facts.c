/* Exports that tell something about the system. */
#include <ntifs.h>
#include <aux_klib.h>
#include <setjmp.h>
#include "helpers.h"

__declspec(dllimport) extern ULONG_PTR KiBugCheckData[5];
NTSYSAPI NTSTATUS NTAPI RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID InformationBuffer);

TEST_CASE(before_a_bug_check_its_data_are_zero)
{
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(KiBugCheckData[i], 0);
}

static KBUGCHECK_CALLBACK_RECORD record;

/* Hangs when the data are not those of the bug check: the case then never ends with its code. */
static VOID NTAPI Callback(PVOID buffer, ULONG length)
{
    (void)buffer;
    (void)length;
    while (KiBugCheckData[0] != MANUALLY_INITIATED_CRASH || KiBugCheckData[1] != 11 || KiBugCheckData[2] != 12 || KiBugCheckData[3] != 13 ||
           KiBugCheckData[4] != 14)
        YieldProcessor();
}

TEST_CASE_THAT_STOPS(a_bug_check_callback_sees_code_and_parameters, MANUALLY_INITIATED_CRASH)
{
    static UCHAR component[] = "facts";

    KeInitializeCallbackRecord(&record);
    KeRegisterBugCheckCallback(&record, Callback, NULL, 0, component);
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 11, 12, 13, 14);
}

TEST_CASE(the_system_process_has_no_exit_time)
{
    EXPECT_EQ(PsGetProcessExitTime().QuadPart, 0);
}

static BOOLEAN Within(const AUX_MODULE_EXTENDED_INFO *module, PVOID address)
{
    return (ULONG_PTR)address - (ULONG_PTR)module->BasicInfo.ImageBase < module->ImageSize;
}

TEST_CASE(this_driver_is_among_the_modules)
{
    ULONG size = 0, needed, mine = 0;
    PAUX_MODULE_EXTENDED_INFO modules;
    PAUX_MODULE_BASIC_INFO bases;

    EXPECT_EQ(RtlQueryModuleInformation(&size, 3, NULL), STATUS_INVALID_PARAMETER);
    REQUIRE(NT_SUCCESS(RtlQueryModuleInformation(&size, sizeof(*modules), NULL)));
    EXPECT(size != 0 && size % sizeof(*modules) == 0);
    modules = ExAllocatePoolWithTag(PagedPool, size, 'tcaF');
    REQUIRE(modules != NULL);
    needed = size - 1;
    EXPECT_EQ(RtlQueryModuleInformation(&needed, sizeof(*modules), modules), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(RtlQueryModuleInformation(&size, sizeof(*modules), modules), STATUS_SUCCESS);
    for (ULONG i = 0; i < size / sizeof(*modules); i++) {
        if (!Within(&modules[i], (PVOID)(ULONG_PTR)Callback))
            continue;
        mine++;
        EXPECT(modules[i].FullPathName[modules[i].FileNameOffset] != 0);
        EXPECT(modules[i].FileNameOffset == 0 || modules[i].FullPathName[modules[i].FileNameOffset - 1] == '\\');
    }
    EXPECT_EQ(mine, 1);
    bases = (PVOID)modules;
    needed = size / sizeof(*modules) * sizeof(*bases);
    EXPECT_EQ(RtlQueryModuleInformation(&needed, sizeof(*bases), bases), STATUS_SUCCESS);
    EXPECT(bases[0].ImageBase != NULL);
    ExFreePoolWithTag(modules, 'tcaF');
}

TEST_CASE(a_device_with_a_drive_letter_has_a_dos_name)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Facts"), link = RTL_CONSTANT_STRING(L"\\DosDevices\\Q:");
    UNICODE_STRING letter = RTL_CONSTANT_STRING(L"Q:"), dos = { 0 };
    PDEVICE_OBJECT device, other;

    REQUIRE(NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_DISK, 0, FALSE, &device)));
    REQUIRE(NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &other)));
    EXPECT_EQ(IoCreateSymbolicLink(&link, &name), STATUS_SUCCESS);
    EXPECT_EQ(RtlVolumeDeviceToDosName(device, &dos), STATUS_SUCCESS);
    EXPECT(RtlEqualUnicodeString(&dos, &letter, TRUE));
    if (dos.Buffer != NULL)
        ExFreePool(dos.Buffer);
    EXPECT(!NT_SUCCESS(RtlVolumeDeviceToDosName(other, &dos)));
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(other);
    IoDeleteDevice(device);
}

static jmp_buf target;

TEST_CASE(setjmp_by_its_own_name_returns_twice)
{
    int value = _setjmp(target);

    if (value == 0)
        longjmp(target, 5);
    EXPECT_EQ(value, 5);
}

TEST_CASE(a_coalescable_timer_expires_within_its_tolerance)
{
    LARGE_INTEGER before, after, due = Time(MS(60));
    KTIMER exact, first, second;
    LONGLONG late;

    KeInitializeTimer(&exact);
    KeInitializeTimer(&first);
    KeInitializeTimer(&second);
    KeQuerySystemTimePrecise(&before);
    EXPECT(!KeSetCoalescableTimer(&first, due, 0, 100, NULL));
    EXPECT(KeSetCoalescableTimer(&first, due, 0, 100, NULL));
    EXPECT(!KeSetCoalescableTimer(&second, Time(MS(30)), 50, 50, NULL));
    WaitFor(&first);
    KeQuerySystemTimePrecise(&after);
    late = after.QuadPart - before.QuadPart;
    EXPECT(late >= 600000);
    EXPECT(late < 60000000);
    EXPECT(KeReadStateTimer(&second));
    EXPECT(KeCancelTimer(&second));
    KeQuerySystemTimePrecise(&before);
    KeSetCoalescableTimer(&exact, Time(MS(2)), 0, 0, NULL);
    WaitFor(&exact);
    KeQuerySystemTimePrecise(&after);
    EXPECT(after.QuadPart - before.QuadPart >= 20000);
}
