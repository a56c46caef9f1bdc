/* Strings as drivers use them, with the inline safe string functions over the kernel's CRT. */
#include "helpers.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

TEST_CASE(safe_strings_terminate_what_they_cut)
{
    char narrow[6];
    wchar_t wide[6];
    size_t length;

    EXPECT_EQ(RtlStringCchCopyA(narrow, sizeof(narrow), "hello"), STATUS_SUCCESS);
    EXPECT_EQ(RtlStringCchCatA(narrow, sizeof(narrow), "!"), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(narrow[5], 0);
    EXPECT_EQ(RtlStringCbPrintfW(wide, sizeof(wide), L"%d%%", 100), STATUS_SUCCESS);
    EXPECT_EQ(RtlStringCchLengthW(wide, 6, &length), STATUS_SUCCESS);
    EXPECT_EQ(length, 4);
    EXPECT_EQ(RtlStringCbPrintfW(wide, sizeof(wide), L"%s", L"too long"), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(wide[5], 0);
    EXPECT_EQ(RtlStringCchCopyA(narrow, 0, "x"), STATUS_INVALID_PARAMETER);
}

TEST_CASE(safe_integers_see_overflow)
{
    ULONG sum;
    USHORT small;

    EXPECT_EQ(RtlULongAdd(0xFFFFFFFF, 1, &sum), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(sum, 0xFFFFFFFF);
    EXPECT_EQ(RtlULongMult(0x10000, 0xFFFF, &sum), STATUS_SUCCESS);
    EXPECT_EQ(RtlULongSub(1, 2, &sum), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(RtlULongToUShort(65535, &small), STATUS_SUCCESS);
    EXPECT_EQ(RtlULongToUShort(65536, &small), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(RtlSizeTToULong(0x100000000, &sum), STATUS_INTEGER_OVERFLOW);
}

TEST_CASE(the_crt_prints_as_windows_does)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"device");
    char text[64];

    sprintf(text, "%wZ %I64x %p %-4d|", &name, 0xABCDEF0123456789ULL, (void *)0x1000, 7);
    EXPECT(strcmp(text, "device abcdef0123456789 0000000000001000 7   |") == 0);
    EXPECT_EQ(_snprintf(text, 4, "%s", "longer"), (ULONG64)-1);
    EXPECT(_stricmp("ABC", "abc") == 0);
    EXPECT(wcsstr(L"a wide string", L"wide") != NULL);
}

TEST_CASE(a_converted_string_is_freed_by_rtl)
{
    ANSI_STRING narrow;
    UNICODE_STRING wide;
    ULONG value;

    RtlInitAnsiString(&narrow, "0x2A");
    REQUIRE(NT_SUCCESS(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE)));
    EXPECT_EQ(wide.Length, 8);
    EXPECT_EQ(RtlUnicodeStringToInteger(&wide, 0, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 42);
    RtlFreeUnicodeString(&wide);
    EXPECT(wide.Buffer == NULL);
}

TEST_CASE(lists_keep_their_order)
{
    LIST_ENTRY head, entries[3];

    InitializeListHead(&head);
    EXPECT(IsListEmpty(&head));
    InsertTailList(&head, &entries[1]);
    InsertTailList(&head, &entries[2]);
    InsertHeadList(&head, &entries[0]);
    EXPECT(!RemoveEntryList(&entries[1]));
    EXPECT(RemoveHeadList(&head) == &entries[0]);
    EXPECT(RemoveTailList(&head) == &entries[2]);
    EXPECT(IsListEmpty(&head));
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_AVL_TABLE table, PVOID a, PVOID b)
{
    ULONG x = *(ULONG *)a, y = *(ULONG *)b;

    (void)table;
    return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI Allocate(PRTL_AVL_TABLE table, ULONG size)
{
    (void)table;
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'lvaT');
}

static VOID NTAPI Free(PRTL_AVL_TABLE table, PVOID buffer)
{
    (void)table;
    ExFreePoolWithTag(buffer, 'lvaT');
}

TEST_CASE(a_table_calls_the_drivers_routines)
{
    RTL_AVL_TABLE table;
    ULONG last = 0, count = 0;
    ULONG *element;

    RtlInitializeGenericTableAvl(&table, Compare, Allocate, Free, NULL);
    for (ULONG i = 0; i < 50; i++) {
        ULONG value = i * 31 % 50 + 1;
        BOOLEAN fresh;
        EXPECT(RtlInsertElementGenericTableAvl(&table, &value, sizeof(value), &fresh) != NULL && fresh);
    }
    for (element = RtlEnumerateGenericTableAvl(&table, TRUE); element != NULL; element = RtlEnumerateGenericTableAvl(&table, FALSE)) {
        EXPECT_EQ(*element, last + 1);
        last = *element;
        count++;
    }
    EXPECT_EQ(count, 50);
    while ((element = RtlGetElementGenericTableAvl(&table, 0)) != NULL)
        RtlDeleteElementGenericTableAvl(&table, element);
}

TEST_CASE(interlocked_operations_return_what_windows_returns)
{
    LONG value = 5;
    LONG64 big = 1;
    PVOID pointer = NULL;

    EXPECT_EQ(InterlockedIncrement(&value), 6);
    EXPECT_EQ(InterlockedExchangeAdd(&value, 4), 6);
    EXPECT_EQ(InterlockedCompareExchange(&value, 1, 10), 10);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(InterlockedOr(&value, 6), 1);
    EXPECT_EQ(value, 7);
    EXPECT_EQ(InterlockedAdd64(&big, 41), 42);
    EXPECT(InterlockedExchangePointer(&pointer, &big) == NULL);
    EXPECT(pointer == &big);
    EXPECT(InterlockedBitTestAndSet(&value, 31) == 0);
    EXPECT(InterlockedBitTestAndReset(&value, 31) == 1);
}

TEST_CASE_THAT_STOPS(a_corrupt_list_fails_fast, 0x139)
{
    LIST_ENTRY head, entry;

    InitializeListHead(&head);
    InsertTailList(&head, &entry);
    entry.Flink = &entry;
    RemoveEntryList(&entry);
}
