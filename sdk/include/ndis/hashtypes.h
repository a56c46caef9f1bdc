/* Hash functions and types. docs: hashtypes */
#ifndef RING3_NDIS_HASHTYPES_H
#define RING3_NDIS_HASHTYPES_H

#include <ndis/rss.h>

#endif
