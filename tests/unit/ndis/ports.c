/* Ports beyond the default one. docs: network/ndis-ports */
#include "fake.h"

#include "ndis/event.h"

static NET_PNP_EVENT_CODE last_event;
static unsigned events;
static NDIS_PORT_NUMBER last_port;

static void event(const NET_PNP_EVENT *e)
{
    if (e->NetEvent != NetEventPortActivation && e->NetEvent != NetEventPortDeactivation)
        return;
    events++;
    last_event = e->NetEvent;
    last_port = e->NetEvent == NetEventPortActivation ? ((PNDIS_PORT)e->Buffer)->PortCharacteristics.PortNumber
                                                     : *(PNDIS_PORT_NUMBER)e->Buffer;
}

static NDIS_PORT_CHARACTERISTICS characteristics(void)
{
    return (NDIS_PORT_CHARACTERISTICS){
        .Header = { NDIS_OBJECT_TYPE_PORT_CHARACTERISTICS, NDIS_PORT_CHARACTERISTICS_REVISION_1,
                    NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 },
        .Type = NdisPortTypeBridge,
        .MediaConnectState = MediaConnectStateConnected,
        .XmitLinkSpeed = 123,
    };
}

static NDIS_STATUS tell(NET_PNP_EVENT_CODE code, void *buffer, ULONG length)
{
    NET_PNP_EVENT_NOTIFICATION n = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1,
                    NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1 },
        .NetPnPEvent = { .NetEvent = code, .Buffer = buffer, .BufferLength = length },
    };

    return NdisMNetPnPEvent(mp.adapter, &n);
}

static NDIS_STATUS activate(NDIS_PORT_CHARACTERISTICS c)
{
    NDIS_PORT port = { .PortCharacteristics = c };

    return tell(NetEventPortActivation, &port, sizeof port);
}

static NDIS_STATUS deactivate(NDIS_PORT_NUMBER number)
{
    return tell(NetEventPortDeactivation, &number, sizeof number);
}

static unsigned active_ports(PNDIS_PORT_CHARACTERISTICS last)
{
    uint8_t buffer[4096];
    PNDIS_PORT_ARRAY ports = (PNDIS_PORT_ARRAY)buffer;
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation,
        .DATA.QUERY_INFORMATION = { OID_GEN_ENUMERATE_PORTS, buffer, sizeof buffer, 0, 0 },
    };

    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ports->ElementSize, sizeof(NDIS_PORT_CHARACTERISTICS));
    *last = *(PNDIS_PORT_CHARACTERISTICS)(buffer + ports->OffsetFirstPort + (ports->NumberOfPorts - 1) * ports->ElementSize);
    return (unsigned)ports->NumberOfPorts;
}

static void send_to(NDIS_PORT_NUMBER port)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisSendNetBufferLists(pr.binding, nbl, port, 0);
}

static void states(void *unused)
{
    NDIS_PORT_CHARACTERISTICS first = characteristics(), second = first, seen;

    pr.on_event = event;
    events = 0;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(NdisMAllocatePort(mp.adapter, &first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMAllocatePort(mp.adapter, &second), NDIS_STATUS_SUCCESS);
    CHECK(first.PortNumber && second.PortNumber && first.PortNumber != second.PortNumber);
    CHECK_EQ(active_ports(&seen), 1);   /* the default one; allocated ones are not shown */
    send_to(first.PortNumber);
    CHECK_EQ(pr.last_status, NDIS_STATUS_INVALID_PORT);

    CHECK_EQ(deactivate(first.PortNumber), NDIS_STATUS_INVALID_PORT_STATE);
    CHECK_EQ(activate(first), NDIS_STATUS_SUCCESS);
    CHECK(events == 1 && last_event == NetEventPortActivation && last_port == first.PortNumber);
    CHECK_EQ(activate(first), NDIS_STATUS_INVALID_PORT_STATE);
    CHECK_EQ(events, 1);
    CHECK_EQ(active_ports(&seen), 2);
    CHECK(seen.PortNumber == first.PortNumber && seen.XmitLinkSpeed == 123 && seen.Type == NdisPortTypeBridge);
    send_to(first.PortNumber);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);

    CHECK_EQ(NdisMFreePort(mp.adapter, first.PortNumber), NDIS_STATUS_INVALID_PORT_STATE);
    CHECK_EQ(deactivate(first.PortNumber), NDIS_STATUS_SUCCESS);
    CHECK(events == 2 && last_event == NetEventPortDeactivation && last_port == first.PortNumber);
    CHECK_EQ(NdisMFreePort(mp.adapter, first.PortNumber), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMFreePort(mp.adapter, first.PortNumber), NDIS_STATUS_INVALID_PORT);
    CHECK_EQ(NdisMFreePort(mp.adapter, NDIS_DEFAULT_PORT_NUMBER), NDIS_STATUS_INVALID_PORT);
    CHECK_EQ(activate(first), NDIS_STATUS_INVALID_PORT);
    CHECK_EQ(tell(NetEventPortDeactivation, NULL, 0), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisMFreePort(mp.adapter, second.PortNumber), NDIS_STATUS_SUCCESS);
    second.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    CHECK_EQ(NdisMAllocatePort(mp.adapter, &second), NDIS_STATUS_INVALID_DATA);
    unplug_fake();
    deregister_protocol();
}

TEST(a_port_is_allocated_activated_deactivated_and_freed)
{
    on_a_computer(states, 1);
}

static void default_port(void *unused)
{
    NDIS_PORT_CHARACTERISTICS c = characteristics();

    mp.attributes = NDIS_MINIPORT_ATTRIBUTES_CONTROLS_DEFAULT_PORT;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_STR(pr.journal, "");          /* nobody is bound before the port is active */
    c.PortNumber = NDIS_DEFAULT_PORT_NUMBER;
    CHECK_EQ(activate(c), NDIS_STATUS_SUCCESS);
    sleep_ms(10);
    CHECK_STR(pr.journal, "br");
    CHECK_EQ(deactivate(NDIS_DEFAULT_PORT_NUMBER), NDIS_STATUS_SUCCESS);
    sleep_ms(10);
    CHECK_STR(pr.journal, "brpu");
    CHECK_EQ(activate(c), NDIS_STATUS_SUCCESS);
    sleep_ms(10);
    CHECK_STR(pr.journal, "brpubr");
    CHECK_STR(mp.journal, "irprprpr");  /* a stack is paused while bindings come and go */
    unplug_fake();
    deregister_protocol();
}

TEST(a_miniport_may_control_when_it_is_bound)
{
    on_a_computer(default_port, 1);
}

/* --- many ------------------------------------------------------------------------------------------------------------ */

#define MANY 300u

static NDIS_PORT ports[MANY];
static unsigned listed;

static void count_ports(const NDIS_BIND_PARAMETERS *p)
{
    listed = 0;
    for (PNDIS_PORT port = p->ActivePorts; port; port = port->Next)
        CHECK_EQ(port->PortCharacteristics.PortNumber, listed++);
}

static unsigned misuses;

static void count_misuse(const struct ndis_event *event)
{
    misuses++;
}

static void indicate_on(NDIS_PORT_NUMBER port)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisMIndicateReceiveNetBufferLists(mp.adapter, nbl, port, 1, 0);
}

static void many(void *unused)
{
    NDIS_PORT_NUMBER numbers[MANY];
    NDIS_LINK_STATE link;
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestQueryInformation, .PortNumber = 0xdeadbeef,
        .DATA.QUERY_INFORMATION = { .Oid = OID_GEN_LINK_STATE, .InformationBuffer = &link, .InformationBufferLength = sizeof link },
    };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    for (unsigned i = 0; i < MANY; i++) {
        ports[i] = (NDIS_PORT){ .Next = i + 1 < MANY ? &ports[i + 1] : NULL, .PortCharacteristics = characteristics() };
        CHECK_EQ(NdisMAllocatePort(mp.adapter, &ports[i].PortCharacteristics), NDIS_STATUS_SUCCESS);
        CHECK_EQ(ports[i].PortCharacteristics.PortNumber, i + 1);
        numbers[i] = i + 1;
    }
    CHECK_EQ(NdisMFreePort(mp.adapter, 7), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMFreePort(mp.adapter, 5), NDIS_STATUS_SUCCESS);
    for (unsigned n = 5; n <= 7; n += 2) {      /* the lowest free number is the next one */
        CHECK_EQ(NdisMAllocatePort(mp.adapter, &ports[n - 1].PortCharacteristics), NDIS_STATUS_SUCCESS);
        CHECK_EQ(ports[n - 1].PortCharacteristics.PortNumber, n);
    }
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);      /* drivers are around that leave PortNumber as it was */
    ndis_event_sink = count_misuse;
    ndis_event_mask = 1u << NDIS_EVENT_MISUSE;
    misuses = 0;
    indicate_on(7);
    CHECK(misuses == 1 && pr.received == 0 && mp.returned == 1);
    ndis_event_mask = 0;
    CHECK_EQ(tell(NetEventPortActivation, ports, sizeof ports), NDIS_STATUS_SUCCESS);
    NdisDeregisterProtocolDriver(pr.protocol);
    NdisFreeNetBufferListPool(pr.pool);
    pr.on_bind = count_ports;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    CHECK_EQ(listed, 1 + MANY);         /* a protocol that comes later learns of them when it binds */
    send_to(MANY);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(tell(NetEventPortDeactivation, numbers, sizeof numbers), NDIS_STATUS_SUCCESS);
    for (unsigned i = 0; i < MANY; i++)
        CHECK_EQ(NdisMFreePort(mp.adapter, i + 1), NDIS_STATUS_SUCCESS);
    unplug_fake();
    deregister_protocol();
}

TEST(an_adapter_may_have_hundreds_of_ports_that_protocols_learn_of_when_they_bind)
{
    on_a_computer(many, 1);
}
