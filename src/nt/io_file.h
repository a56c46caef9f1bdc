/* Between the files that open and use file objects. */
#ifndef NT_IO_FILE_H
#define NT_IO_FILE_H

#include "nt/io_internal.h"

/* Host state of a file object; the guest's FILE_OBJECT is its head. */
struct io_file_object {
    FILE_OBJECT object;
    ACCESS_MASK access;
    bool opened;                        /* IRP_MJ_CREATE succeeded: IRP_MJ_CLEANUP and _CLOSE are owed */
};

/* What ZwCreateFile asks for, on its way through the namespace to the device. */
struct io_open {
    ACCESS_MASK access;
    ULONG share, disposition, options, attributes;
    LONGLONG allocation_size;
    PVOID ea;
    ULONG ea_length;
    KPROCESSOR_MODE mode;
    IO_STATUS_BLOCK iosb;
    bool reached_device;
};

/* *file comes referenced, without a handle. */
NTSTATUS io_open_file(const OBJECT_ATTRIBUTES *attributes, struct io_open *open, struct io_file_object **file);

/* Sends a request on a file. When it does not end at once: waits if `wait`, else returns STATUS_PENDING, and the
 * completion sets *request->iosb and the event. References the file meanwhile. *irp (may be NULL): the IRP while it is
 * pending, NULL again afterwards; for cancelling. */
NTSTATUS io_file_request(struct io_request *request, bool wait, PIRP *irp);

#endif
