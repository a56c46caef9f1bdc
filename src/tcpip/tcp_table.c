/* Connections by their four addresses: lwIP has only a list. */
#include "tcpip/tcp_internal.h"

#include "nt/ke.h"

#define BUCKETS 4096u

static struct list table[BUCKETS];
static uint32_t salt;

void tcp_table_open(void)
{
    for (unsigned n = 0; n < BUCKETS; n++)
        list_init(&table[n]);
    salt = stack_random();
}

static uint32_t fold(const ip_addr_t *ip)
{
    const uint32_t *w = ip_2_ip6(ip)->addr;

    return IP_IS_V6(ip) ? w[0] * 3 ^ w[1] * 5 ^ w[2] * 7 ^ w[3] : ip_2_ip4(ip)->addr;
}

static uint32_t hash(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port)
{
    uint32_t h = salt ^ fold(local) ^ fold(remote) * 0x85ebca6bu ^ ((uint32_t)local_port << 16 | remote_port);

    h = (h ^ h >> 15) * 0x9E3779B1u;
    return h ^ h >> 13;
}

/* A connection's first sequence number grows with time for the same peer and ports (RFC 6528), so that the peer can tell it
 * from the one before; lwIP's own has one counter for all. */
u32_t tcp_next_iss(struct tcp_pcb *pcb)
{
    return hash(&pcb->remote_ip, pcb->remote_port, &pcb->local_ip, pcb->local_port) + (uint32_t)(ke_now() / 4000);
}

static struct list *bucket(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port)
{
    return &table[hash(local, local_port, remote, remote_port) % BUCKETS];
}

void tcp_table_add(struct tcpip_tcp *tcp)
{
    tcp->local_ip = tcp->pcb->local_ip;
    tcp->remote_ip = tcp->pcb->remote_ip;
    tcp->local_port = tcp->pcb->local_port;
    tcp->remote_port = tcp->pcb->remote_port;
    list_push_front(bucket(&tcp->local_ip, tcp->local_port, &tcp->remote_ip, tcp->remote_port), &tcp->hash_node);
}

void tcp_table_remove(struct tcpip_tcp *tcp)
{
    list_remove(&tcp->hash_node);
}

struct tcpip_tcp *tcp_table_find(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port)
{
    struct list *head = bucket(local, local_port, remote, remote_port);

    list_each(node, head) {
        struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, hash_node);
        if (tcp->local_port == local_port && tcp->remote_port == remote_port &&
            ip_addr_cmp(&tcp->local_ip, local) && ip_addr_cmp(&tcp->remote_ip, remote))
            return tcp;
    }
    return NULL;
}
