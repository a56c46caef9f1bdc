/* ring3 ctl: the network configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/ctl.h"

static int usage(const struct ctl *ctl, const char *what)
{
    return cli_fail(EXIT_USAGE, "%s %s", ctl->argument[0], what);
}

int ctl_bind(struct ctl *ctl)
{
    struct message_line line;

    if (ctl->count != 3)
        return usage(ctl, "needs a protocol or filter driver, and an adapter");
    message_begin(&line, "bind");
    message_add(&line, "component", ctl->argument[1]);
    message_add(&line, "adapter", ctl->argument[2]);
    message_add_number(&line, "on", !strcmp(ctl->argument[0], "bind"));
    return ctl_ask(ctl, &line, NULL, 0);
}

int ctl_order(struct ctl *ctl)
{
    struct message_line line;
    char key[16];

    if (ctl->count < 3)
        return usage(ctl, "needs a protocol and its adapters, the first one first");
    message_begin(&line, "order");
    message_add(&line, "protocol", ctl->argument[1]);
    for (unsigned i = 2; i < ctl->count; i++) {
        snprintf(key, sizeof key, "adapter%u", i - 2);
        message_add(&line, key, ctl->argument[i]);
    }
    return ctl_ask(ctl, &line, NULL, 0);
}

int ctl_reconfigure(struct ctl *ctl)
{
    struct message_line line;
    uint8_t *data = NULL;
    size_t size = 0;

    if (ctl->count < 2 || ctl->count > 3)
        return usage(ctl, "needs a protocol, and may have an adapter");
    if (ctl->in && !ctl_data(ctl->in, &data, &size))
        return cli_fail(EXIT_USAGE, "%s", error_text());
    message_begin(&line, "reconfigure");
    message_add(&line, "protocol", ctl->argument[1]);
    if (ctl->count == 3)
        message_add(&line, "adapter", ctl->argument[2]);
    int result = ctl_ask(ctl, &line, data, size);
    free(data);
    return result;
}

int ctl_wake(struct ctl *ctl)
{
    const char *state = ctl->count == 3 ? ctl->argument[2] : "";
    struct message_line line;

    if (strcmp(state, "on") && strcmp(state, "off"))
        return usage(ctl, "needs an adapter, and on or off");
    message_begin(&line, "wake");
    message_add(&line, "adapter", ctl->argument[1]);
    message_add_number(&line, "on", !strcmp(state, "on"));
    return ctl_ask(ctl, &line, NULL, 0);
}

int ctl_set(struct ctl *ctl)
{
    const char *value = ctl->count == 3 ? strchr(ctl->argument[2], '=') : NULL;
    struct message_line line;
    char name[256];

    if (!value || value == ctl->argument[2] || (size_t)(value - ctl->argument[2]) >= sizeof name)
        return usage(ctl, "needs a device, and NAME=VALUE");
    snprintf(name, sizeof name, "%.*s", (int)(value - ctl->argument[2]), ctl->argument[2]);
    message_begin(&line, "set");
    message_add(&line, "device", ctl->argument[1]);
    message_add(&line, "name", name);
    message_add(&line, "value", value + 1);
    return ctl_ask(ctl, &line, NULL, 0);
}
