/* A filter driver on two adapters of vhub: registration, modules, their order of calls, requests, restarts, own frames.
 * run after: vhub
 * run with: --root-device=ROOT\VHUB --root-device=ROOT\VHUB --ip=10.0.0.1/24 --ip=10.0.0.2/24 */
#define NDIS630 1
#include <ndis.h>
#include "testing.h"

#define MODULES 8

typedef struct {
    NDIS_HANDLE Handle;
    LONG Attached, Restarted, Paused, Detached, OptionsSet;
    LONG Sent, Completed, Received, Returned, Requests, Own;
    BOOLEAN Running;
    UCHAR Address[6];
    NDIS_STATUS Status;
    NDIS_EVENT Done;
} MODULE;

static MODULE Modules[MODULES];
static LONG Count;
static NDIS_HANDLE Filter, Pool;
static NDIS_STATUS AttachStatus;

static NDIS_STATUS NTAPI Attach(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS parameters)
{
    MODULE *module = &Modules[InterlockedIncrement(&Count) - 1];
    NDIS_FILTER_ATTRIBUTES attributes = {
        { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 }, 0
    };

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(context == &Filter);
    EXPECT_EQ(parameters->Header.Type, NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS);
    EXPECT_EQ(parameters->MiniportMediaType, NdisMedium802_3);
    EXPECT(parameters->FilterModuleGuidName->Length > 0);
    EXPECT(parameters->IfIndex != parameters->BaseMiniportIfIndex);
    if (AttachStatus != NDIS_STATUS_SUCCESS)
        return AttachStatus;
    NdisZeroMemory(module, sizeof(*module));
    NdisInitializeEvent(&module->Done);
    module->Handle = handle;
    module->Attached = 1;
    NdisMoveMemory(module->Address, parameters->CurrentMacAddress, 6);
    return NdisFSetAttributes(handle, module, &attributes);
}

static VOID NTAPI Detach(NDIS_HANDLE context)
{
    MODULE *module = context;

    EXPECT(!module->Running);
    EXPECT_EQ(module->Attached, 1);
    module->Attached = 0;
    module->Detached++;
}

static NDIS_STATUS NTAPI SetOptions(NDIS_HANDLE context)
{
    MODULE *module = context;

    EXPECT(!module->Running);
    module->OptionsSet++;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    MODULE *module = context;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(!module->Running);
    EXPECT_EQ(module->OptionsSet, module->Restarted + 1);
    if (parameters->RestartAttributes != NULL)
        EXPECT_EQ(parameters->RestartAttributes->Oid, OID_GEN_MINIPORT_RESTART_ATTRIBUTES);
    module->Restarted++;
    module->Running = TRUE;
    NdisSetEvent(&module->Done);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters)
{
    MODULE *module = context;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(module->Running);
    EXPECT_EQ(module->Sent, module->Completed);         /* the protocols above were paused before */
    module->Running = FALSE;
    module->Paused++;
    return NDIS_STATUS_SUCCESS;
}

static LONG Length(PNET_BUFFER_LIST lists)
{
    LONG n = 0;

    for (; lists != NULL; lists = NET_BUFFER_LIST_NEXT_NBL(lists))
        n++;
    return n;
}

static VOID NTAPI Send(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    MODULE *module = context;

    EXPECT(module->Running);
    InterlockedAdd(&module->Sent, Length(lists));
    NdisFSendNetBufferLists(module->Handle, lists, port, flags);
}

static VOID NTAPI Sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    MODULE *module = context;
    PNET_BUFFER_LIST next;

    for (; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        NET_BUFFER_LIST_NEXT_NBL(lists) = NULL;
        if (lists->SourceHandle == module->Handle) {
            module->Status = NET_BUFFER_LIST_STATUS(lists);
            NdisFreeNetBufferList(lists);
            InterlockedIncrement(&module->Own);
            NdisSetEvent(&module->Done);
        } else {
            InterlockedIncrement(&module->Completed);
            NdisFSendNetBufferListsComplete(module->Handle, lists, flags);
        }
    }
}

static VOID NTAPI Receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    MODULE *module = context;

    EXPECT_EQ(Length(lists), (LONG)count);
    InterlockedAdd(&module->Received, (LONG)count);
    NdisFIndicateReceiveNetBufferLists(module->Handle, lists, port, count, flags);
}

static VOID NTAPI Return(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    MODULE *module = context;

    InterlockedAdd(&module->Returned, Length(lists));
    NdisFReturnNetBufferLists(module->Handle, lists, flags);
}

static VOID NTAPI Status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    NdisFIndicateStatus(((MODULE *)context)->Handle, indication);
}

static VOID NTAPI RequestDone(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
    MODULE *module = context;

    module->Status = status;
    NdisSetEvent(&module->Done);
}

/* Without FilterOidRequest of its own a driver cannot have FilterOidRequestComplete: this one refuses nothing and sees all. */
static NDIS_STATUS NTAPI Request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    InterlockedIncrement(&((MODULE *)context)->Requests);
    return NDIS_STATUS_NOT_SUPPORTED;
}

static void Fill(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
    NdisZeroMemory(c, sizeof(*c));
    c->Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c->Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c->Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c->MajorNdisVersion = 6;
    c->MinorNdisVersion = 30;
    NdisInitUnicodeString(&c->FriendlyName, L"ndis_filter");
    NdisInitUnicodeString(&c->UniqueName, L"{52334e44-0000-4000-8000-00000000f117}");
    NdisInitUnicodeString(&c->ServiceName, L"ndis_filter");
    c->AttachHandler = Attach;
    c->DetachHandler = Detach;
    c->RestartHandler = Restart;
    c->PauseHandler = Pause;
    c->SetFilterModuleOptionsHandler = SetOptions;
    c->SendNetBufferListsHandler = Send;
    c->SendNetBufferListsCompleteHandler = Sent;
    c->ReceiveNetBufferListsHandler = Receive;
    c->ReturnNetBufferListsHandler = Return;
    c->StatusHandler = Status;
}

static NDIS_STATUS Register(BOOLEAN requests)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;

    Count = 0;
    Fill(&c);
    if (requests) {
        c.OidRequestHandler = Request;
        c.OidRequestCompleteHandler = RequestDone;
    }
    return NdisFRegisterFilterDriver(TestDriverObject, &Filter, &c, &Filter);
}

TEST_CASE(every_adapter_gets_a_module_that_runs_before_the_call_returns)
{
    REQUIRE(Register(FALSE) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Count, 2);
    for (LONG i = 0; i < Count; i++) {
        EXPECT_EQ(Modules[i].Attached, 1);
        EXPECT_EQ(Modules[i].Restarted, 1);
        EXPECT(Modules[i].Running);
    }
    NdisFDeregisterFilterDriver(Filter);
    for (LONG i = 0; i < Count; i++) {
        EXPECT_EQ(Modules[i].Paused, 1);
        EXPECT_EQ(Modules[i].Detached, 1);
        EXPECT_EQ(Modules[i].Sent, Modules[i].Completed);
    }
}

TEST_CASE(a_driver_without_pause_handler_or_of_ndis_5_is_refused)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;

    Fill(&c);
    c.PauseHandler = NULL;
    EXPECT_EQ(NdisFRegisterFilterDriver(TestDriverObject, NULL, &c, &Filter), NDIS_STATUS_BAD_CHARACTERISTICS);
    Fill(&c);
    c.MajorNdisVersion = 5;
    EXPECT_EQ(NdisFRegisterFilterDriver(TestDriverObject, NULL, &c, &Filter), NDIS_STATUS_BAD_VERSION);
}

TEST_CASE(modules_that_do_not_attach_leave_the_driver_registered)
{
    AttachStatus = NDIS_STATUS_RESOURCES;
    EXPECT_EQ(Register(FALSE), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Count, 2);
    NdisFDeregisterFilterDriver(Filter);
    AttachStatus = NDIS_STATUS_SUCCESS;
}

TEST_CASE(a_restart_that_a_module_asks_for_pauses_it_first)
{
    REQUIRE(Register(FALSE) == NDIS_STATUS_SUCCESS);
    NdisResetEvent(&Modules[0].Done);
    EXPECT_EQ(NdisFRestartFilter(Modules[0].Handle), NDIS_STATUS_SUCCESS);
    EXPECT(NdisWaitEvent(&Modules[0].Done, 1000));
    EXPECT_EQ(Modules[0].Paused, 1);
    EXPECT_EQ(Modules[0].Restarted, 2);
    NdisFDeregisterFilterDriver(Filter);
}

TEST_CASE(a_module_asks_the_drivers_below)
{
    NDIS_OID_REQUEST request;
    CHAR text[64];

    REQUIRE(Register(TRUE) == NDIS_STATUS_SUCCESS);
    NdisZeroMemory(&request, sizeof(request));
    request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.RequestType = NdisRequestQueryInformation;
    request.DATA.QUERY_INFORMATION.Oid = OID_GEN_VENDOR_DESCRIPTION;
    request.DATA.QUERY_INFORMATION.InformationBuffer = text;
    request.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(text);
    NdisResetEvent(&Modules[0].Done);
    NDIS_STATUS status = NdisFOidRequest(Modules[0].Handle, &request);
    if (status == NDIS_STATUS_PENDING) {
        EXPECT(NdisWaitEvent(&Modules[0].Done, 1000));
        status = Modules[0].Status;
    }
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT(request.DATA.QUERY_INFORMATION.BytesWritten > 5);
    EXPECT_EQ(Modules[0].Requests, 0);  /* its own request does not come to itself */
    request.Header.Size = 8;
    EXPECT_EQ(NdisFOidRequest(Modules[0].Handle, &request), NDIS_STATUS_INVALID_PARAMETER);
    NdisFDeregisterFilterDriver(Filter);
}

TEST_CASE(a_frame_that_a_module_makes_reaches_the_other_adapter)
{
    static const UCHAR type[2] = { 0x88, 0xb5 };
    NET_BUFFER_LIST_POOL_PARAMETERS pool;
    PNET_BUFFER_LIST list;
    PUCHAR data;

    REQUIRE(Register(FALSE) == NDIS_STATUS_SUCCESS);
    NdisZeroMemory(&pool, sizeof(pool));
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.fAllocateNetBuffer = TRUE;
    pool.DataSize = 64;
    pool.PoolTag = 'fltT';
    Pool = NdisAllocateNetBufferListPool(Modules[0].Handle, &pool);
    REQUIRE(Pool != NULL);
    list = NdisAllocateNetBufferList(Pool, 0, 0);
    REQUIRE(list != NULL);
    REQUIRE(NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), 60, 0, NULL) == NDIS_STATUS_SUCCESS);
    data = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(list), 60, NULL, 1, 0);
    REQUIRE(data != NULL);
    NdisZeroMemory(data, 60);
    NdisMoveMemory(data, Modules[1].Address, 6);
    NdisMoveMemory(data + 6, Modules[0].Address, 6);
    NdisMoveMemory(data + 12, type, 2);
    list->SourceHandle = Modules[0].Handle;
    LONG before = Modules[1].Received;
    NdisResetEvent(&Modules[0].Done);
    NdisFSendNetBufferLists(Modules[0].Handle, list, NDIS_DEFAULT_PORT_NUMBER, 0);
    EXPECT(NdisWaitEvent(&Modules[0].Done, 1000));
    EXPECT_EQ(Modules[0].Own, 1);
    EXPECT_EQ(Modules[0].Status, NDIS_STATUS_SUCCESS);
    for (int i = 0; i < 100 && Modules[1].Received == before; i++)
        NdisMSleep(10000);
    EXPECT(Modules[1].Received > before);
    NdisFDeregisterFilterDriver(Filter);
    NdisFreeNetBufferListPool(Pool);
}
