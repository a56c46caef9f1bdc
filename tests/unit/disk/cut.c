#include "unit.h"

#include "base/log.h"
#include "base/random.h"
#include "disk/disk.h"
#include "host/loop.h"

#define BLOCK 512u
#define BLOCKS 64u
#define OPS 400

/* What a client of the disk knows of one block: each version it ever wrote, and which of them must still be there. */
struct known {
    uint32_t durable;                   /* the version that was flushed and answered */
    uint32_t newest;                    /* the version written last, answered or not */
};

struct client {
    struct disk *disk;
    struct known block[BLOCKS];
    uint32_t at_flush[BLOCKS];
    unsigned power_lost, answers;
    enum disk_result result;
    struct disk_io io;                  /* of run(): the disk keeps it when power goes */
    struct iovec part;
    char path[64];
};

static uint64_t now_ns(struct clock *clock)
{
    return 0;
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
}

static struct clock clock_of_test = { .now_ns = now_ns, .arm = arm };

static void power_lost(void *card)
{
    ((struct client *)card)->power_lost++;
}

static void open_disk(struct client *c, const char *text, bool wait)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct spec spec;

    log_configure(&quiet);
    CHECK(spec_parse(&spec, text));
    c->disk = disk_open(&spec, &clock_of_test, wait);
    CHECK(c->disk);
    c->disk->card = c;
    c->disk->power_lost = power_lost;
}

static void answered(struct disk_io *io, enum disk_result result)
{
    struct client *c = io->context;

    c->answers++;
    c->result = result;
}

/* False: power went before the answer. */
static bool run(struct client *c, struct disk_io *io)
{
    unsigned before = c->answers;

    c->io = *io;
    if (io->count) {
        c->part = *io->parts;
        c->io.parts = &c->part;
    }
    c->io.done = answered;
    c->io.context = c;
    disk_issue(c->disk, &c->io);
    disk_flush_queue(c->disk);
    while (c->answers == before && !c->power_lost)
        loop_poll(1000000);
    if (c->answers != before)
        CHECK_EQ(c->result, DISK_DONE);
    return c->answers != before;
}

/* A block says its number and version in every 8 bytes. */
static void fill(uint8_t *bytes, unsigned number, uint32_t version)
{
    uint64_t word = (uint64_t)number << 32 | version;

    for (unsigned i = 0; i < BLOCK; i += 8)
        memcpy(bytes + i, &word, 8);
}

static bool write_some(struct client *c, struct random *r, bool fua)
{
    uint8_t bytes[4 * BLOCK];
    unsigned first = random_below(r, BLOCKS - 4), count = 1 + random_below(r, 4);
    struct iovec part = { bytes, count * BLOCK };
    struct disk_io io = { .op = DISK_WRITE, .fua = fua, .offset = first * BLOCK, .length = count * BLOCK, .parts = &part, .count = 1 };

    for (unsigned i = 0; i < count; i++)
        fill(bytes + i * BLOCK, first + i, ++c->block[first + i].newest);
    if (!run(c, &io))
        return false;
    for (unsigned i = 0; fua && i < count; i++)
        c->block[first + i].durable = c->block[first + i].newest;
    return true;
}

static bool flush(struct client *c)
{
    struct disk_io io = { .op = DISK_FLUSH };

    for (unsigned i = 0; i < BLOCKS; i++)
        c->at_flush[i] = c->block[i].newest;
    if (!run(c, &io))
        return false;
    for (unsigned i = 0; i < BLOCKS; i++)
        c->block[i].durable = c->at_flush[i];
    return true;
}

/* Versions are never mixed but in a block that was being written: each word is one from durable to newest. */
static unsigned check_block(const struct known *known, const uint8_t *bytes, unsigned number)
{
    unsigned lost = 0;

    for (unsigned i = 0; i < BLOCK; i++) {
        uint64_t word = (uint64_t)number << 32;
        bool good = false;

        for (uint32_t v = known->durable; v <= known->newest && !good; v++) {
            uint64_t one = v ? word | v : 0;
            good = ((const uint8_t *)&one)[i % 8] == bytes[i];
        }
        lost += !good;
    }
    return lost;
}

struct tally {
    unsigned cuts, lost_writes;
};

static void one_cut(uint64_t seed, bool wait, struct tally *tally)
{
    static struct client c;
    static uint8_t back[BLOCKS * BLOCK];
    struct iovec part = { back, sizeof back };
    struct disk_io read = { .op = DISK_READ, .length = sizeof back, .parts = &part, .count = 1 };
    struct random r;
    char text[160];
    bool alive = true;

    memset(&c, 0, sizeof c);
    random_seed(&r, seed);
    snprintf(c.path, sizeof c.path, "/tmp/ring3-cut-%d.img", (int)getpid());
    unlink(c.path);
    snprintf(text, sizeof text, "file:%s,size=%u,cut=seed:%llu,cutwithin=300", c.path, BLOCKS * BLOCK, (unsigned long long)seed);
    open_disk(&c, text, wait);
    for (int i = 0; alive && i < OPS; i++) {
        uint32_t dice = random_below(&r, 20);
        alive = dice == 0 ? flush(&c) : write_some(&c, &r, dice == 1);
    }
    CHECK_EQ(c.power_lost, 1);
    disk_close(c.disk);
    tally->cuts++;
    c.power_lost = 0;
    snprintf(text, sizeof text, "file:%s", c.path);
    open_disk(&c, text, wait);
    CHECK(run(&c, &read));
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint8_t newest[BLOCK];

        CHECK_EQ(check_block(&c.block[i], back + i * BLOCK, i), 0);
        fill(newest, i, c.block[i].newest);
        tally->lost_writes += c.block[i].newest && memcmp(newest, back + i * BLOCK, BLOCK) != 0;
    }
    disk_close(c.disk);
    unlink(c.path);
}

TEST(a_thousand_power_cuts_lose_nothing_that_was_flushed_or_fua)
{
    struct tally tally = { 0 };

    CHECK(loop_open());
    for (uint64_t seed = 0; seed < 1000; seed++)
        one_cut(seed, seed % 2, &tally);
    CHECK_EQ(tally.cuts, 1000);
    CHECK(tally.lost_writes > 1000);    /* and the cache really was volatile */
    loop_close();
}

TEST(what_is_in_the_cache_is_read_back_and_a_discard_drops_it)
{
    struct client c = { 0 };
    uint8_t bytes[BLOCK], back[BLOCK];
    struct iovec part = { bytes, BLOCK }, back_part = { back, BLOCK };
    struct disk_io write = { .op = DISK_WRITE, .offset = BLOCK, .length = BLOCK, .parts = &part, .count = 1 };
    struct disk_io read = { .op = DISK_READ, .offset = BLOCK, .length = BLOCK, .parts = &back_part, .count = 1 };
    struct disk_io zero = { .op = DISK_WRITE_ZEROES, .offset = 0, .length = 4 * BLOCK };

    open_disk(&c, "mem:1M,cut=seed:1,cutwithin=1000000", false);
    CHECK(c.disk->volatile_cache);
    fill(bytes, 1, 1);
    CHECK(run(&c, &write) && run(&c, &read));
    CHECK(memcmp(bytes, back, BLOCK) == 0);
    CHECK(run(&c, &zero) && run(&c, &read));
    CHECK_EQ(back[0] | back[511], 0);
    disk_close(c.disk);
}

TEST(after_the_cut_nothing_is_answered_until_the_disk_is_drained)
{
    struct client c = { 0 };
    struct disk_io io = { .op = DISK_FLUSH }, late = { .op = DISK_FLUSH, .done = answered, .context = &c };

    open_disk(&c, "mem:1M,cut=seed:1,cutwithin=1", false);
    CHECK(!run(&c, &io));
    disk_issue(c.disk, &late);
    CHECK_EQ(c.answers, 0);
    disk_drain(c.disk);
    CHECK_EQ(c.answers, 2);
    CHECK_EQ(c.result, DISK_CANCELLED);
    disk_close(c.disk);
}
