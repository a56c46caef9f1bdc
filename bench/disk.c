/* 4 KiB random reads and writes of PhysicalDrive0, inside the computer, through disk class, Storport and ramlun: operations a second.
 *     disk RAMLUN.SYS read|write DEPTH [SECONDS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine/machine.h"
#include "nt/ke.h"
#include "nt/ram.h"
#include "ring3.h"
#include "storport/disk.h"

#define SIZE 4096u
#define RANGE (64u << 20)           /* bytes of the disk that are used, as by the peer */
#define MOST 64u

static struct bench {
    struct storport_disk *disk;
    struct storport_io io[MOST];
    struct storport_segment segment[MOST];
    enum storport_io_kind kind;
    uint64_t blocks, random, done, failed, limit;
    unsigned depth, busy;
    KEVENT over;
} b;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void submit(struct storport_io *io)
{
    b.random = b.random * 6364136223846793005ull + 1442695040888963407ull;
    io->offset = (b.random >> 33) % b.blocks * SIZE;
    storport_disk_submit(b.disk, io);
}

static void done(struct storport_io *io, NTSTATUS status)
{
    b.failed += !NT_SUCCESS(status);
    if (++b.done >= b.limit) {
        if (!--b.busy)
            KeSetEvent(&b.over, 0, FALSE);
        return;
    }
    submit(io);
}

static void run(void *unused)
{
    struct storport_disk_info info;

    if (!storport_disk_query(0, &info) || !(b.disk = storport_disk_open(0)))
        return;
    b.blocks = (info.bytes < RANGE ? info.bytes : RANGE) / SIZE;
    KeInitializeEvent(&b.over, NotificationEvent, FALSE);
    b.done = 0;
    b.busy = b.depth;
    for (unsigned i = 0; i < b.depth; i++) {
        b.segment[i] = (struct storport_segment){ ram_alloc(1, true), SIZE };
        b.io[i] = (struct storport_io){ .kind = b.kind, .length = SIZE, .segments = &b.segment[i], .segment_count = 1, .done = done };
        submit(&b.io[i]);
    }
    KeWaitForSingleObject(&b.over, Executive, KernelMode, FALSE, NULL);
    for (unsigned i = 0; i < b.depth; i++)
        ram_free(b.segment[i].base, 1);
    storport_disk_close(b.disk);
}

int main(int argc, char **argv)
{
    struct ring3_config config;
    double wanted = argc > 4 ? atof(argv[4]) : 1;

    if (argc < 4)
        return fprintf(stderr, "disk RAMLUN.SYS read|write DEPTH [SECONDS]\n"), 2;
    ring3_config_init(&config);
    config.cpus = 1;
    config.memory = 256u << 20;
    config.log = RING3_LOG_ERROR;
    config.without_tcpip = true;
    struct ring3_computer *computer = ring3_open(&config);
    if (!computer || !ring3_add_root_device(computer, "ROOT\\RAMLUN") || !ring3_load(computer, argv[1]))
        return fprintf(stderr, "disk: %s\n", ring3_error()), 1;
    b.kind = strcmp(argv[2], "write") ? STORPORT_READ : STORPORT_WRITE;
    b.depth = (unsigned)atoi(argv[3]);
    b.depth = b.depth < 1 ? 1 : b.depth > MOST ? MOST : b.depth;
    b.limit = 100000;
    for (int warm = 1; warm >= 0; warm--) {
        double start = seconds();
        machine_call(run, NULL);
        double took = seconds() - start;
        if (!warm)
            printf("%.0f\n", (double)b.done / took);
        b.limit = (uint64_t)((double)b.done / took * wanted) + 1;
    }
    ring3_close(computer, NULL);
    return b.failed != 0;
}
