/* Templates of net events: which are well formed, which events they mean. docs: fwpmtypes/ns-fwpmtypes-fwpm_net_event_enum_template0 */
#include <initguid.h>

#include <string.h>

#include "base/util.h"
#include "fwp/guid.h"
#include "fwp/net_event.h"
#include "fwp/value.h"

#include <fwp/condition_guids.h>

enum term { PROTOCOL, LOCAL_ADDRESS, REMOTE_ADDRESS, LOCAL_PORT, REMOTE_PORT, TYPE, APP_ID, USER_ID, TERMS };

static const struct {
    const GUID *key;
    FWP_DATA_TYPE type;
    UINT32 flag;                        /* FWPM_NET_EVENT_FLAG_*: the event has it */
} terms[TERMS] = {
    [PROTOCOL] = { &FWPM_CONDITION_IP_PROTOCOL, FWP_UINT8, FWPM_NET_EVENT_FLAG_IP_PROTOCOL_SET },
    [LOCAL_ADDRESS] = { &FWPM_CONDITION_IP_LOCAL_ADDRESS, FWP_UINT32, FWPM_NET_EVENT_FLAG_LOCAL_ADDR_SET },
    [REMOTE_ADDRESS] = { &FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_UINT32, FWPM_NET_EVENT_FLAG_REMOTE_ADDR_SET },
    [LOCAL_PORT] = { &FWPM_CONDITION_IP_LOCAL_PORT, FWP_UINT16, FWPM_NET_EVENT_FLAG_LOCAL_PORT_SET },
    [REMOTE_PORT] = { &FWPM_CONDITION_IP_REMOTE_PORT, FWP_UINT16, FWPM_NET_EVENT_FLAG_REMOTE_PORT_SET },
    [TYPE] = { &FWPM_CONDITION_NET_EVENT_TYPE, FWP_UINT32, 0 },
    [APP_ID] = { &FWPM_CONDITION_ALE_APP_ID, FWP_BYTE_BLOB_TYPE, FWPM_NET_EVENT_FLAG_APP_ID_SET },
    [USER_ID] = { &FWPM_CONDITION_ALE_USER_ID, FWP_TOKEN_ACCESS_INFORMATION_TYPE, FWPM_NET_EVENT_FLAG_USER_ID_SET },
};

static enum term term_of(const GUID *key)
{
    enum term term = 0;

    while (term < TERMS && !fwp_same_guid(terms[term].key, key))
        term++;
    return term;
}

static bool is_address(enum term term)
{
    return term == LOCAL_ADDRESS || term == REMOTE_ADDRESS;
}

/* The operand says which version of an address it means. */
static bool means_v6(const FWP_CONDITION_VALUE0 *operand)
{
    FWP_DATA_TYPE type = operand->type == FWP_RANGE_TYPE && operand->rangeValue ? operand->rangeValue->valueLow.type : operand->type;

    return type == FWP_BYTE_ARRAY16_TYPE || type == FWP_V6_ADDR_MASK;
}

static NTSTATUS check_condition(const FWPM_FILTER_CONDITION0 *condition)
{
    enum term term = term_of(&condition->fieldKey);
    struct fwp_field field;

    if (term == TERMS)
        return STATUS_FWP_CONDITION_NOT_FOUND;
    field = (struct fwp_field){ .key = *terms[term].key, .type = is_address(term) ? FWPM_FIELD_IP_ADDRESS : FWPM_FIELD_RAW_DATA,
                                .data_type = (uint8_t)terms[term].type };
    if (is_address(term) && means_v6(&condition->conditionValue))
        field.data_type = FWP_BYTE_ARRAY16_TYPE;
    return fwp_condition_check(&field, condition);
}

static uint64_t time_of(FILETIME time)
{
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

NTSTATUS fwp_net_template_check(const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template)
{
    if (!template)
        return STATUS_SUCCESS;
    if (time_of(template->endTime) && time_of(template->endTime) < time_of(template->startTime))
        return STATUS_FWP_INVALID_INTERVAL;
    if (template->numFilterConditions && !template->filterCondition)
        return STATUS_FWP_NULL_POINTER;
    for (UINT32 i = 0; i < template->numFilterConditions; i++) {
        NTSTATUS status = check_condition(&template->filterCondition[i]);
        if (!NT_SUCCESS(status))
            return status;
        for (UINT32 k = 0; k < i; k++)
            if (fwp_same_guid(&template->filterCondition[k].fieldKey, &template->filterCondition[i].fieldKey))
                return STATUS_FWP_DUPLICATE_CONDITION;
    }
    return STATUS_SUCCESS;
}

/* What the event has; FWP_EMPTY when it has none. room: of its application, or (empty) of its user's token. */
static FWP_VALUE0 value_of(const struct fwp_net_event *event, enum term term, FWP_BYTE_BLOB *room)
{
    FWP_VALUE0 value = { .type = terms[term].type };

    if (terms[term].flag && !(event->flags & terms[term].flag))
        return (FWP_VALUE0){ .type = FWP_EMPTY };
    switch (term) {
    case PROTOCOL:
        value.uint8 = event->protocol;
        return value;
    case LOCAL_ADDRESS: case REMOTE_ADDRESS:
        if (event->version == FWP_IP_VERSION_V6) {
            value.type = FWP_BYTE_ARRAY16_TYPE;
            value.byteArray16 = (FWP_BYTE_ARRAY16 *)(term == LOCAL_ADDRESS ? &event->local.v6 : &event->remote.v6);
        } else {
            value.uint32 = term == LOCAL_ADDRESS ? event->local.v4 : event->remote.v4;
        }
        return value;
    case LOCAL_PORT:
        value.uint16 = event->local_port;
        return value;
    case REMOTE_PORT:
        value.uint16 = event->remote_port;
        return value;
    case TYPE:
        value.uint32 = FWPM_NET_EVENT_TYPE_CLASSIFY_DROP;
        return value;
    default:
        *room = term == APP_ID ? (FWP_BYTE_BLOB){ event->app_size, (UINT8 *)event->app } : (FWP_BYTE_BLOB){ 0, NULL };
        value.byteBlob = room;
        return value;
    }
}

bool fwp_net_template_matches(const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template, const struct fwp_net_event *event)
{
    if (!template)
        return true;
    if (event->time < time_of(template->startTime) || (time_of(template->endTime) && event->time > time_of(template->endTime)))
        return false;
    for (UINT32 i = 0; i < template->numFilterConditions; i++) {
        const FWPM_FILTER_CONDITION0 *condition = &template->filterCondition[i];
        FWP_BYTE_BLOB room;
        FWP_VALUE0 value = value_of(event, term_of(&condition->fieldKey), &room);
        if (!fwp_condition_holds(condition->matchType, &condition->conditionValue, &value))
            return false;
    }
    return true;
}
