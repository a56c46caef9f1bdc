/* What the files of the object manager share. */
#ifndef NT_OB_INTERNAL_H
#define NT_OB_INTERNAL_H

#include "nt/ob.h"
#include "nt/text.h"

#define OB_TAG 0x746a624fu              /* "Objt" */

/* In front of every body. Its size is a multiple of 16, so that bodies are aligned as pool is. */
struct ob_header {
    struct list all;            /* type->all_objects */
    struct list name_node;      /* a directory's entries; unused (points at itself) without a name */
    struct _OBJECT_TYPE *type;
    struct ob_header *parent;   /* the directory the name is in; NULL for the root and for nameless objects */
    WCHAR *name;                /* malloc'ed */
    void *security;             /* self-relative descriptor in pool; NULL: the default one */
    struct ob_header *next_deleted;
    size_t size;                /* of the body */
    uint32_t name_length;       /* characters */
    int32_t references;
    uint32_t handles;
    bool permanent;
};
#define OB_HEADER_SIZE ((sizeof(struct ob_header) + 15) & ~(size_t)15)

static inline struct ob_header *ob_header(const void *body)
{
    return (struct ob_header *)(void *)((char *)(uintptr_t)body - OB_HEADER_SIZE);
}

static inline void *ob_body(struct ob_header *header)
{
    return (char *)header + OB_HEADER_SIZE;
}

struct ob_directory {
    struct list entries;        /* ob_header.name_node, in the order of insertion */
};

struct ob_link {
    UNICODE_STRING target;      /* malloc'ed */
};

/* ob_names.c */
NTSTATUS ob_create_directory(void **body);
NTSTATUS ob_names_start(void);
void ob_names_stop(void);
void ob_name_drop(struct ob_header *header);
/* Characters of the full path, written to `to` when it has room for them. */
size_t ob_full_name(const struct ob_header *header, WCHAR *to, size_t size);
extern const struct ob_ops ob_directory_ops, ob_link_ops;

/* ob_handles.c */
void ob_handles_stop(void);
bool ob_handle_get(HANDLE handle, void **body, ACCESS_MASK *access, ULONG *attributes);
void ob_handle_set_attributes(HANDLE handle, ULONG attributes);

/* The handle itself, and with the callbacks of ObRegisterCallbacks around it (ob_callbacks.c). */
NTSTATUS ob_open_unwatched(void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle);
NTSTATUS ob_open_watched(OB_OPERATION operation, void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle);
void ob_callbacks_stop(void);

/* ob_security.c */
NTSTATUS ob_security_get(struct ob_header *header, PSECURITY_DESCRIPTOR *descriptor);
NTSTATUS ob_security_set(struct ob_header *header, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor);
void ob_security_drop(struct ob_header *header);

#endif
