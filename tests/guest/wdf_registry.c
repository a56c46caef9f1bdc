/* Registry keys of the framework. docs: wdf/using-the-registry-in-framework-based-drivers */
#include "wdf_helpers.h"

static WDFKEY key;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"Value");

static BOOLEAN OpenKey(void)
{
    UNICODE_STRING sub = RTL_CONSTANT_STRING(L"Under");
    WDFKEY parameters;
    NTSTATUS status;

    if (!NT_SUCCESS(WdfDriverOpenParametersRegistryKey(driver, KEY_ALL_ACCESS, NULL, &parameters)))
        return FALSE;
    status = WdfRegistryCreateKey(parameters, &sub, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL, NULL, &key);
    WdfRegistryClose(parameters);
    return NT_SUCCESS(status);
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(a_number_is_written_and_read_back)
{
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"Other");
    ULONG value = 0;

    REQUIRE(OpenKey());
    EXPECT_EQ(WdfRegistryQueryULong(key, &other, &value), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(WdfRegistryAssignULong(key, &name, 1234), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryULong(key, &name, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 1234);
    EXPECT_EQ(WdfRegistryRemoveValue(key, &name), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryULong(key, &name, &value), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT(WdfRegistryWdmGetHandle(key) != NULL);
    EXPECT_EQ(WdfRegistryRemoveKey(key), STATUS_SUCCESS);
}

TEST_CASE(a_text_is_read_into_a_string_a_buffer_and_an_object)
{
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"some text"), seen;
    WCHAR buffer[16];
    WDFSTRING string;
    USHORT bytes;
    ULONG number;

    REQUIRE(OpenKey());
    EXPECT_EQ(WdfRegistryAssignUnicodeString(key, &name, &text), STATUS_SUCCESS);
    seen.Buffer = buffer;
    seen.Length = 0;
    seen.MaximumLength = sizeof buffer;
    EXPECT_EQ(WdfRegistryQueryUnicodeString(key, &name, &bytes, &seen), STATUS_SUCCESS);
    EXPECT_EQ(bytes, text.Length + sizeof(WCHAR));
    EXPECT(RtlEqualUnicodeString(&seen, &text, FALSE));
    seen.MaximumLength = 4;
    EXPECT_EQ(WdfRegistryQueryUnicodeString(key, &name, &bytes, &seen), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(WdfRegistryQueryULong(key, &name, &number), STATUS_OBJECT_TYPE_MISMATCH);
    REQUIRE(NT_SUCCESS(WdfStringCreate(NULL, NULL, &string)));
    EXPECT_EQ(WdfRegistryQueryString(key, &name, string), STATUS_SUCCESS);
    WdfStringGetUnicodeString(string, &seen);
    EXPECT(RtlEqualUnicodeString(&seen, &text, FALSE));
    EXPECT_EQ(WdfRegistryAssignString(key, &name, string), STATUS_SUCCESS);
    WdfObjectDelete(string);
    EXPECT_EQ(WdfRegistryRemoveKey(key), STATUS_SUCCESS);
}

TEST_CASE(several_texts_make_a_collection)
{
    UNICODE_STRING texts[2] = { RTL_CONSTANT_STRING(L"one"), RTL_CONSTANT_STRING(L"two") }, seen;
    WDFCOLLECTION out, back;
    WDFSTRING string;

    REQUIRE(OpenKey());
    REQUIRE(NT_SUCCESS(WdfCollectionCreate(NULL, &out)) && NT_SUCCESS(WdfCollectionCreate(NULL, &back)));
    for (ULONG i = 0; i < 2; i++) {
        REQUIRE(NT_SUCCESS(WdfStringCreate(&texts[i], NULL, &string)));
        EXPECT_EQ(WdfCollectionAdd(out, string), STATUS_SUCCESS);
    }
    EXPECT_EQ(WdfRegistryAssignMultiString(key, &name, out), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryMultiString(key, &name, NULL, back), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionGetCount(back), 2);
    WdfStringGetUnicodeString((WDFSTRING)WdfCollectionGetLastItem(back), &seen);
    EXPECT(RtlEqualUnicodeString(&seen, &texts[1], FALSE));
    WdfObjectDelete(out);
    WdfObjectDelete(back);
    EXPECT_EQ(WdfRegistryRemoveKey(key), STATUS_SUCCESS);
}

TEST_CASE(bytes_are_read_into_a_buffer_or_a_memory_object)
{
    UCHAR bytes[10] = { 1, 2, 3 }, seen[10];
    WDFMEMORY memory;
    ULONG size, type;
    size_t length;

    REQUIRE(OpenKey());
    EXPECT_EQ(WdfRegistryAssignValue(key, &name, REG_BINARY, sizeof bytes, bytes), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryValue(key, &name, sizeof seen, seen, &size, &type), STATUS_SUCCESS);
    EXPECT_EQ(size, sizeof bytes);
    EXPECT_EQ(type, REG_BINARY);
    EXPECT_EQ(seen[2], 3);
    size = 0;
    EXPECT_EQ(WdfRegistryQueryValue(key, &name, 4, seen, &size, &type), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(size, sizeof bytes);
    REQUIRE(NT_SUCCESS(WdfRegistryQueryMemory(key, &name, PagedPool, NULL, &memory, &type)));
    EXPECT_EQ(((UCHAR *)WdfMemoryGetBuffer(memory, &length))[1], 2);
    EXPECT_EQ(length, sizeof bytes);
    EXPECT_EQ(WdfRegistryAssignMemory(key, &name, REG_BINARY, memory, NULL), STATUS_SUCCESS);
    WdfObjectDelete(memory);
    EXPECT_EQ(WdfRegistryAssignValue(key, &name, REG_BINARY, 0, bytes), STATUS_SUCCESS);
    EXPECT_EQ(WdfRegistryQueryMemory(key, &name, PagedPool, NULL, &memory, &type), STATUS_RESOURCE_DATA_NOT_FOUND);
    EXPECT_EQ(WdfRegistryRemoveKey(key), STATUS_SUCCESS);
}

TEST_CASE(a_key_that_is_not_there_is_not_opened)
{
    UNICODE_STRING sub = RTL_CONSTANT_STRING(L"Nowhere");
    WDFKEY parameters, none;

    REQUIRE(NT_SUCCESS(WdfDriverOpenParametersRegistryKey(driver, KEY_READ, NULL, &parameters)));
    EXPECT_EQ(WdfRegistryOpenKey(parameters, &sub, KEY_READ, NULL, &none), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT(none == NULL);
    WdfObjectDelete(parameters);
}
