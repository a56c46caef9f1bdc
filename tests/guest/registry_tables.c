/* RtlQueryRegistryValues and its relatives. docs: wdm/nf-wdm-rtlqueryregistryvalues */
#include "helpers.h"

static ULONG Calls, Types;

static NTSTATUS NTAPI Count(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry)
{
    (void)name, (void)data, (void)length, (void)entry;
    Calls++;
    Types |= 1u << type;
    return context == NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static void Write(PCWSTR name, ULONG type, PVOID data, ULONG size)
{
    EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, TestRegistryPath->Buffer, name, type, data, size), STATUS_SUCCESS);
}

TEST_SETUP(write_values)
{
    ULONG number = 17;
    ULONGLONG big = 0x123456789ABCDEF0;

    Write(L"Number", REG_DWORD, &number, sizeof(number));
    Write(L"Big", REG_QWORD, &big, sizeof(big));
    Write(L"Text", REG_SZ, L"hello", 12);
    Write(L"List", REG_MULTI_SZ, L"a\0bc\0", 12);
}

static NTSTATUS Query(PRTL_QUERY_REGISTRY_TABLE table, PVOID context)
{
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, TestRegistryPath->Buffer, table, context, NULL);
}

TEST_CASE(direct_queries_fill_the_callers_buffers)
{
    ULONG number = 0;
    UNICODE_STRING text = {0};
    struct {
        LONG size;
        ULONG type;
        ULONGLONG value;
    } big = {sizeof(big), 0, 0};
    RTL_QUERY_REGISTRY_TABLE table[4] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, L"Number", &number,
         REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &text, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Big", &big, REG_NONE, NULL, 0},
    };

    EXPECT_EQ(Query(table, NULL), STATUS_SUCCESS);
    EXPECT_EQ(number, 17);
    EXPECT_EQ(text.Length, 10);
    EXPECT_EQ(big.size, 8);
    EXPECT_EQ(big.type, REG_QWORD);
    EXPECT_EQ(big.value, 0x123456789ABCDEF0);
    RtlFreeUnicodeString(&text);
}

TEST_CASE(a_type_check_refuses_another_type)
{
    ULONG number = 0;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, L"Number", &number,
         REG_BINARY << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT, NULL, 0},
    };

    EXPECT_EQ(Query(table, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(number, 0);
}

TEST_CASE(a_missing_value_has_its_default_or_is_required)
{
    ULONG number = 0, fallback = 5;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Missing", &number, REG_DWORD, &fallback, sizeof(fallback)},
    };

    EXPECT_EQ(Query(table, NULL), STATUS_SUCCESS);
    EXPECT_EQ(number, 5);
    table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    EXPECT_EQ(Query(table, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_routine_is_called_for_each_string_of_a_list)
{
    RTL_QUERY_REGISTRY_TABLE table[2] = {{Count, 0, L"List", NULL, REG_NONE, NULL, 0}};

    Calls = Types = 0;
    EXPECT_EQ(Query(table, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Calls, 2);
    EXPECT_EQ(Types, 1u << REG_SZ);
    table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    Calls = Types = 0;
    EXPECT_EQ(Query(table, NULL), STATUS_SUCCESS);
    EXPECT_EQ(Calls, 1);
    EXPECT_EQ(Types, 1u << REG_MULTI_SZ);
}

TEST_CASE(a_failing_routine_ends_the_query)
{
    RTL_QUERY_REGISTRY_TABLE table[3] = {
        {Count, 0, L"Number", NULL, REG_NONE, NULL, 0},
        {Count, 0, L"Text", NULL, REG_NONE, NULL, 0},
    };

    Calls = 0;
    EXPECT_EQ(Query(table, &Calls), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(Calls, 1);
}

TEST_CASE(keys_are_checked_and_created_relative_to_services)
{
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"ring3-missing"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, L"ring3-made"), STATUS_SUCCESS);
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"RING3-MADE"), STATUS_SUCCESS);
    EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"ring3-made", L"None"), STATUS_OBJECT_NAME_NOT_FOUND);
}
