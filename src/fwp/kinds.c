/* Adding providers, provider contexts, sublayers and callouts; those that are built in. docs: fwpmu, fwp/object-management */
#include <string.h>

#include "fwp/callouts.h"
#include "fwp/layer.h"
#include "fwp/objects.h"

/* What every kind checks: a name, flags, a provider that exists. */
struct common {
    const GUID *key;
    const WCHAR *name;
    UINT32 flags, known;
    const GUID *provider;
};

static NTSTATUS check_common(enum fwp_kind kind, const struct common *common, struct fwp_object **provider)
{
    *provider = NULL;
    if (!common->name)
        return STATUS_FWP_NULL_DISPLAY_NAME;
    if (common->flags & ~common->known)
        return STATUS_FWP_INVALID_FLAGS;
    if (!fwp_null_guid(common->key) && fwp_object_by_key(kind, common->key))
        return STATUS_FWP_ALREADY_EXISTS;
    if (common->provider && !(*provider = fwp_object_by_key(FWP_PROVIDER, common->provider)))
        return STATUS_FWP_PROVIDER_NOT_FOUND;
    return STATUS_SUCCESS;
}

/* Puts the new object into the session's transaction; frees it when that fails. */
static NTSTATUS put(struct fwp_session *session, struct fwp_object *object, struct fwp_object *provider, bool persistent,
                    PSECURITY_DESCRIPTOR sd)
{
    NTSTATUS status;

    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    object->link[FWP_TO_PROVIDER] = provider;
    status = fwp_object_settle(session, object, persistent, sd);
    if (NT_SUCCESS(status))
        status = fwp_change_add(session, object);
    if (!NT_SUCCESS(status))
        fwp_object_free(object);
    return status;
}

/* --- providers ------------------------------------------------------------------------------------------------------------------ */

NTSTATUS fwp_provider_put(struct fwp_session *session, const FWPM_PROVIDER0 *given, PSECURITY_DESCRIPTOR sd)
{
    FWPM_PROVIDER0 value = *given;
    struct common common = { &value.providerKey, value.displayData.name, value.flags, FWPM_PROVIDER_FLAG_PERSISTENT, NULL };
    struct fwp_object *none;
    NTSTATUS status = check_common(FWP_PROVIDER, &common, &none);

    if (!NT_SUCCESS(status))
        return status;
    if (fwp_null_guid(&value.providerKey))
        fwp_guid_new(&value.providerKey);
    return put(session, fwp_object_create(FWP_PROVIDER, &value, &value.providerKey, fwp_object_new_id(FWP_PROVIDER)), NULL,
               value.flags & FWPM_PROVIDER_FLAG_PERSISTENT, sd);
}

/* Adds a copy of the provider; sd: NULL for the default. PASSIVE_LEVEL. STATUS_FWP_NULL_POINTER, _NULL_DISPLAY_NAME, _INVALID_FLAGS,
 * _ALREADY_EXISTS, _DYNAMIC_SESSION_IN_PROGRESS, _INCOMPATIBLE_TXN, _TIMEOUT; STATUS_INVALID_SECURITY_DESCR,
 * STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmprovideradd0 */
NTSTATUS NTAPI FwpmProviderAdd0(HANDLE engineHandle, const FWPM_PROVIDER0 *provider, PSECURITY_DESCRIPTOR sd)
{
    struct fwp_session *session;
    NTSTATUS status = provider ? fwp_enter(engineHandle, FWP_WRITE, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, fwp_provider_put(session, provider, sd)) : status;
}

/* --- provider contexts ------------------------------------------------------------------------------------------------------------ */

/* The policies of IPsec and IKE are not kept: nothing in ring3 would follow them. */
static NTSTATUS check_content(const FWPM_PROVIDER_CONTEXT0 *context)
{
    if ((unsigned)context->type >= FWPM_PROVIDER_CONTEXT_TYPE_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    if (context->type != FWPM_GENERAL_CONTEXT && context->type != FWPM_CLASSIFY_OPTIONS_CONTEXT)
        return STATUS_NOT_SUPPORTED;
    if (!context->dataBuffer)
        return STATUS_FWP_NULL_POINTER;
    if (context->type == FWPM_GENERAL_CONTEXT)
        return context->dataBuffer->data || !context->dataBuffer->size ? STATUS_SUCCESS : STATUS_FWP_NULL_POINTER;
    if (!context->classifyOptions->numOptions)
        return STATUS_FWP_ZERO_LENGTH_ARRAY;
    if (!context->classifyOptions->options)
        return STATUS_FWP_NULL_POINTER;
    for (UINT32 i = 0; i < context->classifyOptions->numOptions; i++)
        if ((unsigned)context->classifyOptions->options[i].type >= FWP_CLASSIFY_OPTION_MAX)
            return STATUS_FWP_INVALID_ENUMERATOR;
    return STATUS_SUCCESS;
}

NTSTATUS fwp_context_put(struct fwp_session *session, const FWPM_PROVIDER_CONTEXT0 *given, PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    FWPM_PROVIDER_CONTEXT0 value = *given;
    struct common common = { &value.providerContextKey, value.displayData.name, value.flags,
                             FWPM_PROVIDER_CONTEXT_FLAG_PERSISTENT | FWPM_PROVIDER_CONTEXT_FLAG_DOWNLEVEL, value.providerKey };
    struct fwp_object *provider;
    NTSTATUS status = check_common(FWP_CONTEXT, &common, &provider);

    if (NT_SUCCESS(status))
        status = check_content(given);
    if (!NT_SUCCESS(status))
        return status;
    if (fwp_null_guid(&value.providerContextKey))
        fwp_guid_new(&value.providerContextKey);
    value.providerContextId = fwp_object_new_id(FWP_CONTEXT);
    status = put(session, fwp_object_create(FWP_CONTEXT, &value, &value.providerContextKey, value.providerContextId), provider,
                 value.flags & FWPM_PROVIDER_CONTEXT_FLAG_PERSISTENT, sd);
    if (NT_SUCCESS(status) && id)
        *id = value.providerContextId;
    return status;
}

static NTSTATUS add_any_context(HANDLE engine, const void *context, PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    struct fwp_session *session;
    NTSTATUS status = context ? fwp_enter(engine, FWP_WRITE, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, fwp_context_put(session, context, sd, id)) : status;
}

/* Each adds a copy of the provider context; *id (may be NULL) gets the run-time identifier. General contexts and classify options are
 * kept; the policies of IPsec and IKE, in which the versions differ, are refused. PASSIVE_LEVEL. As FwpmProviderAdd0, and
 * STATUS_FWP_PROVIDER_NOT_FOUND, _INVALID_ENUMERATOR, _ZERO_LENGTH_ARRAY, _LIFETIME_MISMATCH; STATUS_NOT_SUPPORTED.
 * docs: fwpmu/nf-fwpmu-fwpmprovidercontextadd0 */
NTSTATUS NTAPI FwpmProviderContextAdd0(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT0 *providerContext,
                                       PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    return add_any_context(engineHandle, providerContext, sd, id);
}

/* docs: fwpmu/nf-fwpmu-fwpmprovidercontextadd1 */
NTSTATUS NTAPI FwpmProviderContextAdd1(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT1 *providerContext,
                                       PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    return add_any_context(engineHandle, providerContext, sd, id);
}

/* docs: fwpmu/nf-fwpmu-fwpmprovidercontextadd2 */
NTSTATUS NTAPI FwpmProviderContextAdd2(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT2 *providerContext,
                                       PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    return add_any_context(engineHandle, providerContext, sd, id);
}

/* docs: fwpmu/nf-fwpmu-fwpmprovidercontextadd3 */
NTSTATUS NTAPI FwpmProviderContextAdd3(HANDLE engineHandle, const FWPM_PROVIDER_CONTEXT3 *providerContext,
                                       PSECURITY_DESCRIPTOR sd, UINT64 *id)
{
    return add_any_context(engineHandle, providerContext, sd, id);
}

/* --- sublayers -------------------------------------------------------------------------------------------------------------------- */

NTSTATUS fwp_sublayer_put(struct fwp_session *session, const FWPM_SUBLAYER0 *given, PSECURITY_DESCRIPTOR sd)
{
    FWPM_SUBLAYER0 value = *given;
    struct common common = { &value.subLayerKey, value.displayData.name, value.flags, FWPM_SUBLAYER_FLAG_PERSISTENT, value.providerKey };
    struct fwp_object *provider, *object;
    NTSTATUS status = check_common(FWP_SUBLAYER, &common, &provider);
    uint64_t number = NT_SUCCESS(status) ? fwp_object_new_id(FWP_SUBLAYER) : 0;

    if (!NT_SUCCESS(status))
        return status;
    if (fwp_null_guid(&value.subLayerKey))
        fwp_guid_new(&value.subLayerKey);
    if (number > UINT16_MAX)
        return STATUS_FWP_TOO_MANY_SUBLAYERS;
    object = fwp_object_create(FWP_SUBLAYER, &value, &value.subLayerKey, number);
    if (object)
        object->number = (uint16_t)number;
    return put(session, object, provider, value.flags & FWPM_SUBLAYER_FLAG_PERSISTENT, sd);
}

/* Adds a copy of the sublayer; of two with one weight, the one added first is evaluated first. At most 65535 can be added in the
 * life of the computer. PASSIVE_LEVEL. As FwpmProviderAdd0, and STATUS_FWP_PROVIDER_NOT_FOUND, _LIFETIME_MISMATCH,
 * _TOO_MANY_SUBLAYERS. docs: fwpmu/nf-fwpmu-fwpmsublayeradd0 */
NTSTATUS NTAPI FwpmSubLayerAdd0(HANDLE engineHandle, const FWPM_SUBLAYER0 *subLayer, PSECURITY_DESCRIPTOR sd)
{
    struct fwp_session *session;
    NTSTATUS status = subLayer ? fwp_enter(engineHandle, FWP_WRITE, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, fwp_sublayer_put(session, subLayer, sd)) : status;
}

/* --- callouts --------------------------------------------------------------------------------------------------------------------- */

NTSTATUS fwp_callout_put(struct fwp_session *session, const FWPM_CALLOUT0 *given, PSECURITY_DESCRIPTOR sd, UINT32 *id)
{
    FWPM_CALLOUT0 value = *given;
    struct common common = { &value.calloutKey, value.displayData.name, value.flags,
                             FWPM_CALLOUT_FLAG_PERSISTENT | FWPM_CALLOUT_FLAG_USES_PROVIDER_CONTEXT | FWPM_CALLOUT_FLAG_REGISTERED,
                             value.providerKey };
    struct fwp_object *provider, *object;
    struct fwp_callout *slot;
    NTSTATUS status = check_common(FWP_CALLOUT, &common, &provider);

    if (NT_SUCCESS(status) && !fwp_layer_by_key(&value.applicableLayer))
        status = STATUS_FWP_LAYER_NOT_FOUND;
    if (!NT_SUCCESS(status))
        return status;
    if (fwp_null_guid(&value.calloutKey))
        fwp_guid_new(&value.calloutKey);
    slot = fwp_callout_reference(&value.calloutKey);
    if (!slot)
        return fwp_callouts.count > FWP_MOST_CALLOUTS ? STATUS_FWP_TOO_MANY_CALLOUTS : STATUS_INSUFFICIENT_RESOURCES;
    value.calloutId = slot->id;
    object = fwp_object_create(FWP_CALLOUT, &value, &value.calloutKey, slot->id);
    if (object)
        object->slot = slot;
    else
        fwp_callout_dereference(slot);
    status = put(session, object, provider, value.flags & FWPM_CALLOUT_FLAG_PERSISTENT, sd);
    if (NT_SUCCESS(status) && id)
        *id = value.calloutId;
    return status;
}

/* Adds a copy of the callout; *id (may be NULL) gets the run-time identifier, the same that FwpsCalloutRegister returns for its key.
 * PASSIVE_LEVEL. As FwpmProviderAdd0, and STATUS_FWP_PROVIDER_NOT_FOUND, _LAYER_NOT_FOUND, _LIFETIME_MISMATCH,
 * _TOO_MANY_CALLOUTS. docs: fwpmk/nf-fwpmk-fwpmcalloutadd0 */
NTSTATUS NTAPI FwpmCalloutAdd0(HANDLE engineHandle, const FWPM_CALLOUT0 *callout, PSECURITY_DESCRIPTOR sd, UINT32 *id)
{
    struct fwp_session *session;
    NTSTATUS status = callout ? fwp_enter(engineHandle, FWP_WRITE, &session) : STATUS_FWP_NULL_POINTER;

    return NT_SUCCESS(status) ? fwp_leave(session, fwp_callout_put(session, callout, sd, id)) : status;
}
