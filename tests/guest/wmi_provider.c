/* A provider's data blocks through wmilib.sys: registration, queries, changes, methods. */
#define INITGUID
#include "helpers.h"
#include <wmilib.h>

DEFINE_GUID(GUID_BLOCK, 0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);
DEFINE_GUID(GUID_OTHER, 0x99999999, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);

static PDEVICE_OBJECT device;
static ULONG values[2] = { 100, 200 };
static UNICODE_STRING registry = RTL_CONSTANT_STRING(L"\\Registry\\Test");
static SYSCTL_IRP_DISPOSITION disposition;

static NTSTATUS NTAPI RegInfo(PDEVICE_OBJECT object, PULONG flags, PUNICODE_STRING instance, PUNICODE_STRING *path,
                              PUNICODE_STRING mof, PDEVICE_OBJECT *pdo)
{
    (void)mof;
    (void)pdo;
    EXPECT(object == device);
    *flags = WMIREG_FLAG_INSTANCE_BASENAME;
    *path = &registry;
    instance->Buffer = ExAllocatePoolWithTag(PagedPool, 8, 'imwT');
    memcpy(instance->Buffer, L"Base", 8);
    instance->Length = instance->MaximumLength = 8;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI QueryBlock(PDEVICE_OBJECT object, PIRP irp, ULONG guid, ULONG instance, ULONG count,
                                 PULONG lengths, ULONG room, PUCHAR buffer)
{
    ULONG needed = count == 2 ? 12 : 4;

    EXPECT_EQ(guid, 0);
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
    (void)guid;
    EXPECT_EQ(size, 4);
    values[instance] = *(ULONG *)buffer;
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Execute(PDEVICE_OBJECT object, PIRP irp, ULONG guid, ULONG instance, ULONG method, ULONG in_size,
                              ULONG out_size, PUCHAR buffer)
{
    (void)guid;
    (void)instance;
    EXPECT_EQ(method, 7);
    EXPECT_EQ(in_size, 4);
    EXPECT(out_size >= 4);
    *(ULONG *)buffer += 1;
    return WmiCompleteRequest(object, irp, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
}

static WMIGUIDREGINFO guids[] = { { &GUID_BLOCK, 2, 0 } };
static WMILIB_CONTEXT library = { 1, guids, RegInfo, QueryBlock, SetBlock, NULL, Execute, NULL };

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

static NTSTATUS NTAPI Stop(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    (void)object;
    *(PIO_STATUS_BLOCK)context = irp->IoStatus;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Send(UCHAR minor, PDEVICE_OBJECT provider, const void *path, void *buffer, ULONG size, ULONG_PTR *done)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    IO_STATUS_BLOCK iosb = { 0 };
    PIO_STACK_LOCATION s = IoGetNextIrpStackLocation(irp);

    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    s->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    s->MinorFunction = minor;
    s->Parameters.WMI.ProviderId = (ULONG_PTR)provider;
    s->Parameters.WMI.DataPath = (PVOID)path;
    s->Parameters.WMI.Buffer = buffer;
    s->Parameters.WMI.BufferSize = size;
    IoSetCompletionRoutine(irp, Stop, &iosb, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    IoFreeIrp(irp);
    *done = iosb.Information;
    return iosb.Status;
}

static DECLSPEC_ALIGN(16) UCHAR buffer[512];
static ULONG_PTR done;

TEST_CASE(registration_lists_the_blocks)
{
    PWMIREGINFOW info = (PWMIREGINFOW)buffer;

    EXPECT_EQ(Send(IRP_MN_REGINFO_EX, device, (PVOID)(ULONG_PTR)WMIREGISTER, buffer, 8, &done), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(done, 4);
    EXPECT_EQ(Send(IRP_MN_REGINFO_EX, device, (PVOID)(ULONG_PTR)WMIREGISTER, buffer, sizeof(buffer), &done),
              STATUS_SUCCESS);
    EXPECT_EQ(info->GuidCount, 1);
    EXPECT(IsEqualGUID(&info->WmiRegGuid[0].Guid, &GUID_BLOCK));
    EXPECT_EQ(info->WmiRegGuid[0].InstanceCount, 2);
    EXPECT(memcmp(buffer + info->WmiRegGuid[0].BaseNameOffset + 2, L"Base", 8) == 0);
    EXPECT_EQ(*(USHORT *)(buffer + info->RegistryPath), registry.Length);
}

TEST_CASE(all_instances_are_described)
{
    PWNODE_ALL_DATA node = (PWNODE_ALL_DATA)buffer;

    memset(buffer, 0, sizeof(buffer));
    EXPECT_EQ(Send(IRP_MN_QUERY_ALL_DATA, device, &GUID_BLOCK, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(node->InstanceCount, 2);
    EXPECT_EQ(node->OffsetInstanceDataAndLength[1].LengthInstanceData, 4);
    EXPECT_EQ(*(ULONG *)(buffer + node->OffsetInstanceDataAndLength[0].OffsetInstanceData), values[0]);
    EXPECT_EQ(*(ULONG *)(buffer + node->OffsetInstanceDataAndLength[1].OffsetInstanceData), values[1]);
    EXPECT_EQ(done, node->WnodeHeader.BufferSize);
}

TEST_CASE(short_buffers_get_the_size_it_takes)
{
    PWNODE_TOO_SMALL node = (PWNODE_TOO_SMALL)buffer;

    memset(buffer, 0, sizeof(buffer));
    EXPECT_EQ(Send(IRP_MN_QUERY_SINGLE_INSTANCE, device, &GUID_BLOCK, buffer, sizeof(WNODE_SINGLE_INSTANCE), &done),
              STATUS_SUCCESS);
    EXPECT(node->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL);
    EXPECT_EQ(node->SizeNeeded, 68);
    EXPECT_EQ(done, sizeof(WNODE_TOO_SMALL));
}

TEST_CASE(one_instance_is_set_and_read_back)
{
    PWNODE_SINGLE_INSTANCE node = (PWNODE_SINGLE_INSTANCE)buffer;

    memset(buffer, 0, sizeof(buffer));
    node->InstanceIndex = 1;
    node->DataBlockOffset = sizeof(*node);
    node->SizeDataBlock = 4;
    *(ULONG *)(buffer + sizeof(*node)) = 4711;
    EXPECT_EQ(Send(IRP_MN_CHANGE_SINGLE_INSTANCE, device, &GUID_BLOCK, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    memset(buffer + sizeof(*node), 0, 8);
    EXPECT_EQ(Send(IRP_MN_QUERY_SINGLE_INSTANCE, device, &GUID_BLOCK, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(node->SizeDataBlock, 4);
    EXPECT_EQ(*(ULONG *)(buffer + node->DataBlockOffset), 4711);
    values[1] = 200;
}

TEST_CASE(a_method_answers_in_place)
{
    PWNODE_METHOD_ITEM node = (PWNODE_METHOD_ITEM)buffer;

    memset(buffer, 0, sizeof(buffer));
    node->MethodId = 7;
    node->DataBlockOffset = 72;
    node->SizeDataBlock = 4;
    *(ULONG *)(buffer + 72) = 41;
    EXPECT_EQ(Send(IRP_MN_EXECUTE_METHOD, device, &GUID_BLOCK, buffer, sizeof(buffer), &done), STATUS_SUCCESS);
    EXPECT_EQ(*(ULONG *)(buffer + 72), 42);
    EXPECT_EQ(done, 76);
}

TEST_CASE(strangers_are_told_apart)
{
    EXPECT_EQ(Send(IRP_MN_QUERY_ALL_DATA, device, &GUID_OTHER, buffer, sizeof(buffer), &done), STATUS_WMI_GUID_NOT_FOUND);
    EXPECT_EQ(Send(IRP_MN_QUERY_ALL_DATA, NULL, &GUID_BLOCK, buffer, sizeof(buffer), &done), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(disposition, IrpForward);
}
