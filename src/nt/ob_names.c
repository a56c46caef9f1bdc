/* The namespace: directories, symbolic links, lookup.
 *
 * A lookup walks the path one component at a time. State: the object reached and the path that is left.
 *   directory, path left     -> the entry with the next component's name
 *   symbolic link            -> start again at the root with the link's target and the path left; when nothing is left,
 *                               the link itself if the caller wants links
 *   has a parse callback     -> the callback decides
 *   anything else            -> the result, when no path is left */
#include <stdlib.h>
#include <string.h>

#include "nt/ob_internal.h"

#define MAX_LINKS 32
#define MAX_PATH_CHARS 32767

static struct ob_header *root;

static void directory_deleted(void *body)
{
    struct ob_directory *directory = body;

    list_each_safe(node, &directory->entries)
        ob_name_drop(container_of(node, struct ob_header, name_node));
}

static void link_deleted(void *body)
{
    free(((struct ob_link *)body)->target.Buffer);
}

const struct ob_ops ob_directory_ops = {.deleted = directory_deleted};
const struct ob_ops ob_link_ops = {.deleted = link_deleted};

/* The first component and what follows it (which starts with a backslash, or is empty). */
static UNICODE_STRING split(const UNICODE_STRING *path, UNICODE_STRING *rest)
{
    size_t n = path->Length / sizeof(WCHAR), start = n != 0 && path->Buffer[0] == '\\', end = start;

    while (end < n && path->Buffer[end] != '\\')
        end++;
    *rest = text_string(path->Buffer + end, n - end);
    return text_string(path->Buffer + start, end - start);
}

/* Case never counts: Windows' default (ObCaseInsensitive), whatever OBJ_CASE_INSENSITIVE says. */
static struct ob_header *entry(struct ob_header *directory, const UNICODE_STRING *name)
{
    struct ob_directory *d = ob_body(directory);

    list_each(node, &d->entries) {
        struct ob_header *header = container_of(node, struct ob_header, name_node);

        if (header->name_length == name->Length / sizeof(WCHAR) &&
            text_compare(header->name, header->name_length, name->Buffer, header->name_length, true) == 0)
            return header;
    }
    return NULL;
}

static NTSTATUS enter(struct ob_header *directory, struct ob_header *header, const UNICODE_STRING *name, ULONG attributes)
{
    struct ob_directory *d = ob_body(directory);
    size_t n = name->Length / sizeof(WCHAR);

    if (n == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (entry(directory, name) != NULL)
        return STATUS_OBJECT_NAME_COLLISION;
    header->name = malloc(n * sizeof(WCHAR));
    if (header->name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(header->name, name->Buffer, n * sizeof(WCHAR));
    header->name_length = (uint32_t)n;
    header->parent = directory;
    list_push_back(&d->entries, &header->name_node);
    if (attributes & OBJ_PERMANENT) {
        header->permanent = true;
        header->references++;
    }
    return STATUS_SUCCESS;
}

void ob_name_drop(struct ob_header *header)
{
    if (header->name == NULL)
        return;
    list_remove(&header->name_node);
    free(header->name);
    header->name = NULL;
    header->name_length = 0;
    header->parent = NULL;
}

void ob_remove_name(void *body)
{
    struct ob_header *header = ob_header(body);
    bool permanent = header->permanent;

    ob_name_drop(header);
    header->permanent = false;
    if (permanent)
        ob_dereference(body);
}

void ob_make_temporary(void *body)
{
    struct ob_header *header = ob_header(body);
    bool permanent = header->permanent;

    header->permanent = false;
    if (header->handles == 0)
        ob_name_drop(header);
    if (permanent)
        ob_dereference(body);
}

struct walk {
    struct ob_header *at;               /* reached so far */
    UNICODE_STRING rest;
    WCHAR *buffer;                      /* the path after a link was followed; malloc'ed */
    int links;
    ULONG attributes;
    bool stop_at_parent;                /* for insertion: leave the last component in `rest` */
};

static NTSTATUS follow(struct walk *walk)
{
    struct ob_link *link = ob_body(walk->at);
    size_t a = link->target.Length / sizeof(WCHAR), b = walk->rest.Length / sizeof(WCHAR);
    WCHAR *path;

    if (++walk->links > MAX_LINKS || a + b > MAX_PATH_CHARS)
        return STATUS_OBJECT_NAME_INVALID;
    path = malloc((a + b + 1) * sizeof(WCHAR));
    if (path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(path, link->target.Buffer, a * sizeof(WCHAR));
    memcpy(path + a, walk->rest.Buffer, b * sizeof(WCHAR));
    free(walk->buffer);
    walk->buffer = path;
    walk->rest = text_string(path, a + b);
    walk->at = root;
    return STATUS_SUCCESS;
}

static bool at_end(const struct walk *walk)
{
    return walk->rest.Length == 0 || (walk->rest.Length == sizeof(WCHAR) && walk->at == root);
}

static bool wants_link(const struct walk *walk, const struct ob_lookup *lookup)
{
    return at_end(walk) && ((walk->attributes & OBJ_OPENLINK) || (lookup != NULL && lookup->type == ob_symbolic_link_type));
}

/* Goes as far as directories and links lead. */
static NTSTATUS walk_path(struct walk *walk, const struct ob_lookup *lookup)
{
    for (;;) {
        UNICODE_STRING name, rest;
        struct ob_header *next;
        NTSTATUS status;

        if (walk->at->type == ob_symbolic_link_type) {
            if (wants_link(walk, lookup))
                return STATUS_SUCCESS;
            status = follow(walk);
            if (!NT_SUCCESS(status))
                return status;
            continue;
        }
        if (walk->at->type != ob_directory_type || at_end(walk))
            return STATUS_SUCCESS;
        name = split(&walk->rest, &rest);
        if (name.Length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        if (walk->stop_at_parent && rest.Length == 0)
            return STATUS_SUCCESS;
        next = entry(walk->at, &name);
        if (next == NULL)
            return rest.Length == 0 ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
        walk->at = next;
        walk->rest = rest;
    }
}

/* The directory a path starts in. *start comes referenced when RootDirectory named it. */
static NTSTATUS start_of(const OBJECT_ATTRIBUTES *attributes, struct walk *walk, void **start)
{
    const UNICODE_STRING *name = attributes->ObjectName;
    bool absolute = name != NULL && name->Length >= sizeof(WCHAR) && name->Buffer[0] == '\\';

    *start = NULL;
    walk->attributes = attributes->Attributes;
    if (name != NULL && name->Length % sizeof(WCHAR) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    walk->rest = name != NULL ? text_string(name->Buffer, name->Length / sizeof(WCHAR)) : text_string(NULL, 0);
    if (attributes->RootDirectory == NULL) {
        walk->at = root;
        return absolute ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    if (absolute)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    NTSTATUS status = ob_from_handle(attributes->RootDirectory, 0, NULL, KernelMode, start);

    if (NT_SUCCESS(status))
        walk->at = ob_header(*start);
    return status;
}

static NTSTATUS finish(struct walk *walk, struct ob_lookup *lookup, void **body)
{
    struct _OBJECT_TYPE *type = walk->at->type;
    NTSTATUS status = STATUS_SUCCESS;

    if (type->ops != NULL && type->ops->parse != NULL) {
        lookup->rest = walk->rest;
        status = type->ops->parse(ob_body(walk->at), lookup, body);
        if (!NT_SUCCESS(status))
            return status;
    } else {
        if (!at_end(walk))
            return STATUS_OBJECT_TYPE_MISMATCH;
        *body = ob_body(walk->at);
        ob_reference(*body);
    }
    if (lookup->type != NULL && ob_type(*body) != lookup->type) {
        ob_dereference(*body);
        *body = NULL;
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return status;
}

NTSTATUS ob_find(const OBJECT_ATTRIBUTES *attributes, struct ob_lookup *lookup, void **body)
{
    struct walk walk = {0};
    void *start;
    NTSTATUS status;

    *body = NULL;
    lookup->attributes = attributes->Attributes;
    status = start_of(attributes, &walk, &start);
    if (NT_SUCCESS(status))
        status = walk_path(&walk, lookup);
    if (NT_SUCCESS(status))
        status = finish(&walk, lookup, body);
    free(walk.buffer);
    if (start != NULL)
        ob_dereference(start);
    return status;
}

NTSTATUS ob_find_name(const UNICODE_STRING *path, struct _OBJECT_TYPE *type, void **body)
{
    OBJECT_ATTRIBUTES attributes;
    struct ob_lookup lookup = {.type = type};

    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ob_find(&attributes, &lookup, body);
}

NTSTATUS ob_insert(void *body, const OBJECT_ATTRIBUTES *attributes)
{
    struct walk walk = {.stop_at_parent = true};
    struct ob_header *header = ob_header(body);
    UNICODE_STRING name, rest;
    void *start;
    NTSTATUS status;

    if (attributes == NULL || attributes->ObjectName == NULL || attributes->ObjectName->Length == 0)
        return STATUS_SUCCESS;
    status = start_of(attributes, &walk, &start);
    if (NT_SUCCESS(status))
        status = walk_path(&walk, NULL);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (NT_SUCCESS(status) && walk.at->type != ob_directory_type)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (NT_SUCCESS(status)) {
        name = split(&walk.rest, &rest);
        status = at_end(&walk) ? STATUS_OBJECT_NAME_COLLISION : enter(walk.at, header, &name, attributes->Attributes);
    }
    free(walk.buffer);
    if (start != NULL)
        ob_dereference(start);
    return status;
}

NTSTATUS ob_insert_name(void *body, const UNICODE_STRING *path, ULONG attributes)
{
    OBJECT_ATTRIBUTES a;

    InitializeObjectAttributes(&a, (PUNICODE_STRING)path, attributes | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ob_insert(body, &a);
}

NTSTATUS ob_create_link(const UNICODE_STRING *path, const UNICODE_STRING *target, ULONG attributes)
{
    struct ob_link *link;
    void *body;
    NTSTATUS status = ob_create(ob_symbolic_link_type, sizeof(*link), &body);

    if (!NT_SUCCESS(status))
        return status;
    link = body;
    link->target.Buffer = malloc(target->Length + sizeof(WCHAR));
    status = link->target.Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    if (NT_SUCCESS(status)) {
        memcpy(link->target.Buffer, target->Buffer, target->Length);
        link->target.Length = link->target.MaximumLength = target->Length;
        status = ob_insert_name(body, path, attributes);
    }
    ob_dereference(body);
    return status;
}

size_t ob_full_name(const struct ob_header *header, WCHAR *to, size_t size)
{
    size_t total = 0;

    if (header == root) {
        if (size != 0)
            to[0] = '\\';
        return 1;
    }
    for (const struct ob_header *h = header; h != NULL && h->name != NULL; h = h->parent)
        total += 1 + h->name_length;
    if (total > size)
        return total;
    size = total;
    for (const struct ob_header *h = header; h != NULL && h->name != NULL; h = h->parent) {
        size -= h->name_length;
        memcpy(to + size, h->name, h->name_length * sizeof(WCHAR));
        to[--size] = '\\';
    }
    return total;
}

const char *ob_name_text(const void *body, char *buffer, size_t size)
{
    const struct ob_header *header = ob_header(body);
    WCHAR path[512];
    UNICODE_STRING name = {0, sizeof(path), path};
    ULONG needed = 0;
    size_t length;

    if (header->type->ops != NULL && header->type->ops->query_name != NULL) {
        if (!NT_SUCCESS(header->type->ops->query_name((void *)(uintptr_t)body, &name, &needed)))
            name.Length = 0;
        return text_utf8(buffer, size, &name);
    }
    length = ob_full_name(header, path, 512);
    name.Length = (USHORT)(length <= 512 ? length * sizeof(WCHAR) : 0);
    return text_utf8(buffer, size, &name);
}

NTSTATUS ob_each_name(void *directory, bool (*each)(const UNICODE_STRING *name, void *body, void *context), void *context)
{
    struct ob_directory *d = directory;

    if (ob_type(directory) != ob_directory_type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    list_each_safe(node, &d->entries) {
        struct ob_header *header = container_of(node, struct ob_header, name_node);
        UNICODE_STRING name = text_string(header->name, header->name_length);

        if (!each(&name, ob_body(header), context))
            break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS make_directory(const UNICODE_STRING *path)
{
    void *body;
    NTSTATUS status = ob_create_directory(&body);

    if (!NT_SUCCESS(status))
        return status;
    if (path == NULL)
        root = ob_header(body);         /* keeps the creator's reference until ob_names_stop */
    else {
        status = ob_insert_name(body, path, OBJ_PERMANENT);
        ob_dereference(body);
    }
    return status;
}

NTSTATUS ob_create_directory(void **body)
{
    NTSTATUS status = ob_create(ob_directory_type, sizeof(struct ob_directory), body);

    if (NT_SUCCESS(status))
        list_init(&((struct ob_directory *)*body)->entries);
    return status;
}

NTSTATUS ob_names_start(void)
{
    UNICODE_STRING directories[] = {
        TEXT_STRING(u"\\??"), TEXT_STRING(u"\\Device"), TEXT_STRING(u"\\Driver"), TEXT_STRING(u"\\FileSystem"),
        TEXT_STRING(u"\\Callback"), TEXT_STRING(u"\\BaseNamedObjects"), TEXT_STRING(u"\\KernelObjects"),
        TEXT_STRING(u"\\ObjectTypes"), TEXT_STRING(u"\\Security"),
    };
    UNICODE_STRING links[][2] = {
        {TEXT_STRING(u"\\DosDevices"), TEXT_STRING(u"\\??")},
        {TEXT_STRING(u"\\GLOBAL??"), TEXT_STRING(u"\\??")},
        {TEXT_STRING(u"\\??\\Global"), TEXT_STRING(u"\\??")},
        {TEXT_STRING(u"\\??\\GLOBALROOT"), TEXT_STRING(u"")},
    };
    NTSTATUS status = make_directory(NULL);

    for (size_t i = 0; NT_SUCCESS(status) && i < sizeof(directories) / sizeof(directories[0]); i++)
        status = make_directory(&directories[i]);
    for (size_t i = 0; NT_SUCCESS(status) && i < sizeof(links) / sizeof(links[0]); i++)
        status = ob_create_link(&links[i][0], &links[i][1], OBJ_PERMANENT);
    return status;
}

/* Empties a directory from the leaves up, so that what it alone kept alive goes. */
static void empty_directory(struct ob_header *directory)
{
    struct ob_directory *d = ob_body(directory);

    while (!list_empty(&d->entries)) {
        struct ob_header *header = list_first(&d->entries, struct ob_header, name_node);

        ob_reference(ob_body(header));
        if (header->type == ob_directory_type)
            empty_directory(header);
        ob_remove_name(ob_body(header));
        ob_dereference(ob_body(header));
    }
}

void ob_names_stop(void)
{
    if (root == NULL)
        return;
    empty_directory(root);
    ob_dereference(ob_body(root));
    root = NULL;
}
