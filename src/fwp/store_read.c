/* From the store's text into a transaction. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "fwp/filter.h"
#include "fwp/objects.h"
#include "fwp/policy.h"
#include "fwp/store.h"
#include "nt/cm.h"
#include "nt/status_text.h"
#include "nt/text.h"

#define AUTO_START 2                    /* Start of a service that starts by itself; drivers may come earlier */

struct reading {
    struct fwp_session *session;
    enum fwp_phase phase;
};

/* A policy provider may be switched off by its service: FWPM_PROVIDER_FLAG_DISABLED. docs: fwp/object-management */
static bool service_starts(const WCHAR *service)
{
    char path[300] = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\", *name = path + strlen(path);
    uint32_t start;
    struct cm_key *key;

    if (!service || !service[0])
        return !fwp_policy.providers_need_service;
    UNICODE_STRING counted = text_string(service, text_length(service) < 100 ? text_length(service) : 100);
    text_utf8(name, sizeof path - (size_t)(name - path), &counted);
    key = cm_key(NULL, path, false);
    return key && cm_get_dword(key, "Start", &start) && start <= AUTO_START;
}

static bool provider_disabled(const GUID *key)
{
    const struct fwp_object *provider = key ? fwp_object_by_key(FWP_PROVIDER, key) : NULL;

    return provider && ((const FWPM_PROVIDER0 *)provider->value)->flags & FWPM_PROVIDER_FLAG_DISABLED;
}

static NTSTATUS add_provider(const struct reading *reading, const struct fwp_stored *stored)
{
    const FWPM_PROVIDER0 *value = stored->value;
    struct fwp_object *added;
    NTSTATUS status = fwp_provider_put(reading->session, value, stored->security);

    if (NT_SUCCESS(status) && !service_starts(value->serviceName) &&
        (added = fwp_object_by_key(FWP_PROVIDER, &value->providerKey)) != NULL)
        ((FWPM_PROVIDER0 *)added->value)->flags |= FWPM_PROVIDER_FLAG_DISABLED;
    return status;
}

static NTSTATUS add_filter(const struct reading *reading, const struct fwp_stored *stored)
{
    const FWPM_FILTER0 *value = stored->value;
    enum fwp_enforcement how = reading->phase == FWP_BOOTING ? FWP_ENFORCE_BOOTTIME :
                               provider_disabled(value->providerKey) ? FWP_DISABLE : FWP_ENFORCE;
    char key[40];
    NTSTATUS status;

    if (reading->phase == FWP_BOOTING && !(value->flags & FWPM_FILTER_FLAG_BOOTTIME))
        return STATUS_SUCCESS;
    status = fwp_filter_put(reading->session, value, stored->security, how, NULL);
    if (status != STATUS_FWP_CALLOUT_NOTIFICATION_FAILED)
        return status;
    log_warn("fwp", "filter %s is disabled: its callout's notifyFn refuses it", fwp_guid_text(&value->filterKey, key));
    return fwp_filter_put(reading->session, value, stored->security, FWP_DISABLE, NULL);
}

static NTSTATUS add(const struct reading *reading, const struct fwp_stored *stored)
{
    switch (stored->kind) {
    case FWP_PROVIDER:
        return add_provider(reading, stored);
    case FWP_CONTEXT:
        return fwp_context_put(reading->session, stored->value, stored->security, NULL);
    case FWP_SUBLAYER:
        return fwp_sublayer_put(reading->session, stored->value, stored->security);
    case FWP_CALLOUT:
        return fwp_callout_put(reading->session, stored->value, stored->security, NULL);
    default:
        return add_filter(reading, stored);
    }
}

/* What only the store can get wrong. */
static NTSTATUS check(const struct fwp_stored *stored)
{
    const FWPM_FILTER0 *filter = stored->value;
    UINT32 flags = stored->kind == FWP_PROVIDER ? ((const FWPM_PROVIDER0 *)stored->value)->flags :
                   stored->kind == FWP_CONTEXT ? ((const FWPM_PROVIDER_CONTEXT0 *)stored->value)->flags :
                   stored->kind == FWP_SUBLAYER ? ((const FWPM_SUBLAYER0 *)stored->value)->flags :
                   stored->kind == FWP_CALLOUT ? ((const FWPM_CALLOUT0 *)stored->value)->flags : filter->flags;
    UINT32 wanted = fwp_kinds[stored->kind].persistent | (stored->kind == FWP_FILTER ? FWPM_FILTER_FLAG_BOOTTIME : 0);

    return flags & wanted ? STATUS_SUCCESS : STATUS_FWP_LIFETIME_MISMATCH;
}

static bool take(void *context, const struct fwp_stored *stored)
{
    const struct reading *reading = context;
    NTSTATUS status = check(stored);
    char text[200];

    if (NT_SUCCESS(status))
        status = add(reading, stored);
    return NT_SUCCESS(status) || error_set("the %s is refused: %s", fwp_store_kinds[stored->kind],
                                           status_describe((uint32_t)status, text, sizeof text));
}

bool fwp_store_read(struct fwp_session *session, const char *name, const char *text, size_t size, enum fwp_phase phase)
{
    struct reading reading = { session, phase };

    return fwp_store_parse(name, text, size, take, &reading);
}
