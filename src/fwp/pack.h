/* Deep copies: a structure with everything it points at, in one block. The same code counts and copies: while `at` is NULL it
 * counts only, and what it returns is NULL. */
#ifndef FWP_PACK_H
#define FWP_PACK_H

#include <fwpmk.h>

#include <stddef.h>
#include <stdint.h>

struct fwp_pack {
    uint8_t *at;                        /* the block */
    size_t used;
};

void *fwp_pack_bytes(struct fwp_pack *pack, const void *from, size_t size);
WCHAR *fwp_pack_text(struct fwp_pack *pack, const WCHAR *text);

typedef void *fwp_packer(struct fwp_pack *pack, const void *from);
fwp_packer fwp_pack_provider, fwp_pack_context, fwp_pack_sublayer, fwp_pack_callout, fwp_pack_filter, fwp_pack_layer,
    fwp_pack_session, fwp_pack_value;

FWPM_FILTER_CONDITION0 *fwp_pack_conditions(struct fwp_pack *pack, const FWPM_FILTER_CONDITION0 *conditions, uint32_t count);

/* pack_template.c: FWPM_*_SUBSCRIPTION0 with their templates, by enum fwp_kind, and of net events. */
extern fwp_packer *const fwp_subscription_packers[], *const fwp_net_event_subscription_packer;

/* A copy of one structure; NULL without memory. */
void *fwp_pack_one(fwp_packer *packer, const void *from, void *(*alloc)(void *context, size_t size), void *context);
/* An array of `count` pointers to copies, all in one block. */
void *fwp_pack_array(fwp_packer *packer, const void *const *from, uint32_t count, void *(*alloc)(void *context, size_t size),
                     void *context);

/* Memory for drivers, given back by FwpmFreeMemory0; context: the return address of the call. And the host's own. */
void *fwp_alloc_guest(void *caller, size_t size);
void *fwp_alloc_host(void *unused, size_t size);

#endif
