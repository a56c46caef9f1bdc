/* Registry filters: registration and notification (cm_filter.h). */
#include "nt/cm_filter.h"

#include <stdlib.h>
#include <string.h>

#include "nt/cm_internal.h"
#include "nt/event.h"
#include "nt/ke.h"
#include "nt/ob.h"
#include "nt/pool.h"

#define NAME_TAG 0x6e664d43u            /* "CMfn" */

struct cm_filter {
    struct list node;
    PEX_CALLBACK_FUNCTION function;
    PVOID context;
    LONGLONG cookie;
    WCHAR *altitude;            /* digits, perhaps with a point; NULL: none, below all others */
    uint32_t length;
    struct list objects;        /* struct object_context */
    struct list names;          /* struct kept_name */
    struct list callers;        /* struct caller */
    KEVENT quiet;               /* set when the last of them leaves a filter that is gone */
    unsigned running;           /* of the structure; frees it */
    bool gone;
};

/* A thread in the filter's function. */
struct caller {
    struct list node;
    PKTHREAD thread;
};

struct object_context {
    struct list node;
    void *object;
    PVOID context;
};

/* What CmCallbackGetKeyObjectID gave: it lives as long as the Key object. */
struct kept_name {
    struct list node;
    void *object;
    PUNICODE_STRING name;       /* pool */
};

struct list cm_filters = LIST_INIT(cm_filters);
static LONGLONG last_cookie;

/* ---- altitudes: decimal numbers of any length ---- */

static size_t whole_digits(const WCHAR *text, size_t length)
{
    size_t n = 0;

    while (n < length && text[n] != '.')
        n++;
    return n;
}

static int compare_altitudes(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length)
{
    size_t wa, wb;

    while (a_length > 1 && *a == '0' && a[1] != '.')
        a++, a_length--;
    while (b_length > 1 && *b == '0' && b[1] != '.')
        b++, b_length--;
    wa = whole_digits(a, a_length);
    wb = whole_digits(b, b_length);
    if (wa != wb)
        return wa < wb ? -1 : 1;
    for (size_t i = 0; i < a_length || i < b_length; i++) {
        WCHAR x = i < a_length ? a[i] : i == wa ? '.' : '0', y = i < b_length ? b[i] : i == wb ? '.' : '0';

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static bool is_altitude(const UNICODE_STRING *text)
{
    unsigned points = 0;

    if (text == NULL || text->Length < sizeof(WCHAR))
        return false;
    for (size_t i = 0; i < text->Length / sizeof(WCHAR); i++) {
        points += text->Buffer[i] == '.';
        if (text->Buffer[i] != '.' && (text->Buffer[i] < '0' || text->Buffer[i] > '9'))
            return false;
    }
    return points <= 1;
}

/* ---- registration ---- */

static NTSTATUS insert(struct cm_filter *filter)
{
    struct list *before = &cm_filters;

    for (struct list *node = cm_filters.next; node != &cm_filters; node = node->next) {
        struct cm_filter *other = container_of(node, struct cm_filter, node);
        int order = filter->altitude == NULL ? -1 : other->altitude == NULL ? 1
                  : compare_altitudes(filter->altitude, filter->length, other->altitude, other->length);

        if (order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (order > 0) {
            before = node;
            break;
        }
    }
    list_push_back(before, &filter->node);      /* in front of that one */
    return STATUS_SUCCESS;
}

static NTSTATUS add_filter(PEX_CALLBACK_FUNCTION function, const UNICODE_STRING *altitude, PVOID context, PLARGE_INTEGER cookie)
{
    struct cm_filter *filter = calloc(1, sizeof(*filter));
    unsigned count = 0;
    NTSTATUS status;

    for (struct list *node = cm_filters.next; node != &cm_filters; node = node->next)
        count++;
    if (filter == NULL || count == CM_FILTERS_MAX) {
        free(filter);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    filter->function = function;
    filter->context = context;
    list_init(&filter->objects);
    list_init(&filter->names);
    list_init(&filter->callers);
    KeInitializeEvent(&filter->quiet, NotificationEvent, FALSE);
    if (altitude != NULL) {
        filter->length = altitude->Length / sizeof(WCHAR);
        filter->altitude = malloc(altitude->Length);
        if (filter->altitude != NULL)
            memcpy(filter->altitude, altitude->Buffer, altitude->Length);
    }
    status = altitude != NULL && filter->altitude == NULL ? STATUS_INSUFFICIENT_RESOURCES : insert(filter);
    if (!NT_SUCCESS(status)) {
        free(filter->altitude);
        free(filter);
        return status;
    }
    filter->cookie = ++last_cookie;
    cookie->QuadPart = filter->cookie;
    return STATUS_SUCCESS;
}

/* Registers a filter of registry calls without an altitude: it comes after all that have one. *Cookie names the registration.
 * STATUS_INSUFFICIENT_RESOURCES. <= APC_LEVEL. docs: wdm/nf-wdm-cmregistercallback */
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie)
{
    return add_filter(Function, NULL, Context, Cookie);
}

/* The same at an altitude, a decimal number as text. STATUS_FLT_INSTANCE_ALTITUDE_COLLISION: somebody has it;
 * STATUS_INVALID_PARAMETER: no number. <= APC_LEVEL. docs: wdm/nf-wdm-cmregistercallbackex */
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Driver, PVOID Context,
                                    PLARGE_INTEGER Cookie, PVOID Reserved)
{
    (void)Driver, (void)Reserved;
    if (!is_altitude(Altitude))
        return STATUS_INVALID_PARAMETER;
    return add_filter(Function, Altitude, Context, Cookie);
}

static struct cm_filter *find(LONGLONG cookie)
{
    for (struct list *node = cm_filters.next; node != &cm_filters; node = node->next) {
        struct cm_filter *filter = container_of(node, struct cm_filter, node);

        if (filter->cookie == cookie)
            return filter;
    }
    return NULL;
}

static void free_names(struct cm_filter *filter, void *object)
{
    list_each_safe(node, &filter->names) {
        struct kept_name *kept = container_of(node, struct kept_name, node);

        if (object == NULL || kept->object == object) {
            list_remove(&kept->node);
            pool_free(kept->name, NAME_TAG, NULL);
            free(kept);
        }
    }
}

static void leave(struct cm_filter *filter)
{
    if (--filter->running == 0 && filter->gone) {
        free(filter->altitude);
        free(filter);
    }
}

static NTSTATUS tell(struct cm_filter *filter, REG_NOTIFY_CLASS class, void *info)
{
    struct caller caller = { .thread = KeGetCurrentThread() };

    list_push_back(&filter->callers, &caller.node);
    NTSTATUS status = filter->function(filter->context, (PVOID)(ULONG_PTR)class, info);
    list_remove(&caller.node);
    if (filter->gone && list_empty(&filter->callers))
        KeSetEvent(&filter->quiet, IO_NO_INCREMENT, FALSE);
    return status;
}

static bool is_inside(struct cm_filter *filter)
{
    list_each_safe(node, &filter->callers)
        if (container_of(node, struct caller, node)->thread == KeGetCurrentThread())
            return true;
    return false;
}

/* Of one object or (NULL) of all. They are out of the filter's list before it is told, so that it may change that list. */
static void clean_contexts(struct cm_filter *filter, void *object, bool say)
{
    struct list gone = LIST_INIT(gone);

    list_each_safe(node, &filter->objects)
        if (object == NULL || container_of(node, struct object_context, node)->object == object) {
            list_remove(node);
            list_push_back(&gone, node);
        }
    while (!list_empty(&gone)) {
        struct object_context *c = list_first(&gone, struct object_context, node);
        REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION info = { c->object, c->context, NULL };

        list_remove(&c->node);
        free(c);
        if (say)
            tell(filter, RegNtCallbackObjectContextCleanup, &info);
    }
}

static void take_out(struct cm_filter *filter, bool say, struct pe_caller caller)
{
    filter->running++;
    list_remove(&filter->node);
    filter->gone = true;
    if (say && is_inside(filter))
        NT_EMIT(NT_EVENT_MISUSE, "CmUnRegisterCallback is called from its own registry callback, which deadlocks", filter->cookie, 0, caller);
    else if (say && !list_empty(&filter->callers))
        KeWaitForSingleObject(&filter->quiet, Executive, KernelMode, FALSE, NULL);
    clean_contexts(filter, NULL, say);
    free_names(filter, NULL);
    leave(filter);
}

/* Threads in the filter's function leave it, it hears of the contexts it still has (RegNtCallbackObjectContextCleanup), then of nothing
 * any more. From inside that function Windows waits for ever: that is a finding, and nothing waits.
 * STATUS_INVALID_PARAMETER: no such registration. <= APC_LEVEL. docs: wdm/nf-wdm-cmunregistercallback */
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie)
{
    struct cm_filter *filter = find(Cookie.QuadPart);

    if (filter == NULL)
        return STATUS_INVALID_PARAMETER;
    take_out(filter, true, PE_CALLER());
    return STATUS_SUCCESS;
}

/* Of the interface: 1.6, which has REG_CREATE_KEY_INFORMATION_V1. <= APC_LEVEL. docs: wdm/nf-wdm-cmgetcallbackversion */
VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor)
{
    if (Major != NULL)
        *Major = 1;
    if (Minor != NULL)
        *Minor = 6;
}

/* ---- what filters keep with keys ---- */

static bool is_key(void *object)
{
    return object != NULL && ob_type(object) == CmKeyObjectType && ((struct cm_body *)object)->key != NULL;
}

static struct object_context *context_of(struct cm_filter *filter, void *object)
{
    list_each_safe(node, &filter->objects) {
        struct object_context *c = container_of(node, struct object_context, node);

        if (c->object == object)
            return c;
    }
    return NULL;
}

/* The filter's context of a Key object; NewContext NULL takes it away. *OldContext: what was there.
 * STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES. <= APC_LEVEL. docs: wdm/nf-wdm-cmsetcallbackobjectcontext */
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext, PVOID *OldContext)
{
    struct cm_filter *filter = find(Cookie->QuadPart);
    struct object_context *c;

    if (filter == NULL || !is_key(Object))
        return STATUS_INVALID_PARAMETER;
    c = context_of(filter, Object);
    if (OldContext != NULL)
        *OldContext = c != NULL ? c->context : NULL;
    if (c == NULL && NewContext != NULL) {
        c = calloc(1, sizeof(*c));
        if (c == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        c->object = Object;
        list_push_back(&filter->objects, &c->node);
    }
    if (NewContext != NULL) {
        c->context = NewContext;
    } else if (c != NULL) {
        list_remove(&c->node);
        free(c);
    }
    return STATUS_SUCCESS;
}

/* A key's identity, equal for all Key objects of the key, and its full path in a block of the caller's (*ObjectName,
 * CmCallbackReleaseKeyObjectIDEx). Flags: 0. STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES. <= APC_LEVEL.
 * docs: wdm/nf-wdm-cmcallbackgetkeyobjectidex */
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName,
                                          ULONG Flags)
{
    struct cm_key *key;
    PUNICODE_STRING name;
    size_t length;

    if (find(Cookie->QuadPart) == NULL || !is_key(Object) || Flags != 0)
        return STATUS_INVALID_PARAMETER;
    key = ((struct cm_body *)Object)->key;
    if (ObjectID != NULL)
        *ObjectID = (ULONG_PTR)key;
    if (ObjectName == NULL)
        return STATUS_SUCCESS;
    length = cm_full_name(key, NULL, 0);
    name = pool_alloc(PagedPool, sizeof(*name) + (length + 1) * sizeof(WCHAR), NAME_TAG, __builtin_return_address(0));
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->Buffer = (WCHAR *)(void *)(name + 1);
    name->Length = (USHORT)(length * sizeof(WCHAR));
    name->MaximumLength = name->Length + sizeof(WCHAR);
    cm_full_name(key, name->Buffer, length);
    name->Buffer[length] = 0;
    *ObjectName = name;
    return STATUS_SUCCESS;
}

/* Frees such a path. <= APC_LEVEL. docs: wdm/nf-wdm-cmcallbackreleasekeyobjectidex */
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName)
{
    pool_free((PVOID)(ULONG_PTR)ObjectName, NAME_TAG, __builtin_return_address(0));
}

/* The same with a path that lives until the last handle of the key object is closed. <= APC_LEVEL.
 * docs: wdm/nf-wdm-cmcallbackgetkeyobjectid */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName)
{
    struct cm_filter *filter = find(Cookie->QuadPart);
    struct kept_name *kept;
    NTSTATUS status;

    if (filter == NULL || !is_key(Object))
        return STATUS_INVALID_PARAMETER;
    if (ObjectName == NULL)
        return CmCallbackGetKeyObjectIDEx(Cookie, Object, ObjectID, NULL, 0);
    list_each_safe(node, &filter->names) {
        kept = container_of(node, struct kept_name, node);
        if (kept->object == Object) {
            *ObjectName = kept->name;
            return CmCallbackGetKeyObjectIDEx(Cookie, Object, ObjectID, NULL, 0);
        }
    }
    kept = calloc(1, sizeof(*kept));
    if (kept == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = CmCallbackGetKeyObjectIDEx(Cookie, Object, ObjectID, ObjectName, 0);
    if (!NT_SUCCESS(status)) {
        free(kept);
        return status;
    }
    kept->object = Object;
    kept->name = (PUNICODE_STRING)(ULONG_PTR)*ObjectName;
    list_push_back(&filter->names, &kept->node);
    return STATUS_SUCCESS;
}

/* There are no transactions: NULL. <= APC_LEVEL. docs: wdm/nf-wdm-cmgetboundtransaction */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object)
{
    (void)Cookie, (void)Object;
    return NULL;
}

/* ---- notification ---- */

/* All filters, none of which is freed before leave(). */
static unsigned enter_all(struct cm_filter *all[CM_FILTERS_MAX])
{
    unsigned count = 0;

    for (struct list *node = cm_filters.next; node != &cm_filters; node = node->next) {
        all[count] = container_of(node, struct cm_filter, node);
        all[count++]->running++;
    }
    return count;
}

bool cm_call_begin(struct cm_call *call, NTSTATUS *status)
{
    struct cm_filter *all[CM_FILTERS_MAX];
    unsigned count = enter_all(all);

    *status = STATUS_SUCCESS;
    call->count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct object_context *c = call->object != NULL ? context_of(all[i], call->object) : NULL;

        if (!NT_SUCCESS(*status) || all[i]->gone) {
            leave(all[i]);
            continue;
        }
        *call->call_context = NULL;
        *call->object_context = c != NULL ? c->context : NULL;
        *status = tell(all[i], call->before, call->info);
        if (!NT_SUCCESS(*status)) {
            leave(all[i]);
            continue;
        }
        call->contexts[call->count] = *call->call_context;
        call->told[call->count++] = all[i];
    }
    if (NT_SUCCESS(*status))
        return true;
    if (*status == STATUS_CALLBACK_BYPASS)
        *status = STATUS_SUCCESS;
    return false;
}

NTSTATUS cm_call_end(struct cm_call *call, NTSTATUS status, void *object)
{
    REG_POST_OPERATION_INFORMATION info = { .PreInformation = call->info, .Status = status, .ReturnStatus = status };

    info.Object = object != NULL ? object : call->object;
    while (call->count-- > 0) {
        struct cm_filter *filter = call->told[call->count];
        struct object_context *c = info.Object != NULL ? context_of(filter, info.Object) : NULL;

        info.CallContext = call->contexts[call->count];
        info.ObjectContext = c != NULL ? c->context : NULL;
        if (!filter->gone && tell(filter, call->after, &info) == STATUS_CALLBACK_BYPASS)
            info.Status = info.ReturnStatus;
        info.ReturnStatus = info.Status;
        leave(filter);
    }
    return info.Status;
}

void cm_filter_object_gone(void *object)
{
    struct cm_filter *all[CM_FILTERS_MAX];
    unsigned count = enter_all(all);

    for (unsigned i = 0; i < count; i++) {
        clean_contexts(all[i], object, true);
        free_names(all[i], object);
        leave(all[i]);
    }
}

void cm_filter_driver_gone(const void *base, size_t size)
{
    list_each_safe(node, &cm_filters) {
        struct cm_filter *filter = container_of(node, struct cm_filter, node);

        if ((uintptr_t)filter->function - (uintptr_t)base >= size)
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with a registry callback registered (CmUnRegisterCallback)", filter->cookie, 0,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)filter->function }));
        take_out(filter, false, (struct pe_caller){ 0 });
    }
}

void cm_filter_stop(void)
{
    list_each_safe(node, &cm_filters)
        take_out(container_of(node, struct cm_filter, node), false, (struct pe_caller){ 0 });
    last_cookie = 0;
}
