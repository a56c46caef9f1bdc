/* Verbs of files: what a user-mode program does with CreateFile, ReadFile, WriteFile and DeviceIoControl. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "machine/ctl_session.h"
#include "nt/io.h"

#define LENGTH_MAX MESSAGE_DATA

static struct io_file *file_of(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    uint64_t handle;

    if (!ctl_number(request, "handle", 0, UINT32_MAX, &handle, reply))
        return NULL;
    if (handle < 1 || handle > CTL_FILES || !s->files[handle - 1])
        return ctl_fail(reply, CTL_USAGE, "handle %llu is not open", (unsigned long long)handle), NULL;
    return s->files[handle - 1];
}

void ctl_close_files(struct ctl_session *s)
{
    for (unsigned i = 0; i < CTL_FILES; i++)
        if (s->files[i]) {
            io_close(s->files[i]);
            s->files[i] = NULL;
        }
}

static bool access_of(const struct message *request, ACCESS_MASK *access, struct ctl_reply *reply)
{
    const char *text = message_value(request, "access");

    *access = 0;
    for (const char *c = text ? text : "rw"; *c; c++)
        if (*c == 'r')
            *access |= FILE_READ_DATA;
        else if (*c == 'w')
            *access |= FILE_WRITE_DATA;
        else
            return ctl_fail(reply, CTL_USAGE, "access=%.20s is not r, w or rw", text);
    return true;
}

static void verb_open(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    const char *name = ctl_text(request, "name", reply);
    unsigned handle = 0;
    ACCESS_MASK access;
    NTSTATUS status;

    if (!name || !access_of(request, &access, reply))
        return;
    while (handle < CTL_FILES && s->files[handle])
        handle++;
    if (handle == CTL_FILES) {
        ctl_fail(reply, CTL_USAGE, "a client has at most %d open handles", CTL_FILES);
        return;
    }
    status = io_open(name, access, &s->files[handle]);
    if (NT_SUCCESS(status))
        message_add_number(&reply->line, "handle", handle + 1);
    else
        ctl_fail_status(reply, name, (uint32_t)status);
}

static void verb_close(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct io_file *file = file_of(s, request, reply);

    if (!file)
        return;
    for (unsigned i = 0; i < CTL_FILES; i++)
        if (s->files[i] == file)
            s->files[i] = NULL;
    io_close(file);
}

/* A request came back: what the driver answered, and the data it gave. A warning is a failure, as for a program, but when it says that
 * only a part of the data fits. */
static void answer(struct ctl_reply *reply, const char *what, NTSTATUS status, uint64_t done, uint32_t room)
{
    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) {
        ctl_fail_status(reply, what, (uint32_t)status);
        return;
    }
    message_add_number(&reply->line, "status", (uint32_t)status);
    message_add_number(&reply->line, "information", done);
    reply->size = done < room ? (uint32_t)done : room;
}

static bool make_room(struct ctl_reply *reply, uint64_t length)
{
    if (!length)
        return true;
    reply->data = malloc(length);
    return reply->data || ctl_fail(reply, CTL_HOST, "no memory for %llu bytes", (unsigned long long)length);
}

static void verb_read(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct io_file *file = file_of(s, request, reply);
    uint64_t length, offset, done = 0;
    NTSTATUS status;

    if (!file || !ctl_number(request, "length", 65536, LENGTH_MAX, &length, reply) ||
        !ctl_number(request, "offset", 0, INT64_MAX, &offset, reply) || !make_room(reply, length))
        return;
    s->active = file;
    status = io_read(file, reply->data, (uint32_t)length, offset, &done);
    s->active = NULL;
    answer(reply, "read", status, done, (uint32_t)length);
}

static void verb_write(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct io_file *file = file_of(s, request, reply);
    uint64_t offset, done = 0;
    NTSTATUS status;

    if (!file || !ctl_number(request, "offset", 0, INT64_MAX, &offset, reply))
        return;
    s->active = file;
    status = io_write(file, s->connection->data, request->size, offset, &done);
    s->active = NULL;
    answer(reply, "write", status, done, 0);
}

/* METHOD_IN_DIRECT: what is behind `split` bytes of the data is in the output buffer when the driver gets it. */
static bool fill_output(struct ctl_session *s, struct ctl_reply *reply, uint64_t split, uint64_t length)
{
    uint32_t more = s->connection->request.size - (uint32_t)split;

    if (length)
        memset(reply->data, 0, length);
    if (more > length)
        return ctl_fail(reply, CTL_USAGE, "%u bytes of output buffer do not fit in length=%llu", more, (unsigned long long)length);
    if (more)
        memcpy(reply->data, s->connection->data + split, more);
    return true;
}

static void verb_ioctl(struct ctl_session *s, const struct message *request, struct ctl_reply *reply)
{
    struct io_file *file = file_of(s, request, reply);
    uint64_t code, length, split, done = 0;
    NTSTATUS status;

    if (!file || !ctl_text(request, "code", reply) || !ctl_number(request, "code", 0, UINT32_MAX, &code, reply) ||
        !ctl_number(request, "length", 0, LENGTH_MAX, &length, reply) ||
        !ctl_number(request, "split", request->size, request->size, &split, reply) || !make_room(reply, length) ||
        !fill_output(s, reply, split, length))
        return;
    s->active = file;
    status = io_ioctl(file, (uint32_t)code, s->connection->data, (uint32_t)split, reply->data, (uint32_t)length, &done);
    s->active = NULL;
    answer(reply, "ioctl", status, done, (uint32_t)length);
}

CTL_VERB(open_verb) = { .name = "open", .run = verb_open };
CTL_VERB(close_verb) = { .name = "close", .run = verb_close };
CTL_VERB(read_verb) = { .name = "read", .run = verb_read };
CTL_VERB(write_verb) = { .name = "write", .run = verb_write };
CTL_VERB(ioctl_verb) = { .name = "ioctl", .run = verb_ioctl };
