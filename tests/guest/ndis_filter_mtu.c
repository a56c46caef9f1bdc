/* A filter that needs room for a header of its own: the restart tells everybody above of the smaller MTU.
 * run after: vhub
 * run with: --root-device=ROOT\VHUB --ip=10.0.0.1/24 */
#define NDIS630 1
#include <ndis.h>
#include "ndis_modules.h"
#include <netioapi.h>

#define HEADER 18

static ULONG seen;

static NDIS_STATUS take_room(FILTER_MODULE *module, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    PNDIS_RESTART_ATTRIBUTES a = parameters->RestartAttributes;

    for (; a != NULL; a = a->Next)
        if (a->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES) {
            PNDIS_RESTART_GENERAL_ATTRIBUTES general = (PNDIS_RESTART_GENERAL_ATTRIBUTES)a->Data;

            seen = general->MtuSize;
            general->MtuSize -= HEADER;
        }
    return NDIS_STATUS_SUCCESS;
}

static ULONG ip_mtu(NET_IFINDEX index, ADDRESS_FAMILY family)
{
    MIB_IPINTERFACE_ROW row;

    InitializeIpInterfaceEntry(&row);
    row.Family = family;
    row.InterfaceIndex = index;
    return NT_SUCCESS(GetIpInterfaceEntry(&row)) ? row.NlMtu : 0;
}

TEST_CASE(ip_follows_the_mtu_that_a_filter_lowers_at_restart)
{
    NET_IFINDEX index;

    seen = 0;
    Filters.OnRestart = take_room;
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    REQUIRE(Filters.Count >= 1);
    REQUIRE(NdisWaitEvent(&Filters.Module[0].Changed, 2000));
    NdisMSleep(10000);
    index = Filters.Module[0].BaseIfIndex;
    EXPECT(seen >= 1280 + HEADER);
    EXPECT_EQ(ip_mtu(index, AF_INET), seen - HEADER);
    EXPECT_EQ(ip_mtu(index, AF_INET6), seen - HEADER);

    NdisFDeregisterFilterDriver(Filters.Driver);
    NdisMSleep(10000);
    EXPECT_EQ(ip_mtu(index, AF_INET), seen);
    EXPECT_EQ(ip_mtu(index, AF_INET6), seen);
}
