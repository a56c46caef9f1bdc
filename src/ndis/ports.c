/* NDIS ports. Port 0, the default one, is there from the start and active unless the miniport controls it; others are allocated
 * (the lowest free number from 1 to 0xffffff), activated and deactivated by events, and freed. docs: network/ndis-ports
 *
 *   unknown --NdisMAllocatePort--> ALLOCATED --NetEventPortActivation--> ACTIVE
 *           <--NdisMFreePort------           <--NetEventPortDeactivation- */
#include "ndis/ports.h"

#include <string.h>

#include "ndis/filter_module.h"
#include "nt/pool.h"

#define PORTS_MAX 0xffffffu
#define TAG NDIS_TAG('N', 'D', 'p', 'o')

static struct ndis_port *port_of(struct adapter *a, NDIS_PORT_NUMBER number)
{
    struct ndis_port *port = !number ? &a->default_port : number <= a->port_room ? &a->ports[number - 1] : NULL;

    return port && port->state != PORT_UNKNOWN ? port : NULL;
}

bool port_is_active(struct adapter *a, NDIS_PORT_NUMBER number)
{
    const struct ndis_port *port = port_of(a, number);

    return port && port->state == PORT_ACTIVE;
}

void port_open(struct adapter *a)
{
    bool controlled = a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;

    a->default_port.state = controlled ? PORT_ALLOCATED : PORT_ACTIVE;
}

void port_close(struct adapter *a, const char *left)
{
    for (NDIS_PORT_NUMBER n = 1; n <= a->port_room; n++)
        if (port_of(a, n))
            NDIS_EMIT(NDIS_EVENT_MISUSE, a, left, NULL);
    if (a->ports)
        pool_free(a->ports, 0, NULL);
    a->ports = NULL;
    a->port_room = a->port_taken = 0;
    a->default_port.state = PORT_UNKNOWN;
}

/* --- allocate and free ----------------------------------------------------------------------------------------------------- */

static void set_characteristics(struct adapter *a, NDIS_PORT_NUMBER number, const NDIS_PORT_CHARACTERISTICS *c)
{
    NDIS_PORT_CHARACTERISTICS *to = &port_of(a, number)->characteristics;

    *to = *c;
    to->PortNumber = number;
    if (!(c->Flags & NDIS_PORT_CHAR_USE_DEFAULT_AUTH_SETTINGS))
        return;
    to->SendControlState = a->port_auth.SendControlState;
    to->RcvControlState = a->port_auth.RcvControlState;
    to->SendAuthorizationState = a->port_auth.SendAuthorizationState;
    to->RcvAuthorizationState = a->port_auth.RcvAuthorizationState;
}

static bool make_room(struct adapter *a)
{
    uint32_t room = a->port_room ? (uint32_t)min_u64(2ull * a->port_room, PORTS_MAX) : 8;
    struct ndis_port *ports = a->port_room < PORTS_MAX ? pool_alloc(NonPagedPoolNx, room * sizeof *ports, TAG, NULL) : NULL;

    if (!ports)
        return false;
    memset(ports, 0, room * sizeof *ports);
    if (a->ports) {
        memcpy(ports, a->ports, a->port_room * sizeof *ports);
        pool_free(a->ports, 0, NULL);
    }
    a->ports = ports;
    a->port_room = room;
    return true;
}

/* Allocates a port and puts its number into the characteristics; it is of use after NetEventPortActivation. PASSIVE_LEVEL.
 * NDIS_STATUS_INVALID_DATA, _RESOURCES, _CLOSING. docs: ndis/nf-ndis-ndismallocateport */
NDIS_STATUS NTAPI NdisMAllocatePort(NDIS_HANDLE NdisMiniportHandle, PNDIS_PORT_CHARACTERISTICS PortCharacteristics)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    PNDIS_PORT_CHARACTERISTICS c = PortCharacteristics;
    NDIS_PORT_NUMBER number = a->port_taken + 1;

    if (c->Header.Type != NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS ||
        c->Header.Size < NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 || !a->has_registration)
        return NDIS_STATUS_INVALID_DATA;
    if (a->halting || a->surprise_removed)
        return NDIS_STATUS_CLOSING;
    while (port_of(a, number))
        number++;
    if (number > a->port_room && !make_room(a))
        return NDIS_STATUS_RESOURCES;
    a->port_taken = number;
    a->ports[number - 1].state = PORT_ALLOCATED;
    set_characteristics(a, number, c);
    c->PortNumber = number;
    return NDIS_STATUS_SUCCESS;
}

/* Frees an allocated port that is not active. PASSIVE_LEVEL. NDIS_STATUS_INVALID_PORT (also for the default port),
 * _INVALID_PORT_STATE. docs: ndis/nf-ndis-ndismfreeport */
NDIS_STATUS NTAPI NdisMFreePort(NDIS_HANDLE NdisMiniportHandle, NDIS_PORT_NUMBER PortNumber)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);
    struct ndis_port *port = port_of(a, PortNumber);

    if (!port || PortNumber == NDIS_DEFAULT_PORT_NUMBER)
        return NDIS_STATUS_INVALID_PORT;
    if (port->state == PORT_ACTIVE)
        return NDIS_STATUS_INVALID_PORT_STATE;
    port->state = PORT_UNKNOWN;
    a->port_taken = (uint32_t)min_u64(a->port_taken, PortNumber - 1);
    return NDIS_STATUS_SUCCESS;
}

/* --- activate and deactivate ------------------------------------------------------------------------------------------------- */

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
        NDIS_PORT_NUMBER number = p->PortCharacteristics.PortNumber;

        port_of(a, number)->state = PORT_ACTIVE;
        set_characteristics(a, number, &p->PortCharacteristics);
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

/* Bindings come and go with the default port of a miniport that controls it, in a stack that is paused meanwhile. */
static VOID NTAPI follow_default_port(PVOID context)
{
    struct adapter *a = context;
    bool active;

    adapter_lock(a);
    a->port_queued = false;
    active = port_is_active(a, NDIS_DEFAULT_PORT_NUMBER);
    if ((a->state == ADAPTER_RUNNING || a->state == ADAPTER_PAUSED) && active == list_empty(&a->bindings)) {
        adapter_pause(a, active ? NDIS_PAUSE_BIND_PROTOCOL : NDIS_PAUSE_UNBIND_PROTOCOL);
        if (active)
            bindings_create(a);
        else
            bindings_remove(a);
        if (!a->low_power)
            adapter_restart(a);
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

static NDIS_PORT_CHARACTERISTICS characteristics_of(struct adapter *a, NDIS_PORT_NUMBER number)
{
    return number ? port_of(a, number)->characteristics : default_port(a);
}

static uint32_t count_active(struct adapter *a)
{
    uint32_t count = 0;

    for (NDIS_PORT_NUMBER n = 0; n <= a->port_room; n++)
        count += port_is_active(a, n);
    return count;
}

PNDIS_PORT port_list(struct adapter *a)
{
    uint32_t count = count_active(a), at = 0;
    PNDIS_PORT list = count ? pool_alloc(NonPagedPoolNx, count * sizeof *list, TAG, NULL) : NULL;

    for (NDIS_PORT_NUMBER n = 0; list && at < count; n++) {
        if (!port_is_active(a, n))
            continue;
        list[at] = (NDIS_PORT){ .Next = at + 1 < count ? &list[at + 1] : NULL, .PortCharacteristics = characteristics_of(a, n) };
        at++;
    }
    return list;
}

NDIS_STATUS port_enumerate(struct adapter *a, PNDIS_OID_REQUEST request)
{
    const uint32_t count = count_active(a), size = (uint32_t)(offsetof(NDIS_PORT_ARRAY, Ports) + count * sizeof(NDIS_PORT_CHARACTERISTICS));
    PNDIS_PORT_ARRAY answer = pool_alloc(NonPagedPoolNx, size, TAG, NULL);
    uint32_t at = 0;

    if (!answer)
        return NDIS_STATUS_RESOURCES;
    answer->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_ARRAY_REVISION_1, sizeof(NDIS_PORT_ARRAY) };
    answer->NumberOfPorts = count;
    answer->OffsetFirstPort = offsetof(NDIS_PORT_ARRAY, Ports);
    answer->ElementSize = sizeof(NDIS_PORT_CHARACTERISTICS);
    for (NDIS_PORT_NUMBER n = 0; at < count; n++)
        if (port_is_active(a, n))
            answer->Ports[at++] = characteristics_of(a, n);
    NDIS_STATUS status = oid_reply(request, answer, size);
    pool_free(answer, 0, NULL);
    return status;
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
    c = characteristics_of(a, number);
    NDIS_PORT_STATE state = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PORT_STATE_REVISION_1, NDIS_SIZEOF_PORT_STATE_REVISION_1 },
        .MediaConnectState = c.MediaConnectState, .XmitLinkSpeed = c.XmitLinkSpeed, .RcvLinkSpeed = c.RcvLinkSpeed,
        .Direction = c.Direction, .SendControlState = c.SendControlState, .RcvControlState = c.RcvControlState,
        .SendAuthorizationState = c.SendAuthorizationState, .RcvAuthorizationState = c.RcvAuthorizationState,
    };
    return oid_reply(request, &state, sizeof state);
}
