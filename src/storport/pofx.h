/* Runtime power of adapters and units, as the power framework sees them: one component each.
 *
 *   | state           | F-state | device power                 | what ends it                                             |
 *   |-----------------|---------|------------------------------|----------------------------------------------------------|
 *   | active          | F0      | required                     | no reference any more: idle                              |
 *   | idle            | deepest | required                     | a reference: active; the idle time is over: unpowered    |
 *   | unpowered       | deepest | not required; D3 unless the  | a reference: power required, D0, F0, active              |
 *   |                 |         | miniport wants none          |                                                          |
 *
 * 1. References are those of StorPortPoFxActivateComponent and, as one, Storport's own while the device has requests; an adapter is
 *    also referenced while one of its units needs power.
 * 2. State changes in pofx_settle() alone, in the adapter's engine at DISPATCH_LEVEL, one component at a time: a miniport's call only
 *    counts, so that it may hold locks that its control routine takes.
 * 3. Without registration, or with power management turned off, a component stays active for ever. */
#ifndef STORPORT_POFX_H
#define STORPORT_POFX_H

#include <stdbool.h>
#include <stdint.h>

#include "nt/ke.h"

#define POFX_STATES 8

struct adapter;
struct unit;

struct pofx {
    bool registered, managed;           /* managed: power management is on for it */
    bool active, required;              /* what the miniport was told last */
    bool busy;                          /* Storport's own reference */
    bool settling, again;               /* in pofx_settle; and something changed meanwhile */
    bool off, moving, timed_out;        /* its device is in D3; is on its way to or from there; its idle time is over */
    uint32_t flags, states, state;      /* STOR_POFX_DEVICE_FLAG_; F-states, and the present one */
    uint32_t idle_ms, references;
    uint64_t latency[POFX_STATES];      /* of each F-state, 100 ns */
    uint64_t tolerated;                 /* latency, 100 ns */
    struct ke_alarm alarm;
};

/* The adapter starts to work: management begins. The adapter stops: everything is forgotten. PASSIVE_LEVEL. */
void pofx_begin(struct adapter *a);
void pofx_end(struct adapter *a);
void pofx_awake(struct adapter *a);     /* after system sleep */
/* A unit appears and goes. PASSIVE_LEVEL. */
void pofx_unit_begin(struct unit *u);
void pofx_unit_end(struct unit *u);
/* Before a request starts: false when power must come first. DISPATCH_LEVEL, in the engine. */
bool pofx_ready(struct unit *u);
/* When nothing is outstanding any more, and whenever references changed. The same. */
void pofx_settle_all(struct adapter *a);

#endif
