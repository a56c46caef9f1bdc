/* Section objects that the paging file backs: shared memory by handle and name. Files do not support sections here:
 * STATUS_INVALID_FILE_FOR_SECTION. PASSIVE_LEVEL. */
#include <stdlib.h>
#include <string.h>

#include "nt/mm.h"
#include "nt/mm_region.h"
#include "nt/ob.h"
#include "nt/ram.h"

struct section {
    char *user, *system;        /* the same memory at both addresses */
    size_t size;
    ULONG protect;
};

struct system_view {
    struct list node;
    struct section *section;    /* referenced */
    char *base;
};
static struct list system_views = LIST_INIT(system_views);

static void section_deleted(void *body)
{
    struct section *section = body;

    if (section->user != NULL)
        ram_user_free(section->user, section->size);
}

static const struct ob_ops section_ops = { .deleted = section_deleted };

NTSTATUS mm_sections_start(void)
{
    MmSectionObjectType->ops = &section_ops;
    list_init(&mm_regions);
    list_init(&system_views);
    return STATUS_SUCCESS;
}

/* A section of *MaximumSize bytes (rounded to pages), zero at first. AllocationAttributes: SEC_COMMIT or SEC_RESERVE. *SectionHandle is the caller's.
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_PARAMETER_4 (no size), _6 (attributes), STATUS_SECTION_TOO_BIG,
 * STATUS_INVALID_FILE_FOR_SECTION. docs: wdm/nf-wdm-zwcreatesection */
NTSTATUS NTAPI ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
    ULONG kind = AllocationAttributes & ~(ULONG)(SEC_NOCACHE | SEC_WRITECOMBINE);
    struct section *section;
    void *system;
    NTSTATUS status;

    if (!mm_good_protection(SectionPageProtection) || (SectionPageProtection & (PAGE_NOACCESS | PAGE_GUARD)))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (kind != SEC_COMMIT && kind != SEC_RESERVE && FileHandle == NULL)
        return STATUS_INVALID_PARAMETER_6;
    if (FileHandle != NULL)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (MaximumSize == NULL || MaximumSize->QuadPart <= 0)
        return STATUS_INVALID_PARAMETER_4;
    if ((uint64_t)MaximumSize->QuadPart > USER_END - USER_BASE)
        return STATUS_SECTION_TOO_BIG;
    status = ob_create(MmSectionObjectType, sizeof(*section), (void **)&section);
    if (!NT_SUCCESS(status))
        return status;
    section->size = ((size_t)MaximumSize->QuadPart + RAM_PAGE - 1) & ~(size_t)(RAM_PAGE - 1);
    section->protect = SectionPageProtection;
    section->user = ram_user_alloc(section->size, &system);
    section->system = system;
    status = section->user != NULL ? ob_insert_and_open(section, ObjectAttributes, DesiredAccess, SectionHandle) : STATUS_INSUFFICIENT_RESOURCES;
    ob_dereference(section);
    return status;
}

/* docs: wdm/nf-wdm-zwopensection */
NTSTATUS NTAPI ZwOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ob_open_name(ObjectAttributes, MmSectionObjectType, DesiredAccess, SectionHandle);
}

static bool writes(ULONG protect)
{
    return protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}

static NTSTATUS map(struct section *section, PVOID *base, uint64_t offset, PSIZE_T size, ULONG protect)
{
    size_t bytes;

    if (writes(protect) && !writes(section->protect))
        return STATUS_SECTION_PROTECTION;
    if (offset >= section->size || *size > section->size - offset)
        return STATUS_INVALID_VIEW_SIZE;
    bytes = *size != 0 ? (*size + RAM_PAGE - 1) & ~(size_t)(RAM_PAGE - 1) : section->size - offset;
    if (*base != NULL && *base != section->user + offset)
        return STATUS_CONFLICTING_ADDRESSES;
    if (mm_region_add(section->user + offset, bytes, protect, section) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_reference(section);
    *base = section->user + offset;
    *size = bytes;
    return STATUS_SUCCESS;
}

/* Maps a view into the System process. *BaseAddress: NULL, or where the section's memory lies anyway (else STATUS_CONFLICTING_ADDRESSES).
 * *SectionOffset is rounded down to 64 KiB. *ViewSize: 0 for the rest of the section. STATUS_INVALID_PAGE_PROTECTION,
 * STATUS_SECTION_PROTECTION, STATUS_INVALID_VIEW_SIZE. docs: wdm/nf-wdm-zwmapviewofsection */
NTSTATUS NTAPI ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    void *section;
    NTSTATUS status = mm_check_process(ProcessHandle);

    (void)CommitSize, (void)AllocationType;
    if (!NT_SUCCESS(status))
        return status;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_4;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (!mm_good_protection(Win32Protect))
        return STATUS_INVALID_PAGE_PROTECTION;
    status = ob_from_handle(SectionHandle, SECTION_MAP_READ, MmSectionObjectType, KernelMode, &section);
    if (!NT_SUCCESS(status))
        return status;
    if (SectionOffset != NULL)
        SectionOffset->QuadPart &= ~0xFFFFll;
    status = map(section, BaseAddress, SectionOffset != NULL ? (uint64_t)SectionOffset->QuadPart : 0, ViewSize, Win32Protect);
    ob_dereference(section);
    return status;
}

/* The view that an address lies in. STATUS_NOT_MAPPED_VIEW. docs: wdm/nf-wdm-zwunmapviewofsection */
NTSTATUS NTAPI ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    struct mm_region *region = mm_region_of(BaseAddress);
    NTSTATUS status = mm_check_process(ProcessHandle);
    void *section;

    if (!NT_SUCCESS(status))
        return status;
    if (region == NULL || region->section == NULL)
        return STATUS_NOT_MAPPED_VIEW;
    section = region->section;
    mm_region_remove(region);
    ob_dereference(section);
    return STATUS_SUCCESS;
}

/* The same at a system address, which every process sees. *ViewSize: 0 for the whole section. Section: the referenced object, not a
 * handle. */
NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    struct section *section = Section;
    struct system_view *view;

    if (*ViewSize > section->size)
        return STATUS_INVALID_VIEW_SIZE;
    view = malloc(sizeof(*view));
    if (view == NULL)
        return STATUS_NO_MEMORY;
    *view = (struct system_view){ .section = section, .base = section->system };
    list_push_back(&system_views, &view->node);
    ob_reference(section);
    if (*ViewSize == 0)
        *ViewSize = section->size;
    *ViewSize = (*ViewSize + RAM_PAGE - 1) & ~(SIZE_T)(RAM_PAGE - 1);
    *MappedBase = view->base;
    return STATUS_SUCCESS;
}

/* STATUS_NOT_MAPPED_VIEW. */
NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase)
{
    list_each_safe(node, &system_views) {
        struct system_view *view = container_of(node, struct system_view, node);

        if (view->base == MappedBase) {
            list_remove(&view->node);
            ob_dereference(view->section);
            free(view);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_MAPPED_VIEW;
}
