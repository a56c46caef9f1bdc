/* Values and conditions: types, comparison, checks. Follows sdk-api fwptypes/ne-fwptypes-fwp_match_type_. */
#ifndef FWP_VALUE_H
#define FWP_VALUE_H

#include <fwpmtypes.h>
#include <ntstatus.h>

#include <stdbool.h>
#include <stdint.h>

#include "fwp/layer.h"

/* Whether a filter condition is well formed for the field it tests: STATUS_SUCCESS, STATUS_FWP_TYPE_MISMATCH,
 * _MATCH_TYPE_MISMATCH, _INVALID_ENUMERATOR, _INVALID_RANGE, _INVALID_NET_MASK, _NULL_POINTER, _OUT_OF_BOUNDS, or
 * STATUS_INVALID_SECURITY_DESCR for a descriptor that is not valid and self-relative. */
NTSTATUS fwp_condition_check(const struct fwp_field *field, const FWPM_FILTER_CONDITION0 *condition);

/* Whether the value satisfies the condition, by the documentation and slowly: what everything faster is tested against.
 * The types have been checked. */
bool fwp_condition_holds(FWP_MATCH_TYPE match, const FWP_CONDITION_VALUE0 *operand, const FWP_VALUE0 *value);

/* -1, 0, 1; only for two values of one sortable type. Strings compare by code unit; fold: without case. */
int fwp_value_compare(const FWP_VALUE0 *a, const FWP_VALUE0 *b, bool fold);
bool fwp_value_sortable(FWP_DATA_TYPE type);

/* A number that equal values share; the same for strings that differ only in case. */
uint64_t fwp_value_hash(const FWP_VALUE0 *value);

/* The words of a fixed-size value (rule.h); false when the type is not of a fixed size. */
struct fwp_words;
bool fwp_value_words(const FWP_VALUE0 *value, struct fwp_words *words);
/* 8, 16, 32, 48, 64 or 128; 0: not of a fixed size. */
unsigned fwp_type_bits(FWP_DATA_TYPE type);

#endif
