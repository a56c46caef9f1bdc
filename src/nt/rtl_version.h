/* The Windows version that ring3 presents. */
#ifndef NT_RTL_VERSION_H
#define NT_RTL_VERSION_H

#include <ntdef.h>

extern ULONG NtBuildNumber;

#define RTL_MAJOR 10u
#define RTL_MINOR 0u
#define RTL_BUILD (NtBuildNumber & 0xFFFFu)

#endif
