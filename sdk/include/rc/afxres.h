/* The names that resource editors write. */
#ifndef RING3_RC_AFXRES
#define RING3_RC_AFXRES
#include "windows.h"
#endif
