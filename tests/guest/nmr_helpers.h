/* Network modules that count what the registrar does to them, for the tests of it. */
#ifndef TESTS_GUEST_NMR_HELPERS_H
#define TESTS_GUEST_NMR_HELPERS_H

#include <netioddk.h>

#include "helpers.h"

#define MODULE_TAG 'dmrN'

struct _MODULE;

/* A module's context of one binding; it lives from the attachment to the cleanup callback. */
typedef struct _SIDE {
    struct _MODULE *Module;
    HANDLE Binding;
    PVOID Partner;                      /* the partner's context of this binding */
    const VOID *PartnerDispatch;
    LONG Detaches;
    LONG Done;                          /* detachment has been or is being reported complete */
    BOOLEAN Ready;                      /* the attach callback has returned */
    BOOLEAN InDetach;
    KTIMER Timer;
    KDPC Dpc;
} SIDE;

typedef struct _MODULE {
    HANDLE Handle;
    NPI_MODULEID Id;
    union {
        NPI_CLIENT_CHARACTERISTICS Client;
        NPI_PROVIDER_CHARACTERISTICS Provider;
    };
    BOOLEAN IsClient;
    NTSTATUS Answer;                    /* STATUS_SUCCESS: attaches; else declines with it */
    BOOLEAN Pends;                      /* detaching waits for CompleteDetach */
    LONG PendMs;                        /* detaching is completed by a timer after that time; 0: not */
    LONG Offers, Attaches, Detaches, Cleanups;
    KIRQL LastIrql;                     /* of the last detach callback */
    SIDE *Last;
    PNPI_REGISTRATION_INSTANCE Partner;
    NTSTATUS LastAttach;                /* what NmrClientAttachProvider returned */
    void (*InAttach)(struct _MODULE *Module);
    void (*InDetach)(struct _MODULE *Module);
    const VOID *Dispatch;
} MODULE;

static inline void CompleteDetach(SIDE *side)
{
    EXPECT(InterlockedIncrement(&side->Done) == 1);
    if (side->Module->IsClient)
        NmrClientDetachProviderComplete(side->Binding);
    else
        NmrProviderDetachClientComplete(side->Binding);
}

static VOID NTAPI DetachDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    CompleteDetach((SIDE *)context);
}

static inline SIDE *NewSide(MODULE *module, HANDLE binding)
{
    SIDE *side = (SIDE *)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*side), MODULE_TAG);

    if (side == NULL)
        return NULL;
    side->Module = module;
    side->Binding = binding;
    KeInitializeTimer(&side->Timer);
    KeInitializeDpc(&side->Dpc, DetachDpc, side);
    return side;
}

static inline void NoteAttach(SIDE *side)
{
    side->Module->Last = side;
    InterlockedIncrement(&side->Module->Attaches);
}

static NTSTATUS NTAPI ClientAttach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner)
{
    MODULE *module = (MODULE *)context;
    NTSTATUS status;
    SIDE *side;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    InterlockedIncrement(&module->Offers);
    module->Partner = partner;
    if (module->InAttach != NULL)
        module->InAttach(module);
    if (module->Answer != STATUS_SUCCESS)
        return module->Answer;
    side = NewSide(module, binding);
    if (side == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = NmrClientAttachProvider(binding, side, module->Dispatch, &side->Partner, &side->PartnerDispatch);
    module->LastAttach = status;
    if (status != STATUS_SUCCESS) {
        ExFreePoolWithTag(side, MODULE_TAG);
        return status;
    }
    NoteAttach(side);
    side->Ready = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ProviderAttach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner, PVOID clientContext,
                                     const VOID *clientDispatch, PVOID *providerContext, const VOID **providerDispatch)
{
    MODULE *module = (MODULE *)context;
    SIDE *side;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    InterlockedIncrement(&module->Offers);
    module->Partner = partner;
    if (module->InAttach != NULL)
        module->InAttach(module);
    if (module->Answer != STATUS_SUCCESS)
        return module->Answer;
    side = NewSide(module, binding);
    if (side == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    side->Partner = clientContext;
    side->PartnerDispatch = clientDispatch;
    *providerContext = side;
    *providerDispatch = module->Dispatch;
    NoteAttach(side);
    side->Ready = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Detach(PVOID context)
{
    SIDE *side = (SIDE *)context;
    MODULE *module = side->Module;
    LARGE_INTEGER due;

    module->LastIrql = KeGetCurrentIrql();
    EXPECT(module->LastIrql <= DISPATCH_LEVEL);
    EXPECT(side->Ready);
    EXPECT(InterlockedIncrement(&side->Detaches) == 1);
    InterlockedIncrement(&module->Detaches);
    side->InDetach = TRUE;
    if (module->InDetach != NULL)
        module->InDetach(module);
    side->InDetach = FALSE;
    if (module->PendMs != 0) {
        due = Time(MS((LONGLONG)module->PendMs));
        KeSetTimer(&side->Timer, due, &side->Dpc);
        return STATUS_PENDING;
    }
    if (module->Pends)
        return STATUS_PENDING;
    side->Done = 1;
    return STATUS_SUCCESS;
}

static VOID NTAPI Cleanup(PVOID context)
{
    SIDE *side = (SIDE *)context;

    EXPECT(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    EXPECT_EQ(side->Detaches, 1);
    EXPECT_EQ(side->Done, 1);
    EXPECT(!side->InDetach);
    InterlockedIncrement(&side->Module->Cleanups);
    ExFreePoolWithTag(side, MODULE_TAG);
}

static inline void FillInstance(MODULE *module, NPI_REGISTRATION_INSTANCE *instance, const NPIID *npi)
{
    module->Id.Length = sizeof(module->Id);
    module->Id.Type = MIT_GUID;
    module->Id.Guid = *npi;
    module->Id.Guid.Data1 ^= 0xffff;
    instance->Version = 0;
    instance->Size = sizeof(*instance);
    instance->NpiId = npi;
    instance->ModuleId = &module->Id;
    instance->Number = 0;
    instance->NpiSpecificCharacteristics = NULL;
}

static inline void FillClient(MODULE *module, const NPIID *npi)
{
    RtlZeroMemory(module, sizeof(*module));
    module->IsClient = TRUE;
    module->Client.Length = sizeof(module->Client);
    module->Client.ClientAttachProvider = ClientAttach;
    module->Client.ClientDetachProvider = Detach;
    module->Client.ClientCleanupBindingContext = Cleanup;
    FillInstance(module, &module->Client.ClientRegistrationInstance, npi);
}

static inline void FillProvider(MODULE *module, const NPIID *npi)
{
    RtlZeroMemory(module, sizeof(*module));
    module->Provider.Length = sizeof(module->Provider);
    module->Provider.ProviderAttachClient = ProviderAttach;
    module->Provider.ProviderDetachClient = Detach;
    module->Provider.ProviderCleanupBindingContext = Cleanup;
    FillInstance(module, &module->Provider.ProviderRegistrationInstance, npi);
}

static inline NTSTATUS Register(MODULE *module)
{
    return module->IsClient ? NmrRegisterClient(&module->Client, module, &module->Handle)
                            : NmrRegisterProvider(&module->Provider, module, &module->Handle);
}

static inline NTSTATUS Deregister(MODULE *module)
{
    return module->IsClient ? NmrDeregisterClient(module->Handle) : NmrDeregisterProvider(module->Handle);
}

static inline NTSTATUS WaitDeregistered(MODULE *module)
{
    return module->IsClient ? NmrWaitForClientDeregisterComplete(module->Handle)
                            : NmrWaitForProviderDeregisterComplete(module->Handle);
}

static inline void Leave(MODULE *module)
{
    EXPECT_EQ(Deregister(module), STATUS_PENDING);
    EXPECT_EQ(WaitDeregistered(module), STATUS_SUCCESS);
    EXPECT_EQ(module->Detaches, module->Attaches);
    EXPECT_EQ(module->Cleanups, module->Attaches);
}

#endif
