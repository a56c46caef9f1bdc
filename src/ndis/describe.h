/* The stack of every adapter, for reports: as a tree, JSON or Graphviz. */
#ifndef NDIS_DESCRIBE_H
#define NDIS_DESCRIBE_H

#include "base/writer.h"

/* In w->format. PASSIVE_LEVEL, inside. */
void ndis_describe(struct writer *w);

#endif
