/* The source of a driver for an adapter with a switch of its own, as one writes it for the WDK: it names every structure that
 * OID_NIC_SWITCH_XXX, OID_SRIOV_XXX and OID_QOS_OFFLOAD_XXX carry, as C and as C++. The macros' work is looked at. */
#define NDIS685_MINIPORT 1
#include <ndis.h>
#include <initguid.h>
#include <ndisguid.h>

#include "testing.h"

#define SIZE_IS(name, revision, bytes) EXPECT_EQ(NDIS_SIZEOF_##name##_REVISION_##revision, bytes)
#define HEADER_OF(type, name, revision)                                                                  \
    do {                                                                                                 \
        type value;                                                                                      \
        P##type pointer = &value;                                                                        \
        RtlZeroMemory(pointer, sizeof(value));                                                           \
        pointer->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;                                                 \
        pointer->Header.Revision = type##_REVISION_##revision;                                           \
        pointer->Header.Size = NDIS_SIZEOF_##name##_REVISION_##revision;                                 \
        EXPECT(pointer->Header.Size <= sizeof(value) && pointer->Header.Size > sizeof(pointer->Header)); \
    } while (0)
#define HEADER(name, revision) HEADER_OF(NDIS_##name, name, revision)

EXTERN_C_START
MINIPORT_SYNCHRONIZE_INTERRUPT StyleSynchronize;
MINIPORT_SYNCHRONIZE_MESSAGE_INTERRUPT StyleSynchronizeMessage;
EXTERN_C_END

_Use_decl_annotations_ BOOLEAN StyleSynchronize(NDIS_HANDLE SynchronizeContext)
{
    return SynchronizeContext != NULL;
}

_Use_decl_annotations_ BOOLEAN StyleSynchronizeMessage(NDIS_HANDLE SynchronizeContext)
{
    return SynchronizeContext == NULL;
}

static NDIS_STATUS lend(NDIS_HANDLE ProviderContext, PNDIS_SHARED_MEMORY_PARAMETERS Parameters, PNDIS_HANDLE Memory)
{
    *Memory = ProviderContext;
    return Parameters->Length != 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PARAMETER;
}

static VOID take_back(NDIS_HANDLE ProviderContext, NDIS_HANDLE Memory)
{
    UNREFERENCED_PARAMETER(ProviderContext);
    UNREFERENCED_PARAMETER(Memory);
}

TEST_CASE(structures_of_the_adapters_switch_have_revisions_and_sizes)
{
    HEADER(NIC_SWITCH_PARAMETERS, 1);
    HEADER(NIC_SWITCH_PARAMETERS, 2);
    HEADER(NIC_SWITCH_DELETE_SWITCH_PARAMETERS, 1);
    HEADER(NIC_SWITCH_INFO, 1);
    HEADER(NIC_SWITCH_INFO_ARRAY, 1);
    HEADER(NIC_SWITCH_VPORT_PARAMETERS, 1);
    HEADER(NIC_SWITCH_DELETE_VPORT_PARAMETERS, 1);
    HEADER(NIC_SWITCH_VPORT_INFO, 1);
    HEADER(NIC_SWITCH_VPORT_INFO_ARRAY, 1);
    HEADER(NIC_SWITCH_VF_PARAMETERS, 1);
    HEADER(NIC_SWITCH_FREE_VF_PARAMETERS, 1);
    HEADER(NIC_SWITCH_VF_INFO, 1);
    HEADER(NIC_SWITCH_VF_INFO_ARRAY, 1);
    SIZE_IS(NIC_SWITCH_PARAMETERS, 1, 548);
    SIZE_IS(NIC_SWITCH_PARAMETERS, 2, 552);
    SIZE_IS(NIC_SWITCH_VPORT_PARAMETERS, 1, 572);
}

TEST_CASE(structures_of_virtual_functions_have_revisions_and_sizes)
{
    HEADER(SRIOV_CAPABILITIES, 1);
    HEADER(SRIOV_READ_VF_CONFIG_SPACE_PARAMETERS, 1);
    HEADER(SRIOV_WRITE_VF_CONFIG_SPACE_PARAMETERS, 1);
    HEADER(SRIOV_READ_VF_CONFIG_BLOCK_PARAMETERS, 1);
    HEADER(SRIOV_WRITE_VF_CONFIG_BLOCK_PARAMETERS, 1);
    HEADER(SRIOV_RESET_VF_PARAMETERS, 1);
    HEADER(SRIOV_SET_VF_POWER_STATE_PARAMETERS, 1);
    HEADER(SRIOV_VF_VENDOR_DEVICE_ID_INFO, 1);
    HEADER(SRIOV_PROBED_BARS_INFO, 1);
    HEADER(SRIOV_BAR_RESOURCES_INFO, 1);
    HEADER(SRIOV_PF_LUID_INFO, 1);
    HEADER(SRIOV_VF_SERIAL_NUMBER_INFO, 1);
    HEADER(SRIOV_VF_INVALIDATE_CONFIG_BLOCK_INFO, 1);
    SIZE_IS(SRIOV_RESET_VF_PARAMETERS, 1, 6);
    SIZE_IS(SRIOV_SET_VF_POWER_STATE_PARAMETERS, 1, 13);
}

TEST_CASE(structures_of_scheduler_queues_have_revisions_and_sizes)
{
    NDIS_QOS_SQ_ARRAY array;

    HEADER(QOS_OFFLOAD_CAPABILITIES, 2);
    HEADER(QOS_SQ_PARAMETERS, 2);
    HEADER(QOS_SQ_ARRAY, 1);
    HEADER(QOS_SQ_STATS, 1);
    SIZE_IS(QOS_OFFLOAD_CAPABILITIES, 2, 77);
    RtlZeroMemory(&array, sizeof(array));
    array.SqType = NdisQosSqTypeStandard;
    array.SqArrayOffset = 32;
    EXPECT_EQ(array.SqParamsArrayOffset, 32);
}

TEST_CASE(enumerations_have_the_values_of_the_interface)
{
    NDIS_NIC_SWITCH_VPORT_INFO port;
    NDIS_NIC_SWITCH_INFO info;

    RtlZeroMemory(&port, sizeof(port));
    RtlZeroMemory(&info, sizeof(info));
    info.SwitchType = NdisNicSwitchTypeExternal;
    port.AttachedFunctionId = NDIS_PF_FUNCTION_ID;
    port.VPortState = NdisNicSwitchVPortStateActivated;
    port.InterruptModeration = NdisNicSwitchVPortInterruptModerationHigh;
    EXPECT_EQ(info.SwitchType, 1);
    EXPECT_EQ(port.AttachedFunctionId, 0xffff);
    EXPECT_EQ(port.VPortState, 1);
    EXPECT_EQ(port.InterruptModeration, 300);
}

TEST_CASE(media_specific_information_is_found_and_removed_by_its_tag)
{
    static NET_BUFFER_LIST nbl;
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX first, second, third;
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX found = NULL;

    RtlZeroMemory(&nbl, sizeof(nbl));
    first.Tag = 1;
    second.Tag = third.Tag = 2;
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &first);
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &second);
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(&nbl, &third);
    EXPECT(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx) == &third);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 2, found);
    EXPECT(found == &third);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 1, found);
    EXPECT(found == &first);
    NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &first);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 1, found);
    EXPECT(found == NULL);
    NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(&nbl, &third);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(&nbl, 2, found);
    EXPECT(found == &second && second.NextEntry == NULL);
}

TEST_CASE(media_specific_information_of_ndis_6_0_has_a_list_of_its_own)
{
    static NET_BUFFER_LIST nbl;
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION first, second;
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION found = NULL;

    RtlZeroMemory(&nbl, sizeof(nbl));
    first.Tag = 1;
    second.Tag = 2;
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(&nbl, &first);
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(&nbl, &second);
    EXPECT(NET_BUFFER_LIST_INFO(&nbl, MediaSpecificInformationEx) == NULL);
    NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO(&nbl, &second);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(&nbl, 2, found);
    EXPECT(found == NULL);
    NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(&nbl, 1, found);
    EXPECT(found == &first);
}

TEST_CASE(a_routing_domain_knows_its_first_isolation_entry)
{
    static struct {
        NDIS_ROUTING_DOMAIN_ENTRY domain;
        NDIS_ROUTING_DOMAIN_ISOLATION_ENTRY isolation;
    } both;

    both.domain.FirstIsolationEntryOffset = (ULONG)((PUCHAR)&both.isolation - (PUCHAR)&both.domain);
    EXPECT(NDIS_ROUTING_DOMAIN_ENTRY_GET_FIRST_ISOLATION_ENTRY(&both.domain) == &both.isolation);
}

TEST_CASE(what_else_such_a_driver_names_is_there)
{
    NDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO offsets;
    NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS provider;
    NDIS_SHARED_MEMORY_PARAMETERS parameters;
    NDIS_BIND_FAILED_NOTIFICATION failed;
    NDIS_HANDLE memory = NULL;
    GUID adapters = GUID_NDIS_ENUMERATE_ADAPTERS_EX;

    RtlZeroMemory(&provider, sizeof(provider));
    RtlZeroMemory(&parameters, sizeof(parameters));
    RtlZeroMemory(&failed, sizeof(failed));
    provider.Header.Type = NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS;
    provider.Header.Revision = NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1;
    provider.Header.Size = NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1;
    provider.ProviderContext = &provider;
    provider.AllocateSharedMemoryHandler = lend;
    provider.FreeSharedMemoryHandler = take_back;
    EXPECT_EQ(provider.AllocateSharedMemoryHandler(provider.ProviderContext, &parameters, &memory), NDIS_STATUS_INVALID_PARAMETER);
    provider.FreeSharedMemoryHandler(provider.ProviderContext, memory);
    EXPECT_EQ(provider.Header.Size, 32);
    failed.Header.Revision = NDIS_BIND_FAILED_NOTIFICATION_REVISION_1;
    failed.Header.Size = NDIS_SIZEOF_NDIS_BIND_FAILED_NOTIFICATION_REVISION_1;
    EXPECT_EQ(failed.Header.Size, 16);
    offsets.Value = NULL;
    offsets.EncapsulatedPacketOffsets.IsEncapsulatedPacket = 1;
    offsets.EncapsulatedPacketOffsets.TcpHeaderRelativeOffset = 20;
    EXPECT_EQ((ULONG_PTR)offsets.Value, 1 | 20 << 16);
    EXPECT_EQ(adapters.Data1, 0x16716917);
    EXPECT(StyleSynchronize(&provider) && StyleSynchronizeMessage(NULL));
}
