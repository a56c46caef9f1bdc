/* Security descriptors on objects: kept for every object that was given one, and returned; access is never refused. */
#include <string.h>

#include "nt/ob_internal.h"
#include "nt/se.h"
#include "ring3/rtl_security.h"
#include "ring3/zw.h"

NTSTATUS ob_security_get(struct ob_header *header, PSECURITY_DESCRIPTOR *descriptor)
{
    if (header->security == NULL)
        header->security = se_copy(se_default_descriptor());
    *descriptor = header->security;
    return header->security != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS ob_security_set(struct ob_header *header, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor)
{
    PSECURITY_DESCRIPTOR old;
    void *merged;
    NTSTATUS status;

    if (!RtlValidSecurityDescriptor(descriptor))
        return STATUS_INVALID_SECURITY_DESCR;
    status = ob_security_get(header, &old);
    if (!NT_SUCCESS(status))
        return status;
    merged = se_merge(old, descriptor, information);
    if (merged == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    se_free(header->security);
    header->security = merged;
    return STATUS_SUCCESS;
}

void ob_security_drop(struct ob_header *header)
{
    se_free(header->security);
    header->security = NULL;
}

/* The object's self-relative descriptor; good until ObReleaseObjectSecurity. *MemoryAllocated is TRUE: it is a copy.
 * PASSIVE_LEVEL. docs: wdm/nf-wdm-obgetobjectsecurity */
NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor, PBOOLEAN MemoryAllocated)
{
    PSECURITY_DESCRIPTOR own;
    NTSTATUS status = ob_security_get(ob_header(Object), &own);

    *SecurityDescriptor = NT_SUCCESS(status) ? se_copy(own) : NULL;
    *MemoryAllocated = *SecurityDescriptor != NULL;
    return *SecurityDescriptor != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* docs: wdm/nf-wdm-obreleaseobjectsecurity */
VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated)
{
    if (MemoryAllocated)
        se_free(SecurityDescriptor);
}

/* Changes the parts that Information names. STATUS_INVALID_SECURITY_DESCR. PASSIVE_LEVEL. Used by the library code behind
 * IoCreateDeviceSecure. */
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return ob_security_set(ob_header(Object), Information, SecurityDescriptor);
}

/* Copies the parts that SecurityInformation names, self-relative. STATUS_BUFFER_TOO_SMALL with *LengthNeeded.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwquerysecurityobject */
NTSTATUS NTAPI ZwQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded)
{
    PSECURITY_DESCRIPTOR own;
    void *body;
    NTSTATUS status = ob_from_handle(Handle, READ_CONTROL, NULL, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    status = ob_security_get(ob_header(body), &own);
    *LengthNeeded = Length;
    if (NT_SUCCESS(status))
        status = SeQuerySecurityDescriptorInfo(&SecurityInformation, SecurityDescriptor, LengthNeeded, &own);
    ob_dereference(body);
    return status;
}

/* docs: ntifs/nf-ntifs-zwsetsecurityobject */
NTSTATUS NTAPI ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    void *body;
    NTSTATUS status = ob_from_handle(Handle, WRITE_DAC, NULL, KernelMode, &body);

    if (!NT_SUCCESS(status))
        return status;
    status = ob_security_set(ob_header(body), SecurityInformation, SecurityDescriptor);
    ob_dereference(body);
    return status;
}
