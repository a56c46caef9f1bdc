/* What the registry's system calls share. */
#ifndef NT_ZW_REGISTRY_H
#define NT_ZW_REGISTRY_H

#include <ntdef.h>
#include <ntstatus.h>

struct cm_key;

struct reg_part {
    ULONG offset;               /* in the caller's buffer */
    const void *data;
    ULONG size;
};

NTSTATUS reg_out(void *to, ULONG room, PULONG needed, const void *fixed, ULONG fixed_size, const struct reg_part *parts,
                 unsigned count);
NTSTATUS reg_set_class(struct cm_key *key, const UNICODE_STRING *name);
NTSTATUS reg_rename(struct cm_key *key, const UNICODE_STRING *name);

#endif
