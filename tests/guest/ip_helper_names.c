/* LUID, index, GUID, alias and name of an interface; masks and lengths. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

TEST_CASE(the_loopback_interface_has_index_1)
{
    NET_LUID luid;
    NET_IFINDEX index = 0;

    REQUIRE(NT_SUCCESS(ConvertInterfaceIndexToLuid(LOOPBACK_INDEX, &luid)));
    EXPECT_EQ(luid.Info.IfType, IF_TYPE_SOFTWARE_LOOPBACK);
    EXPECT_EQ(ConvertInterfaceLuidToIndex(&luid, &index), STATUS_SUCCESS);
    EXPECT_EQ(index, LOOPBACK_INDEX);
}

TEST_CASE(every_name_leads_back_to_the_luid)
{
    MIB_IF_ROW2 *row = ethernet();
    NET_LUID luid;
    NET_IFINDEX index;
    WCHAR text[NDIS_IF_MAX_STRING_SIZE + 1];
    CHAR name[NDIS_IF_MAX_STRING_SIZE + 1];
    GUID guid;

    REQUIRE(row->InterfaceIndex != 0);
    EXPECT_EQ(ConvertInterfaceLuidToIndex(&row->InterfaceLuid, &index), STATUS_SUCCESS);
    EXPECT_EQ(index, row->InterfaceIndex);
    EXPECT_EQ(ConvertInterfaceLuidToGuid(&row->InterfaceLuid, &guid), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(&guid, &row->InterfaceGuid, sizeof(guid)));
    EXPECT_EQ(ConvertInterfaceGuidToLuid(&guid, &luid), STATUS_SUCCESS);
    EXPECT_EQ(luid.Value, row->InterfaceLuid.Value);
    EXPECT_EQ(ConvertInterfaceLuidToAlias(&row->InterfaceLuid, text, NDIS_IF_MAX_STRING_SIZE + 1), STATUS_SUCCESS);
    EXPECT_EQ(ConvertInterfaceAliasToLuid(text, &luid), STATUS_SUCCESS);
    EXPECT_EQ(luid.Value, row->InterfaceLuid.Value);
    EXPECT_EQ(ConvertInterfaceLuidToNameW(&row->InterfaceLuid, text, NDIS_IF_MAX_STRING_SIZE + 1), STATUS_SUCCESS);
    luid.Value = 0;
    EXPECT_EQ(ConvertInterfaceNameToLuidW(text, &luid), STATUS_SUCCESS);
    EXPECT_EQ(luid.Value, row->InterfaceLuid.Value);
    EXPECT_EQ(ConvertInterfaceLuidToNameA(&row->InterfaceLuid, name, NDIS_IF_MAX_STRING_SIZE + 1), STATUS_SUCCESS);
    luid.Value = 0;
    EXPECT_EQ(ConvertInterfaceNameToLuidA(name, &luid), STATUS_SUCCESS);
    EXPECT_EQ(luid.Value, row->InterfaceLuid.Value);
}

TEST_CASE(the_unix_names_agree)
{
    MIB_IF_ROW2 *row = ethernet();
    CHAR name[IF_NAMESIZE], other[IF_NAMESIZE + 1];

    REQUIRE(if_indextoname(row->InterfaceIndex, name) == name);
    EXPECT_EQ(if_nametoindex(name), row->InterfaceIndex);
    EXPECT_EQ(ConvertInterfaceLuidToNameA(&row->InterfaceLuid, other, sizeof(other)), STATUS_SUCCESS);
    EXPECT(strcmp(name, other) == 0);
    EXPECT(if_indextoname(4711, name) == NULL);
    EXPECT_EQ(if_nametoindex("no_such_interface"), 0);
}

TEST_CASE(what_names_no_interface_is_refused_and_the_result_cleared)
{
    NET_LUID luid, unknown;
    NET_IFINDEX index = 99;
    GUID guid;
    WCHAR text[8];

    unknown.Value = 0x123456789abcdef0;
    luid.Value = 1;
    EXPECT_EQ(ConvertInterfaceIndexToLuid(4711, &luid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(luid.Value, 0);
    luid.Value = 1;
    EXPECT_EQ(ConvertInterfaceAliasToLuid(L"No such network", &luid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(luid.Value, 0);
    EXPECT_EQ(ConvertInterfaceLuidToIndex(&unknown, &index), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(index, NET_IFINDEX_UNSPECIFIED);
    RtlFillMemory(&guid, sizeof(guid), 0xee);
    EXPECT_EQ(ConvertInterfaceGuidToLuid(&guid, &luid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertInterfaceLuidToGuid(NULL, &guid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertInterfaceLuidToAlias(&unknown, text, 8), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertInterfaceAliasToLuid(NULL, &luid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertInterfaceNameToLuidA(NULL, &luid), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertInterfaceNameToLuidW(NULL, &luid), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_buffer_that_is_too_small_is_not_overrun)
{
    MIB_IF_ROW2 *row = ethernet();
    WCHAR text[4] = {0, 0, 0, 0x5555};
    CHAR name[4] = {0, 0, 0, 0x55};

    EXPECT(!NT_SUCCESS(ConvertInterfaceLuidToAlias(&row->InterfaceLuid, text, 3)));
    EXPECT(!NT_SUCCESS(ConvertInterfaceLuidToNameA(&row->InterfaceLuid, name, 3)));
    EXPECT(!NT_SUCCESS(ConvertInterfaceLuidToNameW(&row->InterfaceLuid, text, 3)));
    EXPECT_EQ(text[3], 0x5555);
    EXPECT_EQ(name[3], 0x55);
}

TEST_CASE(masks_and_lengths_convert_both_ways)
{
    ULONG mask = 0;
    UINT8 length = 0;

    for (ULONG bits = 0; bits <= 32; bits++) {
        EXPECT_EQ(ConvertLengthToIpv4Mask(bits, &mask), STATUS_SUCCESS);
        EXPECT_EQ(ConvertIpv4MaskToLength(mask, &length), STATUS_SUCCESS);
        EXPECT_EQ(length, bits);
    }
    ConvertLengthToIpv4Mask(24, &mask);
    EXPECT_EQ(mask, RtlUlongByteSwap(0xffffff00));
    EXPECT_EQ(ConvertLengthToIpv4Mask(33, &mask), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ConvertIpv4MaskToLength(RtlUlongByteSwap(0xff00ff00), &length), STATUS_INVALID_PARAMETER);
}

TEST_CASE(the_constants_of_the_headers_are_linked)
{
    EXPECT(IN6_IS_ADDR_UNSPECIFIED(&in6addr_any));
    EXPECT(IN6_IS_ADDR_LOOPBACK(&in6addr_loopback));
    EXPECT(IN4_IS_ADDR_LOOPBACK(&in4addr_loopback));
    EXPECT(IN6_IS_ADDR_ALLNODESONLINK(&in6addr_allnodesonlink));
}
