/* The scanf family, as the secure run-time library behaves. */
#include "helpers.h"

#include <stdio.h>
#include <string.h>

TEST_CASE(integers_are_read_in_their_base)
{
    int a = 0, b = 0;
    unsigned c = 0, d = 0, e = 0;

    EXPECT_EQ(sscanf_s("  42 -17 ff 0x1F 17", "%d %d%x %i %o", &a, &b, &c, &d, &e), 5);
    EXPECT_EQ(a, 42);
    EXPECT_EQ(b, -17);
    EXPECT_EQ(c, 255);
    EXPECT_EQ(d, 31);
    EXPECT_EQ(e, 15);
    EXPECT_EQ(sscanf_s("017 0x20 9", "%i %x %i", &a, &c, &b), 3);
    EXPECT_EQ(a, 15);
    EXPECT_EQ(c, 32);
    EXPECT_EQ(b, 9);
}

TEST_CASE(a_prefix_says_how_wide_an_integer_is)
{
    struct {
        CHAR byte, byte_guard;
        SHORT word, word_guard;
        LONG dword;
        LONGLONG a, b;
    } v;

    memset(&v, 0x55, sizeof(v));
    EXPECT_EQ(sscanf_s("1 2 3 4 123456789012345", "%hhd %hd %ld %lld %I64d", &v.byte, &v.word, &v.dword, &v.a, &v.b), 5);
    EXPECT(v.byte == 1 && v.byte_guard == 0x55);
    EXPECT(v.word == 2 && v.word_guard == 0x5555);
    EXPECT_EQ(v.dword, 3);
    EXPECT_EQ(v.a, 4);
    EXPECT_EQ(v.b, 123456789012345ll);
}

TEST_CASE(a_width_ends_a_field)
{
    int a = 0, b = 0;
    char text[4] = "";

    EXPECT_EQ(sscanf_s("123456 abcdef", "%3d%2d%*d %3s", &a, &b, text, 4u), 3);
    EXPECT_EQ(a, 123);
    EXPECT_EQ(b, 45);
    EXPECT(strcmp(text, "abc") == 0);
}

TEST_CASE(a_string_needs_room_for_its_terminator)
{
    char small[4] = "xyz", big[8] = "";
    int after = 77;

    EXPECT_EQ(sscanf_s("abcd 5", "%s %d", small, (unsigned)sizeof(small), &after), 0);
    EXPECT_EQ(small[0], 0);
    EXPECT_EQ(after, 77);
    EXPECT_EQ(sscanf_s("abc 5", "%s %d", small, (unsigned)sizeof(small), &after), 2);
    EXPECT(strcmp(small, "abc") == 0);
    EXPECT_EQ(after, 5);
    EXPECT_EQ(sscanf("seven 7", "%s%d", big, &after), 2);
    EXPECT(strcmp(big, "seven") == 0);
    EXPECT_EQ(after, 7);
}

TEST_CASE(characters_are_taken_as_they_come)
{
    char c[3] = { 'x', 'x', 'x' }, next = 0;

    EXPECT_EQ(sscanf_s(" ab", "%2c%c", c, 2u, &next, 1u), 2);
    EXPECT(c[0] == ' ' && c[1] == 'a' && c[2] == 'x');
    EXPECT_EQ(next, 'b');
}

TEST_CASE(a_set_reads_what_it_holds)
{
    char name[16] = "", rest[16] = "", odd[8] = "";

    EXPECT_EQ(sscanf_s("key7=some value", "%[a-z0-9]=%[^\n]", name, 16u, rest, 16u), 2);
    EXPECT(strcmp(name, "key7") == 0);
    EXPECT(strcmp(rest, "some value") == 0);
    EXPECT_EQ(sscanf_s("]]x", "%[]]", odd, 8u), 1);
    EXPECT(strcmp(odd, "]]") == 0);
    EXPECT_EQ(sscanf_s("ab-cd", "%[z-a]", odd, 8u), 1);
    EXPECT(strcmp(odd, "ab") == 0);
}

TEST_CASE(text_of_the_format_must_match)
{
    int a = -1, b = -1;

    EXPECT_EQ(sscanf_s("10.20", "%d.%d", &a, &b), 2);
    EXPECT(a == 10 && b == 20);
    EXPECT_EQ(sscanf_s("10,20", "%d.%d", &a, &b), 1);
    EXPECT_EQ(sscanf_s("100%5", "%d%%%d", &a, &b), 2);
    EXPECT(a == 100 && b == 5);
}

TEST_CASE(the_result_tells_an_end_from_a_mismatch)
{
    int a = 0, used = -1;

    EXPECT_EQ(sscanf_s("", "%d", &a), EOF);
    EXPECT_EQ(sscanf_s("   ", "%d", &a), EOF);
    EXPECT_EQ(sscanf_s("x", "%d", &a), 0);
    EXPECT_EQ(sscanf_s("5", "%*d%d", &a), 0);
    EXPECT_EQ(sscanf_s("12 34", "%d%n", &a, &used), 1);
    EXPECT_EQ(used, 2);
}

TEST_CASE(a_counted_input_ends_at_its_length)
{
    int a = 0, b = 0;
    WCHAR wide[4] = L"";

    EXPECT_EQ(_snscanf_s("123456", 3, "%d%d", &a, &b), 1);
    EXPECT_EQ(a, 123);
    EXPECT_EQ(_snwscanf_s(L"abcdef", 3, L"%s", wide, 4u), 1);
    EXPECT(wcscmp(wide, L"abc") == 0);
}

TEST_CASE(wide_and_narrow_strings_are_read_by_either)
{
    WCHAR wide[8] = L"";
    char narrow[8] = "";
    ULONGLONG pointer = 0;

    EXPECT_EQ(sscanf_s("one two", "%ls %S", wide, 8u, wide, 8u), 2);
    EXPECT(wcscmp(wide, L"two") == 0);
    EXPECT_EQ(swscanf_s(L"three four 1f", L"%hs %S %p", narrow, 8u, narrow, 8u, &pointer), 3);
    EXPECT(strcmp(narrow, "four") == 0);
    EXPECT_EQ(pointer, 0x1f);
    EXPECT_EQ(swscanf(L"five", L"%s", wide), 1);
    EXPECT(wcscmp(wide, L"five") == 0);
}
