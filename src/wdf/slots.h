/* The function table's names, and a stub for every slot that nothing implements. */
#ifndef WDF_SLOTS_H
#define WDF_SLOTS_H

#include <ntdef.h>
#include <stddef.h>

#define WDF_STUB_SIZE 8

/* By slot: WdfFunctionTableNumEntries of them. */
extern const char *const wdf_slot_names[];
/* By WDFSTRUCTENUM; 0: a structure ring3 has no definition of. */
extern const size_t wdf_structure_sizes[];
/* Stub n begins n * WDF_STUB_SIZE bytes behind it. */
extern const char wdf_stubs[];
/* Where the stubs end up; back: the address behind the stub's call. Does not return. */
VOID NTAPI wdf_slot_missing(const char *back);

#endif
