/* Conditions by the documentation: which are well formed, which hold. */
#include <ntifs.h>

#include <stddef.h>
#include <string.h>

#include "fwp/rule.h"
#include "fwp/value.h"
#include "nt/text.h"

/* --- whether a value satisfies a condition --------------------------------------------------------------------------- */

static bool holds_v4(FWP_MATCH_TYPE match, const FWP_V4_ADDR_AND_MASK *operand, UINT32 value)
{
    bool equal = (value & operand->mask) == (operand->addr & operand->mask);

    return match == FWP_MATCH_NOT_EQUAL ? !equal : equal;
}

static bool holds_v6(FWP_MATCH_TYPE match, const FWP_V6_ADDR_AND_MASK *operand, const UINT8 *value)
{
    bool equal = true;

    for (unsigned bit = 0; bit < operand->prefixLength && equal; bit++)
        equal = !((operand->addr[bit / 8] ^ value[bit / 8]) >> (7 - bit % 8) & 1);
    return match == FWP_MATCH_NOT_EQUAL ? !equal : equal;
}

static uint64_t unsigned_of(const FWP_VALUE0 *value)
{
    struct fwp_words words = { 0 };

    fwp_value_words(value, &words);
    return words.low;
}

/* FWP_MATCH_PREFIX: whether the value ends with the operand (the page calls its own name misleading). */
static bool ends_with(const FWP_VALUE0 *operand, const FWP_VALUE0 *value)
{
    const void *tail, *whole;
    size_t tail_size, whole_size;

    if (value->type == FWP_UNICODE_STRING_TYPE) {
        tail = operand->unicodeString, tail_size = 2 * text_length(operand->unicodeString);
        whole = value->unicodeString, whole_size = 2 * text_length(value->unicodeString);
    } else {
        tail = operand->byteBlob->data, tail_size = operand->byteBlob->size;
        whole = value->byteBlob->data, whole_size = value->byteBlob->size;
    }
    return tail_size <= whole_size &&
           (!tail_size || !memcmp((const UINT8 *)whole + whole_size - tail_size, tail, tail_size));
}

static bool holds_range(const FWP_RANGE0 *range, const FWP_VALUE0 *value)
{
    return fwp_value_compare(&range->valueLow, value, false) <= 0 && fwp_value_compare(value, &range->valueHigh, false) <= 0;
}

/* --- tokens against security descriptors ------------------------------------------------------------------------------ */

/* Everybody in ring3 is System: the identities its token has. */
static const struct { SID sid; ULONG more; } system_identities[] = {
    { { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } }, 0 },              /* SYSTEM */
    { { 1, 2, { { 0, 0, 0, 0, 0, 5 } }, { 32 } }, 544 },            /* Administrators */
    { { 1, 1, { { 0, 0, 0, 0, 0, 1 } }, { 0 } }, 0 },               /* Everyone */
    { { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 11 } }, 0 },              /* Authenticated Users */
};

static bool is_system(PSID sid)
{
    for (unsigned i = 0; i < countof(system_identities); i++)
        if (RtlEqualSid(sid, (PSID)&system_identities[i].sid))
            return true;
    return false;
}

static bool is_one_of(PSID sid, const SID_AND_ATTRIBUTES *list, UINT32 count)
{
    for (UINT32 i = 0; i < count; i++)
        if (RtlEqualSid(sid, list[i].Sid))
            return true;
    return false;
}

static bool identity_matches(const FWP_VALUE0 *token, PSID sid, bool restricted)
{
    const FWP_TOKEN_INFORMATION *info = token->tokenInformation;

    if (token->type != FWP_TOKEN_INFORMATION_TYPE)
        return is_system(sid);
    return restricted ? is_one_of(sid, info->restrictedSids, info->restrictedSidCount) : is_one_of(sid, info->sids, info->sidCount);
}

/* Whether the descriptor's list grants FWP_ACTRL_MATCH_FILTER: the first entry that names the token and that right decides. */
static bool list_grants(PACL dacl, const FWP_VALUE0 *token, bool restricted)
{
    UINT8 *at = (UINT8 *)(dacl + 1);

    for (unsigned i = 0; i < dacl->AceCount; i++) {
        const ACCESS_ALLOWED_ACE *ace = (const void *)at;
        at += ace->Header.AceSize;
        if (ace->Header.AceType > ACCESS_DENIED_ACE_TYPE || ace->Header.AceFlags & INHERIT_ONLY_ACE ||
            !(ace->Mask & (FWP_ACTRL_MATCH_FILTER | GENERIC_ALL)) || !identity_matches(token, (PSID)&ace->SidStart, restricted))
            continue;
        return ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE;
    }
    return false;
}

static bool token_granted(const FWP_BYTE_BLOB *descriptor, const FWP_VALUE0 *token)
{
    BOOLEAN present, defaulted;
    PACL dacl = NULL;

    if (!NT_SUCCESS(RtlGetDaclSecurityDescriptor((PSECURITY_DESCRIPTOR)descriptor->data, &present, &dacl, &defaulted)))
        return false;
    if (!present || !dacl)
        return true;
    if (token->type == FWP_TOKEN_INFORMATION_TYPE && token->tokenInformation->restrictedSidCount &&
        !list_grants(dacl, token, true))
        return false;
    return list_grants(dacl, token, false);
}

static bool holds_token(FWP_MATCH_TYPE match, const FWP_CONDITION_VALUE0 *operand, const FWP_VALUE0 *value)
{
    bool equal = operand->type == FWP_SECURITY_DESCRIPTOR_TYPE ? token_granted(operand->sd, value)
               : operand->type == FWP_SID && identity_matches(value, operand->sid, false);

    return match == FWP_MATCH_NOT_EQUAL ? !equal : equal;
}

bool fwp_condition_holds(FWP_MATCH_TYPE match, const FWP_CONDITION_VALUE0 *operand, const FWP_VALUE0 *value)
{
    const FWP_VALUE0 *single = (const FWP_VALUE0 *)operand;     /* the same layout for single types */

    if (value->type == FWP_EMPTY)
        return operand->type == FWP_EMPTY && match == FWP_MATCH_EQUAL;
    if (operand->type == FWP_V4_ADDR_MASK)
        return value->type == FWP_UINT32 && holds_v4(match, operand->v4AddrMask, value->uint32);
    if (operand->type == FWP_V6_ADDR_MASK)
        return value->type == FWP_BYTE_ARRAY16_TYPE && holds_v6(match, operand->v6AddrMask, value->byteArray16->byteArray16);
    if (operand->type == FWP_RANGE_TYPE)
        return value->type == operand->rangeValue->valueLow.type && holds_range(operand->rangeValue, value);
    if (value->type == FWP_TOKEN_INFORMATION_TYPE || value->type == FWP_TOKEN_ACCESS_INFORMATION_TYPE)
        return holds_token(match, operand, value);
    if (value->type != operand->type)
        return false;
    switch (match) {
    case FWP_MATCH_EQUAL:
        return fwp_value_compare(value, single, false) == 0;
    case FWP_MATCH_EQUAL_CASE_INSENSITIVE:
        return fwp_value_compare(value, single, true) == 0;
    case FWP_MATCH_NOT_EQUAL:
        return fwp_value_compare(value, single, false) != 0;
    case FWP_MATCH_GREATER:
        return fwp_value_compare(value, single, false) > 0;
    case FWP_MATCH_LESS:
        return fwp_value_compare(value, single, false) < 0;
    case FWP_MATCH_GREATER_OR_EQUAL:
        return fwp_value_compare(value, single, false) >= 0;
    case FWP_MATCH_LESS_OR_EQUAL:
        return fwp_value_compare(value, single, false) <= 0;
    case FWP_MATCH_FLAGS_ALL_SET:
        return (unsigned_of(value) & unsigned_of(single)) == unsigned_of(single);
    case FWP_MATCH_FLAGS_ANY_SET:
        return (unsigned_of(value) & unsigned_of(single)) != 0;
    case FWP_MATCH_FLAGS_NONE_SET:
        return (unsigned_of(value) & unsigned_of(single)) == 0;
    case FWP_MATCH_PREFIX:
        return ends_with(single, value);
    case FWP_MATCH_NOT_PREFIX:
        return !ends_with(single, value);
    default:
        return false;
    }
}

/* --- whether a condition is well formed ------------------------------------------------------------------------------- */

static bool is_unsigned(FWP_DATA_TYPE type)
{
    return type >= FWP_UINT8 && type <= FWP_UINT64;
}

/* True when the single value has what its type points at. */
static bool has_pointer(const FWP_VALUE0 *value)
{
    switch (value->type) {
    case FWP_EMPTY: case FWP_UINT8: case FWP_UINT16: case FWP_UINT32: case FWP_INT8: case FWP_INT16: case FWP_INT32: case FWP_FLOAT:
        return true;
    case FWP_BYTE_BLOB_TYPE: case FWP_SECURITY_DESCRIPTOR_TYPE: case FWP_TOKEN_ACCESS_INFORMATION_TYPE:
        return value->byteBlob && (value->byteBlob->data || !value->byteBlob->size);
    default:
        return value->uint64 != NULL;
    }
}

static NTSTATUS check_single(FWP_MATCH_TYPE match, const FWP_VALUE0 *operand)
{
    FWP_DATA_TYPE type = operand->type;

    if (!has_pointer(operand))
        return STATUS_FWP_NULL_POINTER;
    if (type == FWP_SID && !RtlValidSid(operand->sid))
        return STATUS_INVALID_SID;
    switch (match) {
    case FWP_MATCH_EQUAL:
        return STATUS_SUCCESS;
    case FWP_MATCH_FLAGS_ALL_SET: case FWP_MATCH_FLAGS_ANY_SET: case FWP_MATCH_FLAGS_NONE_SET:
        return is_unsigned(type) ? STATUS_SUCCESS : STATUS_FWP_MATCH_TYPE_MISMATCH;
    case FWP_MATCH_EQUAL_CASE_INSENSITIVE:
        return type == FWP_UNICODE_STRING_TYPE ? STATUS_SUCCESS : STATUS_FWP_MATCH_TYPE_MISMATCH;
    case FWP_MATCH_PREFIX: case FWP_MATCH_NOT_PREFIX:
        return type == FWP_UNICODE_STRING_TYPE || type == FWP_BYTE_BLOB_TYPE ? STATUS_SUCCESS : STATUS_FWP_MATCH_TYPE_MISMATCH;
    case FWP_MATCH_RANGE:
        return STATUS_FWP_MATCH_TYPE_MISMATCH;      /* wants FWP_RANGE_TYPE */
    default:
        return fwp_value_sortable(type) ? STATUS_SUCCESS : STATUS_FWP_MATCH_TYPE_MISMATCH;
    }
}

static NTSTATUS check_range(const struct fwp_field *field, FWP_MATCH_TYPE match, const FWP_RANGE0 *range)
{
    if (match != FWP_MATCH_RANGE)
        return STATUS_FWP_MATCH_TYPE_MISMATCH;
    if (!range)
        return STATUS_FWP_NULL_POINTER;
    if (range->valueLow.type != field->data_type || range->valueHigh.type != field->data_type)
        return STATUS_FWP_TYPE_MISMATCH;
    if (!fwp_value_sortable(range->valueLow.type))
        return STATUS_FWP_MATCH_TYPE_MISMATCH;
    if (!has_pointer(&range->valueLow) || !has_pointer(&range->valueHigh))
        return STATUS_FWP_NULL_POINTER;
    return fwp_value_compare(&range->valueLow, &range->valueHigh, false) <= 0 ? STATUS_SUCCESS : STATUS_FWP_INVALID_RANGE;
}

static bool contiguous(UINT32 mask)
{
    return (mask | (mask - 1)) == 0xffffffffu || mask == 0;
}

static NTSTATUS check_address(const struct fwp_field *field, FWP_MATCH_TYPE match, const FWP_CONDITION_VALUE0 *operand)
{
    bool v4 = operand->type == FWP_V4_ADDR_MASK;

    if (field->type != FWPM_FIELD_IP_ADDRESS || field->data_type != (v4 ? FWP_UINT32 : FWP_BYTE_ARRAY16_TYPE))
        return STATUS_FWP_TYPE_MISMATCH;
    if (match != FWP_MATCH_EQUAL && match != FWP_MATCH_NOT_EQUAL)
        return STATUS_FWP_MATCH_TYPE_MISMATCH;
    if (!operand->v4AddrMask)
        return STATUS_FWP_NULL_POINTER;
    if (v4)
        return contiguous(operand->v4AddrMask->mask) ? STATUS_SUCCESS : STATUS_FWP_INVALID_NET_MASK;
    return operand->v6AddrMask->prefixLength <= 128 ? STATUS_SUCCESS : STATUS_FWP_INVALID_NET_MASK;
}

static NTSTATUS check_descriptor(FWP_MATCH_TYPE match, const FWP_BYTE_BLOB *descriptor)
{
    if (match != FWP_MATCH_EQUAL && match != FWP_MATCH_NOT_EQUAL)
        return STATUS_FWP_MATCH_TYPE_MISMATCH;
    if (!descriptor || !descriptor->data)
        return STATUS_FWP_NULL_POINTER;
    return RtlValidRelativeSecurityDescriptor((PSECURITY_DESCRIPTOR)descriptor->data, descriptor->size, 0)
               ? STATUS_SUCCESS : STATUS_INVALID_SECURITY_DESCR;
}

NTSTATUS fwp_condition_check(const struct fwp_field *field, const FWPM_FILTER_CONDITION0 *condition)
{
    const FWP_CONDITION_VALUE0 *operand = &condition->conditionValue;
    FWP_MATCH_TYPE match = condition->matchType;
    bool token = field->data_type == FWP_TOKEN_INFORMATION_TYPE || field->data_type == FWP_TOKEN_ACCESS_INFORMATION_TYPE;

    if ((unsigned)match >= FWP_MATCH_TYPE_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    if (operand->type == FWP_EMPTY && match == FWP_MATCH_EQUAL)
        return STATUS_SUCCESS;          /* the field has no value */
    if (operand->type == FWP_RANGE_TYPE)
        return check_range(field, match, operand->rangeValue);
    if (operand->type == FWP_V4_ADDR_MASK || operand->type == FWP_V6_ADDR_MASK)
        return check_address(field, match, operand);
    if (token)
        return operand->type == FWP_SECURITY_DESCRIPTOR_TYPE ? check_descriptor(match, operand->sd) : STATUS_FWP_TYPE_MISMATCH;
    if ((unsigned)operand->type >= FWP_DATA_TYPE_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    if ((unsigned)operand->type != field->data_type)
        return STATUS_FWP_TYPE_MISMATCH;
    return check_single(match, (const FWP_VALUE0 *)operand);
}
