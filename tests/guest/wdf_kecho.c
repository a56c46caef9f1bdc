/* kecho from the outside: another driver opens its device.
 * run after: kecho */
#include "helpers.h"

#include "../../drivers/kecho/kecho_ioctl.h"

static HANDLE file;

static NTSTATUS OpenAs(HANDLE *handle, ULONG options)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(KECHO_LINK_NAME);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwCreateFile(handle, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, options,
                        NULL, 0);
}

static NTSTATUS WriteText(const char *text, ULONG size)
{
    LARGE_INTEGER offset = Time(0);
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = ZwWriteFile(file, NULL, NULL, NULL, &iosb, (PVOID)text, size, &offset, NULL);

    return status;
}

static NTSTATUS ReadText(char *buffer, ULONG size, ULONG_PTR *bytes)
{
    LARGE_INTEGER offset = Time(0);
    IO_STATUS_BLOCK iosb = { 0 };
    NTSTATUS status = ZwReadFile(file, NULL, NULL, NULL, &iosb, buffer, size, &offset, NULL);

    *bytes = iosb.Information;
    return status;
}

static NTSTATUS Control(ULONG code, PVOID in, ULONG inSize, PVOID out, ULONG outSize)
{
    IO_STATUS_BLOCK iosb;

    return ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, code, in, inSize, out, outSize);
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(OpenAs(&file, FILE_SYNCHRONOUS_IO_NONALERT)));
}

TEST_TEARDOWN(teardown)
{
    if (file != NULL)
        ZwClose(file);
}

TEST_CASE(messages_come_back_in_order)
{
    KECHO_STATISTICS statistics;
    char buffer[16];
    ULONG_PTR bytes;

    REQUIRE(NT_SUCCESS(WriteText("first", 5)));
    if (!EXPECT_EQ(WriteText("second", 6), STATUS_SUCCESS)) {
        ReadText(buffer, sizeof buffer, &bytes);
        return;
    }
    EXPECT_EQ(Control(IOCTL_KECHO_STATISTICS, NULL, 0, &statistics, sizeof statistics), STATUS_SUCCESS);
    EXPECT_EQ(statistics.MessagesWaiting, 2);
    EXPECT_EQ(statistics.BytesWaiting, 11);
    EXPECT_EQ(ReadText(buffer, sizeof buffer, &bytes), STATUS_SUCCESS);
    EXPECT(bytes == 5 && memcmp(buffer, "first", 5) == 0);
    EXPECT_EQ(ReadText(buffer, 3, &bytes), STATUS_BUFFER_OVERFLOW);
    EXPECT(bytes == 3 && memcmp(buffer, "sec", 3) == 0);
    EXPECT_EQ(Control(IOCTL_KECHO_STATISTICS, NULL, 0, &statistics, sizeof statistics), STATUS_SUCCESS);
    EXPECT_EQ(statistics.MessagesWaiting, 0);
    EXPECT_EQ(Control(IOCTL_KECHO_STATISTICS, NULL, 0, &statistics, 4), STATUS_BUFFER_TOO_SMALL);
}

static volatile LONG read_done;
static ULONG_PTR read_bytes;

static VOID NTAPI Reader(PVOID context)
{
    char buffer[16];
    HANDLE own = file;

    if (NT_SUCCESS(OpenAs(&own, FILE_SYNCHRONOUS_IO_NONALERT))) {
        LARGE_INTEGER offset = Time(0);
        IO_STATUS_BLOCK iosb = { 0 };
        ZwReadFile(own, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL);
        read_bytes = iosb.Information;
        ZwClose(own);
    }
    read_done = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

TEST_CASE(a_read_waits_for_a_message)
{
    PKTHREAD thread;

    read_done = 0;
    thread = StartThread(Reader, NULL);
    REQUIRE(thread != NULL);
    Sleep(5);
    EXPECT_EQ(read_done, 0);
    for (ULONG i = 0; i < 3 && !NT_SUCCESS(WriteText("late", 4)); i++)
        EXPECT(!"the write failed");
    JoinThread(thread);
    EXPECT_EQ(read_bytes, 4);
}

TEST_CASE(a_read_that_waits_is_cancelled_when_its_file_is_closed)
{
    LARGE_INTEGER offset = Time(0);
    IO_STATUS_BLOCK iosb = { 0 };
    char buffer[16];
    HANDLE other, event;
    OBJECT_ATTRIBUTES attributes;

    REQUIRE(NT_SUCCESS(OpenAs(&other, 0)));
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
    if (EXPECT_EQ(ZwReadFile(other, event, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL), STATUS_PENDING)) {
        ZwClose(other);
        EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
        EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
    } else {
        ZwClose(other);
    }
    ZwClose(event);
}

TEST_CASE(a_delayed_request_takes_its_time)
{
    ULONG milliseconds = 20;
    LARGE_INTEGER before, after;

    KeQuerySystemTimePrecise(&before);
    EXPECT_EQ(Control(IOCTL_KECHO_DELAY, &milliseconds, sizeof milliseconds, NULL, 0), STATUS_SUCCESS);
    KeQuerySystemTimePrecise(&after);
    EXPECT(after.QuadPart - before.QuadPart >= 20 * 10000);
    EXPECT_EQ(Control(IOCTL_KECHO_DELAY, &milliseconds, 1, NULL, 0), STATUS_BUFFER_TOO_SMALL);
}

TEST_CASE(a_delayed_request_is_cancelled_when_its_file_is_closed)
{
    ULONG milliseconds = 10000;
    IO_STATUS_BLOCK iosb = { 0 };
    HANDLE other, event;
    OBJECT_ATTRIBUTES attributes;

    REQUIRE(NT_SUCCESS(OpenAs(&other, 0)));
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
    if (EXPECT_EQ(ZwDeviceIoControlFile(other, event, NULL, NULL, &iosb, IOCTL_KECHO_DELAY, &milliseconds, sizeof milliseconds,
                                        NULL, 0), STATUS_PENDING)) {
        ZwClose(other);
        EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
        EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
    } else {
        ZwClose(other);
    }
    ZwClose(event);
}

TEST_CASE(messages_beyond_the_limit_are_refused_until_some_are_flushed)
{
    static char block[16384];

    for (ULONG i = 0; i < 4; i++)
        EXPECT_EQ(WriteText(block, sizeof block), STATUS_SUCCESS);
    EXPECT_EQ(WriteText(block, 1), STATUS_DEVICE_BUSY);
    EXPECT_EQ(Control(IOCTL_KECHO_FLUSH, NULL, 0, NULL, 0), STATUS_SUCCESS);
    EXPECT_EQ(WriteText(block, 1), STATUS_SUCCESS);
    EXPECT_EQ(Control(IOCTL_KECHO_FLUSH, NULL, 0, NULL, 0), STATUS_SUCCESS);
    EXPECT_EQ(Control(0x222000, NULL, 0, NULL, 0), STATUS_INVALID_DEVICE_REQUEST);
}
