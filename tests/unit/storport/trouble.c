/* Errors, time-outs, resets, and miniports that do wrong. Time is virtual. */
#include "fake.h"

static struct storport_disk *disk;
static uint8_t *data;

static void begin(void)
{
    plug_fake();
    disk = storport_disk_open(0);
    CHECK(disk != NULL);
    data = ram_buffer(4096);
    fake.starts = 0;
}

static void end(void)
{
    storport_disk_close(disk);
    unplug_fake();
    pool_free(data, 0, NULL);
}

static void reset_helps(void *unused)
{
    begin();
    fake.mode = KEEP;
    fake.count = 2;                     /* the first one only */
    fake.complete_on_reset = true;
    uint64_t before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.lun_resets, 1);
    CHECK_EQ(fake.target_resets, 0);
    CHECK(ke_now() - before >= 60000000000ull && ke_now() - before < 62000000000ull);
    end();
}

TEST(a_time_out_resets_the_unit_and_the_request_is_sent_again)
{
    on_a_computer(reset_helps, 1);
    CHECK_EQ(fake_findings, 0);
}

static void bus_reset_helps(void *unused)
{
    begin();
    fake.mode = KEEP;
    fake.count = 2;
    fake.complete_on_bus_reset = true;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.lun_resets, 1);
    CHECK_EQ(fake.target_resets, 1);
    CHECK_EQ(fake.bus_resets, 1);
    end();
}

TEST(the_ladder_goes_on_to_target_and_bus)
{
    on_a_computer(bus_reset_helps, 2);
    CHECK_EQ(fake_findings, 0);
}

static void nothing_helps(void *unused)
{
    begin();
    fake.mode = KEEP;
    fake.count = 2;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_IO_TIMEOUT);
    CHECK_EQ(fake.bus_resets, 1);
    /* The disk still works, and the late completion does no harm. */
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.kept_count, 1);
    complete_kept(SRB_STATUS_SUCCESS);
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    end();
}

TEST(a_request_that_never_completes_is_given_up_and_found)
{
    on_a_computer(nothing_helps, 1);
    CHECK_EQ(fake_findings, 1);
}

static void twice(void *unused)
{
    begin();
    fake.mode = ANSWER_TWICE;
    fake.count = 2;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    end();
}

TEST(an_srb_completed_twice_is_found)
{
    on_a_computer(twice, 1);
    CHECK_EQ(fake_findings, 1);
}

static unsigned aborts;

static bool abort_it(PVOID srb)
{
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_ABORT_COMMAND)
        return false;
    aborts++;
    CHECK(fake.kept_count == 1 && fake.kept[0] == (fake.storage_srbs ? (PVOID)((PSTORAGE_REQUEST_BLOCK)srb)->NextSrb
                                                                     : (PVOID)((PSCSI_REQUEST_BLOCK)srb)->NextSrb));
    complete_kept(SRB_STATUS_ABORTED);
    fake.at_once--;
    SrbSetSrbStatus(srb, SRB_STATUS_SUCCESS);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void can_abort(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    config->FeatureSupport |= STOR_ADAPTER_FEATURE_ABORT_COMMAND;
}

static void aborted(void *unused)
{
    fake.on_find = can_abort;
    begin();
    fake.on_start = abort_it;
    fake.mode = KEEP;
    fake.count = 2;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);      /* sent again */
    CHECK_EQ(aborts, 1);
    CHECK_EQ(fake.lun_resets, 0);
    end();
}

TEST(a_miniport_that_can_abort_a_command_is_asked_to_first)
{
    on_a_computer(aborted, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_command_in_an_extended_srb_is_aborted_too)
{
    fake.storage_srbs = true;
    on_a_computer(aborted, 2);
    CHECK_EQ(fake_findings, 0);
}

static PVOID last_srb;

static bool note_srb(PVOID srb)
{
    last_srb = srb;
    return false;
}

static void touched(void *unused)
{
    begin();
    fake.on_start = note_srb;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    SrbSetSrbStatus(last_srb, SRB_STATUS_ABORTED);
    fake.on_start = NULL;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    end();
}

TEST(an_srb_that_is_written_to_after_its_completion_is_found)
{
    on_a_computer(touched, 1);
    CHECK_EQ(fake_findings, 1);
}

static bool raise_in_start(PVOID srb)
{
    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI && ((const uint8_t *)SrbGetCdb(srb))[0] == SCSIOP_READ16)
        ke_raise(5);
    return false;
}

static void raised(void *unused)
{
    begin();
    fake.on_start = raise_in_start;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    fake.on_start = NULL;
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    end();
}

TEST(a_startio_that_returns_at_another_irql_is_found)
{
    fake.is_virtual = true;             /* no lock around it */
    on_a_computer(raised, 1);
    CHECK_EQ(fake_findings, 1);
}

/* --- holds ------------------------------------------------------------------------------------------------------------- */

static void holds(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    config->BusResetHoldTime = 500000;  /* microseconds */
}

static void held(void *unused)
{
    uint64_t before;

    fake.on_find = holds;
    begin();
    /* The hold time of a reset does not end a pause, nor the other way round. */
    StorPortPause(fake.extension, 5);
    StorPortNotification(ResetDetected, fake.extension);
    before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before >= 5000000000ull);
    StorPortNotification(ResetDetected, fake.extension);
    StorPortResume(fake.extension);
    before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before >= 500000000ull && ke_now() - before < 600000000ull);
    /* A link that stays down is tried again after 30 s; one that comes back at once. */
    StorPortNotification(LinkDown, fake.extension);
    before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before >= 30000000000ull && ke_now() - before < 31000000000ull);
    StorPortNotification(LinkDown, fake.extension);
    StorPortNotification(LinkUp, fake.extension);
    before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before < 1000000000ull);
    end();
}

TEST(pauses_reset_holds_and_link_failures_each_end_by_themselves)
{
    on_a_computer(held, 1);
    CHECK_EQ(fake_findings, 0);
}

static void unknown(void *unused)
{
    SCSI_REQUEST_BLOCK *srb;

    begin();
    srb = ram_buffer(sizeof *srb);
    srb->SrbStatus = SRB_STATUS_SUCCESS;
    StorPortNotification(RequestComplete, fake.extension, srb);
    pool_free(srb, 0, NULL);
    end();
}

TEST(an_srb_that_storport_never_gave_is_found)
{
    on_a_computer(unknown, 1);
    CHECK_EQ(fake_findings, 1);
}

static void busy(void *unused)
{
    begin();
    fake.mode = ANSWER_BUSY;
    fake.count = 4;
    uint64_t before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.starts, 4);
    CHECK(ke_now() - before >= 3 * 250000000ull);
    fake.mode = ANSWER_BUSY;
    fake.count = 0;                     /* for ever */
    fake.starts = 0;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_DEVICE_BUSY);
    CHECK_EQ(fake.starts, 21);
    fake.mode = ANSWER;
    end();
}

TEST(a_busy_unit_is_tried_again_20_times)
{
    on_a_computer(busy, 1);
    CHECK_EQ(fake_findings, 0);
}

static void refused(void *unused)
{
    begin();
    fake.mode = REFUSE;
    fake.count = 3;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.starts, 4);
    end();
}

TEST(a_request_that_startio_refuses_is_started_again)
{
    on_a_computer(refused, 1);
    CHECK_EQ(fake_findings, 0);
}

static NTSTATUS with_sense(UCHAR key, UCHAR code, UCHAR qualifier, unsigned times)
{
    fake.mode = ANSWER_SENSE;
    fake.count = times;
    fake.sense[0] = key;
    fake.sense[1] = code;
    fake.sense[2] = qualifier;
    fake.starts = 0;
    NTSTATUS status = host_do(disk, STORPORT_WRITE, data, 4096, 0);
    fake.mode = ANSWER;
    return status;
}

static void sense(void *unused)
{
    begin();
    CHECK_EQ(with_sense(SCSI_SENSE_UNIT_ATTENTION, 0x29, 0, 3), STATUS_SUCCESS);
    CHECK_EQ(fake.starts, 3);
    CHECK_EQ(with_sense(SCSI_SENSE_MEDIUM_ERROR, 0x11, 0, 0), STATUS_DEVICE_DATA_ERROR);
    CHECK_EQ(fake.starts, 9);           /* once, and eight times again */
    CHECK_EQ(with_sense(SCSI_SENSE_DATA_PROTECT, 0x27, 0, 0), STATUS_MEDIA_WRITE_PROTECTED);
    CHECK_EQ(fake.starts, 1);
    CHECK_EQ(with_sense(SCSI_SENSE_DATA_PROTECT, 0x27, 7, 0), STATUS_DISK_FULL);
    CHECK_EQ(with_sense(SCSI_SENSE_ILLEGAL_REQUEST, 0x21, 0, 0), STATUS_NONEXISTENT_SECTOR);
    CHECK_EQ(with_sense(SCSI_SENSE_ILLEGAL_REQUEST, 0x20, 0, 0), STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(with_sense(SCSI_SENSE_NOT_READY, 0x3a, 0, 0), STATUS_NO_MEDIA_IN_DEVICE);
    CHECK_EQ(with_sense(SCSI_SENSE_NOT_READY, 0x04, 1, 3), STATUS_SUCCESS);
    CHECK_EQ(with_sense(SCSI_SENSE_RECOVERED_ERROR, 0x18, 0, 0), STATUS_SUCCESS);
    CHECK_EQ(with_sense(SCSI_SENSE_ABORTED_COMMAND, 0, 0, 2), STATUS_SUCCESS);
    end();
}

TEST(sense_data_decides_about_retries_and_the_status)
{
    on_a_computer(sense, 1);
    CHECK_EQ(fake_findings, 0);
}

static void pause_and_resume(void *unused)
{
    struct host_io h;
    LARGE_INTEGER second = { .QuadPart = -10000000 };

    begin();
    CHECK(StorPortPauseDevice(fake.extension, 0, 0, 0, 5));
    CHECK(!StorPortPauseDevice(fake.extension, 0, 1, 0, 5));
    uint64_t before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before >= 5000000000ull);
    CHECK(StorPortPause(fake.extension, 3600));
    host_begin(disk, &h, STORPORT_READ, data, 4096, 0);
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    CHECK(!KeReadStateEvent(&h.done));
    CHECK(StorPortResume(fake.extension));
    CHECK_EQ(host_end(&h), STATUS_SUCCESS);
    end();
}

TEST(a_paused_unit_waits_until_its_time_is_over_or_it_resumes)
{
    on_a_computer(pause_and_resume, 1);
}

static void pulled(void *unused)
{
    struct host_io h;

    begin();
    fake.mode = KEEP;
    host_begin(disk, &h, STORPORT_READ, data, 4096, 0);
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    fake.mode = ANSWER;
    fake.gone = true;
    StorPortNotification(BusChangeDetected, fake.extension, 0);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    complete_kept(SRB_STATUS_NO_DEVICE);
    pnp_flush();
    CHECK_EQ(storport_disk_count(), 0);
    CHECK(!storport_disk_alive(disk));
    CHECK(!NT_SUCCESS(host_end(&h)));
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_DEVICE_DOES_NOT_EXIST);
    storport_disk_close(disk);
    fake.gone = false;
    StorPortNotification(BusChangeDetected, fake.extension, 0);
    pnp_flush();
    CHECK_EQ(storport_disk_count(), 2);         /* a number is not used again */
    disk = storport_disk_open(1);
    CHECK(disk != NULL);
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    end();
}

static void lost(void *unused)
{
    struct host_io h;
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    begin();
    fake.mode = KEEP;
    host_begin(disk, &h, STORPORT_READ, data, 4096, 0);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    fake.mode = ANSWER;
    fake.gone = true;
    StorPortNotification(BusChangeDetected, fake.extension, 0);
    CHECK(!NT_SUCCESS(host_end(&h)));
    pnp_flush();
    CHECK_EQ(fake.kept_count, 1);
    ((PSCSI_REQUEST_BLOCK)fake.kept[0])->SrbStatus = SRB_STATUS_PENDING;        /* its memory is still its own */
    complete_kept(SRB_STATUS_NO_DEVICE);
    end();
}

TEST(an_srb_kept_longer_than_its_unit_lives_does_no_harm)
{
    on_a_computer(lost, 1);
    CHECK_EQ(fake_findings, 1);         /* the one of the ladder */
}

TEST(a_unit_that_goes_ends_its_disk_and_comes_back_as_another)
{
    on_a_computer(pulled, 2);
    CHECK_EQ(fake_findings, 0);
}

/* --- cancelled IRPs ------------------------------------------------------------------------------------------------ */

static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    *(NTSTATUS *)context = irp->IoStatus.Status;
    if (irp->MdlAddress) {
        MmUnlockPages(irp->MdlAddress);
        IoFreeMdl(irp->MdlAddress);
    }
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP send(PDEVICE_OBJECT device, void *buffer, NTSTATUS *status)
{
    LARGE_INTEGER zero = { 0 };
    PIRP irp = IoBuildAsynchronousFsdRequest(IRP_MJ_READ, device, buffer, 512, &zero, NULL);

    CHECK(irp != NULL);
    *status = STATUS_PENDING;
    IoSetCompletionRoutine(irp, completed, status, TRUE, TRUE, TRUE);
    CHECK_EQ(IofCallDriver(device, irp), STATUS_PENDING);
    return irp;
}

static void cancelled(void *unused)
{
    static NTSTATUS status[70];
    PDEVICE_OBJECT device;
    PIRP irps[70];
    PFILE_OBJECT file;
    UNICODE_STRING name = { 42, 44, (PWCH)u"\\Device\\Harddisk0\\DR0" };

    begin();
    CHECK_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    fake.mode = KEEP;
    for (unsigned i = 0; i < 70; i++)
        irps[i] = send(device, data, &status[i]);
    CHECK(IoCancelIrp(irps[66]));                  /* it waits for an operation */
    CHECK_EQ(status[66], STATUS_CANCELLED);
    CHECK(!IoCancelIrp(irps[0]));                  /* the miniport has it */
    fake.mode = ANSWER;
    complete_kept(SRB_STATUS_SUCCESS);
    LARGE_INTEGER second = { .QuadPart = -10000000 };
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    for (unsigned i = 0; i < 70; i++)
        CHECK_EQ(status[i], i == 66 ? STATUS_CANCELLED : STATUS_SUCCESS);
    ObfDereferenceObject(file);
    end();
}

TEST(an_irp_that_waits_can_be_cancelled)
{
    on_a_computer(cancelled, 1);
    CHECK_EQ(fake_findings, 0);
}
