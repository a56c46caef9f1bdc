/* Scatter/gather lists of many elements, and memory that the adapter's DMA does not reach. */
#include "fake.h"

#include "nt/mm.h"

#define FOUR_GIB (1ull << 32)
#define AT_ONCE 16u

static UCHAR dma64;
static uint64_t lowest;                 /* address of the callers' memory */
static bool whole;                      /* the miniport works in the caller's memory */
static unsigned in_memory;

static void set_dma(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    config->Dma64BitAddresses = dma64;
}

/* Reads and writes by the address of the buffer, and not by the list. */
static bool by_address(PVOID srb)
{
    const uint8_t *cdb = SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI ? (const uint8_t *)SrbGetCdb(srb) : NULL;
    PVOID data = NULL;

    if (!whole || !cdb || (cdb[0] != SCSIOP_READ16 && cdb[0] != SCSIOP_WRITE16))
        return false;
    uint64_t at = ((uint64_t)cdb[8] << 8 | cdb[9]) * 512;
    CHECK_EQ(StorPortGetSystemAddress(fake.extension, srb, &data), STOR_STATUS_SUCCESS);
    if (cdb[0] == SCSIOP_WRITE16)
        memcpy(fake.disk + at, data, SrbGetDataTransferLength(srb));
    else
        memcpy(data, fake.disk + at, SrbGetDataTransferLength(srb));
    in_memory++;
    SrbSetSrbStatus(srb, SRB_STATUS_SUCCESS);
    StorPortNotification(RequestComplete, fake.extension, srb);
    return true;
}

static void pattern(uint8_t *to, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(i * 7 + i / 4096 * 13 + number);
}

/* Requests of 32 KiB and 512 bytes that begin in the middle of a page, all at once. */
static void traffic(void *unused)
{
    static struct host_io io[AT_ONCE];
    const uint32_t size = 32768 + 512;
    uint8_t *memory[AT_ONCE], *expected = malloc(size);

    fake.on_find = set_dma;
    fake.on_start = by_address;
    plug_fake();
    struct storport_disk *disk = storport_disk_open(0);
    CHECK(disk && expected);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        memory[i] = mm_alloc_pages(size + 4096, lowest, UINT64_MAX, 0, "test", NULL);
        CHECK(memory[i] != NULL);
        pattern(memory[i] + 512, size, i);
        host_begin(disk, &io[i], STORPORT_WRITE, memory[i] + 512, size, (uint64_t)i * 65536);
    }
    for (unsigned i = 0; i < AT_ONCE; i++) {
        CHECK_EQ(host_end(&io[i]), STATUS_SUCCESS);
        memset(memory[i] + 512, 0, size);
        host_begin(disk, &io[i], STORPORT_READ, memory[i] + 512, size, (uint64_t)i * 65536);
    }
    for (unsigned i = 0; i < AT_ONCE; i++) {
        CHECK_EQ(host_end(&io[i]), STATUS_SUCCESS);
        pattern(expected, size, i);
        CHECK(!memcmp(memory[i] + 512, expected, size));
        CHECK(!memcmp(fake.disk + i * 65536, expected, size));
        mm_free_pages(memory[i]);
    }
    storport_disk_close(disk);
    unplug_fake();
    free(expected);
}

static void run(unsigned cpus)
{
    on_a_computer(traffic, cpus);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_seeded_schedule_scatters_the_pages_of_requests)
{
    dma64 = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    fake_seed = 7;
    run(2);
    CHECK(fake.most_elements > 4);
    CHECK(fake.gaps > 0);
    CHECK(fake.buffer_hidden);
}

TEST(a_list_has_no_more_elements_than_the_adapter_takes)
{
    fake_seed = 7;
    fake.breaks = 5;
    run(1);
    CHECK(fake.most_elements > 1 && fake.most_elements <= 5);
}

TEST(a_fair_schedule_leaves_memory_that_follows_itself_in_one_element)
{
    dma64 = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED;
    run(1);
    CHECK_EQ(fake.most_elements, 1);
}

TEST(a_miniport_that_asks_for_the_address_has_the_callers_memory)
{
    fake_seed = 3;
    whole = true;
    run(2);
    CHECK(in_memory >= 2 * AT_ONCE);
}

TEST(an_adapter_that_does_not_reach_high_memory_is_given_low_pages)
{
    fake_memory = 6ull << 30;
    lowest = FOUR_GIB;
    run(2);
    CHECK(fake.highest_end <= FOUR_GIB);
    CHECK(fake.most_elements > 1);
}

TEST(an_adapter_of_one_element_that_does_not_reach_high_memory_works)
{
    fake_memory = 6ull << 30;
    lowest = FOUR_GIB;
    fake.breaks = 1;
    run(1);
    CHECK(fake.highest_end <= FOUR_GIB);
    CHECK_EQ(fake.most_elements, 1);
}

TEST(an_adapter_that_reaches_everything_works_in_high_memory)
{
    fake_memory = 6ull << 30;
    lowest = FOUR_GIB;
    dma64 = SCSI_DMA64_MINIPORT_SUPPORTED;
    run(1);
    CHECK(fake.highest_end > FOUR_GIB);
    CHECK_EQ(fake.most_elements, 1);
}
