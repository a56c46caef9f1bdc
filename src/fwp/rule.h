/* A filter as classification sees it, and the traffic it is matched against.
 *
 * A condition becomes a test on one or two 64-bit words of its field, so that every fixed-size type is one comparison:
 * integers as they are (signed ones with the sign turned, so that unsigned order is their order), MAC addresses as 48 and
 * IPv6 addresses as 128 bits, first byte most significant. Types of variable size become a hash, which only says "perhaps".
 *
 * A field without a value (FWP_EMPTY, or of another type than the layer declares) satisfies no condition, whatever its match
 * type, but that it equals FWP_EMPTY; a field with such a condition is looked at itself, and is not in `fields`. Tests on one field are alternatives, those on different fields must all hold. */
#ifndef FWP_RULE_H
#define FWP_RULE_H

#include <fwpmtypes.h>
#include <fwpstypes.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "fwp/layer.h"

#define FWP_FIELDS 64

struct fwp_words {
    uint64_t low, high;                 /* high: only types of 128 bits */
};

struct fwp_packet {
    const FWPS_INCOMING_VALUES0 *values;
    uint64_t present;                   /* bits of the fields that have a value of the declared type */
    struct fwp_words field[FWP_FIELDS]; /* those of `present` */
};

enum fwp_operation {
    FWP_TEST_MASK,                      /* (low & a) == b */
    FWP_TEST_NOT_MASK,
    FWP_TEST_ANY,                       /* (low & a) != 0 */
    FWP_TEST_RANGE,                     /* low - a <= b */
    FWP_TEST_WIDE_MASK,                 /* wide: (value & mask) == value */
    FWP_TEST_WIDE_NOT_MASK,
    FWP_TEST_WIDE_RANGE,                /* wide: low <= value <= high */
    FWP_TEST_HASHED,                    /* low == b, then the condition itself */
    FWP_TEST_CONDITION                  /* the condition itself */
};

struct fwp_wide {
    unsigned __int128 a, b;             /* mask and value, or lowest and highest */
};

struct fwp_test {
    uint8_t field, operation;
    bool last;                          /* of its field */
    uint64_t a, b;                      /* a: the condition or the wide operands where the operation has them */
};

struct fwp_rule;

/* What matching does not look at. */
struct fwp_rule_rest {
    FWPS_FILTER2 seen;                  /* what callouts get; every version of the structure is the same */
    struct fwp_sub *sub;                /* where it is published (runtime.h) */
    void *owner;                        /* the filter object */
    void (*gone)(struct fwp_rule *);    /* nobody sees it any more: frees it. IRQL <= DISPATCH_LEVEL */
    struct fwp_rule *next_dead;
    struct fwp_wide *wide;
    size_t size;                        /* of the rule */
    uint32_t place;                     /* in its index */
};

struct fwp_rule {
    /* rank: the higher weight first, then the lower id */
    uint64_t weight, id;
    uint64_t born, died;                /* seen by classifications that began at a version in [born, died) */
    uint64_t fields;                    /* that its tests need a value of */
    uint16_t test_count;
    uint8_t layer;
    uint8_t depth;                      /* fields in its index key */
    uint32_t action;                    /* FWPM_ACTION0.type */
    uint32_t callout_id;
    uint32_t flags;                     /* FWPM_FILTER_FLAG_* */
    struct fwp_rule_rest *rest;
    struct fwp_test tests[];
};

/* Makes the rule of a checked filter: its conditions (grouped by field) and the guest's view point into `filter`, which must
 * outlive the rule. rank, callout id and view are the caller's to fill in. NULL: no memory. */
struct fwp_rule *fwp_rule_create(const struct fwp_layer *layer, const FWPM_FILTER0 *filter);
void fwp_rule_free(struct fwp_rule *rule);

/* Fills in the fields of `used`. */
void fwp_packet_prepare(struct fwp_packet *packet, const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values,
                        uint64_t used);

bool fwp_test_condition(const struct fwp_test *test, const struct fwp_packet *packet);

static inline unsigned __int128 fwp_wide_value(const struct fwp_words *words)
{
    return (unsigned __int128)words->high << 64 | words->low;
}

static inline bool fwp_test_holds(const struct fwp_test *test, const struct fwp_packet *packet)
{
    const struct fwp_words *words = &packet->field[test->field];

    switch ((enum fwp_operation)test->operation) {
    case FWP_TEST_MASK:
        return (words->low & test->a) == test->b;
    case FWP_TEST_NOT_MASK:
        return (words->low & test->a) != test->b;
    case FWP_TEST_ANY:
        return (words->low & test->a) != 0;
    case FWP_TEST_RANGE:
        return words->low - test->a <= test->b;
    case FWP_TEST_HASHED:
        return words->low == test->b && fwp_test_condition(test, packet);
    default:
        return fwp_test_condition(test, packet);
    }
}

static inline bool fwp_rule_matches(const struct fwp_rule *rule, const struct fwp_packet *packet)
{
    if ((packet->present & rule->fields) != rule->fields)
        return false;
    for (const struct fwp_test *test = rule->tests, *end = test + rule->test_count; test < end; test++) {
        while (!fwp_test_holds(test, packet))
            if (test++->last)
                return false;
        while (!test->last)
            test++;
    }
    return true;
}

/* True when a comes before b. */
static inline bool fwp_rank_before(uint64_t weight_a, uint64_t id_a, uint64_t weight_b, uint64_t id_b)
{
    return weight_a > weight_b || (weight_a == weight_b && id_a < id_b);
}

#endif
