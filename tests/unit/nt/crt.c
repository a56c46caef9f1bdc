#include "nt_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "nt/crt.h"
#include "nt/crt_format.h"

int NTAPI crt__snprintf(char *buffer, size_t count, const char *format, ...);
int NTAPI crt_sprintf_s(char *buffer, size_t size, const char *format, ...);
int NTAPI crt__snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
int NTAPI crt__snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);
ULONG NTAPI crt_strtoul(const char *text, char **end, int base);
LONG NTAPI crt_strtol(const char *text, char **end, int base);
int NTAPI crt_atoi(const char *text);
int NTAPI crt__itoa_s(int value, char *buffer, size_t size, int radix);
void NTAPI crt_qsort(void *base, size_t count, size_t size, crt_compare compare);
void *NTAPI crt_bsearch(const void *key, const void *base, size_t count, size_t size, crt_compare compare);
int NTAPI crt_stricmp(const char *a, const char *b);
char *NTAPI crt_strstr(const char *string, const char *part);
char *NTAPI crt_strtok_s(char *string, const char *delimiters, char **context);
int NTAPI crt_strncpy_s(char *destination, size_t size, const char *source, size_t count);
int NTAPI crt_strcat_s(char *destination, size_t size, const char *source);
size_t NTAPI crt_wcslen(const WCHAR *string);
int NTAPI crt_memcpy_s(void *destination, size_t size, const void *source, size_t count);

static char out[128];

#define FORMATS(expected, ...)                                       \
    do {                                                             \
        CHECK(crt__snprintf(out, sizeof(out), __VA_ARGS__) >= 0);    \
        CHECK_STR(out, expected);                                    \
    } while (0)

TEST(the_formatter_does_what_c_does)
{
    FORMATS("42 -7 4294967289", "%d %i %u", 42, -7, -7);
    FORMATS("[   42][42   ][00042][+42]", "[%5d][%-5d][%05d][%+d]", 42, 42, 42, 42);
    FORMATS("ff FF 0xff 17", "%x %X %#x %o", 255, 255, 255, 15);
    FORMATS("[  abc][abc  ][ab]", "[%5s][%-5s][%.2s]", "abc", "abc", "abc");
    FORMATS("[007][  007]", "[%.3d][%5.3d]", 7, 7);
    FORMATS("[   x][abc]", "[%*c][%.*s]", 4, 'x', 3, "abcdef");
    FORMATS("100%", "%d%%", 100);
    FORMATS("[][0]", "[%.0d][%d]", 0, 0);
}

TEST(the_formatter_knows_windows_conversions)
{
    UNICODE_STRING wide = TEXT_STRING(u"wide");
    ANSI_STRING narrow = {6, 6, "narrow"};

    FORMATS("wide narrow", "%wZ %Z", &wide, &narrow);
    FORMATS("wide w wide", "%ws %C %S", wide.Buffer, 'w', u"wide");
    FORMATS("123456789012345678 ffffffffffffffff", "%I64d %I64x", 123456789012345678ll, -1ll);
    FORMATS("1234567890123 18446744073709551615", "%lld %llu", 1234567890123ll, -1ll);
    FORMATS("7 4294967295", "%I32d %lu", 7, -1);
    FORMATS("00000000DEADBEEF", "%p", (void *)0xDEADBEEF);
    FORMATS("(null) (null)", "%s %wZ", (char *)NULL, (void *)NULL);
    FORMATS("k", "%k");
}

TEST(cut_output_is_minus_one_and_only_the_safe_forms_terminate)
{
    memset(out, 'x', sizeof(out));
    CHECK_EQ(crt__snprintf(out, 3, "%s", "abc"), 3);
    CHECK_EQ(out[3], 'x');
    CHECK_EQ(crt__snprintf(out, 3, "%s", "abcd"), -1);
    CHECK_EQ(out[3], 'x');
    CHECK_EQ(crt_sprintf_s(out, 4, "%s", "abc"), 3);
    CHECK_EQ(crt_sprintf_s(out, 3, "%s", "abc"), -1);
    CHECK_STR(out, "");
    CHECK_EQ(crt__snprintf_s(out, 4, CRT_TRUNCATE, "%s", "abcdef"), -1);
    CHECK_STR(out, "abc");
}

TEST(short_arguments_are_narrowed_before_they_are_shown)
{
    FORMATS("9029 65535 8000", "%hd %hu %hx", 0x12345, 0x1ffff, (int)0xffff8000);
    FORMATS("-1 80 ff80", "%hhd %hhx %x", 0x1ff, 0xff80, 0xff80);
}

TEST(wide_output_takes_wide_strings_by_default)
{
    WCHAR wide[32];

    CHECK_EQ(crt__snwprintf(wide, 32, (PCWSTR)u"%s-%hs-%S-%d", u"one", "two", "three", 4), 15);
    CHECK(text_compare(wide, 15, (PCWSTR)u"one-two-three-4", 15, false) == 0);
    CHECK_EQ(crt_wcslen(wide), 15);
}

TEST(numbers_are_parsed_with_their_limits)
{
    char *end;

    CHECK_EQ(crt_strtoul("0x1fg", &end, 0), 0x1f);
    CHECK_STR(end, "g");
    CHECK_EQ(crt_strtoul("077", NULL, 0), 63);
    CHECK_EQ(crt_strtoul("99999999999", NULL, 10), 0xFFFFFFFF);
    CHECK_EQ(crt_strtol("-99999999999", NULL, 10), (LONG)0x80000000);
    CHECK_EQ(crt_strtol("  zz", &end, 10), 0);
    CHECK_STR(end, "  zz");
    CHECK_EQ(crt_atoi("-12ab"), -12);
    CHECK_EQ(crt__itoa_s(-255, out, sizeof(out), 10), 0);
    CHECK_STR(out, "-255");
    CHECK_EQ(crt__itoa_s(-1, out, sizeof(out), 16), 0);
    CHECK_STR(out, "ffffffff");
    CHECK_EQ(crt__itoa_s(12345, out, 5, 10), CRT_ERANGE);
    CHECK_STR(out, "");
}

static int NTAPI compare_int(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

TEST(sorting_and_searching_agree)
{
    int values[100], key = 42;

    for (int i = 0; i < 100; i++)
        values[i] = i * 37 % 100;
    crt_qsort(values, 100, sizeof(int), compare_int);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(values[i], i);
    CHECK(crt_bsearch(&key, values, 100, sizeof(int), compare_int) == &values[42]);
    key = 100;
    CHECK(crt_bsearch(&key, values, 100, sizeof(int), compare_int) == NULL);
}

TEST(strings_behave)
{
    char text[] = ",a,,b,", *context, small[4] = "ab";

    CHECK_EQ(crt_stricmp("HeLLo", "hEllO"), 0);
    CHECK(crt_stricmp("a", "B") < 0);
    CHECK_STR(crt_strstr("haystack needle", "need"), "needle");
    CHECK_STR(crt_strtok_s(text, ",", &context), "a");
    CHECK_STR(crt_strtok_s(NULL, ",", &context), "b");
    CHECK(crt_strtok_s(NULL, ",", &context) == NULL);
    CHECK_EQ(crt_strcat_s(small, sizeof(small), "cd"), CRT_ERANGE);
    CHECK_STR(small, "");
    CHECK_EQ(crt_strncpy_s(small, sizeof(small), "abcdef", CRT_TRUNCATE), CRT_STRUNCATE);
    CHECK_STR(small, "abc");
    CHECK_EQ(crt_strncpy_s(small, sizeof(small), "xyz", 2), 0);
    CHECK_STR(small, "xy");
    CHECK_EQ(crt_memcpy_s(small, 2, "abc", 3), CRT_ERANGE);
    CHECK_EQ(small[0], 0);
}

/* --- __chkstk, on a stack whose sixth page down is a guard page ------------------------------------------------------ */

void crt_chkstk(void);

#define PAGES 16
static char *pages;
static sigjmp_buf out_of_fault;

static void on_fault(int number)
{
    siglongjmp(out_of_fault, 1);
}

/* False when probing a frame of that size met the guard page. */
static bool probe(uint64_t size)
{
    static char alternate[65536];
    stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
    struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
    uint64_t kept = size;
    static char *top;

    top = pages + PAGES * 4096 - 64;
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(out_of_fault, 1))
        return false;
    __asm__ volatile("movq %%rsp, %%rbx\n\tmovq %[top], %%rsp\n\tcall crt_chkstk\n\tmovq %%rbx, %%rsp"
                     : "+a"(kept) : [top] "m"(top) : "rbx", "r10", "r11", "memory", "cc");
    CHECK_EQ(kept, size);
    return true;
}

TEST(a_frame_is_probed_down_to_its_end)
{
    pages = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && mprotect(pages + 10 * 4096, 4096, PROT_NONE) == 0);
    CHECK(probe(16));
    CHECK(probe(4096));
    CHECK(probe(5 * 4096 - 64));                /* ends just above it */
    CHECK(!probe(5 * 4096 + 64));
    CHECK(!probe(12 * 4096));                   /* would reach over it */
    munmap(pages, PAGES * 4096);
}
