/* Concurrent channels: how often at once HwStorStartIo is called. */
#include "fake.h"

#include "nt/ps.h"

static unsigned inside, most, channels;
static PDEVICE_OBJECT device;
static KEVENT go;

static void ask_for_channels(void)
{
    PERF_CONFIGURATION_DATA perf = { .Version = STOR_PERF_VERSION, .Size = sizeof perf };

    perf.Flags = STOR_PERF_DPC_REDIRECTION | STOR_PERF_CONCURRENT_CHANNELS;
    perf.ConcurrentChannels = channels;
    CHECK_EQ(StorPortInitializePerfOpts(fake.extension, FALSE, &perf), STOR_STATUS_SUCCESS);
}

/* Other processors run while a call is inside. */
static bool linger(PVOID srb)
{
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI)
        return false;
    if (++inside > most)
        most = inside;
    for (unsigned i = 0; i < 8; i++)
        ke_yield_cpu();
    inside--;
    return false;
}

static VOID NTAPI reader(PVOID context)
{
    KAFFINITY own = (KAFFINITY)1 << (uintptr_t)context;
    uint8_t *data = ram_buffer(4096);
    IO_STATUS_BLOCK result;
    LARGE_INTEGER at = { .QuadPart = 0 };

    KeSetSystemAffinityThread(own);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    for (unsigned i = 0; i < 30; i++, at.QuadPart += 4096) {
        KEVENT done;
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, data, 4096, &at, &done, &result);
        CHECK(irp != NULL);
        if (IofCallDriver(device, irp) == STATUS_PENDING)
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        CHECK_EQ((uint32_t)result.Status, STATUS_SUCCESS);
    }
    pool_free(data, 0, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void crowd(void *unused)
{
    PVOID thread[4];
    HANDLE handle;
    UNICODE_STRING name;
    PFILE_OBJECT file;

    fake.on_initialize = ask_for_channels;
    fake.depth = 32;
    plug_fake();
    RtlInitUnicodeString(&name, u"\\??\\PhysicalDrive0");
    CHECK_EQ((uint32_t)IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    inside = most = 0;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    fake.on_start = linger;
    for (uintptr_t i = 0; i < 4; i++) {
        CHECK_EQ((uint32_t)PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, reader, (PVOID)i), 0);
        CHECK(NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread[i], NULL)));
        ZwClose(handle);
    }
    KeSetEvent(&go, 0, FALSE);
    for (unsigned i = 0; i < 4; i++) {
        KeWaitForSingleObject(thread[i], Executive, KernelMode, FALSE, NULL);
        ObfDereferenceObject(thread[i]);
    }
    fake.on_start = NULL;
    ObfDereferenceObject(file);
    unplug_fake();
}

static void at_most(unsigned count)
{
    channels = count;
    on_a_computer(crowd, 4);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(most, count);
}

TEST(a_miniport_with_one_channel_is_started_once_at_a_time)
{
    at_most(1);
}

TEST(a_miniport_with_two_channels_is_started_twice_at_a_time)
{
    at_most(2);
}
