/* DHCP answers from anybody on the wire. The input is cut into frames: a length byte (times 4), then the frame; the
 * transaction number of the client is written into each, so that the fuzzer gets past it. A lease that was taken must
 * come from an answer, and time may pass between any two frames. */
#include <stdlib.h>
#include <string.h>

#include "tcpip/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define XID_AT (14 + 20 + 8 + 4)
#define MAC_AT (14 + 20 + 8 + 28)

static bool send_frame(struct dhcp *dhcp, const void *frame, size_t size)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += ((const uint8_t *)frame)[i];
    return true;
}

static void configured(struct dhcp *dhcp, uint32_t address, uint32_t mask, uint32_t gateway)
{
    if (address && dhcp->state != DHCP_BOUND)
        abort();
}

static void deliver(struct dhcp *dhcp, const uint8_t *data, size_t size, uint64_t now)
{
    uint8_t *frame = malloc(size + 1);

    memcpy(frame, data, size);
    if (size >= MAC_AT + 6) {
        memcpy(frame + XID_AT, &dhcp->xid, 4);
        memcpy(frame + MAC_AT, dhcp->mac, 6);
    }
    dhcp_input(dhcp, frame, size, now);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dhcp dhcp = { .mac = { 2, 0, 0, 0, 0, 1 }, .send = send_frame, .configured = configured };
    uint64_t now = 0;

    dhcp_start(&dhcp, 1, now);
    while (size > 1) {
        size_t n = (size_t)data[0] * 4 < size - 1 ? (size_t)data[0] * 4 : size - 1;
        deliver(&dhcp, data + 1, n, now);
        data += 1 + n;
        size -= 1 + n;
        if (dhcp.due_ns != UINT64_MAX && dhcp.due_ns > now)
            dhcp_tick(&dhcp, now = dhcp.due_ns);
    }
    return 0;
}
