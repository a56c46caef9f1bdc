/* wchar.h: kept for sources that include it; see string.h and stdio.h. */
#ifndef RING3_CRT_WCHAR_H
#define RING3_CRT_WCHAR_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#endif
