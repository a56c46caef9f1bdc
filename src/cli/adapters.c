/* ring3 adapters: the network stack of a running computer. */
#include "base/error.h"
#include "cli/ctl.h"

static bool take_format(void *target, const char *value)
{
    struct ctl *ctl = target;

    return ctl_take_format(target, value) &&
           (ctl->format >= CTL_JSON || error_set("'%s' is not text, json or dot", value));
}

static const struct cli_option options[] = {
    { "--socket", "PATH", "the computer's control socket; without it the only one that runs", ctl_take_socket },
    { "--format", "KIND", "text (a tree), json, or dot (Graphviz)", take_format },
    { 0 }
};

static int adapters_main(const struct verb *verb, int argc, char **argv)
{
    static struct ctl ctl = { .fd = -1 };
    int result = cli_parse(verb, argc, argv, &ctl);

    if (result == EXIT_GOOD)
        result = ctl_connect(&ctl);
    if (result == EXIT_GOOD)
        result = ctl_dump(&ctl, "adapters");
    ctl_disconnect(&ctl);
    return result;
}

VERB(adapters_verb) = {
    .name = "adapters",
    .synopsis = "[--socket=PATH] [--format=text|json|dot]",
    .summary = "the network stack of a running computer: miniports, filter modules in order, protocols, virtual miniports",
    .options = options,
    .run = adapters_main,
    .order = 45,
};
