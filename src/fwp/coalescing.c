/* Callouts that do not take coalesced segments (FWP_CALLOUT_FLAG_ALLOW_RSC). Such a callout switches coalescing off from its
 * registration on, because nobody knows yet where it will be; a callout object with its key says so, and then only the IP versions
 * count whose received segments are processed there.
 * docs: network/programming-considerations-for-rsc-drivers, fwpsk/ns-fwpsk-fwps_callout2_ */
#include <fwpsk.h>

#include "fwp/callouts.h"
#include "fwp/changes.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/object.h"

unsigned fwp_coalescing_off;
static void (*tell)(void);
static bool noted;

#define BOTH (FWP_COALESCING_IPV4 | FWP_COALESCING_IPV6)

/* Layers that see segments of connections as they come in, in whatever form. */
static const struct {
    uint16_t layer;
    uint8_t versions;
} sees[] = {
#define PAIR(name) { FWPS_LAYER_##name##_V4, FWP_COALESCING_IPV4 }, { FWPS_LAYER_##name##_V6, FWP_COALESCING_IPV6 }
#define FOUR(name) \
    PAIR(name), { FWPS_LAYER_##name##_V4_DISCARD, FWP_COALESCING_IPV4 }, { FWPS_LAYER_##name##_V6_DISCARD, FWP_COALESCING_IPV6 }
    FOUR(INBOUND_IPPACKET), FOUR(INBOUND_TRANSPORT), FOUR(STREAM), FOUR(IPFORWARD), FOUR(ALE_AUTH_CONNECT), FOUR(ALE_AUTH_RECV_ACCEPT),
    FOUR(ALE_FLOW_ESTABLISHED), PAIR(STREAM_PACKET),
    { FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET, BOTH }, { FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE, BOTH },
};

static unsigned versions_of(const GUID *callout)
{
    const struct fwp_object *object = fwp_object_by_key(FWP_CALLOUT, callout);
    const struct fwp_layer *layer = object ? fwp_layer_by_key(&((const FWPM_CALLOUT0 *)object->value)->applicableLayer) : NULL;

    if (!layer)
        return BOTH;
    for (unsigned n = 0; n < sizeof sees / sizeof sees[0]; n++)
        if (sees[n].layer == layer->id)
            return sees[n].versions;
    return 0;
}

static void set(unsigned off)
{
    bool changed = off != fwp_coalescing_off;

    fwp_coalescing_off = off;
    if (changed && tell)
        tell();
}

bool fwp_is_unaware_of_coalescing(const FWPS_CALLOUT2 *functions)
{
    return !(functions->flags & FWP_CALLOUT_FLAG_ALLOW_RSC);
}

void fwp_coalescing_update(const FWPS_CALLOUT2 *coming)
{
    unsigned off = coming && fwp_is_unaware_of_coalescing(coming) ? versions_of(&coming->calloutKey) : 0;

    for (uint32_t id = 1; id < fwp_callouts.count && off != BOTH; id++) {
        const struct fwp_callout *callout = fwp_callouts.slot[id];
        if (callout && callout->registered && fwp_is_unaware_of_coalescing(&callout->functions))
            off |= versions_of(&callout->key);
    }
    noted = false;
    set(off);
}

void fwp_coalescing_note(void)
{
    noted = true;
}

void fwp_coalescing_tell(void)
{
    if (noted)
        fwp_coalescing_update(NULL);
}

void fwp_on_coalescing(void (*changed)(void))
{
    tell = changed;
}

void fwp_coalescing_open(void)
{
    fwp_coalescing_off = 0;
    noted = false;
}
