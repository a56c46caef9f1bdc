/* Between the files that open and use file objects. */
#ifndef NT_IO_FILE_H
#define NT_IO_FILE_H

#include "nt/io_internal.h"

/* What FileObjectExtension of the file objects made here points at. */
struct io_file_extension {
    PDEVICE_OBJECT hint;                /* requests go here instead of to the top of the stack; NULL: to the top */
    bool ignores_sharing;
};

/* Host state of a file object; the guest's FILE_OBJECT is its head. */
struct io_file_object {
    FILE_OBJECT object;
    ACCESS_MASK access;
    struct io_file_extension extension;
    struct _ECP_LIST *ecps;             /* of its create, while that is under way: fsrtl_ecp.c */
    bool ecps_owned;
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
    PDEVICE_OBJECT hint;                /* may be NULL */
    struct _ECP_LIST *ecps;             /* may be NULL */
    IO_STATUS_BLOCK iosb;
    bool reached_device;
};

/* *file comes referenced, without a handle. */
NTSTATUS io_open_file(const OBJECT_ATTRIBUTES *attributes, struct io_open *open, struct io_file_object **file);

/* ZwCreateFile with a device of the stack that the file's requests go to (hint NULL: to the top) and, maybe NULL, parameters. */
NTSTATUS io_create_file(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                        PLARGE_INTEGER allocation_size, ULONG file_attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea,
                        ULONG ea_length, PDEVICE_OBJECT hint, struct _ECP_LIST *ecps);

/* *apc: what io_apc_done makes the calling thread call, as an APC routine of ZwReadFile is called: routine(context, iosb, 0) at
 * PASSIVE_LEVEL. NULL without a routine. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS io_apc_new(PIO_APC_ROUTINE routine, PVOID context, struct io_apc **apc);
/* Ends it; call: with the call. apc may be NULL. <= DISPATCH_LEVEL. */
void io_apc_done(struct io_apc *apc, PIO_STATUS_BLOCK iosb, bool call);

/* Sends a request on a file. When it does not end at once: waits if `wait`, else returns STATUS_PENDING, and the
 * completion sets *request->iosb and the event. References the file meanwhile, and ends request->apc. *irp (may be NULL): the IRP while it is
 * pending, NULL again afterwards; for cancelling. */
NTSTATUS io_file_request(struct io_request *request, bool wait, PIRP *irp);

#endif
