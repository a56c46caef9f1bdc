/* The names that resource editors write. */
#ifndef RING3_RC_WINRES
#define RING3_RC_WINRES
#include "windows.h"
#endif
