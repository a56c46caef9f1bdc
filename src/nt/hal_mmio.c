/* The physical address space of device registers: who decodes what. */
#include "nt/hal.h"
#include "nt/hal_internal.h"
#include "nt/ram.h"

#define MAX_RANGES 256

struct range {
    uint64_t start, size;
    struct device *device;
    int bar;
};

static struct range ranges[MAX_RANGES];
static unsigned range_count, last_hit;
static uint64_t next32, next64;

void hal_mmio_start(void)
{
    range_count = last_hit = 0;
    next32 = MMIO32_PA;
    next64 = MMIO64_PA;
}

static uint64_t place(uint64_t *next, uint64_t size)
{
    uint64_t base = align_up(*next, size < RAM_PAGE ? RAM_PAGE : size);

    *next = base + align_up(size, RAM_PAGE);
    return base;
}

void hal_assign_bars(struct device *device)
{
    for (int bar = 0; bar < PCI_BARS; bar++) {
        uint64_t size = device->bar_size[bar], base;

        if (size == 0 || range_count == MAX_RANGES)
            continue;
        base = place(device->bar_is_64[bar] ? &next64 : &next32, size);
        pci_set_bar(device, bar, base);
        ranges[range_count++] = (struct range){ base, size, device, bar };
    }
}

void hal_release_bars(struct device *device)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < range_count; i++)
        if (ranges[i].device != device)
            ranges[kept++] = ranges[i];
    range_count = kept;
    last_hit = 0;
}

static const struct range *find(uint64_t pa, unsigned size)
{
    for (unsigned n = 0; n < range_count; n++) {
        unsigned i = (last_hit + n) % range_count;

        if (pa - ranges[i].start < ranges[i].size && size <= ranges[i].size - (pa - ranges[i].start)) {
            last_hit = i;
            return &ranges[i];
        }
    }
    return NULL;
}

uint64_t hal_mmio_read(uint64_t pa, unsigned size)
{
    const struct range *r = find(pa, size);

    if (r == NULL)
        return size >= 8 ? UINT64_MAX : (1ull << (size * 8)) - 1;
    return pci_bar_read(r->device, r->bar, pa - r->start, size);
}

void hal_mmio_write(uint64_t pa, unsigned size, uint64_t value)
{
    const struct range *r = find(pa, size);

    if (r != NULL)
        pci_bar_write(r->device, r->bar, pa - r->start, size, value);
}

/* Device registers at a physical address: the trapped window, in which every access reaches the device. RAM is mapped
 * where it is. NumberOfBytes > 0. NULL outside both. IRQL <= DISPATCH. docs: wdm/nf-wdm-mmmapiospace */
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    uint64_t pa = (uint64_t)PhysicalAddress.QuadPart;
    void *ram;

    (void)CacheType;
    if (NumberOfBytes == 0 || pa + NumberOfBytes < pa)
        return NULL;
    ram = ram_va(pa, NumberOfBytes);
    if (ram != NULL)
        return ram;
    return pa + NumberOfBytes <= MMIO_SIZE ? (PVOID)(uintptr_t)(MMIO_BASE + pa) : NULL;
}

/* The same with PAGE_ protection flags. docs: wdm/nf-wdm-mmmapiospaceex */
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    (void)Protect;
    return MmMapIoSpace(PhysicalAddress, NumberOfBytes, MmNonCached);
}

/* Ends a mapping of MmMapIoSpace. The window stays; there is nothing to give back. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-mmunmapiospace */
VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    uint64_t va = (uint64_t)(uintptr_t)BaseAddress;

    if (!ram_contains(BaseAddress) && va - MMIO_BASE >= MMIO_SIZE)
        NT_EMIT(NT_EVENT_MISUSE, "MmUnmapIoSpace of an address that MmMapIoSpace did not return", BaseAddress,
                NumberOfBytes, PE_CALLER());
}
