/* The peer of the packet bench: DPDK's net_null port, received in bursts, addresses exchanged, sent back; what testpmd's
 * macswap forwarding does, which Debian does not package. Prints `dpdk-macswap NS_PER_PACKET`.
 *   dpdk_macswap SECONDS [EAL arguments] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#define BURST 32
#define MBUFS 8191

/* Processor time, so that a neighbour on the same core does not count. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void swap_addresses(struct rte_mbuf *m)
{
    struct rte_ether_hdr *header = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
    struct rte_ether_addr address;

    rte_ether_addr_copy(&header->dst_addr, &address);
    rte_ether_addr_copy(&header->src_addr, &header->dst_addr);
    rte_ether_addr_copy(&address, &header->src_addr);
}

static uint64_t forward(uint16_t port)
{
    struct rte_mbuf *burst[BURST];
    uint16_t received = rte_eth_rx_burst(port, 0, burst, BURST);

    for (uint16_t i = 0; i < received; i++)
        swap_addresses(burst[i]);
    uint16_t sent = rte_eth_tx_burst(port, 0, burst, received);
    for (uint16_t i = sent; i < received; i++)
        rte_pktmbuf_free(burst[i]);
    return sent;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    struct rte_eth_conf conf = { 0 };
    uint64_t packets = 0;

    argv[1] = argv[0];
    if (argc < 2 || rte_eal_init(argc - 1, argv + 1) < 0 || rte_eth_dev_count_avail() < 1)
        return 77;
    struct rte_mempool *pool = rte_pktmbuf_pool_create("mbufs", MBUFS, 250, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (!pool || rte_eth_dev_configure(0, 1, 1, &conf) || rte_eth_rx_queue_setup(0, 0, 512, SOCKET_ID_ANY, NULL, pool) ||
        rte_eth_tx_queue_setup(0, 0, 512, SOCKET_ID_ANY, NULL) || rte_eth_dev_start(0))
        return 1;
    double start = now(), end;
    do {
        for (int i = 0; i < 1000; i++)
            packets += forward(0);
        end = now();
    } while (end - start < seconds);
    printf("dpdk-macswap %.2f\n", (end - start) * 1e9 / (double)packets);
    rte_eth_dev_stop(0);
    rte_eal_cleanup();
    return 0;
}
