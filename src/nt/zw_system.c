/* Questions about the system and its one process. PASSIVE_LEVEL unless said otherwise. */
#include <stdio.h>
#include <string.h>

#include "nt/io.h"
#include "nt/ke.h"
#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "pe/pe.h"
#include "ring3/ex_sync.h"
#include "ring3/nt_more.h"
#include "ring3/nt_rare.h"
#include "ring3/ps.h"

#define NAME_TAG 0x6e497350u            /* "PsIn" */

struct basic_information {
    ULONG reserved, timer_resolution, page_size, physical_pages, lowest_page, highest_page, allocation_granularity;
    ULONG_PTR lowest_user, highest_user, affinity;
    CHAR processors;
};
_Static_assert(sizeof(struct basic_information) == 64, "SYSTEM_BASIC_INFORMATION");

struct time_of_day {
    LONGLONG boot, now, zone_bias;
    ULONG zone, reserved;
    ULONGLONG boot_bias, sleep_bias;
};
_Static_assert(sizeof(struct time_of_day) == 48, "SYSTEM_TIMEOFDAY_INFORMATION");

struct module_information {
    HANDLE section;
    PVOID mapped_base, image_base;
    ULONG image_size, flags;
    USHORT load_order, init_order, load_count, file_name_offset;
    UCHAR path[256];
};
_Static_assert(sizeof(struct module_information) == 296, "RTL_PROCESS_MODULE_INFORMATION");

struct module_list {
    ULONG count, reserved;
    struct module_information modules[];
};

static NTSTATUS give(const void *from, ULONG size, void *to, ULONG room, PULONG needed, bool exact)
{
    if (needed != NULL)
        *needed = size;
    if (exact ? room != size : room < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    memcpy(to, from, size);
    return STATUS_SUCCESS;
}

static NTSTATUS basic(void *to, ULONG room, PULONG needed)
{
    struct basic_information info = {
        .timer_resolution = 156250, .page_size = RAM_PAGE, .physical_pages = (ULONG)ram_pages_total(),
        .highest_page = (ULONG)ram_pages_total() - 1, .allocation_granularity = 0x10000, .lowest_user = 0x10000,
        .highest_user = USER_PROBE_ADDRESS - 0x10000 - 1, .affinity = ke.cpu_count == 64 ? ~0ull : (1ull << ke.cpu_count) - 1,
        .processors = (CHAR)ke.cpu_count };

    return give(&info, sizeof(info), to, room, needed, true);
}

static NTSTATUS time_of_day(void *to, ULONG room, PULONG needed)
{
    struct time_of_day info = { .boot = (LONGLONG)ke.system_time_offset, .now = (LONGLONG)ke_system_time() };

    return give(&info, sizeof(info), to, room, needed, false);
}

/* The drivers, in the order of loading. */
static NTSTATUS modules(void *to, ULONG room, PULONG needed)
{
    struct module_list *list = to;
    ULONG count = 0, size;

    list_each_safe(node, &io_drivers)
        count += container_of(node, struct io_driver, node)->image != NULL;
    size = (ULONG)(sizeof(*list) + count * sizeof(list->modules[0]));
    if (needed != NULL)
        *needed = size;
    if (room < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(list, 0, size);
    list_each_safe(node, &io_drivers) {
        const struct pe_image *image = container_of(node, struct io_driver, node)->image;
        struct module_information *m = &list->modules[list->count];

        if (image == NULL)
            continue;
        m->image_base = image->base;
        m->image_size = image->size;
        m->load_order = (USHORT)list->count;
        m->load_count = 1;
        m->file_name_offset = (USHORT)snprintf((char *)m->path, sizeof(m->path), "\\SystemRoot\\System32\\drivers\\");
        snprintf((char *)m->path + m->file_name_offset, sizeof(m->path) - m->file_name_offset, "%s", image->name);
        list->count++;
    }
    return STATUS_SUCCESS;
}

/* SystemInformationClass: 0 (basic), 1 (processor), 3 (time of day), 11 (modules: drivers only), 35 (kernel debugger: none).
 * STATUS_INVALID_INFO_CLASS for the others, STATUS_INFO_LENGTH_MISMATCH with *ReturnLength. docs: ntdll/nf-winternl-ntquerysysteminformation */
NTSTATUS NTAPI ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength)
{
    static const USHORT processor[6] = { 9, 6, 0, 0, 0, 0 };        /* AMD64 */
    static const BOOLEAN debugger[2] = { FALSE, TRUE };             /* enabled, not present */

    switch (SystemInformationClass) {
    case 0:
        return basic(SystemInformation, SystemInformationLength, ReturnLength);
    case 1:
        return give(processor, sizeof(processor), SystemInformation, SystemInformationLength, ReturnLength, false);
    case 3:
        return time_of_day(SystemInformation, SystemInformationLength, ReturnLength);
    case 11:
        return modules(SystemInformation, SystemInformationLength, ReturnLength);
    case 35:
        return give(debugger, sizeof(debugger), SystemInformation, SystemInformationLength, ReturnLength, false);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* Module descriptions for AuxKlibQueryModuleInformation: the base alone (8 bytes a module) or base, size, offset of the file name and path.
 * InformationBuffer NULL: *InformationLength becomes what is needed. STATUS_BUFFER_TOO_SMALL. PASSIVE_LEVEL. No page. */
NTSTATUS NTAPI RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID InformationBuffer)
{
    struct extended {
        PVOID base;
        ULONG size;
        USHORT file_name_offset;
        UCHAR path[256];
    } *extended = InformationBuffer;
    struct module_list *list;
    ULONG needed = 0, room = *InformationLength, count;
    NTSTATUS status;

    if (SizePerModule != sizeof(PVOID) && SizePerModule != sizeof(*extended))
        return STATUS_INVALID_PARAMETER;
    ZwQuerySystemInformation(11, NULL, 0, &needed);
    list = pool_alloc(PagedPool, needed, NAME_TAG, __builtin_return_address(0));
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = modules(list, needed, NULL);
    count = list->count;
    *InformationLength = count * SizePerModule;
    if (NT_SUCCESS(status) && InformationBuffer != NULL && room < *InformationLength)
        status = STATUS_BUFFER_TOO_SMALL;
    for (ULONG i = 0; NT_SUCCESS(status) && InformationBuffer != NULL && i < count; i++) {
        const struct module_information *m = &list->modules[i];

        if (SizePerModule == sizeof(PVOID)) {
            ((PVOID *)InformationBuffer)[i] = m->image_base;
            continue;
        }
        extended[i].base = m->image_base;
        extended[i].size = m->image_size;
        extended[i].file_name_offset = m->file_name_offset;
        memcpy(extended[i].path, m->path, sizeof(m->path));
    }
    pool_free(list, NAME_TAG, __builtin_return_address(0));
    return status;
}

/* ---- the process ---- */

struct process_basic {
    NTSTATUS exit_status;
    PVOID peb;
    ULONG_PTR affinity;
    LONG base_priority;
    ULONG_PTR id, parent;
};
_Static_assert(sizeof(struct process_basic) == 48, "PROCESS_BASIC_INFORMATION");

/* ProcessInformationClass: 0 (basic), 24 (session), 26 (WOW64), 27 (image file name: empty). STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH. docs: ntdll/nf-winternl-ntqueryinformationprocess */
NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE ProcessHandle, ULONG ProcessInformationClass, PVOID ProcessInformation,
                                         ULONG ProcessInformationLength, PULONG ReturnLength)
{
    struct process_basic info = { .exit_status = STATUS_PENDING, .affinity = ke.cpu_count == 64 ? ~0ull : (1ull << ke.cpu_count) - 1,
                                  .base_priority = 8, .id = 4 };
    UNICODE_STRING name = { 0 };
    ULONG_PTR zero = 0;
    void *process;
    NTSTATUS status = ob_from_handle(ProcessHandle, 0, PsProcessType, KernelMode, &process);

    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(process);
    switch (ProcessInformationClass) {
    case 0:
        return give(&info, sizeof(info), ProcessInformation, ProcessInformationLength, ReturnLength, true);
    case 24:
        return give(&zero, sizeof(ULONG), ProcessInformation, ProcessInformationLength, ReturnLength, true);
    case 26:
        return give(&zero, sizeof(zero), ProcessInformation, ProcessInformationLength, ReturnLength, true);
    case 27:
        return give(&name, sizeof(name), ProcessInformation, ProcessInformationLength, ReturnLength, false);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* At most 15 characters: "System". Any IRQL. */
PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    static UCHAR name[16] = "System";

    (void)Process;
    return name;
}

/* Session 0. Any IRQL. */
ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    (void)Process;
    return 0;
}

ULONG NTAPI PsGetCurrentProcessSessionId(VOID)
{
    return 0;
}

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess;
}

/* Of the current process, which has not ended: 0. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-psgetprocessexittime */
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    return (LARGE_INTEGER){ .QuadPart = 0 };
}

/* The idle process's. Any IRQL. */
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* The path of a process's image in a block that the caller frees (ExFreePool); the System process has an empty one.
 * STATUS_NO_MEMORY. */
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *ImageFileName)
{
    (void)Process;
    *ImageFileName = pool_alloc(PagedPool | POOL_ZERO_ALLOCATION, sizeof(UNICODE_STRING) + sizeof(WCHAR), NAME_TAG, __builtin_return_address(0));
    if (*ImageFileName == NULL)
        return STATUS_NO_MEMORY;
    (*ImageFileName)->Buffer = (PWSTR)(void *)(*ImageFileName + 1);
    (*ImageFileName)->MaximumLength = sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* ---- threads ---- */

/* Lets another ready thread run; STATUS_NO_YIELD_PERFORMED is never said. */
NTSTATUS NTAPI ZwYieldExecution(VOID)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    KeDelayExecutionThread(KernelMode, FALSE, &none);
    return STATUS_SUCCESS;
}

/* Waits for one or all (WaitType) of up to 64 objects by handle. STATUS_INVALID_PARAMETER_1, STATUS_OBJECT_TYPE_MISMATCH, STATUS_TIMEOUT, the index of
 * the object that ended the wait. */
NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, HANDLE *Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    void *objects[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK *blocks;
    ULONG n;
    NTSTATUS status = STATUS_SUCCESS;

    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    for (n = 0; n < Count; n++) {
        status = ob_from_handle(Handles[n], SYNCHRONIZE, NULL, KernelMode, &objects[n]);
        if (!NT_SUCCESS(status))
            break;
        if (!ob_type(objects[n])->waitable) {
            n++;
            status = STATUS_OBJECT_TYPE_MISMATCH;
            break;
        }
    }
    if (NT_SUCCESS(status)) {
        blocks = pool_alloc(NonPagedPoolNx, Count * sizeof(*blocks), NAME_TAG, NULL);
        status = blocks != NULL ? KeWaitForMultipleObjects(Count, objects, WaitType, UserRequest, KernelMode, Alertable, Timeout, blocks)
                                : STATUS_INSUFFICIENT_RESOURCES;
        if (blocks != NULL)
            pool_free(blocks, NAME_TAG, NULL);
    }
    while (n > 0)
        ob_dereference(objects[--n]);
    return status;
}

/* <= APC_LEVEL. */
VOID NTAPI ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(FastMutex);
}

VOID NTAPI ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex)
{
    ExReleaseFastMutexUnsafe(FastMutex);
    KeLeaveCriticalRegion();
}
