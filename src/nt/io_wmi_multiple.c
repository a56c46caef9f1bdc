/* Several WMI classes asked at once: the answers of the single questions, one chain. <= APC_LEVEL. */
#include "nt/wmi_client.h"
#include "ring3/nt_power.h"

struct chain {
    uint8_t *to;                        /* NULL: only sizes */
    ULONG room, done;
    PWNODE_HEADER last;                 /* NULL: none yet */
};

typedef NTSTATUS ask(PVOID object, PUNICODE_STRING name, PULONG size, PVOID to);

static NTSTATUS ask_all(PVOID object, PUNICODE_STRING name, PULONG size, PVOID to)
{
    (void)name;
    return IoWMIQueryAllData(object, size, to);
}

static NTSTATUS ask_single(PVOID object, PUNICODE_STRING name, PULONG size, PVOID to)
{
    return IoWMIQuerySingleInstance(object, name, size, to);
}

/* Nobody has the class or the instance: nothing is added. */
static NTSTATUS add(struct chain *c, ask *question, PVOID object, PUNICODE_STRING name)
{
    ULONG at = (c->done + 7) & ~7u, size = c->to != NULL && c->room > at ? c->room - at : 0;
    NTSTATUS status = question(object, name, &size, size != 0 ? c->to + at : NULL);

    if (status == STATUS_OBJECT_TYPE_MISMATCH || status == STATUS_ACCESS_DENIED || status == STATUS_INSUFFICIENT_RESOURCES)
        return status;
    if (status != STATUS_SUCCESS && status != STATUS_BUFFER_TOO_SMALL)
        return STATUS_SUCCESS;
    if (size == 0)
        return STATUS_SUCCESS;
    c->done = at + size;
    if (status != STATUS_SUCCESS)
        return STATUS_SUCCESS;
    PWNODE_HEADER first = (PWNODE_HEADER)(void *)(c->to + at), last = first;
    while (last->Linkage != 0)
        last = (PWNODE_HEADER)(void *)((uint8_t *)last + last->Linkage);
    if (c->last != NULL)
        c->last->Linkage = (ULONG)((uint8_t *)first - (uint8_t *)c->last);
    c->last = last;
    return STATUS_SUCCESS;
}

static NTSTATUS ask_many(ask *question, PVOID *objects, PUNICODE_STRING names, ULONG count, PULONG size, PVOID to)
{
    struct chain chain = { .to = to, .room = to != NULL ? *size : 0 };

    for (ULONG i = 0; i < count; i++) {
        NTSTATUS status = add(&chain, question, objects[i], names != NULL ? &names[i] : NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    *size = chain.done;
    return chain.done <= chain.room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

/* Every block of every class. Success with 0 bytes when nobody has any. STATUS_BUFFER_TOO_SMALL with the bytes that are needed.
 * <= APC_LEVEL. docs: wdm/nf-wdm-iowmiqueryalldatamultiple */
NTSTATUS NTAPI IoWMIQueryAllDataMultiple(PVOID *DataBlockObjectList, ULONG ObjectCount, PULONG InOutBufferSize, PVOID OutBuffer)
{
    return ask_many(ask_all, DataBlockObjectList, NULL, ObjectCount, InOutBufferSize, OutBuffer);
}

/* The named instance of each class. <= APC_LEVEL. docs: wdm/nf-wdm-iowmiquerysingleinstancemultiple */
NTSTATUS NTAPI IoWMIQuerySingleInstanceMultiple(PVOID *DataBlockObjectList, PUNICODE_STRING InstanceNames, ULONG ObjectCount,
                                                PULONG InOutBufferSize, PVOID OutBuffer)
{
    return ask_many(ask_single, DataBlockObjectList, InstanceNames, ObjectCount, InOutBufferSize, OutBuffer);
}
