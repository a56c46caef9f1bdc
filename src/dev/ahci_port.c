/* The port: registers, the command list, FISes to memory (Serial ATA AHCI 1.3.1, chapters 3.3, 4, 5 and 6). */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/ahci.h"

#define LINK_UP 0x133u                  /* device there, 6 Gbit/s, active */
#define LINK_OFFLINE 0x004u
#define TFD_NO_DEVICE 0x7Fu
#define SIGNATURE_DISK 0x00000101u
#define SERR_WRITABLE 0x07FF0F03u

static struct ahci_slot *slot_at(struct ahci *hba, unsigned index)
{
    return &hba->slots[index];
}

/* --- received FISes --------------------------------------------------------------------------------------------------- */

static void put_registers(uint8_t *to, const struct ahci_slot *slot, uint8_t status, uint8_t error)
{
    memcpy(to, slot->fis, FIS_BYTES);
    to[FIS_COMMAND] = status;
    to[FIS_FEATURE] = error;
    to[FIS_FEATURE_EXT] = 0;
    to[FIS_ICC] = to[FIS_CONTROL] = 0;
    memset(to + 16, 0, 4);
}

static void receive_d2h(struct ahci_slot *slot, uint8_t status, uint8_t error, bool interrupt)
{
    struct ahci_port *port = &slot->hba->port;

    port->tfd = status | (uint32_t)error << 8;
    if (!port->received)
        return;
    put_registers(port->received + RECEIVED_D2H, slot, status, error);
    port->received[RECEIVED_D2H + FIS_TYPE] = FIS_D2H;
    port->received[RECEIVED_D2H + FIS_FLAGS] = interrupt ? FIS_INTERRUPT : 0;
}

static void receive_pio_setup(struct ahci_slot *slot, uint8_t status)
{
    struct ahci_port *port = &slot->hba->port;
    uint8_t *to = port->received ? port->received + RECEIVED_PIO : NULL;

    port->tfd = status;
    if (!to)
        return;
    put_registers(to, slot, ATA_READY | ATA_DRQ, 0);
    to[FIS_TYPE] = FIS_PIO_SETUP;
    to[FIS_FLAGS] = FIS_INTERRUPT | (slot->protocol == AHCI_PIO_IN ? FIS_FROM_DEVICE : 0);
    to[FIS_CONTROL] = status;
    to[16] = (uint8_t)slot->bytes;
    to[17] = (uint8_t)(slot->bytes >> 8);
}

static void receive_set_bits(struct ahci_port *port, uint32_t done, uint8_t status, uint8_t error)
{
    uint8_t *to = port->received ? port->received + RECEIVED_SET_BITS : NULL;

    port->tfd = (port->tfd & ATA_BUSY) | status | (uint32_t)error << 8;
    if (!to)
        return;
    to[0] = FIS_SET_BITS;
    to[1] = FIS_INTERRUPT;
    to[2] = status & 0x77;
    to[3] = error;
    memcpy(to + 4, &done, 4);
}

/* What a disk sends after each reset, as soon as it can be received. */
static void receive_signature(struct ahci_port *port)
{
    static const uint8_t registers[FIS_BYTES] = { FIS_D2H, 0, ATA_READY, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1 };

    if (!port->signature || !(port->cmd & PCMD_FIS))
        return;
    port->signature = false;
    port->tfd = ATA_READY | 1u << 8;
    port->sig = SIGNATURE_DISK;
    if (port->received)
        memcpy(port->received + RECEIVED_D2H, registers, sizeof registers);
}

/* --- answers ------------------------------------------------------------------------------------------------------------ */

static void publish(struct ahci *hba)
{
    struct ahci_port *port = &hba->port;

    if (port->running)
        return;
    if (port->finished) {
        receive_set_bits(port, port->finished, ATA_READY & 0x77, 0);
        port->sact &= ~port->finished;
        port->finished = 0;
        port->is |= PIS_DEVICE_BITS;
    }
    ahci_interrupt(hba);
}

void ahci_burst_end(void *card)
{
    struct ahci *hba = card;

    if (!hba->port.stopping && !hba->device.gone)
        ahci_port_run(hba);
}

void ahci_fatal(struct ahci *hba, uint32_t cause)
{
    hba->port.is |= cause;
    hba->port.halted = true;
}

void ahci_accept(struct ahci_slot *slot)
{
    struct ahci_port *port = &slot->hba->port;

    receive_d2h(slot, ATA_READY, 0, false);
    port->ci &= ~(1u << slot->index);
    port->current = -1;
}

static void finish_queued(struct ahci_slot *slot, uint8_t status, uint8_t error)
{
    struct ahci_port *port = &slot->hba->port;

    if (!(status & ATA_ERROR)) {
        port->finished |= 1u << slot->index;
        return;
    }
    port->sact &= ~port->finished;
    receive_set_bits(port, port->finished, status, error);
    port->finished = 0;
    port->failed_queue = true;
    ahci_log_queued_error(slot, status, error);
    ahci_fatal(slot->hba, PIS_TASK_FILE);
}

static void finish_plain(struct ahci_slot *slot, uint8_t status, uint8_t error)
{
    struct ahci_port *port = &slot->hba->port;

    if (status & ATA_ERROR) {
        receive_d2h(slot, status, error, true);
        ahci_fatal(slot->hba, PIS_TASK_FILE);
        return;
    }
    if (slot->protocol == AHCI_PIO_IN || slot->protocol == AHCI_PIO_OUT) {
        receive_pio_setup(slot, status);
        port->is |= PIS_PIO;
    }
    if (slot->protocol != AHCI_PIO_IN) {
        receive_d2h(slot, status, error, true);
        port->is |= PIS_D2H;
    }
    port->ci &= ~(1u << slot->index);
    port->current = -1;
}

void ahci_finish(struct ahci_slot *slot, uint8_t status, uint8_t error)
{
    struct ahci *hba = slot->hba;
    struct ahci_port *port = &hba->port;

    port->issued &= ~(1u << slot->index);
    if (status & ATA_ERROR)
        hba->stats.failed++;
    if (port->stopping || port->halted || hba->device.gone || !pci_bus_master(&hba->device))
        return;
    memcpy(slot->header + 4, &slot->bytes, 4);
    if (slot->region_interrupt)
        port->is |= PIS_REGION;
    if (slot->queued)
        finish_queued(slot, status, error);
    else
        finish_plain(slot, status, error);
}

/* --- the command list ----------------------------------------------------------------------------------------------------- */

static bool can_fetch(const struct ahci *hba)
{
    const struct ahci_port *port = &hba->port;

    return (port->cmd & PCMD_START) && !port->halted && port->current < 0 && !(port->tfd & (ATA_BUSY | ATA_DRQ)) && port->ci &&
           !hba->device.gone && pci_bus_master(&hba->device) && !pci_power_state(&hba->device);
}

/* Round robin, from the slot after the last. */
static unsigned next_slot(const struct ahci_port *port)
{
    for (unsigned i = 1; i <= AHCI_SLOTS; i++) {
        unsigned slot = (port->last + i) % AHCI_SLOTS;

        if (port->ci >> slot & 1)
            return slot;
    }
    return port->last;
}

static bool fetch(struct ahci *hba, struct ahci_slot *slot)
{
    uint32_t word[4];
    uint8_t *table;

    if (!hba->port.list) {
        log_warn("ahci", "the command list is not in memory");
        return false;
    }
    slot->header = hba->port.list + 32 * slot->index;
    memcpy(word, slot->header, sizeof word);
    slot->prdtl = (uint16_t)(word[0] >> 16);
    slot->write = word[0] >> 6 & 1;
    table = ahci_dma(hba, word[2] & ~127u, word[3], AHCI_TABLE_PRDS + 16u * slot->prdtl);
    if (!table) {
        log_warn("ahci", "slot %u: the command table is not in memory", slot->index);
        return false;
    }
    memcpy(slot->fis, table, FIS_BYTES);
    slot->regions = table + AHCI_TABLE_PRDS;
    return true;
}

/* SRST set and cleared again, by two FISes. The first has no answer: its header's C bit ends it. */
static void control(struct ahci_slot *slot)
{
    struct ahci_port *port = &slot->hba->port;
    bool asserted = slot->fis[FIS_CONTROL] & 4;

    port->issued &= ~(1u << slot->index);
    port->ci &= ~(1u << slot->index);
    port->current = -1;
    if (asserted) {
        port->soft_reset = true;
    } else if (port->soft_reset) {
        port->soft_reset = false;
        ahci_device_reset(slot->hba);
        port->signature = true;
        receive_signature(port);
        port->is |= PIS_D2H;
    }
}

static void take(struct ahci *hba, unsigned index)
{
    struct ahci_port *port = &hba->port;
    struct ahci_slot *slot = slot_at(hba, index);

    port->last = index;
    if (port->issued >> index & 1) {
        log_warn("ahci", "slot %u is issued again while its command is under way", index);
        ahci_fatal(hba, PIS_INTERFACE);
        return;
    }
    if (!fetch(hba, slot)) {
        ahci_fatal(hba, PIS_HOST_BUS);
        return;
    }
    if (slot->fis[FIS_TYPE] != FIS_H2D) {
        log_warn("ahci", "slot %u: a FIS of type 0x%02x is no register FIS of a host", index, slot->fis[FIS_TYPE]);
        ahci_fatal(hba, PIS_INTERFACE);
        return;
    }
    slot->queued = slot->region_interrupt = false;
    slot->protocol = AHCI_NO_DATA;
    slot->bytes = 0;
    port->issued |= 1u << index;
    port->current = (int)index;
    if (!(slot->fis[FIS_FLAGS] & FIS_IS_COMMAND)) {
        control(slot);
        return;
    }
    port->tfd |= ATA_BUSY;
    ahci_command(slot);
}

void ahci_port_run(struct ahci *hba)
{
    struct ahci_port *port = &hba->port;

    if (port->running || port->stopping)
        return;
    do {
        port->running = true;
        while (can_fetch(hba))
            take(hba, next_slot(port));
        disk_flush_queue(hba->disk);
        port->running = false;
        publish(hba);
    } while (can_fetch(hba));
}

/* --- resets ------------------------------------------------------------------------------------------------------------------ */

static void stop(struct ahci *hba)
{
    struct ahci_port *port = &hba->port;

    port->stopping = true;
    disk_drain(hba->disk);
    port->stopping = false;
    port->issued = port->finished = port->ci = port->sact = 0;
    if (port->tfd & ATA_BUSY)
        port->tfd = ATA_READY;          /* the disk has ended what it did */
    port->current = -1;
    port->halted = false;
    port->last = AHCI_SLOTS - 1;
}

static void link_reset(struct ahci *hba)
{
    struct ahci_port *port = &hba->port;

    port->tfd = TFD_NO_DEVICE;
    port->sig = UINT32_MAX;
    port->soft_reset = false;
    port->signature = true;
    port->serr |= SERR_PHY | SERR_EXCHANGED;
    ahci_device_reset(hba);
    receive_signature(port);
}

void ahci_port_reset(struct ahci *hba)
{
    struct ahci_port *port = &hba->port;

    stop(hba);
    port->clb = port->clbu = port->fb = port->fbu = 0;
    port->is = port->ie = port->cmd = port->sctl = port->serr = 0;
    port->list = port->received = NULL;
    link_reset(hba);
}

static void write_sctl(struct ahci *hba, uint32_t value)
{
    struct ahci_port *port = &hba->port;
    uint32_t before = port->sctl & 15, now = value & 15;

    port->sctl = value & 0xFFF;
    if (now && now != before) {
        stop(hba);
        port->tfd = TFD_NO_DEVICE;
        port->signature = false;
        port->serr |= SERR_PHY;
    }
    if (!now && before)
        link_reset(hba);
}

/* --- registers ------------------------------------------------------------------------------------------------------------------ */

static void write_cmd(struct ahci *hba, uint32_t value)
{
    struct ahci_port *port = &hba->port;
    uint32_t before = port->cmd;

    if (value & PCMD_CLEAR_BUSY)
        port->tfd &= ~(uint32_t)(ATA_BUSY | ATA_DRQ);
    port->cmd = value & PCMD_WRITABLE;
    if (port->cmd & ~before & PCMD_FIS) {
        port->received = ahci_dma(hba, port->fb, port->fbu, AHCI_FIS_BYTES);
        if (!port->received)
            log_warn("ahci", "the area for received FISes is not in memory: they are lost");
        receive_signature(port);
    }
    if (before & ~port->cmd & PCMD_FIS)
        port->received = NULL;
    if (port->cmd & ~before & PCMD_START)
        port->list = ahci_dma(hba, port->clb, port->clbu, AHCI_LIST_BYTES);
    if (before & ~port->cmd & PCMD_START)
        stop(hba);
}

static uint32_t read_cmd(const struct ahci_port *port)
{
    uint32_t slot = port->current >= 0 ? (uint32_t)port->current : port->last;

    return port->cmd | PCMD_SPIN_UP | PCMD_POWER_ON | (port->cmd & PCMD_FIS ? PCMD_FIS_RUNS : 0) |
           (port->cmd & PCMD_START ? PCMD_LIST_RUNS | slot << 8 : 0);
}

static uint32_t read_ssts(const struct ahci_port *port)
{
    uint32_t control = port->sctl & 15;

    return !control ? LINK_UP : control == 4 ? LINK_OFFLINE : 0;
}

uint32_t ahci_port_read(struct ahci *hba, unsigned offset)
{
    const struct ahci_port *port = &hba->port;

    switch (offset) {
    case PORT_CLB: return port->clb;
    case PORT_CLBU: return port->clbu;
    case PORT_FB: return port->fb;
    case PORT_FBU: return port->fbu;
    case PORT_IS: return port->is | (port->serr & SERR_EXCHANGED ? PIS_CONNECT : 0) | (port->serr & SERR_PHY ? PIS_PHY : 0);
    case PORT_IE: return port->ie;
    case PORT_CMD: return read_cmd(port);
    case PORT_TFD: return port->tfd;
    case PORT_SIG: return port->sig;
    case PORT_SSTS: return read_ssts(port);
    case PORT_SCTL: return port->sctl;
    case PORT_SERR: return port->serr;
    case PORT_SACT: return port->sact;
    case PORT_CI: return port->ci;
    default: return 0;
    }
}

void ahci_port_write(struct ahci *hba, unsigned offset, uint32_t value)
{
    struct ahci_port *port = &hba->port;
    bool started = port->cmd & PCMD_START;

    switch (offset) {
    case PORT_CLB: port->clb = value & ~1023u; break;
    case PORT_CLBU: port->clbu = value; break;
    case PORT_FB: port->fb = value & ~255u; break;
    case PORT_FBU: port->fbu = value; break;
    case PORT_IS: port->is &= ~value; break;
    case PORT_IE: port->ie = value; break;
    case PORT_CMD: write_cmd(hba, value); break;
    case PORT_SCTL: write_sctl(hba, value); break;
    case PORT_SERR: port->serr &= ~(value & SERR_WRITABLE); break;
    case PORT_SACT: port->sact |= started ? value : 0; return;
    case PORT_CI:
        hba->stats.doorbells++;
        port->ci |= started ? value : 0;
        break;
    default: return;
    }
    ahci_port_run(hba);
}
