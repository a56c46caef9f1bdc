/* What a filter driver's INF says, and where its modules stand.
 *
 * Setup writes the Ndi key of a network service below Control\Network\{class of network services}\{NetCfgInstanceId}; the driver
 * names the same GUID as its UniqueName. Modifying modules stand in the order of their classes, the later registered above in
 * one class. A monitoring driver has a module directly above the miniport and one above every modifying module; of several,
 * the first registered is the lowest.
 * docs: network/configuring-an-inf-file-for-a-modifying-filter-driver, -monitoring-, network/specifying-filter-driver-binding-relationships */
#include "ndis/filter_module.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "ndis/user.h"
#include "nt/cm.h"
#include "nt/text.h"

#define NETWORK "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\{4d36e974-e325-11ce-bfc1-08002be10318}\\"
#define FILTER_TYPE_MONITORING 1u
#define FILTER_RUN_TYPE_MANDATORY 1u

/* From the miniport up; the last three belong into Hyper-V's extensible switch.
 * docs: network/inf-requirements-for-hyper-v-extensions */
static const char *const classes[] = {
    "provider_address", "custom", "diagnostic", "failover", "loadbalance", "vpn", "compression", "encryption", "scheduler",
    "ms_switch_forward", "ms_switch_filter", "ms_switch_capture",
};
_Static_assert(countof(classes) == FILTER_RANKS, "every class has a rank");
#define CUSTOM 1u

static unsigned rank_of(const char *class)
{
    for (unsigned i = 0; i < countof(classes); i++)
        if (!strcasecmp(class, classes[i]))
            return i;
    return CUSTOM;
}

const char *filter_class(const struct filter_driver *driver)
{
    return classes[driver->kind.rank];
}

/* A comma-separated list has the word. */
static bool lists(const char *text, const char *word)
{
    size_t length = strlen(word);

    while (*text) {
        size_t n;

        text += strspn(text, ", \t");
        n = strcspn(text, ", \t");
        if (n == length && !strncasecmp(text, word, n))
            return true;
        text += n;
    }
    return false;
}

static struct cm_key *ndi_key(const struct filter_driver *driver)
{
    char path[sizeof NETWORK + 64], *at = path + sizeof NETWORK - 1;
    size_t length = driver->unique_name.Length / sizeof(WCHAR);

    memcpy(path, NETWORK, sizeof NETWORK);
    for (size_t i = 0; i < length; i++)
        *at++ = driver->unique_name.Buffer[i] < 0x80 ? (char)driver->unique_name.Buffer[i] : '?';
    strcpy(at, "\\Ndi");
    return length ? cm_key(NULL, path, false) : NULL;
}

/* The words of LowerRange that name a medium. docs: network/specifying-binding-interfaces */
static const struct {
    const char *word;
    NDIS_MEDIUM medium;
} media[] = {
    { "ethernet", NdisMedium802_3 },   { "tokenring", NdisMedium802_5 }, { "fddi", NdisMediumFddi },      { "wan", NdisMediumWan },
    { "localtalk", NdisMediumLocalTalk }, { "arcnet", NdisMediumArcnetRaw }, { "arcnet", NdisMediumArcnet878_2 }, { "atm", NdisMediumAtm },
    { "ppip", NdisMediumWirelessWan }, { "wlan", NdisMediumNative802_11 },
};

static bool names_a_medium(const char *list)
{
    for (size_t i = 0; i < countof(media); i++)
        if (lists(list, media[i].word))
            return true;
    return false;
}

static void say_where_it_belongs(const struct filter_driver *driver)
{
    const char *list = driver->kind.media;
    char name[64];

    if (names_a_medium(list))
        return;
    text_utf8(name, sizeof name, &driver->service_name);
    if (lists(list, "vmnetextension"))
        log_warn("ndis", "%s: ring3 has no extensible switch of Hyper-V, and FilterMediaTypes '%s' names nothing else: it gets no module", name, list);
    else
        log_info("ndis", "%s: FilterMediaTypes '%s' names no kind of adapter that ring3 has: it gets no module", name, list);
}

void filter_read_kind(struct filter_driver *driver)
{
    struct cm_key *ndi = ndi_key(driver), *interfaces = ndi ? cm_key(ndi, "Interfaces", false) : NULL;
    char text[128] = "";
    uint32_t type = 0, run_type = 0;

    driver->kind = (struct filter_kind){ .rank = CUSTOM, .media = "ethernet" };
    if (!ndi)
        return;
    cm_get_dword(ndi, "FilterType", &type);
    cm_get_dword(ndi, "FilterRunType", &run_type);
    driver->kind.monitoring = type == FILTER_TYPE_MONITORING;
    driver->kind.mandatory = run_type == FILTER_RUN_TYPE_MANDATORY;
    if (cm_get_string(ndi, "FilterClass", text, sizeof text))
        driver->kind.rank = rank_of(text);
    if (interfaces)
        cm_get_string(interfaces, "FilterMediaTypes", driver->kind.media, sizeof driver->kind.media);
    say_where_it_belongs(driver);
}

/* A driver without Ndi key gets Ethernet adapters, but for those that the user has taken it off. */
bool filter_fits(const struct filter_driver *driver, struct adapter *a)
{
    char name[64];

    text_utf8(name, sizeof name, &driver->service_name);
    for (size_t i = 0; i < countof(media); i++)
        if (media[i].medium == a->general.MediaType && lists(driver->kind.media, media[i].word))
            return !ndis_user_disabled(a, name);
    return false;
}

static void insert_after(struct list *node, struct list *prev)
{
    list_insert(node, prev, prev->next);
}

static void place_monitoring(struct filter *f)
{
    struct list *prev = f->over ? &f->over->node : &f->adapter->filters;

    while (prev->next != &f->adapter->filters) {
        struct filter *next = container_of(prev->next, struct filter, node);

        if (!next->driver->kind.monitoring || next->over != f->over)
            break;
        prev = prev->next;
    }
    insert_after(&f->node, prev);
}

void filter_place(struct filter *f)
{
    if (f->driver->kind.monitoring) {
        place_monitoring(f);
        return;
    }
    list_each(it, &f->adapter->filters) {
        struct filter *other = container_of(it, struct filter, node);

        if (!other->driver->kind.monitoring && other->driver->kind.rank > f->driver->kind.rank) {
            insert_after(&f->node, it->prev);
            return;
        }
    }
    list_push_back(&f->adapter->filters, &f->node);
}
