/* The names that resource editors write. */
#ifndef RING3_RC_WINRESRC
#define RING3_RC_WINRESRC
#include "windows.h"
#endif
