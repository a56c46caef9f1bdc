/* A small iSCSI target (RFC 7143: one connection a session, no digests, no recovery) in front of disks of a computer: each session is an
 * I_T nexus of its own and gets one of the drives, which are ways to one logical unit. Commands go down by IOCTL_SCSI_PASS_THROUGH. */
#ifndef ISCSI_TARGET_H
#define ISCSI_TARGET_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "ring3.h"

#define TARGET_NAME "iqn.2026-11.test:disk"
#define SESSIONS 8
#define NEXUSES 2
#define DATA_MOST (1u << 20)            /* what the adapter takes at once; MAXIMUM TRANSFER LENGTH says so */
#define SEGMENT 65536u                  /* bytes of a Data-In PDU, and asked for by an R2T */
#define IOCTL_SCSI_PASS_THROUGH 0x0004D004u
#define IOCTL_STORAGE_RESET_DEVICE 0x002D5004u

enum { NOP_OUT, SCSI_COMMAND, TASK_MANAGEMENT, LOGIN, TEXT, DATA_OUT, LOGOUT };

struct session {
    int fd;
    unsigned nexus;
    bool full;                          /* login is over */
    uint32_t stat_sn, cmd_sn;
};

struct pass_through {                   /* SCSI_PASS_THROUGH of a 64-bit program, and what is behind it */
    uint16_t length;
    uint8_t status, path, target, lun, cdb_length, sense_length, direction;
    uint32_t data_length, timeout;
    uint64_t data_offset;
    uint32_t sense_offset;
    uint8_t cdb[16], tail[4], sense[252];
    uint8_t data[DATA_MOST];
};

static struct iscsi {
    struct ring3_file *drive[NEXUSES];
    unsigned drives;
    struct session session[SESSIONS];
    struct pass_through io;
    uint8_t text[65536 + 8];
} iscsi;

static uint32_t get_number(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    while (size--)
        value = value << 8 | *at++;
    return value;
}

static void put_number(uint8_t *at, uint32_t value, unsigned size)
{
    while (size--) {
        at[size] = (uint8_t)value;
        value >>= 8;
    }
}

/* The computer's tick interrupts what waits. The other end holds data back until what it sent before is acknowledged. */
static bool receive(struct session *s, void *to, size_t size)
{
    int one = 1;

    setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
    for (uint8_t *at = to; size;) {
        ssize_t n = recv(s->fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool put_all(struct session *s, const void *from, size_t size, int flags)
{
    for (const uint8_t *at = from; size;) {
        ssize_t n = send(s->fd, at, size, MSG_NOSIGNAL | flags);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool transmit(struct session *s, uint8_t *head, const void *data, uint32_t size)
{
    static const uint8_t pad[4];

    put_number(head + 5, size, 3);
    put_number(head + 28, s->cmd_sn, 4);
    put_number(head + 32, s->cmd_sn + 32, 4);
    return put_all(s, head, 48, size ? MSG_MORE : 0) && put_all(s, data, size, -size & 3 ? MSG_MORE : 0) && put_all(s, pad, -size & 3, 0);
}

static void reply_to(const uint8_t *request, uint8_t opcode, uint8_t *head)
{
    memset(head, 0, 48);
    head[0] = opcode;
    head[1] = 0x80;
    memcpy(head + 16, request + 16, 4);
}

static void stamp(struct session *s, uint8_t *head)
{
    put_number(head + 24, s->stat_sn++, 4);
}

/* --- login and text ---------------------------------------------------------------------------------------------------- */

static const char *value_of(const char *text, uint32_t size, const char *key)
{
    size_t length = strlen(key);

    for (const char *at = text; at < text + size; at += strlen(at) + 1)
        if (!strncmp(at, key, length) && at[length] == '=')
            return at + length + 1;
    return NULL;
}

static uint32_t add(char *to, uint32_t at, const char *key, const char *value)
{
    return at + (uint32_t)sprintf(to + at, "%s=%s", key, value) + 1;
}

/* The lowest that no other session has. */
static unsigned free_nexus(const struct session *own)
{
    for (unsigned n = 0; n < NEXUSES; n++) {
        bool used = false;

        for (unsigned i = 0; i < SESSIONS; i++)
            used |= &iscsi.session[i] != own && iscsi.session[i].fd >= 0 && iscsi.session[i].full && iscsi.session[i].nexus == n;
        if (!used)
            return n;
    }
    return NEXUSES - 1;
}

static bool log_in(struct session *s, const uint8_t *request, uint32_t size)
{
    static const char *const answers[][2] = {
        { "AuthMethod", "None" }, { "HeaderDigest", "None" }, { "DataDigest", "None" }, { "InitialR2T", "Yes" }, { "ImmediateData", "Yes" },
        { "MaxBurstLength", "65536" }, { "FirstBurstLength", "65536" }, { "MaxConnections", "1" }, { "DefaultTime2Wait", "2" },
        { "DefaultTime2Retain", "0" }, { "MaxOutstandingR2T", "1" }, { "ErrorRecoveryLevel", "0" }, { "DataPDUInOrder", "Yes" },
        { "DataSequenceInOrder", "Yes" }, { "MaxRecvDataSegmentLength", "65536" },
    };
    const char *text = (const char *)iscsi.text, *name = value_of(text, size, "InitiatorName");
    char answer[2048];
    uint8_t head[48];
    uint32_t at = 0;

    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
        if (value_of(text, size, answers[i][0]))
            at = add(answer, at, answers[i][0], answers[i][1]);
    if (name) {
        s->nexus = free_nexus(s);
        at = add(answer, at, "TargetPortalGroupTag", "1");
    }
    reply_to(request, 0x23, head);
    head[1] = request[1] & 0x8f;
    memcpy(head + 8, request + 8, 6);
    s->full = (request[1] & 0x83) == 0x83;
    put_number(head + 14, s->full ? 1 : get_number(request + 14, 2), 2);
    stamp(s, head);
    return transmit(s, head, answer, at);
}

static bool send_targets(struct session *s, const uint8_t *request)
{
    static const char answer[] = "TargetName=" TARGET_NAME;
    uint8_t head[48];

    reply_to(request, 0x24, head);
    put_number(head + 20, UINT32_MAX, 4);
    stamp(s, head);
    return transmit(s, head, answer, sizeof answer);
}

/* --- commands -------------------------------------------------------------------------------------------------------------- */

/* What of the data did not come with the command. */
static bool take_data(struct session *s, const uint8_t *command, uint32_t have, uint32_t size)
{
    uint8_t head[48];
    uint32_t turn = 0;

    while (have < size) {
        uint32_t part = size - have < SEGMENT ? size - have : SEGMENT, end = have + part;

        reply_to(command, 0x31, head);
        memcpy(head + 8, command + 8, 8);
        put_number(head + 20, 1, 4);
        put_number(head + 24, s->stat_sn, 4);
        put_number(head + 36, turn++, 4);
        put_number(head + 40, have, 4);
        put_number(head + 44, part, 4);
        if (!transmit(s, head, NULL, 0))
            return false;
        while (have < end) {
            uint8_t pad[4];
            if (!receive(s, head, 48) || (head[0] & 0x3f) != DATA_OUT)
                return false;
            uint32_t got = get_number(head + 5, 3), at = get_number(head + 40, 4);
            if (at != have || got > end - have || !receive(s, iscsi.io.data + at, got) || !receive(s, pad, -got & 3))
                return false;
            have += got;
        }
    }
    return true;
}

static bool send_data(struct session *s, const uint8_t *command, uint32_t size)
{
    uint8_t head[48];

    for (uint32_t at = 0, number = 0; at < size; at += SEGMENT, number++) {
        uint32_t part = size - at < SEGMENT ? size - at : SEGMENT;

        reply_to(command, 0x25, head);
        head[1] = at + part == size ? 0x80 : 0;
        put_number(head + 20, UINT32_MAX, 4);
        put_number(head + 36, number, 4);
        put_number(head + 40, at, 4);
        if (!transmit(s, head, iscsi.io.data + at, part))
            return false;
    }
    return true;
}

/* The drive's answer: bytes that were moved, or UINT32_MAX when the command did not get to the device. */
static uint32_t execute(struct session *s, const uint8_t *command, uint32_t size)
{
    struct pass_through *io = &iscsi.io;
    bool in = command[1] & 0x40, out = command[1] & 0x20;
    uint32_t head = offsetof(struct pass_through, data);
    uint64_t done;

    io->length = 56;
    io->cdb_length = 16;
    io->sense_length = sizeof io->sense;
    io->sense_offset = offsetof(struct pass_through, sense);
    io->direction = in ? 1 : out ? 0 : 2;
    io->data_length = size;
    io->data_offset = head;
    io->timeout = 30;
    memcpy(io->cdb, command + 32, 16);
    memset(io->sense, 0, sizeof io->sense);
    if (!ring3_file_ioctl(iscsi.drive[s->nexus < iscsi.drives ? s->nexus : 0], IOCTL_SCSI_PASS_THROUGH, io, head + (out ? size : 0), io,
                          head + (in ? size : 0), &done, NULL))
        return UINT32_MAX;
    return io->data_length;
}

/* ILLEGAL REQUEST by the target itself. */
static uint32_t refuse(uint8_t code)
{
    static const uint8_t sense[18] = { 0x70, 0, 5, 0, 0, 0, 0, 10 };

    memcpy(iscsi.io.sense, sense, sizeof sense);
    iscsi.io.sense[12] = code;
    iscsi.io.sense_length = sizeof sense;
    iscsi.io.status = 2;
    return 0;
}

static bool scsi(struct session *s, const uint8_t *command, uint32_t immediate)
{
    uint32_t size = get_number(command + 20, 4), got;
    uint8_t head[48], sense[2 + 252];
    bool in = command[1] & 0x40, moves = command[1] & 0x60;

    if (command[9])
        got = refuse(0x25);
    else if (size > DATA_MOST)
        got = refuse(0x24);
    else if (!in && moves && !take_data(s, command, immediate, size))
        return false;
    else
        got = execute(s, command, moves ? size : 0);
    reply_to(command, 0x21, head);
    head[2] = got == UINT32_MAX;        /* target failure */
    head[3] = got == UINT32_MAX ? 0 : iscsi.io.status;
    got = got == UINT32_MAX ? 0 : got;
    if (in && got && !send_data(s, command, got))
        return false;
    if (moves && got < size) {
        head[1] |= 0x02;
        put_number(head + 44, size - got, 4);
    }
    put_number(head + 36, in ? (got + SEGMENT - 1) / SEGMENT : 0, 4);
    stamp(s, head);
    if (head[3] != 2)
        return transmit(s, head, NULL, 0);
    put_number(sense, iscsi.io.sense_length, 2);
    memcpy(sense + 2, iscsi.io.sense, iscsi.io.sense_length);
    return transmit(s, head, sense, 2u + iscsi.io.sense_length);
}

static bool manage(struct session *s, const uint8_t *request)
{
    uint8_t function = request[1] & 0x7f, head[48];

    reply_to(request, 0x22, head);
    if (function >= 5 && function <= 7)
        head[2] = ring3_file_ioctl(iscsi.drive[0], IOCTL_STORAGE_RESET_DEVICE, NULL, 0, NULL, 0, NULL, NULL) ? 0 : 255;
    else
        head[2] = function == 1 ? 1 : 0;        /* every command is over when the next request is read: no such task */
    stamp(s, head);
    return transmit(s, head, NULL, 0);
}

/* --- sessions -------------------------------------------------------------------------------------------------------------- */

static bool answer_nop(struct session *s, const uint8_t *request, uint32_t size)
{
    uint8_t head[48];

    if (get_number(request + 16, 4) == UINT32_MAX)
        return true;
    reply_to(request, 0x20, head);
    put_number(head + 20, UINT32_MAX, 4);
    stamp(s, head);
    return transmit(s, head, iscsi.text, size);
}

/* What a session had reserved goes with it: RELEASE (6), which an I_T nexus loss means for the unit. */
static void nexus_lost(struct session *s)
{
    uint8_t command[48] = { SCSI_COMMAND };

    command[32] = 0x17;
    if (s->full)
        execute(s, command, 0);
}

static bool log_out(struct session *s, const uint8_t *request)
{
    uint8_t head[48];

    reply_to(request, 0x26, head);
    stamp(s, head);
    transmit(s, head, NULL, 0);
    return false;
}

/* One PDU; false: the session is over. */
static bool serve(struct session *s)
{
    uint8_t head[48], extra[1024];

    if (!receive(s, head, 48))
        return false;
    uint32_t size = get_number(head + 5, 3), opcode = head[0] & 0x3f;
    uint8_t *to = opcode == SCSI_COMMAND ? iscsi.io.data : iscsi.text;
    if (!receive(s, extra, 4u * head[4]) || size > sizeof iscsi.text - 8 || !receive(s, to, (size + 3) & ~3u))
        return false;
    if (opcode != SCSI_COMMAND)
        to[size] = 0;
    if (opcode != DATA_OUT && !(head[0] & 0x40))
        s->cmd_sn = get_number(head + 24, 4) + 1;
    else if (opcode == LOGIN)
        s->cmd_sn = get_number(head + 24, 4);
    switch (opcode) {
    case NOP_OUT: return answer_nop(s, head, size);
    case SCSI_COMMAND: return s->full && scsi(s, head, size);
    case TASK_MANAGEMENT: return manage(s, head);
    case LOGIN: return log_in(s, head, size);
    case TEXT: return send_targets(s, head);
    case LOGOUT: return log_out(s, head);
    default: return false;
    }
}

/* Until the other end of `stop` is closed. */
static void iscsi_serve(int listener, int stop)
{
    struct pollfd fds[SESSIONS + 2];
    int one = 1;

    for (unsigned i = 0; i < SESSIONS; i++)
        iscsi.session[i].fd = -1;
    for (;;) {
        fds[0] = (struct pollfd){ stop, POLLIN, 0 };
        fds[1] = (struct pollfd){ listener, POLLIN, 0 };
        for (unsigned i = 0; i < SESSIONS; i++)
            fds[i + 2] = (struct pollfd){ iscsi.session[i].fd, POLLIN, 0 };
        if (poll(fds, SESSIONS + 2, -1) < 0)
            continue;
        if (fds[0].revents)
            return;
        for (unsigned i = 0; i < SESSIONS; i++)
            if (fds[i + 2].revents && !serve(&iscsi.session[i])) {
                nexus_lost(&iscsi.session[i]);
                close(iscsi.session[i].fd);
                iscsi.session[i].fd = -1;
            }
        for (unsigned i = 0; fds[1].revents && i < SESSIONS; i++)
            if (iscsi.session[i].fd < 0) {
                iscsi.session[i] = (struct session){ .fd = accept(listener, NULL, NULL), .stat_sn = 1 };
                setsockopt(iscsi.session[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                break;
            }
    }
}

/* A listening socket of the loopback; *port gets its number. */
static int iscsi_listen(unsigned *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, SESSIONS) == 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

#endif
