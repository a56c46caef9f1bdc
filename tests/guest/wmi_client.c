/* A driver that asks WMI for another's data blocks, here its own: queries, changes, methods, events. */
#define INITGUID
#include "helpers.h"
#include <wmilib.h>

DEFINE_GUID(GUID_BLOCK, 0x31111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);
DEFINE_GUID(GUID_EVENT, 0x41111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);
DEFINE_GUID(GUID_NOBODYS, 0x99999999, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 9);

#define TAG 'cmwT'

static PDEVICE_OBJECT device;
static ULONG values[2] = { 100, 200 };
static UNICODE_STRING registry = RTL_CONSTANT_STRING(L"\\Registry\\Test");
static SYSCTL_IRP_DISPOSITION disposition;
static LONG enabled;

static NTSTATUS NTAPI RegInfo(PDEVICE_OBJECT object, PULONG flags, PUNICODE_STRING instance, PUNICODE_STRING *path,
                              PUNICODE_STRING mof, PDEVICE_OBJECT *pdo)
{
    *flags = WMIREG_FLAG_INSTANCE_BASENAME;
    *path = &registry;
    instance->Buffer = ExAllocatePoolWithTag(PagedPool, 8, TAG);
    memcpy(instance->Buffer, L"Base", 8);
    instance->Length = instance->MaximumLength = 8;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI QueryBlock(PDEVICE_OBJECT object, PIRP irp, ULONG guid, ULONG instance, ULONG count,
                                 PULONG lengths, ULONG room, PUCHAR buffer)
{
    ULONG needed = count == 2 ? 12 : 4;

    if (room < needed)
        return WmiCompleteRequest(object, irp, STATUS_BUFFER_TOO_SMALL, needed, IO_NO_INCREMENT);
    for (ULONG i = 0; i < count; i++) {
        *(ULONG *)(buffer + 8 * i) = values[instance + i];
        lengths[i] = 4;
    }
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, needed, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI SetBlock(PDEVICE_OBJECT object, PIRP irp, ULONG guid, ULONG instance, ULONG size, PUCHAR buffer)
{
    EXPECT_EQ(size, 4);
    values[instance] = *(ULONG *)buffer;
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Execute(PDEVICE_OBJECT object, PIRP irp, ULONG guid, ULONG instance, ULONG method, ULONG in_size,
                              ULONG out_size, PUCHAR buffer)
{
    EXPECT_EQ(method, 7);
    EXPECT_EQ(in_size, 4);
    *(ULONG *)buffer += instance + 1;
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI FunctionControl(PDEVICE_OBJECT object, PIRP irp, ULONG guid, WMIENABLEDISABLECONTROL function, BOOLEAN enable)
{
    if (function == WmiEventControl)
        enabled += enable ? 1 : -1;
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static WMIGUIDREGINFO guids[] = { { &GUID_BLOCK, 2, 0 }, { &GUID_EVENT, 1, WMIREG_FLAG_EVENT_ONLY_GUID } };
static WMILIB_CONTEXT library = { 2, guids, RegInfo, QueryBlock, SetBlock, NULL, Execute, FunctionControl };

static NTSTATUS NTAPI SystemControl(PDEVICE_OBJECT object, PIRP irp)
{
    NTSTATUS status = WmiSystemControl(&library, object, irp, &disposition);

    if (disposition == IrpNotCompleted)
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    if (disposition == IrpForward || disposition == IrpNotWmi) {
        status = irp->IoStatus.Status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
    return status;
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SystemControl;
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER);
}

TEST_TEARDOWN(delete_device)
{
    IoWMIRegistrationControl(device, WMIREG_ACTION_DEREGISTER);
    IoDeleteDevice(device);
}

static PVOID opened(ULONG access)
{
    PVOID block = NULL;

    EXPECT_EQ(IoWMIOpenBlock(&GUID_BLOCK, access, &block), STATUS_SUCCESS);
    return block;
}

TEST_CASE(a_class_that_nobody_has_is_not_found)
{
    PVOID block;

    EXPECT_EQ(IoWMIOpenBlock(&GUID_NOBODYS, WMIGUID_QUERY, &block), STATUS_WMI_GUID_NOT_FOUND);
    EXPECT(block == NULL);
}

TEST_CASE(all_instances_come_with_their_names)
{
    PVOID block = opened(WMIGUID_QUERY);
    ULONG size = 8, small = 8;
    UCHAR few[8];
    PWNODE_ALL_DATA node;

    REQUIRE(block != NULL);
    EXPECT_EQ(IoWMIQueryAllData(block, &small, few), STATUS_BUFFER_TOO_SMALL);
    EXPECT(small > sizeof(*node));
    size = small;
    node = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
    REQUIRE(node != NULL);
    EXPECT_EQ(IoWMIQueryAllData(block, &size, node), STATUS_SUCCESS);
    EXPECT_EQ(size, small);
    EXPECT(IsEqualGUID(&node->WnodeHeader.Guid, &GUID_BLOCK));
    EXPECT_EQ(node->WnodeHeader.Linkage, 0);
    EXPECT_EQ(node->InstanceCount, 2);
    for (ULONG i = 0; i < 2; i++) {
        ULONG name = ((PULONG)((PUCHAR)node + node->OffsetInstanceNameOffsets))[i];

        EXPECT_EQ(*(ULONG *)((PUCHAR)node + node->OffsetInstanceDataAndLength[i].OffsetInstanceData), values[i]);
        EXPECT_EQ(*(USHORT *)((PUCHAR)node + name), 10);
        EXPECT(memcmp((PUCHAR)node + name + 2, L"Base", 8) == 0);
    }
    ExFreePoolWithTag(node, TAG);
    ObDereferenceObject(block);
}

/* Instance names are the base name and a counter; WMI's own say which. */
static BOOLEAN name_of(ULONG instance, PUNICODE_STRING name, WCHAR *room, PVOID block)
{
    ULONG size = 512;
    PWNODE_ALL_DATA node = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
    PUCHAR at;

    if (node == NULL || !NT_SUCCESS(IoWMIQueryAllData(block, &size, node)))
        return FALSE;
    at = (PUCHAR)node + ((PULONG)((PUCHAR)node + node->OffsetInstanceNameOffsets))[instance];
    name->Length = name->MaximumLength = *(USHORT *)at;
    name->Buffer = room;
    memcpy(room, at + 2, name->Length);
    ExFreePoolWithTag(node, TAG);
    return TRUE;
}

TEST_CASE(one_instance_is_asked_changed_and_made_to_run_a_method)
{
    PVOID block = opened(WMIGUID_QUERY | WMIGUID_SET | WMIGUID_EXECUTE);
    WCHAR room[32];
    UNICODE_STRING name, wrong = RTL_CONSTANT_STRING(L"Nobody");
    PWNODE_SINGLE_INSTANCE node = ExAllocatePoolWithTag(NonPagedPoolNx, 512, TAG);
    ULONG size = 512, value = 777, out = 4;

    REQUIRE(block != NULL && node != NULL && name_of(1, &name, room, block));
    EXPECT_EQ(IoWMISetSingleInstance(block, &name, 1, sizeof(value), &value), STATUS_SUCCESS);
    EXPECT_EQ(values[1], 777);
    EXPECT_EQ(IoWMIQuerySingleInstance(block, &name, &size, node), STATUS_SUCCESS);
    EXPECT_EQ(node->SizeDataBlock, 4);
    EXPECT_EQ(*(ULONG *)((PUCHAR)node + node->DataBlockOffset), 777);
    EXPECT_EQ(node->WnodeHeader.BufferSize, size);
    EXPECT_EQ(IoWMIExecuteMethod(block, &name, 7, sizeof(value), &out, (PUCHAR)&value), STATUS_SUCCESS);
    EXPECT_EQ(out, 4);
    EXPECT_EQ(value, 779);
    size = 512;
    EXPECT_EQ(IoWMIQuerySingleInstance(block, &wrong, &size, node), STATUS_WMI_INSTANCE_NOT_FOUND);
    values[1] = 200;
    ExFreePoolWithTag(node, TAG);
    ObDereferenceObject(block);
}

TEST_CASE(what_the_block_was_not_opened_for_is_denied)
{
    PVOID block = opened(WMIGUID_QUERY);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Base0");
    ULONG value = 1;

    REQUIRE(block != NULL);
    EXPECT_EQ(IoWMISetSingleInstance(block, &name, 1, sizeof(value), &value), STATUS_ACCESS_DENIED);
    EXPECT_EQ(values[0], 100);
    ObDereferenceObject(block);
}

static LONG heard;
static ULONG heard_value;
static KEVENT heard_one;

static VOID NTAPI Listen(PVOID wnode, PVOID context)
{
    PWNODE_SINGLE_INSTANCE node = wnode;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(context == &heard);
    heard_value = *(ULONG *)((PUCHAR)node + node->DataBlockOffset);
    InterlockedIncrement(&heard);
    KeSetEvent(&heard_one, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS fire(ULONG value)
{
    PULONG data = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*data), TAG);

    if (data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *data = value;
    return WmiFireEvent(device, (LPGUID)&GUID_EVENT, 0, sizeof(*data), data);
}

TEST_CASE(events_reach_whoever_listens_until_the_block_is_closed)
{
    LARGE_INTEGER limit;
    PVOID block = NULL;

    limit.QuadPart = -10000000LL;
    KeInitializeEvent(&heard_one, SynchronizationEvent, FALSE);
    heard = enabled = 0;
    REQUIRE(IoWMIOpenBlock(&GUID_EVENT, WMIGUID_NOTIFICATION | SYNCHRONIZE, &block) == STATUS_SUCCESS);
    EXPECT_EQ(fire(1), STATUS_SUCCESS);         /* nobody listens yet */
    EXPECT_EQ(IoWMISetNotificationCallback(block, Listen, &heard), STATUS_SUCCESS);
    EXPECT_EQ(enabled, 1);
    EXPECT_EQ(fire(42), STATUS_SUCCESS);
    EXPECT_EQ(KeWaitForSingleObject(&heard_one, Executive, KernelMode, FALSE, &limit), STATUS_SUCCESS);
    EXPECT_EQ(heard, 1);
    EXPECT_EQ(heard_value, 42);
    ObDereferenceObject(block);
    EXPECT_EQ(enabled, 0);
    EXPECT_EQ(fire(43), STATUS_SUCCESS);
    limit.QuadPart = -100000;
    KeDelayExecutionThread(KernelMode, FALSE, &limit);
    EXPECT_EQ(heard, 1);
}

TEST_CASE(classes_that_are_asked_together_answer_in_one_chain)
{
    PVOID blocks[3] = { opened(WMIGUID_QUERY), NULL, opened(WMIGUID_QUERY) };
    WCHAR room[32];
    UNICODE_STRING names[2];
    ULONG size = 0;
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 2048, TAG);
    PWNODE_ALL_DATA first;
    PWNODE_SINGLE_INSTANCE single;

    EXPECT_EQ(IoWMIOpenBlock(&GUID_NOBODYS, WMIGUID_NOTIFICATION | WMIGUID_QUERY, &blocks[1]), STATUS_SUCCESS);
    REQUIRE(blocks[0] != NULL && blocks[1] != NULL && blocks[2] != NULL && buffer != NULL);
    EXPECT_EQ(IoWMIQueryAllDataMultiple(blocks, 3, &size, NULL), STATUS_BUFFER_TOO_SMALL);
    EXPECT(size > 2 * sizeof(*first) && size <= 2048);
    EXPECT_EQ(IoWMIQueryAllDataMultiple(blocks, 3, &size, buffer), STATUS_SUCCESS);
    first = (PWNODE_ALL_DATA)buffer;
    REQUIRE(first->WnodeHeader.Linkage != 0);
    EXPECT_EQ(((PWNODE_ALL_DATA)(buffer + first->WnodeHeader.Linkage))->InstanceCount, 2);
    EXPECT_EQ(((PWNODE_ALL_DATA)(buffer + first->WnodeHeader.Linkage))->WnodeHeader.Linkage, 0);
    size = 2048;
    EXPECT_EQ(IoWMIQueryAllDataMultiple(&blocks[1], 1, &size, buffer), STATUS_SUCCESS);
    EXPECT_EQ(size, 0);

    REQUIRE(name_of(1, &names[0], room, blocks[0]));
    RtlInitUnicodeString(&names[1], L"Nobody");
    size = 2048;
    EXPECT_EQ(IoWMIQuerySingleInstanceMultiple(blocks, names, 2, &size, buffer), STATUS_SUCCESS);
    single = (PWNODE_SINGLE_INSTANCE)buffer;
    EXPECT_EQ(single->WnodeHeader.Linkage, 0);
    EXPECT_EQ(*(ULONG *)(buffer + single->DataBlockOffset), values[1]);
    size = 4;
    EXPECT_EQ(IoWMIQuerySingleInstanceMultiple(blocks, names, 1, &size, buffer), STATUS_BUFFER_TOO_SMALL);
    EXPECT(size > 4);
    ExFreePoolWithTag(buffer, TAG);
    for (ULONG i = 0; i < 3; i++)
        ObDereferenceObject(blocks[i]);
}

TEST_CASE(a_device_tells_the_name_of_its_first_instance)
{
    PDEVICE_OBJECT other;
    UNICODE_STRING name = { 0 }, expected = RTL_CONSTANT_STRING(L"Base0");
    PVOID block = NULL;

    EXPECT_EQ(IoWMIOpenBlock(&GUID_BLOCK, WMIGUID_QUERY, &block), STATUS_SUCCESS);
    REQUIRE(block != NULL);
    EXPECT_EQ(IoWMIDeviceObjectToInstanceName(block, device, &name), STATUS_SUCCESS);
    EXPECT(RtlEqualUnicodeString(&name, &expected, FALSE));
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    if (NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other))) {
        EXPECT_EQ(IoWMIDeviceObjectToInstanceName(block, other, &name), STATUS_WMI_INSTANCE_NOT_FOUND);
        IoDeleteDevice(other);
    }
    EXPECT_EQ(IoWMIHandleToInstanceName(block, NULL, &name), STATUS_INVALID_HANDLE);
    ObDereferenceObject(block);
}
