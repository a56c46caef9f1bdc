/* Endpoints of the stack, for drivers. docs: fwpsk/nf-fwpsk-fwpsaleendpointgetbyid0,
 * fwpstypes/ns-fwpstypes-fwps_ale_endpoint_enum_template0 */
#include <string.h>

#include "fwp/enumerate_kinds.h"
#include "fwp/injection.h"
#include "fwp/session.h"
#include "fwp/value.h"
#include "pe/pe.h"

void *fwp_pack_endpoint(struct fwp_pack *pack, const void *value)
{
    const FWPS_ALE_ENDPOINT_PROPERTIES0 *from = value;
    FWPS_ALE_ENDPOINT_PROPERTIES0 *copy = fwp_pack_bytes(pack, from, sizeof *from);
    UINT8 *data = fwp_pack_bytes(pack, from->appId.data, from->appId.size);

    if (copy)
        copy->appId.data = data;
    return copy;
}

/* --- templates --------------------------------------------------------------------------------------------------------------- */

static NTSTATUS check(const FWP_CONDITION_VALUE0 *wanted, uint16_t type, uint16_t other_type)
{
    FWPM_FILTER_CONDITION0 condition = { .matchType = wanted->type == FWP_RANGE_TYPE ? FWP_MATCH_RANGE : FWP_MATCH_EQUAL,
                                         .conditionValue = *wanted };
    struct fwp_field field = { .name = "", .data_type = type, .type = type == FWP_UINT32 ? FWPM_FIELD_IP_ADDRESS : FWPM_FIELD_RAW_DATA };

    if (wanted->type == FWP_EMPTY)
        return STATUS_SUCCESS;
    NTSTATUS status = fwp_condition_check(&field, &condition);
    field.data_type = other_type;
    return NT_SUCCESS(status) ? status : fwp_condition_check(&field, &condition);
}

NTSTATUS fwp_check_endpoint_template(const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *t)
{
    NTSTATUS status = t ? check(&t->localSubNet, FWP_UINT32, FWP_BYTE_ARRAY16_TYPE) : STATUS_SUCCESS;

    if (t && NT_SUCCESS(status))
        status = check(&t->remoteSubNet, FWP_UINT32, FWP_BYTE_ARRAY16_TYPE);
    if (t && NT_SUCCESS(status))
        status = check(&t->ipProtocol, FWP_UINT8, FWP_UINT8);
    if (t && NT_SUCCESS(status))
        status = check(&t->localPort, FWP_UINT16, FWP_UINT16);
    return t && NT_SUCCESS(status) ? check(&t->remotePort, FWP_UINT16, FWP_UINT16) : status;
}

static bool holds(const FWP_CONDITION_VALUE0 *wanted, const FWP_VALUE0 *value)
{
    bool v4_wanted = wanted->type == FWP_UINT32 || wanted->type == FWP_V4_ADDR_MASK;
    bool v6_wanted = wanted->type == FWP_BYTE_ARRAY16_TYPE || wanted->type == FWP_V6_ADDR_MASK;

    if (wanted->type == FWP_EMPTY)
        return true;
    if (wanted->type == FWP_RANGE_TYPE)
        return wanted->rangeValue->valueLow.type == value->type && fwp_condition_holds(FWP_MATCH_RANGE, wanted, value);
    if ((v4_wanted && value->type != FWP_UINT32) || (v6_wanted && value->type != FWP_BYTE_ARRAY16_TYPE))
        return false;
    return fwp_condition_holds(FWP_MATCH_EQUAL, wanted, value);
}

static bool address_holds(const FWP_CONDITION_VALUE0 *wanted, FWP_IP_VERSION version, uint32_t v4, const UINT8 *v6)
{
    FWP_BYTE_ARRAY16 bytes;
    FWP_VALUE0 value = { .type = FWP_UINT32, .uint32 = v4 };

    if (version == FWP_IP_VERSION_V6) {
        memcpy(bytes.byteArray16, v6, 16);
        value.type = FWP_BYTE_ARRAY16_TYPE;
        value.byteArray16 = &bytes;
    }
    return holds(wanted, &value);
}

static bool matches(const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *t, const FWPS_ALE_ENDPOINT_PROPERTIES0 *e)
{
    FWP_VALUE0 protocol = { .type = FWP_UINT8, .uint8 = e->ipProtocol }, local = { .type = FWP_UINT16, .uint16 = e->localPort },
               remote = { .type = FWP_UINT16, .uint16 = e->remotePort };

    return !t || (address_holds(&t->localSubNet, e->ipVersion, e->localV4Address, e->localV6Address) &&
                  address_holds(&t->remoteSubNet, e->ipVersion, e->remoteV4Address, e->remoteV6Address) &&
                  holds(&t->ipProtocol, &protocol) && holds(&t->localPort, &local) && holds(&t->remotePort, &remote));
}

/* --- the stack's endpoints ------------------------------------------------------------------------------------------------------ */

struct taking {
    struct enumeration *it;
    const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *template;
    bool failed;
};

static void take(void *context, const FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint)
{
    struct taking *t = context;

    if (!t->failed && matches(t->template, endpoint))
        t->failed = !fwp_enum_take(t->it, endpoint);
}

bool fwp_enum_endpoints(struct enumeration *it, const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *template)
{
    struct taking t = { it, template, false };

    if (fwp_network())
        fwp_network()->endpoints(take, &t);
    return !t.failed;
}

struct search {
    UINT64 id;
    void *caller;
    FWPS_ALE_ENDPOINT_PROPERTIES0 *copy;
    bool found;
};

static void look(void *context, const FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint)
{
    struct search *s = context;

    if (s->found || endpoint->endpointId != s->id)
        return;
    s->found = true;
    s->copy = fwp_pack_one(fwp_pack_endpoint, endpoint, fwp_alloc_guest, s->caller);
}

/* The endpoint with this identifier, the transport endpoint handle of classifications; *properties goes back with FwpmFreeMemory0.
 * PASSIVE_LEVEL. STATUS_FWP_NULL_POINTER, STATUS_INVALID_HANDLE, STATUS_FWP_NOT_FOUND, STATUS_INSUFFICIENT_RESOURCES.
 * docs: fwpsk/nf-fwpsk-fwpsaleendpointgetbyid0 */
NTSTATUS NTAPI FwpsAleEndpointGetById0(HANDLE engineHandle, UINT64 endpointId, FWPS_ALE_ENDPOINT_PROPERTIES0 **properties)
{
    struct search s = { .id = endpointId, .caller = (void *)PE_CALLER().rip };
    struct fwp_session *session;

    if (!properties)
        return STATUS_FWP_NULL_POINTER;
    NTSTATUS status = fwp_enter(engineHandle, FWP_READ, &session);
    if (!NT_SUCCESS(status))
        return status;
    if (fwp_network())
        fwp_network()->endpoints(look, &s);
    *properties = s.copy;
    return fwp_leave(session, s.copy ? STATUS_SUCCESS : s.found ? STATUS_INSUFFICIENT_RESOURCES : STATUS_FWP_NOT_FOUND);
}
