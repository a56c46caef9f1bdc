/* What the driver stack shows as disks, for reports. */
#include <stdio.h>

#include "machine/machine.h"
#include "storport/disk.h"
#include "storport/storport.h"

static struct ring3_drive_layer layer(const char *name, const struct storport_counts *c)
{
    return (struct ring3_drive_layer){ name, c->reads, c->read_bytes, c->writes, c->write_bytes, c->flushes, c->others };
}

unsigned ring3_drive_count(struct ring3_computer *computer)
{
    (void)computer;
    return storport_disk_total();
}

bool ring3_query_drive(struct ring3_computer *computer, unsigned number, struct ring3_drive_info *info)
{
    struct storport_disk_info disk;
    struct storport_disk_stats stats;

    (void)computer;
    if (!storport_disk_report(number, &disk, &stats))
        return false;
    *info = (struct ring3_drive_info){
        .number = number,
        .bytes = disk.bytes,
        .layer = { layer("disk", &stats.disk), layer("miniport", &stats.miniport) },
        .retries = stats.retries,
        .timeouts = stats.timeouts,
        .resets = stats.resets,
        .errors = stats.errors,
    };
    snprintf(info->model, sizeof info->model, "%s %s", disk.vendor, disk.product);
    snprintf(info->driver, sizeof info->driver, "%s", disk.driver);
    return true;
}
