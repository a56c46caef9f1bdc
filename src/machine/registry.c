/* Registry values that the person brings. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"
#include "machine/machine.h"
#include "nt/cm.h"

#define REG_FILE_MAX (64u << 20)

struct import_call {
    const char *path;
    uint8_t *data;
    size_t size;
    bool good;
};

static void import(void *arg)
{
    struct import_call *call = arg;

    call->good = cm_import(call->path, call->data, call->size);
}

bool ring3_import_registry(struct ring3_computer *computer, const char *path)
{
    struct import_call call = { .path = path };

    if (!host_read_file(path, REG_FILE_MAX, &call.data, &call.size))
        return false;
    bool ran = machine_call(import, &call);
    free(call.data);
    return ran && call.good;
}

bool ring3_set_parameter(struct ring3_computer *computer, const char *name, const char *value)
{
    struct machine_parameter *p = calloc(1, sizeof *p);

    if (!p)
        return error_set("no memory");
    p->name = strdup(name);
    p->value = strdup(value);
    p->next = computer->parameters;
    computer->parameters = p;
    return true;
}

void registry_forget_parameters(struct ring3_computer *computer)
{
    struct machine_parameter *p;

    while ((p = computer->parameters)) {
        computer->parameters = p->next;
        free(p->name);
        free(p->value);
        free(p);
    }
}
