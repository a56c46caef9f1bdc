#include "../forbid.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "disk/disk.h"
#include "host/loop.h"

#define BLOCK 512u

struct bench {
    struct clock clock;
    uint64_t now;
    struct clock_timer *timer;
    struct disk *disk;
    char path[64];
};

static uint64_t now_ns(struct clock *clock)
{
    return container_of(clock, struct bench, clock)->now;
}

static void arm(struct clock *clock, struct clock_timer *timer, uint64_t due_ns)
{
    timer->due_ns = due_ns;
    container_of(clock, struct bench, clock)->timer = timer;
}

static struct disk *open_spec(struct bench *b, const char *text, bool wait)
{
    static const struct log_config quiet = { .level = LOG_ERROR };
    struct spec spec;

    log_configure(&quiet);
    b->clock = (struct clock){ .now_ns = now_ns, .arm = arm };
    CHECK(spec_parse(&spec, text));
    b->disk = disk_open(&spec, &b->clock, wait);
    if (b->disk && !spec_finish(&spec)) {
        disk_close(b->disk);
        b->disk = NULL;
    }
    return b->disk;
}

static const char *temporary(struct bench *b)
{
    snprintf(b->path, sizeof b->path, "/tmp/ring3-disk-%d.img", (int)getpid());
    unlink(b->path);
    return b->path;
}

struct answer {
    unsigned count;
    enum disk_result result;
};

static void answered(struct disk_io *io, enum disk_result result)
{
    struct answer *answer = io->context;

    answer->count++;
    answer->result = result;
}

/* Submits one request and lets the outside work until it is answered. */
static enum disk_result run(struct disk *disk, struct disk_io io)
{
    struct answer answer = { 0 };

    io.done = answered;
    io.context = &answer;
    disk_issue(disk, &io);
    disk_flush_queue(disk);
    for (int i = 0; !answer.count && i < 1000; i++)
        loop_poll(10000000);
    CHECK_EQ(answer.count, 1);
    return answer.result;
}

static enum disk_result transfer(struct disk *disk, enum disk_op op, uint64_t offset, void *bytes, size_t size, bool fua)
{
    struct iovec part = { bytes, size };

    return run(disk, (struct disk_io){ .op = op, .fua = fua, .offset = offset, .length = size, .parts = &part, .count = 1 });
}

static enum disk_result simple(struct disk *disk, enum disk_op op, uint64_t offset, uint64_t length)
{
    return run(disk, (struct disk_io){ .op = op, .offset = offset, .length = length });
}

static void check_reads_what_was_written(struct disk *disk)
{
    static uint8_t written[64 * BLOCK], read[64 * BLOCK];
    struct iovec parts[] = { { read, 100 }, { read + 100, 412 }, { read + 512, sizeof read - 512 } };

    for (size_t i = 0; i < sizeof written; i++)
        written[i] = (uint8_t)(i * 31 + i / 512);
    CHECK_EQ(transfer(disk, DISK_WRITE, 3 * BLOCK, written, sizeof written, false), DISK_DONE);
    CHECK_EQ(run(disk, (struct disk_io){ .op = DISK_READ, .offset = 3 * BLOCK, .length = sizeof read, .parts = parts, .count = 3 }),
             DISK_DONE);
    CHECK(memcmp(read, written, sizeof read) == 0);
    CHECK_EQ(simple(disk, DISK_WRITE_ZEROES, 4 * BLOCK, 2 * BLOCK), DISK_DONE);
    CHECK_EQ(transfer(disk, DISK_READ, 3 * BLOCK, read, sizeof read, false), DISK_DONE);
    memset(written + BLOCK, 0, 2 * BLOCK);
    CHECK(memcmp(read, written, sizeof read) == 0);
    CHECK_EQ(simple(disk, DISK_FLUSH, 0, 0), DISK_DONE);
    CHECK_EQ(simple(disk, DISK_DISCARD, 64 * BLOCK, BLOCK), DISK_DONE);
}

TEST(a_memory_disk_reads_what_was_written)
{
    struct bench b = { 0 };

    CHECK(open_spec(&b, "mem:1M", false));
    CHECK_EQ(b.disk->size, 1u << 20);
    check_reads_what_was_written(b.disk);
    disk_close(b.disk);
}

static void file_round_trip(const char *io, bool wait)
{
    struct bench b = { 0 };
    char text[128];
    struct stat st;

    CHECK(loop_open());
    snprintf(text, sizeof text, "file:%s,size=1M%s", temporary(&b), io);
    CHECK(open_spec(&b, text, wait));
    check_reads_what_was_written(b.disk);
    disk_close(b.disk);
    CHECK(stat(b.path, &st) == 0);
    CHECK_EQ(st.st_size, 1 << 20);
    unlink(b.path);
    loop_close();
}

TEST(a_file_disk_reads_what_was_written)
{
    file_round_trip("", false);
}

TEST(a_file_disk_that_waits_answers_before_the_queue_is_flushed)
{
    file_round_trip("", true);
}

TEST(a_file_disk_with_threads_reads_what_was_written)
{
    file_round_trip(",io=threads", false);
    file_round_trip(",io=threads", true);
}

TEST(where_the_host_refuses_io_uring_threads_move_the_data)
{
    struct bench b = { 0 };
    char text[128];

    forbid_call(SYS_io_uring_setup, EPERM);
    file_round_trip("", false);
    snprintf(text, sizeof text, "file:%s,size=1M,io=uring", temporary(&b));
    CHECK(!open_spec(&b, text, true));
    CHECK(strstr(error_text(), "io_uring"));
    unlink(b.path);
}

static void a_thousand_requests(const char *how)
{
    struct bench b = { 0 };
    static struct disk_io io[1000];
    static struct iovec part[1000];
    static uint8_t bytes[1000][BLOCK], back[BLOCK];
    struct answer answer = { 0 };
    char text[128];

    CHECK(loop_open());
    snprintf(text, sizeof text, "file:%s,size=1M%s", temporary(&b), how);
    CHECK(open_spec(&b, text, false));
    for (unsigned i = 0; i < 1000; i++) {
        memset(bytes[i], (int)i, BLOCK);
        part[i] = (struct iovec){ bytes[i], BLOCK };
        io[i] = (struct disk_io){ .op = DISK_WRITE, .offset = i * BLOCK, .length = BLOCK, .parts = &part[i], .count = 1,
                                  .done = answered, .context = &answer };
        disk_issue(b.disk, &io[i]);
    }
    disk_flush_queue(b.disk);
    disk_drain(b.disk);
    CHECK_EQ(answer.count, 1000);
    CHECK_EQ(answer.result, DISK_DONE);
    CHECK_EQ(transfer(b.disk, DISK_READ, 777 * BLOCK, back, BLOCK, false), DISK_DONE);
    CHECK(memcmp(back, bytes[777], BLOCK) == 0);
    disk_close(b.disk);
    unlink(b.path);
    loop_close();
}

TEST(a_file_disk_takes_more_requests_than_the_kernel_at_once)
{
    a_thousand_requests("");
}

TEST(a_file_disk_takes_more_requests_than_its_threads_at_once)
{
    a_thousand_requests(",io=threads");
}

TEST(requests_beyond_the_end_and_in_parts_of_blocks_are_refused)
{
    struct bench b = { 0 };
    uint8_t bytes[2 * BLOCK];

    CHECK(open_spec(&b, "mem:1M", false));
    CHECK_EQ(transfer(b.disk, DISK_READ, (1 << 20) - BLOCK, bytes, 2 * BLOCK, false), DISK_BAD_REQUEST);
    CHECK_EQ(transfer(b.disk, DISK_READ, UINT64_MAX - 511, bytes, BLOCK, false), DISK_BAD_REQUEST);
    CHECK_EQ(transfer(b.disk, DISK_READ, 100, bytes, BLOCK, false), DISK_BAD_REQUEST);
    CHECK_EQ(transfer(b.disk, DISK_WRITE, 0, bytes, 100, false), DISK_BAD_REQUEST);
    CHECK_EQ(simple(b.disk, DISK_WRITE_ZEROES, 0, 1 << 21), DISK_BAD_REQUEST);
    CHECK_EQ(transfer(b.disk, DISK_READ, (1 << 20) - BLOCK, bytes, BLOCK, false), DISK_DONE);
    disk_close(b.disk);
}

TEST(a_read_only_file_is_not_written)
{
    struct bench b = { 0 };
    uint8_t bytes[BLOCK] = { 0 };
    char text[128];
    int fd = open(temporary(&b), O_RDWR | O_CREAT, 0600);

    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    close(fd);
    CHECK(loop_open());
    snprintf(text, sizeof text, "file:%s,ro=on", b.path);
    CHECK(open_spec(&b, text, false));
    CHECK(b.disk->read_only);
    CHECK_EQ(transfer(b.disk, DISK_WRITE, 0, bytes, BLOCK, false), DISK_READ_ONLY);
    CHECK_EQ(transfer(b.disk, DISK_READ, 0, bytes, BLOCK, false), DISK_DONE);
    disk_close(b.disk);
    unlink(b.path);
    loop_close();
}

TEST(a_file_in_use_is_refused)
{
    struct bench b = { 0 }, c = { 0 };
    char text[128];

    CHECK(loop_open());
    snprintf(text, sizeof text, "file:%s,size=64k", temporary(&b));
    CHECK(open_spec(&b, text, false));
    CHECK(!open_spec(&c, text, false));
    CHECK_CONTAINS(error_text(), "in use by another computer");
    disk_close(b.disk);
    unlink(b.path);
    loop_close();
}

TEST(a_file_that_another_process_is_about_to_let_go_of_is_waited_for)
{
    struct bench b = { 0 };
    char text[128], byte;
    int told[2];
    pid_t other;

    CHECK(loop_open());
    snprintf(text, sizeof text, "file:%s,size=64k", temporary(&b));
    CHECK(pipe(told) == 0);
    if ((other = fork()) == 0) {
        int fd = open(b.path, O_RDWR | O_CREAT, 0600);

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || write(told[1], "x", 1) != 1)
            _exit(1);
        usleep(100000);
        _exit(0);
    }
    CHECK_EQ(read(told[0], &byte, 1), 1);
    CHECK(open_spec(&b, text, false));
    CHECK_EQ(waitpid(other, NULL, 0), other);
    disk_close(b.disk);
    unlink(b.path);
    close(told[0]);
    close(told[1]);
    loop_close();
}

TEST(specifications_that_are_wrong_get_a_sentence)
{
    static const struct { const char *spec, *part; } cases[] = {
        { "floppy:1M", "no disk of kind 'floppy'" }, { "mem", "how large?" }, { "mem:0", "is empty" }, { "mem:100", "whole blocks" },
        { "mem:1M,block=1000", "512 or 4096" }, { "null:x", "not a number" }, { "file", "which file?" },
        { "file:/nowhere/at/all", "size=N makes it" }, { "mem:1M,delay=5", "with its unit" }, { "mem:1M,error=1", "error=seed:N" },
        { "mem:1M,error=seed:1,errorrate=101", "percentage" }, { "mem:1M,cut=seed:", "cut=seed:N" },
        { "mem:1M,cut=seed:1,cutwithin=0", "cutwithin=0" }, { "mem:1M,colour=red", "does not know the key 'colour'" },
    };
    struct bench b = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(!open_spec(&b, cases[i].spec, true));
        CHECK_CONTAINS(error_text(), cases[i].part);
    }
}

TEST(a_delayed_request_waits_and_a_drained_one_is_cancelled)
{
    struct bench b = { 0 };
    struct answer first = { 0 }, second = { 0 };
    struct disk_io io = { .op = DISK_FLUSH, .done = answered, .context = &first }, late = io;

    CHECK(open_spec(&b, "mem:1M,delay=20ms", false));
    disk_issue(b.disk, &io);
    CHECK_EQ(first.count, 0);
    CHECK_EQ(b.timer->due_ns, 20000000);
    b.now = 20000000;
    b.timer->expired(b.timer);
    CHECK_EQ(first.count, 1);
    CHECK_EQ(first.result, DISK_DONE);
    late.context = &second;
    disk_issue(b.disk, &late);
    disk_drain(b.disk);
    CHECK_EQ(second.count, 1);
    CHECK_EQ(second.result, DISK_CANCELLED);
    disk_close(b.disk);
}

static unsigned failures(const char *spec, uint64_t *which)
{
    struct bench b = { 0 };
    uint8_t bytes[BLOCK] = { 0 };
    unsigned failed = 0;

    *which = 0;
    CHECK(open_spec(&b, spec, true));
    for (unsigned i = 0; i < 1000; i++)
        if (transfer(b.disk, DISK_WRITE, i * BLOCK, bytes, BLOCK, false) != DISK_DONE) {
            failed++;
            *which = *which * 31 + i;
        }
    disk_close(b.disk);
    return failed;
}

TEST(errors_come_as_often_as_asked_and_are_the_same_for_the_same_seed)
{
    uint64_t first, second, other;
    unsigned n = failures("mem:1M,error=seed:1,errorrate=10", &first);

    CHECK(n > 50 && n < 200);
    CHECK_EQ(failures("mem:1M,error=seed:1,errorrate=10", &second), n);
    CHECK_EQ(first, second);
    failures("mem:1M,error=seed:2,errorrate=10", &other);
    CHECK(first != other);
    CHECK_EQ(failures("mem:1M,error=seed:1,errorrate=0", &first), 0);
}
