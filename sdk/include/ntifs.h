/* ntddk.h and what file systems and filters use. */
#ifndef RING3_NTIFS_H
#define RING3_NTIFS_H

#include <ntddk.h>
#if __has_include(<ring3/ntifs_extra.h>)
#include <ring3/ntifs_extra.h>
#endif

#endif
