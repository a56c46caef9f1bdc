/* IRP_MJ_SCSI: request blocks that a driver of its own sends to the port driver, through the disk's device object.
 * run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"
#include <srb.h>
#include <storport.h>
#include <srbhelper.h>

typedef struct _SENT {
    union {
        SCSI_REQUEST_BLOCK Srb;
        UCHAR Extended[256];
    };
    UCHAR Sense[64];
    __declspec(align(16)) UCHAR Data[512];
    PIRP Irp;
    PMDL Mdl;
    KEVENT Done;
    IO_STATUS_BLOCK Status;
    BOOLEAN Answered;
} SENT;

static PDEVICE_OBJECT device;
static PFILE_OBJECT file;

static NTSTATUS NTAPI answered(PDEVICE_OBJECT unused, PIRP irp, PVOID context)
{
    SENT *sent = context;

    UNREFERENCED_PARAMETER(unused);
    sent->Status = irp->IoStatus;
    sent->Answered = TRUE;
    KeSetEvent(&sent->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_SETUP(open_the_disk)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, L"\\Device\\Harddisk0\\DR0");
    EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA | FILE_WRITE_DATA, &file, &device), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_it)
{
    if (file)
        ObDereferenceObject(file);
}

static void prepare(SENT *s, UCHAR function, ULONG flags)
{
    RtlZeroMemory(s, sizeof(*s));
    s->Srb.Length = sizeof(s->Srb);
    s->Srb.Function = function;
    s->Srb.SrbFlags = flags;
    s->Srb.TimeOutValue = 10;
    s->Srb.SenseInfoBuffer = s->Sense;
    s->Srb.SenseInfoBufferLength = sizeof(s->Sense);
    s->Srb.CdbLength = 6;
    KeInitializeEvent(&s->Done, NotificationEvent, FALSE);
}

static void add_data(SENT *s, ULONG length)
{
    s->Srb.DataBuffer = s->Data;
    s->Srb.DataTransferLength = length;
}

static NTSTATUS start(SENT *s)
{
    PIO_STACK_LOCATION next;

    s->Irp = IoAllocateIrp(device->StackSize, FALSE);
    if (s->Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (s->Srb.Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK && s->Srb.DataTransferLength != 0) {
        s->Mdl = IoAllocateMdl(s->Data, s->Srb.DataTransferLength, FALSE, FALSE, s->Irp);
        MmBuildMdlForNonPagedPool(s->Mdl);
    }
    next = IoGetNextIrpStackLocation(s->Irp);
    next->MajorFunction = IRP_MJ_SCSI;
    next->Parameters.Scsi.Srb = &s->Srb;
    IoSetCompletionRoutine(s->Irp, answered, s, TRUE, TRUE, TRUE);
    return IoCallDriver(device, s->Irp);
}

static void finish(SENT *s)
{
    KeWaitForSingleObject(&s->Done, Executive, KernelMode, FALSE, NULL);
    if (s->Mdl)
        IoFreeMdl(s->Mdl);
    IoFreeIrp(s->Irp);
}

static NTSTATUS send(SENT *s)
{
    start(s);
    finish(s);
    return s->Status.Status;
}

/* A command of which the unit knows nothing. */
static void prepare_bad(SENT *s, ULONG flags)
{
    prepare(s, SRB_FUNCTION_EXECUTE_SCSI, flags);
    s->Srb.Cdb[0] = 0xff;
}

static void prepare_inquiry(SENT *s, ULONG flags)
{
    prepare(s, SRB_FUNCTION_EXECUTE_SCSI, flags | SRB_FLAGS_DATA_IN);
    s->Srb.Cdb[0] = SCSIOP_INQUIRY;
    s->Srb.Cdb[4] = 36;
    add_data(s, 36);
}

static NTSTATUS function(UCHAR code)
{
    static SENT s;

    prepare(&s, code, SRB_FLAGS_BYPASS_FROZEN_QUEUE);
    return send(&s);
}

static BOOLEAN waits(SENT *s)
{
    LARGE_INTEGER while_ = { .QuadPart = -200000 };

    KeDelayExecutionThread(KernelMode, FALSE, &while_);
    return !s->Answered;
}

TEST_CASE(a_command_comes_back_with_its_data)
{
    static SENT s;

    prepare_inquiry(&s, 0);
    EXPECT_EQ(send(&s), STATUS_SUCCESS);
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_SUCCESS);
    EXPECT_EQ(s.Srb.ScsiStatus, SCSISTAT_GOOD);
    EXPECT_EQ(s.Srb.DataTransferLength, 36);
    EXPECT_EQ(s.Status.Information, 36);
    EXPECT_EQ(s.Data[0], 0);
    EXPECT_EQ(RtlCompareMemory(s.Data + 8, "ring3", 5), 5);
}

TEST_CASE(an_extended_request_block_does_the_same)
{
    static SENT s;
    PSTORAGE_REQUEST_BLOCK srb = (PSTORAGE_REQUEST_BLOCK)s.Extended;
    PSTOR_ADDR_BTL8 address = (PSTOR_ADDR_BTL8)(s.Extended + 128);
    PSRBEX_DATA_SCSI_CDB16 cdb = (PSRBEX_DATA_SCSI_CDB16)(s.Extended + 144);

    prepare(&s, 0, 0);
    RtlZeroMemory(s.Extended, sizeof(s.Extended));
    srb->Length = FIELD_OFFSET(STORAGE_REQUEST_BLOCK, Signature);
    srb->Function = SRB_FUNCTION_STORAGE_REQUEST_BLOCK;
    srb->Signature = SRB_SIGNATURE;
    srb->Version = STORAGE_REQUEST_BLOCK_VERSION_1;
    srb->SrbLength = sizeof(s.Extended);
    srb->SrbFunction = SRB_FUNCTION_EXECUTE_SCSI;
    srb->SrbFlags = SRB_FLAGS_DATA_IN;
    srb->TimeOutValue = 10;
    srb->AddressOffset = 128;
    address->Type = STOR_ADDRESS_TYPE_BTL8;
    address->AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH;
    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = 144;
    cdb->Type = SrbExDataTypeScsiCdb16;
    cdb->Length = SRBEX_DATA_SCSI_CDB16_LENGTH;
    cdb->CdbLength = 6;
    cdb->Cdb[0] = SCSIOP_INQUIRY;
    cdb->Cdb[4] = 36;
    srb->DataBuffer = s.Data;
    srb->DataTransferLength = 36;
    EXPECT_EQ(send(&s), STATUS_SUCCESS);
    EXPECT_EQ(srb->SrbStatus, SRB_STATUS_SUCCESS);
    EXPECT_EQ(srb->DataTransferLength, 36);
    EXPECT_EQ(RtlCompareMemory(s.Data + 8, "ring3", 5), 5);
}

TEST_CASE(a_command_that_fails_brings_its_sense_data)
{
    static SENT s;

    prepare_bad(&s, SRB_FLAGS_NO_QUEUE_FREEZE);
    EXPECT(!NT_SUCCESS(send(&s)));
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID);
    EXPECT_EQ(s.Srb.ScsiStatus, SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(s.Sense[2] & 0xf, SCSI_SENSE_ILLEGAL_REQUEST);
    EXPECT_EQ(s.Sense[12], SCSI_ADSENSE_ILLEGAL_COMMAND);
    EXPECT(s.Srb.SenseInfoBufferLength >= 14 && s.Srb.SenseInfoBufferLength <= sizeof(s.Sense));
}

TEST_CASE(sense_data_that_nobody_wants_is_not_given)
{
    static SENT s;

    prepare_bad(&s, SRB_FLAGS_NO_QUEUE_FREEZE | SRB_FLAGS_DISABLE_AUTOSENSE);
    send(&s);
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_ERROR);
    EXPECT_EQ(s.Sense[0], 0);
    prepare_bad(&s, SRB_FLAGS_NO_QUEUE_FREEZE);
    s.Srb.SenseInfoBufferLength = 4;
    send(&s);
    EXPECT_EQ(s.Srb.SenseInfoBufferLength, 4);
    EXPECT_EQ(s.Sense[4], 0);
}

TEST_CASE(an_error_freezes_the_queue_until_it_is_released)
{
    static SENT bad, next, urgent;

    prepare_bad(&bad, 0);
    send(&bad);
    EXPECT_EQ(bad.Srb.SrbStatus, SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID | SRB_STATUS_QUEUE_FROZEN);
    prepare_inquiry(&next, 0);
    EXPECT_EQ(start(&next), STATUS_PENDING);
    EXPECT(waits(&next));
    prepare_inquiry(&urgent, SRB_FLAGS_BYPASS_FROZEN_QUEUE);
    EXPECT_EQ(send(&urgent), STATUS_SUCCESS);
    EXPECT(waits(&next));
    EXPECT_EQ(function(SRB_FUNCTION_RELEASE_QUEUE), STATUS_SUCCESS);
    finish(&next);
    EXPECT_EQ(next.Status.Status, STATUS_SUCCESS);
    EXPECT_EQ(next.Srb.SrbStatus, SRB_STATUS_SUCCESS);
    EXPECT_EQ(function(SRB_FUNCTION_RELEASE_QUEUE), STATUS_SUCCESS);    /* ignored when it is not frozen */
}

TEST_CASE(a_frozen_queue_that_is_flushed_gives_its_requests_back)
{
    static SENT bad, one, two, after;

    prepare_bad(&bad, 0);
    send(&bad);
    prepare_inquiry(&one, 0);
    prepare_inquiry(&two, 0);
    start(&one);
    start(&two);
    EXPECT(waits(&one) && waits(&two));
    EXPECT_EQ(function(SRB_FUNCTION_FLUSH_QUEUE), STATUS_SUCCESS);
    finish(&one);
    finish(&two);
    EXPECT_EQ(one.Srb.SrbStatus, SRB_STATUS_REQUEST_FLUSHED);
    EXPECT_EQ(two.Srb.SrbStatus, SRB_STATUS_REQUEST_FLUSHED);
    prepare_inquiry(&after, 0);
    EXPECT_EQ(send(&after), STATUS_SUCCESS);
}

TEST_CASE(a_request_that_waits_can_be_cancelled)
{
    static SENT bad, one;

    prepare_bad(&bad, 0);
    send(&bad);
    prepare_inquiry(&one, 0);
    start(&one);
    EXPECT(waits(&one));
    EXPECT(IoCancelIrp(one.Irp));
    finish(&one);
    EXPECT_EQ(one.Status.Status, STATUS_CANCELLED);
    function(SRB_FUNCTION_RELEASE_QUEUE);
}

TEST_CASE(a_locked_queue_lets_nothing_pass_but_what_may)
{
    static SENT one, two;

    EXPECT_EQ(function(SRB_FUNCTION_LOCK_QUEUE), STATUS_SUCCESS);
    prepare_inquiry(&one, 0);
    start(&one);
    EXPECT(waits(&one));
    prepare_inquiry(&two, SRB_FLAGS_BYPASS_LOCKED_QUEUE);
    EXPECT_EQ(send(&two), STATUS_SUCCESS);
    EXPECT_EQ(function(SRB_FUNCTION_UNLOCK_QUEUE), STATUS_SUCCESS);
    finish(&one);
    EXPECT_EQ(one.Srb.SrbStatus, SRB_STATUS_SUCCESS);
}

TEST_CASE(a_unit_with_a_class_driver_cannot_be_claimed_again)
{
    static SENT s;

    prepare(&s, SRB_FUNCTION_CLAIM_DEVICE, 0);
    EXPECT(!NT_SUCCESS(send(&s)));
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_BUSY);
}

TEST_CASE(malformed_blocks_are_refused)
{
    static SENT s;

    prepare_inquiry(&s, 0);
    s.Srb.Length = 8;
    EXPECT(!NT_SUCCESS(send(&s)));
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_BAD_SRB_BLOCK_LENGTH);
    prepare_inquiry(&s, 0);
    s.Srb.CdbLength = 0;
    EXPECT(!NT_SUCCESS(send(&s)));
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_INVALID_REQUEST);
    prepare(&s, 0x7f, 0);
    EXPECT(!NT_SUCCESS(send(&s)));
    EXPECT_EQ(s.Srb.SrbStatus, SRB_STATUS_BAD_FUNCTION);
}

TEST_CASE(a_reset_of_the_device_succeeds)
{
    EXPECT_EQ(function(SRB_FUNCTION_RESET_DEVICE), STATUS_SUCCESS);
    EXPECT_EQ(function(SRB_FUNCTION_RESET_LOGICAL_UNIT), STATUS_SUCCESS);
    EXPECT_EQ(function(SRB_FUNCTION_FLUSH), STATUS_SUCCESS);
}

TEST_CASE(more_requests_than_the_unit_takes_at_once_are_all_answered)
{
    static SENT sent[300];
    ULONG good = 0;

    for (ULONG i = 0; i < RTL_NUMBER_OF(sent); i++) {
        prepare_inquiry(&sent[i], 0);
        start(&sent[i]);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(sent); i++) {
        finish(&sent[i]);
        good += sent[i].Srb.SrbStatus == SRB_STATUS_SUCCESS && sent[i].Data[4] != 0;
    }
    EXPECT_EQ(good, RTL_NUMBER_OF(sent));
}
