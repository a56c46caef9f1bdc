/* Between the files of the HAL. */
#ifndef NT_HAL_INTERNAL_H
#define NT_HAL_INTERNAL_H

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "nt/event.h"
#include "nt/hal.h"
#include "nt/ke_wait.h"
#include "nt/ke_spinlock.h"
#include "nt/pool.h"

#define HAL_TAG 0x206c6148u             /* "Hal " */

void hal_mmio_start(void);
void hal_interrupt_start(void);
void hal_interrupt_stop(void);
void hal_dma_start(void);
void hal_dma_stop(void);
void hal_raise_msi(void *context, uint64_t address, uint32_t data);
void hal_set_line(void *context, struct device *device, bool asserted);

/* What PKINTERRUPT points at. A driver never looks inside. */
struct _KINTERRUPT {
    struct list node;                   /* on its vector */
    struct list all;
    PDEVICE_OBJECT pdo;
    PKSERVICE_ROUTINE service;
    PKMESSAGE_SERVICE_ROUTINE message_service;      /* instead of service */
    ULONG message;
    PVOID context;
    KSPIN_LOCK own_lock;
    PKSPIN_LOCK lock;
    KIRQL irql, synchronize_irql;
    unsigned cpu, vector;
    KINTERRUPT_MODE mode;
    bool inactive;                      /* IoReportInterruptInactive */
    int table_entry;                    /* number of the device's message it is connected to, or -1 */
    struct device *device;
    PIO_INTERRUPT_MESSAGE_INFO table;   /* of a message-based connection */
    uint64_t count;
    bool passive;                       /* the routine runs at PASSIVE_LEVEL; hal_passive.c */
    bool passive_busy, passive_again;   /* on its way or running; interrupted meanwhile */
    KEVENT passive_event;
    KDPC passive_dpc;
    WORK_QUEUE_ITEM passive_work;
};
extern struct list hal_interrupts;      /* .all */

/* Puts a connected interrupt on its vector, or takes it off. */
bool hal_attach(struct _KINTERRUPT *interrupt);
void hal_detach(struct _KINTERRUPT *interrupt);
/* hal_passive.c: before hal_attach; an interrupt came (device IRQL); after hal_detach, returns when the routine does not run
 * any more (PASSIVE_LEVEL); the event that keeps the routine away (PASSIVE_LEVEL). */
void hal_passive_init(struct _KINTERRUPT *interrupt);
void hal_passive_raise(struct _KINTERRUPT *interrupt);
void hal_passive_end(struct _KINTERRUPT *interrupt);
void hal_passive_take(struct _KINTERRUPT *interrupt);
void hal_passive_give(struct _KINTERRUPT *interrupt);
/* A line that waited for a passive routine may interrupt again. No line's vector: nothing. */
void hal_unmask_line(unsigned vector, unsigned cpu);

/* Has the node's device send its message n: MSI-X when it has that, else MSI. */
void hal_program_message(const struct pnp_node *node, unsigned n);
/* No more of it; the last one connected turns MSI off. After hal_detach. */
void hal_mask_message(struct device *device, unsigned n);

#endif
