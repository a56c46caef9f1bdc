/* A driver that is there before the base filtering engine runs. docs: fwpmk/nf-fwpmk-fwpmbfestateget0,
 * fwpmk/nf-fwpmk-fwpmbfestatesubscribechanges0, network/registering-callouts-with-the-filter-engine
 * run with: --bfe=stopped,start=40ms */
#define INITGUID
#include "wsk_helpers.h"
#include <fwpsk.h>
#include <fwpmk.h>

static const GUID Key = {0x7b0d2f60, 0x55aa, 0x4c3d, {0x90, 0x11, 1, 2, 3, 4, 5, 6}};
static PDEVICE_OBJECT Device;
static KEVENT Running;
static volatile LONG Bad, Told;

TEST_SETUP(create_device)
{
    KeInitializeEvent(&Running, NotificationEvent, FALSE);
    EXPECT_EQ(IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device), STATUS_SUCCESS);
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(Device);
}

static VOID NTAPI Changed(VOID *context, FWPM_SERVICE_STATE state)
{
    Told++;
    Bad += context != &Running || KeGetCurrentIrql() != PASSIVE_LEVEL || state != FwpmBfeStateGet0();
    if (state == FWPM_SERVICE_RUNNING)
        KeSetEvent(&Running, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI Classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                           const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
}

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter)
{
    return STATUS_SUCCESS;
}

TEST_CASE(a_driver_waits_for_the_engine_and_then_opens_it)
{
    FWPS_CALLOUT1 callout = {0};
    HANDLE change = NULL, engine = NULL;
    BOOLEAN early;
    UINT32 id;

    callout.calloutKey = Key;
    callout.classifyFn = Classify;
    callout.notifyFn = Notify;
    EXPECT_EQ(FwpmBfeStateSubscribeChanges0(Device, Changed, &Running, &change), STATUS_SUCCESS);
    early = (BOOLEAN)(FwpmBfeStateGet0() != FWPM_SERVICE_RUNNING);
    if (early) {
        EXPECT(!NT_SUCCESS(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine)));
        EXPECT_EQ(FwpsCalloutRegister1(Device, &callout, &id), STATUS_SUCCESS);     /* at any time */
        EXPECT_EQ(FwpsCalloutUnregisterById0(id), STATUS_SUCCESS);
        EXPECT_EQ(WaitMs(&Running, 5000), STATUS_SUCCESS);
        EXPECT_EQ(Told, 2);             /* starting, running */
    }
    EXPECT_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_RUNNING);
    EXPECT_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &engine), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
    EXPECT_EQ(FwpmBfeStateUnsubscribeChanges0(change), STATUS_SUCCESS);
    EXPECT_EQ(Bad, 0);
}
