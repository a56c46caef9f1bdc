/* Every single allocation that Storport makes for a miniport fails once: starting, searching for units, requests, a reset in flight,
 * control codes, WMI, a new search, sleep and removal go on or fail with a status, and leave nothing behind. */
#include "fake.h"

#include <ntddscsi.h>
#include <wdm.h>
#include <wmistr.h>

static uint64_t fail_at, counted;
static unsigned successes, failures;

static bool counts(const void *caller)
{
    return caller == FAKE_OWNER;
}

static bool answer_control(PVOID srb)
{
    UCHAR function = (UCHAR)SrbGetSrbFunction(srb);

    if (function != SRB_FUNCTION_IO_CONTROL && function != SRB_FUNCTION_WMI)
        return false;
    fake_complete(srb, SRB_STATUS_SUCCESS);
    return true;
}

static void note(bool good)
{
    *(good ? &successes : &failures) += 1;
}

static NTSTATUS send(PDEVICE_OBJECT device, UCHAR major, ULONG code, void *buffer, ULONG size)
{
    IO_STACK_LOCATION request = { .MajorFunction = major, .MinorFunction = major == IRP_MJ_SYSTEM_CONTROL ? (UCHAR)code : 0 };
    ULONG_PTR done;

    request.Parameters.WMI.ProviderId = (ULONG_PTR)device;
    request.Parameters.WMI.DataPath = (PVOID)(uintptr_t)&FAKE_GUID;
    request.Parameters.WMI.BufferSize = size;
    request.Parameters.WMI.Buffer = buffer;
    return io_send(device, &request, STATUS_NOT_SUPPORTED, &done);
}

static void traffic(struct storport_disk *disk, uint8_t *data)
{
    struct host_io first, second;

    note(NT_SUCCESS(host_do(disk, STORPORT_WRITE, data, 4096, 0)));
    /* One request is reset while another one is answered. */
    fake.mode = KEEP;
    fake.count = 2;
    fake.complete_on_reset = true;
    host_begin(disk, &first, STORPORT_READ, data, 4096, 0);
    host_begin(disk, &second, STORPORT_READ, data + 4096, 4096, 8192);
    note(NT_SUCCESS(host_end(&first)));
    note(NT_SUCCESS(host_end(&second)));
    fake.mode = ANSWER;
    note(NT_SUCCESS(host_do(disk, STORPORT_FLUSH, NULL, 0, 0)));
}

static void live(void *unused)
{
    LARGE_INTEGER moment = { .QuadPart = -1000000 };
    struct storport_disk *disk;
    uint8_t *data;

    fake.on_start = answer_control;
    fake.passive = true;
    pool_counts = counts;
    pool_set_fail_at(fail_at, false);
    plug_fake();
    struct adapter *a = fake.extension ? adapter_find(fake.extension) : NULL;
    data = ram_buffer(8192);
    disk = storport_disk_open(0);
    note(disk != NULL);
    if (disk) {
        traffic(disk, data);
        storport_disk_close(disk);
    }
    if (a && a->state == ADAPTER_STARTED) {
        note(NT_SUCCESS(send(a->fdo, IRP_MJ_SYSTEM_CONTROL, IRP_MN_QUERY_ALL_DATA, data, 4096)));
        send(a->fdo, IRP_MJ_SYSTEM_CONTROL, IRP_MN_REGINFO, data, 4096);
        adapter_rescan(a);
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
        po_set_system_state(PowerSystemSleeping3, false);
        po_set_system_state(PowerSystemWorking, false);
    }
    pool_free(data, 0, NULL);
    unplug_fake();
    counted = pool_fail_count();
    pool_set_fail_at(0, false);
    pool_counts = NULL;
}

static void every_one(unsigned cpus)
{
    uint64_t all;

    fail_at = UINT64_MAX;               /* counts alone */
    on_a_computer(live, cpus);
    all = counted;
    CHECK(all > 10 && all < 400);
    CHECK_EQ(failures, 0);
    for (fail_at = 1; fail_at <= all; fail_at++) {
        bool storage = fake.storage_srbs;
        memset(&fake, 0, sizeof fake);
        fake.storage_srbs = storage;
        successes = failures = 0;
        on_a_computer(live, cpus);
        CHECK_EQ(fake_findings, 0);
    }
}

TEST(each_allocation_of_storport_may_fail)
{
    every_one(1);
}

TEST(each_allocation_may_fail_on_two_processors_with_extended_srbs)
{
    fake.storage_srbs = true;
    every_one(2);
}
