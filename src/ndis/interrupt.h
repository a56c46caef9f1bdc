/* A miniport's interrupt: one line, or messages. */
#ifndef NDIS_INTERRUPT_H
#define NDIS_INTERRUPT_H

#include "ndis/adapter.h"

/* DPCs of different messages, and of one message on different processors, are queued separately. */
struct ndis_interrupt_dpc {
    KDPC dpc;
    struct ndis_interrupt *interrupt;
    uint32_t message;
    bool queued;
};

struct ndis_interrupt {
    struct ndis_object object;
    struct adapter *adapter;
    NDIS_HANDLE context;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS handlers;
    bool message_based;
    KSPIN_LOCK lock;                    /* of all messages, when the miniport wants them one at a time */
    PKINTERRUPT line;
    PIO_INTERRUPT_MESSAGE_INFO table;
    uint32_t messages, processors;
    bool gone;
    bool silent;                        /* the adapter was shut down: neither service routine nor DPC is called */
    struct ndis_interrupt_dpc dpcs[];   /* [message * processors + processor] */
};

/* The driver hears no more of it. Any IRQL. */
void interrupt_silence(struct ndis_interrupt *interrupt);

#endif
