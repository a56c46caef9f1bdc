/* An adapter's OIDs as WMI data blocks.
 * run after: vionet
 * run with: --nic=loop,mac=52:54:00:00:00:77 */
#define NDIS630 1
#include <ndis.h>
#include <wmistr.h>
#include "testing.h"

#define TAG 'wmwT'
#define ROOM 4096

static const GUID CurrentAddress = { 0x44795700, 0xa61b, 0x11d0, { 0x8d, 0xd4, 0x00, 0xc0, 0x4f, 0xc3, 0x35, 0x8c } };
static const GUID MediaSupported = { 0x5ec10355, 0xa61a, 0x11d0, { 0x8d, 0xd4, 0x00, 0xc0, 0x4f, 0xc3, 0x35, 0x8c } };
static const GUID VendorDescription = { 0x5ec1035f, 0xa61a, 0x11d0, { 0x8d, 0xd4, 0x00, 0xc0, 0x4f, 0xc3, 0x35, 0x8c } };
static const GUID PacketFilter = { 0x5ec10360, 0xa61a, 0x11d0, { 0x8d, 0xd4, 0x00, 0xc0, 0x4f, 0xc3, 0x35, 0x8c } };

/* The data of the only adapter: where they start and how many there are. The caller frees the buffer. */
static PUCHAR query_all(const GUID *guid, PUCHAR *buffer, PULONG bytes, PUNICODE_STRING name)
{
    PWNODE_ALL_DATA node = ExAllocatePoolWithTag(NonPagedPoolNx, ROOM, TAG);
    ULONG size = ROOM, at;
    PVOID block = NULL;
    NTSTATUS status;

    *buffer = (PUCHAR)node;
    if (node == NULL || !NT_SUCCESS(IoWMIOpenBlock(guid, WMIGUID_QUERY, &block)))
        return NULL;
    status = IoWMIQueryAllData(block, &size, node);
    ObDereferenceObject(block);
    EXPECT_EQ(status, STATUS_SUCCESS);
    if (!NT_SUCCESS(status))
        return NULL;
    EXPECT_EQ(node->InstanceCount, 1);
    *bytes = node->OffsetInstanceDataAndLength[0].LengthInstanceData;
    if (name != NULL) {
        at = ((PULONG)((PUCHAR)node + node->OffsetInstanceNameOffsets))[0];
        name->Length = name->MaximumLength = *(USHORT *)((PUCHAR)node + at);
        name->Buffer = (PWCH)((PUCHAR)node + at + sizeof(USHORT));
    }
    return (PUCHAR)node + node->OffsetInstanceDataAndLength[0].OffsetInstanceData;
}

TEST_CASE(the_address_is_a_data_block_of_the_adapters_instance)
{
    static const UCHAR address[] = { 0x52, 0x54, 0x00, 0x00, 0x00, 0x77 };
    UNICODE_STRING name;
    PUCHAR buffer, data;
    ULONG bytes;

    data = query_all(&CurrentAddress, &buffer, &bytes, &name);
    REQUIRE(data != NULL);
    EXPECT_EQ(bytes, 6);
    EXPECT(RtlEqualMemory(data, address, 6));
    EXPECT(name.Length > 0);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(lists_have_their_length_and_strings_are_counted)
{
    PUCHAR buffer, data;
    ULONG bytes;

    data = query_all(&MediaSupported, &buffer, &bytes, NULL);
    REQUIRE(data != NULL);
    EXPECT_EQ(bytes, 8);
    EXPECT_EQ(*(PULONG)data, 1);
    EXPECT_EQ(*(PULONG)(data + 4), NdisMedium802_3);
    ExFreePoolWithTag(buffer, TAG);
    data = query_all(&VendorDescription, &buffer, &bytes, NULL);
    REQUIRE(data != NULL);
    EXPECT_EQ(bytes, sizeof(USHORT) + *(USHORT *)data);
    EXPECT(*(USHORT *)data > 0);
    EXPECT(*(PWCH)(data + 2) != 0 && *(PWCH)(data + 2) < 0x80);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(an_instance_is_found_by_the_adapters_name_and_no_other)
{
    PWNODE_SINGLE_INSTANCE node = ExAllocatePoolWithTag(NonPagedPoolNx, ROOM, TAG);
    UNICODE_STRING name, wrong = RTL_CONSTANT_STRING(L"No such adapter");
    ULONG bytes, size = ROOM;
    PUCHAR buffer, data;
    PVOID block = NULL;

    data = query_all(&PacketFilter, &buffer, &bytes, &name);
    REQUIRE(node != NULL && data != NULL);
    EXPECT_EQ(bytes, 4);
    REQUIRE(NT_SUCCESS(IoWMIOpenBlock(&PacketFilter, WMIGUID_QUERY, &block)));
    EXPECT_EQ(IoWMIQuerySingleInstance(block, &name, &size, node), STATUS_SUCCESS);
    EXPECT_EQ(node->SizeDataBlock, 4);
    EXPECT_EQ(*(PULONG)((PUCHAR)node + node->DataBlockOffset), *(PULONG)data);
    size = ROOM;
    EXPECT_EQ(IoWMIQuerySingleInstance(block, &wrong, &size, node), STATUS_WMI_INSTANCE_NOT_FOUND);
    ObDereferenceObject(block);
    ExFreePoolWithTag(node, TAG);
    ExFreePoolWithTag(buffer, TAG);
}
