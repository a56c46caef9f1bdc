#include "check/ndis_name.h"

#include <stdio.h>

#include "ndis/adapter.h"
#include "ndis/ledger.h"
#include "pe/pe.h"

const char *ndis_name(const void *address, char *text, size_t size)
{
    const struct ndis_object *object = ledger_object(address);
    const struct pe_image *image = ledger_image(address);
    const char *role = !object ? "nobody that is still there" : object->type == NDIS_ADAPTER ? "miniport" :
                       object->type == NDIS_BINDING ? "protocol" : "filter module";

    if (image)
        snprintf(text, size, "%s %s", role, image->name);
    else
        snprintf(text, size, "%s", !object ? role : "TCP/IP");
    return text;
}
