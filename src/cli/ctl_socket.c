/* The way to a running computer. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/ctl.h"
#include "host/dir.h"
#include "host/memory.h"
#include "host/runtime.h"
#include "host/stream.h"

/* The sockets in the runtime directory behind which somebody listens; the others are left by computers that were killed. */
static int find_one(struct ctl *ctl)
{
    char dir[80], path[400], found[2048] = "";
    char **names = host_runtime_dir(dir, sizeof dir, false) ? host_list_dir(dir, ".ctl") : NULL;
    unsigned count = 0;

    for (int i = 0; names && names[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        int fd = host_stream_connect(path);
        if (fd == HOST_NOBODY)
            host_local_remove(path);
        if (fd < 0)
            continue;
        snprintf(found + strlen(found), sizeof found - strlen(found), "\n  --socket=%s", path);
        if (count++)
            host_close(fd);
        else
            ctl->fd = fd;
    }
    host_free_names(names);
    if (count == 1)
        return EXIT_GOOD;
    if (count)
        host_close(ctl->fd);
    ctl->fd = -1;
    if (count)
        return cli_fail(EXIT_USAGE, "%u computers are running, say which:%s", count, found);
    return cli_fail(EXIT_HOST, "no computer with a control socket is running (ring3 run makes one, on the real clock)");
}

int ctl_connect(struct ctl *ctl)
{
    ctl->fd = -1;
    if (!ctl->socket)
        return find_one(ctl);
    ctl->fd = host_stream_connect(ctl->socket);
    if (ctl->fd == HOST_NOBODY)
        return cli_fail(EXIT_HOST, "%s: nobody listens there", ctl->socket);
    return ctl->fd >= 0 ? EXIT_GOOD : cli_fail(EXIT_HOST, "%s", error_text());
}

void ctl_disconnect(struct ctl *ctl)
{
    if (ctl->fd >= 0)
        host_close(ctl->fd);
    free(ctl->data);
    ctl->data = NULL;
    ctl->fd = -1;
}

static bool wait_for(struct ctl *ctl, short events)
{
    struct pollfd p = { ctl->fd, events, 0 };
    int timeout = ctl->timeout_ns ? (int)((ctl->timeout_ns + 999999) / 1000000) : -1;
    int n;

    do
        n = poll(&p, 1, timeout);
    while (n < 0 && errno == EINTR);
    return n > 0 || error_set("%s", n ? strerror(errno) : "no answer in the time of --timeout; the request is cancelled");
}

static bool send_all(struct ctl *ctl, const void *data, size_t size)
{
    const uint8_t *at = data;

    while (size) {
        struct iovec part = { (void *)(uintptr_t)at, size };
        long n = host_stream_send(ctl->fd, &part, 1);

        if (n == HOST_GONE || (n == HOST_NONE_NOW && !wait_for(ctl, POLLOUT)))
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool receive(struct ctl *ctl, void *data, size_t size)
{
    uint8_t *at = data;

    while (size) {
        struct iovec part = { at, size };
        long n = host_stream_receive(ctl->fd, &part, 1);

        if (n == HOST_GONE)
            return error_set("the computer has ended the connection");
        if (n == HOST_NONE_NOW && !wait_for(ctl, POLLIN))
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool receive_reply(struct ctl *ctl)
{
    char line[MESSAGE_LINE];
    size_t length = 0;

    do {
        if (length == sizeof line)
            return error_set("the answer has no end");
        if (!receive(ctl, line + length, 1))
            return false;
    } while (line[length++] != '\n');
    if (!message_parse(&ctl->reply, line, length - 1))
        return error_prefix("the answer is malformed");
    free(ctl->data);
    ctl->data = malloc((size_t)ctl->reply.size + 1);
    if (!ctl->data)
        return error_set("no memory");
    ctl->data[ctl->reply.size] = 0;
    return receive(ctl, ctl->data, ctl->reply.size);
}

static int exit_code_of(const char *kind)
{
    static const struct { const char *kind; int code; } codes[] = {
        { "status", EXIT_FINDINGS }, { "usage", EXIT_USAGE }, { "missing", EXIT_MISSING }, { "driver", EXIT_FINDINGS },
        { "host", EXIT_HOST }, { "protocol", EXIT_USAGE }, { "gone", EXIT_FINDINGS },
    };

    for (size_t i = 0; kind && i < sizeof codes / sizeof codes[0]; i++)
        if (!strcmp(kind, codes[i].kind))
            return codes[i].code;
    return EXIT_HOST;
}

int ctl_ask(struct ctl *ctl, struct message_line *line, const void *data, size_t size)
{
    const char *text;

    if (size > MESSAGE_DATA)
        return cli_fail(EXIT_USAGE, "at most %u bytes at once", MESSAGE_DATA);
    if (!message_end(line, (uint32_t)size))
        return cli_fail(EXIT_USAGE, "%s", error_text());
    if (!send_all(ctl, line->text, line->length) || !send_all(ctl, data, size) || !receive_reply(ctl))
        return cli_fail(ctl->timeout_ns ? EXIT_FINDINGS : EXIT_HOST, "%s", error_text());
    if (!strcmp(ctl->reply.word, "ok"))
        return EXIT_GOOD;
    text = message_value(&ctl->reply, "text");
    return cli_fail(exit_code_of(message_value(&ctl->reply, "kind")), "%s", text ? text : (const char *)ctl->data);
}
