/* The provider of a pair of drivers; see nmr_pair.h. Its detachment ends in a DPC, when no call to the client is in progress. */
#include "nmr_pair.h"

typedef struct _BINDING {
    HANDLE Nmr;
    PVOID Client;
    const PAIR_CLIENT_DISPATCH *Dispatch;
    LONG InProgress;                    /* calls of Notify */
    BOOLEAN Detaching;
    KTIMER Timer;
    KDPC Dpc;
} BINDING;

static HANDLE Registration;
static PDEVICE_OBJECT Device;

static void Work(PVOID context)
{
    BINDING *binding = (BINDING *)context;

    InterlockedIncrement(&Counts.Calls);
    Sleep(1);
    if (!binding->Detaching) {
        InterlockedIncrement(&binding->InProgress);
        binding->Dispatch->Notify(binding->Client);
        InterlockedDecrement(&binding->InProgress);
    }
}

static const PAIR_PROVIDER_DISPATCH Dispatch = { Work };

static VOID NTAPI TryToDetach(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    BINDING *binding = (BINDING *)context;
    LARGE_INTEGER due = Time(MS(1));

    if (binding->InProgress != 0)
        KeSetTimer(&binding->Timer, due, &binding->Dpc);
    else
        NmrProviderDetachClientComplete(binding->Nmr);
}

static NTSTATUS NTAPI AttachClient(HANDLE nmr, PVOID context, PNPI_REGISTRATION_INSTANCE client, PVOID clientContext,
                                   const VOID *clientDispatch, PVOID *providerContext, const VOID **providerDispatch)
{
    BINDING *binding = (BINDING *)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*binding), PAIR_TAG);

    if (binding == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    binding->Nmr = nmr;
    binding->Client = clientContext;
    binding->Dispatch = (const PAIR_CLIENT_DISPATCH *)clientDispatch;
    KeInitializeTimer(&binding->Timer);
    KeInitializeDpc(&binding->Dpc, TryToDetach, binding);
    *providerContext = binding;
    *providerDispatch = &Dispatch;
    InterlockedIncrement(&Counts.Attaches);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DetachClient(PVOID context)
{
    BINDING *binding = (BINDING *)context;
    LARGE_INTEGER due = Time(MS(1));

    Hold(!binding->Detaching);
    binding->Detaching = TRUE;
    InterlockedIncrement(&Counts.Detaches);
    KeSetTimer(&binding->Timer, due, &binding->Dpc);
    return STATUS_PENDING;
}

static VOID NTAPI CleanupBinding(PVOID context)
{
    BINDING *binding = (BINDING *)context;

    Hold(binding->Detaching && binding->InProgress == 0);
    InterlockedIncrement(&Counts.Cleanups);
    ExFreePoolWithTag(binding, PAIR_TAG);
}

static const NPI_MODULEID ModuleId = { sizeof(NPI_MODULEID), MIT_GUID, { { 0x6a1f3c61 } } };
static const NPI_PROVIDER_CHARACTERISTICS Characteristics = {
    0, sizeof(Characteristics), AttachClient, DetachClient, CleanupBinding,
    { 0, sizeof(NPI_REGISTRATION_INSTANCE), &PairNpi, &ModuleId, 0, NULL }
};

TEST_SETUP(register_the_provider)
{
    Device = CreatePairDevice(L"\\Device\\NmrProvider");
    EXPECT(Device != NULL);
    EXPECT_EQ(NmrRegisterProvider(&Characteristics, NULL, &Registration), STATUS_SUCCESS);
}

TEST_CASE(a_provider_is_registered_with_or_without_a_client)
{
    EXPECT(Registration != NULL);
    EXPECT_EQ(Counts.Wrong, 0);
}

TEST_TEARDOWN(deregister_the_provider)
{
    EXPECT_EQ(NmrDeregisterProvider(Registration), STATUS_PENDING);
    EXPECT_EQ(NmrWaitForProviderDeregisterComplete(Registration), STATUS_SUCCESS);
    EXPECT_EQ(Counts.Detaches, Counts.Attaches);
    EXPECT_EQ(Counts.Cleanups, Counts.Attaches);
    if (Device != NULL)
        IoDeleteDevice(Device);
}
