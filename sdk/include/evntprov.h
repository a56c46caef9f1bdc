/* ETW provider functions live with the kernel's. */
#pragma once
#include <ring3/wmi.h>
