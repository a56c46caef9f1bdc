/* The ANSI (and OEM) code page: Windows-1252, one byte a character. What it lacks becomes '?'. */
#ifndef NT_ANSI_H
#define NT_ANSI_H

#include <ntdef.h>

WCHAR ansi_to_wide(char c);
char ansi_from_wide(WCHAR c);

#endif
