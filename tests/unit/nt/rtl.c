#include "nt_fixture.h"

#include "ring3/rtl.h"

TEST(a_unicode_string_compares_and_changes_case)
{
    UNICODE_STRING a = TEXT_STRING(u"Straße ÄÖ"), b = TEXT_STRING(u"sTRAßE äö"), prefix = TEXT_STRING(u"STRA");
    WCHAR buffer[16];
    UNICODE_STRING to = {0, sizeof(buffer), buffer};

    CHECK(RtlEqualUnicodeString(&a, &b, TRUE));
    CHECK(!RtlEqualUnicodeString(&a, &b, FALSE));
    CHECK(RtlPrefixUnicodeString(&prefix, &a, TRUE));
    CHECK(!RtlPrefixUnicodeString(&a, &prefix, TRUE));
    CHECK(RtlCompareUnicodeString(&a, &prefix, TRUE) > 0);
    CHECK_EQ(RtlUpcaseUnicodeString(&to, &b, FALSE), STATUS_SUCCESS);
    CHECK_EQ(to.Buffer[7], u'Ä');
    to.MaximumLength = 4;
    CHECK_EQ(RtlUpcaseUnicodeString(&to, &b, FALSE), STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(RtlUpcaseUnicodeChar(0x131), 0x131);
    CHECK_EQ(RtlUpcaseUnicodeChar(0xFF), 0x178);
    CHECK_EQ(RtlDowncaseUnicodeChar(0x410), 0x430);
}

TEST(appending_beyond_the_buffer_changes_nothing)
{
    WCHAR buffer[4];
    UNICODE_STRING to = {0, sizeof(buffer), buffer}, abc = TEXT_STRING(u"abc"), de = TEXT_STRING(u"de");

    CHECK_EQ(RtlAppendUnicodeStringToString(&to, &abc), STATUS_SUCCESS);
    CHECK_EQ(buffer[3], 0);
    CHECK_EQ(RtlAppendUnicodeStringToString(&to, &de), STATUS_BUFFER_TOO_SMALL);
    CHECK_EQ(to.Length, 6);
    RtlCopyUnicodeString(&to, &de);
    CHECK_EQ(to.Length, 4);
    RtlCopyUnicodeString(&to, NULL);
    CHECK_EQ(to.Length, 0);
}

TEST(conversions_allocate_and_free_and_cut)
{
    UNICODE_STRING wide;
    ANSI_STRING euro = {3, 4, "a\x80z"}, back;
    char small[3];
    ANSI_STRING to = {0, sizeof(small), small};

    open_executive();
    CHECK_EQ(RtlAnsiStringToUnicodeString(&wide, &euro, TRUE), STATUS_SUCCESS);
    CHECK_EQ(wide.Length, 6);
    CHECK_EQ(wide.Buffer[1], 0x20AC);
    CHECK_EQ(wide.Buffer[3], 0);
    CHECK_EQ(RtlUnicodeStringToAnsiString(&back, &wide, TRUE), STATUS_SUCCESS);
    CHECK(back.Length == 3 && memcmp(back.Buffer, "a\x80z", 4) == 0);
    CHECK_EQ(RtlUnicodeStringToAnsiString(&to, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(to.Length, 2);
    RtlFreeAnsiString(&back);
    CHECK_EQ(RtlUnicodeStringToUTF8String(&back, &wide, TRUE), STATUS_SUCCESS);
    CHECK_STR(back.Buffer, "a€z");
    RtlFreeUTF8String(&back);
    RtlFreeUnicodeString(&wide);
    CHECK(wide.Buffer == NULL);
    close_executive();
}

TEST(malformed_utf_is_replaced_and_reported)
{
    WCHAR wide[8];
    ULONG size;

    CHECK_EQ(RtlUTF8ToUnicodeN(wide, sizeof(wide), &size, "a\xC3(\xF0\x9F\x98\x80", 7), STATUS_SOME_NOT_MAPPED);
    CHECK_EQ(size, 10);
    CHECK_EQ(wide[1], 0xFFFD);
    CHECK_EQ(wide[3], 0xD83D);
    CHECK_EQ(RtlUTF8ToUnicodeN(wide, 8, &size, "abc\xF0\x9F\x98\x80", 7), STATUS_BUFFER_TOO_SMALL);
    CHECK_EQ(size, 6);
}

TEST(numbers_go_to_text_and_back)
{
    WCHAR buffer[20];
    UNICODE_STRING s = {0, sizeof(buffer), buffer};
    ULONG value;

    CHECK_EQ(RtlIntegerToUnicodeString(0xCAFE, 16, &s), STATUS_SUCCESS);
    CHECK(text_compare(s.Buffer, 4, (PCWSTR)u"CAFE", 4, false) == 0 && s.Length == 8);
    CHECK_EQ(RtlIntegerToUnicodeString(1, 7, &s), STATUS_INVALID_PARAMETER);
    s = TEXT_STRING(u"  -0x1Fz");
    CHECK_EQ(RtlUnicodeStringToInteger(&s, 0, &value), STATUS_SUCCESS);
    CHECK_EQ(value, (ULONG)-0x1F);
    s = TEXT_STRING(u"777");
    CHECK_EQ(RtlUnicodeStringToInteger(&s, 8, &value), STATUS_SUCCESS);
    CHECK_EQ(value, 0777);
    CHECK_EQ(RtlCharToInteger("0b101", 0, &value), STATUS_SUCCESS);
    CHECK_EQ(value, 5);
}

TEST(a_guid_goes_to_text_and_back)
{
    GUID guid = {0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}}, back;
    UNICODE_STRING text, bad = TEXT_STRING(u"{4D36E972-E325-11CE-BFC1-08002BE1031X}");

    open_executive();
    CHECK_EQ(RtlStringFromGUID(&guid, &text), STATUS_SUCCESS);
    CHECK(RtlEqualUnicodeString(&text, U("{4D36E972-E325-11CE-BFC1-08002BE10318}"), FALSE));
    CHECK_EQ(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
    CHECK(memcmp(&guid, &back, 16) == 0);
    CHECK_EQ(RtlGUIDFromString(&bad, &back), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&text);
    close_executive();
}

TEST(bitmaps_find_runs)
{
    ULONG words[4] = {0}, start;
    RTL_BITMAP map;
    RTL_BITMAP_RUN runs[3];

    RtlInitializeBitMap(&map, words, 100);
    RtlSetBits(&map, 10, 50);
    CHECK_EQ(RtlNumberOfSetBits(&map), 50);
    CHECK(RtlAreBitsSet(&map, 10, 50) && !RtlAreBitsSet(&map, 9, 51) && RtlAreBitsClear(&map, 60, 40));
    CHECK(!RtlAreBitsClear(&map, 60, 41) && !RtlAreBitsClear(&map, 60, 0));
    CHECK_EQ(RtlFindClearBits(&map, 11, 0), 60);
    CHECK_EQ(RtlFindClearBits(&map, 10, 20), 60);
    CHECK_EQ(RtlFindClearBits(&map, 41, 0), 0xFFFFFFFF);
    CHECK_EQ(RtlFindClearBitsAndSet(&map, 5, 90), 88);
    CHECK_EQ(RtlFindLongestRunClear(&map, &start), 28);
    CHECK_EQ(start, 60);
    CHECK_EQ(RtlFindClearRuns(&map, runs, 3, TRUE), 3);
    CHECK_EQ(runs[0].NumberOfBits, 28);
    CHECK_EQ(runs[1].NumberOfBits, 10);
    CHECK_EQ(runs[2].NumberOfBits, 7);
    CHECK_EQ(RtlFindLastBackwardRunClear(&map, 30, &start), 10);
    CHECK_EQ(start, 0);
    CHECK_EQ(RtlFindMostSignificantBit(0x8000000000000000), 63);
    CHECK_EQ(RtlFindLeastSignificantBit(0), -1);
}

static RTL_GENERIC_COMPARE_RESULTS compare(int a, int b)
{
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare_avl(PRTL_AVL_TABLE table, PVOID a, PVOID b)
{
    return compare(*(int *)a, *(int *)b);
}

static PVOID NTAPI allocate_avl(PRTL_AVL_TABLE table, ULONG size)
{
    return malloc(size);
}

static VOID NTAPI free_avl(PRTL_AVL_TABLE table, PVOID buffer)
{
    free(buffer);
}

/* Checks order, links and balance; returns the height. */
static int check_avl(PRTL_BALANCED_LINKS n, int low, int high)
{
    if (n == NULL)
        return 0;
    int value = *(int *)(n + 1);
    CHECK(value > low && value < high);
    CHECK(n->LeftChild == NULL || n->LeftChild->Parent == n);
    CHECK(n->RightChild == NULL || n->RightChild->Parent == n);
    int left = check_avl(n->LeftChild, low, value), right = check_avl(n->RightChild, value, high);
    CHECK_EQ(n->Balance, right - left);
    CHECK(right - left >= -1 && right - left <= 1);
    return 1 + (left > right ? left : right);
}

TEST(an_avl_table_stays_balanced_and_ordered_under_random_changes)
{
    RTL_AVL_TABLE table;
    bool present[200] = {false};
    ULONG seed = 1, count = 0;

    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, free_avl, NULL);
    for (int i = 0; i < 5000; i++) {
        int value = (int)(RtlRandomEx(&seed) % 200);
        BOOLEAN new;

        if (RtlRandomEx(&seed) % 2) {
            CHECK(*(int *)RtlInsertElementGenericTableAvl(&table, &value, sizeof(value), &new) == value);
            CHECK_EQ(new, !present[value]);
            count += new;
            present[value] = true;
        } else {
            CHECK_EQ(RtlDeleteElementGenericTableAvl(&table, &value), present[value]);
            count -= present[value];
            present[value] = false;
        }
        CHECK_EQ(RtlNumberGenericTableElementsAvl(&table), count);
        CHECK_EQ(check_avl(table.BalancedRoot.RightChild, -1, 1000), table.DepthOfTree);
    }
    int last = -1, *at;
    ULONG seen = 0;
    for (at = RtlEnumerateGenericTableAvl(&table, TRUE); at != NULL; at = RtlEnumerateGenericTableAvl(&table, FALSE)) {
        CHECK(*at > last && present[*at]);
        last = *at;
        seen++;
    }
    CHECK_EQ(seen, count);
    while ((at = RtlGetElementGenericTableAvl(&table, 0)) != NULL)
        RtlDeleteElementGenericTableAvl(&table, at);
    CHECK(RtlIsGenericTableEmptyAvl(&table));
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare_splay(PRTL_GENERIC_TABLE table, PVOID a, PVOID b)
{
    return compare(*(int *)a, *(int *)b);
}

static PVOID NTAPI allocate_splay(PRTL_GENERIC_TABLE table, ULONG size)
{
    return malloc(size);
}

static VOID NTAPI free_splay(PRTL_GENERIC_TABLE table, PVOID buffer)
{
    free(buffer);
}

TEST(a_splay_table_keeps_order_and_the_order_of_insertion)
{
    RTL_GENERIC_TABLE table;
    int values[] = {5, 1, 9, 3, 7, 2, 8}, *at, last = -1;
    ULONG seen = 0;
    PVOID key = NULL;

    RtlInitializeGenericTable(&table, compare_splay, allocate_splay, free_splay, NULL);
    for (int i = 0; i < 7; i++)
        CHECK(RtlInsertElementGenericTable(&table, &values[i], sizeof(int), NULL) != NULL);
    for (ULONG i = 7; i-- > 0;)
        CHECK_EQ(*(int *)RtlGetElementGenericTable(&table, i), values[i]);
    for (at = RtlEnumerateGenericTable(&table, TRUE); at != NULL; at = RtlEnumerateGenericTable(&table, FALSE)) {
        CHECK(*at > last);
        last = *at;
        seen++;
    }
    CHECK_EQ(seen, 7);
    for (seen = 0; RtlEnumerateGenericTableWithoutSplaying(&table, &key) != NULL; seen++)
        ;
    CHECK_EQ(seen, 7);
    CHECK(RtlLookupElementGenericTable(&table, &values[2]) != NULL);
    for (int i = 0; i < 7; i++)
        CHECK(RtlDeleteElementGenericTable(&table, &values[i]));
    CHECK(!RtlDeleteElementGenericTable(&table, &values[0]));
    CHECK(RtlIsGenericTableEmpty(&table));
}

TEST(time_fields_are_right_over_leap_years)
{
    LARGE_INTEGER time;
    TIME_FIELDS f = {.Year = 2024, .Month = 2, .Day = 29, .Hour = 12, .Minute = 34, .Second = 56, .Milliseconds = 789}, g;
    ULONG seconds;

    CHECK(RtlTimeFieldsToTime(&f, &time));
    CHECK(RtlTimeToSecondsSince1970(&time, &seconds));
    CHECK_EQ(seconds, 1709210096);
    RtlTimeToTimeFields(&time, &g);
    CHECK(g.Year == 2024 && g.Month == 2 && g.Day == 29 && g.Hour == 12 && g.Milliseconds == 789 && g.Weekday == 4);
    f.Year = 2023;
    CHECK(!RtlTimeFieldsToTime(&f, &time));
    time.QuadPart = 0;
    RtlTimeToTimeFields(&time, &g);
    CHECK(g.Year == 1601 && g.Month == 1 && g.Day == 1 && g.Weekday == 1);
}

TEST(version_conditions_compare_from_the_major_number_down)
{
    RTL_OSVERSIONINFOEXW v = {.dwOSVersionInfoSize = sizeof(v), .dwMajorVersion = 6, .dwMinorVersion = 1};
    ULONGLONG mask = 0;

    VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    CHECK_EQ(RtlVerifyVersionInfo(&v, VER_MAJORVERSION | VER_MINORVERSION, mask), STATUS_SUCCESS);
    v.dwMajorVersion = 11;
    CHECK_EQ(RtlVerifyVersionInfo(&v, VER_MAJORVERSION | VER_MINORVERSION, mask), STATUS_REVISION_MISMATCH);
    CHECK_EQ(RtlGetVersion((PRTL_OSVERSIONINFOW)&v), STATUS_SUCCESS);
    CHECK_EQ(v.dwMajorVersion, 10);
    CHECK(RtlIsNtDdiVersionAvailable(NTDDI_WIN7) && !RtlIsNtDdiVersionAvailable(0x0B000000));
}

TEST(addresses_go_to_text_and_back)
{
    static const struct {
        const char *text;
        unsigned char bytes[16];
    } six[] = {
        {"::", {0}},
        {"::1", {[15] = 1}},
        {"fe80::1:0:0:2", {0xfe, 0x80, [9] = 1, [15] = 2}},
        {"2001:db8::", {0x20, 1, 0xd, 0xb8}},
        {"::ffff:1.2.3.4", {[10] = 0xff, 0xff, 1, 2, 3, 4}},
        {"1:2:3:4:5:6:7:8", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    };
    unsigned char bytes[16];
    char text[64];
    PCSTR end;

    for (size_t i = 0; i < sizeof(six) / sizeof(six[0]); i++) {
        CHECK_EQ(RtlIpv6StringToAddressA(six[i].text, &end, (void *)bytes), STATUS_SUCCESS);
        CHECK_EQ(*end, 0);
        CHECK(memcmp(bytes, six[i].bytes, 16) == 0);
        CHECK(*RtlIpv6AddressToStringA((void *)bytes, text) == 0);
        CHECK_STR(text, six[i].text);
    }
    CHECK_EQ(RtlIpv6StringToAddressA("1::2::3", &end, (void *)bytes), STATUS_INVALID_PARAMETER);
    CHECK_EQ(RtlIpv6StringToAddressA("1:2:3", &end, (void *)bytes), STATUS_INVALID_PARAMETER);
    CHECK_EQ(RtlIpv4StringToAddressA("10.0.2.15/24", TRUE, &end, (void *)bytes), STATUS_SUCCESS);
    CHECK_STR(end, "/24");
    CHECK_EQ(bytes[3], 15);
    CHECK_EQ(RtlIpv4StringToAddressA("10.2", TRUE, &end, (void *)bytes), STATUS_INVALID_PARAMETER);
    CHECK_EQ(RtlIpv4StringToAddressA("0x0a.010.513", FALSE, &end, (void *)bytes), STATUS_SUCCESS);
    CHECK(bytes[0] == 10 && bytes[1] == 8 && bytes[2] == 2 && bytes[3] == 1);
    CHECK_EQ(RtlEthernetStringToAddressA("52-54-00-12-34-5f", &end, bytes), STATUS_SUCCESS);
    RtlEthernetAddressToStringA(bytes, text);
    CHECK_STR(text, "52-54-00-12-34-5F");
}

TEST(checksums_have_their_known_values)
{
    CHECK_EQ(RtlCrc32("123456789", 9, 0), 0xCBF43926);
    CHECK_EQ(RtlCrc32("6789", 4, RtlCrc32("12345", 5, 0)), 0xCBF43926);
    CHECK_EQ(RtlCrc64("123456789", 9, 0), 0x995DC9BBDF1939FA);
}

TEST(an_access_list_takes_entries_until_it_is_full)
{
    struct {
        ACL acl;
        char more[24];
    } list;
    void *ace;
    WCHAR buffer[64];
    UNICODE_STRING text = {0, sizeof(buffer), buffer};

    open_executive();
    CHECK_EQ(RtlCreateAcl(&list.acl, sizeof(list), ACL_REVISION), STATUS_SUCCESS);
    CHECK_EQ(RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_ALL, SeExports->SeLocalSystemSid), STATUS_SUCCESS);
    CHECK_EQ(RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_ALL, SeExports->SeAliasAdminsSid),
             STATUS_ALLOTTED_SPACE_EXCEEDED);
    CHECK_EQ(RtlGetAce(&list.acl, 0, &ace), STATUS_SUCCESS);
    CHECK_EQ(((ACCESS_ALLOWED_ACE *)ace)->Mask, GENERIC_ALL);
    CHECK_EQ(RtlDeleteAce(&list.acl, 0), STATUS_SUCCESS);
    CHECK_EQ(list.acl.AceCount, 0);
    CHECK_EQ(RtlConvertSidToUnicodeString(&text, SeExports->SeAliasAdminsSid, FALSE), STATUS_SUCCESS);
    CHECK(RtlEqualUnicodeString(&text, U("S-1-5-32-544"), FALSE));
    close_executive();
}
