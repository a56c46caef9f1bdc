/* ring3 ctl and its relatives: clients of a running computer's control socket. docs/design/ctl.md has the protocol. */
#ifndef CLI_CTL_H
#define CLI_CTL_H

#include "base/message.h"
#include "cli/verb.h"

#define CTL_ARGUMENTS 16
#define CTL_FIRST 8

enum ctl_format { CTL_HEX, CTL_BINARY, CTL_JSON, CTL_TEXT, CTL_DOT };

struct ctl {
    const char *socket;                 /* NULL: the only computer that runs */
    const char *argument[CTL_ARGUMENTS];
    unsigned count;                     /* of arguments */
    uint64_t length, reads, offset, out_length, timeout_ns;
    bool has_length, has_format, surprise, critical;
    const char *in, *direct, *access;
    const char *first[CTL_FIRST];       /* --first: CODE[:DATA] */
    unsigned first_count;
    enum ctl_format format;
    const char *format_name;

    int fd;
    struct message reply;
    uint8_t *data;                      /* behind the reply; reply.size bytes and a NUL */
};

/* ctl_socket.c. They return an exit code; when it is not EXIT_GOOD, the sentence is on stderr. */
int ctl_connect(struct ctl *ctl);
/* Sends a request and waits for its answer, which is then in ctl->reply and ctl->data until the next. */
int ctl_ask(struct ctl *ctl, struct message_line *line, const void *data, size_t size);
void ctl_disconnect(struct ctl *ctl);

/* ctl_data.c. False with error_text(). */
/* DATA: hexadecimal digits (blanks, colons and dashes between them do not count), @FILE, - (stdin), text:..., wide:... (UTF-16) or
 * zero:N. malloc'ed, even when empty. */
bool ctl_data(const char *text, uint8_t **data, size_t *size);
/* A control code: a number, or DEVICE,FUNCTION,METHOD,ACCESS as CTL_CODE takes them. */
bool ctl_code(const char *text, uint32_t *code);
void ctl_print_hex(const uint8_t *data, size_t size);

/* ctl_file.c: read, write, ioctl on a device. */
int ctl_read(struct ctl *ctl);
int ctl_write(struct ctl *ctl);
int ctl_ioctl(struct ctl *ctl);

/* ctl_network.c: bind and unbind, order, reconfigure, wake, set. */
int ctl_bind(struct ctl *ctl);
int ctl_order(struct ctl *ctl);
int ctl_reconfigure(struct ctl *ctl);
int ctl_wake(struct ctl *ctl);
int ctl_set(struct ctl *ctl);

/* ctl.c: asks for a text about the computer and prints it. */
int ctl_dump(struct ctl *ctl, const char *what);
bool ctl_take_socket(void *target, const char *value);
bool ctl_take_format(void *target, const char *value);

#endif
