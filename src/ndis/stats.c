/* What reports read, and NDIS's own beginning and end. */
#include "ndis/stats.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ndis/net_event.h"
#include "ndis/nbl_pool.h"
#include "nt/io.h"
#include "nt/ke.h"

static const char *const state_words[] = {
    [ADAPTER_HALTED] = "Halted", [ADAPTER_INITIALIZING] = "Initializing", [ADAPTER_PAUSED] = "Paused",
    [ADAPTER_RESTARTING] = "Restarting", [ADAPTER_RUNNING] = "Running", [ADAPTER_PAUSING] = "Pausing",
    [ADAPTER_SHUT_DOWN] = "Shutdown",
};

static void copy_text(char *to, size_t size, const UNICODE_STRING *from)
{
    size_t n = 0;

    for (; n < from->Length / sizeof(WCHAR) && n + 1 < size; n++)
        to[n] = from->Buffer[n] < 0x80 ? (char)from->Buffer[n] : '?';
    to[n] = 0;
}

static void fill(struct adapter *a, struct ndis_adapter_info *info)
{
    memset(info, 0, sizeof *info);
    copy_text(info->name, sizeof info->name, &a->instance_name);
    snprintf(info->driver, sizeof info->driver, "%s", io_driver_of(a->driver->driver)->name);
    copy_text(info->device, sizeof info->device, &a->name);
    memcpy(info->mac, a->general.CurrentMacAddress, 6);
    info->mtu = a->general.MtuSize;
    info->link_speed = a->link.XmitLinkSpeed;
    info->link_up = a->link.MediaConnectState == MediaConnectStateConnected;
    info->state = state_words[a->state];
    info->pdo = a->pdo;
    info->stats = a->stats;
    list_each(it, &a->bindings)
        info->bindings++;
}

bool ndis_adapter_info(unsigned number, struct ndis_adapter_info *info)
{
    list_each(it, &ndis_adapters) {
        if (number--)
            continue;
        fill(container_of(it, struct adapter, node), info);
        return true;
    }
    return false;
}

bool ndis_adapter_info_of(void *pdo, struct ndis_adapter_info *info)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);

        if (a->pdo != pdo)
            continue;
        fill(a, info);
        return true;
    }
    return false;
}

static void fill_filter(struct filter *f, struct ndis_filter_info *info)
{
    snprintf(info->driver, sizeof info->driver, "%s", f->driver->driver ? io_driver_of(f->driver->driver)->name : "filter");
    info->stats = f->stats;
    /* What a module gave back itself; a chain that it has half given back counts on neither side. */
    info->stats.tx_dropped += f->completed_up > f->completed_in ? f->completed_up - f->completed_in : 0;
    info->stats.rx_dropped += f->returned_down > f->returned_in ? f->returned_down - f->returned_in : 0;
}

bool ndis_filter_info(void *pdo, unsigned number, struct ndis_filter_info *info)
{
    list_each(it, &ndis_adapters) {
        struct adapter *a = container_of(it, struct adapter, node);
        struct filter *f = a->pdo == pdo ? filter_above(a, NULL) : NULL;

        while (f && number--)
            f = filter_above(a, f);
        if (!f)
            continue;
        fill_filter(f, info);
        return true;
    }
    return false;
}

/* --- chance ----------------------------------------------------------------------------------------------------- */

static struct random chance;

bool ndis_by_chance(void)
{
    return ke.config.seeded && random_below(&chance, 2);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

bool ndis_open(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { .PoolTag = NDIS_TAG('N', 'D', 'n', 'l') };

    list_init(&ndis_objects);
    list_init(&ndis_drivers);
    list_init(&ndis_adapters);
    list_init(&ndis_protocols);
    list_init(&ndis_filter_drivers);
    random_seed(&chance, ke.config.seed);
    names_reset();
    ndis_keep_bindings(false);
    interfaces_reset();
    shutdown_open();
    ndis_default_nbl_pool = nbl_pool_create(&parameters, NULL);
    ndis_default_nb_pool = nb_pool_create(0, 0, NULL);
    return ndis_default_nbl_pool && ndis_default_nb_pool;
}

static void drop_leftover(const char *what, unsigned count)
{
    if (count)
        log_debug("ndis", "%u %s left at the end", count, what);
}

void ndis_close(void)
{
    unsigned left = 0;

    shutdown_close();
    if (ndis_default_nbl_pool)
        NdisFreeNetBufferListPool(ndis_default_nbl_pool);
    if (ndis_default_nb_pool)
        NdisFreeNetBufferPool(ndis_default_nb_pool);
    ndis_default_nbl_pool = NULL;
    ndis_default_nb_pool = NULL;
    list_each(it, &ndis_objects)
        left++;
    drop_leftover("NDIS objects", left);
    interfaces_reset();
    net_event_close();
    list_init(&ndis_objects);
    list_init(&ndis_drivers);
    list_init(&ndis_adapters);
    list_init(&ndis_protocols);
    list_init(&ndis_filter_drivers);
}
