/* The APC routines of requests on file handles: a normal kernel APC of the thread that asked, queued when the request is done. */
#include "nt/io_file.h"
#include "nt/ke_apc.h"

#define IO_TAG_APC 0x70416f49u          /* "IoAp" */

struct io_apc {
    KAPC apc;
    struct thread *thread;              /* referenced */
};

static void free_apc(PKAPC apc)
{
    struct io_apc *a = CONTAINING_RECORD(apc, struct io_apc, apc);
    struct thread *thread = a->thread;

    pool_free(a, IO_TAG_APC, NULL);
    ob_dereference(thread);
}

static VOID NTAPI kernel_routine(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *first, PVOID *second)
{
    (void)normal;
    (void)context;
    (void)first;
    (void)second;
    free_apc(apc);
}

static VOID NTAPI rundown_routine(PKAPC apc)
{
    free_apc(apc);
}

NTSTATUS io_apc_new(PIO_APC_ROUTINE routine, PVOID context, struct io_apc **result)
{
    struct io_apc *a;

    *result = NULL;
    if (routine == NULL)
        return STATUS_SUCCESS;
    a = pool_alloc(NonPagedPoolNx, sizeof(*a), IO_TAG_APC, NULL);
    if (a == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    a->thread = ke_current();
    ob_reference(a->thread);
    KeInitializeApc(&a->apc, (PRKTHREAD)a->thread, 0, kernel_routine, rundown_routine, (PKNORMAL_ROUTINE)(void *)routine, KernelMode,
                    context);
    *result = a;
    return STATUS_SUCCESS;
}

void io_apc_done(struct io_apc *apc, PIO_STATUS_BLOCK iosb, bool call)
{
    if (apc != NULL && (!call || !KeInsertQueueApc(&apc->apc, iosb, NULL, IO_NO_INCREMENT)))
        free_apc(&apc->apc);
}
