/* Storport and the disk class driver, for the machine. */
#ifndef STORPORT_STORPORT_H
#define STORPORT_STORPORT_H

#include <stdbool.h>
#include <stdint.h>

struct io_driver;
struct pnp_node;

/* For one computer: after PnP, before the first driver. PASSIVE_LEVEL, inside. False with error_text(). */
bool storport_open(void);
void storport_close(void);

/* The class driver that serves a disk's PDO: for pnp_find_driver when no INF names another. NULL: not a disk. */
struct io_driver *storport_find_driver(struct pnp_node *node, const char *const *ids, unsigned count);

/* The DRIVER_OBJECT is of a registered miniport; *is_virtual: of a virtual one. Inside. */
bool storport_is_miniport(const void *driver, bool *is_virtual);

struct storport_counts {
    uint64_t reads, read_bytes, writes, write_bytes, flushes, others;
};

/* What went through one disk, layer by layer. */
struct storport_disk_stats {
    struct storport_counts disk;        /* asked of the disk: IRPs and the host's own requests */
    struct storport_counts miniport;    /* SRBs that the miniport completed with success */
    uint64_t retries, timeouts, resets, errors;
};

struct storport_disk_info;

/* Disks that there were since the computer was opened, gone ones included: for reports. */
unsigned storport_disk_total(void);
/* False when there was no disk of this number, or too many since. */
bool storport_disk_report(unsigned number, struct storport_disk_info *info, struct storport_disk_stats *stats);

#endif
