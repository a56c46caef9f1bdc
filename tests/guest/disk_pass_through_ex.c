/* SCSI commands of a driver's own in their extended forms. run after: ramlun
 * run with: --root-device=ROOT\RAMLUN */
#include "disk_helpers.h"

static HANDLE disk;

TEST_SETUP(open_the_disk)
{
    disk = open_disk();
}

TEST_TEARDOWN(close_the_disk)
{
    if (disk)
        ZwClose(disk);
}

/* A CDB of any length stands at the end of the structure, so the rest follows with room between. */
typedef struct {
    SCSI_PASS_THROUGH_EX Head;
    UCHAR MoreCdb[64];
    STOR_ADDR_BTL8 Address;
    UCHAR Sense[32];
    UCHAR Data[512];
} COMMAND_EX;

typedef struct {
    SCSI_PASS_THROUGH_DIRECT_EX Head;
    UCHAR MoreCdb[64];
    STOR_ADDR_BTL8 Address;
    UCHAR Sense[32];
} DIRECT_EX;

/* As long as CdbLength says. */
static PUCHAR cdb(UCHAR (*at)[1])
{
    return (PUCHAR)at;
}

static void address(PSTOR_ADDR_BTL8 a)
{
    a->Type = STOR_ADDRESS_TYPE_BTL8;
    a->AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH;
}

static void prepare(COMMAND_EX *c, UCHAR direction, ULONG length)
{
    RtlZeroMemory(c, sizeof(*c));
    c->Head.Length = sizeof(c->Head);
    c->Head.CdbLength = 16;
    c->Head.StorAddressLength = sizeof(c->Address);
    c->Head.StorAddressOffset = FIELD_OFFSET(COMMAND_EX, Address);
    c->Head.SenseInfoLength = sizeof(c->Sense);
    c->Head.SenseInfoOffset = FIELD_OFFSET(COMMAND_EX, Sense);
    c->Head.DataDirection = direction;
    c->Head.TimeOutValue = 5;
    if (direction == SCSI_IOCTL_DATA_IN) {
        c->Head.DataInTransferLength = length;
        c->Head.DataInBufferOffset = FIELD_OFFSET(COMMAND_EX, Data);
    } else if (direction == SCSI_IOCTL_DATA_OUT) {
        c->Head.DataOutTransferLength = length;
        c->Head.DataOutBufferOffset = FIELD_OFFSET(COMMAND_EX, Data);
    }
    address(&c->Address);
}

static NTSTATUS pass(COMMAND_EX *c)
{
    return disk_ask(disk, IOCTL_SCSI_PASS_THROUGH_EX, c, sizeof(*c), c, sizeof(*c), NULL);
}

TEST_CASE(inquiry_goes_through_the_extended_form)
{
    COMMAND_EX c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 96);
    c.Head.CdbLength = 6;
    cdb(&c.Head.Cdb)[0] = SCSIOP_INQUIRY;
    cdb(&c.Head.Cdb)[4] = 36;
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_GOOD);
    EXPECT_EQ(c.Head.DataInTransferLength, 36);
    EXPECT_EQ(c.Head.DataOutTransferLength, 0);
    EXPECT_EQ(c.Head.SenseInfoLength, 0);
    EXPECT(RtlCompareMemory(c.Data + 8, "ring3   RAM disk", 16) == 16);
    EXPECT_EQ(c.Address.Type, STOR_ADDRESS_TYPE_BTL8);
    EXPECT_EQ(c.Address.Lun, 0);
}

TEST_CASE(a_sector_is_written_and_read_by_extended_commands)
{
    COMMAND_EX c;
    DIRECT_EX d;
    PUCHAR sector = ExAllocatePool2(POOL_FLAG_NON_PAGED, 4096, 'xEtP');

    REQUIRE(disk && sector);
    prepare(&c, SCSI_IOCTL_DATA_OUT, 512);
    cdb(&c.Head.Cdb)[0] = SCSIOP_WRITE16;
    cdb(&c.Head.Cdb)[9] = 77;
    cdb(&c.Head.Cdb)[13] = 1;
    fill_pattern(c.Data, 512, 31);
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.DataOutTransferLength, 512);
    RtlZeroMemory(&d, sizeof(d));
    d.Head.Length = sizeof(d.Head);
    d.Head.CdbLength = 16;
    d.Head.StorAddressLength = sizeof(d.Address);
    d.Head.StorAddressOffset = FIELD_OFFSET(DIRECT_EX, Address);
    d.Head.SenseInfoLength = sizeof(d.Sense);
    d.Head.SenseInfoOffset = FIELD_OFFSET(DIRECT_EX, Sense);
    d.Head.DataDirection = SCSI_IOCTL_DATA_IN;
    d.Head.TimeOutValue = 5;
    d.Head.DataInTransferLength = 512;
    d.Head.DataInBuffer = sector;
    cdb(&d.Head.Cdb)[0] = SCSIOP_READ16;
    cdb(&d.Head.Cdb)[9] = 77;
    cdb(&d.Head.Cdb)[13] = 1;
    address(&d.Address);
    EXPECT_EQ(disk_ask(disk, IOCTL_SCSI_PASS_THROUGH_DIRECT_EX, &d, sizeof(d), &d, sizeof(d), NULL), STATUS_SUCCESS);
    EXPECT_EQ(d.Head.DataInTransferLength, 512);
    EXPECT(is_pattern(sector, 512, 31));
    ExFreePoolWithTag(sector, 'xEtP');
}

TEST_CASE(an_error_of_the_device_is_a_success_with_sense_data)
{
    COMMAND_EX c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    cdb(&c.Head.Cdb)[0] = SCSIOP_READ16;
    cdb(&c.Head.Cdb)[2] = 0x10;
    cdb(&c.Head.Cdb)[13] = 1;
    EXPECT_EQ(pass(&c), STATUS_SUCCESS);
    EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_CHECK_CONDITION);
    EXPECT_EQ(c.Sense[2] & 0xf, SCSI_SENSE_ILLEGAL_REQUEST);
    EXPECT_EQ(c.Head.DataInTransferLength, 0);
    EXPECT(c.Head.SenseInfoLength >= 18);
}

/* The device says that it knows no such command: it is reached by commands of 32 and of more bytes. */
TEST_CASE(long_commands_reach_the_device)
{
    COMMAND_EX c;
    static const ULONG lengths[] = { 32, 48 };

    REQUIRE(disk);
    for (ULONG i = 0; i < 2; i++) {
        prepare(&c, SCSI_IOCTL_DATA_UNSPECIFIED, 0);
        c.Head.CdbLength = lengths[i];
        cdb(&c.Head.Cdb)[0] = 0x7f;           /* a command of variable length */
        cdb(&c.Head.Cdb)[7] = (UCHAR)(lengths[i] - 8);
        EXPECT_EQ(pass(&c), STATUS_SUCCESS);
        EXPECT_EQ(c.Head.ScsiStatus, SCSISTAT_CHECK_CONDITION);
        EXPECT_EQ(c.Sense[2] & 0xf, SCSI_SENSE_ILLEGAL_REQUEST);
    }
}

TEST_CASE(malformed_extended_commands_are_refused)
{
    COMMAND_EX c;

    REQUIRE(disk);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.Length = 8;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.CdbLength = 0;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.CdbLength = 100000;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.DataInBufferOffset = sizeof(COMMAND_EX);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 0xffffffff);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, 9, 0);
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.StorAddressOffset = 0xfffffff0;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    prepare(&c, SCSI_IOCTL_DATA_IN, 512);
    c.Head.SenseInfoOffset = 4;
    EXPECT_EQ(pass(&c), STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(disk_ask(disk, IOCTL_SCSI_PASS_THROUGH_EX, &c, 20, &c, 20, NULL)));
}
