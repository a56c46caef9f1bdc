/* The peer of bench/wfp.c: DPDK's rte_acl with the same rules and packets, scalar, one packet a call.
 *     rte_acl COUNT EAL-ARGUMENTS...      prints `classify NS`, `build MS`, `sum NUMBER` */
#include <rte_acl.h>
#include <rte_byteorder.h>
#include <rte_eal.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../wfp_rules.h"

#define PACKETS 4096u
#define ROUNDS 25u
#define MOST 1000000

struct key {                            /* in network order, as the library wants it */
    uint8_t protocol, pad[3];
    uint32_t local, remote;
    uint16_t local_port, remote_port;
};

enum { PROTOCOL, LOCAL, REMOTE, LOCAL_PORT, REMOTE_PORT, FIELDS };
RTE_ACL_RULE_DEF(acl_rule, FIELDS);

static const struct rte_acl_field_def fields[FIELDS] = {
    { RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTOCOL, 0, offsetof(struct key, protocol) },
    { RTE_ACL_FIELD_TYPE_MASK, 4, LOCAL, 1, offsetof(struct key, local) },
    { RTE_ACL_FIELD_TYPE_MASK, 4, REMOTE, 2, offsetof(struct key, remote) },
    { RTE_ACL_FIELD_TYPE_RANGE, 2, LOCAL_PORT, 3, offsetof(struct key, local_port) },
    { RTE_ACL_FIELD_TYPE_RANGE, 2, REMOTE_PORT, 3, offsetof(struct key, remote_port) },
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct acl_rule convert(const struct bench_rule *rule, uint32_t index)
{
    struct acl_rule acl = { .data = { .category_mask = 1, .priority = MOST - (int32_t)index, .userdata = index + 1 } };

    acl.field[PROTOCOL].value.u8 = rule->protocol;
    acl.field[PROTOCOL].mask_range.u8 = rule->protocol ? 0xff : 0;
    acl.field[LOCAL].value.u32 = rule->local;
    acl.field[LOCAL].mask_range.u32 = rule->local_bits;
    acl.field[REMOTE].value.u32 = rule->remote;
    acl.field[REMOTE].mask_range.u32 = rule->remote_bits;
    acl.field[LOCAL_PORT].value.u16 = rule->local_port[0];
    acl.field[LOCAL_PORT].mask_range.u16 = rule->local_port[1];
    acl.field[REMOTE_PORT].value.u16 = rule->remote_port[0];
    acl.field[REMOTE_PORT].mask_range.u16 = rule->remote_port[1];
    return acl;
}

static struct rte_acl_ctx *build(const struct bench_rule *rules, uint32_t count)
{
    struct rte_acl_param param = { .name = "bench", .socket_id = -1, .rule_size = RTE_ACL_RULE_SZ(FIELDS), .max_rule_num = count };
    struct rte_acl_config config = { .num_categories = 1, .num_fields = FIELDS };
    struct rte_acl_ctx *context = rte_acl_create(&param);
    double begin = now_ns();

    for (unsigned i = 0; i < FIELDS; i++)
        config.defs[i] = fields[i];
    for (uint32_t i = 0; i < count; i++) {
        struct acl_rule rule = convert(&rules[i], i);
        if (!context || rte_acl_add_rules(context, (const struct rte_acl_rule *)&rule, 1) < 0)
            return NULL;
    }
    int status = rte_acl_build(context, &config);
    printf("build %.2f\n", (now_ns() - begin) / 1e6);
    if (status < 0)
        fprintf(stderr, "rte_acl_build: %d\n", status);
    return status < 0 ? NULL : context;
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    struct bench_rule *rules = calloc(count, sizeof *rules);
    static struct bench_packet packets[PACKETS];
    static struct key keys[PACKETS];
    double best = 1e18;
    uint64_t sum = 0;

    argv[1] = argv[0];
    if (rte_eal_init(argc - 1, argv + 1) < 0)
        return 1;
    for (uint32_t i = 0; i < count; i++)
        bench_make_rule(&rules[i]);
    for (unsigned i = 0; i < PACKETS; i++) {
        bench_make_packet(&packets[i], rules, count);
        keys[i] = (struct key){ .protocol = packets[i].protocol, .local = rte_cpu_to_be_32(packets[i].local),
                                .remote = rte_cpu_to_be_32(packets[i].remote),
                                .local_port = rte_cpu_to_be_16(packets[i].local_port),
                                .remote_port = rte_cpu_to_be_16(packets[i].remote_port) };
    }
    struct rte_acl_ctx *context = build(rules, count);
    if (!context)
        return 1;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        sum = 0;
        for (unsigned i = 0; i < PACKETS; i++) {
            const uint8_t *data = (const uint8_t *)&keys[i];
            uint32_t result = 0;
            rte_acl_classify_alg(context, &data, &result, 1, 1, RTE_ACL_CLASSIFY_SCALAR);
            sum += result;
        }
        double took = (now_ns() - begin) / PACKETS;
        best = took < best ? took : best;
    }
    printf("classify %.1f\nsum %llu\n", best, (unsigned long long)sum);
    return 0;
}
