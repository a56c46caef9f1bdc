/* The configuration of a computer, and what ring3 knows without one. */
#include <string.h>

#include "base/error.h"
#include "machine/machine.h"
#include "pe/export.h"

const char *ring3_error(void)
{
    return error_text();
}

const char *ring3_version(void)
{
    return "0.1";
}

void ring3_config_init_sized(struct ring3_config *config, size_t size)
{
    struct ring3_config defaults = {
        .size = size,
        .cpus = 2,
        .memory = 2048ull << 20,
        .log = RING3_LOG_INFO,
    };

    memset(config, 0, size);
    memcpy(config, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

bool ring3_export_at(unsigned n, struct ring3_export *row)
{
    if (n >= pe_export_table_count)
        return false;
    const struct pe_export *e = &pe_export_table[n];
    *row = (struct ring3_export){ e->module, e->name, e->doc, e->status == PE_EXPORT_PARTIAL };
    return true;
}

bool ring3_documented_at(unsigned n, struct ring3_export *row)
{
    if (n >= pe_documented_table_count)
        return false;
    const struct pe_documented *d = &pe_documented_table[n];
    *row = (struct ring3_export){ d->module, d->name, d->header, false };
    return true;
}

const char *ring3_wire_kind(unsigned n, const char **help)
{
    for (unsigned i = 0; wire_kinds[i]; i++)
        if (i == n) {
            if (help)
                *help = wire_kinds[i]->help;
            return wire_kinds[i]->kind;
        }
    return NULL;
}
