/* Who stands in a stack, for the drivers in it. */
#include "ndis/filter_module.h"

#include <string.h>

/* An answer that is built from both ends of the caller's buffer: structures from the start, texts from the end. */
struct answer {
    PNDIS_ENUM_FILTERS head;
    NDIS_FILTER_INTERFACE *next;
    char *text;
    bool revision_2;
};

/* Where a handle stands, and what version its owner is of. */
static struct adapter *stack_of(NDIS_HANDLE handle, uint8_t *minor)
{
    if (!handle)
        return NULL;
    switch (ndis_object_type(handle)) {
    case NDIS_ADAPTER:
        *minor = ((struct adapter *)handle)->driver->miniport.MinorNdisVersion;
        return handle;
    case NDIS_BINDING:
        *minor = ((struct binding *)handle)->protocol->handlers.MinorNdisVersion;
        return ((struct binding *)handle)->adapter;
    case NDIS_FILTER:
        *minor = ((struct filter *)handle)->driver->handlers.MinorNdisVersion;
        return ((struct filter *)handle)->adapter;
    default:
        return NULL;
    }
}

static size_t texts_of(const struct filter *f)
{
    return strlen(filter_class(f->driver)) * sizeof(WCHAR) + f->name.Length;
}

static size_t size_of(struct adapter *a)
{
    size_t size = offsetof(NDIS_ENUM_FILTERS, Filter);

    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        size += sizeof(NDIS_FILTER_INTERFACE) + texts_of(f);
    return size;
}

static UNICODE_STRING put_text(struct answer *answer, const void *text, size_t length)
{
    answer->text -= length;
    memcpy(answer->text, text, length);
    return (UNICODE_STRING){ (USHORT)length, (USHORT)length, (PWCH)(void *)answer->text };
}

static UNICODE_STRING put_class(struct answer *answer, const char *class)
{
    WCHAR text[32];
    size_t n = 0;

    for (; class[n] && n < countof(text); n++)
        text[n] = (WCHAR)class[n];
    return put_text(answer, text, n * sizeof(WCHAR));
}

static ULONG flags_of(const struct filter *f, bool revision_2)
{
    ULONG flags = NDIS_FILTER_INTERFACE_LW_FILTER;

    if (revision_2 && !f->on.SendNetBufferListsHandler)
        flags |= NDIS_FILTER_INTERFACE_SEND_BYPASS;
    if (revision_2 && !f->on.ReceiveNetBufferListsHandler)
        flags |= NDIS_FILTER_INTERFACE_RECEIVE_BYPASS;
    return flags;
}

static void put(struct answer *answer, const struct filter *f)
{
    *answer->next++ = (NDIS_FILTER_INTERFACE){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT,
                    answer->revision_2 ? NDIS_FILTER_INTERFACE_REVISION_2 : NDIS_FILTER_INTERFACE_REVISION_1,
                    NDIS_SIZEOF_FILTER_INTERFACE_REVISION_2 },
        .Flags = flags_of(f, answer->revision_2),
        .FilterType = f->driver->kind.monitoring ? NdisFilterTypeMonitoring : NdisFilterTypeModifying,
        .FilterRunType = f->driver->kind.mandatory ? NdisFilterRunTypeMandatory : NdisFilterRunTypeOptional,
        .IfIndex = f->if_index,
        .NetLuid = f->luid,
        .FilterClass = put_class(answer, filter_class(f->driver)),
        .FilterInstanceName = put_text(answer, f->name.Buffer, f->name.Length),
    };
    answer->head->NumberOfFilters++;
}

/* Lists the filter modules of a stack, from the top, into the caller's buffer: an NDIS_ENUM_FILTERS; texts lie in the buffer,
 * too. NdisHandle: of the adapter, a binding or a module. *BytesNeeded is always set. PASSIVE_LEVEL.
 * NDIS_STATUS_INVALID_PARAMETER: another handle; NDIS_STATUS_BUFFER_TOO_SHORT: nothing was written.
 * docs: ndis/nf-ndis-ndisenumeratefiltermodules */
NDIS_STATUS NTAPI NdisEnumerateFilterModules(NDIS_HANDLE NdisHandle, PVOID InterfaceBuffer, ULONG InterfaceBufferLength,
                                             PULONG BytesNeeded, PULONG BytesWritten)
{
    uint8_t minor = 0;
    struct adapter *a = stack_of(NdisHandle, &minor);

    if (!a)
        return NDIS_STATUS_INVALID_PARAMETER;
    ULONG size = (ULONG)size_of(a);
    *BytesNeeded = size;
    *BytesWritten = 0;
    if (!InterfaceBuffer || InterfaceBufferLength < size)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    struct answer answer = { .head = InterfaceBuffer, .text = (char *)InterfaceBuffer + size, .revision_2 = minor >= 30 };
    memset(answer.head, 0, offsetof(NDIS_ENUM_FILTERS, Filter));
    answer.head->Header = (NDIS_OBJECT_HEADER){ NDIS_OBJECT_TYPE_DEFAULT, NDIS_ENUM_FILTERS_REVISION_1,
                                                NDIS_SIZEOF_ENUM_FILTERS_REVISION_1 };
    answer.head->OffsetFirstFilter = offsetof(NDIS_ENUM_FILTERS, Filter);
    answer.next = answer.head->Filter;
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        put(&answer, f);
    *BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}
