/* ObRegisterCallbacks: drivers that watch, and may narrow, the opening of process and thread handles.
 * Registrations are kept highest altitude first: that is the order of pre-operation callbacks; post-operation callbacks
 * run the other way round. */
#include <stdlib.h>
#include <string.h>

#include "nt/event.h"
#include "nt/ob_internal.h"

#define MAX_CALLS 16            /* registrations that one open goes through */

struct registration {
    struct list node;           /* highest altitude first */
    UNICODE_STRING altitude;    /* malloc'ed */
    PVOID context;
    USHORT count;
    OB_OPERATION_REGISTRATION operations[];
};

static struct list registrations = LIST_INIT(registrations);

static const OB_OPERATION_REGISTRATION *operation_of(const struct registration *r, const void *body, OB_OPERATION operation)
{
    for (USHORT i = 0; i < r->count; i++)
        if (*r->operations[i].ObjectType == ob_type(body) && (r->operations[i].Operations & operation))
            return &r->operations[i];
    return NULL;
}

/* Altitudes are decimal numbers with a fraction: longer whole parts are greater, then digits decide. */
static int compare_altitudes(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    size_t na = a->Length / sizeof(WCHAR), nb = b->Length / sizeof(WCHAR), wa = 0, wb = 0;

    while (wa < na && a->Buffer[wa] != '.')
        wa++;
    while (wb < nb && b->Buffer[wb] != '.')
        wb++;
    if (wa != wb)
        return wa < wb ? -1 : 1;
    return text_compare(a->Buffer, na, b->Buffer, nb, false);
}

static bool valid(const OB_CALLBACK_REGISTRATION *given)
{
    if ((given->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) || given->OperationRegistrationCount == 0 ||
        given->Altitude.Length == 0)
        return false;
    for (USHORT i = 0; i < given->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *o = &given->OperationRegistration[i];

        if (*o->ObjectType != PsProcessType && *o->ObjectType != PsThreadType && *o->ObjectType != ExDesktopObjectType)
            return false;
        if (o->Operations == 0 || (o->Operations & ~3u) || (o->PreOperation == NULL && o->PostOperation == NULL))
            return false;
    }
    return true;
}

/* STATUS_INVALID_PARAMETER, STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL.
 * docs: wdm/nf-wdm-obregistercallbacks */
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID *RegistrationHandle)
{
    const OB_CALLBACK_REGISTRATION *given = CallbackRegistration;
    size_t size = given->OperationRegistrationCount * sizeof(given->OperationRegistration[0]);
    struct list *after = &registrations;
    struct registration *new;

    *RegistrationHandle = NULL;
    if (!valid(given))
        return STATUS_INVALID_PARAMETER;
    list_each(node, &registrations) {
        int order = compare_altitudes(&container_of(node, struct registration, node)->altitude, &given->Altitude);

        if (order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (order > 0)
            after = node;
    }
    new = calloc(1, sizeof(*new) + size);
    if (new != NULL)
        new->altitude.Buffer = malloc(given->Altitude.Length);
    if (new == NULL || new->altitude.Buffer == NULL) {
        free(new);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(new->altitude.Buffer, given->Altitude.Buffer, given->Altitude.Length);
    new->altitude.Length = new->altitude.MaximumLength = given->Altitude.Length;
    new->context = given->RegistrationContext;
    new->count = given->OperationRegistrationCount;
    memcpy(new->operations, given->OperationRegistration, size);
    list_push_front(after, &new->node);
    *RegistrationHandle = new;
    return STATUS_SUCCESS;
}

static bool is_registered(const void *handle)
{
    list_each(node, &registrations)
        if (container_of(node, struct registration, node) == handle)
            return true;
    return false;
}

/* A handle that is none, or no more, is a finding. docs: wdm/nf-wdm-obunregistercallbacks */
VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    struct registration *r = RegistrationHandle;

    if (!is_registered(r)) {
        NT_EMIT(NT_EVENT_MISUSE, "ObUnRegisterCallbacks is given a handle that is not registered", r, 0, PE_CALLER());
        return;
    }
    list_remove(&r->node);
    free(r->altitude.Buffer);
    free(r);
}

void ob_callbacks_stop(void)
{
    while (!list_empty(&registrations))
        ObUnRegisterCallbacks(list_first(&registrations, struct registration, node));
}

/* docs: wdm/nf-wdm-obgetfilterversion */
USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}

static void call_post(const struct registration *r, OB_OPERATION operation, void *body, ULONG kernel, PVOID call_context,
                      NTSTATUS status, ACCESS_MASK granted)
{
    const OB_OPERATION_REGISTRATION *o = operation_of(r, body, operation);
    OB_POST_OPERATION_PARAMETERS parameters = {.CreateHandleInformation = {granted}};
    OB_POST_OPERATION_INFORMATION info = {
        .Operation = operation, .KernelHandle = kernel, .Object = body, .ObjectType = ob_type(body),
        .CallContext = call_context, .ReturnStatus = status, .Parameters = &parameters,
    };

    if (o != NULL && o->PostOperation != NULL)
        o->PostOperation(r->context, &info);
}

/* Calls one pre-operation; returns the access it left, which never grows. */
static ACCESS_MASK call_pre(const struct registration *r, OB_OPERATION operation, void *body, ULONG kernel,
                            PVOID *call_context, ACCESS_MASK original, ACCESS_MASK access)
{
    const OB_OPERATION_REGISTRATION *o = operation_of(r, body, operation);
    OB_PRE_OPERATION_PARAMETERS parameters = {0};
    OB_PRE_OPERATION_INFORMATION info = {
        .Operation = operation, .KernelHandle = kernel, .Object = body, .ObjectType = ob_type(body), .Parameters = &parameters,
    };

    if (o == NULL || o->PreOperation == NULL)
        return access;
    parameters.CreateHandleInformation.DesiredAccess = access;
    parameters.CreateHandleInformation.OriginalDesiredAccess = original;
    o->PreOperation(r->context, &info);
    *call_context = info.CallContext;
    return kernel ? access : access & parameters.CreateHandleInformation.DesiredAccess;
}

NTSTATUS ob_open_watched(OB_OPERATION operation, void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle)
{
    ULONG kernel = (attributes & OBJ_KERNEL_HANDLE) != 0;
    struct registration *called[MAX_CALLS];
    PVOID contexts[MAX_CALLS] = {0};
    ACCESS_MASK original = access;
    int count = 0;
    NTSTATUS status;

    list_each_safe(node, &registrations) {
        struct registration *r = container_of(node, struct registration, node);

        if (count == MAX_CALLS || operation_of(r, body, operation) == NULL)
            continue;
        access = call_pre(r, operation, body, kernel, &contexts[count], original, access);
        called[count++] = r;
    }
    status = ob_open_unwatched(body, access, attributes, handle);
    while (count-- > 0)
        call_post(called[count], operation, body, kernel, contexts[count], status, NT_SUCCESS(status) ? access : 0);
    return status;
}
