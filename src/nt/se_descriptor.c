/* Security descriptors of objects: copies in pool, merging, the default one, and the Se routines on them. */
#include <string.h>

#include "nt/pool.h"
#include "nt/se.h"
#include "ring3/rtl_security.h"

#define SE_TAG 0x64536553u              /* "SeSd" */

static void *relative_in_pool(const struct se_parts *parts, USHORT control)
{
    void *copy = pool_alloc(NonPagedPoolNx, se_relative_size(parts), SE_TAG, __builtin_return_address(0));

    if (copy != NULL)
        se_make_relative(parts, control, copy);
    return copy;
}

void *se_copy(const void *descriptor)
{
    struct se_parts parts = se_parts(descriptor);

    return relative_in_pool(&parts, ((const SECURITY_DESCRIPTOR *)descriptor)->Control);
}

void se_free(void *descriptor)
{
    if (descriptor != NULL)
        pool_free(descriptor, SE_TAG, __builtin_return_address(0));
}

void *se_merge(const void *old, const void *changes, SECURITY_INFORMATION information)
{
    struct se_parts parts = se_parts(old), new = se_parts(changes);
    USHORT control = ((const SECURITY_DESCRIPTOR *)old)->Control, wanted = ((const SECURITY_DESCRIPTOR *)changes)->Control;
    USHORT mask = 0;

    if (information & OWNER_SECURITY_INFORMATION) {
        parts.owner = new.owner;
        mask |= SE_OWNER_DEFAULTED;
    }
    if (information & GROUP_SECURITY_INFORMATION) {
        parts.group = new.group;
        mask |= SE_GROUP_DEFAULTED;
    }
    if (information & DACL_SECURITY_INFORMATION) {
        parts.dacl = new.dacl;
        mask |= SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED;
    }
    if (information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
        parts.sacl = new.sacl;
        mask |= SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED;
    }
    return relative_in_pool(&parts, (USHORT)((control & ~mask) | (wanted & mask)));
}

const void *se_default_descriptor(void)
{
    static struct {
        SECURITY_DESCRIPTOR descriptor;
        struct {
            ACL acl;
            UCHAR entries[64];
        } dacl;
    } d;

    RtlCreateSecurityDescriptor(&d.descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&d.dacl.acl, sizeof(d.dacl), ACL_REVISION);
    RtlAddAccessAllowedAce(&d.dacl.acl, ACL_REVISION, GENERIC_ALL, SeExports->SeLocalSystemSid);
    RtlAddAccessAllowedAce(&d.dacl.acl, ACL_REVISION, GENERIC_ALL, SeExports->SeAliasAdminsSid);
    RtlSetDaclSecurityDescriptor(&d.descriptor, TRUE, &d.dacl.acl, FALSE);
    RtlSetOwnerSecurityDescriptor(&d.descriptor, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetGroupSecurityDescriptor(&d.descriptor, SeExports->SeLocalSystemSid, FALSE);
    return &d.descriptor;
}

/* The descriptor for a new object: the explicit one completed with owner and group of System, or the parent's, or the
 * default one. Inheritance of single entries is not done: the parent's list is taken as a whole.
 * PASSIVE_LEVEL. Free the result with SeDeassignSecurity. docs: ntifs/nf-ntifs-seassignsecurity */
NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject,
                                PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, ULONG PoolType)
{
    const void *base = ExplicitDescriptor != NULL ? ExplicitDescriptor : ParentDescriptor;
    const void *defaults = se_default_descriptor();
    SECURITY_INFORMATION given = 0;

    (void)IsDirectoryObject, (void)SubjectContext, (void)GenericMapping, (void)PoolType;
    if (base != NULL) {
        struct se_parts parts = se_parts(base);
        USHORT control = ((const SECURITY_DESCRIPTOR *)base)->Control;

        given |= parts.owner ? OWNER_SECURITY_INFORMATION : 0;
        given |= parts.group ? GROUP_SECURITY_INFORMATION : 0;
        given |= control & SE_DACL_PRESENT ? DACL_SECURITY_INFORMATION : 0;
        given |= control & SE_SACL_PRESENT ? SACL_SECURITY_INFORMATION : 0;
    }
    *NewDescriptor = se_merge(defaults, base != NULL ? base : defaults, given);
    return *NewDescriptor != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* docs: ntifs/nf-ntifs-seassignsecurityex */
NTSTATUS NTAPI SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                  PSECURITY_DESCRIPTOR *NewDescriptor, const GUID *ObjectType, BOOLEAN IsDirectoryObject,
                                  ULONG AutoInheritFlags, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                  PGENERIC_MAPPING GenericMapping, ULONG PoolType)
{
    (void)ObjectType, (void)AutoInheritFlags;
    return SeAssignSecurity(ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject, SubjectContext,
                            GenericMapping, PoolType);
}

/* Frees what SeAssignSecurity gave. docs: ntifs/nf-ntifs-sedeassignsecurity */
NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
    se_free(*SecurityDescriptor);
    *SecurityDescriptor = NULL;
    return STATUS_SUCCESS;
}

/* Whether a self-relative descriptor of Length bytes is well formed. docs: ntifs/nf-ntifs-sevalidsecuritydescriptor */
BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return RtlValidRelativeSecurityDescriptor(SecurityDescriptor, Length, 0);
}

/* A self-relative copy (the source itself for kernel mode unless CaptureIfKernel). Free it with
 * SeReleaseSecurityDescriptor and the same arguments. STATUS_INVALID_SECURITY_DESCR. PASSIVE_LEVEL. */
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE AccessMode, ULONG PoolType,
                                           BOOLEAN CaptureIfKernel, PSECURITY_DESCRIPTOR *Captured)
{
    (void)PoolType;
    *Captured = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!RtlValidSecurityDescriptor(Source))
        return STATUS_INVALID_SECURITY_DESCR;
    if (AccessMode == KernelMode && !CaptureIfKernel) {
        *Captured = Source;
        return STATUS_SUCCESS;
    }
    *Captured = se_copy(Source);
    return *Captured != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE AccessMode, BOOLEAN CaptureIfKernel)
{
    if (Captured != NULL && (AccessMode != KernelMode || CaptureIfKernel))
        se_free(Captured);
}

/* Copies the parts that *Information names. *Length: bytes there in, bytes needed out. STATUS_BUFFER_TOO_SMALL.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-sequerysecuritydescriptorinfo */
NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                             PULONG Length, PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor)
{
    const SECURITY_DESCRIPTOR *sd = *ObjectsSecurityDescriptor;
    struct se_parts parts = sd != NULL ? se_parts(sd) : (struct se_parts){0};
    USHORT control = sd != NULL ? sd->Control : 0;
    ULONG room = *Length;

    if (!(*Information & OWNER_SECURITY_INFORMATION))
        parts.owner = NULL;
    if (!(*Information & GROUP_SECURITY_INFORMATION))
        parts.group = NULL;
    if (!(*Information & DACL_SECURITY_INFORMATION)) {
        parts.dacl = NULL;
        control &= (USHORT)~SE_DACL_PRESENT;
    }
    if (!(*Information & SACL_SECURITY_INFORMATION)) {
        parts.sacl = NULL;
        control &= (USHORT)~SE_SACL_PRESENT;
    }
    *Length = se_relative_size(&parts);
    if (room < *Length)
        return STATUS_BUFFER_TOO_SMALL;
    se_make_relative(&parts, control, SecurityDescriptor);
    return STATUS_SUCCESS;
}

/* Replaces *ObjectsSecurityDescriptor (a pool copy of SeAssignSecurity's) by a changed copy; the old one is freed.
 * STATUS_NO_SECURITY_ON_OBJECT. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-sesetsecuritydescriptorinfo */
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION Information,
                                           PSECURITY_DESCRIPTOR ModificationDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor, ULONG PoolType,
                                           PGENERIC_MAPPING GenericMapping)
{
    void *changed;

    (void)Object, (void)PoolType, (void)GenericMapping;
    if (*ObjectsSecurityDescriptor == NULL)
        return STATUS_NO_SECURITY_ON_OBJECT;
    changed = se_merge(*ObjectsSecurityDescriptor, ModificationDescriptor, *Information);
    if (changed == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    se_free(*ObjectsSecurityDescriptor);
    *ObjectsSecurityDescriptor = changed;
    return STATUS_SUCCESS;
}
