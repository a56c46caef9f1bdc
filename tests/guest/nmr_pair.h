/* What nmr_provider and nmr_client share: two drivers that meet through the Network Module Registrar, call each other while they
 * are attached, and tell through a device what happened. */
#ifndef TESTS_GUEST_NMR_PAIR_H
#define TESTS_GUEST_NMR_PAIR_H

#include <netioddk.h>

#include "helpers.h"

#define PAIR_TAG 'rpmN'

static const NPIID PairNpi = { 0x6a1f3c60, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };

typedef struct _PAIR_PROVIDER_DISPATCH {
    void (*Work)(PVOID ProviderBindingContext);
} PAIR_PROVIDER_DISPATCH;

typedef struct _PAIR_CLIENT_DISPATCH {
    void (*Notify)(PVOID ClientBindingContext);
} PAIR_CLIENT_DISPATCH;

/* Read from \Device\NmrClient or \Device\NmrProvider. */
typedef struct _PAIR_COUNTS {
    LONG Attaches, Detaches, Cleanups, Calls, Wrong;
} PAIR_COUNTS;

static PAIR_COUNTS Counts;

static inline void Hold(BOOLEAN condition)
{
    EXPECT(condition);
    if (!condition)
        InterlockedIncrement(&Counts.Wrong);
}

static NTSTATUS NTAPI PairRequest(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_SUCCESS;

    irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_READ) {
        if (stack->Parameters.Read.Length >= sizeof(Counts)) {
            RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &Counts, sizeof(Counts));
            irp->IoStatus.Information = sizeof(Counts);
        } else {
            status = STATUS_BUFFER_TOO_SMALL;
        }
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static inline PDEVICE_OBJECT CreatePairDevice(PCWSTR text)
{
    PDEVICE_OBJECT device = NULL;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, text);
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = PairRequest;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = PairRequest;
    TestDriverObject->MajorFunction[IRP_MJ_READ] = PairRequest;
    if (!NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)))
        return NULL;
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

#endif
