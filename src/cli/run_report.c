/* What ring3 run prints: per card and layer the frames and bytes, then traffic, then the totals. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"

static const char *const end_words[] = {
    [RING3_END_TIME] = "time", [RING3_END_IDLE] = "idle", [RING3_END_STOPPED] = "stopped",
    [RING3_END_BUG_CHECK] = "bug check", [RING3_END_STUCK] = "stuck", [RING3_END_POWER_CUT] = "power cut",
};

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* --- text --------------------------------------------------------------------------------------------------- */

static void text_layers(const struct ring3_nic_info *nic)
{
    printf("  %-9s %12s %15s %12s %15s %10s %10s\n", "layer", "sent", "bytes", "received", "bytes", "dropped out",
           "dropped in");
    for (unsigned i = 0; i < nic->layer_count; i++) {
        const struct ring3_layer *l = &nic->layer[i];
        printf("  %-9s %12" PRIu64 " %15" PRIu64 " %12" PRIu64 " %15" PRIu64 " %11" PRIu64 " %10" PRIu64 "\n", l->layer,
               l->tx_frames, l->tx_bytes, l->rx_frames, l->rx_bytes, l->tx_dropped, l->rx_dropped);
    }
}

static void text_nic(const struct ring3_nic_info *nic)
{
    printf("nic %u: %s on %s, driver %s, %s, link %s\n", nic->number, nic->model, nic->wire,
           nic->driver[0] ? nic->driver : "none", nic->address[0] ? nic->address : "no address",
           nic->link_up ? "up" : "down");
    text_layers(nic);
    printf("  interrupts %" PRIu64 ", doorbells %" PRIu64 ", OIDs %" PRIu64 "\n", nic->interrupts, nic->doorbells,
           nic->oids);
}

static void text_virtual(const struct ring3_nic_info *nic)
{
    printf("virtual adapter %u: %s, driver %s, %s, link %s\n", nic->number, nic->model, nic->driver,
           nic->address[0] ? nic->address : "no address", nic->link_up ? "up" : "down");
    text_layers(nic);
    printf("  OIDs %" PRIu64 "\n", nic->oids);
}

static void text_disk(const struct ring3_disk_info *disk)
{
    printf("disk %u: %s on %s, %" PRIu64 " bytes, driver %s\n", disk->number, disk->model, disk->kind, disk->bytes,
           disk->driver[0] ? disk->driver : "none");
    printf("  reads %" PRIu64 " (%" PRIu64 " bytes), writes %" PRIu64 " (%" PRIu64 " bytes), flushes %" PRIu64 ", failed %" PRIu64
           "; interrupts %" PRIu64 ", doorbells %" PRIu64 "\n", disk->reads, disk->read_bytes, disk->writes, disk->write_bytes,
           disk->flushes, disk->failed, disk->interrupts, disk->doorbells);
}

static void text_drive(const struct ring3_drive_info *drive)
{
    printf("PhysicalDrive%u: %s, %" PRIu64 " bytes, driver %s\n", drive->number, drive->model, drive->bytes, drive->driver);
    printf("  %-9s %12s %15s %12s %15s %10s %10s\n", "layer", "reads", "bytes", "writes", "bytes", "flushes", "others");
    for (unsigned i = 0; i < 2; i++) {
        const struct ring3_drive_layer *l = &drive->layer[i];
        printf("  %-9s %12" PRIu64 " %15" PRIu64 " %12" PRIu64 " %15" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", l->layer, l->reads,
               l->read_bytes, l->writes, l->write_bytes, l->flushes, l->others);
    }
    printf("  retries %" PRIu64 ", time-outs %" PRIu64 ", resets %" PRIu64 ", errors %" PRIu64 "\n", drive->retries, drive->timeouts,
           drive->resets, drive->errors);
}

static void text_traffic(const struct ring3_traffic_info *t)
{
    static const char *const words[] = { "ping", "tcp send", "tcp serve", "udp echo" };

    printf("%s %s: ", words[t->kind], t->peer);
    if (t->kind == RING3_PING)
        printf("%u sent, %u answered", t->sent, t->received);
    else if (t->kind != RING3_UDP_ECHO)
        printf("%" PRIu64 " bytes in %.3f s, %.3f Gbit/s, checksum %016" PRIx64, t->bytes, ms(t->elapsed_ns) / 1000,
               t->elapsed_ns ? (double)t->bytes * 8 / (double)t->elapsed_ns : 0.0, t->checksum);
    else
        printf("%" PRIu64 " bytes", t->bytes);
    if (t->kind == RING3_PING && t->received)
        printf(", round trip %.3f/%.3f/%.3f ms (least/average/most)", ms(t->min_ns), ms(t->average_ns), ms(t->max_ns));
    printf(t->good ? "\n" : ": %s\n", t->why);
}

static void text_report(struct run *run, const struct ring3_report *report)
{
    struct ring3_nic_info nic;
    struct ring3_disk_info disk;
    struct ring3_drive_info drive;
    struct ring3_counts counts;

    fputs(run->stack ? run->stack : "", stdout);
    for (unsigned n = 0; ring3_query_nic(run->computer, n, &nic); n++)
        text_nic(&nic);
    for (unsigned n = 0; ring3_query_virtual(run->computer, n, &nic); n++)
        text_virtual(&nic);
    for (unsigned n = 0; ring3_query_disk(run->computer, n, &disk); n++)
        text_disk(&disk);
    for (unsigned n = 0; n < ring3_drive_count(run->computer); n++)
        if (ring3_query_drive(run->computer, n, &drive))
            text_drive(&drive);
    for (unsigned i = 0; i < run->traffic_count; i++) {
        struct ring3_traffic_info info;
        ring3_query_traffic(run->traffic[i], &info);
        text_traffic(&info);
    }
    ring3_query_counts(run->computer, &counts);
    printf("total: %.3f s (ended by %s), interrupts %" PRIu64 ", DPCs %" PRIu64 ", thread switches %" PRIu64 "\n",
           ms(counts.elapsed_ns) / 1000, end_words[run->end], counts.interrupts, counts.dpcs, counts.switches);
    printf("left over: %" PRIu64 " bytes of pool in %" PRIu64 " allocations; findings %u\n", report->pool_bytes,
           report->pool_allocations, report->findings);
}

/* --- JSON --------------------------------------------------------------------------------------------------- */

static void json_string(const char *text)
{
    putchar('"');
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            printf("\\u%04x", *text);
        else
            putchar(*text);
    putchar('"');
}

static void json_field(const char *name, const char *text)
{
    printf("\"%s\":", name);
    json_string(text);
    putchar(',');
}

static void json_nic(const struct ring3_nic_info *nic)
{
    printf("{\"number\":%u,", nic->number);
    json_field("wire", nic->wire);
    json_field("model", nic->model);
    json_field("driver", nic->driver);
    json_field("address", nic->address);
    printf("\"link_up\":%s,\"layers\":[", nic->link_up ? "true" : "false");
    for (unsigned i = 0; i < nic->layer_count; i++) {
        const struct ring3_layer *l = &nic->layer[i];
        printf("%s{\"layer\":\"%s\",\"tx_frames\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 ",\"rx_frames\":%" PRIu64
               ",\"rx_bytes\":%" PRIu64 ",\"tx_dropped\":%" PRIu64 ",\"rx_dropped\":%" PRIu64 "}",
               i ? "," : "", l->layer, l->tx_frames, l->tx_bytes, l->rx_frames, l->rx_bytes, l->tx_dropped,
               l->rx_dropped);
    }
    printf("],\"interrupts\":%" PRIu64 ",\"doorbells\":%" PRIu64 ",\"oids\":%" PRIu64 "}", nic->interrupts,
           nic->doorbells, nic->oids);
}

static void json_disk(const struct ring3_disk_info *disk)
{
    printf("{\"number\":%u,", disk->number);
    json_field("kind", disk->kind);
    json_field("model", disk->model);
    json_field("driver", disk->driver);
    printf("\"bytes\":%" PRIu64 ",\"reads\":%" PRIu64 ",\"read_bytes\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"write_bytes\":%" PRIu64
           ",\"flushes\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"interrupts\":%" PRIu64 ",\"doorbells\":%" PRIu64 "}",
           disk->bytes, disk->reads, disk->read_bytes, disk->writes, disk->write_bytes, disk->flushes, disk->failed,
           disk->interrupts, disk->doorbells);
}

static void json_drive(const struct ring3_drive_info *drive)
{
    printf("{\"number\":%u,", drive->number);
    json_field("model", drive->model);
    json_field("driver", drive->driver);
    printf("\"bytes\":%" PRIu64 ",\"layers\":[", drive->bytes);
    for (unsigned i = 0; i < 2; i++) {
        const struct ring3_drive_layer *l = &drive->layer[i];
        printf("%s{", i ? "," : "");
        json_field("layer", l->layer);
        printf("\"reads\":%" PRIu64 ",\"read_bytes\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"write_bytes\":%" PRIu64
               ",\"flushes\":%" PRIu64 ",\"others\":%" PRIu64 "}", l->reads, l->read_bytes, l->writes, l->write_bytes, l->flushes,
               l->others);
    }
    printf("],\"retries\":%" PRIu64 ",\"timeouts\":%" PRIu64 ",\"resets\":%" PRIu64 ",\"errors\":%" PRIu64 "}", drive->retries,
           drive->timeouts, drive->resets, drive->errors);
}

static void json_drives(struct ring3_computer *computer)
{
    struct ring3_drive_info drive;
    unsigned printed = 0;

    for (unsigned n = 0; n < ring3_drive_count(computer); n++)
        if (ring3_query_drive(computer, n, &drive)) {
            printf("%s", printed++ ? "," : "");
            json_drive(&drive);
        }
}

static void json_traffic(const struct ring3_traffic_info *t)
{
    static const char *const words[] = { "ping", "tcp-send", "tcp-serve", "udp-echo" };

    printf("{\"kind\":\"%s\",", words[t->kind]);
    json_field("peer", t->peer);
    json_field("why", t->why);
    printf("\"good\":%s,\"finished\":%s,\"sent\":%u,\"received\":%u,\"min_ns\":%" PRIu64 ",\"average_ns\":%" PRIu64
           ",\"max_ns\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"checksum\":\"%016" PRIx64 "\",\"elapsed_ns\":%" PRIu64 "}",
           t->good ? "true" : "false", t->finished ? "true" : "false", t->sent, t->received, t->min_ns, t->average_ns,
           t->max_ns, t->bytes, t->checksum, t->elapsed_ns);
}

static void json_report(struct run *run, const struct ring3_report *report)
{
    struct ring3_nic_info nic;
    struct ring3_disk_info disk;
    struct ring3_counts counts;

    printf("{\"nics\":[");
    for (unsigned n = 0; ring3_query_nic(run->computer, n, &nic); n++) {
        printf("%s", n ? "," : "");
        json_nic(&nic);
    }
    printf("],\"virtual_adapters\":[");
    for (unsigned n = 0; ring3_query_virtual(run->computer, n, &nic); n++) {
        printf("%s", n ? "," : "");
        json_nic(&nic);
    }
    printf("],\"disks\":[");
    for (unsigned n = 0; ring3_query_disk(run->computer, n, &disk); n++) {
        printf("%s", n ? "," : "");
        json_disk(&disk);
    }
    printf("],\"drives\":[");
    json_drives(run->computer);
    printf("],\"traffic\":[");
    for (unsigned i = 0; i < run->traffic_count; i++) {
        struct ring3_traffic_info info;
        ring3_query_traffic(run->traffic[i], &info);
        printf("%s", i ? "," : "");
        json_traffic(&info);
    }
    ring3_query_counts(run->computer, &counts);
    if (run->stack)
        printf("],\"adapters\":%.*s", (int)strcspn(run->stack, "\n") - 1, run->stack);
    printf("],\"end\":\"%s\",\"elapsed_ns\":%" PRIu64 ",\"interrupts\":%" PRIu64 ",\"dpcs\":%" PRIu64
           ",\"switches\":%" PRIu64 ",\"pool_bytes\":%" PRIu64 ",\"pool_allocations\":%" PRIu64
           ",\"findings\":%u,\"bug_check\":%s,\"bug_check_code\":%u}\n",
           end_words[run->end], counts.elapsed_ns, counts.interrupts, counts.dpcs, counts.switches, report->pool_bytes,
           report->pool_allocations, report->findings, report->bug_check ? "true" : "false", report->bug_check_code);
}

void run_report(struct run *run, const struct ring3_report *report)
{
    if (run->json)
        json_report(run, report);
    else
        text_report(run, report);
    fflush(stdout);
}
