/* The providers and sublayers that are always there. docs: fwp/built-in-provider-identifiers,
 * fwp/management-filtering-sublayer-identifiers. Their weights are not documented: only FWPM_SUBLAYER_INSPECTION's and the default
 * one's place is of consequence here, and those are above and below what drivers usually choose. */
#include <initguid.h>

#include <stdlib.h>

#include "fwp/objects.h"
#include "nt/text.h"

#include <fwp/object_guids.h>

struct builtin {
    enum fwp_kind kind;
    const GUID *key;
    const char *name;
    UINT16 weight;
};

static const struct builtin builtins[] = {
    { FWP_PROVIDER, &FWPM_PROVIDER_IKEEXT, "Microsoft Corporation IKE and AuthIP keying modules", 0 },
    { FWP_PROVIDER, &FWPM_PROVIDER_IPSEC_DOSP_CONFIG, "IPsec DoS protection configuration", 0 },
    { FWP_PROVIDER, &FWPM_PROVIDER_TCP_CHIMNEY_OFFLOAD, "TCP chimney offload", 0 },
    { FWP_PROVIDER, &FWPM_PROVIDER_TCP_TEMPLATES, "TCP templates", 0 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_INSPECTION, "WFP built-in inspection sublayer", 0xfffe },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_TEREDO, "WFP built-in Teredo sublayer", 0xfff0 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_IPSEC_TUNNEL, "WFP built-in IPsec tunnel sublayer", 8 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_IPSEC_FORWARD_OUTBOUND_TUNNEL, "WFP built-in IPsec forward outbound tunnel sublayer", 7 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_IPSEC_DOSP, "WFP built-in IPsec DoS protection sublayer", 6 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_SECURE_SOCKET, "WFP built-in secure socket sublayer", 5 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_LIPS, "WFP built-in legacy IPsec sublayer", 4 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_RPC_AUDIT, "WFP built-in RPC audit sublayer", 3 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_TCP_CHIMNEY_OFFLOAD, "WFP built-in TCP chimney offload sublayer", 2 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_TCP_TEMPLATES, "WFP built-in TCP templates sublayer", 1 },
    { FWP_SUBLAYER, &FWPM_SUBLAYER_UNIVERSAL, "WFP built-in universal sublayer", 0 },
};

static struct fwp_object *create(const struct builtin *builtin, WCHAR *name, uint64_t id)
{
    FWPM_PROVIDER0 provider = { .providerKey = *builtin->key, .displayData = { name, name } };
    FWPM_SUBLAYER0 sublayer = { .subLayerKey = *builtin->key, .displayData = { name, name }, .weight = builtin->weight };

    return fwp_object_create(builtin->kind, builtin->kind == FWP_PROVIDER ? (const void *)&provider : &sublayer, builtin->key, id);
}

bool fwp_builtins_add(void)
{
    for (unsigned i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
        uint64_t id = fwp_object_new_id(builtins[i].kind);
        WCHAR *name = text_utf16(builtins[i].name, NULL);
        struct fwp_object *object = name ? create(&builtins[i], name, id) : NULL;
        free(name);
        if (!object)
            return false;
        object->lifetime = FWP_BUILTIN;
        object->number = (uint16_t)id;
        if (!fwp_object_insert(object)) {
            fwp_object_free(object);
            return false;
        }
    }
    return true;
}
