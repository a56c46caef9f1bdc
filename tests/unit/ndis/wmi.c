/* Custom GUIDs and statuses of a miniport in WMI. docs: network/customized-oids-and-status-indications */
#include "fake.h"

#define OID_LAMPS 0xFF010101u
#define STATUS_LAMP ((NDIS_STATUS)0x4001FF01)

static const GUID lamps = { 0x12340001, 1, 2, { 1, 2, 3, 4, 5, 6, 7, 8 } }, lamp_lit = { 0x12340002, 1, 2, { 1, 2, 3, 4, 5, 6, 7, 8 } };
static USHORT brightness[3] = { 10, 20, 30 };
static unsigned heard, heard_value;

static NDIS_STATUS answer(PNDIS_OID_REQUEST r, const void *data, ULONG size)
{
    memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, data, size);
    r->DATA.QUERY_INFORMATION.BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS query(PNDIS_OID_REQUEST r)
{
    static const NDIS_GUID guids[] = {
        { { 0x12340001, 1, 2, { 1, 2, 3, 4, 5, 6, 7, 8 } }, { OID_LAMPS }, 2, fNDIS_GUID_TO_OID | fNDIS_GUID_ARRAY },
        { { 0x12340002, 1, 2, { 1, 2, 3, 4, 5, 6, 7, 8 } }, { .Status = STATUS_LAMP }, 4, fNDIS_GUID_TO_STATUS },
    };

    if (r->DATA.Oid == OID_GEN_SUPPORTED_GUIDS)
        return answer(r, guids, sizeof guids);
    return r->DATA.Oid == OID_LAMPS ? answer(r, brightness, sizeof brightness) : NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS set(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid != OID_LAMPS || r->DATA.SET_INFORMATION.InformationBufferLength != sizeof brightness)
        return NDIS_STATUS_NOT_SUPPORTED;
    memcpy(brightness, r->DATA.SET_INFORMATION.InformationBuffer, sizeof brightness);
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI listen(PVOID wnode, PVOID context)
{
    PWNODE_SINGLE_INSTANCE node = wnode;

    heard++;
    heard_value = *(ULONG *)((uint8_t *)wnode + node->DataBlockOffset);
}

static void custom(void *unused)
{
    const struct { ULONG count; USHORT value[3]; } darker = { 3, { 1, 2, 3 } };
    ULONG size = 1024, value = 99;
    PWNODE_ALL_DATA node = ExAllocatePoolWithTag(NonPagedPoolNx, size, 0x31747354);
    UNICODE_STRING name;
    NDIS_STATUS_INDICATION s = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .StatusCode = STATUS_LAMP,
        .StatusBuffer = &value,
        .StatusBufferSize = sizeof value,
    };
    PVOID block, event;

    mp.has_guids = true;
    mp.on_query = query;
    mp.on_set = set;
    heard = 0;
    plug_fake();
    CHECK_EQ((uint32_t)IoWMIOpenBlock(&lamps, WMIGUID_QUERY | WMIGUID_SET, &block), 0);
    CHECK_EQ((uint32_t)IoWMIQueryAllData(block, &size, node), 0);
    const uint8_t *data = (uint8_t *)node + node->OffsetInstanceDataAndLength[0].OffsetInstanceData;
    CHECK_EQ(node->OffsetInstanceDataAndLength[0].LengthInstanceData, 4 + sizeof brightness);
    CHECK_EQ(*(const ULONG *)(const void *)data, 3);
    CHECK(!memcmp(data + 4, brightness, sizeof brightness));
    const uint8_t *at = (uint8_t *)node + *(ULONG *)(void *)((uint8_t *)node + node->OffsetInstanceNameOffsets);
    name = (UNICODE_STRING){ *(const USHORT *)(const void *)at, *(const USHORT *)(const void *)at, (PWCH)(uintptr_t)(at + 2) };
    CHECK_EQ((uint32_t)IoWMISetSingleInstance(block, &name, 1, sizeof darker.count + sizeof darker.value, (PVOID)(uintptr_t)&darker), 0);
    CHECK(!memcmp(brightness, darker.value, sizeof brightness));
    ObDereferenceObject(block);

    CHECK_EQ((uint32_t)IoWMIOpenBlock(&lamp_lit, WMIGUID_NOTIFICATION | SYNCHRONIZE, &event), 0);
    CHECK_EQ((uint32_t)IoWMISetNotificationCallback(event, listen, NULL), 0);
    NdisMIndicateStatusEx(mp.adapter, &s);
    sleep_ms(10);
    CHECK_EQ(heard, 1);
    CHECK_EQ(heard_value, 99);
    ObDereferenceObject(event);
    ExFreePoolWithTag(node, 0x31747354);
    unplug_fake();
    CHECK_EQ((uint32_t)IoWMIOpenBlock(&lamps, WMIGUID_QUERY, &block), (uint32_t)STATUS_WMI_GUID_NOT_FOUND);
}

TEST(a_miniports_own_guids_are_blocks_and_events)
{
    on_a_computer(custom, 1);
}
