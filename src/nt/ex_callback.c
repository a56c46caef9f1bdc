/* Callback objects: named lists of routines. A routine that is being called is not removed until the call is over. */
#include <string.h>

#include "nt/ex_callback.h"
#include "nt/ke_park.h"
#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "ring3/ex.h"

#define TAG 0x6b62634fu                 /* "Ocbk" */

struct registration {
    LIST_ENTRY entry;
    PCALLBACK_OBJECT object;            /* referenced */
    PCALLBACK_FUNCTION function;
    PVOID context;
    unsigned calls;                     /* under way */
    bool removed;
};

struct _CALLBACK_OBJECT {
    LIST_ENTRY registrations;
    BOOLEAN multiple;
};

/* Opens the object of that name, or makes it when Create. *CallbackObject comes referenced: ObDereferenceObject.
 * STATUS_UNSUCCESSFUL without a name. PASSIVE_LEVEL. docs: wdm/nf-wdm-excreatecallback */
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                                BOOLEAN AllowMultipleCallbacks)
{
    struct ob_lookup lookup = { .type = ob_callback_type, .mode = KernelMode, .attributes = ObjectAttributes->Attributes };
    void *body;

    if (!ObjectAttributes->ObjectName || !ObjectAttributes->ObjectName->Length)
        return STATUS_UNSUCCESSFUL;
    NTSTATUS status = ob_find(ObjectAttributes, &lookup, &body);
    if (NT_SUCCESS(status) || !Create) {
        *CallbackObject = NT_SUCCESS(status) ? body : NULL;
        return status;
    }
    status = ob_create(ob_callback_type, sizeof **CallbackObject, &body);
    if (!NT_SUCCESS(status))
        return status;
    PCALLBACK_OBJECT object = body;
    nt_list_init(&object->registrations);
    object->multiple = AllowMultipleCallbacks;
    status = ob_insert(body, ObjectAttributes);
    if (!NT_SUCCESS(status)) {
        ob_dereference(body);
        return status;
    }
    *CallbackObject = object;
    return STATUS_SUCCESS;
}

/* Adds a routine; NULL when the object allows one only and has it, or without memory. <= APC_LEVEL.
 * docs: wdm/nf-wdm-exregistercallback */
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    if (!CallbackObject->multiple && !nt_list_empty(&CallbackObject->registrations))
        return NULL;
    struct registration *r = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, sizeof *r, TAG,
                                        __builtin_return_address(0));
    if (!r)
        return NULL;
    ob_reference(CallbackObject);
    r->object = CallbackObject;
    r->function = CallbackFunction;
    r->context = CallbackContext;
    nt_list_push_back(&CallbackObject->registrations, &r->entry);
    return r;
}

/* Takes the routine out, after calls of it that are under way. <= APC_LEVEL. docs: wdm/nf-wdm-exunregistercallback */
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    struct registration *r = CallbackRegistration;

    r->removed = true;
    while (r->calls)
        ke_park(r, true);
    nt_list_remove(&r->entry);
    ob_dereference(r->object);
    pool_free(r, TAG, __builtin_return_address(0));
}

/* Calls every routine with its context and the two arguments, in order of registration, at the caller's IRQL.
 * CallbackObject NULL: nothing. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-exnotifycallback */
VOID NTAPI ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2)
{
    PCALLBACK_OBJECT object = CallbackObject;

    if (!object)
        return;
    ob_reference(object);
    for (LIST_ENTRY *entry = object->registrations.Flink; entry != &object->registrations;) {
        struct registration *r = container_of(entry, struct registration, entry);
        if (r->removed) {
            entry = entry->Flink;
            continue;
        }
        r->calls++;
        r->function(r->context, Argument1, Argument2);
        entry = entry->Flink;           /* r is still linked: whoever removes it waits for calls to fall to 0 */
        struct parked *p = --r->calls ? NULL : ke_park_first(r);
        if (p)
            ke_unpark(p);
    }
    ob_dereference(object);
    ke_settle();
}

/* ---- what every system has ---- */

static PCALLBACK_OBJECT power_state;

static NTSTATUS make(PUNICODE_STRING name, PCALLBACK_OBJECT *object)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    NTSTATUS status = ExCreateCallback(object, &attributes, TRUE, TRUE);
    if (NT_SUCCESS(status))
        ob_dereference(*object);        /* the namespace holds it */
    return status;
}

NTSTATUS ex_callbacks_start(void)
{
    UNICODE_STRING names[] = {
        TEXT_STRING(u"\\Callback\\SetSystemTime"), TEXT_STRING(u"\\Callback\\ProcessorAdd"), TEXT_STRING(u"\\Callback\\PowerState"),
    };
    NTSTATUS status = STATUS_SUCCESS;

    for (unsigned i = 0; i < countof(names) && NT_SUCCESS(status); i++)
        status = make(&names[i], &power_state);
    return status;
}

void ex_notify_power(unsigned change, bool value)
{
    ExNotifyCallback(power_state, (PVOID)(ULONG_PTR)change, (PVOID)(ULONG_PTR)value);
}
