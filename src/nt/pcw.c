/* Performance counters: countersets and their instances are kept; nobody here collects them, so a provider's callback is never called.
 * PASSIVE_LEVEL. */
#include <stdlib.h>

#include "base/list.h"
#include "nt/pool.h"
#include "ntstatus.h"
#include "ring3/nt_more.h"

#define PCW_TAG 0x20776350u             /* "Pcw " */

struct _PCW_REGISTRATION {
    ULONG structures;           /* one more than the highest StructIndex of its counters */
    ULONG needed[64];           /* bytes that each of a provider's structures has at least */
    struct list instances;
};

struct _PCW_INSTANCE {
    struct list node;
};

/* Registers a counterset. *Registration is for PcwUnregister. STATUS_INVALID_PARAMETER_2: no name, an unknown version or flag, or no counters;
 * STATUS_INTEGER_OVERFLOW: more than 64 structures; STATUS_NO_MEMORY. docs: wdm/nf-wdm-pcwregister */
NTSTATUS NTAPI PcwRegister(PPCW_REGISTRATION *Registration, PPCW_REGISTRATION_INFORMATION Info)
{
    struct _PCW_REGISTRATION *r;

    if ((Info->Version != PCW_VERSION_1 && Info->Version != PCW_VERSION_2) || Info->Name == NULL || Info->Name->Length == 0 ||
        Info->Name->Length % sizeof(WCHAR) != 0 || (Info->CounterCount != 0 && Info->Counters == NULL) || (Info->Version == PCW_VERSION_2 && (Info->Flags & ~(ULONG)PcwRegistrationSiloNeutral)))
        return STATUS_INVALID_PARAMETER_2;
    r = pool_alloc(PagedPool | POOL_ZERO_ALLOCATION, sizeof(*r), PCW_TAG, __builtin_return_address(0));
    if (r == NULL)
        return STATUS_NO_MEMORY;
    for (ULONG i = 0; i < Info->CounterCount; i++) {
        const PCW_COUNTER_DESCRIPTOR *c = &Info->Counters[i];
        ULONG end = (ULONG)c->Offset + c->Size;

        if (c->StructIndex >= 64) {
            pool_free(r, PCW_TAG, NULL);
            return STATUS_INTEGER_OVERFLOW;
        }
        if (c->StructIndex >= r->structures)
            r->structures = c->StructIndex + 1u;
        if (end > r->needed[c->StructIndex])
            r->needed[c->StructIndex] = end;
    }
    list_init(&r->instances);
    *Registration = r;
    return STATUS_SUCCESS;
}

/* Ends a registration and closes its instances; NULL is nothing. docs: wdm/nf-wdm-pcwunregister */
VOID NTAPI PcwUnregister(PPCW_REGISTRATION Registration)
{
    if (Registration == NULL)
        return;
    list_each_safe(node, &Registration->instances)
        PcwCloseInstance(container_of(node, struct _PCW_INSTANCE, node));
    pool_free(Registration, PCW_TAG, __builtin_return_address(0));
}

static NTSTATUS check_data(const struct _PCW_REGISTRATION *r, ULONG count, const PCW_DATA *data)
{
    if (count < r->structures || (count != 0 && data == NULL))
        return STATUS_INVALID_PARAMETER_4;
    for (ULONG i = 0; i < r->structures; i++)
        if (data[i].Size < r->needed[i])
            return STATUS_INVALID_BUFFER_SIZE;
    return STATUS_SUCCESS;
}

/* An instance with its data blocks, which stay the provider's. STATUS_INVALID_PARAMETER_3 (no name), _4 (too few blocks),
 * STATUS_INVALID_BUFFER_SIZE (a block is too small), STATUS_NO_MEMORY. docs: wdm/nf-wdm-pcwcreateinstance */
NTSTATUS NTAPI PcwCreateInstance(PPCW_INSTANCE *Instance, PPCW_REGISTRATION Registration, PCUNICODE_STRING Name, ULONG Count, PPCW_DATA Data)
{
    struct _PCW_INSTANCE *instance;
    NTSTATUS status;

    if (Name == NULL)
        return STATUS_INVALID_PARAMETER_3;
    status = check_data(Registration, Count, Data);
    if (!NT_SUCCESS(status))
        return status;
    instance = pool_alloc(PagedPool, sizeof(*instance), PCW_TAG, __builtin_return_address(0));
    if (instance == NULL)
        return STATUS_NO_MEMORY;
    list_push_back(&Registration->instances, &instance->node);
    *Instance = instance;
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-pcwcloseinstance */
VOID NTAPI PcwCloseInstance(PPCW_INSTANCE Instance)
{
    if (Instance == NULL)
        return;
    list_remove(&Instance->node);
    pool_free(Instance, PCW_TAG, __builtin_return_address(0));
}

/* Is for the buffer of a callback, and none is ever made: STATUS_INVALID_PARAMETER_1. docs: wdm/nf-wdm-pcwaddinstance */
NTSTATUS NTAPI PcwAddInstance(PPCW_BUFFER Buffer, PCUNICODE_STRING Name, ULONG Id, ULONG Count, PPCW_DATA Data)
{
    (void)Buffer, (void)Name, (void)Id, (void)Count, (void)Data;
    return STATUS_INVALID_PARAMETER_1;
}
