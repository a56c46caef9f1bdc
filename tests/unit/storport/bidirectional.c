/* A command with data in both directions, as the miniport gets it. */
#include "fake.h"

#include <ntddscsi.h>

/* disk_ioctl.h, which has a name of unit.h's, too. */
NTSTATUS unit_pass_through_ex(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done);

#define COMMAND 0xc5                    /* the device answers with the complement of what it gets */
#define BYTES 300u

struct exchange {
    SCSI_PASS_THROUGH_EX head;
    UCHAR more[32], out[BYTES], in[BYTES];
};

static unsigned handled;

static bool complement(PVOID srb)
{
    PSRBEX_DATA_BIDIRECTIONAL second = (PVOID)SrbGetSrbExDataByType(srb, SrbExDataTypeBidirectional);
    PVOID address = NULL, mdl = NULL;
    PSTOR_SCATTER_GATHER_LIST list = NULL;

    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI || SrbGetCdb(srb)->AsByte[0] != COMMAND)
        return false;
    CHECK(second != NULL);
    CHECK_EQ(second->DataInTransferLength, BYTES);
    CHECK_EQ(SrbGetDataTransferLength(srb), BYTES);
    CHECK((SrbGetSrbFlags(srb) & SRB_FLAGS_UNSPECIFIED_DIRECTION) == SRB_FLAGS_UNSPECIFIED_DIRECTION);
    CHECK_EQ(StorPortGetDataInBufferSystemAddress(fake.extension, srb, &address), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortGetDataInBufferMdl(fake.extension, srb, &mdl), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortGetDataInBufferScatterGatherList(fake.extension, srb, &list), STOR_STATUS_SUCCESS);
    CHECK_EQ(StorPortGetDataInBufferMdl(fake.extension, srb, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(MmGetMdlByteCount((PMDL)mdl), BYTES);
    CHECK(MmGetMdlVirtualAddress((PMDL)mdl) == address);
    CHECK_EQ(list->NumberOfElements, 1);
    CHECK_EQ(list->List[0].Length, BYTES);
    CHECK_EQ((uint64_t)list->List[0].PhysicalAddress.QuadPart, ram_pa(address));
    const uint8_t *from = SrbGetDataBuffer(srb);
    uint8_t *to = address;
    for (unsigned i = 0; i < BYTES / 2; i++)
        to[i] = (uint8_t)~from[i];
    second->DataInTransferLength = BYTES / 2;   /* no more came */
    handled++;
    SrbSetSrbStatus(srb, SRB_STATUS_SUCCESS);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void prepare(struct exchange *x)
{
    *x = (struct exchange){
        .head = {
            .Length = sizeof x->head, .CdbLength = 10, .DataDirection = SCSI_IOCTL_DATA_BIDIRECTIONAL, .TimeOutValue = 5,
            .DataOutTransferLength = BYTES, .DataInTransferLength = BYTES,
            .DataOutBufferOffset = offsetof(struct exchange, out), .DataInBufferOffset = offsetof(struct exchange, in),
            .Cdb = { COMMAND },
        },
    };
    for (unsigned i = 0; i < BYTES; i++)
        x->out[i] = (uint8_t)(i * 3);
}

static void exchange(void *unused)
{
    static struct exchange x;
    ULONG_PTR done = 0;

    plug_fake();
    struct unit *u = unit_find(adapter_find(fake.extension), 0, 0, 0);
    CHECK(u != NULL);
    prepare(&x);
    NTSTATUS status = unit_pass_through_ex(u, &x, sizeof x, sizeof x, &done);
    if (!fake.storage_srbs) {
        CHECK_EQ((uint32_t)status, (uint32_t)STATUS_INVALID_DEVICE_REQUEST);
        unplug_fake();
        return;
    }
    CHECK_EQ((uint32_t)status, STATUS_SUCCESS);
    CHECK_EQ(x.head.DataInTransferLength, BYTES / 2);
    CHECK_EQ(x.head.DataOutTransferLength, BYTES);
    CHECK(done >= offsetof(struct exchange, in) + BYTES / 2);
    for (unsigned i = 0; i < BYTES / 2; i++)
        CHECK_EQ(x.in[i], (uint8_t)~x.out[i]);
    for (unsigned i = BYTES / 2; i < BYTES; i++)
        CHECK_EQ(x.in[i], 0);
    prepare(&x);
    x.head.CdbLength = 33;              /* two buffers and a longer command do not fit */
    CHECK_EQ((uint32_t)unit_pass_through_ex(u, &x, sizeof x, sizeof x, &done), (uint32_t)STATUS_INVALID_PARAMETER);
    unplug_fake();
    CHECK_EQ(handled, 1);
}

TEST(a_command_with_two_buffers_moves_data_in_both_directions)
{
    fake.storage_srbs = true;
    fake.on_start = complement;
    on_a_computer(exchange, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_miniport_with_plain_request_blocks_gets_no_extended_command)
{
    fake.on_start = complement;
    on_a_computer(exchange, 1);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(handled, 0);
}
