/* The index against a linear search by the documentation's rules, over random filters, traffic and removals. */
#include "fwp/index.h"
#include "fwp/random_filters.h"
#include "unit.h"

#define MOST 120

static struct any_filter filters[MOST];
static struct fwp_rule *rules[MOST];

static const uint16_t layers[] = { FWPS_LAYER_ALE_AUTH_CONNECT_V4, FWPS_LAYER_INBOUND_TRANSPORT_V6, FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET,
                                   FWPS_LAYER_OUTBOUND_IPPACKET_V4, FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V6, FWPS_LAYER_STREAM_V4 };

static struct fwp_rule *linear_next(unsigned count, const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values,
                                    uint64_t version, const struct fwp_rule *after)
{
    struct fwp_rule *best = NULL;

    for (unsigned i = 0; i < count; i++) {
        struct fwp_rule *rule = rules[i];
        if (!rule || version < rule->born || version >= rule->died ||
            (after && !fwp_rank_before(after->weight, after->id, rule->weight, rule->id)) ||
            (best && !fwp_rank_before(rule->weight, rule->id, best->weight, best->id)))
            continue;
        if (model_matches(&filters[i].filter, layer, values))
            best = rule;
    }
    return best;
}

static void one_set(unsigned count)
{
    const struct fwp_layer *layer = fwp_layer_of(layers[roll(sizeof layers / sizeof layers[0])]);
    struct fwp_index index;
    struct any_packet packet;
    static struct fwp_packet prepared;

    fwp_index_init(&index, layer);
    for (unsigned i = 0; i < count; i++) {
        any_filter(&filters[i], layer);
        rules[i] = fwp_rule_create(layer, &filters[i].filter);
        rules[i]->weight = roll(40);
        rules[i]->id = i + 1;
        rules[i]->born = roll(3);
        rules[i]->died = roll(4) ? UINT64_MAX : 3 + roll(3);
        CHECK(fwp_index_add(&index, rules[i]));
    }
    for (unsigned i = 0; i < count; i++)
        if (!roll(4)) {
            fwp_index_remove(&index, rules[i]);
            fwp_rule_free(rules[i]);
            rules[i] = NULL;
        }
    for (int i = 0; i < 20; i++) {
        any_packet(&packet, layer);
        fwp_packet_prepare(&prepared, layer, &packet.values, ~0ull);
        const struct fwp_rule *rule = NULL;
        do {
            uint64_t version = roll(6);
            struct fwp_rule *expected = linear_next(count, layer, &packet.values, version, rule);
            rule = fwp_index_next(&index, &prepared, version, rule);
            CHECK(rule == expected);
        } while (rule);
    }
    fwp_index_clear(&index);
    for (unsigned i = 0; i < count; i++)
        fwp_rule_free(rules[i]);
}

TEST(the_index_finds_what_a_linear_search_finds)
{
    random_seed(&dice, 1);
    for (int i = 0; i < 3000; i++)
        one_set(1 + roll(30));
    for (int i = 0; i < 200; i++)
        one_set(MOST);
}

/* Enough tables for several groups, and enough removals for a rebuild. */
TEST(an_index_of_many_kinds_of_filters_grows_and_shrinks)
{
    const struct fwp_layer *layer = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4);
    enum { COUNT = 6000 };
    struct any_filter *many = malloc(COUNT * sizeof *many);
    struct fwp_rule **all = malloc(COUNT * sizeof(struct fwp_rule *));
    struct fwp_index index;
    struct any_packet packet;
    static struct fwp_packet prepared;

    random_seed(&dice, 2);
    fwp_index_init(&index, layer);
    for (unsigned i = 0; i < COUNT; i++) {
        any_filter(&many[i], layer);
        all[i] = fwp_rule_create(layer, &many[i].filter);
        all[i]->weight = roll(1000);
        all[i]->id = i + 1;
        all[i]->died = UINT64_MAX;
        CHECK(fwp_index_add(&index, all[i]));
    }
    CHECK_EQ(index.count, COUNT);
    for (unsigned left = COUNT; left; left--) {
        unsigned i = roll(left);
        fwp_index_remove(&index, all[i]);
        fwp_rule_free(all[i]);
        all[i] = all[left - 1];
        if (left % 500)
            continue;
        for (int k = 0; k < 20; k++) {
            struct fwp_rule *expected = NULL;
            any_packet(&packet, layer);
            fwp_packet_prepare(&prepared, layer, &packet.values, ~0ull);
            for (unsigned r = 0; r < left - 1; r++)
                if (fwp_rule_matches(all[r], &prepared) &&
                    (!expected || fwp_rank_before(all[r]->weight, all[r]->id, expected->weight, expected->id)))
                    expected = all[r];
            CHECK(fwp_index_next(&index, &prepared, 0, NULL) == expected);
        }
    }
    CHECK_EQ(index.count, 0);
    fwp_index_clear(&index);
    free(many);
    free(all);
}
