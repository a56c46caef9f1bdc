/* wdm.h and what only non-WDM drivers use. */
#ifndef RING3_NTDDK_H
#define RING3_NTDDK_H

#include <wdm.h>
#if __has_include(<ring3/ntddk_extra.h>)
#include <ring3/ntddk_extra.h>
#endif

#endif
