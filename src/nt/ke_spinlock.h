/* Spin locks for host code and the hot paths of the exports.
 *
 * A held KSPIN_LOCK contains 1 | processor number << 8, so that whoever finds it taken can give the host thread to
 * its owner at once. One processor at a time runs, so taking a lock needs no atomic operation. */
#ifndef NT_KE_SPINLOCK_H
#define NT_KE_SPINLOCK_H

#include "nt/event.h"
#include "nt/ke.h"

static inline KSPIN_LOCK ke_spin_mine(void)
{
    return 1 | (KSPIN_LOCK)this_cpu->number << 8;
}

/* The lock is not free: waits until it is, or stops the system when this processor has it. Then takes it. */
void ke_spin_contended(PKSPIN_LOCK lock, const char *name, struct pe_caller caller);
/* The lock is not this processor's. */
void ke_spin_not_owned(PKSPIN_LOCK lock, const char *name, struct pe_caller caller);

/* Frees the system's numbered locks, for a new computer. */
void ke_spin_numbered_reset(void);

/* IRQL >= DISPATCH. */
static inline void ke_spin_take(PKSPIN_LOCK lock)
{
    if (unlikely(*lock != 0))
        ke_spin_contended(lock, "spin lock", (struct pe_caller){ 0 });
    else
        *lock = ke_spin_mine();
}

static inline void ke_spin_give(PKSPIN_LOCK lock)
{
    if (unlikely(*lock != ke_spin_mine()))
        ke_spin_not_owned(lock, "spin lock", (struct pe_caller){ 0 });
    *lock = 0;
}

static inline KIRQL ke_spin_acquire(PKSPIN_LOCK lock)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);

    ke_spin_take(lock);
    return old;
}

static inline void ke_spin_release(PKSPIN_LOCK lock, KIRQL irql)
{
    ke_spin_give(lock);
    ke_lower(irql);
}

#endif
