/* Strings, conversions, paths, sorting with a context, bits: the rest of the run-time library that drivers link. */
#include "helpers.h"

#include <intrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EINVAL_ 22
#define ERANGE_ 34

TEST_CASE(multibyte_strings_become_wide_and_back)
{
    WCHAR wide[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
    char narrow[8] = "xxxxxxx";

    EXPECT_EQ(mbstowcs(NULL, "hello", 0), 5);
    EXPECT_EQ(mbstowcs(wide, "hello", 8), 5);
    EXPECT(wcscmp(wide, L"hello") == 0);
    wide[3] = 9;
    EXPECT_EQ(mbstowcs(wide, "hello", 3), 3);
    EXPECT_EQ(wide[3], 9);
    EXPECT_EQ(wcstombs(NULL, L"hello", 0), 5);
    EXPECT_EQ(wcstombs(narrow, L"hello", 8), 5);
    EXPECT(strcmp(narrow, "hello") == 0);
    EXPECT_EQ(wcstombs(narrow, L"\x4e2d", 8), (size_t)-1);
    EXPECT_EQ(mbstowcs(wide, NULL, 8), (size_t)-1);
}

TEST_CASE(single_multibyte_characters_convert)
{
    WCHAR wide = 7;
    char narrow = 7;

    EXPECT_EQ(mbtowc(&wide, "A", 1), 1);
    EXPECT_EQ(wide, 'A');
    EXPECT_EQ(mbtowc(&wide, "", 1), 0);
    EXPECT_EQ(mbtowc(&wide, NULL, 1), 0);
    EXPECT_EQ(wctomb(&narrow, L'B'), 1);
    EXPECT_EQ(narrow, 'B');
    EXPECT_EQ(wctomb(NULL, L'B'), 0);
    EXPECT_EQ(wctomb(&narrow, 0x4e2d), -1);
}

TEST_CASE(strings_are_set_and_folded_in_place)
{
    char text[8] = "AbCdEf", open[3] = { 'a', 'b', 'c' };
    WCHAR wide[8] = L"AbCdEf";

    EXPECT_EQ(_strlwr_s(text, sizeof(text)), 0);
    EXPECT(strcmp(text, "abcdef") == 0);
    EXPECT_EQ(_wcsupr_s(wide, 8), 0);
    EXPECT(wcscmp(wide, L"ABCDEF") == 0);
    EXPECT(_strnset(text, '*', 3) == text);
    EXPECT(strcmp(text, "***def") == 0);
    EXPECT_EQ(_strnset_s(text, sizeof(text), '+', 100), 0);
    EXPECT(strcmp(text, "++++++") == 0);
    EXPECT_EQ(_strset_s(text, sizeof(text), '-'), 0);
    EXPECT(strcmp(text, "------") == 0);
    EXPECT_EQ(_wcsnset_s(wide, 8, L'x', 2), 0);
    EXPECT(wcscmp(wide, L"xxCDEF") == 0);
    EXPECT_EQ(_strset_s(open, sizeof(open), '-'), EINVAL_);
    EXPECT_EQ(_strlwr_s(NULL, 3), EINVAL_);
    EXPECT_EQ(_strupr_s(text, 0), EINVAL_);
}

TEST_CASE(a_path_is_made_of_its_parts)
{
    char path[24];
    WCHAR wide[8] = L"?";

    EXPECT_EQ(_makepath_s(path, sizeof(path), "c", "\\a\\b", "name", "txt"), 0);
    EXPECT(strcmp(path, "c:\\a\\b\\name.txt") == 0);
    EXPECT_EQ(_makepath_s(path, sizeof(path), NULL, "a/", "n", ".x"), 0);
    EXPECT(strcmp(path, "a/n.x") == 0);
    EXPECT_EQ(_makepath_s(path, sizeof(path), "", NULL, NULL, NULL), 0);
    EXPECT_EQ(path[0], 0);
    EXPECT_EQ(_makepath_s(NULL, 5, "c", "a", "b", "c"), EINVAL_);
    EXPECT_EQ(_wmakepath_s(wide, 8, L"c", L"\\a\\b", L"name", L"txt"), ERANGE_);
    EXPECT_EQ(wide[0], 0);
}

TEST_CASE(a_path_is_split_in_its_parts)
{
    char drive[3], directory[16], name[16], extension[8], small[2];
    WCHAR base[16];

    EXPECT_EQ(_splitpath_s("c:\\x.y\\z/file.tar.gz", drive, 3, directory, 16, name, 16, extension, 8), 0);
    EXPECT(strcmp(drive, "c:") == 0);
    EXPECT(strcmp(directory, "\\x.y\\z/") == 0);
    EXPECT(strcmp(name, "file.tar") == 0);
    EXPECT(strcmp(extension, ".gz") == 0);
    EXPECT_EQ(_wsplitpath_s(L"\\Device\\name", NULL, 0, NULL, 0, base, 16, NULL, 0), 0);
    EXPECT(wcscmp(base, L"name") == 0);
    EXPECT_EQ(_splitpath_s("c:\\dir\\f", drive, 3, small, 2, NULL, 0, NULL, 0), ERANGE_);
    EXPECT(drive[0] == 0 && small[0] == 0);
    EXPECT_EQ(_splitpath_s("c:\\dir\\f", drive, 0, NULL, 0, NULL, 0, NULL, 0), EINVAL_);
}

TEST_CASE(long_numbers_become_text)
{
    char text[24];
    WCHAR wide[24];

    EXPECT_EQ(_ltoa_s(-255, text, 24, 10), 0);
    EXPECT(strcmp(text, "-255") == 0);
    EXPECT_EQ(_ltow_s(255, wide, 24, 16), 0);
    EXPECT(wcscmp(wide, L"ff") == 0);
    EXPECT(strcmp(_i64toa(-1, text, 16), "ffffffffffffffff") == 0);
    EXPECT(wcscmp(_i64tow(-5, wide, 10), L"-5") == 0);
}

static int __cdecl ByKey(void *context, const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    ++*(int *)context;
    return x < y ? -1 : x > y;
}

TEST_CASE(sorting_and_searching_carry_a_context)
{
    int numbers[64], calls = 0, key = 37;

    for (int i = 0; i < 64; i++)
        numbers[i] = (i * 37 + 11) % 64;
    qsort_s(numbers, 64, sizeof(int), ByKey, &calls);
    for (int i = 0; i < 64; i++)
        EXPECT_EQ(numbers[i], i);
    EXPECT(calls > 64);
    calls = 0;
    EXPECT(bsearch_s(&key, numbers, 64, sizeof(int), ByKey, &calls) == &numbers[37]);
    EXPECT(calls > 0 && calls <= 7);
    key = 64;
    EXPECT(bsearch_s(&key, numbers, 64, sizeof(int), ByKey, &calls) == NULL);
}

TEST_CASE(strings_become_numbers_of_64_bits)
{
    char *end;
    const char *text = "-9223372036854775808x";

    EXPECT_EQ(strtoll(text, &end, 10), (long long)(1ull << 63));
    EXPECT_EQ(*end, 'x');
    EXPECT_EQ(strtoull("0xFFFFFFFFFFFFFFFF", NULL, 0), ~0ull);
    EXPECT_EQ(strtoul("99999999999", NULL, 10), 0xFFFFFFFF);
    EXPECT_EQ(labs(-7), 7);
    EXPECT_EQ(llabs(-7), 7);
}

TEST_CASE(bits_and_128_bit_products_are_those_of_the_processor)
{
    volatile ULONGLONG a = 0x8000000000000001ull, b = 6;
    ULONGLONG high = 0;
    LONGLONG signed_high = 0;
    ULONG index = 99;

    EXPECT_EQ(_umul128(a, b, &high), 6);
    EXPECT_EQ(high, 3);
    EXPECT_EQ(UnsignedMultiply128(a, b, &high), 6);
    EXPECT_EQ(high, 3);
    EXPECT_EQ(_mul128(-3, 5, &signed_high), -15);
    EXPECT_EQ(signed_high, -1);
    EXPECT_EQ(UnsignedMultiplyHigh(a, b), 3);
    EXPECT_EQ(MultiplyHigh(-3, 5), -1);
    EXPECT_EQ(ShiftLeft128(a, 1, 4), 0x18);
    EXPECT_EQ(ShiftRight128(a, 1, 4), 0x1800000000000000ull);
    EXPECT_EQ(MultiplyExtract128(1ll << 40, -(1ll << 40), 64), -(1ll << 16));
    EXPECT_EQ(UnsignedMultiplyExtract128(1ull << 40, 1ull << 40, 64), 1ull << 16);
    EXPECT(_BitScanForward64(&index, 0x100));
    EXPECT_EQ(index, 8);
    EXPECT(_BitScanReverse64(&index, 0x101));
    EXPECT_EQ(index, 8);
    EXPECT(BitScanForward(&index, 0x20));
    EXPECT_EQ(index, 5);
    EXPECT_EQ(_rotl(0x80000001u, 1), 3);
    EXPECT_EQ(_rotr64(1, 1), 1ull << 63);
    EXPECT_EQ(RotateLeft64(1ull << 63, 1), 1);
    EXPECT_EQ(PopulationCount64(0xFF00FF), 16);
    EXPECT_EQ(_byteswap_uint64(0x0102030405060708ull), 0x0807060504030201ull);
}

static int Print(wchar_t *to, const wchar_t *format, ...)
{
    va_list list;
    int n;

    va_start(list, format);
    n = _vswprintf(to, format, list);
    va_end(list);
    return n;
}

TEST_CASE(the_unbounded_wide_printers_have_their_old_names)
{
    WCHAR wide[16];

    EXPECT_EQ(_swprintf(wide, L"%d-%s", 7, L"x"), 3);
    EXPECT(wcscmp(wide, L"7-x") == 0);
    EXPECT_EQ(Print(wide, L"%u", 12u), 2);
    EXPECT(wcscmp(wide, L"12") == 0);
    EXPECT(_wcsnset(wide, L'z', 1) == wide);
    EXPECT(wcscmp(wide, L"z2") == 0);
    EXPECT_EQ(_wcsset_s(wide, 16, L'Q'), 0);
    EXPECT_EQ(_wcslwr_s(wide, 16), 0);
    EXPECT(wcscmp(wide, L"qq") == 0);
    EXPECT_EQ(_strupr_s((char[]){ "ab" }, 3), 0);
}
