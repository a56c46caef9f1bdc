/* Between inf_install.c (which sections apply) and inf_registry.c (what an add-registry-section says). */
#ifndef PKG_INF_INSTALL_H
#define PKG_INF_INSTALL_H

#include "pkg/inf.h"

#define INF_MOST_VALUES 16384           /* changes to the registry that one install may ask for */

/* What HKR means in a section that changes the registry. */
struct inf_place {
    enum inf_root root;
    const char *service;
    int interface;
};

struct inf_builder {
    struct inf *inf;                    /* whose sections are read: a sibling's while Needs is followed */
    struct inf *owner;                  /* who holds the memory */
    struct inf_install *install;
    int followed;                       /* sections that Needs led to */
    int *slot;                          /* values by the hash of where they are: index + 1; INF_SLOTS of them */
};

#define INF_SLOTS (INF_MOST_VALUES * 2)

/* Adds the values of one add-registry-section, or what one del-registry-section deletes. False with error_text(). */
bool inf_add_reg(struct inf_builder *builder, const struct inf_section *section, const struct inf_place *place);
bool inf_del_reg(struct inf_builder *builder, const struct inf_section *section, const struct inf_place *place);
bool inf_add_dword(struct inf_builder *builder, enum inf_root root, const char *name, uint32_t number);
/* For each Ndi\params\KEYWORD with a default that the driver key does not have: KEYWORD = default.
 * docs: network/specifying-configuration-parameters-for-the-advanced-properties-page */
bool inf_add_keyword_defaults(struct inf_builder *builder);

#endif
