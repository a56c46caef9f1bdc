/* ring3 ctl read, write, ioctl: a device is opened, used and closed, in one connection. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/ctl.h"

#define LINE_MAX_BYTES (2u * 65536u + 2u)       /* of a frame in hexadecimal on stdin */

static void begin(struct message_line *line, const char *verb, uint64_t handle)
{
    message_begin(line, verb);
    message_add_number(line, "handle", handle);
}

static uint64_t number_of(struct ctl *ctl, const char *key)
{
    uint64_t value;

    return message_number(&ctl->reply, key, 0, UINT64_MAX, &value) ? value : 0;
}

static int ask_ioctl(struct ctl *ctl, uint64_t handle, uint32_t code, uint64_t length, const uint8_t *in, size_t in_size,
                     const uint8_t *direct, size_t direct_size)
{
    struct message_line line;
    uint8_t *both = malloc(in_size + direct_size + 1);
    int result;

    if (!both)
        return cli_fail(EXIT_HOST, "no memory");
    if (in_size)
        memcpy(both, in, in_size);
    if (direct_size)
        memcpy(both + in_size, direct, direct_size);
    begin(&line, "ioctl", handle);
    message_add_number(&line, "code", code);
    message_add_number(&line, "length", length > direct_size ? length : direct_size);
    if (direct_size)
        message_add_number(&line, "split", in_size);
    result = ctl_ask(ctl, &line, both, in_size + direct_size);
    free(both);
    return result;
}

/* --first=CODE[:DATA]: what the handle needs before it can be used. */
static int do_first(struct ctl *ctl, uint64_t handle, const char *text)
{
    char code_text[128];
    const char *colon = strchr(text, ':');
    uint8_t *data = NULL;
    size_t size = 0;
    uint32_t code;
    int result = EXIT_USAGE;

    snprintf(code_text, sizeof code_text, "%.*s", colon ? (int)(colon - text) : (int)strlen(text), text);
    if (!ctl_code(code_text, &code) || (colon && !ctl_data(colon + 1, &data, &size)))
        cli_fail(EXIT_USAGE, "--first=%s: %s", text, error_text());
    else
        result = ask_ioctl(ctl, handle, code, 0, data, size, NULL, 0);
    free(data);
    return result;
}

static int open_device(struct ctl *ctl, const char *access, uint64_t *handle)
{
    struct message_line line;
    int result = EXIT_GOOD;

    if (ctl->count < 2)
        return cli_fail(EXIT_USAGE, "%s needs a device, '\\\\.\\NAME'", ctl->argument[0]);
    message_begin(&line, "open");
    message_add(&line, "name", ctl->argument[1]);
    message_add(&line, "access", ctl->access ? ctl->access : access);
    result = ctl_ask(ctl, &line, NULL, 0);
    if (result == EXIT_GOOD)
        *handle = number_of(ctl, "handle");
    for (unsigned i = 0; result == EXIT_GOOD && i < ctl->first_count; i++)
        result = do_first(ctl, *handle, ctl->first[i]);
    return result;
}

static int close_device(struct ctl *ctl, uint64_t handle)
{
    struct message_line line;

    begin(&line, "close", handle);
    return ctl_ask(ctl, &line, NULL, 0);
}

static void print_answer(struct ctl *ctl)
{
    if (ctl->format == CTL_BINARY) {
        fwrite(ctl->data, 1, ctl->reply.size, stdout);
    } else if (ctl->format == CTL_JSON) {
        printf("{\"status\":%" PRIu64 ",\"information\":%" PRIu64 ",\"data\":\"", number_of(ctl, "status"), number_of(ctl, "information"));
        ctl_print_hex(ctl->data, ctl->reply.size);
        puts("\"}");
    } else {
        ctl_print_hex(ctl->data, ctl->reply.size);
        putchar('\n');
    }
    fflush(stdout);
}

/* --- read -------------------------------------------------------------------------------------------------------------------- */

int ctl_read(struct ctl *ctl)
{
    struct message_line line;
    uint64_t handle, offset = ctl->offset;
    int result = open_device(ctl, "rw", &handle);

    for (uint64_t n = 0; result == EXIT_GOOD && (n < ctl->reads || !ctl->reads); n++) {
        begin(&line, "read", handle);
        message_add_number(&line, "length", ctl->has_length ? ctl->length : 65536);
        message_add_number(&line, "offset", offset);
        result = ctl_ask(ctl, &line, NULL, 0);
        if (result != EXIT_GOOD)
            return result;
        print_answer(ctl);
        offset += ctl->reply.size;
        if (ferror(stdout))
            break;
    }
    return result == EXIT_GOOD ? close_device(ctl, handle) : result;
}

/* --- write --------------------------------------------------------------------------------------------------------------------- */

static int write_one(struct ctl *ctl, uint64_t handle, uint64_t offset, const uint8_t *data, size_t size)
{
    struct message_line line;
    int result;

    begin(&line, "write", handle);
    message_add_number(&line, "offset", offset);
    result = ctl_ask(ctl, &line, data, size);
    if (result == EXIT_GOOD && number_of(ctl, "information") != size)
        return cli_fail(EXIT_FINDINGS, "of %zu bytes %" PRIu64 " were written", size, number_of(ctl, "information"));
    return result;
}

static int write_pieces(struct ctl *ctl, uint64_t handle, const uint8_t *data, size_t size)
{
    size_t piece = ctl->has_length && ctl->length ? ctl->length : size, at = 0;
    int result;

    do {
        size_t n = size - at < piece ? size - at : piece;
        result = write_one(ctl, handle, ctl->offset + at, data + at, n);
        at += n;
    } while (result == EXIT_GOOD && at < size);
    return result;
}

/* One write a line of hexadecimal digits: what `read` prints. */
static int write_lines(struct ctl *ctl, uint64_t handle)
{
    static char text[LINE_MAX_BYTES];
    int result = EXIT_GOOD;

    while (result == EXIT_GOOD && fgets(text, sizeof text, stdin)) {
        uint8_t *data = NULL;
        size_t size;

        if (!strchr(text, '\n') && strlen(text) + 1 == sizeof text)
            return cli_fail(EXIT_USAGE, "a line of more than 65536 bytes on stdin");
        if (text[0] == '@' || !ctl_data(text, &data, &size))
            result = cli_fail(EXIT_USAGE, "stdin: %s", text[0] == '@' ? "not hexadecimal" : error_text());
        else if (size)
            result = write_one(ctl, handle, ctl->offset, data, size);
        free(data);
    }
    return result;
}

int ctl_write(struct ctl *ctl)
{
    bool lines = ctl->count < 3 && ctl->has_format && ctl->format == CTL_HEX;
    uint8_t *data = NULL;
    size_t size = 0;
    uint64_t handle;
    int result;

    if (!lines && !ctl_data(ctl->count < 3 ? "-" : ctl->argument[2], &data, &size))
        result = cli_fail(EXIT_USAGE, "%s", error_text());
    else
        result = open_device(ctl, "rw", &handle);
    if (result == EXIT_GOOD)
        result = lines ? write_lines(ctl, handle) : write_pieces(ctl, handle, data, size);
    if (result == EXIT_GOOD)
        result = close_device(ctl, handle);
    free(data);
    return result;
}

/* --- ioctl ----------------------------------------------------------------------------------------------------------------------- */

static int ioctl_with(struct ctl *ctl, uint32_t code, const uint8_t *in, size_t in_size, const uint8_t *direct, size_t direct_size)
{
    uint64_t handle;
    int result = open_device(ctl, "rw", &handle);

    if (result == EXIT_GOOD)
        result = ask_ioctl(ctl, handle, code, ctl->out_length, in, in_size, direct, direct_size);
    if (result != EXIT_GOOD)
        return result;
    if (ctl->reply.size || ctl->format == CTL_JSON)
        print_answer(ctl);
    return close_device(ctl, handle);
}

int ctl_ioctl(struct ctl *ctl)
{
    uint8_t *in = NULL, *direct = NULL;
    size_t in_size = 0, direct_size = 0;
    uint32_t code;
    int result;

    if (ctl->count < 3)
        return cli_fail(EXIT_USAGE, "ioctl needs a device and a control code");
    if (!ctl_code(ctl->argument[2], &code) || (ctl->in && !ctl_data(ctl->in, &in, &in_size)) ||
        (ctl->direct && !ctl_data(ctl->direct, &direct, &direct_size)))
        result = cli_fail(EXIT_USAGE, "%s", error_text());
    else
        result = ioctl_with(ctl, code, in, in_size, direct, direct_size);
    free(in);
    free(direct);
    return result;
}
