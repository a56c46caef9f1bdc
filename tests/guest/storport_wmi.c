/* WMI requests to a storage miniport, as WMI sends them to its device. run after: storcheck
 * run with: --root-device=ROOT\STORCHECK */
#include "storcheck_helpers.h"

#include <wmistr.h>

static const GUID counters = { 0x6d1f3c50, 0x52f2, 0x4a42, { 0x9b, 0x3b, 0x2a, 0x6f, 0x0d, 0x61, 0x77, 0x01 } };
static const GUID stranger = { 0x6d1f3c50, 0x52f2, 0x4a42, { 0x9b, 0x3b, 0x2a, 0x6f, 0x0d, 0x61, 0x77, 0x02 } };
DECLSPEC_ALIGN(8) static UCHAR buffer[4096];
static ULONG_PTR answered;

static NTSTATUS ask(UCHAR minor, const GUID *guid, ULONG size)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\ScsiPort0");
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    NTSTATUS status = IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device);
    PIO_STACK_LOCATION next;
    IO_STATUS_BLOCK iosb;
    KEVENT done;
    PIRP irp;

    EXPECT_EQ(status, STATUS_SUCCESS);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &done, &iosb);
    if (irp == NULL) {
        ObDereferenceObject(file);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    next->MinorFunction = minor;
    next->Parameters.WMI.ProviderId = (ULONG_PTR)device;
    next->Parameters.WMI.DataPath = (PVOID)(ULONG_PTR)guid;
    next->Parameters.WMI.BufferSize = size;
    next->Parameters.WMI.Buffer = buffer;
    status = IoCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    answered = iosb.Information;
    ObDereferenceObject(file);
    return status;
}

TEST_CASE(a_miniport_registers_its_blocks)
{
    PWMIREGINFOW info = (PWMIREGINFOW)buffer;

    RtlZeroMemory(buffer, sizeof(buffer));
    REQUIRE(ask(IRP_MN_REGINFO, NULL, sizeof(buffer)) == STATUS_SUCCESS);
    EXPECT_EQ(info->GuidCount, 1);
    EXPECT(IsEqualGUID(&info->WmiRegGuid[0].Guid, &counters));
    EXPECT(info->WmiRegGuid[0].Flags & WMIREG_FLAG_INSTANCE_PDO);
    EXPECT_EQ(info->WmiRegGuid[0].InstanceCount, 2);
    EXPECT(info->RegistryPath != 0);
    ObDereferenceObject((PVOID)info->WmiRegGuid[0].Pdo);
}

TEST_CASE(all_instances_of_a_block_are_read)
{
    PWNODE_ALL_DATA all = (PWNODE_ALL_DATA)buffer;

    RtlZeroMemory(buffer, sizeof(buffer));
    REQUIRE(ask(IRP_MN_QUERY_ALL_DATA, &counters, sizeof(buffer)) == STATUS_SUCCESS);
    EXPECT_EQ(all->InstanceCount, 2);
    for (ULONG i = 0; i < 2; i++) {
        EXPECT_EQ(all->OffsetInstanceDataAndLength[i].LengthInstanceData, 4);
        EXPECT(*(PULONG)(buffer + all->OffsetInstanceDataAndLength[i].OffsetInstanceData) != 0);
    }
}

TEST_CASE(a_small_buffer_is_told_how_much_it_takes)
{
    PWNODE_TOO_SMALL small = (PWNODE_TOO_SMALL)buffer;

    RtlZeroMemory(buffer, sizeof(buffer));
    REQUIRE(ask(IRP_MN_QUERY_ALL_DATA, &counters, sizeof(WNODE_ALL_DATA)) == STATUS_SUCCESS);
    EXPECT(small->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL);
    EXPECT(small->SizeNeeded > sizeof(WNODE_ALL_DATA));
    EXPECT_EQ(answered, sizeof(*small));
}

TEST_CASE(an_instance_is_changed)
{
    PWNODE_SINGLE_INSTANCE one = (PWNODE_SINGLE_INSTANCE)buffer;

    RtlZeroMemory(buffer, sizeof(buffer));
    one->WnodeHeader.Flags = WNODE_FLAG_STATIC_INSTANCE_NAMES;
    one->InstanceIndex = 1;
    REQUIRE(ask(IRP_MN_QUERY_SINGLE_INSTANCE, &counters, sizeof(buffer)) == STATUS_SUCCESS);
    EXPECT_EQ(one->SizeDataBlock, 4);
    *(PULONG)(buffer + one->DataBlockOffset) = 4711;
    EXPECT_EQ(ask(IRP_MN_CHANGE_SINGLE_INSTANCE, &counters, sizeof(buffer)), STATUS_SUCCESS);
    RtlZeroMemory(buffer, sizeof(buffer));
    one->WnodeHeader.Flags = WNODE_FLAG_STATIC_INSTANCE_NAMES;
    one->InstanceIndex = 1;
    REQUIRE(ask(IRP_MN_QUERY_SINGLE_INSTANCE, &counters, sizeof(buffer)) == STATUS_SUCCESS);
    EXPECT_EQ(*(PULONG)(buffer + one->DataBlockOffset), 4711);
}

TEST_CASE(events_are_enabled_and_a_block_of_others_is_refused)
{
    RtlZeroMemory(buffer, sizeof(buffer));
    EXPECT_EQ(ask(IRP_MN_ENABLE_EVENTS, &counters, sizeof(WNODE_HEADER)), STATUS_SUCCESS);
    EXPECT_EQ(ask(IRP_MN_DISABLE_EVENTS, &counters, sizeof(WNODE_HEADER)), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(ask(IRP_MN_QUERY_ALL_DATA, &stranger, sizeof(buffer))));
    EXPECT(!NT_SUCCESS(ask(IRP_MN_EXECUTE_METHOD, &counters, sizeof(buffer))));
}
