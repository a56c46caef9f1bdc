/* kecho: what is written to the device is read from it, message by message, in order.
 *
 * 1. A message is a WDFMEMORY in the collection `messages`, which has a reference on it; the driver's own is given up by
 *    deleting the object as soon as it is in there, so that it lives exactly as long as it is in the collection.
 * 2. A read that finds no message waits in the manual queue `reads`. There is never a message while a read waits: whoever adds
 *    one of them serves until one side is empty (Serve).
 * 3. `lock` guards messages, bytes and the counters. No request is completed while it is held. */
#ifndef KECHO_H
#define KECHO_H

#include <ntddk.h>
#include <wdf.h>

#include "kecho_ioctl.h"

#define KECHO_TAG 'hceK'
#define KECHO_MOST_BYTES (64 * 1024)    /* of messages that nobody has read */

typedef struct _ECHO {
    WDFQUEUE reads;
    WDFQUEUE delays;                    /* control requests that wait for their time */
    WDFCOLLECTION messages;
    WDFSPINLOCK lock;
    size_t bytes;
    KECHO_STATISTICS statistics;
} ECHO;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ECHO, GetEcho)

/* Of the timer of a control request that is answered later; it has a reference on the request. */
typedef struct _DELAY_TIMER {
    WDFREQUEST request;
} DELAY_TIMER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DELAY_TIMER, GetDelayTimer)

/* PASSIVE_LEVEL; before the device takes requests. */
NTSTATUS EchoCreate(WDFDEVICE device);
NTSTATUS DelayCreate(WDFDEVICE device);

EVT_WDF_IO_QUEUE_IO_READ EchoRead;
EVT_WDF_IO_QUEUE_IO_WRITE EchoWrite;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EchoControl;
/* <= DISPATCH_LEVEL. Takes the request. */
void DelayBegin(WDFDEVICE device, WDFREQUEST request, ULONG milliseconds);

#endif
