/* NDIS ports. Port 0, the default one, is there from the start and active unless the miniport controls it; others are allocated
 * (1 to NDIS_PORTS_MAX), activated and deactivated by events, and freed. docs: network/ndis-ports
 *
 *   unknown --NdisMAllocatePort--> ALLOCATED --NetEventPortActivation--> ACTIVE
 *           <--NdisMFreePort------           <--NetEventPortDeactivation- */
#include "ndis/ports.h"

#include <string.h>

#include "ndis/filter_module.h"

static struct ndis_port *port_of(struct adapter *a, NDIS_PORT_NUMBER number)
{
    return number <= NDIS_PORTS_MAX && a->ports[number].state != PORT_UNKNOWN ? &a->ports[number] : NULL;
}

bool port_is_active(struct adapter *a, NDIS_PORT_NUMBER number)
{
    const struct ndis_port *port = port_of(a, number);

    return port && port->state == PORT_ACTIVE;
}

void port_open(struct adapter *a)
{
    bool controlled = a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;

    a->ports[0].state = controlled ? PORT_ALLOCATED : PORT_ACTIVE;
}

void port_close(struct adapter *a)
{
    for (unsigned n = 1; n <= NDIS_PORTS_MAX; n++)
        if (a->ports[n].state != PORT_UNKNOWN) {
            NDIS_EMIT(NDIS_EVENT_MISUSE, a, "MiniportHaltEx returned and an NDIS port is still allocated", NULL);
            a->ports[n].state = PORT_UNKNOWN;
        }
    a->ports[0].state = PORT_UNKNOWN;
}

/* --- allocate and free ----------------------------------------------------------------------------------------------------- */

/* Allocates a port and puts its number into the characteristics; it is of use after NetEventPortActivation. PASSIVE_LEVEL.
 * NDIS_STATUS_INVALID_DATA, _RESOURCES, _CLOSING. docs: ndis/nf-ndis-ndismallocateport */
NDIS_STATUS NTAPI NdisMAllocatePort(NDIS_HANDLE NdisMiniportHandle, PNDIS_PORT_CHARACTERISTICS PortCharacteristics)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    PNDIS_PORT_CHARACTERISTICS c = PortCharacteristics;

    if (c->Header.Type != NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS ||
        c->Header.Size < NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 || !a->has_registration)
        return NDIS_STATUS_INVALID_DATA;
    if (a->halting || a->surprise_removed)
        return NDIS_STATUS_CLOSING;
    for (unsigned n = 1; n <= NDIS_PORTS_MAX; n++) {
        if (a->ports[n].state != PORT_UNKNOWN)
            continue;
        c->PortNumber = n;
        a->ports[n] = (struct ndis_port){ .state = PORT_ALLOCATED, .characteristics = *c };
        return NDIS_STATUS_SUCCESS;
    }
    return NDIS_STATUS_RESOURCES;
}

/* Frees an allocated port that is not active. PASSIVE_LEVEL. NDIS_STATUS_INVALID_PORT (also for the default port),
 * _INVALID_PORT_STATE. docs: ndis/nf-ndis-ndismfreeport */
NDIS_STATUS NTAPI NdisMFreePort(NDIS_HANDLE NdisMiniportHandle, NDIS_PORT_NUMBER PortNumber)
{
    struct ndis_port *port = port_of(ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER), PortNumber);

    if (!port || PortNumber == NDIS_DEFAULT_PORT_NUMBER)
        return NDIS_STATUS_INVALID_PORT;
    if (port->state == PORT_ACTIVE)
        return NDIS_STATUS_INVALID_PORT_STATE;
    port->state = PORT_UNKNOWN;
    return NDIS_STATUS_SUCCESS;
}

/* --- activate and deactivate ------------------------------------------------------------------------------------------------- */

static void take_characteristics(struct adapter *a, struct ndis_port *port, const NDIS_PORT_CHARACTERISTICS *c)
{
    NDIS_PORT_NUMBER number = (NDIS_PORT_NUMBER)(port - a->ports);

    port->characteristics = *c;
    port->characteristics.PortNumber = number;
    if (!(c->Flags & NDIS_PORT_CHAR_USE_DEFAULT_AUTH_SETTINGS))
        return;
    port->characteristics.SendControlState = a->port_auth.SendControlState;
    port->characteristics.RcvControlState = a->port_auth.RcvControlState;
    port->characteristics.SendAuthorizationState = a->port_auth.SendAuthorizationState;
    port->characteristics.RcvAuthorizationState = a->port_auth.RcvAuthorizationState;
}

static NDIS_STATUS check_state(struct adapter *a, NDIS_PORT_NUMBER number, enum ndis_port_state state, bool alone)
{
    const struct ndis_port *port = port_of(a, number);

    if (!port || (number == NDIS_DEFAULT_PORT_NUMBER && !alone))
        return NDIS_STATUS_INVALID_PORT;
    return port->state == state ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PORT_STATE;
}

static NDIS_STATUS activate(struct adapter *a, PNDIS_PORT ports)
{
    if (!ports)
        return NDIS_STATUS_INVALID_PARAMETER;
    for (PNDIS_PORT p = ports; p; p = p->Next) {
        NDIS_STATUS status = check_state(a, p->PortCharacteristics.PortNumber, PORT_ALLOCATED, p == ports && !p->Next);

        if (status != NDIS_STATUS_SUCCESS)
            return status;
    }
    for (PNDIS_PORT p = ports; p; p = p->Next) {
        struct ndis_port *port = port_of(a, p->PortCharacteristics.PortNumber);

        port->state = PORT_ACTIVE;
        take_characteristics(a, port, &p->PortCharacteristics);
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS deactivate(struct adapter *a, const NDIS_PORT_NUMBER *numbers, ULONG length)
{
    ULONG count = length / sizeof *numbers;

    if (!numbers || !count)
        return NDIS_STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++) {
        NDIS_STATUS status = check_state(a, numbers[i], PORT_ACTIVE, count == 1);

        if (status != NDIS_STATUS_SUCCESS)
            return status;
    }
    for (ULONG i = 0; i < count; i++)
        port_of(a, numbers[i])->state = PORT_ALLOCATED;
    return NDIS_STATUS_SUCCESS;
}

/* Bindings come and go with the default port of a miniport that controls it, once that runs; before, at its first restart. */
static VOID NTAPI follow_default_port(PVOID context)
{
    struct adapter *a = context;

    adapter_lock(a);
    a->port_queued = false;
    if (a->ports[0].state != PORT_ACTIVE) {
        bindings_remove(a);
    } else if (a->state == ADAPTER_RUNNING && list_empty(&a->bindings)) {
        bindings_create(a);
        list_each_safe(it, &a->bindings)
            binding_restart(container_of(it, struct binding, node), NULL);
        adapter_pick_receive_path(a);
    }
    adapter_unlock(a);
}

void port_init(struct adapter *a)
{
    ExInitializeWorkItem(&a->port_work, follow_default_port, a);
}

static void default_port_changed(struct adapter *a)
{
    if (a->port_queued)
        return;
    a->port_queued = true;
    ExQueueWorkItem(&a->port_work, DelayedWorkQueue);
}

bool port_event(struct adapter *a, const NET_PNP_EVENT *event, NDIS_STATUS *status)
{
    if (event->NetEvent == NetEventPortActivation)
        *status = activate(a, event->Buffer);
    else if (event->NetEvent == NetEventPortDeactivation)
        *status = deactivate(a, event->Buffer, event->BufferLength);
    else
        return false;
    bool default_port = *status == NDIS_STATUS_SUCCESS && event->NetEvent == NetEventPortActivation
                            ? ((PNDIS_PORT)event->Buffer)->PortCharacteristics.PortNumber == NDIS_DEFAULT_PORT_NUMBER
                            : *status == NDIS_STATUS_SUCCESS && *(PNDIS_PORT_NUMBER)event->Buffer == NDIS_DEFAULT_PORT_NUMBER;
    if (default_port)
        default_port_changed(a);
    return true;
}

/* --- enumerate ----------------------------------------------------------------------------------------------------------------- */

static NDIS_PORT_CHARACTERISTICS default_port(const struct adapter *a)
{
    return (NDIS_PORT_CHARACTERISTICS){
        .Header = { NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS, NDIS_PORT_CHARACTERISTICS_REVISION_1,
                    NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 },
        .MediaConnectState = a->link.MediaConnectState,
        .XmitLinkSpeed = a->link.XmitLinkSpeed,
        .RcvLinkSpeed = a->link.RcvLinkSpeed,
        .Direction = a->general.DirectionType,
        .SendControlState = a->port_auth.SendControlState,
        .RcvControlState = a->port_auth.RcvControlState,
        .SendAuthorizationState = a->port_auth.SendAuthorizationState,
        .RcvAuthorizationState = a->port_auth.RcvAuthorizationState,
    };
}

NDIS_STATUS port_enumerate(struct adapter *a, PNDIS_OID_REQUEST request)
{
    struct {
        NDIS_PORT_ARRAY head;
        NDIS_PORT_CHARACTERISTICS rest[NDIS_PORTS_MAX];
    } answer = {
        .head = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_ARRAY_REVISION_1, sizeof(NDIS_PORT_ARRAY) },
                  .OffsetFirstPort = offsetof(NDIS_PORT_ARRAY, Ports), .ElementSize = sizeof(NDIS_PORT_CHARACTERISTICS) },
    };
    unsigned count = 0;

    for (unsigned n = 0; n <= NDIS_PORTS_MAX; n++) {
        NDIS_PORT_CHARACTERISTICS *to = count ? &answer.rest[count - 1] : &answer.head.Ports[0];

        if (a->ports[n].state != PORT_ACTIVE)
            continue;
        *to = n ? a->ports[n].characteristics : default_port(a);
        count++;
    }
    answer.head.NumberOfPorts = count;
    return oid_reply(request, &answer, (uint32_t)(offsetof(NDIS_PORT_ARRAY, Ports) + count * sizeof(NDIS_PORT_CHARACTERISTICS)));
}

void port_keep_state(struct adapter *a, NDIS_PORT_NUMBER number, const NDIS_PORT_STATE *state)
{
    struct ndis_port *port = port_of(a, number);

    if (!port || !number)
        return;
    port->characteristics.MediaConnectState = state->MediaConnectState;
    port->characteristics.XmitLinkSpeed = state->XmitLinkSpeed;
    port->characteristics.RcvLinkSpeed = state->RcvLinkSpeed;
    port->characteristics.Direction = state->Direction;
    port->characteristics.SendControlState = state->SendControlState;
    port->characteristics.RcvControlState = state->RcvControlState;
    port->characteristics.SendAuthorizationState = state->SendAuthorizationState;
    port->characteristics.RcvAuthorizationState = state->RcvAuthorizationState;
}

NDIS_STATUS port_reply_state(struct adapter *a, PNDIS_OID_REQUEST request)
{
    NDIS_PORT_NUMBER number = request->PortNumber;
    NDIS_PORT_CHARACTERISTICS c;

    if (!port_is_active(a, number))
        return NDIS_STATUS_INVALID_PORT;
    c = number ? port_of(a, number)->characteristics : default_port(a);
    NDIS_PORT_STATE state = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_STATE_REVISION_1, NDIS_SIZEOF_PORT_STATE_REVISION_1 },
        .MediaConnectState = c.MediaConnectState, .XmitLinkSpeed = c.XmitLinkSpeed, .RcvLinkSpeed = c.RcvLinkSpeed,
        .Direction = c.Direction, .SendControlState = c.SendControlState, .RcvControlState = c.RcvControlState,
        .SendAuthorizationState = c.SendAuthorizationState, .RcvAuthorizationState = c.RcvAuthorizationState,
    };
    return oid_reply(request, &state, sizeof state);
}
