/* Between inf_install.c (which sections apply) and inf_registry.c (what an add-registry-section says). */
#ifndef PKG_INF_INSTALL_H
#define PKG_INF_INSTALL_H

#include "pkg/inf.h"

struct inf_builder {
    struct inf *inf;
    struct inf_install *install;
};

/* Adds the values of one add-registry-section; HKR means `root`. False with error_text(). */
bool inf_add_reg(struct inf_builder *builder, const struct inf_section *section, enum inf_root root,
                 const char *service);
void inf_add_dword(struct inf_builder *builder, enum inf_root root, const char *name, uint32_t number);
/* For each Ndi\params\KEYWORD with a default that the driver key does not have: KEYWORD = default.
 * docs: network/specifying-configuration-parameters-for-the-advanced-properties-page */
void inf_add_keyword_defaults(struct inf_builder *builder);

#endif
