/* The callouts that set classify options as their filter's provider context says. docs: fwp/built-in-callout-identifiers,
 * fwp/using-classify-options */
#include <fwpsk.h>
#include <initguid.h>
#include <stdlib.h>

#include "fwp/callouts.h"
#include "fwp/objects.h"
#include "nt/text.h"

#include <fwp/layer_guids.h>
#include <fwp/object_guids.h>

static VOID NTAPI set_options(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, VOID *data,
                              const VOID *context, const FWPS_FILTER2 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPM_PROVIDER_CONTEXT2 *given = filter->providerContext;

    if (!given || given->type != FWPM_CLASSIFY_OPTIONS_CONTEXT)
        return;
    for (UINT32 n = 0; n < given->classifyOptions->numOptions; n++) {
        const FWPM_CLASSIFY_OPTION0 *option = &given->classifyOptions->options[n];
        FwpsClassifyOptionSet0(metadata, option->type, &option->value);
    }
}

static NTSTATUS NTAPI accept_filters(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER2 *filter)
{
    return STATUS_SUCCESS;
}

static const struct {
    const GUID *key, *layer;
    const char *name;
} callouts[] = {
    { &FWPM_CALLOUT_SET_OPTIONS_AUTH_CONNECT_LAYER_V4, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, "WFP built-in options of IPv4 connects" },
    { &FWPM_CALLOUT_SET_OPTIONS_AUTH_CONNECT_LAYER_V6, &FWPM_LAYER_ALE_AUTH_CONNECT_V6, "WFP built-in options of IPv6 connects" },
    { &FWPM_CALLOUT_SET_OPTIONS_AUTH_RECV_ACCEPT_LAYER_V4, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4,
      "WFP built-in options of accepted IPv4 connections" },
    { &FWPM_CALLOUT_SET_OPTIONS_AUTH_RECV_ACCEPT_LAYER_V6, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V6,
      "WFP built-in options of accepted IPv6 connections" },
};

static bool add(unsigned n)
{
    FWPS_CALLOUT2 functions = { .calloutKey = *callouts[n].key, .flags = FWP_CALLOUT_FLAG_ALLOW_RSC | FWP_CALLOUT_FLAG_ALLOW_OFFLOAD,
                                .classifyFn = set_options, .notifyFn = accept_filters };
    struct fwp_callout *slot = fwp_callout_builtin(&functions);
    WCHAR *name = slot ? text_utf16(callouts[n].name, NULL) : NULL;
    FWPM_CALLOUT0 value = { .calloutKey = *callouts[n].key, .displayData = { name, name },
                            .flags = FWPM_CALLOUT_FLAG_USES_PROVIDER_CONTEXT, .applicableLayer = *callouts[n].layer,
                            .calloutId = slot ? slot->id : 0 };
    struct fwp_object *object = name ? fwp_object_create(FWP_CALLOUT, &value, callouts[n].key, slot->id) : NULL;

    free(name);
    if (!object)
        return false;
    object->lifetime = FWP_BUILTIN;
    object->slot = slot;
    slot->references++;
    if (fwp_object_insert(object))
        return true;
    fwp_object_free(object);
    return false;
}

bool fwp_set_options_add(void)
{
    for (unsigned n = 0; n < sizeof callouts / sizeof callouts[0]; n++)
        if (!add(n))
            return false;
    return true;
}
