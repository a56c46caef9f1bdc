/* Elements of a project file, between the files that read them. */
#ifndef PKG_MSBUILD_XML_H
#define PKG_MSBUILD_XML_H

#include "pkg/msbuild_internal.h"

struct _xmlNode;                        /* libxml2's xmlNode */

/* The attribute in the project's memory; NULL when it is not there. */
const char *msbuild_attribute(struct msbuild *project, struct _xmlNode *node, const char *name);
/* The element's text without blanks around it. */
const char *msbuild_content(struct msbuild *project, struct _xmlNode *node);
const char *msbuild_node_name(struct msbuild *project, const struct _xmlNode *node);
/* Whether the element's condition holds; -1 with error_text(). The place's line becomes the element's. */
int msbuild_holds(struct msbuild_place *place, struct _xmlNode *node);

/* Item definitions and items of a group. False with error_text(). */
bool msbuild_read_definitions(struct msbuild_place *place, struct _xmlNode *group);
bool msbuild_read_items(struct msbuild_place *place, struct _xmlNode *group);

#endif
