/* A datagram endpoint that writes down what it gets, for scripts. */
#ifndef TESTS_SINK_H
#define TESTS_SINK_H

#include "script.h"

struct sink {
    struct tcpip_datagram *d;
    unsigned count, errors;
    size_t size;
    struct tcpip_received how;
    uint8_t bytes[66000];
    NTSTATUS status;
    struct tcpip_address about;
    bool close_other;
    struct sink *other;
};

static inline void sink_received(struct tcpip_datagram *d, void *context, const struct tcpip_received *how, struct tcpip_packet *packet)
{
    struct sink *k = context;
    struct iovec parts[TCPIP_PACKET_PARTS];
    unsigned count = tcpip_packet_parts(packet, parts, TCPIP_PACKET_PARTS);

    CHECK(count <= TCPIP_PACKET_PARTS);
    k->count++;
    k->how = *how;
    k->size = 0;
    for (unsigned n = 0; n < count; n++) {
        CHECK(ram_contains(parts[n].iov_base));         /* an MDL can describe it */
        memcpy(k->bytes + k->size, parts[n].iov_base, parts[n].iov_len);
        k->size += parts[n].iov_len;
    }
    CHECK_EQ(k->size, tcpip_packet_size(packet));
    tcpip_packet_free(packet);
    if (k->close_other && k->other->d) {
        tcpip_datagram_close(k->other->d);
        k->other->d = NULL;
    }
}

static inline void sink_failed(struct tcpip_datagram *d, void *context, const struct tcpip_address *to, NTSTATUS status)
{
    struct sink *k = context;

    k->errors++;
    k->status = status;
    k->about = *to;
}

static inline struct sink *open_sink(uint8_t family, uint8_t protocol)
{
    struct sink *k = calloc(1, sizeof *k);

    CHECK_EQ((uint32_t)tcpip_datagram_create(family, protocol, sink_received, sink_failed, k, &k->d), 0);
    return k;
}

static inline struct sink *open_bound(uint8_t family, uint16_t port, enum tcpip_sharing sharing)
{
    struct sink *k = open_sink(family, 17);
    struct tcpip_address any = { .family = family == 4 ? 4 : 6, .port = port };

    CHECK_EQ((uint32_t)tcpip_datagram_bind(k->d, &any, sharing), 0);
    return k;
}

static inline void close_sink(struct sink *k)
{
    if (k->d)
        tcpip_datagram_close(k->d);
    free(k);
}

static inline NTSTATUS send_bytes(struct sink *k, const struct tcpip_address *to, const void *data, size_t size)
{
    struct iovec parts[2] = { { (void *)data, size / 2 }, { (char *)data + size / 2, size - size / 2 } };

    return tcpip_datagram_send(k->d, to, parts, 2, NULL, NULL);
}

#endif
