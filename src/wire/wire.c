#include "wire/wire.h"

#include <string.h>

#include "base/error.h"
#include "wire/wire_impl.h"

const struct wire_ops *const wire_kinds[] = {
    &wire_slirp, &wire_tap, &wire_pcap, &wire_link, &wire_null, &wire_loop, NULL
};

static const struct wire_ops *find_kind(const char *kind)
{
    for (int i = 0; wire_kinds[i]; i++)
        if (strcmp(wire_kinds[i]->kind, kind) == 0)
            return wire_kinds[i];
    return NULL;
}

struct wire *wire_open(struct spec *spec, struct clock *clock)
{
    const struct wire_ops *ops = find_kind(spec->kind);
    struct wire *inner, *outer;

    if (!ops) {
        error_set("there is no wire of kind '%s' (kinds: slirp, tap, pcap, link, null, loop)", spec->kind);
        return NULL;
    }
    inner = ops->open(spec, clock);
    if (!inner)
        return NULL;
    outer = wire_fault(inner, spec, clock);
    if (!outer)
        wire_close(inner);
    return outer;
}

void wire_close(struct wire *wire)
{
    if (wire)
        wire->ops->close(wire);
}
