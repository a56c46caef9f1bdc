#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/run.h"
#include "host/dir.h"
#include "host/file.h"

static bool add(struct run_list *list, const char *value)
{
    if (!value[0])
        return error_set("an empty value");
    if (list->count == RUN_MAX)
        return error_set("more than %d times", RUN_MAX);
    list->item[list->count++] = value;
    return true;
}

#define LIST_OPTION(name, list)                                                                                     \
    static bool take_##name(void *target, const char *value)                                                        \
    {                                                                                                               \
        return add(&((struct run *)target)->list, value);                                                           \
    }

/* A bare name is a driver that comes with ring3: drivers/NAME/NAME.sys beside the program, or where it is installed. */
static bool take_driver(void *target, const char *value)
{
    static const char *const places[] = { "drivers", "../share/ring3/drivers" };
    char program[2048], *path = NULL;

    if (strchr(value, '/') || strchr(value, '.') || host_file_exists(value) || !host_program_dir(program, sizeof program))
        return add(&((struct run *)target)->drivers, value);
    for (int i = 0; i < 2; i++) {
        if (asprintf(&path, "%s/%s/%s/%s.sys", program, places[i], value, value) < 0)
            return error_set("%s: out of memory", value);
        if (host_file_exists(path))
            return add(&((struct run *)target)->drivers, path);     /* kept for the life of the process */
        free(path);
    }
    return error_set("%s: neither a file nor a driver that comes with ring3", value);
}

LIST_OPTION(nic, nics)
LIST_OPTION(disk, disks)
LIST_OPTION(root_device, root_devices)
LIST_OPTION(virtual, virtuals)
LIST_OPTION(ip, addresses)
LIST_OPTION(dns, name_servers)
LIST_OPTION(reg, registries)
LIST_OPTION(parameter, parameters)
LIST_OPTION(ping, pings)
LIST_OPTION(send, sends)
LIST_OPTION(serve, serves)
LIST_OPTION(echo, echoes)

static bool take_for(void *target, const char *value)
{
    struct run *run = target;

    run->has_duration = true;
    return cli_time(value, &run->duration_ns);
}

static bool take_end(void *target, const char *value)
{
    struct run *run = target;

    run->power_off = !strcmp(value, "shutdown");
    return run->power_off || !strcmp(value, "unload") || error_set("'%s' is neither unload nor shutdown", value);
}

static bool take_cpus(void *target, const char *value)
{
    uint64_t n;

    if (!cli_number(value, 1, 64, &n))
        return false;
    ((struct run *)target)->config.cpus = (unsigned)n;
    return true;
}

static bool take_memory(void *target, const char *value)
{
    uint64_t n;

    if (!cli_number(value, 32, 8192, &n))
        return false;
    ((struct run *)target)->config.memory = n << 20;
    return true;
}

static bool take_clock(void *target, const char *value)
{
    struct run *run = target;

    if (!strcmp(value, "real"))
        run->config.clock = RING3_CLOCK_REAL;
    else if (!strcmp(value, "virtual"))
        run->config.clock = RING3_CLOCK_VIRTUAL;
    else
        return error_set("'%s' is neither real nor virtual", value);
    return true;
}

static bool take_seed(void *target, const char *value)
{
    struct run *run = target;

    run->config.seeded = true;
    return cli_number(value, 0, UINT64_MAX, &run->config.seed);
}

static bool take_schedule(void *target, const char *value)
{
    struct run *run = target;

    if (!strcmp(value, "fair"))
        run->config.seeded = false;
    else if (!strncmp(value, "seed:", 5))
        return take_seed(target, value + 5);
    else
        return error_set("'%s' is neither fair nor seed:N", value);
    return true;
}

static bool take_capture(void *target, const char *value)
{
    struct run *run = target;

    if (!value[0])
        return error_set("an empty file name");
    run->capture = value;
    return true;
}

static bool take_allow_missing(void *target, const char *value)
{
    ((struct run *)target)->config.allow_missing = true;
    return true;
}

static bool take_nbd(void *target, const char *value)
{
    ((struct run *)target)->nbd = value;
    return value[0] || error_set("an empty path");
}

static bool take_ctl(void *target, const char *value)
{
    ((struct run *)target)->ctl = value;
    return value[0] || error_set("an empty path");
}

static bool take_bfe(void *target, const char *value)
{
    ((struct run *)target)->bfe = value;
    return value[0] || error_set("an empty specification");
}

static bool take_fail_alloc(void *target, const char *value)
{
    return cli_number(value, 1, UINT64_MAX, &((struct run *)target)->config.fail_allocation);
}

static bool take_ignore(void *target, const char *value)
{
    ((struct run *)target)->config.ignore_rules = value;
    return true;
}

static bool take_no_tcpip(void *target, const char *value)
{
    ((struct run *)target)->config.without_tcpip = true;
    return true;
}

static bool take_cards_first(void *target, const char *value)
{
    return ((struct run *)target)->cards_first = true;
}

static bool take_adapters(void *target, const char *value)
{
    return ((struct run *)target)->adapters = true;
}

static bool take_log(void *target, const char *value)
{
    static const char *const levels[] = { "error", "warn", "info", "debug", "trace" };

    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (!strcmp(value, levels[i])) {
            ((struct run *)target)->config.log = (enum ring3_log)i;
            return true;
        }
    return error_set("'%s' is not error, warn, info, debug or trace", value);
}

static bool take_format(void *target, const char *value)
{
    struct run *run = target;

    run->json = !strcmp(value, "json");
    return run->json || !strcmp(value, "text") || error_set("'%s' is neither text nor json", value);
}

const struct cli_option run_options[] = {
    { NULL, "DRIVER.sys", "drivers to load, in this order; an INF beside one says which devices it serves (without one, those\n"
      "that nobody serves and that fit it); a bare name (vionet) is a driver that comes with ring3", take_driver },
    { "--nic", "SPEC", "a network card on a wire: slirp[,hostfwd=tcp:ADDRESS:PORT:PORT], tap:NAME[,ip=ADDRESS/LENGTH],\n"
      "pcap:IN[,out=OUT], link:SOCKET, null, loop; also model=, driver=NAME, mac=, capture=FILE", take_nic },
    { "--disk", "SPEC", "a block card on a disk: file:PATH[,size=N][,ro=on][,io=uring|threads], mem:SIZE, null:SIZE; also model=virtio-blk|\n"
      "virtio-scsi|nvme|ahci, driver=NAME, queues=, serial=, block=512|4096, delay=TIME, error=seed:N, cut=seed:N (power goes)", take_disk },
    { "--nbd", "SOCKET", "serves the disks that drivers show (PhysicalDriveN) to NBD clients on a Unix socket", take_nbd },
    { "--ctl", "SOCKET", "where `ring3 ctl` finds this computer, until it is stopped; off: nowhere. Without it, on the real clock:\n"
      "$XDG_RUNTIME_DIR/ring3/PID.ctl or /tmp/ring3-UID/PID.ctl", take_ctl },
    { "--root-device", "ID", "a device without hardware (ROOT\\NAME), for a driver whose INF names it", take_root_device },
    { "--virtual", "SPEC", "a virtual adapter of an intermediate driver, for each adapter that it takes: DRIVER[,nic=N]\n"
      "[,KEYWORD=VALUE...] (its advanced properties); without any it gets one", take_virtual },
    { "--ip", "ADDRESS/LENGTH", "a static address[,gateway] instead of DHCP; the n-th for the n-th interface", take_ip },
    { "--dns", "ADDRESS[:PORT]", "a name server, asked before those that DHCP gives", take_dns },
    { "--ping", "ADDRESS", "sends echo requests as soon as there is an address: ADDRESS[,count=4][,interval=100ms]\n"
      "[,timeout=1s][,size=32]; one that stays unanswered is exit code 1", take_ping },
    { "--tcp-send", "ADDRESS:PORT", "sends a known pattern by TCP: ADDRESS:PORT[,bytes=1G]", take_send },
    { "--tcp-serve", "PORT", "takes one TCP connection and checks that pattern", take_serve },
    { "--udp-echo", "PORT", "answers every UDP datagram with itself", take_echo },
    { "--for", "TIME", "ends after this time (3s, 500ms); without it, when all traffic is done, or at Ctrl-C", take_for },
    { "--end", "HOW", "unload (drivers are stopped and unloaded), or shutdown: as Windows turns a computer off", take_end },
    { "--cpus", "N", "virtual processors, 1 to 64 (2)", take_cpus },
    { "--memory", "MIB", "RAM of the computer, 32 to 8192 (2048)", take_memory },
    { "--clock", "KIND", "real, or virtual: time jumps to the next timer when nothing else is to do", take_clock },
    { "--seed", "N", "a schedule chosen by this number; the same for --schedule=seed:N", take_seed },
    { "--schedule", "KIND", "fair, or seed:N", take_schedule },
    { "--capture", "FILE", "writes every frame of the first card's wire to a pcapng file", take_capture },
    { "--reg", "FILE.reg", "imports registry values before drivers start", take_reg },
    { "--parameter", "NAME=VALUE", "a keyword of the network adapters, over what the INF says", take_parameter },
    { "--bfe", "SPEC", "the base filtering engine: running (default) or stopped[,start=TIME][,stop=TIME][,store=FILE]: boot-time\n"
      "filters are enforced until it starts; FILE keeps them and persistent objects for later runs", take_bfe },
    { "--allow-missing", NULL, "loads drivers that need what ring3 does not have; a call to it is a bug check",
      take_allow_missing },
    { "--cards-first", NULL, "plugs the cards in before any driver is loaded", take_cards_first },
    { "--no-tcpip", NULL, "binds no TCP/IP of the computer's own to the adapters, only the drivers' protocols", take_no_tcpip },
    { "--fail-alloc", "N", "the n-th pool allocation that drivers make fails, once", take_fail_alloc },
    { "--ignore", "RULES", "names of rules that stay silent, separated by commas, or all", take_ignore },
    { "--log", "LEVEL", "error, warn, info, debug or trace, on stderr (info: what drivers print, too)", take_log },
    { "--adapters", NULL, "prints the stack of every network adapter at the end, before drivers are unloaded", take_adapters },
    { "--format", "KIND", "text or json", take_format },
    { 0 }
};
