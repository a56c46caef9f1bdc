/* Unit tests of the host side. One source file is one program; each test runs in a process of its own.
 *
 *     #include "unit.h"
 *
 *     TEST(a_spec_without_a_kind_is_refused)
 *     {
 *         CHECK(!spec_parse(&spec, ",a=b"));
 *         CHECK_STR(error_text(), "...");
 *     }
 *
 * The first check that does not hold ends the test. A test that ends with more open descriptors or more allocated
 * memory than it began with has leaked, and fails (AddressSanitizer's own leak check takes over when it is on).
 * A library that keeps something for the life of the process (lwIP its timers) is allowed for by defining
 * UNIT_LIBRARY_BYTES before this header is included.
 * Arguments: --list, or a part of the names to run. Prints `ok NAME` and `not ok NAME`; exits 1 when any failed. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <dirent.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef UNIT_LIBRARY_BYTES
#define UNIT_LIBRARY_BYTES 0
#endif

struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

static struct unit_test *unit_first, **unit_last = &unit_first;

#define TEST(test_name)                                                                                           \
    static void test_name(void);                                                                                  \
    static struct unit_test test_name##_entry = { #test_name, test_name, NULL };                                  \
    __attribute__((constructor)) static void test_name##_register(void)                                           \
    {                                                                                                             \
        *unit_last = &test_name##_entry;                                                                          \
        unit_last = &test_name##_entry.next;                                                                      \
    }                                                                                                             \
    static void test_name(void)

#define UNIT_FAIL(...) (printf("  %s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), puts(""), unit_stop())

#define CHECK(condition)                                                                                          \
    do {                                                                                                          \
        if (!(condition))                                                                                         \
            UNIT_FAIL("CHECK(%s)", #condition);                                                                   \
    } while (0)
#define CHECK_EQ(actual, expected)                                                                                \
    do {                                                                                                          \
        uint64_t actual_ = (uint64_t)(actual), expected_ = (uint64_t)(expected);                                  \
        if (actual_ != expected_)                                                                                 \
            UNIT_FAIL("CHECK_EQ(%s, %s): %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")",           \
                      #actual, #expected, actual_, actual_, expected_, expected_);                                \
    } while (0)
#define CHECK_STR(actual, expected)                                                                               \
    do {                                                                                                          \
        const char *actual_ = (actual), *expected_ = (expected);                                                  \
        if (actual_ == NULL || strcmp(actual_, expected_) != 0)                                                   \
            UNIT_FAIL("CHECK_STR(%s, ...): \"%s\", not \"%s\"", #actual, actual_ ? actual_ : "(null)", expected_); \
    } while (0)
/* For text that may say more than the part that matters. */
#define CHECK_CONTAINS(actual, part)                                                                              \
    do {                                                                                                          \
        const char *actual_ = (actual), *part_ = (part);                                                          \
        if (actual_ == NULL || strstr(actual_, part_) == NULL)                                                    \
            UNIT_FAIL("CHECK_CONTAINS(%s, ...): no \"%s\" in \"%s\"", #actual, part_, actual_ ? actual_ : "(null)"); \
    } while (0)
/* Ends the test as skipped. */
#define SKIP(reason) (printf("  skip: %s\n", reason), fflush(stdout), _exit(77))

static inline void unit_stop(void)
{
    fflush(stdout);
    _exit(1);
}

static inline int unit_open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static inline size_t unit_allocated(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static inline void unit_run_in_child(const struct unit_test *test)
{
    int files = unit_open_files();
    size_t allocated = unit_allocated();

    alarm(120);
    test->run();
    if (unit_open_files() != files)
        UNIT_FAIL("leaked descriptors: %d open, %d before", unit_open_files(), files);
    if (unit_allocated() > allocated + UNIT_LIBRARY_BYTES)
        UNIT_FAIL("leaked %zu bytes", unit_allocated() - allocated);
    fflush(stdout);
    exit(0);                            /* not _exit: the sanitizers look for leaks here */
}

/* 0 passed, 77 skipped, anything else failed. */
static inline int unit_run(const struct unit_test *test)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        unit_run_in_child(test);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 1;
    if (WIFSIGNALED(status)) {
        printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
        return 1;
    }
    return WEXITSTATUS(status);
}

/* Freed memory that malloc keeps per thread counts as allocated: have it keep none, from the start of the process. */
static inline void unit_without_malloc_cache(char **argv)
{
    static const char tunables[] = "glibc.malloc.tcache_count=0";
    const char *present = getenv("GLIBC_TUNABLES");

    if (present != NULL && strcmp(present, tunables) == 0)
        return;
    setenv("GLIBC_TUNABLES", tunables, 1);
    execv("/proc/self/exe", argv);      /* when that fails, the leak check says so */
}

int main(int argc, char **argv)
{
    static char out[1 << 16];           /* so that stdio allocates nothing while a test is measured */
    const char *filter = argc > 1 ? argv[1] : "";
    bool list = strcmp(filter, "--list") == 0;
    int failed = 0, ran = 0;

    unit_without_malloc_cache(argv);
    setvbuf(stdout, out, _IOFBF, sizeof(out));
    for (const struct unit_test *test = unit_first; test != NULL; test = test->next) {
        int result;

        if (list) {
            puts(test->name);
            continue;
        }
        if (strstr(test->name, filter) == NULL)
            continue;
        result = unit_run(test);
        printf("%s %s%s\n", result == 0 || result == 77 ? "ok" : "not ok", test->name, result == 77 ? " # skip" : "");
        failed += result != 0 && result != 77;
        ran++;
    }
    if (!list && ran == 0)
        fprintf(stderr, "no test has '%s' in its name\n", filter);
    return !list && (failed != 0 || ran == 0);
}

#endif
