/* The event log: packets that drivers write. They are kept in memory and shown as log lines. */
#include <stdlib.h>

#include "base/log.h"
#include "nt/io_internal.h"

#define TAG 0x72456f49u                 /* "IoEr" */
#define LOG_LIMIT 1024u

struct packet_head {
    PDRIVER_OBJECT driver;
    uint32_t size;
    uint32_t pad;
};

struct list io_event_log = LIST_INIT(io_event_log);
static unsigned log_count;
static uint32_t sequence;

static PDRIVER_OBJECT driver_of(PVOID object)
{
    PDEVICE_OBJECT device = object;

    return device->Type == IO_TYPE_DEVICE ? device->DriverObject : (PDRIVER_OBJECT)object;
}

/* A zeroed packet of EntrySize bytes (with its dump data and strings), which IoWriteErrorLogEntry or
 * IoFreeErrorLogEntry takes back. NULL when it is too large (ERROR_LOG_MAXIMUM_SIZE) or too small. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-ioallocateerrorlogentry */
PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    struct packet_head *head;

    if (IoObject == NULL || EntrySize > ERROR_LOG_MAXIMUM_SIZE || EntrySize < offsetof(IO_ERROR_LOG_PACKET, DumpData))
        return NULL;
    head = pool_alloc(NonPagedPoolNx, sizeof(*head) + EntrySize, TAG, __builtin_return_address(0));
    if (head == NULL)
        return NULL;
    memset(head, 0, sizeof(*head) + EntrySize);
    head->driver = driver_of(IoObject);
    head->size = EntrySize;
    return head + 1;
}

/* docs: wdm/nf-wdm-iofreeerrorlogentry */
VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    if (ElEntry != NULL)
        pool_free((struct packet_head *)ElEntry - 1, TAG, __builtin_return_address(0));
}

static void describe(const IO_ERROR_LOG_PACKET *p, uint32_t size, char *text, size_t room)
{
    unsigned at = p->StringOffset;

    text[0] = 0;
    for (unsigned n = 0; n < p->NumberOfStrings && at + sizeof(WCHAR) <= size; n++) {
        UNICODE_STRING s = { .Buffer = (PWCH)(void *)((char *)(uintptr_t)p + at) };
        size_t used = strlen(text);

        while (at + s.Length + sizeof(WCHAR) <= size && s.Buffer[s.Length / sizeof(WCHAR)] != 0)
            s.Length += sizeof(WCHAR);
        snprintf(text + used, room - used, " ");
        io_utf8(&s, text + used + 1, room - used - 1);
        at += s.Length + sizeof(WCHAR);
    }
}

static void keep(const struct packet_head *head, const IO_ERROR_LOG_PACKET *packet)
{
    struct io_log_entry *e = calloc(1, sizeof(*e));

    if (e == NULL)
        return;
    e->packet = malloc(head->size);
    if (e->packet == NULL) {
        free(e);
        return;
    }
    memcpy(e->packet, packet, head->size);
    e->size = head->size;
    e->time_ns = ke_now();
    snprintf(e->source, sizeof(e->source), "%s", io_driver_of(head->driver)->name);
    list_push_back(&io_event_log, &e->node);
    if (++log_count <= LOG_LIMIT)
        return;
    e = list_first(&io_event_log, struct io_log_entry, node);
    list_remove(&e->node);
    free(e->packet);
    free(e);
    log_count--;
}

/* Hands the packet to the event log; it is no longer the driver's. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-iowriteerrorlogentry */
VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    PIO_ERROR_LOG_PACKET packet = ElEntry;
    struct packet_head *head = (struct packet_head *)ElEntry - 1;
    char text[200];

    packet->SequenceNumber = ++sequence;
    describe(packet, head->size, text, sizeof(text));
    log_info(io_driver_of(head->driver)->name, "event log: 0x%08X unique %u status 0x%08X%s", (unsigned)packet->ErrorCode,
             (unsigned)packet->UniqueErrorValue, (unsigned)packet->FinalStatus, text);
    keep(head, packet);
    pool_free(head, TAG, NULL);
}

void io_error_stop(void)
{
    while (!list_empty(&io_event_log)) {
        struct io_log_entry *e = list_first(&io_event_log, struct io_log_entry, node);

        list_remove(&e->node);
        free(e->packet);
        free(e);
    }
    log_count = 0;
}

/* There is nobody to ask: the IRP ends with its error. docs: ntddk/nf-ntddk-ioraiseharderror */
VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject)
{
    (void)Vpb;
    (void)RealDeviceObject;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

/* FALSE: nobody sees it. docs: ntddk/nf-ntddk-ioraiseinformationalharderror */
BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread)
{
    (void)ErrorStatus;
    (void)String;
    (void)Thread;
    return FALSE;
}

/* docs: ntddk/nf-ntddk-iosetthreadharderrormode */
BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    (void)EnableHardErrors;
    return FALSE;
}
