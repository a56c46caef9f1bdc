#include "nt_fixture.h"

#include "ring3/rtl_registry.h"
#include "ring3/rtl_string.h"

static HANDLE create_key(PUNICODE_STRING path, ULONG options, PULONG disposition)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, options, disposition), STATUS_SUCCESS);
    return key;
}

static NTSTATUS open_key(PUNICODE_STRING path, HANDLE root, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE, root, NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

TEST(a_key_is_created_once_and_found_without_case_through_the_control_set_link)
{
    ULONG disposition;
    HANDLE a, b;

    open_executive();
    a = create_key(U("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Foo"), 0, &disposition);
    CHECK_EQ(disposition, REG_CREATED_NEW_KEY);
    b = create_key(U("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\services\\FOO"), 0, &disposition);
    CHECK_EQ(disposition, REG_OPENED_EXISTING_KEY);
    CHECK_EQ(ZwClose(a), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(b), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(b), STATUS_INVALID_HANDLE);
    close_executive();
}

TEST(missing_keys_have_windows_status_codes)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    open_executive();
    CHECK_EQ(open_key(U("\\Registry\\Machine\\Nothing"), NULL, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(open_key(U("\\Registry\\Machine\\Nothing\\Below"), NULL, &key), STATUS_OBJECT_PATH_NOT_FOUND);
    CHECK_EQ(open_key(U("Registry\\Machine"), NULL, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    InitializeObjectAttributes(&attributes, U("\\Registry\\Machine\\A\\B\\C"), 0, NULL, NULL);
    CHECK_EQ(ZwCreateKey(&key, KEY_READ, &attributes, 0, NULL, 0, NULL), STATUS_OBJECT_PATH_NOT_FOUND);
    close_executive();
}

TEST(a_value_is_set_queried_with_small_buffers_and_deleted)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION info;
        UCHAR more[64];
    } b;
    ULONG number = 0x12345678, length;
    HANDLE key;

    open_executive();
    key = create_key(U("\\Registry\\Machine\\Software\\Test"), 0, NULL);
    CHECK_EQ(ZwSetValueKey(key, U("Number"), 0, REG_DWORD, &number, 4), STATUS_SUCCESS);
    CHECK_EQ(ZwQueryValueKey(key, U("NUMBER"), KeyValuePartialInformation, &b, sizeof(b), &length), STATUS_SUCCESS);
    CHECK_EQ(length, 16);
    CHECK_EQ(b.info.Type, REG_DWORD);
    CHECK_EQ(b.info.DataLength, 4);
    CHECK(memcmp(b.info.Data, &number, 4) == 0);
    CHECK_EQ(ZwQueryValueKey(key, U("Number"), KeyValuePartialInformation, &b, 4, &length), STATUS_BUFFER_TOO_SMALL);
    CHECK_EQ(length, 16);
    CHECK_EQ(ZwQueryValueKey(key, U("Number"), KeyValuePartialInformation, &b, 13, &length), STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(ZwDeleteValueKey(key, U("Number")), STATUS_SUCCESS);
    CHECK_EQ(ZwDeleteValueKey(key, U("Number")), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(ZwClose(key), STATUS_SUCCESS);
    close_executive();
}

TEST(a_key_with_subkeys_cannot_be_deleted_and_a_deleted_one_says_so)
{
    HANDLE parent, child;
    ULONG length;
    KEY_CACHED_INFORMATION info;

    open_executive();
    parent = create_key(U("\\Registry\\Machine\\Software\\P"), 0, NULL);
    child = create_key(U("\\Registry\\Machine\\Software\\P\\C"), 0, NULL);
    CHECK_EQ(ZwDeleteKey(parent), STATUS_CANNOT_DELETE);
    CHECK_EQ(ZwDeleteKey(child), STATUS_SUCCESS);
    CHECK_EQ(ZwQueryKey(child, KeyCachedInformation, &info, sizeof(info), &length), STATUS_KEY_DELETED);
    CHECK_EQ(ZwClose(child), STATUS_SUCCESS);
    CHECK_EQ(ZwQueryKey(parent, KeyCachedInformation, &info, sizeof(info), &length), STATUS_SUCCESS);
    CHECK_EQ(info.SubKeys, 0);
    CHECK_EQ(ZwDeleteKey(parent), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(parent), STATUS_SUCCESS);
    close_executive();
}

TEST(subkeys_enumerate_in_order_until_no_more_entries)
{
    char buffer[256];
    KEY_BASIC_INFORMATION *info = (void *)buffer;
    ULONG length;
    HANDLE key;

    open_executive();
    CHECK(cm_key(NULL, "HKLM\\Software\\E\\One", true) != NULL);
    CHECK(cm_key(NULL, "HKLM\\Software\\E\\Two", true) != NULL);
    CHECK_EQ(open_key(U("\\Registry\\Machine\\Software\\E"), NULL, &key), STATUS_SUCCESS);
    CHECK_EQ(ZwEnumerateKey(key, 1, KeyBasicInformation, buffer, sizeof(buffer), &length), STATUS_SUCCESS);
    CHECK_EQ(info->NameLength, 6);
    CHECK(memcmp(info->Name, u"Two", 6) == 0);
    CHECK_EQ(ZwEnumerateKey(key, 2, KeyBasicInformation, buffer, sizeof(buffer), &length), STATUS_NO_MORE_ENTRIES);
    CHECK_EQ(ZwClose(key), STATUS_SUCCESS);
    close_executive();
}

TEST(only_volatile_keys_go_below_a_volatile_key)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key, child;

    open_executive();
    key = create_key(U("\\Registry\\Machine\\Software\\V"), REG_OPTION_VOLATILE, NULL);
    InitializeObjectAttributes(&attributes, U("Child"), OBJ_KERNEL_HANDLE, key, NULL);
    CHECK_EQ(ZwCreateKey(&child, KEY_READ, &attributes, 0, NULL, 0, NULL), STATUS_CHILD_MUST_BE_VOLATILE);
    CHECK_EQ(ZwCreateKey(&child, KEY_READ, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL), STATUS_SUCCESS);
    ZwClose(child);
    ZwClose(key);
    close_executive();
}

static int calls;
static NTSTATUS NTAPI count_call(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry_context)
{
    CHECK_EQ(type, REG_SZ);
    calls++;
    return STATUS_SUCCESS;
}

TEST(a_query_table_reads_direct_values_defaults_and_each_string_of_a_multi_string)
{
    static const char *const texts[] = {"one", "two", "three"};
    ULONG number = 7, fallback = 9, missing = 0;
    UNICODE_STRING text = {0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = (PWSTR)u"Parameters"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, .Name = (PWSTR)u"Number", .EntryContext = &number,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)u"Absent", .EntryContext = &missing, .DefaultType = REG_DWORD,
         .DefaultData = &fallback, .DefaultLength = 4},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)u"Text", .EntryContext = &text},
        {.QueryRoutine = count_call, .Name = (PWSTR)u"Many"},
        {0},
    };
    struct cm_key *key;

    open_executive();
    key = cm_key(NULL, "HKLM\\System\\CurrentControlSet\\Services\\Q\\Parameters", true);
    CHECK(cm_set_dword(key, "Number", 42) && cm_set_string(key, "Text", "grüße") && cm_set_multi(key, "Many", texts, 3));
    CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, (PCWSTR)u"Q", table, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(number, 42);
    CHECK_EQ(missing, 9);
    CHECK_EQ(text.Length, 10);
    CHECK_EQ(calls, 3);
    RtlFreeUnicodeString(&text);
    table[1].DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, (PCWSTR)u"Q", table, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    close_executive();
}

static bool import(const char *text)
{
    return cm_import("test.reg", text, strlen(text));
}

TEST(a_reg_file_sets_and_deletes_values_and_keys)
{
    struct cm_value value;
    char text[64];
    struct cm_key *key;
    uint32_t number;

    open_executive();
    CHECK(import("\xEF\xBB\xBFWindows Registry Editor Version 5.00\r\n\r\n; comment\r\n"
                 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n@=\"default\"\r\n\"Quote \\\"q\\\"\"=\"C:\\\\dir\"\r\n"
                 "\"D\"=dword:0000002a\r\n\"B\"=hex:01,02,\\\r\n  03\r\n\"M\"=hex(7):61,00,00,00,00,00\r\n"
                 "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Gone]\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Gone]\r\n"));
    key = cm_key(NULL, "HKLM\\Software\\a", false);
    CHECK(key != NULL);
    CHECK(cm_get_string(key, NULL, text, sizeof(text)));
    CHECK_STR(text, "default");
    CHECK(cm_get_string(key, "Quote \"q\"", text, sizeof(text)));
    CHECK_STR(text, "C:\\dir");
    CHECK(cm_get_dword(key, "D", &number));
    CHECK_EQ(number, 42);
    CHECK(cm_get(key, "B", &value));
    CHECK_EQ(value.size, 3);
    CHECK(cm_get(key, "M", &value));
    CHECK_EQ(value.type, REG_MULTI_SZ);
    CHECK(cm_key(NULL, "HKLM\\Software\\Gone", false) == NULL);
    CHECK(import("REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\n\"D\"=-\n"));
    CHECK(!cm_get(key, "D", &value));
    close_executive();
}

static void check_text(struct cm_key *key, const char *name, const char *expected)
{
    char text[64] = "";

    CHECK(cm_get_string(key, name, text, sizeof(text)));
    CHECK_STR(text, expected);
}

TEST(a_reg_file_of_version_4_is_ansi_in_its_texts_and_in_the_bytes_of_its_texts)
{
    struct cm_value value;
    struct cm_key *key;

    open_executive();
    CHECK(import("REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\K\xF6ln]\r\n\"S\"=\"gr\xFC\xDF\x80\"\r\n"
                 "\"E\"=hex(2):25,41,25,5c,e4,00\r\n\"M\"=hex(7):61,00,62,63,00,00\r\n\"B\"=hex:e4,00\r\n"));
    key = cm_key(NULL, "HKLM\\Software\\Köln", false);
    CHECK(key != NULL);
    check_text(key, "S", "grüß€");
    check_text(key, "E", "%A%\\ä");
    CHECK(cm_get(key, "M", &value));
    CHECK_EQ(value.type, REG_MULTI_SZ);
    CHECK_EQ(value.size, 12);
    CHECK_EQ(memcmp(value.data, u"a\0bc\0", 12), 0);
    CHECK(cm_get(key, "B", &value));
    CHECK_EQ(value.size, 2);
    close_executive();
}

TEST(a_reg_file_may_be_utf16_of_either_order_or_bytes_that_are_no_utf8)
{
    static const WCHAR little[] = u"\uFEFFWindows Registry Editor Version 5.00\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\U]\r\n\"ä\"=\"ж\"\r\n";
    static const WCHAR null[] = u"\uFEFFREGEDIT4\r\n\0[HKEY_LOCAL_MACHINE\\SOFTWARE\\N]\r\n";
    WCHAR big[countof(little)];
    struct cm_key *key;

    open_executive();
    CHECK(cm_import("l.reg", little, sizeof(little) - sizeof(WCHAR)));
    key = cm_key(NULL, "HKLM\\Software\\U", false);
    CHECK(key != NULL);
    check_text(key, "ä", "ж");
    cm_delete_value(key, "ä");
    for (unsigned i = 0; i < countof(little); i++)
        big[i] = __builtin_bswap16(little[i]);
    CHECK(cm_import("b.reg", big, sizeof(big) - sizeof(WCHAR)));
    check_text(key, "ä", "ж");
    CHECK(import("Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\U]\n\"a\"=\"\xE4\"\n"));
    check_text(key, "a", "ä");
    CHECK(!cm_import("n.reg", null, sizeof(null) - sizeof(WCHAR)));
    CHECK_CONTAINS(error_text(), "null characters");
    CHECK(!cm_import("w.reg", little + 1, sizeof(little) - 2 * sizeof(WCHAR)));
    CHECK_CONTAINS(error_text(), "byte-order mark");
    CHECK(!import(""));
    CHECK_CONTAINS(error_text(), "test.reg:1: ");
    close_executive();
}

TEST(a_bad_line_of_a_reg_file_is_named_with_its_number)
{
    open_executive();
    CHECK(!import("hello\n"));
    CHECK_CONTAINS(error_text(), "test.reg:1: ");
    CHECK(!import("REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\n\"x\"=dword:zz\n"));
    CHECK_CONTAINS(error_text(), "test.reg:4: expected hexadecimal digits");
    CHECK(!import("REGEDIT4\n\"x\"=\"y\"\n"));
    CHECK_CONTAINS(error_text(), "before the first [key]");
    CHECK(!import("REGEDIT4\n[HKEY_CURRENT_USER\\A]\n"));
    CHECK_CONTAINS(error_text(), "test.reg:2: a key must begin with");
    close_executive();
}
