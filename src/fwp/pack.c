/* Deep copies of the management structures. */
#include "fwp/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "fwp/callouts.h"
#include "nt/pool.h"
#include "nt/text.h"

#define FWP_TAG ((uint32_t)'F' | (uint32_t)'w' << 8 | (uint32_t)'p' << 16 | (uint32_t)'m' << 24)

#define SET(copy, member, value)                                                                                    \
    do {                                                                                                            \
        void *set_ = (value);                                                                                       \
        if (copy)                                                                                                   \
            (copy)->member = set_;                                                                                  \
    } while (0)

void *fwp_pack_bytes(struct fwp_pack *pack, const void *from, size_t size)
{
    uint8_t *to = pack->at ? pack->at + pack->used : NULL;

    if (!from)
        return NULL;
    pack->used += (size + 15) & ~(size_t)15;
    if (to && size)
        memcpy(to, from, size);
    return to;
}

WCHAR *fwp_pack_text(struct fwp_pack *pack, const WCHAR *text)
{
    return text ? fwp_pack_bytes(pack, text, (text_length(text) + 1) * sizeof *text) : NULL;
}

static FWP_BYTE_BLOB *pack_blob(struct fwp_pack *pack, const FWP_BYTE_BLOB *blob)
{
    FWP_BYTE_BLOB *copy = fwp_pack_bytes(pack, blob, sizeof *blob);

    if (blob)
        SET(copy, data, fwp_pack_bytes(pack, blob->data, blob->size));
    return copy;
}

static size_t sid_size(const SID *sid)
{
    return sid ? 8 + 4 * (size_t)sid->SubAuthorityCount : 0;
}

static SID_AND_ATTRIBUTES *pack_sids(struct fwp_pack *pack, const SID_AND_ATTRIBUTES *sids, UINT32 count)
{
    SID_AND_ATTRIBUTES *copy = fwp_pack_bytes(pack, sids, count * sizeof *sids);

    for (UINT32 i = 0; sids && i < count; i++) {
        void *sid = fwp_pack_bytes(pack, sids[i].Sid, sid_size(sids[i].Sid));
        if (copy)
            copy[i].Sid = sid;
    }
    return copy;
}

static void *pack_token(struct fwp_pack *pack, const FWP_TOKEN_INFORMATION *token)
{
    FWP_TOKEN_INFORMATION *copy = fwp_pack_bytes(pack, token, sizeof *token);

    if (!token)
        return NULL;
    SET(copy, sids, pack_sids(pack, token->sids, token->sidCount));
    SET(copy, restrictedSids, pack_sids(pack, token->restrictedSids, token->restrictedSidCount));
    return copy;
}

static void *pack_range(struct fwp_pack *pack, const FWP_RANGE0 *range);

/* What the value or condition value points at, by its type. */
static void *pack_target(struct fwp_pack *pack, const FWP_CONDITION_VALUE0 *value)
{
    switch (value->type) {
    case FWP_UINT64: case FWP_INT64: case FWP_DOUBLE:
        return fwp_pack_bytes(pack, value->uint64, 8);
    case FWP_BYTE_ARRAY16_TYPE:
        return fwp_pack_bytes(pack, value->byteArray16, 16);
    case FWP_BYTE_ARRAY6_TYPE:
        return fwp_pack_bytes(pack, value->byteArray6, 6);
    case FWP_BYTE_BLOB_TYPE: case FWP_SECURITY_DESCRIPTOR_TYPE: case FWP_TOKEN_ACCESS_INFORMATION_TYPE:
        return pack_blob(pack, value->byteBlob);
    case FWP_SID:
        return fwp_pack_bytes(pack, value->sid, sid_size(value->sid));
    case FWP_TOKEN_INFORMATION_TYPE:
        return pack_token(pack, value->tokenInformation);
    case FWP_UNICODE_STRING_TYPE:
        return fwp_pack_text(pack, value->unicodeString);
    case FWP_V4_ADDR_MASK:
        return fwp_pack_bytes(pack, value->v4AddrMask, sizeof *value->v4AddrMask);
    case FWP_V6_ADDR_MASK:
        return fwp_pack_bytes(pack, value->v6AddrMask, sizeof *value->v6AddrMask);
    case FWP_RANGE_TYPE:
        return pack_range(pack, value->rangeValue);
    default:
        return NULL;
    }
}

static bool points(FWP_DATA_TYPE type)
{
    return type != FWP_EMPTY && type != FWP_UINT8 && type != FWP_UINT16 && type != FWP_UINT32 && type != FWP_INT8 &&
           type != FWP_INT16 && type != FWP_INT32 && type != FWP_FLOAT;
}

/* value and copy: FWP_VALUE0 or FWP_CONDITION_VALUE0, which are alike. */
static void pack_inside(struct fwp_pack *pack, const void *value, void *copy)
{
    const FWP_CONDITION_VALUE0 *from = value;
    FWP_CONDITION_VALUE0 *to = copy;

    if (points(from->type))
        SET(to, uint64, pack_target(pack, from));
}

static void *pack_range(struct fwp_pack *pack, const FWP_RANGE0 *range)
{
    FWP_RANGE0 *copy = fwp_pack_bytes(pack, range, sizeof *range);

    if (!range)
        return NULL;
    pack_inside(pack, &range->valueLow, copy ? &copy->valueLow : NULL);
    pack_inside(pack, &range->valueHigh, copy ? &copy->valueHigh : NULL);
    return copy;
}

void *fwp_pack_value(struct fwp_pack *pack, const void *from)
{
    FWP_VALUE0 *copy = fwp_pack_bytes(pack, from, sizeof *copy);

    pack_inside(pack, from, copy);
    return copy;
}

#define PACK_COMMON(pack, from, copy)                                                                               \
    do {                                                                                                            \
        SET(copy, displayData.name, fwp_pack_text(pack, (from)->displayData.name));                                 \
        SET(copy, displayData.description, fwp_pack_text(pack, (from)->displayData.description));                   \
    } while (0)
#define PACK_OWNED(pack, from, copy)                                                                                \
    do {                                                                                                            \
        SET(copy, providerKey, fwp_pack_bytes(pack, (from)->providerKey, sizeof(GUID)));                            \
        SET(copy, providerData.data, fwp_pack_bytes(pack, (from)->providerData.data, (from)->providerData.size));   \
    } while (0)

void *fwp_pack_provider(struct fwp_pack *pack, const void *value)
{
    const FWPM_PROVIDER0 *from = value;
    FWPM_PROVIDER0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    PACK_COMMON(pack, from, copy);
    SET(copy, providerData.data, fwp_pack_bytes(pack, from->providerData.data, from->providerData.size));
    SET(copy, serviceName, fwp_pack_text(pack, from->serviceName));
    return copy;
}

static FWPM_CLASSIFY_OPTIONS0 *pack_options(struct fwp_pack *pack, const FWPM_CLASSIFY_OPTIONS0 *from)
{
    FWPM_CLASSIFY_OPTIONS0 *copy = fwp_pack_bytes(pack, from, sizeof *from);
    FWPM_CLASSIFY_OPTION0 *options = fwp_pack_bytes(pack, from->options, from->numOptions * sizeof *options);

    SET(copy, options, options);
    for (UINT32 i = 0; from->options && i < from->numOptions; i++)
        pack_inside(pack, &from->options[i].value, options ? &options[i].value : NULL);
    return copy;
}

/* All versions are alike but for the types of IPsec and IKE policies, which are not accepted (provider_context.c). */
void *fwp_pack_context(struct fwp_pack *pack, const void *value)
{
    const FWPM_PROVIDER_CONTEXT0 *from = value;
    FWPM_PROVIDER_CONTEXT0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    PACK_COMMON(pack, from, copy);
    PACK_OWNED(pack, from, copy);
    if (from->type == FWPM_GENERAL_CONTEXT)
        SET(copy, dataBuffer, pack_blob(pack, from->dataBuffer));
    else if (from->type == FWPM_CLASSIFY_OPTIONS_CONTEXT && from->classifyOptions)
        SET(copy, classifyOptions, pack_options(pack, from->classifyOptions));
    return copy;
}

void *fwp_pack_sublayer(struct fwp_pack *pack, const void *value)
{
    const FWPM_SUBLAYER0 *from = value;
    FWPM_SUBLAYER0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    PACK_COMMON(pack, from, copy);
    PACK_OWNED(pack, from, copy);
    return copy;
}

/* Whether it is registered is true of the moment of the copy. */
void *fwp_pack_callout(struct fwp_pack *pack, const void *value)
{
    const FWPM_CALLOUT0 *from = value;
    FWPM_CALLOUT0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    PACK_COMMON(pack, from, copy);
    PACK_OWNED(pack, from, copy);
    if (copy) {
        const struct fwp_callout *slot = fwp_callout_of(from->calloutId);
        copy->flags &= ~(UINT32)FWPM_CALLOUT_FLAG_REGISTERED;
        copy->flags |= slot && slot->registered ? FWPM_CALLOUT_FLAG_REGISTERED : 0;
    }
    return copy;
}

FWPM_FILTER_CONDITION0 *fwp_pack_conditions(struct fwp_pack *pack, const FWPM_FILTER_CONDITION0 *conditions, uint32_t count)
{
    FWPM_FILTER_CONDITION0 *copies = fwp_pack_bytes(pack, count ? conditions : NULL, count * sizeof *copies);

    for (uint32_t i = 0; i < count; i++)
        pack_inside(pack, &conditions[i].conditionValue, copies ? &copies[i].conditionValue : NULL);
    return copies;
}

void *fwp_pack_filter(struct fwp_pack *pack, const void *value)
{
    const FWPM_FILTER0 *from = value;
    FWPM_FILTER0 *copy = fwp_pack_bytes(pack, from, sizeof *from);
    FWPM_FILTER_CONDITION0 *copies = fwp_pack_conditions(pack, from->filterCondition, from->numFilterConditions);

    PACK_COMMON(pack, from, copy);
    PACK_OWNED(pack, from, copy);
    SET(copy, filterCondition, copies);
    SET(copy, reserved, NULL);
    pack_inside(pack, &from->weight, copy ? &copy->weight : NULL);
    pack_inside(pack, &from->effectiveWeight, copy ? &copy->effectiveWeight : NULL);
    return copy;
}

void *fwp_pack_layer(struct fwp_pack *pack, const void *value)
{
    const FWPM_LAYER0 *from = value;
    FWPM_LAYER0 *copy = fwp_pack_bytes(pack, from, sizeof *from);
    FWPM_FIELD0 *fields = fwp_pack_bytes(pack, from->field, from->numFields * sizeof *fields);

    PACK_COMMON(pack, from, copy);
    SET(copy, field, fields);
    for (UINT32 i = 0; i < from->numFields; i++) {
        GUID *key = fwp_pack_bytes(pack, from->field[i].fieldKey, sizeof(GUID));
        if (fields)
            fields[i].fieldKey = key;
    }
    return copy;
}

void *fwp_pack_session(struct fwp_pack *pack, const void *value)
{
    const FWPM_SESSION0 *from = value;
    FWPM_SESSION0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    PACK_COMMON(pack, from, copy);
    SET(copy, sid, fwp_pack_bytes(pack, from->sid, sid_size(from->sid)));
    SET(copy, username, fwp_pack_text(pack, from->username));
    return copy;
}

void *fwp_pack_one(fwp_packer *packer, const void *from, void *(*alloc)(void *context, size_t size), void *context)
{
    struct fwp_pack pack = { 0 };

    packer(&pack, from);
    pack.at = alloc(context, pack.used);
    pack.used = 0;
    return pack.at ? packer(&pack, from) : NULL;
}

static void *pack_all(struct fwp_pack *pack, fwp_packer *packer, const void *const *from, uint32_t count)
{
    static const void *const none[1];
    void **array = fwp_pack_bytes(pack, count ? from : none, (count ? count : 1) * sizeof *array);

    for (uint32_t i = 0; i < count; i++) {
        void *copy = packer(pack, from[i]);
        if (array)
            array[i] = copy;
    }
    return array;
}

void *fwp_pack_array(fwp_packer *packer, const void *const *from, uint32_t count, void *(*alloc)(void *context, size_t size),
                     void *context)
{
    struct fwp_pack pack = { 0 };

    pack_all(&pack, packer, from, count);
    pack.at = alloc(context, pack.used);
    pack.used = 0;
    return pack.at ? pack_all(&pack, packer, from, count) : NULL;
}

void *fwp_alloc_guest(void *caller, size_t size)
{
    return pool_alloc(NonPagedPoolNx, size, FWP_TAG, caller);
}

void *fwp_alloc_host(void *unused, size_t size)
{
    (void)unused;
    return malloc(size ? size : 1);
}
