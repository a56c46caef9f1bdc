/* The Network Module Registrar, inside. Drivers and ring3's own modules use the same nine functions (netioddk.h): a provider
 * of ring3's own has ms_abi callbacks, registers inside NT at PASSIVE_LEVEL, and deregisters and waits before netio_close.
 *
 * A module is one registration; a binding is one pair of a client and a provider of the same NPI.
 *
 * Invariants
 *  1. A binding is made by the Register call of the later of its two modules, for every partner that is registered at that
 *     moment, before any callback runs: each pair exists once, and a Register call that has no memory leaves nothing.
 *  2. Only the states below exist; each transition has one place in the code. Whoever runs a driver's callback has first
 *     moved the binding to the state that says so, because the callback may do anything, on any processor.
 *  3. No detach callback runs for a binding before ClientAttachProvider has returned: the client saves its handle there.
 *  4. Each side's detach callback runs once, whoever deregisters and however many do. The cleanup callbacks run once, after
 *     both sides are detached and both detach callbacks have returned.
 *  5. A module is complete (state GONE) when it is deregistered, has no binding, and no Register or Deregister call of it
 *     runs. Setting `gone` is the last thing done with it; the last waiter frees it.
 *  6. Handles are numbers that are never used again, so that a stale one is recognised.
 *
 * | binding   | what runs                | goes to                                                                        |
 * |-----------|--------------------------|--------------------------------------------------------------------------------|
 * | QUEUED    | nothing                  | OFFERED by the Register call that made it; gone when a module deregisters      |
 * | OFFERED   | ClientAttachProvider     | ATTACHING by NmrClientAttachProvider; gone when the callback returns           |
 * | ATTACHING | ProviderAttachClient too | JOINED on STATUS_SUCCESS; OFFERED otherwise, and the client may try once more  |
 * | JOINED    | ClientAttachProvider     | ATTACHED when it returns; DETACHING when meanwhile a module has deregistered   |
 * | ATTACHED  | nothing                  | DETACHING by the first Deregister call of a module                             |
 * | DETACHING | detach callbacks         | CLEANUP when both sides are DONE and both callbacks have returned              |
 * | CLEANUP   | cleanup callbacks        | gone                                                                           |
 *
 * | side     | in DETACHING: what this module has said                                                                      |
 * |----------|---------------------------------------------------------------------------------------------------------------|
 * | IN       | nothing: its callback has not been called                                                                     |
 * | CALLED   | its callback runs                                                                                             |
 * | EARLY    | its callback runs, and Complete was called already: STATUS_PENDING will mean done                             |
 * | PENDING  | STATUS_PENDING: Complete will be called                                                                       |
 * | DONE     | STATUS_SUCCESS, or Complete; or it is absent: not attached any more, or its driver has gone                    | */
#ifndef NETIO_NMR_H
#define NETIO_NMR_H

#include <stdbool.h>
#include <stdint.h>

#include <netioddk.h>

#include "base/list.h"
#include "base/util.h"
#include "nt/event.h"
#include "nt/ke_wait.h"
#include "pe/stack.h"

enum nmr_role { NMR_CLIENT, NMR_PROVIDER };
enum nmr_module_state { NMR_REGISTERED, NMR_DEREGISTERING, NMR_GONE };
enum nmr_binding_state {
    NMR_QUEUED, NMR_OFFERED, NMR_ATTACHING, NMR_JOINED, NMR_ATTACHED, NMR_DETACHING, NMR_CLEANUP
};
enum nmr_side_state { NMR_IN, NMR_CALLED, NMR_EARLY, NMR_PENDING, NMR_DONE };

#define NMR_STACK_FRAMES 8

struct nmr_module {
    struct list node;                   /* nmr_modules, in order of registration */
    enum nmr_role role;
    enum nmr_module_state state;
    HANDLE handle;
    union {                             /* copies: the callbacks; what they are given is the module's own memory */
        NPI_CLIENT_CHARACTERISTICS client;
        NPI_PROVIDER_CHARACTERISTICS provider;
    };
    PNPI_REGISTRATION_INSTANCE instance;
    NPIID npi;
    PVOID context;
    struct list bindings;               /* nmr_binding.side[role].node */
    unsigned busy;                      /* Register and Deregister calls that run, and ends of bindings */
    unsigned waiters;
    KEVENT gone;
    bool orphan;                        /* its driver is unloaded: freed as soon as it is GONE */
    uint64_t stack[NMR_STACK_FRAMES];   /* of the call that registered it; the attach callback when that call was a jump */
    unsigned stack_count;
    uint64_t registrar;                 /* return address of that call: who pays */
    uint64_t callback;                  /* the attach callback: whose module it is */
};

struct nmr_side {
    struct list node;
    struct nmr_module *module;
    PVOID context;                      /* of the binding, the module's own */
    enum nmr_side_state state;
    bool absent;                        /* its callbacks are not called */
};

struct nmr_binding {
    enum nmr_binding_state state;
    HANDLE handle;
    struct nmr_side side[2];            /* by nmr_role */
    struct nmr_module *maker;           /* whose Register call made it and offers it */
    bool abandoned;                     /* ClientAttachProvider returned while NmrClientAttachProvider still ran */
};

extern struct list nmr_modules;

/* nmr.c */
HANDLE nmr_new_handle(void);
void nmr_reset_handles(void);
struct nmr_binding *nmr_binding_named(HANDLE handle);
/* A use of a module across a callback, and its end: the last thing that is done with the module. May complete it. */
static inline void nmr_hold(struct nmr_module *module)
{
    module->busy++;
}
void nmr_release(struct nmr_module *module);
/* Deregisters: takes the queued bindings back and detaches the attached ones. */
void nmr_withdraw(struct nmr_module *module);
/* Frees a module that has no binding and that nobody waits for. */
void nmr_destroy(struct nmr_module *module);
/* Takes the binding out of both modules and frees it. */
void nmr_unbind(struct nmr_binding *binding);
/* Reports what a module got wrong. caller: PE_CALLER(), or nmr_callback() of the callback that did it. */
void nmr_misuse(const char *text, const void *what, struct pe_caller caller);
struct pe_caller nmr_callback(const void *routine);
/* After a callback: it must have kept the IRQL. */
void nmr_check_irql(const void *routine, KIRQL before, const char *what);

/* nmr_attach.c: makes the bindings of a new module, all or none. */
bool nmr_queue(struct nmr_module *module, const void *caller);
/* Offers the queued bindings of a new module, in order of their partners' registration. PASSIVE_LEVEL. */
void nmr_offer(struct nmr_module *module);
void nmr_unqueue(struct nmr_module *module);

/* nmr_detach.c: calls both detach callbacks of an ATTACHED binding, `first` before its partner. */
void nmr_detach(struct nmr_binding *binding, enum nmr_role first);
/* Ends a DETACHING binding when nothing is missing any more. The binding may be gone afterwards. */
void nmr_detach_finish(struct nmr_binding *binding);

#define NMR_TAG ((uint32_t)'N' | (uint32_t)'M' << 8 | (uint32_t)'r' << 16 | (uint32_t)'g' << 24)

#endif
