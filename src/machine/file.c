/* Files and devices, as a user-mode program of the computer opens them. */
#include <stdlib.h>

#include "base/error.h"
#include "machine/machine.h"
#include "nt/io.h"

struct ring3_file {
    struct io_file *io;
};

enum operation { OPEN, READ, WRITE, IOCTL, CLOSE };

struct file_call {
    enum operation operation;
    const char *name;
    uint32_t access, code;
    struct ring3_file *file;
    const void *in;
    uint32_t in_size;
    void *out;
    uint32_t out_size;
    uint64_t offset, done;
    NTSTATUS status;
};

static void perform(void *arg)
{
    struct file_call *c = arg;

    switch (c->operation) {
    case OPEN: c->status = io_open(c->name, c->access, &c->file->io); break;
    case READ: c->status = io_read(c->file->io, c->out, c->out_size, c->offset, &c->done); break;
    case WRITE: c->status = io_write(c->file->io, c->in, c->in_size, c->offset, &c->done); break;
    case IOCTL:
        c->status = io_ioctl(c->file->io, c->code, c->in, c->in_size, c->out, c->out_size, &c->done);
        break;
    case CLOSE: io_close(c->file->io); break;
    }
}

static bool run(struct file_call *call, const char *what, uint64_t *done, uint32_t *status)
{
    bool ran = machine_call(perform, call);

    if (done)
        *done = call->done;
    if (status)
        *status = ran ? (uint32_t)call->status : 0;
    if (!ran)
        return false;
    return NT_SUCCESS(call->status) || error_set("%s failed with status 0x%08x", what, (unsigned)call->status);
}

struct ring3_file *ring3_file_open(struct ring3_computer *computer, const char *name, bool writable)
{
    struct ring3_file *file = calloc(1, sizeof *file);
    struct file_call call = { .operation = OPEN, .name = name, .file = file,
                              .access = FILE_READ_DATA | (writable ? FILE_WRITE_DATA : 0) };

    if (!file)
        return error_set("no memory"), NULL;
    if (run(&call, name, NULL, NULL))
        return file;
    free(file);
    return NULL;
}

bool ring3_file_read(struct ring3_file *file, void *data, uint32_t size, uint64_t offset, uint64_t *done, uint32_t *status)
{
    struct file_call call = { .operation = READ, .file = file, .out = data, .out_size = size, .offset = offset };

    return run(&call, "read", done, status);
}

bool ring3_file_write(struct ring3_file *file, const void *data, uint32_t size, uint64_t offset, uint64_t *done,
                      uint32_t *status)
{
    struct file_call call = { .operation = WRITE, .file = file, .in = data, .in_size = size, .offset = offset };

    return run(&call, "write", done, status);
}

bool ring3_file_ioctl(struct ring3_file *file, uint32_t code, const void *in, uint32_t in_size, void *out,
                      uint32_t out_size, uint64_t *done, uint32_t *status)
{
    struct file_call call = { .operation = IOCTL, .file = file, .code = code, .in = in, .in_size = in_size,
                              .out = out, .out_size = out_size };

    return run(&call, "ioctl", done, status);
}

void ring3_file_close(struct ring3_file *file)
{
    struct file_call call = { .operation = CLOSE, .file = file };

    run(&call, "close", NULL, NULL);
    free(file);
}
