/* What Storport does with requests that a miniport keeps, refuses for a while or answers late, and with units that come and go.
 * run after: storcheck
 * run with: --root-device=ROOT\STORCHECK */
#include "storcheck_helpers.h"

static UCHAR data[4096];

static LONGLONG seconds_since(LARGE_INTEGER then)
{
    LARGE_INTEGER now;

    KeQuerySystemTime(&now);
    return (now.QuadPart - then.QuadPart) / 10000000;
}

TEST_CASE(what_was_written_is_read)
{
    HANDLE disk = open_disk();

    REQUIRE(disk != NULL);
    fill_pattern(data, sizeof(data), 3);
    EXPECT_EQ(disk_write(disk, data, sizeof(data), 8192, NULL), STATUS_SUCCESS);
    RtlZeroMemory(data, sizeof(data));
    EXPECT_EQ(disk_read(disk, data, sizeof(data), 8192, NULL), STATUS_SUCCESS);
    EXPECT(is_pattern(data, sizeof(data), 3));
    ZwClose(disk);
}

TEST_CASE(a_busy_unit_is_asked_again)
{
    HANDLE disk = open_disk();

    REQUIRE(disk != NULL);
    storcheck(STORCHECK_CODE_MODE, StorCheckBusy, 3);
    EXPECT_EQ(disk_read(disk, data, 512, 0, NULL), STATUS_SUCCESS);
    ZwClose(disk);
}

TEST_CASE(a_request_that_is_answered_by_a_timer_is_done)
{
    HANDLE disk = open_disk();

    REQUIRE(disk != NULL);
    for (ULONG i = 0; i < 8; i++) {
        storcheck(STORCHECK_CODE_MODE, StorCheckLater, 1);
        EXPECT_EQ(disk_read(disk, data, 512, i * 512, NULL), STATUS_SUCCESS);
    }
    ZwClose(disk);
}

/* Two seconds, says storcheck.inf. */
TEST_CASE(a_kept_request_leads_to_a_reset_of_the_unit_and_is_sent_again)
{
    ULONG resets = storcheck(STORCHECK_CODE_COUNTS, 0, 0).Result;
    LARGE_INTEGER before;
    HANDLE disk;

    KeQuerySystemTime(&before);
    disk = open_disk();
    REQUIRE(disk != NULL);
    storcheck(STORCHECK_CODE_MODE, StorCheckKeep, 1);
    EXPECT_EQ(disk_read(disk, data, 512, 0, NULL), STATUS_SUCCESS);
    EXPECT(seconds_since(before) >= 1);
    EXPECT_EQ(storcheck(STORCHECK_CODE_COUNTS, 0, 0).Result, resets + 1);
    EXPECT_EQ(storcheck(STORCHECK_CODE_COUNTS, 0, 0).Second, 0);
    ZwClose(disk);
}

static BOOLEAN disk_is_there(PCWSTR name, BOOLEAN wanted)
{
    LARGE_INTEGER moment = { .QuadPart = -100000 };

    for (ULONG i = 0; i < 100; i++) {
        NTSTATUS status;
        HANDLE disk = open_device(name, &status);

        if (disk != NULL)
            ZwClose(disk);
        if ((disk != NULL) == wanted)
            return TRUE;
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    return FALSE;
}

TEST_CASE(units_come_and_go_when_the_bus_changes)
{
    storcheck(STORCHECK_CODE_UNITS, 3, 0);
    EXPECT(disk_is_there(L"\\??\\PhysicalDrive2", TRUE));
    storcheck(STORCHECK_CODE_UNITS, 1, 0);
    EXPECT(disk_is_there(L"\\??\\PhysicalDrive2", FALSE));
    EXPECT(disk_is_there(L"\\??\\PhysicalDrive0", TRUE));
}
