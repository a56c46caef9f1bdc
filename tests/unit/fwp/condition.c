/* Match types over data types, by examples; then every fast test against the slow one.
 * docs: fwptypes/ne-fwptypes-fwp_match_type_ */
#include <ntifs.h>

#include "fwp/rule.h"
#include "fwp/value.h"
#include "fwp/random_filters.h"
#include "unit.h"

static bool holds(FWP_MATCH_TYPE match, FWP_CONDITION_VALUE0 operand, FWP_VALUE0 value)
{
    return fwp_condition_holds(match, &operand, &value);
}

#define OPERAND(t, member, v) (FWP_CONDITION_VALUE0){ .type = t, .member = v }
#define VALUE(t, member, v) (FWP_VALUE0){ .type = t, .member = v }

TEST(integers_are_ordered_with_their_sign)
{
    INT64 minus = -5;
    INT64 plus = 3;
    UINT64 big = 1ull << 63, small = 7;

    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_UINT8, uint8, 6), VALUE(FWP_UINT8, uint8, 6)));
    CHECK(!holds(FWP_MATCH_NOT_EQUAL, OPERAND(FWP_UINT8, uint8, 6), VALUE(FWP_UINT8, uint8, 6)));
    CHECK(holds(FWP_MATCH_GREATER, OPERAND(FWP_UINT16, uint16, 1024), VALUE(FWP_UINT16, uint16, 1025)));
    CHECK(!holds(FWP_MATCH_GREATER, OPERAND(FWP_UINT16, uint16, 1024), VALUE(FWP_UINT16, uint16, 1024)));
    CHECK(holds(FWP_MATCH_GREATER_OR_EQUAL, OPERAND(FWP_UINT16, uint16, 1024), VALUE(FWP_UINT16, uint16, 1024)));
    CHECK(holds(FWP_MATCH_LESS, OPERAND(FWP_INT8, int8, 0), VALUE(FWP_INT8, int8, -1)));
    CHECK(!holds(FWP_MATCH_LESS, OPERAND(FWP_UINT8, uint8, 0), VALUE(FWP_UINT8, uint8, 255)));
    CHECK(holds(FWP_MATCH_LESS_OR_EQUAL, OPERAND(FWP_INT32, int32, -7), VALUE(FWP_INT32, int32, -7)));
    CHECK(holds(FWP_MATCH_LESS, OPERAND(FWP_INT64, int64, &plus), VALUE(FWP_INT64, int64, &minus)));
    CHECK(holds(FWP_MATCH_GREATER, OPERAND(FWP_UINT64, uint64, &small), VALUE(FWP_UINT64, uint64, &big)));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_UINT16, uint16, 6), VALUE(FWP_UINT8, uint8, 6)));    /* no conversion */
    CHECK(!holds(FWP_MATCH_NOT_EQUAL, OPERAND(FWP_UINT8, uint8, 6), VALUE(FWP_EMPTY, uint8, 0)));  /* nothing there */
}

TEST(flags_are_tested_bit_by_bit)
{
    CHECK(holds(FWP_MATCH_FLAGS_ALL_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 7)));
    CHECK(!holds(FWP_MATCH_FLAGS_ALL_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 4)));
    CHECK(holds(FWP_MATCH_FLAGS_ANY_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 4)));
    CHECK(!holds(FWP_MATCH_FLAGS_ANY_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 2)));
    CHECK(holds(FWP_MATCH_FLAGS_NONE_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 2)));
    CHECK(!holds(FWP_MATCH_FLAGS_NONE_SET, OPERAND(FWP_UINT32, uint32, 5), VALUE(FWP_UINT32, uint32, 1)));
}

TEST(addresses_match_within_their_prefix)
{
    FWP_V4_ADDR_AND_MASK v4 = { 0x0a010263, 0xffffff00 };
    FWP_V6_ADDR_AND_MASK v6 = { { 0x20, 1, 0xd, 0xb8, 0xff }, 36 };
    FWP_BYTE_ARRAY16 in = { { 0x20, 1, 0xd, 0xb8, 0xf1, 9 } }, out = { { 0x20, 1, 0xd, 0xb8, 0xe1, 9 } };

    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_V4_ADDR_MASK, v4AddrMask, &v4), VALUE(FWP_UINT32, uint32, 0x0a0102ff)));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_V4_ADDR_MASK, v4AddrMask, &v4), VALUE(FWP_UINT32, uint32, 0x0a0103ff)));
    CHECK(holds(FWP_MATCH_NOT_EQUAL, OPERAND(FWP_V4_ADDR_MASK, v4AddrMask, &v4), VALUE(FWP_UINT32, uint32, 0x0a0103ff)));
    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_V6_ADDR_MASK, v6AddrMask, &v6), VALUE(FWP_BYTE_ARRAY16_TYPE, byteArray16, &in)));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_V6_ADDR_MASK, v6AddrMask, &v6), VALUE(FWP_BYTE_ARRAY16_TYPE, byteArray16, &out)));
}

TEST(ranges_include_their_ends)
{
    FWP_RANGE0 range = { VALUE(FWP_UINT16, uint16, 100), VALUE(FWP_UINT16, uint16, 200) };

    CHECK(holds(FWP_MATCH_RANGE, OPERAND(FWP_RANGE_TYPE, rangeValue, &range), VALUE(FWP_UINT16, uint16, 100)));
    CHECK(holds(FWP_MATCH_RANGE, OPERAND(FWP_RANGE_TYPE, rangeValue, &range), VALUE(FWP_UINT16, uint16, 200)));
    CHECK(!holds(FWP_MATCH_RANGE, OPERAND(FWP_RANGE_TYPE, rangeValue, &range), VALUE(FWP_UINT16, uint16, 99)));
    CHECK(!holds(FWP_MATCH_RANGE, OPERAND(FWP_RANGE_TYPE, rangeValue, &range), VALUE(FWP_UINT16, uint16, 201)));
}

static WCHAR upper[] = { 'A', 0xc4, 'B', 0 }, lower[] = { 'a', 0xe4, 'b', 0 }, tail[] = { 'B', 0 }, longer[] = { 'A', 0xc4, 'B', 'C', 0 };

TEST(strings_compare_with_and_without_case_and_by_their_end)
{
    FWP_CONDITION_VALUE0 operand = OPERAND(FWP_UNICODE_STRING_TYPE, unicodeString, upper);

    CHECK(!holds(FWP_MATCH_EQUAL, operand, VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, lower)));
    CHECK(holds(FWP_MATCH_EQUAL_CASE_INSENSITIVE, operand, VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, lower)));
    CHECK(!holds(FWP_MATCH_EQUAL_CASE_INSENSITIVE, operand, VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, longer)));
    CHECK(holds(FWP_MATCH_GREATER, operand, VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, longer)));
    CHECK(holds(FWP_MATCH_PREFIX, OPERAND(FWP_UNICODE_STRING_TYPE, unicodeString, tail), VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, upper)));
    CHECK(!holds(FWP_MATCH_PREFIX, OPERAND(FWP_UNICODE_STRING_TYPE, unicodeString, tail), VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, longer)));
    CHECK(holds(FWP_MATCH_NOT_PREFIX, OPERAND(FWP_UNICODE_STRING_TYPE, unicodeString, tail), VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, longer)));
    CHECK_EQ(fwp_value_hash(&VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, upper)),
             fwp_value_hash(&VALUE(FWP_UNICODE_STRING_TYPE, unicodeString, lower)));
}

TEST(blobs_and_arrays_compare_byte_by_byte)
{
    UINT8 one[] = { 1, 2, 3 }, two[] = { 1, 2, 4 };
    FWP_BYTE_BLOB a = { 3, one }, b = { 3, two }, shorter = { 2, one }, end = { 2, one + 1 }, empty = { 0, NULL };
    FWP_BYTE_ARRAY6 mac = { { 0, 1, 2, 3, 4, 5 } }, other = { { 0, 1, 2, 3, 4, 6 } };

    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &a), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &a)));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &a), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &shorter)));
    CHECK(holds(FWP_MATCH_GREATER, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &a), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &b)));
    CHECK(holds(FWP_MATCH_LESS, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &a), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &shorter)));
    CHECK(holds(FWP_MATCH_PREFIX, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &end), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &a)));
    CHECK(holds(FWP_MATCH_PREFIX, OPERAND(FWP_BYTE_BLOB_TYPE, byteBlob, &empty), VALUE(FWP_BYTE_BLOB_TYPE, byteBlob, &a)));
    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_BYTE_ARRAY6_TYPE, byteArray6, &mac), VALUE(FWP_BYTE_ARRAY6_TYPE, byteArray6, &mac)));
    CHECK(holds(FWP_MATCH_GREATER, OPERAND(FWP_BYTE_ARRAY6_TYPE, byteArray6, &mac), VALUE(FWP_BYTE_ARRAY6_TYPE, byteArray6, &other)));
}

/* A descriptor with one list: first who is denied, then who is allowed. */
static FWP_BYTE_BLOB *descriptor(PSID denied, PSID allowed)
{
    static UINT8 relative[256];
    static FWP_BYTE_BLOB blob = { 0, relative };
    static UINT32 space[32];
    SECURITY_DESCRIPTOR absolute;
    ULONG size = sizeof relative;
    PACL acl = (PACL)space;

    RtlCreateAcl(acl, sizeof space, ACL_REVISION);
    if (denied) {
        RtlAddAccessAllowedAce(acl, ACL_REVISION, FWP_ACTRL_MATCH_FILTER, denied);
        ((ACE_HEADER *)(acl + 1))->AceType = ACCESS_DENIED_ACE_TYPE;
    }
    if (allowed)
        RtlAddAccessAllowedAce(acl, ACL_REVISION, FWP_ACTRL_MATCH_FILTER, allowed);
    RtlCreateSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&absolute, TRUE, acl, FALSE);
    CHECK_EQ(RtlAbsoluteToSelfRelativeSD(&absolute, relative, &size), STATUS_SUCCESS);
    blob.size = size;
    return &blob;
}

TEST(tokens_match_descriptors_that_grant_them_the_filter)
{
    static SID user = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 1000 } }, group = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 2000 } },
               stranger = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 3000 } }, system = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } };
    SID_AND_ATTRIBUTES sids[] = { { &user, 0 }, { &group, 0 } }, restricted[] = { { &group, 0 } };
    FWP_TOKEN_INFORMATION token = { 2, sids, 0, NULL };
    FWP_VALUE0 value = VALUE(FWP_TOKEN_INFORMATION_TYPE, tokenInformation, &token);
    FWP_BYTE_BLOB access = { 0, NULL };

    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &group)), value));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &stranger)), value));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(&user, &group)), value));
    CHECK(holds(FWP_MATCH_NOT_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &stranger)), value));
    token.restrictedSidCount = 1;
    token.restrictedSids = restricted;
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &user)), value));
    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &group)), value));
    value = VALUE(FWP_TOKEN_ACCESS_INFORMATION_TYPE, tokenAccessInformation, &access);
    CHECK(holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &system)), value));
    CHECK(!holds(FWP_MATCH_EQUAL, OPERAND(FWP_SECURITY_DESCRIPTOR_TYPE, sd, descriptor(NULL, &user)), value));
}

/* Each single condition as a rule, at every layer. */
TEST(a_rule_of_one_condition_matches_what_the_condition_holds_for)
{
    static struct any_filter filter;
    static struct any_packet packet;
    static struct fwp_packet prepared;
    unsigned matches = 0, checks = 0;

    random_seed(&dice, 9);
    for (unsigned n = 0; n < 60000; n++) {
        const struct fwp_layer *layer = fwp_layer_of((uint16_t)roll(100));
        if (!layer || !layer->field_count)
            continue;
        unsigned field = roll(layer->field_count);
        memset(&filter, 0, sizeof filter);
        filter.filter.filterCondition = filter.conditions;
        filter.filter.numFilterConditions = 1;
        if (!any_condition(&filter.conditions[0], &layer->fields[field], filter.cells[0]))
            continue;
        struct fwp_rule *rule = fwp_rule_create(layer, &filter.filter);
        for (int i = 0; i < 3; i++) {
            any_packet(&packet, layer);
            fwp_packet_prepare(&prepared, layer, &packet.values, ~0ull);
            bool expected = fwp_condition_holds(filter.conditions[0].matchType, &filter.conditions[0].conditionValue,
                                                &packet.value[field].value);
            CHECK_EQ(fwp_rule_matches(rule, &prepared), expected);
            matches += expected;
            checks++;
        }
        fwp_rule_free(rule);
    }
    CHECK(checks > 10000 && matches > checks / 10);
}
