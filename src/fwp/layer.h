/* The filtering layers and their fields: tables (layers*.c), in the order of the run-time identifiers. */
#ifndef FWP_LAYER_H
#define FWP_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include <guiddef.h>

struct fwp_field {
    const char *name;                   /* "IP_REMOTE_ADDRESS": what stands behind FWPM_CONDITION_ */
    GUID key;                           /* the condition's identifier */
    uint8_t type;                       /* FWPM_FIELD_TYPE */
    uint16_t data_type;                 /* FWP_DATA_TYPE of the incoming value */
};

struct fwp_layer {
    const char *name;                   /* "ALE_AUTH_CONNECT_V4" */
    GUID key;                           /* management identifier */
    uint16_t id;                        /* run-time identifier */
    uint32_t flags;                     /* FWPM_LAYER_FLAG_* */
    bool flows;                         /* supports data flows: contexts can be associated */
    bool absorbs;                       /* FWPS_CLASSIFY_OUT_FLAG_ABSORB applies */
    const char *unreached;              /* why no traffic of ring3 comes here; NULL: it does */
    uint16_t field_count;
    const struct fwp_field *fields;     /* by FWPS_FIELD_* index */
};

/* NULL: no such layer. */
const struct fwp_layer *fwp_layer_of(uint16_t id);
const struct fwp_layer *fwp_layer_by_key(const GUID *key);
/* The field's index at the layer, or -1. */
int fwp_layer_field(const struct fwp_layer *layer, const GUID *key);

#endif
