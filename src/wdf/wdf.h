/* The Kernel-Mode Driver Framework (Wdf01000.sys) and its loader (WDFLDR.SYS), for the computer. */
#ifndef WDF_WDF_H
#define WDF_WDF_H

#include <stdbool.h>

/* After PnP. Inside NT, PASSIVE_LEVEL. */
bool wdf_open(void);
/* When every driver is gone. Forgets what a bug check left behind. */
void wdf_close(void);

#endif
