/* ring3 ctl: talks to a running computer. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/ctl.h"
#include "host/dir.h"

/* --- options --------------------------------------------------------------------------------------------------------------- */

static bool take_argument(void *target, const char *value)
{
    struct ctl *ctl = target;

    if (ctl->count == CTL_ARGUMENTS)
        return error_set("more than %d arguments", CTL_ARGUMENTS);
    ctl->argument[ctl->count++] = value;
    return true;
}

bool ctl_take_socket(void *target, const char *value)
{
    ((struct ctl *)target)->socket = value;
    return value[0] || error_set("an empty path");
}

bool ctl_take_format(void *target, const char *value)
{
    static const char *const names[] = { [CTL_HEX] = "hex", [CTL_BINARY] = "binary", [CTL_JSON] = "json", [CTL_TEXT] = "text",
                                         [CTL_DOT] = "dot" };
    struct ctl *ctl = target;

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(value, names[i])) {
            ctl->format = (enum ctl_format)i;
            ctl->format_name = names[i];
            return ctl->has_format = true;
        }
    return error_set("'%s' is not hex, binary, json, text or dot", value);
}

static bool take_length(void *target, const char *value)
{
    ((struct ctl *)target)->has_length = true;
    return cli_number(value, 0, MESSAGE_DATA, &((struct ctl *)target)->length);
}

static bool take_out_length(void *target, const char *value)
{
    return cli_number(value, 0, MESSAGE_DATA, &((struct ctl *)target)->out_length);
}

static bool take_count(void *target, const char *value)
{
    return cli_number(value, 0, UINT64_MAX, &((struct ctl *)target)->reads);
}

static bool take_offset(void *target, const char *value)
{
    return cli_number(value, 0, INT64_MAX, &((struct ctl *)target)->offset);
}

static bool take_timeout(void *target, const char *value)
{
    return cli_time(value, &((struct ctl *)target)->timeout_ns);
}

static bool take_in(void *target, const char *value)
{
    ((struct ctl *)target)->in = value;
    return true;
}

static bool take_direct(void *target, const char *value)
{
    ((struct ctl *)target)->direct = value;
    return true;
}

static bool take_first(void *target, const char *value)
{
    struct ctl *ctl = target;

    if (ctl->first_count == CTL_FIRST)
        return error_set("more than %d times", CTL_FIRST);
    ctl->first[ctl->first_count++] = value;
    return true;
}

static bool take_access(void *target, const char *value)
{
    ((struct ctl *)target)->access = value;
    return true;
}

static bool take_surprise(void *target, const char *value)
{
    return ((struct ctl *)target)->surprise = true;
}

static bool take_critical(void *target, const char *value)
{
    return ((struct ctl *)target)->critical = true;
}

static const struct cli_option options[] = {
    { NULL, "VERB", "read '\\\\.\\NAME' | write '\\\\.\\NAME' [DATA] | ioctl '\\\\.\\NAME' CODE: opens the device, sends one IRP or more, closes it\n"
      "load DRIVER.sys | unload DRIVER\n"
      "plug nic|disk SPEC | plug root ID | unplug nic|disk NUMBER\n"
      "disable|enable|rebalance DEVICE: as in Device Manager; devices prints their names\n"
      "set DEVICE NAME=VALUE: a setting of the driver, as on Device Manager's Advanced page; the device starts anew\n"
      "power S0..S4: sleeps and wakes; power DEVICE D0..D3\n"
      "bind|unbind NAME ADAPTER: lets a protocol or filter driver on an adapter, or takes it off\n"
      "order PROTOCOL ADAPTER..: the order of its bindings; reconfigure PROTOCOL [ADAPTER]: its configuration has changed\n"
      "wake ADAPTER on|off: whether the device may wake the computer\n"
      "adapters | devices | drivers | stats | wfp: prints what there is\n"
      "shutdown: ends the run as Ctrl-C does", take_argument },
    { "--socket", "PATH", "the computer's control socket; without it the only one that runs", ctl_take_socket },
    { "--length", "N", "read: bytes of the buffer (65536); write: bytes of a piece (all)", take_length },
    { "--count", "N", "read: how many times (1); 0 reads until it is stopped", take_count },
    { "--offset", "N", "read, write: the byte offset in the request (0)", take_offset },
    { "--in", "DATA", "ioctl: the input buffer; reconfigure: what the protocol is given", take_in },
    { "--out-length", "N", "ioctl: bytes of the output buffer (0)", take_out_length },
    { "--direct", "DATA", "ioctl with METHOD_IN_DIRECT: what is in the output buffer", take_direct },
    { "--first", "CODE[:DATA]", "read, write, ioctl: a control request on the handle before; several times", take_first },
    { "--access", "MODE", "r, w or rw (rw)", take_access },
    { "--timeout", "TIME", "how long to wait for an answer; the request is cancelled then (for ever)", take_timeout },
    { "--format", "KIND", "read, ioctl: hex (a line a request), binary or json; write: hex takes a write a line from stdin;\n"
      "others: text, json or (adapters) dot", ctl_take_format },
    { "--surprise", NULL, "unplug: pulls the card out without asking its driver", take_surprise },
    { "--critical", NULL, "power S1..S4: does not ask whether drivers agree", take_critical },
    { 0 }
};

/* --- verbs ------------------------------------------------------------------------------------------------------------------- */

int ctl_dump(struct ctl *ctl, const char *what)
{
    struct message_line line;
    int result;

    message_begin(&line, "dump");
    message_add(&line, "what", what);
    message_add(&line, "format", ctl->has_format ? ctl->format_name : "text");
    result = ctl_ask(ctl, &line, NULL, 0);
    if (result == EXIT_GOOD)
        fwrite(ctl->data, 1, ctl->reply.size, stdout);
    fflush(stdout);
    return result;
}

static int needs(const struct ctl *ctl, unsigned count, const char *what)
{
    if (ctl->count == count)
        return EXIT_GOOD;
    return cli_fail(EXIT_USAGE, "%s %s", ctl->argument[0], what);
}

static int print_key(struct ctl *ctl, const char *key)
{
    const char *value = message_value(&ctl->reply, key);

    if (value)
        puts(value);
    return EXIT_GOOD;
}

static int verb_load(struct ctl *ctl)
{
    struct message_line line;
    char path[1024];
    int result = needs(ctl, 2, "needs one file");

    if (result != EXIT_GOOD)
        return result;
    if (!host_full_path(ctl->argument[1], path, sizeof path))
        return cli_fail(EXIT_USAGE, "%s: no such file", ctl->argument[1]);
    message_begin(&line, "load");
    message_add(&line, "path", path);
    result = ctl_ask(ctl, &line, NULL, 0);
    return result == EXIT_GOOD ? print_key(ctl, "driver") : result;
}

static int verb_unload(struct ctl *ctl)
{
    struct message_line line;
    int result = needs(ctl, 2, "needs the name of one driver");

    if (result != EXIT_GOOD)
        return result;
    message_begin(&line, "unload");
    message_add(&line, "driver", ctl->argument[1]);
    return ctl_ask(ctl, &line, NULL, 0);
}

static int verb_plug(struct ctl *ctl)
{
    struct message_line line;
    int result = needs(ctl, 3, "needs nic, disk or root, and what to plug in");

    if (result != EXIT_GOOD)
        return result;
    message_begin(&line, "plug");
    message_add(&line, "kind", ctl->argument[1]);
    message_add(&line, "spec", ctl->argument[2]);
    result = ctl_ask(ctl, &line, NULL, 0);
    return result == EXIT_GOOD ? print_key(ctl, "number") : result;
}

static int verb_unplug(struct ctl *ctl)
{
    struct message_line line;
    int result = needs(ctl, 3, "needs nic or disk, and its number");

    if (result != EXIT_GOOD)
        return result;
    message_begin(&line, "unplug");
    message_add(&line, "kind", ctl->argument[1]);
    message_add(&line, "number", ctl->argument[2]);
    message_add_number(&line, "surprise", ctl->surprise);
    return ctl_ask(ctl, &line, NULL, 0);
}

static int verb_device(struct ctl *ctl)
{
    struct message_line line;
    int result = needs(ctl, 2, "needs one device");

    if (result != EXIT_GOOD)
        return result;
    message_begin(&line, "device");
    message_add(&line, "action", ctl->argument[0]);
    message_add(&line, "device", ctl->argument[1]);
    return ctl_ask(ctl, &line, NULL, 0);
}

static int verb_power(struct ctl *ctl)
{
    struct message_line line;

    if (ctl->count < 2 || ctl->count > 3)
        return cli_fail(EXIT_USAGE, "power needs a state (S0 to S4), or a device and its state (D0 to D3)");
    message_begin(&line, "power");
    message_add(&line, "state", ctl->argument[ctl->count - 1]);
    if (ctl->count == 3)
        message_add(&line, "device", ctl->argument[1]);
    message_add_number(&line, "critical", ctl->critical);
    return ctl_ask(ctl, &line, NULL, 0);
}

static int verb_shutdown(struct ctl *ctl)
{
    struct message_line line;

    message_begin(&line, "shutdown");
    return ctl_ask(ctl, &line, NULL, 0);
}

static int verb_bfe(struct ctl *ctl)
{
    struct message_line line;
    int result = ctl->count == 1 ? EXIT_GOOD : needs(ctl, 2, "takes start or stop");

    if (result != EXIT_GOOD)
        return result;
    message_begin(&line, "bfe");
    if (ctl->count == 2)
        message_add(&line, "action", ctl->argument[1]);
    result = ctl_ask(ctl, &line, NULL, 0);
    return result == EXIT_GOOD ? print_key(ctl, "state") : result;
}

static int verb_dump(struct ctl *ctl)
{
    return ctl_dump(ctl, ctl->argument[0]);
}

static const struct {
    const char *name;
    int (*run)(struct ctl *ctl);
} verbs[] = {
    { "read", ctl_read }, { "write", ctl_write }, { "ioctl", ctl_ioctl }, { "load", verb_load }, { "unload", verb_unload },
    { "plug", verb_plug }, { "unplug", verb_unplug }, { "disable", verb_device }, { "enable", verb_device },
    { "rebalance", verb_device }, { "set", ctl_set }, { "power", verb_power }, { "bind", ctl_bind }, { "unbind", ctl_bind },
    { "order", ctl_order }, { "reconfigure", ctl_reconfigure }, { "wake", ctl_wake }, { "bfe", verb_bfe },
    { "shutdown", verb_shutdown }, { "adapters", verb_dump },
    { "devices", verb_dump }, { "drivers", verb_dump }, { "stats", verb_dump }, { "wfp", verb_dump },
};

static int ctl_main(const struct verb *verb, int argc, char **argv)
{
    static struct ctl ctl = { .reads = 1, .fd = -1 };
    int result = cli_parse(verb, argc, argv, &ctl);

    if (result != EXIT_GOOD)
        return result;
    if (!ctl.count)
        return cli_fail(EXIT_USAGE, "no verb: expected ring3 ctl %s", verb->synopsis);
    for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(ctl.argument[0], verbs[i].name))
            continue;
        result = ctl_connect(&ctl);
        if (result == EXIT_GOOD)
            result = verbs[i].run(&ctl);
        ctl_disconnect(&ctl);
        return result;
    }
    return cli_fail(EXIT_USAGE, "'%s' is no verb of ring3 ctl (ring3 ctl --help)", ctl.argument[0]);
}

VERB(ctl_verb) = {
    .name = "ctl",
    .synopsis = "[--socket=PATH] VERB [arguments] [options]",
    .summary = "talks to a running computer over its control socket: devices, drivers, cards, power, reports",
    .options = options,
    .run = ctl_main,
    .order = 40,
};
