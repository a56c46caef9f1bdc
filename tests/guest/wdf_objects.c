/* Framework objects: contexts, references, the order of deletion, attributes.
 * docs: wdf/framework-object-life-cycle, wdf/framework-object-context-space */
#include "wdf_helpers.h"

typedef struct _FIRST {
    ULONG Number;
    ULONG Filler[10];
} FIRST;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FIRST, GetFirst)

typedef struct _SECOND {
    ULONGLONG Value;
} SECOND;
WDF_DECLARE_CONTEXT_TYPE(SECOND)

WDF_DECLARE_CUSTOM_TYPE(Mark)

static char story[64];
static ULONG length;

static void Tell(char c)
{
    if (length < sizeof story - 1)
        story[length++] = c;
    story[length] = '\0';
}

static BOOLEAN StoryIs(const char *wanted)
{
    BOOLEAN same = strcmp(story, wanted) == 0;

    if (!same)
        DbgPrint("the story is '%s', not '%s'\n", story, wanted);
    length = 0;
    story[0] = '\0';
    return same;
}

static VOID NTAPI Cleanup(WDFOBJECT Object)
{
    Tell((char)('a' + GetFirst(Object)->Number));
}

static VOID NTAPI Destroy(WDFOBJECT Object)
{
    Tell((char)('A' + GetFirst(Object)->Number));
}

static WDFOBJECT Make(WDFOBJECT parent, ULONG number)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT object = NULL;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FIRST);
    attributes.ParentObject = parent;
    attributes.EvtCleanupCallback = Cleanup;
    attributes.EvtDestroyCallback = Destroy;
    if (!EXPECT_EQ(WdfObjectCreate(&attributes, &object), STATUS_SUCCESS))
        return NULL;
    GetFirst(object)->Number = number;
    return object;
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(the_driver_object_is_known_by_its_handle_and_by_its_wdm_object)
{
    EXPECT_EQ(WdfGetDriver(), driver);
    EXPECT_EQ(WdfDriverWdmGetDriverObject(driver), TestDriverObject);
    EXPECT_EQ(WdfWdmDriverGetWdfDriverHandle(TestDriverObject), driver);
    EXPECT(WdfDriverGetRegistryPath(driver)[0] == L'\\');
}

TEST_CASE(a_second_driver_object_is_refused)
{
    WDF_DRIVER_CONFIG config;

    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    EXPECT_EQ(WdfDriverCreate(TestDriverObject, TestRegistryPath, NULL, &config, NULL), STATUS_DRIVER_INTERNAL_ERROR);
}

TEST_CASE(the_version_of_the_driver_and_older_ones_are_available)
{
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS version;

    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&version, 1, 9);
    EXPECT(WdfDriverIsVersionAvailable(driver, &version));
    version.MinorVersion = 33;
    EXPECT(WdfDriverIsVersionAvailable(driver, &version));
    version.MinorVersion = 1000;
    EXPECT(!WdfDriverIsVersionAvailable(driver, &version));
    version.MajorVersion = 2;
    version.MinorVersion = 0;
    EXPECT(!WdfDriverIsVersionAvailable(driver, &version));
}

TEST_CASE(a_context_is_zeroed_and_leads_back_to_its_object)
{
    WDFOBJECT object = Make(NULL, 0);

    REQUIRE(object != NULL);
    for (ULONG i = 0; i < 10; i++)
        EXPECT_EQ(GetFirst(object)->Filler[i], 0);
    EXPECT_EQ(WdfObjectContextGetObject(GetFirst(object)), object);
    EXPECT_EQ((ULONG_PTR)GetFirst(object) % MEMORY_ALLOCATION_ALIGNMENT, 0);
    WdfObjectDelete(object);
    EXPECT(StoryIs("aA"));
}

TEST_CASE(an_object_has_one_context_of_each_type)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT object = Make(NULL, 0);
    PVOID context, again;

    REQUIRE(object != NULL);
    EXPECT(WdfObjectGet_SECOND(object) == NULL);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SECOND);
    EXPECT_EQ(WdfObjectAllocateContext(object, &attributes, &context), STATUS_SUCCESS);
    EXPECT_EQ(WdfObjectGet_SECOND(object), context);
    EXPECT_EQ(WdfObjectGet_SECOND(object)->Value, 0);
    EXPECT_EQ(WdfObjectContextGetObject(context), object);
    EXPECT_EQ(WdfObjectAllocateContext(object, &attributes, &again), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(again, context);
    WdfObjectDelete(object);
    EXPECT(StoryIs("aA"));
}

TEST_CASE(a_larger_context_is_allocated_when_the_attributes_say_so)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT object;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SECOND);
    attributes.ContextSizeOverride = 4096;
    REQUIRE(NT_SUCCESS(WdfObjectCreate(&attributes, &object)));
    RtlFillMemory(WdfObjectGet_SECOND(object), 4096, 0x5a);
    WdfObjectDelete(object);
    attributes.ContextSizeOverride = 4;
    EXPECT_EQ(WdfObjectCreate(&attributes, &object), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID);
}

TEST_CASE(a_custom_type_marks_an_object)
{
    WDFOBJECT object = Make(NULL, 0);

    REQUIRE(object != NULL);
    EXPECT(!WdfObjectIsCustomType(object, Mark));
    EXPECT_EQ(WdfObjectAddCustomTypeWithData(object, Mark, 77, NULL, NULL), STATUS_SUCCESS);
    EXPECT(WdfObjectIsCustomType(object, Mark));
    EXPECT_EQ(WdfObjectGetCustomTypeData(object, Mark), 77);
    WdfObjectDelete(object);
    StoryIs("");
}

TEST_CASE(children_are_cleaned_up_before_their_parents)
{
    WDFOBJECT a = Make(NULL, 0), b, c;

    REQUIRE(a != NULL);
    b = Make(a, 1);
    c = Make(b, 2);
    REQUIRE(b != NULL && c != NULL);
    WdfObjectDelete(a);
    EXPECT(StoryIs("cbaCBA"));
}

TEST_CASE(a_reference_delays_the_destruction_and_not_the_cleanup)
{
    WDFOBJECT a = Make(NULL, 0);

    REQUIRE(a != NULL);
    WdfObjectReference(a);
    WdfObjectDelete(a);
    EXPECT(StoryIs("a"));
    EXPECT_EQ(GetFirst(a)->Number, 0);
    WdfObjectDereference(a);
    EXPECT(StoryIs("A"));
}

TEST_CASE(a_referenced_child_outlives_the_deletion_of_its_parent)
{
    WDFOBJECT a = Make(NULL, 0), b;

    REQUIRE(a != NULL);
    b = Make(a, 1);
    REQUIRE(b != NULL);
    WdfObjectReferenceWithTag(b, (PVOID)1);
    WdfObjectDelete(a);
    EXPECT(StoryIs("ba"));
    WdfObjectDereferenceWithTag(b, (PVOID)1);
    EXPECT(StoryIs("BA"));
}

TEST_CASE(a_child_of_a_deleted_object_is_refused)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT a = Make(NULL, 0), b;

    REQUIRE(a != NULL);
    WdfObjectReference(a);
    WdfObjectDelete(a);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = a;
    EXPECT_EQ(WdfObjectCreate(&attributes, &b), STATUS_DELETE_PENDING);
    WdfObjectDereference(a);
    StoryIs("");
}

TEST_CASE(attributes_of_another_size_are_refused)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT object;

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.Size--;
    EXPECT_EQ(WdfObjectCreate(&attributes, &object), STATUS_INFO_LENGTH_MISMATCH);
}

TEST_CASE(memory_is_copied_within_its_bounds)
{
    WDFMEMORY memory;
    UCHAR buffer[16], *inside;
    size_t size;

    REQUIRE(NT_SUCCESS(WdfMemoryCreate(NULL, NonPagedPoolNx, 'meM0', 16, &memory, (PVOID *)&inside)));
    EXPECT_EQ(WdfMemoryGetBuffer(memory, &size), inside);
    EXPECT_EQ(size, 16);
    RtlFillMemory(buffer, sizeof buffer, 7);
    EXPECT_EQ(WdfMemoryCopyFromBuffer(memory, 8, buffer, 8), STATUS_SUCCESS);
    EXPECT_EQ(inside[8], 7);
    EXPECT_EQ(WdfMemoryCopyFromBuffer(memory, 9, buffer, 8), STATUS_BUFFER_TOO_SMALL);
    RtlZeroMemory(buffer, sizeof buffer);
    EXPECT_EQ(WdfMemoryCopyToBuffer(memory, 15, buffer, 1), STATUS_SUCCESS);
    EXPECT_EQ(buffer[0], 7);
    EXPECT_EQ(WdfMemoryCopyToBuffer(memory, 16, buffer, 1), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(WdfMemoryCreate(NULL, NonPagedPoolNx, 0, 0, &memory, NULL), STATUS_INVALID_PARAMETER);
    EXPECT(memory == NULL);
}

TEST_CASE(preallocated_memory_stays_the_drivers)
{
    WDFMEMORY memory;
    UCHAR first[8], second[32];
    size_t size;

    REQUIRE(NT_SUCCESS(WdfMemoryCreatePreallocated(NULL, first, sizeof first, &memory)));
    EXPECT_EQ(WdfMemoryGetBuffer(memory, NULL), first);
    EXPECT_EQ(WdfMemoryAssignBuffer(memory, second, sizeof second), STATUS_SUCCESS);
    EXPECT_EQ(WdfMemoryGetBuffer(memory, &size), second);
    EXPECT_EQ(size, sizeof second);
    WdfObjectDelete(memory);
}

TEST_CASE(a_lookaside_list_gives_buffers_of_one_size)
{
    WDFLOOKASIDE list;
    WDFMEMORY memory[3];
    size_t size;

    REQUIRE(NT_SUCCESS(WdfLookasideListCreate(NULL, 100, NonPagedPoolNx, NULL, 'kooL', &list)));
    for (ULONG i = 0; i < 3; i++) {
        REQUIRE(NT_SUCCESS(WdfMemoryCreateFromLookaside(list, &memory[i])));
        RtlFillMemory(WdfMemoryGetBuffer(memory[i], &size), 100, (UCHAR)i);
        EXPECT_EQ(size, 100);
    }
    WdfObjectDelete(memory[1]);
    WdfObjectDelete(list);
    WdfObjectDelete(memory[0]);
    WdfObjectDelete(memory[2]);
}

TEST_CASE(a_collection_keeps_order_and_a_reference_on_each_object)
{
    WDFCOLLECTION collection;
    WDFOBJECT a = Make(NULL, 0), b = Make(NULL, 1), c = Make(NULL, 2);

    REQUIRE(a != NULL && b != NULL && c != NULL);
    REQUIRE(NT_SUCCESS(WdfCollectionCreate(NULL, &collection)));
    EXPECT(WdfCollectionGetFirstItem(collection) == NULL);
    EXPECT(WdfCollectionGetLastItem(collection) == NULL);
    EXPECT_EQ(WdfCollectionAdd(collection, a), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionAdd(collection, b), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionAdd(collection, c), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionGetCount(collection), 3);
    EXPECT_EQ(WdfCollectionGetItem(collection, 1), b);
    EXPECT(WdfCollectionGetItem(collection, 3) == NULL);
    WdfObjectDelete(b);
    EXPECT(StoryIs("b"));
    WdfCollectionRemove(collection, b);
    EXPECT(StoryIs("B"));
    EXPECT_EQ(WdfCollectionGetItem(collection, 1), c);
    WdfCollectionRemoveItem(collection, 0);
    EXPECT_EQ(WdfCollectionGetFirstItem(collection), c);
    WdfObjectDelete(a);
    WdfObjectDelete(c);
    EXPECT(StoryIs("aAc"));
    WdfObjectDelete(collection);
    EXPECT(StoryIs("C"));
}

TEST_CASE(a_string_object_keeps_a_copy)
{
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"framework"), seen;
    WDFSTRING string;

    REQUIRE(NT_SUCCESS(WdfStringCreate(&text, NULL, &string)));
    WdfStringGetUnicodeString(string, &seen);
    EXPECT(RtlEqualUnicodeString(&text, &seen, FALSE));
    EXPECT(seen.Buffer != text.Buffer);
    WdfObjectDelete(string);
    REQUIRE(NT_SUCCESS(WdfStringCreate(NULL, NULL, &string)));
    WdfStringGetUnicodeString(string, &seen);
    EXPECT_EQ(seen.Length, 0);
    EXPECT_EQ(WdfDriverRetrieveVersionString(driver, string), STATUS_SUCCESS);
    WdfStringGetUnicodeString(string, &seen);
    EXPECT(seen.Length != 0);
    WdfObjectDelete(string);
}

TEST_CASE_THAT_STOPS(a_handle_of_the_wrong_kind_stops_the_system, WDF_VIOLATION)
{
    WdfMemoryGetBuffer((WDFMEMORY)driver, NULL);
}

TEST_CASE_THAT_STOPS(a_null_handle_stops_the_system, WDF_VIOLATION)
{
    WdfObjectDelete(NULL);
}

TEST_CASE_THAT_STOPS(the_last_reference_of_an_object_that_is_not_deleted_stops_the_system, WDF_VIOLATION)
{
    WDFOBJECT a = Make(NULL, 0);

    WdfObjectDereference(a);
}

TEST_CASE_THAT_STOPS(the_driver_object_cannot_be_deleted, WDF_VIOLATION)
{
    WdfObjectDelete(driver);
}
