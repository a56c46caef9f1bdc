/* What adapters may not do because of callouts.
 *
 * Coalescing (FWP_CALLOUT_FLAG_ALLOW_RSC): a callout without the flag switches it off from its registration on, because nobody knows yet
 * where it will be; a callout object with its key says so, and then only the IP versions count whose received segments are processed
 * there. Checksums and large sends (FWP_CALLOUT_FLAG_ALLOW_OFFLOAD): a callout without the flag switches them off for an IP version while a
 * filter names it at a layer where packets of it go out.
 * docs: network/programming-considerations-for-rsc-drivers, fwpsk/ns-fwpsk-fwps_callout2_ */
#include <fwpsk.h>

#include "fwp/callouts.h"
#include "fwp/changes.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/object.h"

unsigned fwp_coalescing_off, fwp_offload_off;
static void (*tell)(void);
static bool noted;

#define BOTH (FWP_IPV4 | FWP_IPV6)

struct seen {
    uint16_t layer;
    uint8_t versions;
};

#define PAIR(name) { FWPS_LAYER_##name##_V4, FWP_IPV4 }, { FWPS_LAYER_##name##_V6, FWP_IPV6 }
#define FOUR(name) PAIR(name), { FWPS_LAYER_##name##_V4_DISCARD, FWP_IPV4 }, { FWPS_LAYER_##name##_V6_DISCARD, FWP_IPV6 }

/* Layers that see segments of connections as they come in, in whatever form. */
static const struct seen segments_in[] = {
    FOUR(INBOUND_IPPACKET), FOUR(INBOUND_TRANSPORT), FOUR(STREAM), FOUR(IPFORWARD), FOUR(ALE_AUTH_CONNECT), FOUR(ALE_AUTH_RECV_ACCEPT),
    FOUR(ALE_FLOW_ESTABLISHED), PAIR(STREAM_PACKET),
    { FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET, BOTH }, { FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE, BOTH },
};

/* Layers that see packets as they go out. */
static const struct seen packets_out[] = {
    PAIR(OUTBOUND_IPPACKET), PAIR(OUTBOUND_TRANSPORT), PAIR(STREAM_PACKET),
    { FWPS_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, BOTH }, { FWPS_LAYER_OUTBOUND_MAC_FRAME_NATIVE, BOTH },
};

static unsigned versions_at(const struct fwp_object *callout, const struct seen *seen, size_t count)
{
    const struct fwp_layer *layer = fwp_layer_by_key(&((const FWPM_CALLOUT0 *)callout->value)->applicableLayer);

    for (size_t n = 0; layer && n < count; n++)
        if (seen[n].layer == layer->id)
            return seen[n].versions;
    return 0;
}

static unsigned coalescing_of(const FWPS_CALLOUT2 *functions)
{
    const struct fwp_object *object = fwp_object_by_key(FWP_CALLOUT, &functions->calloutKey);

    if (functions->flags & FWP_CALLOUT_FLAG_ALLOW_RSC)
        return 0;
    return object ? versions_at(object, segments_in, countof(segments_in)) : BOTH;
}

static unsigned offload_of(const FWPS_CALLOUT2 *functions)
{
    const struct fwp_object *object = fwp_object_by_key(FWP_CALLOUT, &functions->calloutKey);

    if (functions->flags & FWP_CALLOUT_FLAG_ALLOW_OFFLOAD || !object || !object->references)
        return 0;
    return versions_at(object, packets_out, countof(packets_out));
}

static void set(unsigned off)
{
    bool changed = off != fwp_coalescing_off;

    fwp_coalescing_off = off;
    if (changed && tell)
        tell();
}

void fwp_offloads_update(const FWPS_CALLOUT2 *coming)
{
    unsigned off = coming ? coalescing_of(coming) : 0, offload = coming ? offload_of(coming) : 0;

    for (uint32_t id = 1; id < fwp_callouts.count; id++) {
        const struct fwp_callout *callout = fwp_callouts.slot[id];
        if (!callout || !callout->registered)
            continue;
        off |= coalescing_of(&callout->functions);
        offload |= offload_of(&callout->functions);
    }
    noted = false;
    fwp_offload_off = offload;
    set(off);
}

void fwp_offloads_note(void)
{
    noted = true;
}

void fwp_offloads_tell(void)
{
    if (noted)
        fwp_offloads_update(NULL);
}

void fwp_on_coalescing(void (*changed)(void))
{
    tell = changed;
}

void fwp_offloads_open(void)
{
    fwp_coalescing_off = fwp_offload_off = 0;
    noted = false;
}
