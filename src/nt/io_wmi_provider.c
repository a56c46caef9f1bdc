/* WMI providers: what they registered, and the requests to them. docs: kernel/registering-as-a-wmi-data-provider,
 * kernel/wmi-minor-irps */
#include <stdlib.h>

#include "nt/pnp_internal.h"
#include "nt/pool.h"
#include "nt/wmi.h"

#define FIRST_BYTES 4096u
#define WMI_TAG 0x70696d57u             /* "Wmip" */

struct list wmi_providers = LIST_INIT(wmi_providers);

static struct wmi_provider *provider_of(PDEVICE_OBJECT device)
{
    list_each(it, &wmi_providers) {
        struct wmi_provider *p = container_of(it, struct wmi_provider, node);

        if (p->device == device)
            return p;
    }
    return NULL;
}

static void forget_blocks(struct wmi_provider *p)
{
    for (ULONG i = 0; i < p->count; i++) {
        for (ULONG n = 0; p->blocks[i].names && n < p->blocks[i].instances; n++)
            free(p->blocks[i].names[n]);
        free(p->blocks[i].names);
    }
    free(p->blocks);
    p->blocks = NULL;
    p->count = 0;
    p->asked = false;
}

bool wmi_add(PDEVICE_OBJECT device)
{
    struct wmi_provider *p = provider_of(device);

    if (p)
        return true;
    p = calloc(1, sizeof *p);
    if (!p)
        return false;
    p->device = device;
    list_push_back(&wmi_providers, &p->node);
    return true;
}

void wmi_remove(PDEVICE_OBJECT device)
{
    struct wmi_provider *p = provider_of(device);

    if (!p)
        return;
    list_remove(&p->node);
    forget_blocks(p);
    free(p);
}

bool wmi_changed(PDEVICE_OBJECT device)
{
    struct wmi_provider *p = provider_of(device);

    if (p)
        forget_blocks(p);
    return p != NULL;
}

NTSTATUS wmi_send(struct wmi_provider *p, UCHAR minor, void *path, void *buffer, ULONG *size)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_SYSTEM_CONTROL, .MinorFunction = minor };
    ULONG_PTR written = 0;

    request.Parameters.WMI.ProviderId = (ULONG_PTR)p->device;
    request.Parameters.WMI.DataPath = path;
    request.Parameters.WMI.BufferSize = *size;
    request.Parameters.WMI.Buffer = buffer;
    NTSTATUS status = io_send(p->device, &request, STATUS_NOT_SUPPORTED, &written);
    *size = (ULONG)written;
    return status;
}

/* --- registration information ------------------------------------------------------------------------------------------------ */

/* A name in the information: a count of bytes, then characters. */
static WCHAR *counted_name(const uint8_t *info, ULONG size, ULONG offset, ULONG *next)
{
    USHORT bytes;

    if (offset > size || size - offset < sizeof bytes)
        return NULL;
    memcpy(&bytes, info + offset, sizeof bytes);
    if (bytes > size - offset - sizeof bytes)
        return NULL;
    WCHAR *name = calloc(1, bytes + sizeof(WCHAR));
    if (name)
        memcpy(name, info + offset + sizeof bytes, bytes & ~1u);
    *next = offset + (ULONG)sizeof bytes + bytes;
    return name;
}

static WCHAR *numbered_name(const WCHAR *base, const char *between, ULONG number)
{
    char text[16];
    size_t length = 0, extra = (size_t)snprintf(text, sizeof text, "%s%u", between, (unsigned)number);

    while (base[length])
        length++;
    WCHAR *name = calloc(length + extra + 1, sizeof *name);
    for (size_t i = 0; name && i < length + extra; i++)
        name[i] = i < length ? base[i] : (WCHAR)text[i - length];
    return name;
}

static WCHAR *pdo_name(ULONG_PTR pdo)
{
    struct pnp_node *node = pnp_node_of((PDEVICE_OBJECT)pdo);
    UNICODE_STRING text = node ? io_unicode(node->instance_path) : (UNICODE_STRING){ 0 };
    WCHAR *name = text.Buffer ? calloc(1, text.Length + sizeof(WCHAR)) : NULL;

    if (name)
        memcpy(name, text.Buffer, text.Length);
    if (text.Buffer)
        ExFreePool(text.Buffer);
    return name;
}

/* Static names, as the flags say. Left NULL without memory, or when the information makes no sense. */
static void take_names(struct wmi_block *b, const WMIREGGUIDW *g, const uint8_t *info, ULONG size)
{
    const char *between = b->flags & WMIREG_FLAG_INSTANCE_PDO ? "_" : "";
    ULONG at = g->BaseNameOffset, next;
    WCHAR *base = NULL;

    if (!(b->flags & (WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_INSTANCE_PDO)))
        return;
    if (b->flags & WMIREG_FLAG_INSTANCE_PDO)
        base = pdo_name(g->Pdo);
    else if (b->flags & WMIREG_FLAG_INSTANCE_BASENAME)
        base = counted_name(info, size, at, &next);
    b->names = calloc(b->instances ? b->instances : 1, sizeof *b->names);
    for (ULONG n = 0; b->names && n < b->instances; n++, at = next) {
        next = at;
        b->names[n] = base ? numbered_name(base, between, n) : counted_name(info, size, at, &next);
    }
    free(base);
}

static void take_blocks(struct wmi_provider *p, const WMIREGINFOW *info, ULONG size)
{
    ULONG room = (ULONG)((size - sizeof *info) / sizeof info->WmiRegGuid[0]);

    p->count = info->GuidCount < room ? info->GuidCount : room;
    p->blocks = calloc(p->count ? p->count : 1, sizeof *p->blocks);
    if (!p->blocks)
        p->count = 0;
    for (ULONG i = 0; i < p->count; i++) {
        const WMIREGGUIDW *g = &info->WmiRegGuid[i];

        p->blocks[i] = (struct wmi_block){ .guid = g->Guid, .flags = g->Flags, .instances = g->InstanceCount };
        take_names(&p->blocks[i], g, (const uint8_t *)info, size);
        if ((g->Flags & WMIREG_FLAG_INSTANCE_PDO) && g->Pdo)
            ObDereferenceObject((PVOID)g->Pdo);         /* the provider's, for us */
    }
}

static void ask(struct wmi_provider *p)
{
    ULONG room = FIRST_BYTES;

    p->asked = true;
    for (int attempt = 0; attempt < 2; attempt++) {
        WMIREGINFOW *info = pool_alloc(NonPagedPoolNx, room, WMI_TAG, NULL);
        ULONG size = room;

        if (!info)
            return;
        NTSTATUS status = wmi_send(p, IRP_MN_REGINFO_EX, NULL, info, &size);
        if (status == STATUS_NOT_SUPPORTED) {
            size = room;
            status = wmi_send(p, IRP_MN_REGINFO, NULL, info, &size);
        }
        if (NT_SUCCESS(status) && size >= sizeof *info)
            take_blocks(p, info, size);
        room = status == STATUS_BUFFER_TOO_SMALL && size >= sizeof(ULONG) ? *(ULONG *)(void *)info : 0;
        pool_free(info, 0, NULL);
        if (!room)
            return;
    }
}

struct wmi_block *wmi_find(struct wmi_provider *p, const GUID *guid, ULONG *at)
{
    if (!p->asked)
        ask(p);
    while (*at < p->count) {
        struct wmi_block *b = &p->blocks[(*at)++];

        if (!memcmp(&b->guid, guid, sizeof *guid) && !(b->flags & WMIREG_FLAG_REMOVE_GUID))
            return b;
    }
    return NULL;
}

static bool same_name(const WCHAR *a, const UNICODE_STRING *b)
{
    UNICODE_STRING name;

    if (!a)
        return false;
    RtlInitUnicodeString(&name, a);
    return RtlEqualUnicodeString(&name, b, TRUE);
}

struct wmi_provider *wmi_find_instance(const GUID *guid, const UNICODE_STRING *name, ULONG *index)
{
    list_each(it, &wmi_providers) {
        struct wmi_provider *p = container_of(it, struct wmi_provider, node);
        struct wmi_block *b;

        for (ULONG at = 0; (b = wmi_find(p, guid, &at)) != NULL;) {
            *index = UINT32_MAX;
            if (!b->names)
                return p;
            for (*index = 0; *index < b->instances; ++*index)
                if (same_name(b->names[*index], name))
                    return p;
        }
    }
    return NULL;
}
