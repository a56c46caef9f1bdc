/* The run-time library: this header only names its parts. docs: kernel/run-time-library-routines */
#ifndef RING3_RTL_H
#define RING3_RTL_H

#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/security.h>
#include <ring3/rtl_list.h>
#include <ring3/rtl_memory.h>
#include <ring3/rtl_string.h>
#include <ring3/rtl_table.h>
#include <ring3/rtl_bitmap.h>
#include <ring3/rtl_misc.h>
#include <ring3/rtl_registry.h>
#include <ring3/rtl_security.h>

#endif
