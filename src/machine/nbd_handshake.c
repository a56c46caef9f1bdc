/* Fixed newstyle negotiation: the client's flags, then options until one of them begins the transmission phase. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "machine/nbd_internal.h"

#define MAGIC 0x4e42444d41474943ull     /* "NBDMAGIC" */
#define OPTION_MAGIC 0x49484156454F5054ull      /* "IHAVEOPT" */
#define REPLY_MAGIC 0x3e889045565a9ull
#define OPTION_BYTES 16u
#define CONTEXT "base:allocation"

enum { FIXED_NEWSTYLE = 1, NO_ZEROES = 2 };
enum { OPT_EXPORT_NAME = 1, OPT_ABORT, OPT_LIST, OPT_INFO = 6, OPT_GO, OPT_STRUCTURED, OPT_LIST_CONTEXT, OPT_SET_CONTEXT };
enum { REP_ACK = 1, REP_SERVER, REP_INFO, REP_CONTEXT };
#define REP_ERR_UNSUP 0x80000001u
#define REP_ERR_INVALID 0x80000003u
#define REP_ERR_UNKNOWN 0x80000006u
#define REP_ERR_TOO_BIG 0x80000009u
enum { INFO_EXPORT, INFO_NAME, INFO_DESCRIPTION, INFO_BLOCK_SIZE };
enum {
    HAS_FLAGS = 1, READ_ONLY = 2, SEND_FLUSH = 4, SEND_FUA = 8, SEND_TRIM = 32, SEND_ZEROES = 64, SEND_DF = 128, MULTI_CONN = 256
};

/* --- what is said ----------------------------------------------------------------------------------------------------------- */

/* Room for `size` bytes that go out; a client that asks faster than it reads the answers has none. */
static uint8_t *out(struct nbd_connection *c, unsigned size)
{
    static uint8_t nowhere[NBD_OUT];
    uint8_t *at = c->out + c->out_have;

    if (c->state == NBD_S_DEAD || NBD_OUT - c->out_have < size) {
        nbd_drop(c, "it does not read the answers to its options");
        return nowhere;
    }
    c->out_have += size;
    return at;
}

/* The head of an option's reply; the caller fills the `size` bytes behind it. */
static uint8_t *reply(struct nbd_connection *c, uint32_t type, unsigned size)
{
    uint8_t *at = nbd_put(out(c, 20 + size), REPLY_MAGIC, 8);

    at = nbd_put(at, c->option, 4);
    at = nbd_put(at, type, 4);
    return nbd_put(at, size, 4);
}

static void refuse(struct nbd_connection *c, uint32_t type, const char *why)
{
    memcpy(reply(c, type, (unsigned)strlen(why)), why, strlen(why));
}

void nbd_greet(struct nbd_connection *c)
{
    uint8_t *at = nbd_put(out(c, 18), MAGIC, 8);

    at = nbd_put(at, OPTION_MAGIC, 8);
    nbd_put(at, FIXED_NEWSTYLE | NO_ZEROES, 2);
}

static uint16_t transmission_flags(const struct nbd_connection *c, const struct nbd_info *info)
{
    unsigned flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA | MULTI_CONN;

    if (info->read_only)
        flags |= READ_ONLY;
    else
        flags |= SEND_ZEROES | (info->trim ? SEND_TRIM : 0);
    return (uint16_t)(flags | (c->structured ? SEND_DF : 0));
}

/* --- exports ------------------------------------------------------------------------------------------------------------------ */

static bool query(struct nbd_connection *c, unsigned number, struct nbd_info *info)
{
    const struct nbd_backend *backend = c->server->backend;

    memset(info, 0, sizeof *info);
    return backend->query(backend->context, number, info);
}

/* "" is the first disk there is. */
static bool find_export(struct nbd_connection *c, const char *name, unsigned *number, struct nbd_info *info)
{
    unsigned count = c->server->backend->count(c->server->backend->context);
    char *end;

    for (*number = 0; !name[0] && *number < count; ++*number)
        if (query(c, *number, info))
            return true;
    if (!strncmp(name, "\\\\.\\", 4))
        name += 4;
    if (strncasecmp(name, "PhysicalDrive", 13) || name[13] < '0' || name[13] > '9')
        return false;
    unsigned long value = strtoul(name + 13, &end, 10);
    *number = (unsigned)value;
    return !*end && value < count && query(c, *number, info);
}

static bool enter(struct nbd_connection *c, unsigned number, const struct nbd_info *info)
{
    const struct nbd_backend *backend = c->server->backend;

    c->requests = calloc(NBD_REQUESTS, sizeof *c->requests);
    c->disk = c->requests ? backend->open(backend->context, number) : NULL;
    if (!c->disk)
        return false;
    for (unsigned i = 0; i < NBD_REQUESTS; i++) {
        c->requests[i].connection = c;
        list_push_back(&c->free, &c->requests[i].link);
    }
    c->info = *info;
    c->status_selected = c->status_selected && c->status_number == number;
    c->state = NBD_S_REQUEST;
    return true;
}

/* --- what is asked -------------------------------------------------------------------------------------------------------------- */

/* The option's data, taken from the front; `bad` once it was shorter than it said. */
struct data {
    const uint8_t *at;
    uint32_t left;
    bool bad;
};

static uint64_t number_of(struct data *d, unsigned size)
{
    if (d->left < size) {
        d->bad = true;
        return 0;
    }
    d->at += size;
    d->left -= size;
    return nbd_get(d->at - size, size);
}

static void string_of(struct data *d, uint32_t length, char *name, size_t size)
{
    name[0] = 0;
    if (d->left < length || length >= size || memchr(d->at, 0, length)) {
        d->bad = true;
        return;
    }
    memcpy(name, d->at, length);
    name[length] = 0;
    d->at += length;
    d->left -= length;
}

static void do_export_name(struct nbd_connection *c, struct data *d)
{
    char name[NBD_NAME_MAX + 1];
    struct nbd_info info;
    unsigned number, zeroes = c->no_zeroes ? 0 : 124;
    uint8_t *at;

    string_of(d, d->left, name, sizeof name);
    if (d->bad || !find_export(c, name, &number, &info) || !enter(c, number, &info)) {
        nbd_drop(c, "there is no export '%s'", name);
        return;
    }
    at = nbd_put(out(c, 10 + zeroes), info.bytes, 8);
    memset(nbd_put(at, transmission_flags(c, &info), 2), 0, zeroes);
}

static void do_list(struct nbd_connection *c, struct data *d)
{
    unsigned count = c->server->backend->count(c->server->backend->context);
    struct nbd_info info;
    char name[32];

    for (unsigned number = 0; number < count; number++) {
        if (!query(c, number, &info))
            continue;
        unsigned length = (unsigned)snprintf(name, sizeof name, "PhysicalDrive%u", number);
        unsigned more = (unsigned)strlen(info.description);
        uint8_t *at = nbd_put(reply(c, REP_SERVER, 4 + length + more), length, 4);
        memcpy(at, name, length);
        memcpy(at + length, info.description, more);
    }
    reply(c, REP_ACK, 0);
}

static void say_info(struct nbd_connection *c, unsigned number, const struct nbd_info *info)
{
    unsigned more = (unsigned)strlen(info->description);
    char name[32];
    unsigned length = (unsigned)snprintf(name, sizeof name, "PhysicalDrive%u", number);
    uint8_t *at = nbd_put(reply(c, REP_INFO, 12), INFO_EXPORT, 2);

    at = nbd_put(at, info->bytes, 8);
    nbd_put(at, transmission_flags(c, info), 2);
    memcpy(nbd_put(reply(c, REP_INFO, 2 + length), INFO_NAME, 2), name, length);
    memcpy(nbd_put(reply(c, REP_INFO, 2 + more), INFO_DESCRIPTION, 2), info->description, more);
    at = nbd_put(reply(c, REP_INFO, 14), INFO_BLOCK_SIZE, 2);
    at = nbd_put(at, info->block, 4);
    at = nbd_put(at, info->preferred, 4);
    nbd_put(at, c->server->payload_max, 4);
}

static void do_info(struct nbd_connection *c, struct data *d)
{
    uint32_t length = (uint32_t)number_of(d, 4);
    char name[NBD_NAME_MAX + 1];
    struct nbd_info info;
    unsigned number;

    string_of(d, length, name, sizeof name);
    if (number_of(d, 2) * 2 != d->left)
        d->bad = true;
    if (d->bad) {
        refuse(c, REP_ERR_INVALID, "malformed");
        return;
    }
    if (!find_export(c, name, &number, &info)) {
        refuse(c, REP_ERR_UNKNOWN, "there is no such disk; PhysicalDriveN are the names");
        return;
    }
    if (c->option == OPT_GO && !enter(c, number, &info)) {
        refuse(c, REP_ERR_UNKNOWN, "the disk has gone");
        return;
    }
    say_info(c, number, &info);
    reply(c, REP_ACK, 0);
}

static void do_structured(struct nbd_connection *c, struct data *d)
{
    c->structured = true;
    reply(c, REP_ACK, 0);
}

/* One query: does it mean base:allocation? "base:" does when contexts are only listed. */
static bool wanted(struct nbd_connection *c, struct data *d)
{
    char text[NBD_NAME_MAX + 1];
    uint32_t length = (uint32_t)number_of(d, 4);

    string_of(d, length, text, sizeof text);
    return !d->bad && (!strcmp(text, CONTEXT) || (c->option == OPT_LIST_CONTEXT && !strcmp(text, "base:")));
}

static void do_context(struct nbd_connection *c, struct data *d)
{
    uint32_t length = (uint32_t)number_of(d, 4), queries;
    bool set = c->option == OPT_SET_CONTEXT, found = false;
    char name[NBD_NAME_MAX + 1];
    struct nbd_info info;
    unsigned number;

    string_of(d, length, name, sizeof name);
    queries = (uint32_t)number_of(d, 4);
    if (set)
        c->status_selected = false;
    for (uint32_t i = 0; i < queries && !d->bad; i++)
        found |= wanted(c, d);
    if (d->bad || d->left || (set && !c->structured)) {
        refuse(c, REP_ERR_INVALID, set && !c->structured ? "structured replies first" : "malformed");
        return;
    }
    if (!find_export(c, name, &number, &info)) {
        refuse(c, REP_ERR_UNKNOWN, "there is no such disk");
        return;
    }
    if (info.status && (found || (!set && !queries))) {
        memcpy(nbd_put(reply(c, REP_CONTEXT, 4 + sizeof CONTEXT - 1), set, 4), CONTEXT, sizeof CONTEXT - 1);
        c->status_selected = set;
        c->status_number = number;
    }
    reply(c, REP_ACK, 0);
}

static const struct option {
    void (*take)(struct nbd_connection *c, struct data *d);
    bool without_data;
} options[] = {
    [OPT_EXPORT_NAME] = { do_export_name, false },
    [OPT_LIST] = { do_list, true },
    [OPT_INFO] = { do_info, false },
    [OPT_GO] = { do_info, false },
    [OPT_STRUCTURED] = { do_structured, true },
    [OPT_LIST_CONTEXT] = { do_context, false },
    [OPT_SET_CONTEXT] = { do_context, false },
};

static void option(struct nbd_connection *c, const uint8_t *data)
{
    struct data d = { data, c->option_length, false };

    c->state = NBD_S_OPTION;
    if (c->option == OPT_ABORT) {
        reply(c, REP_ACK, 0);
        c->finishing = true;
    } else if (c->option >= countof(options) || !options[c->option].take) {
        refuse(c, REP_ERR_UNSUP, "not an option of this server");
    } else if (options[c->option].without_data && d.left) {
        refuse(c, REP_ERR_INVALID, "this option has no data");
    } else {
        options[c->option].take(c, &d);
    }
}

/* --- what came in ------------------------------------------------------------------------------------------------------------------ */

static bool take_flags(struct nbd_connection *c)
{
    uint32_t flags;

    if (c->in_have - c->in_at < 4)
        return false;
    flags = (uint32_t)nbd_get(c->in + c->in_at, 4);
    c->in_at += 4;
    if (flags & ~(uint32_t)(FIXED_NEWSTYLE | NO_ZEROES)) {
        nbd_drop(c, "client flags 0x%x", flags);
        return false;
    }
    c->no_zeroes = flags & NO_ZEROES;
    c->state = NBD_S_OPTION;
    return true;
}

static bool take_option(struct nbd_connection *c)
{
    const uint8_t *at = c->in + c->in_at;

    if (c->finishing || c->in_have - c->in_at < OPTION_BYTES)
        return false;
    if (nbd_get(at, 8) != OPTION_MAGIC) {
        nbd_drop(c, "an option without the magic number");
        return false;
    }
    c->option = (uint32_t)nbd_get(at + 8, 4);
    c->option_length = (uint32_t)nbd_get(at + 12, 4);
    c->in_at += OPTION_BYTES;
    c->skip = c->option_length;
    c->state = c->option_length > NBD_OPTION_MAX ? NBD_S_OPTION_SKIP : NBD_S_OPTION_DATA;
    if (c->option_length > NBD_PAYLOAD_MAX)
        nbd_drop(c, "an option of %u bytes", c->option_length);
    return c->state != NBD_S_DEAD;
}

static bool take_option_data(struct nbd_connection *c)
{
    const uint8_t *data = c->in + c->in_at;

    if (c->in_have - c->in_at < c->option_length)
        return false;
    c->in_at += c->option_length;
    option(c, data);
    return c->state != NBD_S_DEAD;
}

static bool skip_option(struct nbd_connection *c)
{
    unsigned n = (unsigned)min_u64(c->skip, c->in_have - c->in_at);

    c->in_at += n;
    c->skip -= n;
    if (c->skip)
        return n;
    c->state = NBD_S_OPTION;
    if (c->option == OPT_EXPORT_NAME)
        nbd_drop(c, "an export name of %u bytes", c->option_length);
    else
        refuse(c, REP_ERR_TOO_BIG, "too long");
    return c->state != NBD_S_DEAD;
}

bool nbd_handshake(struct nbd_connection *c)
{
    switch (c->state) {
    case NBD_S_FLAGS:
        return take_flags(c);
    case NBD_S_OPTION:
        return take_option(c);
    case NBD_S_OPTION_DATA:
        return take_option_data(c);
    default:
        return skip_option(c);
    }
}
