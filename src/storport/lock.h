/* Locks of a miniport. */
#ifndef STORPORT_LOCK_H
#define STORPORT_LOCK_H

#include "storport/adapter.h"

bool lock_acquire(struct adapter *a, STOR_SPINLOCK kind, PVOID context, PSTOR_LOCK_HANDLE handle, struct pe_caller caller);
void lock_release(struct adapter *a, PSTOR_LOCK_HANDLE handle, struct pe_caller caller);

#endif
