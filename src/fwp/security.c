/* Security descriptors of objects, of the containers they lie in, and of the engine. They are checked and kept; every caller is
 * System and is granted everything. docs: fwp/access-control, fwpmu/nf-fwpmu-fwpmfiltergetsecurityinfobykey0 */
#include <ntifs.h>

#include <fwpmk.h>
#include <fwpsk.h>
#include <stdlib.h>
#include <string.h>

#include "fwp/layer.h"
#include "fwp/objects.h"
#include "fwp/security.h"
#include "pe/pe.h"

/* What has a descriptor and is no object: the kinds' containers, then these. */
enum place { ENGINE = FWP_KINDS, LAYERS, NET_EVENTS, CONNECTIONS, SWITCH_EVENTS, ENDPOINTS, PLACES };

static void *containers[PLACES];

#define PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

struct parts {
    const SID *owner, *group;
    const ACL *dacl, *sacl;
    bool has_dacl, has_sacl;
};

static const struct {
    SID sid;
} system_sid = { { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } } };

void fwp_security_close(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        free(containers[i]);
        containers[i] = NULL;
    }
}

/* The default: System owns it and may do everything. */
static void default_parts(struct parts *parts, void *space, size_t size)
{
    ACL *dacl = space;

    RtlCreateAcl(dacl, (ULONG)size, ACL_REVISION);
    RtlAddAccessAllowedAce(dacl, ACL_REVISION, GENERIC_ALL, (PSID)&system_sid.sid);
    *parts = (struct parts){ &system_sid.sid, &system_sid.sid, dacl, NULL, true, false };
}

static void parts_of(struct parts *parts, void *descriptor)
{
    BOOLEAN present = FALSE, defaulted;
    PSID owner = NULL, group = NULL;
    PACL acl = NULL;

    RtlGetOwnerSecurityDescriptor(descriptor, &owner, &defaulted);
    RtlGetGroupSecurityDescriptor(descriptor, &group, &defaulted);
    parts->owner = owner;
    parts->group = group;
    RtlGetDaclSecurityDescriptor(descriptor, &present, &acl, &defaulted);
    parts->dacl = acl;
    parts->has_dacl = present;
    present = FALSE;
    acl = NULL;
    RtlGetSaclSecurityDescriptor(descriptor, &present, &acl, &defaulted);
    parts->sacl = acl;
    parts->has_sacl = present;
}

/* One self-relative block of the parts. */
static void *build(const struct parts *parts, void *(*alloc)(void *context, size_t size), void *context)
{
    SECURITY_DESCRIPTOR absolute;
    ULONG size = 0;
    void *block;

    RtlCreateSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&absolute, (PSID)parts->owner, FALSE);
    RtlSetGroupSecurityDescriptor(&absolute, (PSID)parts->group, FALSE);
    RtlSetDaclSecurityDescriptor(&absolute, parts->has_dacl, (PACL)parts->dacl, FALSE);
    absolute.Control |= parts->has_sacl ? SE_SACL_PRESENT : 0;
    absolute.Sacl = (PACL)parts->sacl;
    RtlAbsoluteToSelfRelativeSD(&absolute, NULL, &size);
    block = alloc(context, size);
    if (block)
        RtlAbsoluteToSelfRelativeSD(&absolute, block, &size);
    return block;
}

/* --- get and set ---------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS get(void *descriptor, UINT32 info, PSID *owner, PSID *group, PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *result,
                    void *caller)
{
    struct parts parts = { 0 };
    UINT32 space[32];
    void *block;

    if (!result)
        return STATUS_FWP_NULL_POINTER;
    if (info & ~(UINT32)PARTS)
        return STATUS_INVALID_PARAMETER;
    if (descriptor)
        parts_of(&parts, descriptor);
    else
        default_parts(&parts, space, sizeof space);
    parts.owner = info & OWNER_SECURITY_INFORMATION ? parts.owner : NULL;
    parts.group = info & GROUP_SECURITY_INFORMATION ? parts.group : NULL;
    parts.has_dacl = parts.has_dacl && info & DACL_SECURITY_INFORMATION;
    parts.has_sacl = parts.has_sacl && info & SACL_SECURITY_INFORMATION;
    block = build(&parts, fwp_alloc_guest, caller);
    if (!block)
        return STATUS_INSUFFICIENT_RESOURCES;
    parts_of(&parts, block);
    if (owner)
        *owner = (PSID)parts.owner;
    if (group)
        *group = (PSID)parts.group;
    if (dacl)
        *dacl = (PACL)parts.dacl;
    if (sacl)
        *sacl = (PACL)parts.sacl;
    *result = block;
    return STATUS_SUCCESS;
}

static NTSTATUS set(void **descriptor, UINT32 info, const SID *owner, const SID *group, const ACL *dacl, const ACL *sacl)
{
    struct parts parts = { 0 };
    UINT32 space[32];
    void *block;

    if (info & ~(UINT32)PARTS)
        return STATUS_INVALID_PARAMETER;
    if ((info & OWNER_SECURITY_INFORMATION && (!owner || !RtlValidSid((PSID)owner))) ||
        (info & GROUP_SECURITY_INFORMATION && (!group || !RtlValidSid((PSID)group))))
        return STATUS_INVALID_SID;
    if (*descriptor)
        parts_of(&parts, *descriptor);
    else
        default_parts(&parts, space, sizeof space);
    parts.owner = info & OWNER_SECURITY_INFORMATION ? owner : parts.owner;
    parts.group = info & GROUP_SECURITY_INFORMATION ? group : parts.group;
    if (info & DACL_SECURITY_INFORMATION) {
        parts.dacl = dacl;
        parts.has_dacl = true;
    }
    if (info & SACL_SECURITY_INFORMATION) {
        parts.sacl = sacl;
        parts.has_sacl = true;
    }
    block = build(&parts, fwp_alloc_host, NULL);
    if (!block)
        return STATUS_INSUFFICIENT_RESOURCES;
    free(*descriptor);
    *descriptor = block;
    return STATUS_SUCCESS;
}

/* Where the descriptor of the named object lies; no key: of its container. */
static NTSTATUS find(struct fwp_session *session, unsigned place, const GUID *key, void ***descriptor)
{
    struct fwp_object *object;

    *descriptor = &containers[place];
    if (!key || fwp_null_guid(key))
        return STATUS_SUCCESS;
    if (place == LAYERS)
        return fwp_layer_by_key(key) ? STATUS_SUCCESS : STATUS_FWP_LAYER_NOT_FOUND;
    object = fwp_object_by_key((enum fwp_kind)place, key);
    if (!object)
        return fwp_kinds[place].missing;
    *descriptor = &object->security;
    session->durable |= session->transaction == FWP_WRITING && object->lifetime == FWP_PERSISTENT;
    return STATUS_SUCCESS;
}

static NTSTATUS get_named(HANDLE engine, unsigned place, const GUID *key, UINT32 info, PSID *owner, PSID *group, PACL *dacl, PACL *sacl,
                          PSECURITY_DESCRIPTOR *result, void *caller)
{
    struct fwp_session *session;
    void **descriptor;
    NTSTATUS status = fwp_enter(engine, FWP_READ, &session);

    if (!NT_SUCCESS(status))
        return status;
    status = find(session, place, key, &descriptor);
    if (NT_SUCCESS(status))
        status = get(*descriptor, info, owner, group, dacl, sacl, result, caller);
    return fwp_leave(session, status);
}

static NTSTATUS set_named(HANDLE engine, unsigned place, const GUID *key, UINT32 info, const SID *owner, const SID *group,
                          const ACL *dacl, const ACL *sacl)
{
    struct fwp_session *session;
    void **descriptor;
    NTSTATUS status = fwp_enter(engine, FWP_WRITE, &session);

    if (!NT_SUCCESS(status))
        return status;
    status = find(session, place, key, &descriptor);
    if (NT_SUCCESS(status))
        status = set(descriptor, info, owner, group, dacl, sacl);
    return fwp_leave(session, status);
}

/* Each Get copies the wanted parts into one self-relative descriptor, freed with FwpmFreeMemory0; sidOwner to sacl (each may be NULL)
 * point into it. Each Set replaces the parts named by securityInfo; that is not part of a transaction and not undone with it. By key:
 * of that object, or of the container of the kind when the key is NULL or zero (a layer's own is its container's). PASSIVE_LEVEL.
 * STATUS_FWP_..._NOT_FOUND, STATUS_FWP_NULL_POINTER, STATUS_INVALID_PARAMETER for unknown parts, STATUS_INVALID_SID,
 * STATUS_FWP_INCOMPATIBLE_TXN, STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES. */
#define SECURITY_BY_KEY(name, place)                                                                                \
    NTSTATUS NTAPI Fwpm##name##GetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,     \
                                                     PSID *sidOwner, PSID *sidGroup, ACL **dacl, ACL **sacl,        \
                                                     PSECURITY_DESCRIPTOR *securityDescriptor)                      \
    {                                                                                                               \
        return get_named(engineHandle, place, key, securityInfo, sidOwner, sidGroup, dacl, sacl, securityDescriptor, \
                         (void *)PE_CALLER().rip);                                                                  \
    }                                                                                                               \
    NTSTATUS NTAPI Fwpm##name##SetSecurityInfoByKey0(HANDLE engineHandle, const GUID *key, UINT32 securityInfo,     \
                                                     const SID *sidOwner, const SID *sidGroup, const ACL *dacl,     \
                                                     const ACL *sacl)                                               \
    {                                                                                                               \
        return set_named(engineHandle, place, key, securityInfo, sidOwner, sidGroup, dacl, sacl);                   \
    }
#define SECURITY_OF(name, place)                                                                                    \
    NTSTATUS NTAPI Fwpm##name##GetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, PSID *sidOwner,           \
                                                PSID *sidGroup, ACL **dacl, ACL **sacl,                             \
                                                PSECURITY_DESCRIPTOR *securityDescriptor)                           \
    {                                                                                                               \
        return get_named(engineHandle, place, NULL, securityInfo, sidOwner, sidGroup, dacl, sacl, securityDescriptor, \
                         (void *)PE_CALLER().rip);                                                                  \
    }                                                                                                               \
    NTSTATUS NTAPI Fwpm##name##SetSecurityInfo0(HANDLE engineHandle, UINT32 securityInfo, const SID *sidOwner,      \
                                                const SID *sidGroup, const ACL *dacl, const ACL *sacl)              \
    {                                                                                                               \
        return set_named(engineHandle, place, NULL, securityInfo, sidOwner, sidGroup, dacl, sacl);                  \
    }
SECURITY_BY_KEY(Provider, FWP_PROVIDER)
SECURITY_BY_KEY(ProviderContext, FWP_CONTEXT)
SECURITY_BY_KEY(SubLayer, FWP_SUBLAYER)
SECURITY_BY_KEY(Callout, FWP_CALLOUT)
SECURITY_BY_KEY(Filter, FWP_FILTER)
SECURITY_BY_KEY(Layer, LAYERS)
SECURITY_OF(Engine, ENGINE)
SECURITY_OF(NetEvents, NET_EVENTS)
SECURITY_OF(Connection, CONNECTIONS)
SECURITY_OF(vSwitchEvents, SWITCH_EVENTS)

/* The same for the endpoints. PASSIVE_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsaleendpointgetsecurityinfo0, nf-fwpsk-fwpsaleendpointsetsecurityinfo0 */
NTSTATUS NTAPI FwpsAleEndpointGetSecurityInfo0(HANDLE engineHandle, SECURITY_INFORMATION securityInfo, PSID *sidOwner, PSID *sidGroup,
                                               PACL *dacl, PACL *sacl, PSECURITY_DESCRIPTOR *securityDescriptor)
{
    return get_named(engineHandle, ENDPOINTS, NULL, securityInfo, sidOwner, sidGroup, dacl, sacl, securityDescriptor,
                     (void *)PE_CALLER().rip);
}

/* PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsaleendpointsetsecurityinfo0 */
NTSTATUS NTAPI FwpsAleEndpointSetSecurityInfo0(HANDLE engineHandle, SECURITY_INFORMATION securityInfo, const SID *sidOwner,
                                               const SID *sidGroup, const ACL *dacl, const ACL *sacl)
{
    return set_named(engineHandle, ENDPOINTS, NULL, securityInfo, sidOwner, sidGroup, dacl, sacl);
}
