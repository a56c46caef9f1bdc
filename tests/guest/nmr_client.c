/* The client of a pair of drivers; see nmr_pair.h. While it is attached a thread of its calls the provider; detachment ends
 * with that thread's last call. */
#include "nmr_pair.h"

#define THREADS 16

typedef struct _BINDING {
    HANDLE Nmr;
    PVOID Provider;
    const PAIR_PROVIDER_DISPATCH *Dispatch;
    BOOLEAN Detaching, Gone;
} BINDING;

static HANDLE Registration;
static PDEVICE_OBJECT Device;
static PKTHREAD Threads[THREADS];
static LONG ThreadCount;

static void Notify(PVOID context)
{
    Hold(!((BINDING *)context)->Gone);
    InterlockedIncrement(&Counts.Calls);
}

static const PAIR_CLIENT_DISPATCH Dispatch = { Notify };

static VOID NTAPI CallProvider(PVOID context)
{
    BINDING *binding = (BINDING *)context;

    while (!binding->Detaching)
        binding->Dispatch->Work(binding->Provider);
    NmrClientDetachProviderComplete(binding->Nmr);
}

static NTSTATUS NTAPI AttachProvider(HANDLE nmr, PVOID context, PNPI_REGISTRATION_INSTANCE provider)
{
    BINDING *binding = (BINDING *)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*binding), PAIR_TAG);
    const VOID *dispatch;
    NTSTATUS status;
    LONG slot;

    if (binding == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    binding->Nmr = nmr;
    status = NmrClientAttachProvider(nmr, binding, &Dispatch, &binding->Provider, &dispatch);
    if (status != STATUS_SUCCESS) {
        ExFreePoolWithTag(binding, PAIR_TAG);
        return status;
    }
    binding->Dispatch = (const PAIR_PROVIDER_DISPATCH *)dispatch;
    InterlockedIncrement(&Counts.Attaches);
    slot = InterlockedIncrement(&ThreadCount) - 1;
    Hold(slot < THREADS);
    Threads[slot % THREADS] = StartThread(CallProvider, binding);
    Hold(Threads[slot % THREADS] != NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DetachProvider(PVOID context)
{
    BINDING *binding = (BINDING *)context;

    Hold(!binding->Detaching);
    InterlockedIncrement(&Counts.Detaches);
    binding->Detaching = TRUE;
    return STATUS_PENDING;
}

static VOID NTAPI CleanupBinding(PVOID context)
{
    BINDING *binding = (BINDING *)context;

    Hold(binding->Detaching && !binding->Gone);
    binding->Gone = TRUE;
    InterlockedIncrement(&Counts.Cleanups);
    ExFreePoolWithTag(binding, PAIR_TAG);
}

static const NPI_MODULEID ModuleId = { sizeof(NPI_MODULEID), MIT_GUID, { { 0x6a1f3c62 } } };
static const NPI_CLIENT_CHARACTERISTICS Characteristics = {
    0, sizeof(Characteristics), AttachProvider, DetachProvider, CleanupBinding,
    { 0, sizeof(NPI_REGISTRATION_INSTANCE), &PairNpi, &ModuleId, 0, NULL }
};

TEST_SETUP(register_the_client)
{
    Device = CreatePairDevice(L"\\Device\\NmrClient");
    EXPECT(Device != NULL);
    EXPECT_EQ(NmrRegisterClient(&Characteristics, NULL, &Registration), STATUS_SUCCESS);
}

TEST_CASE(a_client_is_registered_with_or_without_a_provider)
{
    EXPECT(Registration != NULL);
    EXPECT_EQ(Counts.Wrong, 0);
}

TEST_TEARDOWN(deregister_the_client)
{
    EXPECT_EQ(NmrDeregisterClient(Registration), STATUS_PENDING);
    EXPECT_EQ(NmrWaitForClientDeregisterComplete(Registration), STATUS_SUCCESS);
    EXPECT_EQ(Counts.Detaches, Counts.Attaches);
    EXPECT_EQ(Counts.Cleanups, Counts.Attaches);
    for (LONG i = 0; i < ThreadCount && i < THREADS; i++) {
        if (Threads[i] != NULL)
            JoinThread(Threads[i]);
    }
    if (Device != NULL)
        IoDeleteDevice(Device);
}
