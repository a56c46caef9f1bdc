/* Control requests: ioctl.h says what each takes and gives. All are METHOD_BUFFERED. */
#include "rawport.h"

typedef struct _CONTROL {
    PPORT Port;
    PVOID Buffer;                   /* input and output */
    ULONG InLength, OutLength;
    ULONG_PTR Information;
} CONTROL, *PCONTROL;

static VOID Describe(const BINDING *Binding, const PORT *Port, PRAWPORT_ADAPTER Adapter)
{
    NdisZeroMemory(Adapter, sizeof(*Adapter));
    Adapter->Index = Binding->Index;
    Adapter->Flags = (Binding->Running ? RAWPORT_RUNNING : 0) | (Binding->LinkUp ? RAWPORT_LINK_UP : 0) |
                     (Port->Binding == Binding ? RAWPORT_SELECTED : 0);
    Adapter->FrameSize = Binding->FrameSize;
    NdisMoveMemory(Adapter->Address, Binding->Address, sizeof(Adapter->Address));
    Adapter->NameLength = Binding->NameLength;
    NdisMoveMemory(Adapter->Name, Binding->Name, Binding->NameLength);
}

static NTSTATUS List(PCONTROL Control)
{
    PRAWPORT_ADAPTER adapter = Control->Buffer;
    ULONG room = Control->OutLength / sizeof(*adapter);
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    for (PLIST_ENTRY link = Driver.Bindings.Flink; link != &Driver.Bindings; link = link->Flink) {
        if (room-- == 0) {
            status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        Describe(CONTAINING_RECORD(link, BINDING, Link), Control->Port, adapter++);
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
    Control->Information = (ULONG_PTR)adapter - (ULONG_PTR)Control->Buffer;
    return status;
}

static BOOLEAN Named(const BINDING *Binding, const CONTROL *Control)
{
    if (Control->InLength == sizeof(ULONG))
        return Binding->Index == *(PULONG)Control->Buffer;
    return Control->InLength == Binding->NameLength && RtlEqualMemory(Binding->Name, Control->Buffer, Binding->NameLength);
}

/* The binding that is meant, referenced. It becomes the port's, and *Before, referenced, was it. */
static PBINDING Exchange(PCONTROL Control, PBINDING *Before)
{
    PBINDING binding, found = NULL;
    KIRQL irql;

    *Before = NULL;
    KeAcquireSpinLock(&Driver.Lock, &irql);
    for (PLIST_ENTRY link = Driver.Bindings.Flink; link != &Driver.Bindings && found == NULL; link = link->Flink) {
        binding = CONTAINING_RECORD(link, BINDING, Link);
        if (Named(binding, Control))
            found = binding;
    }
    if (found != NULL && found != Control->Port->Binding) {
        *Before = Control->Port->Binding;
        if (*Before != NULL)
            (*Before)->References++;
        Control->Port->Binding = found;
        Control->Port->Head = Control->Port->Tail;
    }
    if (found != NULL)
        found->References++;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return found;
}

static NTSTATUS Select(PCONTROL Control)
{
    PBINDING before, binding;
    NDIS_STATUS status;

    if (Control->InLength < sizeof(ULONG) || Control->InLength > RAWPORT_NAME_LENGTH * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    binding = Exchange(Control, &before);
    if (binding == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    status = OidUpdateFilter(binding);
    BindingRelease(binding);
    if (before != NULL) {
        OidUpdateFilter(before);
        BindingRelease(before);
    }
    return StatusOf(status);
}

static NTSTATUS SetFilter(PCONTROL Control)
{
    ULONG before = Control->Port->Filter;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    PBINDING binding;

    if (Control->InLength != sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    Control->Port->Filter = *(PULONG)Control->Buffer;
    binding = BindingOfPort(Control->Port);
    if (binding == NULL)
        return STATUS_SUCCESS;
    status = OidUpdateFilter(binding);
    if (status != NDIS_STATUS_SUCCESS)
        Control->Port->Filter = before;
    BindingRelease(binding);
    return StatusOf(status);
}

static NTSTATUS QueryOid(PCONTROL Control)
{
    PBINDING binding;
    NDIS_STATUS status;
    ULONG done = 0;

    if (Control->InLength != sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    binding = BindingOfPort(Control->Port);
    if (binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    status = OidAsk(binding, NdisRequestQueryInformation, *(PULONG)Control->Buffer, Control->Buffer, Control->OutLength, &done);
    BindingRelease(binding);
    Control->Information = status == NDIS_STATUS_SUCCESS ? done : 0;
    return StatusOf(status);
}

static NTSTATUS SetOid(PCONTROL Control)
{
    PBINDING binding;
    NDIS_STATUS status;

    if (Control->InLength < sizeof(ULONG) || *(PULONG)Control->Buffer == OID_GEN_CURRENT_PACKET_FILTER)
        return STATUS_INVALID_PARAMETER;
    binding = BindingOfPort(Control->Port);
    if (binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    status = OidAsk(binding, NdisRequestSetInformation, *(PULONG)Control->Buffer, (PULONG)Control->Buffer + 1,
                    Control->InLength - sizeof(ULONG), NULL);
    BindingRelease(binding);
    return StatusOf(status);
}

static NTSTATUS Counters(PCONTROL Control)
{
    KIRQL irql;

    if (Control->OutLength < sizeof(RAWPORT_COUNTERS))
        return STATUS_BUFFER_TOO_SMALL;
    KeAcquireSpinLock(&Driver.Lock, &irql);
    *(PRAWPORT_COUNTERS)Control->Buffer = Control->Port->Counters;
    KeReleaseSpinLock(&Driver.Lock, irql);
    Control->Information = sizeof(RAWPORT_COUNTERS);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS ControlCarry(PPORT Port, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength, PULONG_PTR Information)
{
    CONTROL control = { Port, Buffer, InLength, OutLength, 0 };
    NTSTATUS status;

    switch (Code) {
    case IOCTL_RAWPORT_LIST:       status = List(&control); break;
    case IOCTL_RAWPORT_SELECT:     status = Select(&control); break;
    case IOCTL_RAWPORT_SET_FILTER: status = SetFilter(&control); break;
    case IOCTL_RAWPORT_QUERY_OID:  status = QueryOid(&control); break;
    case IOCTL_RAWPORT_SET_OID:    status = SetOid(&control); break;
    case IOCTL_RAWPORT_COUNTERS:   status = Counters(&control); break;
    default:                       status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    *Information = control.Information;
    return status;
}
