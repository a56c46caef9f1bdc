/* Deep copies of subscriptions with their enumeration templates. */
#include "fwp/pack.h"

#include "fwp/object.h"

#define POINT(copy, member, value)                                                                                  \
    do {                                                                                                            \
        void *point_ = (value);                                                                                     \
        if (copy)                                                                                                   \
            (copy)->member = point_;                                                                                \
    } while (0)

static GUID *pack_key(struct fwp_pack *pack, const GUID *key)
{
    return fwp_pack_bytes(pack, key, sizeof *key);
}

static void *pack_nothing(struct fwp_pack *pack, const void *from)
{
    return fwp_pack_bytes(pack, from, sizeof(FWPM_PROVIDER_ENUM_TEMPLATE0));
}

static void *pack_context(struct fwp_pack *pack, const void *value)
{
    const FWPM_PROVIDER_CONTEXT_ENUM_TEMPLATE0 *from = value;
    FWPM_PROVIDER_CONTEXT_ENUM_TEMPLATE0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    POINT(copy, providerKey, pack_key(pack, from->providerKey));
    return copy;
}

static void *pack_sublayer(struct fwp_pack *pack, const void *value)
{
    const FWPM_SUBLAYER_ENUM_TEMPLATE0 *from = value;
    FWPM_SUBLAYER_ENUM_TEMPLATE0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    POINT(copy, providerKey, pack_key(pack, from->providerKey));
    return copy;
}

static void *pack_callout(struct fwp_pack *pack, const void *value)
{
    const FWPM_CALLOUT_ENUM_TEMPLATE0 *from = value;
    FWPM_CALLOUT_ENUM_TEMPLATE0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    POINT(copy, providerKey, pack_key(pack, from->providerKey));
    return copy;
}

static void *pack_filter(struct fwp_pack *pack, const void *value)
{
    const FWPM_FILTER_ENUM_TEMPLATE0 *from = value;
    FWPM_FILTER_ENUM_TEMPLATE0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    POINT(copy, providerKey, pack_key(pack, from->providerKey));
    POINT(copy, calloutKey, pack_key(pack, from->calloutKey));
    POINT(copy, filterCondition, fwp_pack_conditions(pack, from->filterCondition, from->numFilterConditions));
    if (from->providerContextTemplate)
        POINT(copy, providerContextTemplate, pack_context(pack, from->providerContextTemplate));
    return copy;
}

static void *pack_net_event(struct fwp_pack *pack, const void *value)
{
    const FWPM_NET_EVENT_ENUM_TEMPLATE0 *from = value;
    FWPM_NET_EVENT_ENUM_TEMPLATE0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    POINT(copy, filterCondition, fwp_pack_conditions(pack, from->filterCondition, from->numFilterConditions));
    return copy;
}

/* All FWPM_*_SUBSCRIPTION0 are alike but for the template's type. */
static void *pack_subscription(struct fwp_pack *pack, const void *value, fwp_packer *template)
{
    const FWPM_FILTER_SUBSCRIPTION0 *from = value;
    FWPM_FILTER_SUBSCRIPTION0 *copy = fwp_pack_bytes(pack, from, sizeof *from);

    if (from->enumTemplate)
        POINT(copy, enumTemplate, template(pack, from->enumTemplate));
    return copy;
}

#define SUBSCRIPTION(name, template)                                                                                \
    static void *pack_##name##_subscription(struct fwp_pack *pack, const void *from)                                \
    {                                                                                                               \
        return pack_subscription(pack, from, template);                                                             \
    }
SUBSCRIPTION(provider, pack_nothing)
SUBSCRIPTION(context, pack_context)
SUBSCRIPTION(sublayer, pack_sublayer)
SUBSCRIPTION(callout, pack_callout)
SUBSCRIPTION(filter, pack_filter)
SUBSCRIPTION(net_event, pack_net_event)

fwp_packer *const fwp_subscription_packers[FWP_KINDS] = {
    [FWP_PROVIDER] = pack_provider_subscription, [FWP_CONTEXT] = pack_context_subscription,
    [FWP_SUBLAYER] = pack_sublayer_subscription, [FWP_CALLOUT] = pack_callout_subscription, [FWP_FILTER] = pack_filter_subscription,
};
fwp_packer *const fwp_net_event_subscription_packer = pack_net_event_subscription;
