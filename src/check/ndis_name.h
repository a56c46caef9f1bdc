/* What findings call a driver at an NDIS edge. */
#ifndef CHECK_NDIS_NAME_H
#define CHECK_NDIS_NAME_H

#include <stddef.h>

/* "miniport foo.sys", "protocol bar.sys", "filter module baz.sys", of an adapter, binding or module that may be gone; in `text`. */
const char *ndis_name(const void *object, char *text, size_t size);

#endif
