/* Watching the handles of threads. docs: wdm/nf-wdm-obregistercallbacks */
#include "helpers.h"

static ULONG Before, After;
static PVOID Seen;

static OB_PREOP_CALLBACK_STATUS NTAPI Pre(PVOID context, POB_PRE_OPERATION_INFORMATION info)
{
    EXPECT(context == &Before);
    Before++;
    Seen = info->Object;
    info->CallContext = &After;
    info->Parameters->CreateHandleInformation.DesiredAccess &= ~THREAD_TERMINATE;
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI Post(PVOID context, POB_POST_OPERATION_INFORMATION info)
{
    EXPECT(context == &Before && info->CallContext == &After);
    EXPECT_EQ(info->ReturnStatus, STATUS_SUCCESS);
    After++;
}

static NTSTATUS Register(PCWSTR altitude, OB_OPERATION operations, PVOID *registration)
{
    OB_OPERATION_REGISTRATION operation = {PsThreadType, operations, Pre, Post};
    OB_CALLBACK_REGISTRATION callbacks = {OB_FLT_REGISTRATION_VERSION, 1, {0}, &Before, &operation};

    RtlInitUnicodeString(&callbacks.Altitude, altitude);
    return ObRegisterCallbacks(&callbacks, registration);
}

static ACCESS_MASK OpenSelf(ULONG attributes)
{
    OBJECT_HANDLE_INFORMATION info = {0};
    HANDLE handle;
    PVOID thread;

    if (!NT_SUCCESS(ObOpenObjectByPointer(PsGetCurrentThread(), attributes, NULL, THREAD_TERMINATE | SYNCHRONIZE, *PsThreadType,
                                          KernelMode, &handle)))
        return 0;
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, &info)))
        ObDereferenceObject(thread);
    ZwClose(handle);
    return info.GrantedAccess;
}

TEST_CASE(a_callback_narrows_a_handle_but_not_the_kernels)
{
    PVOID registration;

    REQUIRE(NT_SUCCESS(Register(L"321000", OB_OPERATION_HANDLE_CREATE, &registration)));
    Before = After = 0;
    EXPECT_EQ(OpenSelf(0), SYNCHRONIZE);
    EXPECT_EQ(Before, 1);
    EXPECT_EQ(After, 1);
    EXPECT(Seen == PsGetCurrentThread());
    EXPECT_EQ(OpenSelf(OBJ_KERNEL_HANDLE), SYNCHRONIZE | THREAD_TERMINATE);
    ObUnRegisterCallbacks(registration);
    EXPECT_EQ(OpenSelf(0), SYNCHRONIZE | THREAD_TERMINATE);
    EXPECT_EQ(Before, 2);
}

TEST_CASE(an_altitude_is_taken_once_and_operations_are_checked)
{
    PVOID first, second;

    REQUIRE(NT_SUCCESS(Register(L"321000", OB_OPERATION_HANDLE_CREATE, &first)));
    EXPECT_EQ(Register(L"321000", OB_OPERATION_HANDLE_CREATE, &second), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_EQ(Register(L"321001", 0, &second), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Register(L"321000.5", OB_OPERATION_HANDLE_CREATE, &second), STATUS_SUCCESS);
    ObUnRegisterCallbacks(second);
    ObUnRegisterCallbacks(first);
}
