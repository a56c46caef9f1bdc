/* Rules listen to events and report findings: a driver's mistake, with its stack and the command that replays it.
 *
 * A rule is one file that ends in CHECK_RULE(name) = { ... }; being there is being registered. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fwp/event.h"
#include "ndis/event.h"
#include "netio/event.h"
#include "nt/event.h"

struct check_rule {
    const char *name;               /* as findings and --rules show it: "irql-of-export" */
    const char *help;               /* one line */
    const char *doc;                /* the page the rule follows */
    uint32_t kinds;                 /* bits of enum nt_event_kind it wants */
    void (*on_event)(const struct nt_event *event);
    uint32_t ndis_kinds;            /* bits of enum ndis_event_kind it wants */
    void (*on_ndis_event)(const struct ndis_event *event);
    uint32_t netio_kinds;           /* bits of enum netio_event_kind it wants */
    void (*on_netio_event)(const struct netio_event *event);
    uint32_t fwp_kinds;             /* bits of enum fwp_event_kind it wants */
    void (*on_fwp_event)(const struct fwp_event *event);
    /* After a driver was unloaded: what did it leave? The image is still mapped. May be NULL. */
    void (*after_unload)(const char *driver, uint64_t image_base, uint64_t image_size);
    void (*reset)(void);            /* a new computer; may be NULL */
};

#define CHECK_RULE(id)                                                                                              \
    static const struct check_rule id;                                                                              \
    static const struct check_rule *const id##_entry __attribute__((section("check_rules"), used)) = &id;           \
    static const struct check_rule id

struct check_config {
    const char *off;                /* comma-separated rule names that stay silent, "all" for all; NULL: none */
    const char *replay;             /* the command line that makes the same run; copied */
};

/* Starts listening. False with error_text() when `off` names a rule that does not exist. */
bool check_open(const struct check_config *config);
void check_close(void);
void check_after_unload(const char *driver, uint64_t image_base, uint64_t image_size);
/* Calls back for every rule, in name order. */
void check_each_rule(void (*visit)(void *context, const struct check_rule *rule), void *context);

#define FINDING_FRAMES 16

struct finding {
    const struct check_rule *rule;
    char text[400];
    uint64_t time_ns;
    unsigned cpu, irql, count;      /* count: how often the same rule fired at the same place */
    unsigned frame_count;
    uint64_t frames[FINDING_FRAMES];
};

/* Reports at a driver's call site. The same rule at the same place is counted, not printed again. */
void finding_at(const struct check_rule *rule, struct pe_caller caller, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports with a stack captured earlier (an allocation's, say). */
void finding_with_stack(const struct check_rule *rule, const uint64_t *frames, unsigned count, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

unsigned finding_count(void);
const struct finding *finding_get(unsigned index);

#endif
