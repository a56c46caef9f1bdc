/* `ring3 ctl stats`: what went through so far, with the names that the JSON report of ring3 run has. */
#include <inttypes.h>

#include "base/error.h"
#include "machine/ctl_session.h"

static void one_layer(struct writer *w, const struct ring3_layer *l, bool first)
{
    if (w->format == WRITE_TEXT)
        write_text(w, "  %-12s sent %" PRIu64 " (%" PRIu64 " bytes), received %" PRIu64 " (%" PRIu64 " bytes), dropped %" PRIu64 " out, %" PRIu64 " in\n",
                   l->layer, l->tx_frames, l->tx_bytes, l->rx_frames, l->rx_bytes, l->tx_dropped, l->rx_dropped);
    else
        write_text(w, "%s{\"layer\":\"%s\",\"tx_frames\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 ",\"rx_frames\":%" PRIu64 ",\"rx_bytes\":%" PRIu64
                   ",\"tx_dropped\":%" PRIu64 ",\"rx_dropped\":%" PRIu64 "}", first ? "" : ",", l->layer, l->tx_frames, l->tx_bytes,
                   l->rx_frames, l->rx_bytes, l->tx_dropped, l->rx_dropped);
}

static void one_nic(struct writer *w, const struct ring3_nic_info *nic)
{
    if (w->format == WRITE_TEXT) {
        write_text(w, "nic %u: %s on %s, driver %s, %s, link %s\n", nic->number, nic->model, nic->wire, nic->driver[0] ? nic->driver : "none",
                   nic->address[0] ? nic->address : "no address", nic->link_up ? "up" : "down");
    } else {
        write_text(w, "%s{\"number\":%u,", nic->number ? "," : "", nic->number);
        write_json_field(w, "wire", nic->wire);
        write_json_field(w, "model", nic->model);
        write_json_field(w, "driver", nic->driver);
        write_json_field(w, "address", nic->address);
        write_text(w, "\"link_up\":%s,\"layers\":[", nic->link_up ? "true" : "false");
    }
    for (unsigned i = 0; i < nic->layer_count; i++)
        one_layer(w, &nic->layer[i], i == 0);
    if (w->format == WRITE_TEXT)
        write_text(w, "  interrupts %" PRIu64 ", doorbells %" PRIu64 ", OIDs %" PRIu64 "\n", nic->interrupts, nic->doorbells, nic->oids);
    else
        write_text(w, "],\"interrupts\":%" PRIu64 ",\"doorbells\":%" PRIu64 ",\"oids\":%" PRIu64 "}", nic->interrupts, nic->doorbells, nic->oids);
}

static void one_disk(struct writer *w, const struct ring3_disk_info *d)
{
    if (w->format == WRITE_TEXT)
        write_text(w, "disk %u: %s on %s, driver %s, reads %" PRIu64 " (%" PRIu64 " bytes), writes %" PRIu64 " (%" PRIu64 " bytes), flushes %" PRIu64
                   ", failed %" PRIu64 "\n", d->number, d->model, d->kind, d->driver[0] ? d->driver : "none", d->reads, d->read_bytes,
                   d->writes, d->write_bytes, d->flushes, d->failed);
    else
        write_text(w, "%s{\"number\":%u,\"kind\":\"%s\",\"model\":\"%s\",\"driver\":\"%s\",\"bytes\":%" PRIu64 ",\"reads\":%" PRIu64
                   ",\"read_bytes\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"write_bytes\":%" PRIu64 ",\"flushes\":%" PRIu64 ",\"failed\":%" PRIu64 "}",
                   d->number ? "," : "", d->number, d->kind, d->model, d->driver, d->bytes, d->reads, d->read_bytes, d->writes,
                   d->write_bytes, d->flushes, d->failed);
}

static void totals(struct ring3_computer *computer, struct writer *w)
{
    struct ring3_counts c;
    struct ring3_report report;

    ring3_query_counts(computer, &c);
    ring3_query_report(computer, &report);
    if (w->format == WRITE_TEXT)
        write_text(w, "total: %.3f s, interrupts %" PRIu64 ", DPCs %" PRIu64 ", thread switches %" PRIu64 "; drivers hold %" PRIu64
                   " bytes of pool in %" PRIu64 " allocations; findings %u\n", (double)c.elapsed_ns / 1e9, c.interrupts, c.dpcs, c.switches,
                   c.pool_bytes, c.pool_allocations, report.findings);
    else
        write_text(w, "\"elapsed_ns\":%" PRIu64 ",\"interrupts\":%" PRIu64 ",\"dpcs\":%" PRIu64 ",\"switches\":%" PRIu64 ",\"pool_bytes\":%" PRIu64
                   ",\"pool_allocations\":%" PRIu64 ",\"findings\":%u}\n", c.elapsed_ns, c.interrupts, c.dpcs, c.switches, c.pool_bytes,
                   c.pool_allocations, report.findings);
}

static bool dump_stats(struct ring3_computer *computer, struct writer *w)
{
    struct ring3_nic_info nic;
    struct ring3_disk_info disk;
    bool json = w->format == WRITE_JSON;

    if (w->format == WRITE_DOT)
        return error_set("statistics come as text or json");
    if (json)
        write_text(w, "{\"nics\":[");
    for (unsigned n = 0; ring3_query_nic(computer, n, &nic); n++)
        one_nic(w, &nic);
    if (json)
        write_text(w, "],\"disks\":[");
    for (unsigned n = 0; ring3_query_disk(computer, n, &disk); n++)
        one_disk(w, &disk);
    if (json)
        write_text(w, "],");
    totals(computer, w);
    return true;
}

CTL_DUMP(stats_dump) = { "stats", dump_stats };
