/* The tables of layers and fields against the headers that drivers see. */
#include <fwpsk.h>
#include <fwpmk.h>

#include "fwp/layer.h"
#include "unit.h"

TEST(every_layer_is_found_by_its_id_and_by_its_key)
{
    unsigned count = 0;

    for (uint16_t id = 0; id < FWPS_BUILTIN_LAYER_MAX; id++) {
        const struct fwp_layer *layer = fwp_layer_of(id);
        if (!layer)
            continue;
        count++;
        CHECK_EQ(layer->id, id);
        CHECK(fwp_layer_by_key(&layer->key) == layer);
    }
    CHECK_EQ(count, 97);
    CHECK(fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4) == fwp_layer_by_key(&FWPM_LAYER_ALE_AUTH_CONNECT_V4));
    CHECK(!fwp_layer_of(FWPS_BUILTIN_LAYER_MAX));
    CHECK(!fwp_layer_by_key(&FWPM_CONDITION_FLAGS));
}

TEST(fields_stand_in_the_order_of_the_documented_enumerations)
{
    const struct fwp_layer *layer = fwp_layer_of(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V6);

    CHECK_EQ(layer->field_count, FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V6_MAX);
    CHECK_EQ(fwp_layer_field(layer, &FWPM_CONDITION_IP_REMOTE_PORT), FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V6_IP_REMOTE_PORT);
    CHECK_EQ(fwp_layer_field(layer, &FWPM_CONDITION_FLAGS), FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V6_FLAGS);
    CHECK_EQ(fwp_layer_field(layer, &FWPM_CONDITION_ETHER_TYPE), -1);
    CHECK_EQ(layer->fields[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V6_IP_REMOTE_ADDRESS].data_type, FWP_BYTE_ARRAY16_TYPE);
    CHECK_EQ(fwp_layer_of(FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4)->fields[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_IP_REMOTE_ADDRESS].data_type,
             FWP_UINT32);
    CHECK_EQ(fwp_layer_of(FWPS_LAYER_OUTBOUND_ICMP_ERROR_V6)->field_count, FWPS_FIELD_OUTBOUND_ICMP_ERROR_V6_MAX);
}

TEST(no_field_of_a_layer_has_the_key_of_another)
{
    for (uint16_t id = 0; id < FWPS_BUILTIN_LAYER_MAX; id++) {
        const struct fwp_layer *layer = fwp_layer_of(id);
        for (unsigned n = 0; layer && n < layer->field_count; n++)
            CHECK_EQ(fwp_layer_field(layer, &layer->fields[n].key), (int)n);
    }
}
