/* Power cuts through the whole stack: requests in flight at disk class, Storport, miniport, card and file when power goes. Afterwards the
 * file holds, of each block, what was flushed or written through and answered, or something written later. RING3_CUTS says how many
 * computers lose their power (150). */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/random.h"
#include "machine/machine.h"
#include "nt/ke.h"
#include "nt/ram.h"
#include "ring3.h"
#include "storport/disk.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull
#define BLOCK 512u
#define BLOCKS 96u
#define MOST 8u                         /* blocks of a request */
#define DEPTH 8u
#define VERSIONS 4096u

/* What the client knows; it outlives the computer, in shared memory. */
struct known {
    uint32_t durable, answered, newest; /* versions of the block */
    bool busy;
    bool zeroes[VERSIONS];              /* the version is nothing but zeroes */
};

static struct shared {
    struct known block[BLOCKS];
    uint64_t answers, flushes, throughs;
} *shared;

struct slot {
    struct storport_io io;
    struct storport_segment segment;
    unsigned first, count;
    bool flush;
    uint32_t at_flush[BLOCKS];
};

static struct client {
    struct storport_disk *disk;
    struct slot slot[DEPTH];
    struct random random;
} c;

/* A block says its number and version in every 8 bytes. */
static void fill(uint8_t *bytes, unsigned number, uint32_t version)
{
    uint64_t word = (uint64_t)number << 32 | version;

    for (unsigned i = 0; i < BLOCK; i += 8)
        memcpy(bytes + i, &word, 8);
}

static void answered(struct storport_io *io, NTSTATUS status);

static void submit_flush(struct slot *s)
{
    s->io = (struct storport_io){ .kind = STORPORT_FLUSH, .done = answered };
    s->flush = true;
    for (unsigned i = 0; i < BLOCKS; i++)
        s->at_flush[i] = shared->block[i].answered;
    storport_disk_submit(c.disk, &s->io);
}

static bool free_range(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        if (shared->block[i].busy || shared->block[i].newest + 1 >= VERSIONS)
            return false;
    return true;
}

static void submit_write(struct slot *s, bool zeroes, bool fua)
{
    do {
        s->count = 1 + random_below(&c.random, MOST);
        s->first = random_below(&c.random, BLOCKS - MOST);
    } while (!free_range(s->first, s->count));
    for (unsigned i = s->first; i < s->first + s->count; i++) {
        struct known *k = &shared->block[i];

        k->busy = true;
        k->zeroes[++k->newest] = zeroes;
        fill((uint8_t *)s->segment.base + (i - s->first) * BLOCK, i, k->newest);
    }
    s->flush = false;
    s->segment.size = s->count * BLOCK;
    s->io = (struct storport_io){ .kind = zeroes ? STORPORT_WRITE_ZEROES : STORPORT_WRITE, .fua = fua, .offset = s->first * BLOCK,
                                  .length = s->segment.size, .segments = &s->segment, .segment_count = 1, .done = answered };
    storport_disk_submit(c.disk, &s->io);
}

static void submit(struct slot *s)
{
    uint32_t dice = random_below(&c.random, 24);

    if (dice < 2)
        submit_flush(s);
    else
        submit_write(s, dice == 2, dice < 5);
}

static void answered(struct storport_io *io, NTSTATUS status)
{
    struct slot *s = container_of(io, struct slot, io);

    CHECK_EQ(status, STATUS_SUCCESS);
    shared->answers++;
    for (unsigned i = 0; s->flush && i < BLOCKS; i++)
        if (s->at_flush[i] > shared->block[i].durable)
            shared->block[i].durable = s->at_flush[i];
    for (unsigned i = s->first; !s->flush && i < s->first + s->count; i++) {
        struct known *k = &shared->block[i];

        k->busy = false;
        k->answered = k->newest;
        if (io->fua)
            k->durable = k->newest;
    }
    shared->flushes += s->flush;
    shared->throughs += io->fua;
    submit(s);
}

static void begin(void *unused)
{
    KEVENT never;

    if (!(c.disk = storport_disk_open(0)))
        return;                         /* power went while the driver looked for it */
    for (unsigned i = 0; i < DEPTH; i++)
        c.slot[i].segment.base = ram_alloc(1, true);
    for (unsigned i = 0; i < DEPTH; i++)
        submit(&c.slot[i]);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
}

struct card {
    const char *driver, *keys;
};

/* In a process of its own: nothing of a computer without power can be taken down. */
static void live_and_lose_power(const struct card *card, const char *image, uint64_t seed)
{
    static const unsigned processors[] = { 1, 2, 4, 8 };
    struct ring3_computer *computer;
    struct ring3_config config;
    struct ring3_report report;
    char text[200];

    ring3_config_init(&config);
    config.cpus = processors[seed % 4];
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = seed % 3 != 0;
    config.seed = seed;
    config.log = RING3_LOG_ERROR;
    config.without_tcpip = true;
    random_seed(&c.random, seed);
    computer = ring3_open(&config);
    CHECK(computer != NULL);
    snprintf(text, sizeof text, "file:%s,cut=seed:%llu,cutwithin=%u,queues=%u,%s", image, (unsigned long long)seed,
             seed % 5 ? 400 : 2000, 1 + (unsigned)(seed % 4), card->keys);
    if (!ring3_add_disk(computer, text))
        UNIT_FAIL("%s", error_text());
    ring3_load(computer, unit_driver(card->driver));
    ring3_query_report(computer, &report);
    if (!report.power_cut) {
        ring3_run(computer, 100 * MS);
        machine_call(begin, NULL);
    }
    ring3_query_report(computer, &report);
    CHECK(report.power_cut);
    CHECK_EQ(report.findings, 0);
    _exit(0);
}

static bool may_be(const struct known *k, unsigned number, unsigned at, uint8_t byte)
{
    for (uint32_t v = k->durable; v <= k->newest; v++) {
        uint64_t word = v && !k->zeroes[v] ? (uint64_t)number << 32 | v : 0;

        if (((const uint8_t *)&word)[at % 8] == byte)
            return true;
    }
    return false;
}

struct tally {
    uint64_t answers, flushes, throughs, lost, torn;
};

static void check_image(const char *image, struct tally *tally)
{
    static uint8_t bytes[BLOCKS * BLOCK];
    uint8_t newest[BLOCK];
    int fd = open(image, O_RDONLY);

    CHECK(fd >= 0);
    CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
    close(fd);
    for (unsigned n = 0; n < BLOCKS; n++) {
        const struct known *k = &shared->block[n];
        const uint8_t *block = bytes + n * BLOCK;

        for (unsigned i = 0; i < BLOCK; i++)
            CHECK(may_be(k, n, i, block[i]));
        fill(newest, n, k->newest);
        tally->lost += k->newest && !k->zeroes[k->newest] && memcmp(newest, block, BLOCK) != 0;
        tally->torn += memcmp(block, block + 8, BLOCK - 8) != 0;
    }
    tally->answers += shared->answers;
    tally->flushes += shared->flushes;
    tally->throughs += shared->throughs;
}

static void one_cut(const struct card *card, const char *image, uint64_t seed, struct tally *tally)
{
    int fd = open(image, O_RDWR | O_CREAT | O_TRUNC, 0600), status;
    pid_t pid;

    CHECK(fd >= 0 && ftruncate(fd, BLOCKS * BLOCK) == 0);
    close(fd);
    memset(shared, 0, sizeof *shared);
    if ((pid = fork()) == 0)
        live_and_lose_power(card, image, seed);
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_image(image, tally);
}

static void cut_many(const struct card *card)
{
    const char *asked = getenv("RING3_CUTS"), *tmp = getenv("TMPDIR");
    unsigned cuts = asked ? (unsigned)atoi(asked) : 150;
    struct tally tally = { 0 };
    char image[200];

    unit_driver(card->driver);
    CHECK(cuts > 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    snprintf(image, sizeof image, "%s/ring3-powercut-%d.img", tmp ? tmp : "/tmp", (int)getpid());
    for (uint64_t seed = 1; seed <= cuts; seed++)
        one_cut(card, image, seed, &tally);
    unlink(image);
    munmap(shared, sizeof *shared);
    printf("    %u cuts: %llu requests answered, of them %llu flushes and %llu written through; %llu blocks lost their last version, %llu torn\n",
           cuts, (unsigned long long)tally.answers, (unsigned long long)tally.flushes, (unsigned long long)tally.throughs,
           (unsigned long long)tally.lost, (unsigned long long)tally.torn);
    CHECK(tally.answers > cuts * 50ull && tally.flushes > cuts && tally.throughs > cuts);
    CHECK(tally.lost > cuts && tally.torn > cuts / 4);      /* the cache really was volatile */
}

TEST(no_power_cut_loses_what_was_flushed_or_written_through_and_answered)
{
    static const struct card card = { "vioblk", "model=virtio-blk" };

    cut_many(&card);
}

TEST(no_power_cut_loses_what_an_nvme_controller_flushed_or_wrote_through_and_answered)
{
    static const struct card card = { "nvmeq", "model=nvme,depth=32" };

    cut_many(&card);
}

TEST(no_power_cut_loses_what_a_scsi_host_flushed_or_wrote_through_and_answered)
{
    static const struct card card = { "vscsi", "model=virtio-scsi" };

    cut_many(&card);
}
