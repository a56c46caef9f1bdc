/* Between the files of the power framework. */
#ifndef NT_PO_FX_H
#define NT_PO_FX_H

#include "wdm.h"

/* Of a registered device: components it has, and its context. */
ULONG po_fx_components(POHANDLE handle);
PVOID po_fx_context(POHANDLE handle);
/* po_perf.c: the handle goes away. */
void po_perf_forget(POHANDLE handle);

#endif
