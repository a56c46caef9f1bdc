/* IP packets at endpoints of every kind. One computer without a card takes all inputs; packets come by the loopback
 * interface from raw endpoints. The input is a list of orders: a byte that says what, then its fields; missing bytes are 0.
 *
 *   0       time passes: 1 byte, in units of 100 ms
 *   1, 2    a TCP segment over IPv4, IPv6: length, whose (a connection that is there, or a port of 7, 8, 9), flags, how far its
 *           numbers are from what is expected, options
 *   3       a raw IPv4 packet: protocol, fragment field, identification, length
 *   4       an IPv6 fragment: the fragment header, length
 *   5, 6    an ICMP message, an ICMPv6 message with hop limit 255: length, bytes
 *   7       our side: connects to itself, sends, shuts down, closes or resets a connection */
#include <arpa/inet.h>
#include <string.h>

#include "machine/machine.h"
#include "tcpip/tcp_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 8 };

struct input {
    const uint8_t *at, *end;
};

static struct tcpip_datagram *raw4, *raw6[3], *udp;
static struct tcpip_tcp *connections[CONNECTIONS];
static unsigned count;
static uint8_t packet[2048];

static uint8_t byte(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static size_t bytes(struct input *in, uint8_t *to, size_t size)
{
    size_t there = (size_t)(in->end - in->at);

    memset(to, 0, size);
    memcpy(to, in->at, size < there ? size : there);
    in->at += size < there ? size : there;
    return size;
}

/* --- endpoints ------------------------------------------------------------------------------------------------- */

static void received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *data)
{
    if (!data)
        return;
    tcpip_tcp_consumed(tcp, tcpip_packet_size(data));
    tcpip_packet_free(data);
}

static void failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    for (unsigned n = 0; n < CONNECTIONS; n++)
        if (connections[n] == tcp)
            connections[n] = NULL;
    tcpip_tcp_close(tcp);
}

static bool accepted(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *tcp)
{
    struct tcpip_tcp **slot = &connections[count++ % CONNECTIONS];

    if (*slot)
        tcpip_tcp_close(*slot);
    *slot = tcp;
    return true;
}

static void asked(struct tcpip_tcp *listener, void *context, const struct tcpip_syn *syn)
{
    if (syn->id % 4 < 3)
        tcpip_tcp_decide(listener, syn->id, (enum tcpip_verdict)(syn->id % 4));
}

static const struct tcpip_tcp_events events = { .received = received, .failed = failed, .accepted = accepted, .asked = asked };

static void datagram(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *data)
{
    tcpip_packet_free(data);
}

static void listen_on(uint16_t port, bool conditional)
{
    struct tcpip_address any = { .family = 6, .port = port };
    struct tcpip_tcp *tcp;

    tcpip_tcp_create(0, &events, NULL, &tcp);
    tcpip_tcp_bind(tcp, &any, TCPIP_SHARE_DEFAULT);
    tcpip_tcp_listen(tcp, 4, conditional);
}

static void open_endpoints(void *argument)
{
    struct tcpip_address any = { .family = 6, .port = 9 };

    listen_on(7, false);
    listen_on(8, true);
    tcpip_datagram_create(0, 17, datagram, NULL, NULL, &udp);
    tcpip_datagram_bind(udp, &any, TCPIP_SHARE_DEFAULT);
    tcpip_datagram_create(4, 253, datagram, NULL, NULL, &raw4);
    tcpip_datagram_set_header_included(raw4, true);
    tcpip_datagram_create(6, 6, datagram, NULL, NULL, &raw6[0]);
    tcpip_datagram_create(6, 44, datagram, NULL, NULL, &raw6[1]);
    tcpip_datagram_create(6, 58, datagram, NULL, NULL, &raw6[2]);
    struct tcpip_ip_options options;
    tcpip_datagram_get_options(raw6[2], &options);
    options.ttl = 255;
    tcpip_datagram_set_options(raw6[2], &options);
}

/* --- packets --------------------------------------------------------------------------------------------------------- */

static void send_to_us(struct tcpip_datagram *d, uint8_t family, const void *data, size_t size)
{
    struct tcpip_address to = { .family = family };
    struct iovec part = { (void *)data, size };

    if (family == 4)
        to.bytes[0] = 127;
    to.bytes[family == 4 ? 3 : 15] = 1;
    tcpip_datagram_send(d, &to, &part, 1, NULL, NULL);
}

static uint32_t add(uint32_t sum, const uint8_t *b, size_t size)
{
    for (size_t n = 0; n < size; n++)
        sum += n & 1 ? b[n] : (uint32_t)b[n] << 8;
    return sum;
}

static void put_sum(uint8_t *at, uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

static void ipv4(uint8_t protocol, unsigned fragment, uint8_t id, size_t payload)
{
    uint8_t header[20] = { 0x45, 0, 0, 0, 0, id, (uint8_t)(fragment >> 8), (uint8_t)fragment, 64, protocol, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1 };

    memcpy(packet, header, 20);
    send_to_us(raw4, 4, packet, 20 + payload);
}

/* Ports and numbers as the connection expects them, or nearly. */
static void aim(struct input *in, uint8_t *h)
{
    static const int32_t far[] = { 0, 0, 0, 1, -1, 2, 100, -100, 1460, 65535, 1 << 30, INT32_MIN };
    unsigned which = byte(in);
    struct tcpip_tcp *tcp = connections[which % CONNECTIONS];
    uint32_t sequence = (uint32_t)far[byte(in) % 12], acknowledged = (uint32_t)far[byte(in) % 12];
    uint16_t ports[2] = { htons((uint16_t)(50000 + which)), htons((uint16_t)(7 + which % 3)) };

    if (tcp && tcp->pcb) {
        ports[0] = htons(tcp->remote_port);
        ports[1] = htons(tcp->local_port);
        sequence += tcp->pcb->rcv_nxt;
        acknowledged += tcp->pcb->snd_nxt;
    }
    sequence = htonl(sequence);
    acknowledged = htonl(acknowledged);
    memcpy(h, ports, 4);
    memcpy(h + 4, &sequence, 4);
    memcpy(h + 8, &acknowledged, 4);
}

static void segment(struct input *in, bool six)
{
    uint8_t *h = packet + 20, pseudo[36] = { [35] = 6 };
    size_t size = 20 + byte(in) * 4u;

    memset(h, 0, size);
    aim(in, h);
    h[13] = byte(in) & 63;
    h[12] = (uint8_t)((5 + byte(in) % 4) << 4);
    h[14] = byte(in);
    if (size > 24)
        bytes(in, h + 20, 4);
    if (six) {
        pseudo[15] = pseudo[31] = 1;
    } else {
        pseudo[12] = pseudo[16] = 127;
        pseudo[15] = pseudo[19] = 1;
    }
    put_sum(h + 16, add(add(0, pseudo, 36) + (uint32_t)size, h, size));
    if (six)
        send_to_us(raw6[0], 6, h, size);
    else
        ipv4(6, 0, 0, size);
}

static void connect_to_us(struct tcpip_tcp **slot, uint8_t family)
{
    struct tcpip_address to = { .family = family, .port = 7 };

    to.bytes[0] = family == 4 ? 127 : 0;
    to.bytes[family == 4 ? 3 : 15] = 1;
    if (tcpip_tcp_create(family, &events, NULL, slot) == STATUS_SUCCESS && tcpip_tcp_connect(*slot, &to) != STATUS_PENDING) {
        tcpip_tcp_close(*slot);
        *slot = NULL;
    }
}

static void our_side(struct input *in)
{
    struct tcpip_tcp **slot = &connections[byte(in) % CONNECTIONS], *tcp = *slot;

    if (!tcp) {
        connect_to_us(slot, byte(in) % 2 ? 4 : 6);
        return;
    }
    switch (byte(in) % 4) {
    case 0: tcpip_tcp_send(tcp, packet, byte(in) * 8u, 0); return;
    case 1: tcpip_tcp_shutdown(tcp); return;
    case 2: *slot = NULL; tcpip_tcp_close(tcp); return;
    default: *slot = NULL; tcpip_tcp_abort(tcp);
    }
}

static void icmp(struct input *in)
{
    uint8_t *m = packet + 20;
    size_t size = bytes(in, m, 8 + byte(in) % 64u);

    m[2] = m[3] = 0;
    put_sum(m + 2, add(0, m, size));
    ipv4(1, 0, 0, size);
}

static void wait(unsigned ms)
{
    LARGE_INTEGER time = { .QuadPart = -(int64_t)ms * 10000 };

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static void obey(struct input *in)
{
    unsigned fragment;

    switch (byte(in) % 8) {
    case 0: wait(byte(in) * 100u); return;
    case 1: segment(in, false); return;
    case 2: segment(in, true); return;
    case 3:
        fragment = byte(in) << 8;
        fragment |= byte(in);
        ipv4(byte(in), fragment & 0x3fff, byte(in) % 4, bytes(in, packet + 20, byte(in)));
        return;
    case 4: send_to_us(raw6[1], 6, packet, bytes(in, packet, 8u + byte(in))); return;
    case 5: icmp(in); return;
    case 6: send_to_us(raw6[2], 6, packet, bytes(in, packet, 4u + byte(in) % 128)); return;
    default: our_side(in);
    }
}

static void run_input(void *argument)
{
    struct input *in = argument;

    for (unsigned n = 0; in->at < in->end && n < 64; n++) {
        obey(in);
        if (n % 4 == 3)
            wait(1);
    }
    wait(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ring3_computer *computer;
    struct input input = { data, data + size };

    if (!computer) {
        struct ring3_config config;
        ring3_config_init(&config);
        config.clock = RING3_CLOCK_VIRTUAL;
        config.memory = 64u << 20;
        config.cpus = 1;
        config.log = RING3_LOG_ERROR;
        if (!(computer = ring3_open(&config)) || !machine_call(open_endpoints, NULL))
            __builtin_trap();
    }
    if (!machine_call(run_input, &input))
        __builtin_trap();
    return 0;
}
