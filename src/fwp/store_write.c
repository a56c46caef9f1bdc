/* The store's text from the objects in the tables. */
#include "fwp/store.h"

#include <inttypes.h>
#include <string.h>

#include <ntifs.h>

#include "base/util.h"
#include "fwp/layer.h"

const char *const fwp_store_kinds[FWP_KINDS] = { "provider", "context", "sublayer", "callout", "filter" };

const char *const fwp_store_matches[FWP_MATCH_TYPE_MAX] = {
    [FWP_MATCH_EQUAL] = "EQUAL", [FWP_MATCH_GREATER] = "GREATER", [FWP_MATCH_LESS] = "LESS",
    [FWP_MATCH_GREATER_OR_EQUAL] = "GREATER_OR_EQUAL", [FWP_MATCH_LESS_OR_EQUAL] = "LESS_OR_EQUAL", [FWP_MATCH_RANGE] = "RANGE",
    [FWP_MATCH_FLAGS_ALL_SET] = "FLAGS_ALL_SET", [FWP_MATCH_FLAGS_ANY_SET] = "FLAGS_ANY_SET",
    [FWP_MATCH_FLAGS_NONE_SET] = "FLAGS_NONE_SET", [FWP_MATCH_EQUAL_CASE_INSENSITIVE] = "EQUAL_CASE_INSENSITIVE",
    [FWP_MATCH_NOT_EQUAL] = "NOT_EQUAL", [FWP_MATCH_PREFIX] = "PREFIX", [FWP_MATCH_NOT_PREFIX] = "NOT_PREFIX",
};

const struct fwp_store_type fwp_store_types[] = {
    { FWP_EMPTY, "EMPTY" }, { FWP_UINT8, "UINT8" }, { FWP_UINT16, "UINT16" }, { FWP_UINT32, "UINT32" }, { FWP_UINT64, "UINT64" },
    { FWP_INT8, "INT8" }, { FWP_INT16, "INT16" }, { FWP_INT32, "INT32" }, { FWP_INT64, "INT64" }, { FWP_FLOAT, "FLOAT" },
    { FWP_DOUBLE, "DOUBLE" }, { FWP_BYTE_ARRAY16_TYPE, "BYTE_ARRAY16" }, { FWP_BYTE_ARRAY6_TYPE, "BYTE_ARRAY6" },
    { FWP_BYTE_BLOB_TYPE, "BYTE_BLOB" }, { FWP_SID, "SID" }, { FWP_SECURITY_DESCRIPTOR_TYPE, "SECURITY_DESCRIPTOR" },
    { FWP_TOKEN_ACCESS_INFORMATION_TYPE, "TOKEN_ACCESS_INFORMATION" }, { FWP_UNICODE_STRING_TYPE, "UNICODE_STRING" },
    { FWP_V4_ADDR_MASK, "V4_ADDR_MASK" }, { FWP_V6_ADDR_MASK, "V6_ADDR_MASK" }, { FWP_RANGE_TYPE, "RANGE" },
};
const unsigned fwp_store_type_count = countof(fwp_store_types);

const struct fwp_store_action fwp_store_actions[5] = {
    { FWP_ACTION_BLOCK, "block" }, { FWP_ACTION_PERMIT, "permit" }, { FWP_ACTION_CALLOUT_TERMINATING, "callout-terminating" },
    { FWP_ACTION_CALLOUT_INSPECTION, "callout-inspection" }, { FWP_ACTION_CALLOUT_UNKNOWN, "callout-unknown" },
};

static void quoted(struct writer *w, const WCHAR *text)
{
    write_text(w, "\"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            write_text(w, "\\%c", (char)*text);
        else if (*text < 0x20 || *text > 0x7e)
            write_text(w, "\\u%04x", (unsigned)*text);
        else
            write_text(w, "%c", (char)*text);
    write_text(w, "\"");
}

static void line_text(struct writer *w, const char *property, const WCHAR *text)
{
    if (!text)
        return;
    write_text(w, "  %s ", property);
    quoted(w, text);
    write_text(w, "\n");
}

static void hex(struct writer *w, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    write_text(w, data && size ? "" : "-");
    for (size_t i = 0; data && i < size; i++)
        write_text(w, "%02x", bytes[i]);
}

static void line_blob(struct writer *w, const char *property, const FWP_BYTE_BLOB *blob)
{
    if (!blob || !blob->size)
        return;
    write_text(w, "  %s ", property);
    hex(w, blob->data, blob->size);
    write_text(w, "\n");
}

static void line_guid(struct writer *w, const char *property, const GUID *guid)
{
    char text[40];

    if (guid)
        write_text(w, "  %s %s\n", property, fwp_guid_text(guid, text));
}

/* --- values -------------------------------------------------------------------------------------------------------------------------- */

static uint64_t bits_of(const FWP_CONDITION_VALUE0 *value)
{
    uint64_t bits = 0;

    if (value->type == FWP_DOUBLE)
        memcpy(&bits, value->double64, sizeof(double));
    else
        memcpy(&bits, &value->float32, sizeof(float));
    return bits;
}

static void value(struct writer *w, const FWP_CONDITION_VALUE0 *v);

static void content(struct writer *w, const FWP_CONDITION_VALUE0 *v)
{
    switch (v->type) {
    case FWP_UINT8: write_text(w, " %u", v->uint8); return;
    case FWP_UINT16: write_text(w, " %u", v->uint16); return;
    case FWP_UINT32: write_text(w, " %u", (unsigned)v->uint32); return;
    case FWP_UINT64: write_text(w, " 0x%llx", *v->uint64); return;
    case FWP_INT8: write_text(w, " %d", v->int8); return;
    case FWP_INT16: write_text(w, " %d", v->int16); return;
    case FWP_INT32: write_text(w, " %d", (int)v->int32); return;
    case FWP_INT64: write_text(w, " %lld", *v->int64); return;
    case FWP_FLOAT: case FWP_DOUBLE: write_text(w, " 0x%" PRIx64, bits_of(v)); return;
    case FWP_UNICODE_STRING_TYPE: write_text(w, " "); quoted(w, v->unicodeString); return;
    case FWP_RANGE_TYPE:
        write_text(w, " ");
        value(w, (const FWP_CONDITION_VALUE0 *)&v->rangeValue->valueLow);
        write_text(w, " ");
        value(w, (const FWP_CONDITION_VALUE0 *)&v->rangeValue->valueHigh);
        return;
    default: break;
    }
    write_text(w, " ");
    if (v->type == FWP_BYTE_ARRAY16_TYPE)
        hex(w, v->byteArray16, 16);
    else if (v->type == FWP_BYTE_ARRAY6_TYPE)
        hex(w, v->byteArray6, 6);
    else if (v->type == FWP_SID)
        hex(w, v->sid, 8 + 4 * (size_t)v->sid->SubAuthorityCount);
    else if (v->type == FWP_V4_ADDR_MASK)
        write_text(w, "0x%x 0x%x", (unsigned)v->v4AddrMask->addr, (unsigned)v->v4AddrMask->mask);
    else if (v->type == FWP_V6_ADDR_MASK)
        hex(w, v->v6AddrMask->addr, 16), write_text(w, " %u", v->v6AddrMask->prefixLength);
    else
        hex(w, v->byteBlob->data, v->byteBlob->size);
}

static bool is_inline(FWP_DATA_TYPE type)
{
    return type <= FWP_UINT32 || (type >= FWP_INT8 && type <= FWP_INT32) || type == FWP_FLOAT;
}

/* TYPE and what it has. Types that no stored object can have, and pointers to nothing, are empty. */
static void value(struct writer *w, const FWP_CONDITION_VALUE0 *v)
{
    const char *name = NULL;

    for (unsigned i = 0; i < fwp_store_type_count; i++)
        if (fwp_store_types[i].type == v->type && (is_inline(v->type) || v->uint64))
            name = fwp_store_types[i].name;
    write_text(w, "%s", name ? name : "EMPTY");
    if (name && v->type != FWP_EMPTY)
        content(w, v);
}

/* --- objects -------------------------------------------------------------------------------------------------------------------------- */

static void context_content(struct writer *w, const FWPM_PROVIDER_CONTEXT0 *context)
{
    if (context->type == FWPM_GENERAL_CONTEXT) {
        write_text(w, "  general ");
        hex(w, context->dataBuffer->data, context->dataBuffer->size);
        write_text(w, "\n");
        return;
    }
    for (UINT32 i = 0; i < context->classifyOptions->numOptions; i++) {
        write_text(w, "  option %u ", (unsigned)context->classifyOptions->options[i].type);
        value(w, (const FWP_CONDITION_VALUE0 *)&context->classifyOptions->options[i].value);
        write_text(w, "\n");
    }
}

static void line_action(struct writer *w, const FWPM_ACTION0 *action)
{
    char text[40];

    for (unsigned i = 0; i < countof(fwp_store_actions); i++)
        if (fwp_store_actions[i].type == action->type)
            write_text(w, "  action %s", fwp_store_actions[i].name);
    if (action->type & FWP_ACTION_FLAG_CALLOUT)
        write_text(w, " %s", fwp_guid_text(&action->calloutKey, text));
    write_text(w, "\n");
}

static void filter_content(struct writer *w, const FWPM_FILTER0 *filter)
{
    const struct fwp_layer *layer = fwp_layer_by_key(&filter->layerKey);

    write_text(w, "  layer %s\n", layer->name);
    line_guid(w, "sublayer", &filter->subLayerKey);
    write_text(w, "  weight ");
    value(w, (const FWP_CONDITION_VALUE0 *)&filter->weight);
    write_text(w, "\n");
    line_action(w, &filter->action);
    if (filter->flags & FWPM_FILTER_FLAG_HAS_PROVIDER_CONTEXT)
        line_guid(w, "context", &filter->providerContextKey);
    else if (filter->rawContext)
        write_text(w, "  raw-context 0x%" PRIx64 "\n", (uint64_t)filter->rawContext);
    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        const FWPM_FILTER_CONDITION0 *condition = &filter->filterCondition[i];
        write_text(w, "  condition %s %s ", layer->fields[fwp_layer_field(layer, &condition->fieldKey)].name,
                   fwp_store_matches[condition->matchType]);
        value(w, &condition->conditionValue);
        write_text(w, "\n");
    }
}

/* The members that structures share, which lie at different places in them. */
static void common(struct writer *w, const FWPM_DISPLAY_DATA0 *display, UINT32 flags, const FWP_BYTE_BLOB *data, const GUID *provider)
{
    line_text(w, "name", display->name);
    line_text(w, "description", display->description);
    write_text(w, "  flags 0x%x\n", (unsigned)flags);
    line_blob(w, "data", data);
    line_guid(w, "provider", provider);
}

static void write_object(struct writer *w, const struct fwp_object *object)
{
    const FWPM_PROVIDER0 *provider = object->value;
    const FWPM_PROVIDER_CONTEXT0 *context = object->value;
    const FWPM_SUBLAYER0 *sublayer = object->value;
    const FWPM_CALLOUT0 *callout = object->value;
    const FWPM_FILTER0 *filter = object->value;
    char text[40];

    write_text(w, "%s %s\n", fwp_store_kinds[object->kind], fwp_guid_text(&object->key, text));
    switch (object->kind) {
    case FWP_PROVIDER:
        common(w, &provider->displayData, provider->flags & ~(UINT32)FWPM_PROVIDER_FLAG_DISABLED, &provider->providerData, NULL);
        line_text(w, "service", provider->serviceName);
        break;
    case FWP_CONTEXT:
        common(w, &context->displayData, context->flags, &context->providerData, context->providerKey);
        context_content(w, context);
        break;
    case FWP_SUBLAYER:
        common(w, &sublayer->displayData, sublayer->flags, &sublayer->providerData, sublayer->providerKey);
        write_text(w, "  weight UINT16 %u\n", sublayer->weight);
        break;
    case FWP_CALLOUT:
        common(w, &callout->displayData, callout->flags & ~(UINT32)FWPM_CALLOUT_FLAG_REGISTERED, &callout->providerData,
               callout->providerKey);
        write_text(w, "  layer %s\n", fwp_layer_by_key(&callout->applicableLayer)->name);
        break;
    default:
        common(w, &filter->displayData, filter->flags & ~(UINT32)(FWPM_FILTER_FLAG_DISABLED | FWPM_FILTER_FLAG_INDEXED),
               &filter->providerData, filter->providerKey);
        filter_content(w, filter);
    }
    if (object->security) {
        write_text(w, "  security ");
        hex(w, object->security, RtlLengthSecurityDescriptor(object->security));
        write_text(w, "\n");
    }
}

void fwp_store_write(struct writer *w)
{
    write_text(w, "%s\n", FWP_STORE_HEAD);
    for (enum fwp_kind kind = 0; kind < FWP_KINDS; kind++)
        list_each(it, fwp_objects_of(kind)) {
            const struct fwp_object *object = container_of(it, struct fwp_object, node);
            if (object->lifetime == FWP_PERSISTENT)
                write_object(w, object);
        }
}
