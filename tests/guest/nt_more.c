/* Functions that few drivers call: counters, triage data, prefixes, questions. */
#include "helpers.h"

TEST_CASE(a_counterset_knows_what_its_instances_must_have)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Test Counters"), instance_name = RTL_CONSTANT_STRING(L"one");
    PCW_COUNTER_DESCRIPTOR counters[] = { { 1, 0, 0, 8 }, { 2, 0, 8, 4 } };
    PCW_REGISTRATION_INFORMATION info = { PCW_VERSION_1, &name, 2, counters, NULL, NULL, 0 };
    ULONG64 values[2] = { 0 };
    PCW_DATA data = { values, sizeof(values) };
    PPCW_REGISTRATION registration;
    PPCW_INSTANCE instance;

    REQUIRE(PcwRegister(&registration, &info) == STATUS_SUCCESS);
    EXPECT_EQ(PcwCreateInstance(&instance, registration, &instance_name, 0, NULL), STATUS_INVALID_PARAMETER_4);
    data.Size = 10;
    EXPECT_EQ(PcwCreateInstance(&instance, registration, &instance_name, 1, &data), STATUS_INVALID_BUFFER_SIZE);
    data.Size = 12;
    REQUIRE(PcwCreateInstance(&instance, registration, &instance_name, 1, &data) == STATUS_SUCCESS);
    PcwCloseInstance(instance);
    PcwUnregister(registration);
    info.Version = 7;
    EXPECT_EQ(PcwRegister(&registration, &info), STATUS_INVALID_PARAMETER_2);
    info.Version = PCW_VERSION_2;
    info.Flags = 0x8000;
    EXPECT_EQ(PcwRegister(&registration, &info), STATUS_INVALID_PARAMETER_2);
}

TEST_CASE(instances_are_closed_with_their_counterset)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Test Counters"), one = RTL_CONSTANT_STRING(L"one"), two = RTL_CONSTANT_STRING(L"two");
    PCW_COUNTER_DESCRIPTOR counter = { 1, 0, 0, 8 };
    PCW_REGISTRATION_INFORMATION info = { PCW_VERSION_2, &name, 1, &counter, NULL, NULL, PcwRegistrationSiloNeutral };
    ULONG64 value = 0;
    PCW_DATA data = { &value, sizeof(value) };
    PPCW_REGISTRATION registration;
    PPCW_INSTANCE instances[2];

    REQUIRE(PcwRegister(&registration, &info) == STATUS_SUCCESS);
    REQUIRE(PcwCreateInstance(&instances[0], registration, &one, 1, &data) == STATUS_SUCCESS);
    REQUIRE(PcwCreateInstance(&instances[1], registration, &two, 1, &data) == STATUS_SUCCESS);
    PcwUnregister(registration);
}

TEST_CASE(the_longest_prefix_is_found)
{
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"\\Device"), b = RTL_CONSTANT_STRING(L"\\Device\\Disk"),
                   full = RTL_CONSTANT_STRING(L"\\DEVICE\\disk\\part"), near_miss = RTL_CONSTANT_STRING(L"\\Device\\Disk0");
    UNICODE_PREFIX_TABLE_ENTRY one, two, three;
    UNICODE_PREFIX_TABLE table;

    RtlInitializeUnicodePrefix(&table);
    EXPECT(RtlInsertUnicodePrefix(&table, &a, &one));
    EXPECT(RtlInsertUnicodePrefix(&table, &b, &two));
    EXPECT(!RtlInsertUnicodePrefix(&table, &b, &three));
    EXPECT_EQ(RtlFindUnicodePrefix(&table, &full, 0), &two);
    EXPECT_EQ(RtlFindUnicodePrefix(&table, &near_miss, 0), &one);
    EXPECT_EQ(RtlFindUnicodePrefix(&table, &full, 100), NULL);
    EXPECT(RtlNextUnicodePrefix(&table, TRUE) != NULL);
    RtlRemoveUnicodePrefix(&table, &two);
    EXPECT_EQ(RtlFindUnicodePrefix(&table, &full, 0), &one);
}

TEST_CASE(a_triage_array_takes_what_fits_and_nothing_twice)
{
    union {
        KTRIAGE_DUMP_DATA_ARRAY array;
        UCHAR bytes[sizeof(KTRIAGE_DUMP_DATA_ARRAY) + sizeof(KADDRESS_RANGE)];
    } u;

    EXPECT(!NT_SUCCESS(KeInitializeTriageDumpDataArray(&u.array, 8)));
    EXPECT_EQ(KeInitializeTriageDumpDataArray(&u.array, sizeof(u.bytes)), STATUS_SUCCESS);
    EXPECT_EQ(u.array.NumBlocksTotal, 2);
    EXPECT_EQ(KeAddTriageDumpDataBlock(&u.array, &u, 64), STATUS_SUCCESS);
    EXPECT_EQ(KeAddTriageDumpDataBlock(&u.array, (PUCHAR)&u + 8, 8), STATUS_SUCCESS);
    EXPECT_EQ(u.array.NumBlocksUsed, 1);
    EXPECT_EQ(KeAddTriageDumpDataBlock(&u.array, (PUCHAR)&u + 200, 8), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(KeAddTriageDumpDataBlock(&u.array, (PUCHAR)&u + 400, 8)));
}

extern const UCHAR __ImageBase;

TEST_CASE(a_driver_finds_itself_among_the_modules)
{
    ULONG needed = 0, *list, size;
    BOOLEAN found = FALSE;

    EXPECT_EQ(ZwQuerySystemInformation(11, NULL, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    list = ExAllocatePoolWithTag(PagedPool, needed, 'tseT');
    REQUIRE(list != NULL);
    EXPECT_EQ(ZwQuerySystemInformation(11, list, needed, &needed), STATUS_SUCCESS);
    for (ULONG i = 0; i < list[0]; i++)
        found |= *(PVOID *)((PUCHAR)list + 8 + 296 * i + 16) == &__ImageBase;
    EXPECT(found);
    ExFreePoolWithTag(list, 'tseT');
    EXPECT(RtlImageNtHeader((PVOID)&__ImageBase) != NULL);
    EXPECT(RtlImageDirectoryEntryToData((PVOID)&__ImageBase, TRUE, 1, &size) != NULL);
    EXPECT(size != 0);
    EXPECT_EQ(RtlImageDirectoryEntryToData((PVOID)&__ImageBase, TRUE, 14, &size), NULL);
}

TEST_CASE(several_handles_are_waited_for)
{
    HANDLE events[2];
    LARGE_INTEGER none = { 0 };

    for (int i = 0; i < 2; i++)
        REQUIRE(ZwCreateEvent(&events[i], EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS);
    EXPECT_EQ(ZwWaitForMultipleObjects(2, events, WaitAny, FALSE, &none), STATUS_TIMEOUT);
    EXPECT_EQ(ZwSetEvent(events[1], NULL), STATUS_SUCCESS);
    EXPECT_EQ(ZwWaitForMultipleObjects(2, events, WaitAny, FALSE, &none), STATUS_WAIT_1);
    EXPECT_EQ(ZwWaitForMultipleObjects(2, events, WaitAll, FALSE, &none), STATUS_TIMEOUT);
    EXPECT_EQ(ZwYieldExecution(), STATUS_SUCCESS);
    for (int i = 0; i < 2; i++)
        EXPECT_EQ(ZwClose(events[i]), STATUS_SUCCESS);
}
