/* Files as a user-mode program opens them: the control socket and tests. */
#include <stdlib.h>

#include "nt/io_file.h"
#include "nt/ram.h"

struct io_file {
    struct io_file_object *file;
    HANDLE handle;
    PIRP irp;                           /* what a thread waits for */
};

/* A copy of data in user memory of the computer. */
struct user_buffer {
    void *user, *system;
    size_t size;
};

static bool user_buffer(struct user_buffer *b, const void *data, size_t size)
{
    *b = (struct user_buffer){ .size = size };
    if (size == 0)
        return true;
    b->user = ram_user_alloc(size, &b->system);
    if (b->user == NULL)
        return false;
    if (data != NULL)
        memcpy(b->system, data, size);
    else
        memset(b->system, 0, size);
    return true;
}

static void user_buffer_free(struct user_buffer *b, void *out, uint64_t done)
{
    if (b->user == NULL)
        return;
    if (out != NULL)
        memcpy(out, b->system, done < b->size ? done : b->size);
    ram_user_free(b->user, b->size);
}

static void win32_path(char *path, size_t size, const char *name)
{
    if (strncmp(name, "\\\\.\\", 4) == 0 || strncmp(name, "\\\\?\\", 4) == 0)
        snprintf(path, size, "\\??\\%s", name + 4);
    else if (name[0] != '\\')
        snprintf(path, size, "\\??\\%s", name);
    else
        snprintf(path, size, "%s", name);
}

NTSTATUS io_open(const char *name, ACCESS_MASK access, struct io_file **result)
{
    struct io_open open = { .access = access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, .share = FILE_SHARE_VALID_FLAGS,
                            .disposition = FILE_OPEN, .mode = UserMode,
                            .options = FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT };
    OBJECT_ATTRIBUTES attributes;
    struct io_path path;
    char text[260];
    struct io_file *file = calloc(1, sizeof(*file));
    NTSTATUS status;

    if (file == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    win32_path(text, sizeof(text), name);
    InitializeObjectAttributes(&attributes, io_path(&path, text), OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = io_open_file(&attributes, &open, &file->file);
    if (NT_SUCCESS(status)) {
        status = ob_open_handle(file->file, open.access, 0, &file->handle);
        ob_dereference(file->file);
    }
    if (!NT_SUCCESS(status)) {
        free(file);
        return status;
    }
    *result = file;
    return status;
}

static NTSTATUS send(struct io_file *file, struct io_request *r, uint64_t *done)
{
    IO_STATUS_BLOCK iosb = { .Information = 0 };
    NTSTATUS status;

    r->file = &file->file->object;
    r->mode = UserMode;
    r->iosb = &iosb;
    status = io_file_request(r, true, &file->irp);
    if (done != NULL)
        *done = iosb.Information;
    return status;
}

NTSTATUS io_read(struct io_file *file, void *data, uint32_t size, uint64_t offset, uint64_t *done)
{
    struct io_request r = { .major = IRP_MJ_READ, .out_length = size, .offset = (LONGLONG)offset };
    struct user_buffer b;
    uint64_t got = 0;
    NTSTATUS status;

    if (!file->file->object.ReadAccess)
        return STATUS_ACCESS_DENIED;
    if (!user_buffer(&b, NULL, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    r.out = b.user;
    status = send(file, &r, &got);
    user_buffer_free(&b, data, NT_ERROR(status) ? 0 : got);
    if (done != NULL)
        *done = got;
    return status;
}

NTSTATUS io_write(struct io_file *file, const void *data, uint32_t size, uint64_t offset, uint64_t *done)
{
    struct io_request r = { .major = IRP_MJ_WRITE, .in_length = size, .offset = (LONGLONG)offset };
    struct user_buffer b;
    NTSTATUS status;

    if (!file->file->object.WriteAccess)
        return STATUS_ACCESS_DENIED;
    if (!user_buffer(&b, data, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    r.in = b.user;
    status = send(file, &r, done);
    user_buffer_free(&b, NULL, 0);
    return status;
}

static NTSTATUS check_code(const struct io_file *file, uint32_t code)
{
    uint32_t access = (code >> 14) & 3;

    if (((access & FILE_READ_ACCESS) && !file->file->object.ReadAccess) ||
        ((access & FILE_WRITE_ACCESS) && !file->file->object.WriteAccess))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

NTSTATUS io_ioctl(struct io_file *file, uint32_t code, const void *in, uint32_t in_size, void *out, uint32_t out_size,
                  uint64_t *done)
{
    struct io_request r = { .major = IRP_MJ_DEVICE_CONTROL, .code = code, .in_length = in_size, .out_length = out_size };
    struct user_buffer input, output;
    uint64_t got = 0;
    NTSTATUS status = check_code(file, code);

    if (!NT_SUCCESS(status))
        return status;
    if (!user_buffer(&input, in, in_size))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!user_buffer(&output, METHOD_FROM_CTL_CODE(code) == METHOD_IN_DIRECT ? out : NULL, out_size)) {
        user_buffer_free(&input, NULL, 0);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    r.in = input.user;
    r.out = output.user;
    status = send(file, &r, &got);
    user_buffer_free(&output, out, NT_ERROR(status) ? 0 : got);
    user_buffer_free(&input, NULL, 0);
    if (done != NULL)
        *done = got;
    return status;
}

void io_close(struct io_file *file)
{
    ob_close_handle(file->handle);
    free(file);
}

void io_cancel(struct io_file *file)
{
    if (file->irp != NULL)
        IoCancelIrp(file->irp);
}
