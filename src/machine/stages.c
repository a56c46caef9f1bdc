/* The parts of a computer, bottom up. */
#include "base/error.h"
#include "base/log.h"
#include "check/check.h"
#include "fwp/fwp.h"
#include "host/loop.h"
#include "host/time.h"
#include "machine/machine.h"
#include "ndis/stats.h"
#include "netio/ip_helper.h"
#include "netio/netio.h"
#include "nt/bugcheck.h"
#include "nt/cm.h"
#include "nt/hal.h"
#include "nt/io.h"
#include "nt/ob.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/ps.h"
#include "nt/ram.h"
#include "storport/storport.h"
#include "wdf/wdf.h"

static bool worked(NTSTATUS status)
{
    return NT_SUCCESS(status) || error_set("status 0x%08x", (unsigned)status);
}

static bool open_loop(struct ring3_computer *computer)
{
    if (!loop_open())
        return false;
    loop_catch_stop();
    return true;
}

static void close_loop(struct ring3_computer *computer)
{
    loop_close();
}

static bool open_ram(struct ring3_computer *computer)
{
    return ram_open(computer->config.memory);
}

static void close_ram(struct ring3_computer *computer)
{
    ram_close();
}

/* An unseeded run on a real clock differs each time anyway; every other one depends on the seed alone. */
static uint64_t seed_of(const struct ring3_config *config)
{
    uint64_t seed = config->seed;

    if (!config->seeded && config->clock == RING3_CLOCK_REAL)
        host_entropy(&seed, sizeof seed);
    return seed;
}

static bool open_ke(struct ring3_computer *computer)
{
    const struct ring3_config *c = &computer->config;
    struct ke_config config = {
        .cpus = c->cpus,
        .clock = c->clock == RING3_CLOCK_VIRTUAL ? KE_CLOCK_VIRTUAL : KE_CLOCK_REAL,
        .seeded = c->seeded,
        .seed = seed_of(c),
    };
    struct log_config log = { .level = (enum log_level)c->log, .now_ns = ke_now };

    if (!ke_open(&config))
        return false;
    log_configure(&log);
    return true;
}

static void close_ke(struct ring3_computer *computer)
{
    struct log_config log = { .level = LOG_WARN };

    log_configure(&log);
    ke_close();
    pool_close();
}

static bool open_check(struct ring3_computer *computer)
{
    struct check_config config = { .off = computer->config.ignore_rules, .replay = computer->replay };

    bugcheck_reset(computer->replay);
    return check_open(&config);
}

static void close_check(struct ring3_computer *computer)
{
    check_close();
    bugcheck_reset(NULL);
}

static bool open_ob(struct ring3_computer *computer)
{
    return worked(ob_start());
}

static void name_object(const struct ob_info *info, void *context)
{
    char name[128];

    log_debug("machine", "%s object %p %s: %u references, %u handles", info->type->name, info->body,
              ob_name_text(info->body, name, sizeof name), info->references, info->handles);
}

static void close_ob(struct ring3_computer *computer)
{
    if (log_wants(LOG_TRACE))
        ob_each(NULL, name_object, NULL);
    unsigned left = ob_stop();

    if (left)
        log_debug("machine", "%u objects were still alive", left);
}

static bool open_ps(struct ring3_computer *computer)
{
    return worked(ps_start());
}

static void close_ps(struct ring3_computer *computer)
{
    ps_stop();
}

static bool open_cm(struct ring3_computer *computer)
{
    return worked(cm_start());
}

static void close_cm(struct ring3_computer *computer)
{
    cm_stop();
}

static bool open_io(struct ring3_computer *computer)
{
    return worked(io_start());
}

static void close_io(struct ring3_computer *computer)
{
    io_stop();
}

static bool open_hal(struct ring3_computer *computer)
{
    hal_start();
    return true;
}

static void close_hal(struct ring3_computer *computer)
{
    hal_stop();
}

static bool open_pnp(struct ring3_computer *computer)
{
    if (!worked(pnp_start()))
        return false;
    pnp_find_driver = driver_find;
    return true;
}

static void close_pnp(struct ring3_computer *computer)
{
    root_close_all();
    virtual_close();
    pnp_stop();
    pnp_find_driver = NULL;
}

static void close_cards(struct ring3_computer *computer)
{
    nic_close_all(computer);
    disk_close_all(computer);
}

static bool open_wdf(struct ring3_computer *computer)
{
    return wdf_open();
}

static void close_wdf(struct ring3_computer *computer)
{
    wdf_close();
}

static bool open_ndis(struct ring3_computer *computer)
{
    virtual_open();
    return ndis_open();
}

static void close_ndis(struct ring3_computer *computer)
{
    ndis_close();
}

static bool open_storport(struct ring3_computer *computer)
{
    return storport_open();
}

static void close_storport(struct ring3_computer *computer)
{
    storport_close();
}

static bool open_fwp(struct ring3_computer *computer)
{
    return fwp_open();
}

static void close_fwp(struct ring3_computer *computer)
{
    fwp_close();
}

static bool open_tcpip(struct ring3_computer *computer)
{
    return computer->config.without_tcpip || tcpip_open(ke.config.seed);
}

static void close_tcpip(struct ring3_computer *computer)
{
    if (!computer->config.without_tcpip)
        tcpip_close();
}

static bool open_netio(struct ring3_computer *computer)
{
    return netio_open();
}

static void close_netio(struct ring3_computer *computer)
{
    netio_close();
}

static bool open_ip_helper(struct ring3_computer *computer)
{
    return ip_helper_open();
}

static void close_ip_helper(struct ring3_computer *computer)
{
    ip_helper_close();
}

const struct machine_stage machine_stages[] = {
    { "event loop", false, open_loop, close_loop },
    { "memory", false, open_ram, close_ram },
    { "processors", false, open_ke, close_ke },
    { "checks", false, open_check, close_check },
    { "loader", false, crossing_open, crossing_close },
    { "objects", true, open_ob, close_ob },
    { "processes", true, open_ps, close_ps },
    { "registry", true, open_cm, close_cm },
    { "I/O manager", true, open_io, close_io },
    { "HAL", true, open_hal, close_hal },
    { "cards", false, NULL, close_cards },
    { "PnP", true, open_pnp, close_pnp },
    { "driver framework", true, open_wdf, close_wdf },
    { "NDIS", true, open_ndis, close_ndis },
    { "storage", true, open_storport, close_storport },
    { "filter engine", true, open_fwp, close_fwp },
    { "TCP/IP", true, open_tcpip, close_tcpip },
    { "network I/O", true, open_netio, close_netio },
    { "IP Helper", true, open_ip_helper, close_ip_helper },
};
const unsigned machine_stage_count = sizeof machine_stages / sizeof machine_stages[0];
