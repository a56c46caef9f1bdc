/* Security, for the rest of the executive. There is one token, System's; it holds every privilege and is granted every
 * access, so no check here ever refuses kernel code. Descriptors are stored and returned faithfully. */
#ifndef NT_SE_H
#define NT_SE_H

#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/security.h>
#include <stdbool.h>

/* Makes the well-known SIDs, SeExports and the System token. ob_start and ob_stop call these. */
NTSTATUS se_start(void);
void se_stop(void);
/* Locally unique IDs begin anew. */
void se_token_reset(void);
/* The System token object; not referenced for the caller. */
void *se_system_token(void);

struct se_parts {
    PSID owner, group;
    PACL sacl, dacl;
};
/* Where the parts of a descriptor are, in either form; NULL for what is absent. */
struct se_parts se_parts(const void *descriptor);
/* Bytes of the self-relative form, and the form itself. */
ULONG se_relative_size(const struct se_parts *parts);
void se_make_relative(const struct se_parts *parts, USHORT control, void *to);
/* A self-relative copy in pool; NULL without memory. se_free gives it back. */
void *se_copy(const void *descriptor);
void se_free(void *descriptor);
/* `old` with what `information` names taken from `changes`, as a new self-relative copy in pool. */
void *se_merge(const void *old, const void *changes, SECURITY_INFORMATION information);
/* What an object without a descriptor of its own has: System and Administrators, full access. */
const void *se_default_descriptor(void);

#endif
