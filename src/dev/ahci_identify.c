/* What the disk says of itself: IDENTIFY DEVICE, logs, SMART data (ACS-2, 7.12, annex A and 7.52). */
#include <string.h>

#include "base/util.h"
#include "dev/ahci.h"

#define LOG_DIRECTORY 0x00u
#define LOG_QUEUED_ERROR 0x10u

static void put(uint8_t *block, unsigned word, uint16_t value)
{
    block[2 * word] = (uint8_t)value;
    block[2 * word + 1] = (uint8_t)(value >> 8);
}

static void put_wide(uint8_t *block, unsigned word, unsigned words, uint64_t value)
{
    for (unsigned i = 0; i < words; i++)
        put(block, word + i, (uint16_t)(value >> (16 * i)));
}

/* Strings have their first character in the high byte and are filled with spaces. */
static void put_text(uint8_t *block, unsigned word, unsigned words, const char *text)
{
    for (unsigned i = 0; i < 2 * words; i++)
        block[2 * word + (i ^ 1)] = (uint8_t)(*text ? *text++ : ' ');
}

static void finish_checksum(uint8_t *block)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 511; i++)
        sum = (uint8_t)(sum + block[i]);
    block[511] = (uint8_t)-sum;
}

/* A locally made name, type 5, that follows the serial number. */
static uint64_t world_wide_name(const char *serial)
{
    uint64_t hash = 14695981039346656037ull;

    for (; *serial; serial++)
        hash = (hash ^ (uint8_t)*serial) * 1099511628211ull;
    return 5ull << 60 | (hash & 0x0FFFFFFFFFFFFFFFull);
}

static void put_capacity(const struct ahci *hba, uint8_t *block)
{
    uint64_t sectors = hba->disk->size / hba->disk->block_size;
    unsigned exponent = (unsigned)__builtin_ctz(4096u / hba->disk->block_size);
    uint64_t cylinders = min_u64(sectors / (16 * 63), 16383);

    put(block, 1, (uint16_t)cylinders);
    put(block, 3, 16);
    put(block, 6, 63);
    put(block, 54, (uint16_t)cylinders);
    put(block, 55, 16);
    put(block, 56, 63);
    put_wide(block, 57, 2, cylinders * 16 * 63);
    put_wide(block, 60, 2, min_u64(sectors, ATA_SECTORS_28));
    put_wide(block, 100, 4, sectors);
    if (hba->disk->block_size > 512) {
        put(block, 106, 0x5000);                        /* a logical sector has the size of words 117 and 118 */
        put_wide(block, 117, 2, hba->disk->block_size / 2);
    } else {
        put(block, 106, (uint16_t)(0x6000 | exponent));
    }
    put(block, 209, 0x4000);
}

static void put_features(const struct ahci *hba, uint8_t *block)
{
    uint16_t cache = hba->disk->volatile_cache ? 1u << 5 : 0;
    bool trim = hba->disk->discard && !hba->disk->read_only;

    put(block, 82, 0x0049 | cache);                     /* look-ahead, power management, SMART */
    put(block, 83, 0x7400);                             /* FLUSH CACHE, FLUSH CACHE EXT, 48-bit addresses */
    put(block, 84, 0x4160);                             /* name, FUA, logs */
    put(block, 85, (uint16_t)(0x0009 | (hba->look_ahead ? 1u << 6 : 0) | (hba->write_cache ? cache : 0)));
    put(block, 86, 0xB400);
    put(block, 87, 0x4160);
    put(block, 119, 0x4000);
    put(block, 120, 0x4000);
    put(block, 105, trim ? TRIM_BLOCKS : 0);
    put(block, 169, trim);
    if (hba->depth > 1) {
        put(block, 75, (uint16_t)(hba->depth - 1));
        put(block, 76, 0x010E);                         /* queued commands; 1.5, 3 and 6 Gbit/s */
    } else {
        put(block, 76, 0x000E);
    }
    put(block, 77, 0x0006);                             /* 6 Gbit/s now */
}

void ahci_identify(const struct ahci *hba, uint8_t *block)
{
    uint64_t name = world_wide_name(hba->serial);

    memset(block, 0, 512);
    put(block, 0, 0x0040);
    put_text(block, 10, 10, hba->serial);
    put_text(block, 23, 4, "1.0");
    put_text(block, 27, 20, "ring3 SATA disk");
    put(block, 47, 0x8010);
    put(block, 48, 0x4000);
    put(block, 49, 0x2F00);                             /* DMA, LBA, IORDY, standard standby values */
    put(block, 50, 0x4000);
    put(block, 53, 0x0007);
    put(block, 59, 0x0110);
    put(block, 63, 0x0007);
    put(block, 64, 0x0003);
    for (unsigned word = 65; word <= 68; word++)
        put(block, word, 120);
    put(block, 80, 0x03F0);                             /* ATA/ATAPI-4 to ACS-2 */
    put(block, 88, 0x407F);                             /* mode 6 of 0 to 6 is selected */
    put_capacity(hba, block);
    put_features(hba, block);
    for (unsigned i = 0; i < 4; i++)                    /* the name's most significant word first */
        put(block, 108 + i, (uint16_t)(name >> (48 - 16 * i)));
    put(block, 217, 1);                                 /* nothing turns */
    put(block, 222, 0x107F);
    block[510] = 0xA5;
    finish_checksum(block);
}

void ahci_log_queued_error(struct ahci_slot *slot, uint8_t status, uint8_t error)
{
    uint8_t *log = slot->hba->port.error_log;
    const uint8_t *fis = slot->fis;

    memset(log, 0, ATA_LOG_BYTES);
    log[0] = (uint8_t)slot->index;
    log[2] = status;
    log[3] = error;
    memcpy(log + 4, fis + FIS_LBA0, 7);                 /* LBA, device, LBA: as in the FIS */
    log[12] = fis[FIS_COUNT];
    log[13] = fis[FIS_COUNT_EXT];
    finish_checksum(log);
}

/* Reading the error log lets the disk take commands again. */
bool ahci_log_page(struct ahci *hba, uint8_t log, unsigned page, uint8_t *block)
{
    struct ahci_port *port = &hba->port;

    memset(block, 0, ATA_LOG_BYTES);
    if (log == LOG_DIRECTORY && !page) {
        put(block, 0, 1);
        put(block, LOG_QUEUED_ERROR, 1);
        return true;
    }
    if (log != LOG_QUEUED_ERROR || page || hba->depth == 1)
        return false;
    if (port->failed_queue)
        memcpy(block, port->error_log, ATA_LOG_BYTES);
    else
        block[0] = 0x80;                                /* no queued command has failed */
    if (!port->failed_queue)
        finish_checksum(block);
    port->failed_queue = false;
    return true;
}

void ahci_smart_data(uint8_t *block)
{
    memset(block, 0, 512);
    block[0] = 0x10;                                    /* revision of the structure, no attributes */
    finish_checksum(block);
}
