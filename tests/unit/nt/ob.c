#include "nt_fixture.h"

static int deleted;

static void count_deleted(void *body)
{
    deleted++;
}

static const struct ob_ops test_ops = {.deleted = count_deleted};
static struct _OBJECT_TYPE test_type = {.name = "Test", .ops = &test_ops, .read = 1, .write = 2, .all = 3};

static void *create(void)
{
    void *body;

    CHECK_EQ(ob_create(&test_type, 32, &body), STATUS_SUCCESS);
    CHECK_EQ((uintptr_t)body % 16, 0);
    return body;
}

TEST(an_object_goes_with_its_last_reference)
{
    void *body;

    open_executive();
    body = create();
    CHECK_EQ(ObfReferenceObject(body), 2);
    CHECK_EQ(ObfDereferenceObject(body), 1);
    CHECK_EQ(deleted, 0);
    CHECK_EQ(ObfDereferenceObject(body), 0);
    CHECK_EQ(deleted, 1);
    close_executive();
}

TEST(a_temporary_name_goes_with_the_last_handle_and_a_permanent_one_stays)
{
    void *a, *b, *found;
    HANDLE handle;

    open_executive();
    a = create();
    b = create();
    CHECK_EQ(ob_insert_name(a, U("\\BaseNamedObjects\\A"), 0), STATUS_SUCCESS);
    CHECK_EQ(ob_insert_name(b, U("\\BaseNamedObjects\\B"), OBJ_PERMANENT), STATUS_SUCCESS);
    CHECK_EQ(ob_insert_name(b, U("\\BaseNamedObjects\\a"), 0), STATUS_OBJECT_NAME_COLLISION);
    CHECK_EQ(ob_open_handle(a, GENERIC_READ, 0, &handle), STATUS_SUCCESS);
    CHECK_EQ(ob_close_handle(handle), STATUS_SUCCESS);
    CHECK_EQ(ob_find_name(U("\\BaseNamedObjects\\A"), NULL, &found), STATUS_OBJECT_NAME_NOT_FOUND);
    ob_dereference(a);
    ob_dereference(b);
    CHECK_EQ(deleted, 1);
    CHECK_EQ(ob_find_name(U("\\basenamedobjects\\b"), &test_type, &found), STATUS_SUCCESS);
    CHECK(found == b);
    ob_make_temporary(b);
    ob_dereference(b);
    CHECK_EQ(deleted, 2);
    close_executive();
}

TEST(symbolic_links_are_followed_and_loops_end)
{
    void *body, *found;

    open_executive();
    body = create();
    CHECK_EQ(ob_insert_name(body, U("\\Device\\Foo0"), 0), STATUS_SUCCESS);
    CHECK_EQ(ob_create_link(U("\\DosDevices\\Foo"), U("\\Device\\Foo0"), OBJ_PERMANENT), STATUS_SUCCESS);
    CHECK_EQ(ob_find_name(U("\\??\\foo"), &test_type, &found), STATUS_SUCCESS);
    CHECK(found == body);
    ob_dereference(found);
    CHECK_EQ(ob_find_name(U("\\DosDevices\\Global\\Foo"), &test_type, &found), STATUS_SUCCESS);
    ob_dereference(found);
    CHECK_EQ(ob_find_name(U("\\??\\GLOBALROOT\\Device\\Foo0"), &test_type, &found), STATUS_SUCCESS);
    ob_dereference(found);
    CHECK_EQ(ob_create_link(U("\\??\\Loop"), U("\\??\\Loop"), OBJ_PERMANENT), STATUS_SUCCESS);
    CHECK_EQ(ob_find_name(U("\\??\\Loop"), NULL, &found), STATUS_OBJECT_NAME_INVALID);
    CHECK_EQ(ob_find_name(U("\\??\\Loop"), ob_symbolic_link_type, &found), STATUS_SUCCESS);
    ob_dereference(found);
    CHECK_EQ(ob_find_name(U("\\Device\\Foo0\\more"), NULL, &found), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_EQ(ob_find_name(U("\\Device\\Bar\\more"), NULL, &found), STATUS_OBJECT_PATH_NOT_FOUND);
    ob_dereference(body);
    close_executive();
}

TEST(a_handle_checks_type_and_user_access_and_a_kernel_handle_is_refused_to_user_mode)
{
    HANDLE handle, kernel;
    void *body, *found;

    open_executive();
    body = create();
    CHECK_EQ(ob_open_handle(body, 1, 0, &handle), STATUS_SUCCESS);
    CHECK_EQ(ob_open_handle(body, 3, OBJ_KERNEL_HANDLE, &kernel), STATUS_SUCCESS);
    CHECK(!ObIsKernelHandle(handle) && ObIsKernelHandle(kernel));
    CHECK_EQ(ob_from_handle(handle, 2, &test_type, UserMode, &found), STATUS_ACCESS_DENIED);
    CHECK_EQ(ob_from_handle(handle, 2, &test_type, KernelMode, &found), STATUS_SUCCESS);
    ob_dereference(found);
    CHECK_EQ(ob_from_handle(kernel, 1, &test_type, UserMode, &found), STATUS_INVALID_HANDLE);
    CHECK_EQ(ob_from_handle(handle, 0, ExEventObjectType, KernelMode, &found), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(handle), STATUS_INVALID_HANDLE);
    CHECK_EQ(ZwClose(kernel), STATUS_SUCCESS);
    ob_dereference(body);
    CHECK_EQ(deleted, 1);
    close_executive();
}

TEST(a_name_query_gives_the_path_and_the_size_it_needs)
{
    char buffer[128];
    OBJECT_NAME_INFORMATION *info = (void *)buffer;
    ULONG length;
    void *body;

    open_executive();
    body = create();
    CHECK_EQ(ObQueryNameString(body, info, sizeof(buffer), &length), STATUS_SUCCESS);
    CHECK_EQ(info->Name.Length, 0);
    CHECK_EQ(ob_insert_name(body, U("\\Device\\Named"), 0), STATUS_SUCCESS);
    CHECK_EQ(ObQueryNameString(body, info, 20, &length), STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(length, 16 + 28);
    CHECK_EQ(ObQueryNameString(body, NULL, 0, &length), STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(length, 16 + 28);
    CHECK_EQ(ObQueryNameString(body, info, length, &length), STATUS_SUCCESS);
    CHECK_EQ(info->Name.Length, 26);
    CHECK_STR(ob_name_text(body, buffer, sizeof(buffer)), "\\Device\\Named");
    ob_dereference(body);
    close_executive();
}

TEST(a_directory_lists_its_entries)
{
    char buffer[4096];
    POBJECT_DIRECTORY_INFORMATION info = (void *)buffer;
    OBJECT_ATTRIBUTES attributes;
    ULONG context = 0, length;
    HANDLE directory;

    open_executive();
    InitializeObjectAttributes(&attributes, U("\\??"), 0, NULL, NULL);
    CHECK_EQ(ZwOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes), STATUS_SUCCESS);
    CHECK_EQ(ZwQueryDirectoryObject(directory, buffer, sizeof(buffer), FALSE, TRUE, &context, &length), STATUS_SUCCESS);
    CHECK_EQ(context, 2);
    CHECK_EQ(info[0].Name.Length, 12);
    CHECK(memcmp(info[0].TypeName.Buffer, u"SymbolicLink", 24) == 0);
    CHECK(info[2].Name.Buffer == NULL);
    CHECK_EQ(ZwQueryDirectoryObject(directory, buffer, sizeof(buffer), FALSE, FALSE, &context, &length),
             STATUS_NO_MORE_ENTRIES);
    ZwClose(directory);
    close_executive();
}

TEST(a_descriptor_set_on_an_object_comes_back)
{
    PSECURITY_DESCRIPTOR descriptor;
    BOOLEAN allocated, present, defaulted;
    PACL acl;
    void *body;

    open_executive();
    body = create();
    CHECK_EQ(ObGetObjectSecurity(body, &descriptor, &allocated), STATUS_SUCCESS);
    CHECK(SeValidSecurityDescriptor(0x10000, descriptor));
    ObReleaseObjectSecurity(descriptor, allocated);
    SECURITY_DESCRIPTOR sd = {.Revision = 1, .Control = SE_DACL_PRESENT};
    struct {
        ACL acl;
        char more[40];
    } list;
    list.acl = (ACL){.AclRevision = 2, .AclSize = sizeof(list)};
    sd.Dacl = &list.acl;
    CHECK_EQ(ObSetSecurityObjectByPointer(body, DACL_SECURITY_INFORMATION, &sd), STATUS_SUCCESS);
    CHECK_EQ(ObGetObjectSecurity(body, &descriptor, &allocated), STATUS_SUCCESS);
    present = (((SECURITY_DESCRIPTOR *)descriptor)->Control & SE_DACL_PRESENT) != 0;
    CHECK(present);
    acl = se_parts(descriptor).dacl;
    CHECK_EQ(acl->AceCount, 0);
    defaulted = FALSE;
    (void)defaulted;
    ObReleaseObjectSecurity(descriptor, allocated);
    ob_dereference(body);
    close_executive();
}

TEST(a_leaked_object_is_counted_at_the_end)
{
    open_executive();
    create();
    cm_stop();
    CHECK_EQ(ob_stop(), 1);
    close_processor();
}

TEST(a_handle_of_callbacks_that_is_none_is_left_alone)
{
    static char garbage[64];

    open_executive();
    ObUnRegisterCallbacks(garbage);
    ObUnRegisterCallbacks(NULL);
    close_executive();
}
