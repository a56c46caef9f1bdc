/* What each answer of a miniport makes of a request, and what a reset does on the way. Time is virtual. */
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
    fake.on_start = NULL;
    storport_disk_close(disk);
    unplug_fake();
    pool_free(data, 0, NULL);
}

static bool is_transfer(PVOID srb)
{
    UCHAR code = SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI ? ((const UCHAR *)SrbGetCdb(srb))[0] : 0;

    return code == SCSIOP_READ16 || code == SCSIOP_WRITE16;
}

/* --- SRB statuses without sense data ----------------------------------------------------------------------------------- */

#define ALWAYS 9u                       /* once, and eight times again */

static const struct answer {
    UCHAR srb_status;
    NTSTATUS status;
    unsigned starts;
} answers[] = {
    { SRB_STATUS_ABORTED, STATUS_CANCELLED, ALWAYS },
    { SRB_STATUS_ABORT_FAILED, STATUS_IO_DEVICE_ERROR, 1 },
    { SRB_STATUS_ERROR, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_INVALID_REQUEST, STATUS_INVALID_DEVICE_REQUEST, 1 },
    { SRB_STATUS_INVALID_PATH_ID, STATUS_DEVICE_DOES_NOT_EXIST, 1 },
    { SRB_STATUS_NO_DEVICE, STATUS_DEVICE_DOES_NOT_EXIST, 1 },
    { SRB_STATUS_TIMEOUT, STATUS_IO_TIMEOUT, ALWAYS },
    { SRB_STATUS_SELECTION_TIMEOUT, STATUS_DEVICE_NOT_CONNECTED, ALWAYS },
    { SRB_STATUS_COMMAND_TIMEOUT, STATUS_IO_TIMEOUT, ALWAYS },
    { SRB_STATUS_MESSAGE_REJECTED, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_BUS_RESET, STATUS_IO_TIMEOUT, ALWAYS },
    { SRB_STATUS_PARITY_ERROR, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_REQUEST_SENSE_FAILED, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_NO_HBA, STATUS_DEVICE_DOES_NOT_EXIST, 1 },
    { SRB_STATUS_DATA_OVERRUN, STATUS_BUFFER_OVERFLOW, 1 },
    { SRB_STATUS_UNEXPECTED_BUS_FREE, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_PHASE_SEQUENCE_FAILURE, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_BAD_SRB_BLOCK_LENGTH, STATUS_INVALID_DEVICE_REQUEST, 1 },
    { SRB_STATUS_REQUEST_FLUSHED, STATUS_CANCELLED, 1 },
    { SRB_STATUS_INVALID_LUN, STATUS_DEVICE_DOES_NOT_EXIST, 1 },
    { SRB_STATUS_INVALID_TARGET_ID, STATUS_DEVICE_DOES_NOT_EXIST, 1 },
    { SRB_STATUS_BAD_FUNCTION, STATUS_INVALID_DEVICE_REQUEST, 1 },
    { SRB_STATUS_ERROR_RECOVERY, STATUS_IO_DEVICE_ERROR, ALWAYS },
    { SRB_STATUS_INSUFFICIENT_RESOURCES, STATUS_INSUFFICIENT_RESOURCES, 1 },
    { SRB_STATUS_INTERNAL_ERROR, STATUS_IO_DEVICE_ERROR, 1 },
};

static UCHAR srb_status;
static unsigned sent;

static bool answer_so(PVOID srb)
{
    if (!is_transfer(srb))
        return false;
    sent++;
    SrbSetSrbStatus(srb, srb_status);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void without_sense(void *unused)
{
    begin();
    fake.on_start = answer_so;
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++) {
        sent = 0;
        srb_status = answers[i].srb_status;
        NTSTATUS status = host_do(disk, STORPORT_READ, data, 4096, 0);
        if (status != answers[i].status || sent != answers[i].starts)
            UNIT_FAIL("SRB status 0x%02x: 0x%08x after %u", srb_status, (unsigned)status, sent);
    }
    end();
}

TEST(each_srb_status_has_its_status_and_those_that_may_pass_are_tried_again)
{
    on_a_computer(without_sense, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(the_statuses_of_extended_srbs_mean_the_same)
{
    fake.storage_srbs = true;
    on_a_computer(without_sense, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- sense data ------------------------------------------------------------------------------------------------------------ */

static void sensed(UCHAR key, UCHAR code, UCHAR qualifier, NTSTATUS status, unsigned starts)
{
    fake.mode = ANSWER_SENSE;
    fake.count = 0;
    fake.sense[0] = key, fake.sense[1] = code, fake.sense[2] = qualifier;
    fake.starts = 0;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), status);
    CHECK_EQ(fake.starts, starts);
    fake.mode = ANSWER;
}

static void with_sense(void *unused)
{
    begin();
    sensed(SCSI_SENSE_NO_SENSE, 0, 0, STATUS_IO_DEVICE_ERROR, ALWAYS);
    sensed(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, 2, STATUS_DEVICE_NOT_READY, ALWAYS);
    sensed(SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, SCSI_SENSEQ_BECOMING_READY, STATUS_DEVICE_NOT_READY, ALWAYS);
    sensed(SCSI_SENSE_HARDWARE_ERROR, 0x44, 0, STATUS_IO_DEVICE_ERROR, ALWAYS);
    sensed(SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_LUN, 0, STATUS_NO_SUCH_DEVICE, 1);
    sensed(SCSI_SENSE_ILLEGAL_REQUEST, 0x24, 0, STATUS_INVALID_DEVICE_REQUEST, 1);
    sensed(SCSI_SENSE_UNIT_ATTENTION, 0x29, 0, STATUS_IO_DEVICE_ERROR, ALWAYS);
    sensed(SCSI_SENSE_BLANK_CHECK, 0, 0, STATUS_NO_DATA_DETECTED, 1);
    sensed(SCSI_SENSE_ABORTED_COMMAND, 0, 0, STATUS_IO_DEVICE_ERROR, ALWAYS);
    end();
}

TEST(sense_keys_that_stay_end_in_their_status)
{
    on_a_computer(with_sense, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- a request that is sent again ---------------------------------------------------------------------------------------- */

static UCHAR sense_room;

static bool spoil(PVOID srb)
{
    if (!is_transfer(srb))
        return false;
    CHECK_EQ(SrbGetScsiStatus(srb), SCSISTAT_GOOD);
    CHECK_EQ(SrbGetDataTransferLength(srb), 4096);
    if (!sent++)
        sense_room = SrbGetSenseInfoBufferLength(srb);
    CHECK(sense_room >= 18 && SrbGetSenseInfoBufferLength(srb) == sense_room);
    if (sent == 3)
        return false;
    SrbSetScsiStatus(srb, sent == 1 ? SCSISTAT_BUSY : SCSISTAT_CHECK_CONDITION);
    SrbSetDataTransferLength(srb, 0);
    SrbSetSenseInfoBufferLength(srb, 1);
    SrbSetSrbStatus(srb, sent == 1 ? SRB_STATUS_BUSY : SRB_STATUS_ERROR);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void renewed(void *unused)
{
    begin();
    sent = 0;
    fake.on_start = spoil;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(sent, 3);
    end();
}

TEST(a_request_that_is_sent_again_keeps_nothing_of_the_last_answer)
{
    on_a_computer(renewed, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(an_extended_srb_that_is_sent_again_keeps_nothing_of_the_last_answer)
{
    fake.storage_srbs = true;
    on_a_computer(renewed, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- resets -------------------------------------------------------------------------------------------------------------- */

static bool no_resets(PVOID srb)
{
    ULONG function = SrbGetSrbFunction(srb);

    if (function != SRB_FUNCTION_RESET_LOGICAL_UNIT && function != SRB_FUNCTION_RESET_DEVICE)
        return false;
    *(function == SRB_FUNCTION_RESET_DEVICE ? &fake.target_resets : &fake.lun_resets) += 1;
    CHECK_EQ(fake.lun_resets, 1);       /* the unit first */
    SrbSetSrbStatus(srb, SRB_STATUS_INVALID_REQUEST);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void unsupported(void *unused)
{
    begin();
    fake.on_start = no_resets;
    fake.mode = KEEP;
    fake.count = 2;
    fake.complete_on_bus_reset = true;
    uint64_t before = ke_now();
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK(ke_now() - before >= 60000000000ull && ke_now() - before < 64000000000ull);
    CHECK_EQ(fake.lun_resets, 1);
    CHECK_EQ(fake.target_resets, 1);
    CHECK_EQ(fake.bus_resets, 1);
    end();
}

TEST(a_reset_that_fails_is_followed_by_the_next_at_once)
{
    on_a_computer(unsupported, 1);
    CHECK_EQ(fake_findings, 0);
}

/* HwStorResetBus gives back what it has, from within: what waits starts only when it is over. */
static void give_back(void)
{
    PVOID srb = fake.kept[0];
    unsigned starts = fake.starts;

    CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    CHECK_EQ(fake.kept_count, 1);
    fake.kept_count = 0;
    fake.at_once--;
    SrbSetSrbStatus(srb, SRB_STATUS_BUS_RESET);
    StorPortNotification(RequestDirectComplete, fake.extension, srb);
    CHECK_EQ(fake.starts, starts);
}

static void direct(void *unused)
{
    begin();
    fake.mode = KEEP;
    fake.count = 2;
    fake.on_reset_bus = give_back;
    CHECK_EQ(host_do(disk, STORPORT_READ, data, 4096, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.bus_resets, 1);
    end();
}

TEST(requests_completed_in_a_bus_reset_start_again_after_it)
{
    on_a_computer(direct, 1);
    CHECK_EQ(fake_findings, 0);
}

static unsigned inside;
static bool resetting;

static void ask_for_channels(void)
{
    PERF_CONFIGURATION_DATA perf = { .Version = STOR_PERF_VERSION, .Size = sizeof perf };

    perf.Flags = STOR_PERF_DPC_REDIRECTION | STOR_PERF_CONCURRENT_CHANNELS;
    perf.ConcurrentChannels = 2;
    CHECK_EQ(StorPortInitializePerfOpts(fake.extension, FALSE, &perf), STOR_STATUS_SUCCESS);
}

static void yield(void)
{
    for (unsigned i = 0; i < 8; i++)
        ke_yield_cpu();
}

static bool linger(PVOID srb)
{
    if (!is_transfer(srb))
        return false;
    CHECK(!resetting);
    inside++;
    yield();
    inside--;
    return false;
}

static void linger_in_reset(void)
{
    CHECK_EQ(inside, 0);
    resetting = true;
    yield();
    resetting = false;
}

static VOID NTAPI reset_often(PVOID context)
{
    KeSetSystemAffinityThread(2);
    for (unsigned i = 0; i < 50; i++) {
        adapter_reset_bus(context, 0);
        ke_yield_cpu();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void crowd(void *unused)
{
    static struct host_io h[16];
    PVOID thread;
    HANDLE handle;

    fake.on_initialize = ask_for_channels;
    fake.depth = 32;
    begin();
    fake.on_start = linger;
    fake.on_reset_bus = linger_in_reset;
    CHECK_EQ((uint32_t)PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, reset_often,
                                            adapter_of(fake.extension, PE_CALLER())), 0);
    CHECK(NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread, NULL)));
    ZwClose(handle);
    KeSetSystemAffinityThread(1);
    while (fake.bus_resets < 50) {
        for (unsigned i = 0; i < 16; i++)
            host_begin(disk, &h[i], STORPORT_READ, data, 4096, 0);
        for (unsigned i = 0; i < 16; i++)
            CHECK_EQ(host_end(&h[i]), STATUS_SUCCESS);
    }
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObfDereferenceObject(thread);
    end();
}

TEST(a_bus_reset_has_every_channel)
{
    on_a_computer(crowd, 2);
    CHECK_EQ(fake_findings, 0);
    CHECK(fake.bus_resets >= 50);
}

/* --- blocks that have no SCSI status ------------------------------------------------------------------------------------- */

/* WMISubFunction lies where a command has its SCSI status: 8 is IRP_MN_REGINFO, and SCSISTAT_BUSY. */
static bool refuse_wmi(PVOID srb)
{
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_WMI)
        return false;
    sent++;
    CHECK_EQ(((PSCSI_WMI_REQUEST_BLOCK)srb)->WMISubFunction, SCSISTAT_BUSY);
    SrbSetSrbStatus(srb, SRB_STATUS_ERROR);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void refused(void *unused)
{
    begin();
    struct adapter *a = adapter_of(fake.extension, PE_CALLER());
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_SYSTEM_CONTROL, .MinorFunction = IRP_MN_REGINFO };
    ULONG_PTR answered;

    fake.on_start = refuse_wmi;
    sent = 0;
    request.Parameters.WMI.ProviderId = (ULONG_PTR)a->fdo;
    request.Parameters.WMI.BufferSize = 4096;
    request.Parameters.WMI.Buffer = data;
    io_send(a->fdo, &request, STATUS_NOT_SUPPORTED, &answered);
    CHECK_EQ(sent, 1);
    end();
}

TEST(a_wmi_request_that_fails_is_not_taken_for_a_busy_unit)
{
    on_a_computer(refused, 1);
    CHECK_EQ(fake_findings, 0);
}

/* --- the queue of IRP_MJ_SCSI ----------------------------------------------------------------------------------------------- */

static UCHAR scsi_status;

static bool answer_ready(PVOID srb)
{
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI || ((const UCHAR *)SrbGetCdb(srb))[0] != SCSIOP_TEST_UNIT_READY)
        return false;
    SrbSetScsiStatus(srb, scsi_status);
    SrbSetSrbStatus(srb, srb_status);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static NTSTATUS send_srb(PDEVICE_OBJECT device, PSCSI_REQUEST_BLOCK srb, UCHAR function)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_SCSI };
    ULONG_PTR answered;

    memset(srb, 0, sizeof *srb);
    srb->Length = sizeof *srb;
    srb->Function = function;
    srb->CdbLength = 6;                 /* TEST UNIT READY: zeroes */
    srb->TimeOutValue = 10;
    request.Parameters.Scsi.Srb = srb;
    return io_send(device, &request, STATUS_NOT_SUPPORTED, &answered);
}

static void check_frozen(PDEVICE_OBJECT device, UCHAR answer, UCHAR scsi, NTSTATUS status, bool frozen)
{
    SCSI_REQUEST_BLOCK srb;

    srb_status = answer;
    scsi_status = scsi;
    CHECK_EQ(send_srb(device, &srb, SRB_FUNCTION_EXECUTE_SCSI), status);
    CHECK_EQ(srb.SrbStatus, answer | (frozen ? SRB_STATUS_QUEUE_FROZEN : 0));
    CHECK_EQ(srb.ScsiStatus, scsi);
    if (frozen)
        CHECK_EQ(send_srb(device, &srb, SRB_FUNCTION_RELEASE_QUEUE), STATUS_SUCCESS);
}

static bool does_freeze(UCHAR status)
{
    return status == SRB_STATUS_BUS_RESET || status == SRB_STATUS_TIMEOUT || status == SRB_STATUS_COMMAND_TIMEOUT ||
           status == SRB_STATUS_ABORTED;
}

static void freezing(void *unused)
{
    begin();
    PDEVICE_OBJECT device = unit_find(adapter_of(fake.extension, PE_CALLER()), 0, 0, 0)->pdo;

    fake.on_start = answer_ready;
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
        check_frozen(device, answers[i].srb_status, SCSISTAT_GOOD, answers[i].status, does_freeze(answers[i].srb_status));
    check_frozen(device, SRB_STATUS_ERROR, SCSISTAT_CHECK_CONDITION, STATUS_IO_DEVICE_ERROR, true);
    check_frozen(device, SRB_STATUS_ERROR, SCSISTAT_COMMAND_TERMINATED, STATUS_IO_DEVICE_ERROR, true);
    check_frozen(device, SRB_STATUS_ERROR, SCSISTAT_RESERVATION_CONFLICT, STATUS_IO_DEVICE_ERROR, false);
    check_frozen(device, SRB_STATUS_SUCCESS, SCSISTAT_GOOD, STATUS_SUCCESS, false);
    end();
}

TEST(check_conditions_time_outs_resets_and_abortions_freeze_the_queue_and_nothing_else)
{
    on_a_computer(freezing, 1);
    CHECK_EQ(fake_findings, 0);
}
