/* ring3 wfp: the filter engine of a running computer. */
#include "base/error.h"
#include "cli/ctl.h"

static bool take_format(void *target, const char *value)
{
    struct ctl *ctl = target;

    return ctl_take_format(target, value) &&
           (ctl->format == CTL_TEXT || ctl->format == CTL_JSON || error_set("'%s' is not text or json", value));
}

static const struct cli_option options[] = {
    { "--socket", "PATH", "the computer's control socket; without it the only one that runs", ctl_take_socket },
    { "--format", "KIND", "text or json", take_format },
    { 0 }
};

static int wfp_main(const struct verb *verb, int argc, char **argv)
{
    static struct ctl ctl = { .fd = -1 };
    int result = cli_parse(verb, argc, argv, &ctl);

    if (result == EXIT_GOOD)
        result = ctl_connect(&ctl);
    if (result == EXIT_GOOD)
        result = ctl_dump(&ctl, "wfp");
    ctl_disconnect(&ctl);
    return result;
}

VERB(wfp_verb) = {
    .name = "wfp",
    .synopsis = "[--socket=PATH] [--format=text|json]",
    .summary = "the filter engine of a running computer: layers, sublayers, filters by weight, callouts, flow contexts, drops",
    .options = options,
    .run = wfp_main,
    .order = 46,
};
