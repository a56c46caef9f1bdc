/* Lifetimes of objects, deleting and reading them. docs: fwp/object-management */
#include "fwp/objects.h"

#include <stdlib.h>
#include <string.h>

#include <ntifs.h>

#include "pe/pe.h"

/* --- lifetimes ---------------------------------------------------------------------------------------------------------------- */

static bool lives_long_enough(const struct fwp_object *object, const struct fwp_object *other)
{
    switch (other->lifetime) {
    case FWP_BUILTIN:
        return true;
    case FWP_PERSISTENT:
        return object->lifetime != FWP_PERSISTENT || other->kind == FWP_PROVIDER || !other->link[FWP_TO_PROVIDER] ||
               other->link[FWP_TO_PROVIDER] == object->link[FWP_TO_PROVIDER];
    case FWP_STATIC:
        return object->lifetime != FWP_PERSISTENT;
    default:
        return object->lifetime == FWP_DYNAMIC && object->session == other->session;
    }
}

static NTSTATUS keep_security(struct fwp_object *object, PSECURITY_DESCRIPTOR sd)
{
    ULONG size = 0;

    if (!sd)
        return STATUS_SUCCESS;
    if (!RtlValidSecurityDescriptor(sd))
        return STATUS_INVALID_SECURITY_DESCR;
    RtlAbsoluteToSelfRelativeSD(sd, NULL, &size);
    if (!size) {                        /* it is self-relative already */
        size = RtlLengthSecurityDescriptor(sd);
        object->security = malloc(size);
        if (object->security)
            memcpy(object->security, sd, size);
        return object->security ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    object->security = malloc(size);
    return object->security ? RtlAbsoluteToSelfRelativeSD(sd, object->security, &size) : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS fwp_object_settle(struct fwp_session *session, struct fwp_object *object, bool persistent, PSECURITY_DESCRIPTOR sd)
{
    bool dynamic = (session->value->flags & FWPM_SESSION_FLAG_DYNAMIC) != 0;

    if (dynamic && persistent)
        return STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS;
    object->lifetime = dynamic ? FWP_DYNAMIC : persistent ? FWP_PERSISTENT : FWP_STATIC;
    object->session = dynamic ? session : NULL;
    for (unsigned i = 0; i < FWP_LINKS; i++)
        if (object->link[i] && !lives_long_enough(object, object->link[i]))
            return STATUS_FWP_LIFETIME_MISMATCH;
    return keep_security(object, sd);
}

/* --- deleting ------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS delete_object(struct fwp_session *session, enum fwp_kind kind, struct fwp_object *object)
{
    if (!object)
        return fwp_kinds[kind].missing;
    if (object->lifetime == FWP_BUILTIN)
        return STATUS_FWP_BUILTIN_OBJECT;
    if (object->references)
        return STATUS_FWP_IN_USE;
    fwp_change_delete(session, object);
    return STATUS_SUCCESS;
}

static NTSTATUS delete_by_key(HANDLE engine, enum fwp_kind kind, const GUID *key)
{
    struct fwp_session *session;
    NTSTATUS status;

    if (!key)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engine, FWP_WRITE, &session);
    return NT_SUCCESS(status) ? fwp_leave(session, delete_object(session, kind, fwp_object_by_key(kind, key))) : status;
}

static NTSTATUS delete_by_id(HANDLE engine, enum fwp_kind kind, uint64_t id)
{
    struct fwp_session *session;
    NTSTATUS status = fwp_enter(engine, FWP_WRITE, &session);

    return NT_SUCCESS(status) ? fwp_leave(session, delete_object(session, kind, fwp_object_by_id(kind, id))) : status;
}

/* Each deletes an object, named by key or by run-time identifier. PASSIVE_LEVEL. STATUS_FWP_..._NOT_FOUND of its kind,
 * STATUS_FWP_IN_USE while another object refers to it, STATUS_FWP_BUILTIN_OBJECT, STATUS_FWP_NULL_POINTER,
 * STATUS_FWP_INCOMPATIBLE_TXN, STATUS_FWP_TIMEOUT, STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES.
 * docs: fwpmk/nf-fwpmk-fwpmcalloutdeletebykey0, fwpmk/nf-fwpmk-fwpmcalloutdeletebyid0, and the same names in fwpmu */
#define DELETE_BY_KEY(name, kind)                                                                                   \
    NTSTATUS NTAPI Fwpm##name##DeleteByKey0(HANDLE engineHandle, const GUID *key)                                   \
    {                                                                                                               \
        return delete_by_key(engineHandle, kind, key);                                                              \
    }
#define DELETE_BY_ID(name, kind, type)                                                                              \
    NTSTATUS NTAPI Fwpm##name##DeleteById0(HANDLE engineHandle, type id)                                            \
    {                                                                                                               \
        return delete_by_id(engineHandle, kind, id);                                                                \
    }
DELETE_BY_KEY(Provider, FWP_PROVIDER)
DELETE_BY_KEY(ProviderContext, FWP_CONTEXT)
DELETE_BY_KEY(SubLayer, FWP_SUBLAYER)
DELETE_BY_KEY(Callout, FWP_CALLOUT)
DELETE_BY_KEY(Filter, FWP_FILTER)
DELETE_BY_ID(ProviderContext, FWP_CONTEXT, UINT64)
DELETE_BY_ID(Callout, FWP_CALLOUT, UINT32)
DELETE_BY_ID(Filter, FWP_FILTER, UINT64)

/* --- reading -------------------------------------------------------------------------------------------------------------------- */

/* key NULL: by id. */
static NTSTATUS get(HANDLE engine, enum fwp_kind kind, const GUID *key, uint64_t id, void **result, void *caller)
{
    struct fwp_session *session;
    struct fwp_object *object;
    NTSTATUS status;

    if (!result)
        return STATUS_FWP_NULL_POINTER;
    status = fwp_enter(engine, FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    object = key ? fwp_object_by_key(kind, key) : fwp_object_by_id(kind, id);
    status = fwp_kinds[kind].missing;
    if (object) {
        *result = fwp_pack_one(fwp_kinds[kind].pack, object->value, fwp_alloc_guest, caller);
        status = *result ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    return fwp_leave(session, status);
}

/* Each copies an object, named by key or by run-time identifier; *result is freed with FwpmFreeMemory0. PASSIVE_LEVEL.
 * STATUS_FWP_..._NOT_FOUND of its kind, STATUS_FWP_NULL_POINTER, STATUS_FWP_TIMEOUT, STATUS_INVALID_HANDLE,
 * STATUS_INSUFFICIENT_RESOURCES. docs: fwpmu/nf-fwpmu-fwpmfiltergetbykey0, fwpmu/nf-fwpmu-fwpmfiltergetbyid0, and the same of
 * the other kinds */
#define GET_BY_KEY(name, kind, type, version)                                                                       \
    NTSTATUS NTAPI Fwpm##name##GetByKey##version(HANDLE engineHandle, const GUID *key, type **result)               \
    {                                                                                                               \
        return key ? get(engineHandle, kind, key, 0, (void **)result, (void *)PE_CALLER().rip) : STATUS_FWP_NULL_POINTER; \
    }
#define GET_BY_ID(name, kind, id_type, type, version)                                                               \
    NTSTATUS NTAPI Fwpm##name##GetById##version(HANDLE engineHandle, id_type id, type **result)                     \
    {                                                                                                               \
        return get(engineHandle, kind, NULL, id, (void **)result, (void *)PE_CALLER().rip);                         \
    }
GET_BY_KEY(Provider, FWP_PROVIDER, FWPM_PROVIDER0, 0)
GET_BY_KEY(ProviderContext, FWP_CONTEXT, FWPM_PROVIDER_CONTEXT0, 0)
GET_BY_KEY(ProviderContext, FWP_CONTEXT, FWPM_PROVIDER_CONTEXT1, 1)
GET_BY_KEY(ProviderContext, FWP_CONTEXT, FWPM_PROVIDER_CONTEXT2, 2)
GET_BY_KEY(ProviderContext, FWP_CONTEXT, FWPM_PROVIDER_CONTEXT3, 3)
GET_BY_KEY(SubLayer, FWP_SUBLAYER, FWPM_SUBLAYER0, 0)
GET_BY_KEY(Callout, FWP_CALLOUT, FWPM_CALLOUT0, 0)
GET_BY_KEY(Filter, FWP_FILTER, FWPM_FILTER0, 0)
GET_BY_ID(ProviderContext, FWP_CONTEXT, UINT64, FWPM_PROVIDER_CONTEXT0, 0)
GET_BY_ID(ProviderContext, FWP_CONTEXT, UINT64, FWPM_PROVIDER_CONTEXT1, 1)
GET_BY_ID(ProviderContext, FWP_CONTEXT, UINT64, FWPM_PROVIDER_CONTEXT2, 2)
GET_BY_ID(ProviderContext, FWP_CONTEXT, UINT64, FWPM_PROVIDER_CONTEXT3, 3)
GET_BY_ID(Callout, FWP_CALLOUT, UINT32, FWPM_CALLOUT0, 0)
GET_BY_ID(Filter, FWP_FILTER, UINT64, FWPM_FILTER0, 0)
