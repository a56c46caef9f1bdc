/* The kernel's interface for drivers: this header only names its parts. */
#ifndef RING3_WDM_H
#define RING3_WDM_H

#include <ntdef.h>
#include <ntstatus.h>
#include <bugcodes.h>
#ifndef RING3_HOST
#include <stdarg.h>
#include <intrin.h>
#include <string.h>
#endif
#include <ring3/interlocked.h>
#include <ring3/context.h>
#include <ring3/security.h>
#include <ring3/rtl.h>
#include <ring3/ke.h>
#include <ring3/ex.h>
#include <ring3/mm.h>
#include <ring3/ps.h>
#include <ring3/ob.h>
#include <ring3/zw.h>
#include <ring3/io.h>
#include <ring3/pnp.h>
#include <ring3/po.h>
#include <ring3/dma.h>
#include <ring3/hal.h>
#include <ring3/wmi.h>
#ifndef RING3_HOST
#include <ring3/nt_more.h>
#include <ring3/nt_files.h>
#include <ring3/nt_rare.h>
#include <ring3/nt_power.h>
#endif

#endif
