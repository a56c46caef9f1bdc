/* What resource files of drivers take from windows.h. */
#ifndef _WINDOWS_
#define _WINDOWS_

#include "winver.h"

#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_ENGLISH_US 0x01
#define RT_MANIFEST 24

#endif
