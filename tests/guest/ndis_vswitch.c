/* A filter driver written for Hyper-V's extensible switch, on an adapter that is none.
 * run after: vhub
 * run with: --root-device=ROOT\VHUB */
#define NDIS650 1
#include <ndis.h>
#include "testing.h"

static NDIS_HANDLE Filter, Module;
static NDIS_STATUS Asked;
static NDIS_SWITCH_CONTEXT Context;
static NDIS_SWITCH_OPTIONAL_HANDLERS Handlers;
static LONG Attached;

static NDIS_STATUS NTAPI Attach(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS parameters)
{
    NDIS_FILTER_ATTRIBUTES attributes = {
        { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 }, 0
    };

    NdisZeroMemory(&Handlers, sizeof(Handlers));
    Handlers.Header.Type = NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS;
    Handlers.Header.Revision = NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1;
    Handlers.Header.Size = NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1;
    Asked = NdisFGetOptionalSwitchHandlers(handle, &Context, &Handlers);
    Module = handle;
    Attached++;
    return NdisFSetAttributes(handle, handle, &attributes);
}

static VOID NTAPI Detach(NDIS_HANDLE context)
{
    Attached--;
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

TEST_CASE(a_module_on_an_adapter_hears_that_it_is_not_in_a_switch)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;

    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 50;
    NdisInitUnicodeString(&c.FriendlyName, L"ndis_vswitch");
    NdisInitUnicodeString(&c.UniqueName, L"{52334e44-0000-4000-8000-00000000f118}");
    NdisInitUnicodeString(&c.ServiceName, L"ndis_vswitch");
    c.AttachHandler = Attach;
    c.DetachHandler = Detach;
    c.RestartHandler = Restart;
    c.PauseHandler = Pause;
    REQUIRE(NdisFRegisterFilterDriver(TestDriverObject, NULL, &c, &Filter) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Attached, 1);
    EXPECT_EQ(Asked, NDIS_STATUS_NOT_SUPPORTED);
    EXPECT(Handlers.AllocateNetBufferListForwardingContext == NULL);
    NdisFDeregisterFilterDriver(Filter);
    EXPECT_EQ(Attached, 0);
}

TEST_CASE(ports_and_properties_are_found_behind_the_structure_that_counts_them)
{
    static UCHAR buffer[4096];
    PNDIS_SWITCH_PORT_ARRAY ports = (PNDIS_SWITCH_PORT_ARRAY)buffer;
    PNDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS properties = (PNDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS)buffer;
    PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO info;

    ports->FirstElementOffset = 24;
    ports->ElementSize = 1600;
    EXPECT((PUCHAR)NDIS_SWITCH_PORT_AT_ARRAY_INDEX(ports, 2) == buffer + 24 + 2 * 1600);
    properties->FirstPropertyOffset = 64;
    info = NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS_GET_FIRST_INFO(properties);
    EXPECT((PUCHAR)info == buffer + 64);
    info->PropertyBufferOffset = sizeof(*info);
    info->QwordAlignedPropertyBufferLength = 16;
    EXPECT(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_PROPERTY(info) == info + 1);
    EXPECT((PUCHAR)NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO_GET_NEXT(info) == (PUCHAR)(info + 1) + 16);
}

TEST_CASE(the_source_of_a_packet_is_in_its_list)
{
    NET_BUFFER_LIST list;
    PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO detail;

    NdisZeroMemory(&list, sizeof(list));
    detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(&list);
    EXPECT_EQ(detail->SourcePortId, NDIS_SWITCH_DEFAULT_PORT_ID);
    EXPECT_EQ(detail->SourceNicIndex, NDIS_SWITCH_DEFAULT_NIC_INDEX);
    EXPECT(!detail->NativeForwardingRequired);
}
