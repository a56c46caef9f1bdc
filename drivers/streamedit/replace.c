/* Windows to look at data in, and the injection of the replacement. */
#include "streamedit.h"

static struct {
    HANDLE Injection;
    NDIS_HANDLE Pool;
    PMDL Mdl;                           /* of Edit.Replacement; every list shows it */
    LOOKASIDE_LIST_EX Windows;
    BOOLEAN HasWindows;
    LONG64 Count;
} Replacer;

_Use_decl_annotations_
NTSTATUS ReplacerStart(VOID)
{
    NET_BUFFER_LIST_POOL_PARAMETERS pool = { 0 };
    NTSTATUS status = ExInitializeLookasideListEx(&Replacer.Windows, NULL, NULL, NonPagedPoolNx, 0, WINDOW, STREAMEDIT_TAG, 0);

    if (!NT_SUCCESS(status))
        return status;
    Replacer.HasWindows = TRUE;
    pool.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    pool.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    pool.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
    pool.fAllocateNetBuffer = TRUE;
    pool.PoolTag = STREAMEDIT_TAG;
    Replacer.Pool = NdisAllocateNetBufferListPool(NULL, &pool);
    if (Edit.Replacement.Length) {
        Replacer.Mdl = IoAllocateMdl(Edit.Replacement.Bytes, Edit.Replacement.Length, FALSE, FALSE, NULL);
        if (Replacer.Mdl)
            MmBuildMdlForNonPagedPool(Replacer.Mdl);
    }
    if (!Replacer.Pool || (Edit.Replacement.Length && !Replacer.Mdl))
        return STATUS_INSUFFICIENT_RESOURCES;
    return FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_STREAM, &Replacer.Injection);
}

_Use_decl_annotations_
VOID ReplacerStop(VOID)
{
    if (Replacer.Injection)
        FwpsInjectionHandleDestroy0(Replacer.Injection);
    if (Replacer.Mdl)
        IoFreeMdl(Replacer.Mdl);
    if (Replacer.Pool)
        NdisFreeNetBufferListPool(Replacer.Pool);
    if (Replacer.HasWindows)
        ExDeleteLookasideListEx(&Replacer.Windows);
}

_Use_decl_annotations_
PUCHAR ReplacerWindow(VOID)
{
    return ExAllocateFromLookasideListEx(&Replacer.Windows);
}

_Use_decl_annotations_
VOID ReplacerWindowDone(PUCHAR Window)
{
    ExFreeToLookasideListEx(&Replacer.Windows, Window);
}

static VOID NTAPI Injected(_In_ VOID *Context, _Inout_ NET_BUFFER_LIST *List, _In_ BOOLEAN DispatchLevel)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(DispatchLevel);
    FwpsFreeNetBufferList0(List);
}

_Use_decl_annotations_
NTSTATUS ReplacerInject(UINT64 Flow, UINT32 Callout, UINT16 Layer, UINT32 StreamFlags)
{
    NET_BUFFER_LIST *list;
    NTSTATUS status = STATUS_SUCCESS;

    if (Edit.Replacement.Length) {
        status = FwpsAllocateNetBufferAndNetBufferList0(Replacer.Pool, 0, 0, Replacer.Mdl, 0, Edit.Replacement.Length, &list);
        if (!NT_SUCCESS(status))
            return status;
        status = FwpsStreamInjectAsync0(Replacer.Injection, NULL, 0, Flow, Callout, Layer, StreamFlags, list, Edit.Replacement.Length,
                                        Injected, NULL);
        if (!NT_SUCCESS(status))
            FwpsFreeNetBufferList0(list);
    }
    if (NT_SUCCESS(status))
        InterlockedIncrement64(&Replacer.Count);
    return status;
}

_Use_decl_annotations_
LONG64 ReplacerCount(VOID)
{
    return Replacer.Count;
}
