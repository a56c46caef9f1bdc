/* WSK_BUF: a walk over a chain of MDLs. docs: wsk/ns-wsk-_wsk_buf */
#include <string.h>

#include "netio/wsk_internal.h"

NTSTATUS wsk_cursor_open(struct wsk_cursor *cursor, const WSK_BUF *buffer)
{
    size_t found = 0;

    *cursor = (struct wsk_cursor){ 0 };
    if (buffer == NULL)
        return STATUS_INVALID_PARAMETER;
    if (buffer->Length == 0)
        return STATUS_SUCCESS;
    if (buffer->Mdl == NULL || buffer->Offset >= buffer->Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER;
    for (PMDL mdl = buffer->Mdl; found < buffer->Length; mdl = mdl->Next) {
        if (mdl == NULL)
            return STATUS_INVALID_PARAMETER;
        found += mdl->ByteCount - (mdl == buffer->Mdl ? buffer->Offset : 0);
        if (mdl->ByteCount > 0 && MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    *cursor = (struct wsk_cursor){ .mdl = buffer->Mdl, .offset = buffer->Offset, .left = buffer->Length };
    return STATUS_SUCCESS;
}

uint8_t *wsk_cursor_span(struct wsk_cursor *cursor, size_t *size)
{
    if (cursor->left == 0) {
        *size = 0;
        return NULL;
    }
    while (cursor->offset >= cursor->mdl->ByteCount) {
        cursor->offset -= cursor->mdl->ByteCount;
        cursor->mdl = cursor->mdl->Next;
    }
    size_t here = cursor->mdl->ByteCount - cursor->offset;

    *size = here < cursor->left ? here : cursor->left;
    return (uint8_t *)cursor->mdl->MappedSystemVa + cursor->offset;
}

void wsk_cursor_advance(struct wsk_cursor *cursor, size_t size)
{
    cursor->offset += size;
    cursor->left -= size;
}

size_t wsk_cursor_write(struct wsk_cursor *cursor, const void *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t room;
        uint8_t *to = wsk_cursor_span(cursor, &room);

        if (room == 0)
            break;
        if (room > size - done)
            room = size - done;
        memcpy(to, (const uint8_t *)data + done, room);
        wsk_cursor_advance(cursor, room);
        done += room;
    }
    return done;
}
