/* What the executive tells its listeners (check/). A module that emits costs one predictable branch while nobody
 * listens. Emitting says what happened; whether it is wrong is for a rule to decide.
 *
 * | kind              | a                        | b                          | text            |
 * |-------------------|--------------------------|----------------------------|-----------------|
 * | EXPORT_IRQL       | const struct pe_export * | IRQL at the call           | export name     |
 * | WAIT              | first object, or 0       | bit 0: time-out is zero    | export name     |
 * | SPIN_ACQUIRE      | lock                     | IRQL before                | export name     |
 * | SPIN_RECURSION    | lock                     | processor                  | export name     |
 * | SPIN_NOT_OWNED    | lock                     | owner + 1, 0: nobody       | export name     |
 * | SPIN_RELEASE      | lock                     | IRQL after                 | export name     |
 * | POOL_BAD          | block address            | bug check 0xC2 parameter 1 | export name     |
 * | CALLBACK_IRQL     | callback address         | IRQL in << 8 | IRQL out    | what was called |
 * | DRIVER_STOPPED    | image base               | image size                 | driver name     |
 * | MISUSE            | anything                 | anything                   | a sentence      |
 * | STORAGE           | name of the miniport     | what it is about           | a sentence      |
 * | DMA_ZERO          | physical address         | bytes                      | a sentence      | */
#ifndef NT_EVENT_H
#define NT_EVENT_H

#include <stdint.h>

#include "base/util.h"
#include "pe/pe.h"

enum nt_event_kind {
    NT_EVENT_EXPORT_IRQL, NT_EVENT_WAIT, NT_EVENT_SPIN_ACQUIRE, NT_EVENT_SPIN_RECURSION, NT_EVENT_SPIN_NOT_OWNED,
    NT_EVENT_SPIN_RELEASE, NT_EVENT_POOL_BAD, NT_EVENT_CALLBACK_IRQL, NT_EVENT_DRIVER_STOPPED, NT_EVENT_MISUSE,
    NT_EVENT_STORAGE, NT_EVENT_DMA_ZERO, NT_EVENT_COUNT
};

struct nt_event {
    enum nt_event_kind kind;
    const char *text;
    uint64_t a, b;
    struct pe_caller caller;        /* rip 0: not called by a driver */
};

/* Set by whoever listens; events of a kind reach it only when its bit in nt_event_mask is set. */
extern void (*nt_event_sink)(const struct nt_event *event);
extern uint32_t nt_event_mask;

/* caller: PE_CALLER() of the export, or (struct pe_caller){ 0 }. */
#define NT_EMIT(event_kind, what, first, second, from)                                                              \
    do {                                                                                                            \
        if (unlikely(nt_event_mask & (1u << (event_kind)))) {                                                       \
            struct nt_event nt_event_ = { (event_kind), (what), (uint64_t)(uintptr_t)(first),                       \
                                          (uint64_t)(uintptr_t)(second), (from) };                                  \
            nt_event_sink(&nt_event_);                                                                              \
        }                                                                                                           \
    } while (0)

#endif
