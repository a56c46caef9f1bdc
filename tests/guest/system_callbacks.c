/* The callback objects that the system makes: opened, never created, by drivers. */
#include "helpers.h"

static NTSTATUS OpenCallback(PCWSTR path, ULONG attribute_flags, PCALLBACK_OBJECT *object)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, attribute_flags, NULL, NULL);
    return ExCreateCallback(object, &attributes, FALSE, TRUE);
}

static VOID NTAPI Listen(PVOID context, PVOID first, PVOID second)
{
    (void)first;
    (void)second;
    ++*(volatile LONG *)context;
}

static VOID OpenAndRegister(PCWSTR path)
{
    static LONG calls;
    PCALLBACK_OBJECT object = NULL;

    EXPECT_EQ(OpenCallback(path, OBJ_CASE_INSENSITIVE, &object), STATUS_SUCCESS);
    REQUIRE(object != NULL);
    PVOID first = ExRegisterCallback(object, Listen, &calls), second = ExRegisterCallback(object, Listen, &calls);
    EXPECT(first != NULL && second != NULL);
    if (first != NULL)
        ExUnregisterCallback(first);
    if (second != NULL)
        ExUnregisterCallback(second);
    ObDereferenceObject(object);
    EXPECT_EQ(calls, 0);
}

TEST_CASE(power_state_is_there_to_be_opened)
{
    OpenAndRegister(L"\\Callback\\PowerState");
}

TEST_CASE(set_system_time_is_there_to_be_opened)
{
    OpenAndRegister(L"\\Callback\\SetSystemTime");
}

TEST_CASE(processor_add_is_there_to_be_opened)
{
    OpenAndRegister(L"\\Callback\\ProcessorAdd");
}

TEST_CASE(a_system_callback_outlives_its_users_and_is_one_object)
{
    PCALLBACK_OBJECT first = NULL, second = NULL;

    EXPECT_EQ(OpenCallback(L"\\callback\\powerstate", OBJ_CASE_INSENSITIVE, &first), STATUS_SUCCESS);
    REQUIRE(first != NULL);
    ObDereferenceObject(first);
    EXPECT_EQ(OpenCallback(L"\\Callback\\PowerState", 0, &second), STATUS_SUCCESS);
    EXPECT(first == second);
    if (second != NULL)
        ObDereferenceObject(second);
}

TEST_CASE(a_callback_needs_a_name)
{
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;

    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    EXPECT_EQ(ExCreateCallback(&object, &attributes, TRUE, TRUE), STATUS_UNSUCCESSFUL);
}
