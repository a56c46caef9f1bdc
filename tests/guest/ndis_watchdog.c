/* Drivers that never finish what NDIS asked of them: the system stops with bug check 0x7C, BUGCODE_NDIS_DRIVER, whose first parameter is
 * 0x25 (NDIS_BUGCHECK_WATCHDOG).
 * run after: vhub
 * run with: --root-device=ROOT\VHUB --root-device=ROOT\VHUB --ip=10.0.0.1/24 --ip=10.0.0.2/24 */
#define NDIS630 1
#include <ndis.h>
#include "ndis_bound.h"
#include "ndis_modules.h"

static UCHAR *Frame;

static void SendAndForget(void)
{
    PMDL mdl = NdisAllocateMdl(Bound.Binding, Frame, 64);
    PNET_BUFFER_LIST list = NdisAllocateNetBufferAndNetBufferList(Bound.Pool, 0, 0, mdl, 0, 64);

    list->SourceHandle = Bound.Binding;
    NdisSendNetBufferLists(Bound.Binding, list, NDIS_DEFAULT_PORT_NUMBER, 0);
}

TEST_CASE_THAT_STOPS(a_filter_that_loses_sent_lists_stops_the_system, BUGCODE_NDIS_DRIVER)
{
    Frame = ExAllocatePoolWithTag(NonPagedPoolNx, 64, BOUND_TAG);
    REQUIRE(Frame != NULL && BoundOpen());
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    BuildHeaders(Frame, FALSE, 17, 9, 22);
    Filters.KeepsSends = TRUE;
    SendAndForget();
    EXPECT(Filters.Module[0].Kept + Filters.Module[1].Kept > 0);
    NdisFDeregisterFilterDriver(Filters.Driver);
}

TEST_CASE_THAT_STOPS(a_filter_that_loses_received_lists_stops_the_system, BUGCODE_NDIS_DRIVER)
{
    NDIS_HANDLE pool;

    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    REQUIRE(Filters.Count == 2);
    pool = ModulePool(Filters.Module[0].Handle);
    REQUIRE(pool != NULL);
    Filters.KeepsReceives = TRUE;
    REQUIRE(ModuleSendsTo(&Filters.Module[0], Filters.Module[1].Address, pool));
    for (int i = 0; i < 100 && Filters.Module[1].Kept == 0; i++)
        NdisMSleep(10000);
    EXPECT(Filters.Module[1].Kept > 0);
    NdisFDeregisterFilterDriver(Filters.Driver);
}

TEST_CASE_THAT_STOPS(a_pause_that_a_filter_never_completes_stops_the_system, BUGCODE_NDIS_DRIVER)
{
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    Filters.PendsPause = TRUE;
    NdisFDeregisterFilterDriver(Filters.Driver);
}

TEST_CASE_THAT_STOPS(a_filter_that_waits_for_ever_in_its_pause_handler_stops_the_system, BUGCODE_NDIS_DRIVER)
{
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    Filters.BlocksPause = TRUE;
    NdisFDeregisterFilterDriver(Filters.Driver);
}

static NDIS_STATUS Stuck(FILTER_MODULE *module, PNET_PNP_EVENT_NOTIFICATION notification)
{
    KEVENT never;

    if (notification->NetPnPEvent.NetEvent != NetEventFilterPreDetach)
        return NDIS_STATUS_SUCCESS;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
    return NDIS_STATUS_SUCCESS;
}

TEST_CASE_THAT_STOPS(an_event_that_a_filter_never_returns_from_stops_the_system, BUGCODE_NDIS_DRIVER)
{
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    Filters.OnEvent = Stuck;
    NdisFDeregisterFilterDriver(Filters.Driver);
}

