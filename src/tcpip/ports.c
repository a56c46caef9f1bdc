#include "tcpip/ports.h"

#include <string.h>

#include "tcpip/stack.h"

#define BUCKETS 1024u

static struct list table[BUCKETS];

void ports_open(void)
{
    for (unsigned n = 0; n < BUCKETS; n++)
        list_init(&table[n]);
}

static bool wildcard(const struct tcpip_address *a)
{
    static const uint8_t zero[16];

    return memcmp(a->bytes, zero, a->family == 4 ? 4 : 16) == 0;
}

/* What the second bind gets, by what the first and the second are: docs: win32, WinSock/using-so-reuseaddr-and-so-exclusiveaddruse */
static NTSTATUS verdict(const struct port_use *first, const struct port_use *second)
{
    enum { OK, USE, ACC };
    static const uint8_t answers[6][6] = {
        /*              default    reuse      exclusive   (wildcard, specific) */
        /* default */ { USE, OK,   ACC, OK,   USE, OK },
                      { OK, USE,   OK, ACC,   USE, USE },
        /* reuse */   { USE, OK,   OK, OK,    USE, OK },
                      { OK, USE,   OK, OK,    USE, USE },
        /* exclus. */ { USE, ACC,  ACC, ACC,  USE, ACC },
                      { OK, USE,   OK, ACC,   USE, USE },
    };

    if (first->protocol != second->protocol || !(first->families & second->families))
        return STATUS_SUCCESS;
    bool wild1 = wildcard(&first->local), wild2 = wildcard(&second->local);
    if (!wild1 && !wild2 && memcmp(first->local.bytes, second->local.bytes, first->local.family == 4 ? 4 : 16) != 0)
        return STATUS_SUCCESS;
    if (first->connection)
        return second->sharing == TCPIP_SHARE_EXCLUSIVE ? STATUS_ADDRESS_ALREADY_EXISTS : STATUS_SUCCESS;
    switch (answers[first->sharing * 2 + !wild1][second->sharing * 2 + !wild2]) {
    case OK: return STATUS_SUCCESS;
    case USE: return STATUS_ADDRESS_ALREADY_EXISTS;
    default: return STATUS_SHARING_VIOLATION;
    }
}

static NTSTATUS check(const struct port_use *use)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct list *bucket = &table[use->local.port % BUCKETS];

    list_each(node, bucket) {
        const struct port_use *other = container_of(node, struct port_use, node);
        if (other->local.port != use->local.port)
            continue;
        status = verdict(other, use);
        if (!NT_SUCCESS(status))
            break;
    }
    return status;
}

static bool unused(uint8_t protocol, uint16_t port)
{
    struct list *bucket = &table[port % BUCKETS];

    list_each(node, bucket) {
        const struct port_use *other = container_of(node, struct port_use, node);
        if (other->local.port == port && other->protocol == protocol)
            return false;
    }
    return true;
}

static uint16_t choose(uint8_t protocol)
{
    unsigned range = 65536u - PORT_FIRST_DYNAMIC, first = stack_random() % range;

    for (unsigned n = 0; n < range; n++) {
        uint16_t port = (uint16_t)(PORT_FIRST_DYNAMIC + (first + n) % range);
        if (unused(protocol, port))
            return port;
    }
    return 0;
}

static void enter(struct port_use *use)
{
    use->taken = true;
    list_push_back(&table[use->local.port % BUCKETS], &use->node);
}

NTSTATUS port_take(struct port_use *use, uint8_t protocol, const struct tcpip_address *local, bool dual,
                   enum tcpip_sharing sharing)
{
    NTSTATUS status = STATUS_SUCCESS;

    use->protocol = protocol;
    use->local = *local;
    use->sharing = sharing;
    use->connection = false;
    use->families = dual && wildcard(local) ? 3 : local->family == 4 ? 1 : 2;
    if (local->port == 0) {
        use->local.port = choose(protocol);
        if (use->local.port == 0)
            status = STATUS_ADDRESS_ALREADY_EXISTS;
    } else {
        status = check(use);
    }
    if (NT_SUCCESS(status))
        enter(use);
    return status;
}

void port_share(struct port_use *use, uint8_t protocol, const struct tcpip_address *local)
{
    use->protocol = protocol;
    use->local = *local;
    use->sharing = TCPIP_SHARE_DEFAULT;
    use->connection = true;
    use->families = local->family == 4 ? 1 : 2;
    enter(use);
}

void port_release(struct port_use *use)
{
    if (use->taken)
        list_remove(&use->node);
    use->taken = false;
}
