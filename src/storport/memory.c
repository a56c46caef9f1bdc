/* Addresses, device registers and the uncached extension of a miniport. docs: storport */
#include "storport/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "nt/mm.h"
#include "nt/ram.h"

struct mapping {
    struct list node;                   /* adapter->mappings */
    void *address;
    ULONG length;
};

/* Maps registers that the device was given; NULL when they are not its own. From HwStorFindAdapter. PASSIVE_LEVEL.
 * docs: storport/nf-storport-storportgetdevicebase */
PVOID NTAPI StorPortGetDeviceBase(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                  STOR_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct mapping *m;

    if (!StorPortValidateRange(HwDeviceExtension, BusType, SystemIoBusNumber, IoAddress, NumberOfBytes, InIoSpace)) {
        log_warn("storport", "%s: StorPortGetDeviceBase for 0x%llx, %u bytes: not in the adapter's access ranges", a->driver->name,
                 (unsigned long long)IoAddress.QuadPart, NumberOfBytes);
        return NULL;
    }
    if (InIoSpace)
        return (PVOID)(uintptr_t)IoAddress.QuadPart;
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->address = MmMapIoSpace(IoAddress, NumberOfBytes, MmNonCached);
    m->length = NumberOfBytes;
    if (!m->address) {
        free(m);
        return NULL;
    }
    list_push_back(&a->mappings, &m->node);
    return m->address;
}

static void unmap(struct mapping *m)
{
    MmUnmapIoSpace(m->address, m->length);
    list_remove(&m->node);
    free(m);
}

/* docs: storport/nf-storport-storportfreedevicebase */
VOID NTAPI StorPortFreeDeviceBase(PVOID HwDeviceExtension, PVOID MappedAddress)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    list_each(it, &a->mappings) {
        struct mapping *m = container_of(it, struct mapping, node);
        if (m->address == MappedAddress) {
            unmap(m);
            return;
        }
    }
}

/* TRUE when the range lies in one of the adapter's access ranges. docs: storport/nf-storport-storportvalidaterange */
BOOLEAN NTAPI StorPortValidateRange(PVOID HwDeviceExtension, INTERFACE_TYPE BusType, ULONG SystemIoBusNumber,
                                    STOR_PHYSICAL_ADDRESS IoAddress, ULONG NumberOfBytes, BOOLEAN InIoSpace)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    for (ULONG i = 0; i < a->config->NumberOfAccessRanges; i++) {
        const ACCESS_RANGE *range = &a->ranges[i];
        uint64_t offset = (uint64_t)IoAddress.QuadPart - (uint64_t)range->RangeStart.QuadPart;

        if (range->RangeLength && offset < range->RangeLength && NumberOfBytes <= range->RangeLength - offset &&
            !range->RangeInMemory == !!InIoSpace)
            return TRUE;
    }
    return FALSE;
}

/* The highest address of the uncached extension, SRB extensions and sense data: a miniport that only says that data may lie
 * anywhere gets them below 4 GiB. docs: storport/ns-storport-_port_configuration_information */
uint64_t adapter_dma_limit(const struct adapter *a)
{
    const UCHAR full = SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED | SCSI_DMA64_MINIPORT_FULL64BIT_NO_BOUNDARY_REQ_SUPPORTED |
                       SCSI_DMA64_MINIPORT_64BIT_ONE_4GB_SUPPORTED;

    return a->driver->is_virtual || (a->config->Dma64BitAddresses & full) ? UINT64_MAX : UINT32_MAX;
}

/* Memory that the device and the miniport share: one piece, kept until the adapter is removed; a second call answers with it. Only
 * from HwStorFindAdapter. NULL without memory. docs: storport/nf-storport-storportgetuncachedextension */
PVOID NTAPI StorPortGetUncachedExtension(PVOID HwDeviceExtension, PPORT_CONFIGURATION_INFORMATION ConfigInfo, ULONG NumberOfBytes)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    uint64_t boundary = 1ull << 32, highest = adapter_dma_limit(a);

    if (a->uncached)
        return a->uncached;
    if (a->settings.uncached_highest)
        highest = a->settings.uncached_highest;
    size_t slack = a->settings.uncached_alignment > RAM_PAGE ? a->settings.uncached_alignment - RAM_PAGE : 0;
    a->uncached_size = align_up(NumberOfBytes ? NumberOfBytes : 1, RAM_PAGE);
    a->uncached_block = mm_alloc_pages(a->uncached_size + slack, a->settings.uncached_lowest, highest, boundary,
                                       "StorPortGetUncachedExtension", NULL);
    if (!a->uncached_block)
        return NULL;
    uint64_t pa = ram_pa(a->uncached_block);
    a->uncached = (uint8_t *)a->uncached_block + (slack ? align_up(pa, slack + RAM_PAGE) - pa : 0);
    memset(a->uncached, 0, a->uncached_size);
    return a->uncached;
}

static ULONG bytes_to_end(const void *start, size_t size, const void *at)
{
    size_t offset = (size_t)((const char *)at - (const char *)start);

    return offset < size ? (ULONG)(size - offset) : 0;
}

/* How far the memory at `at` is known to go on. */
static ULONG known_length(struct adapter *a, struct request *r, const void *at)
{
    ULONG left = 0;

    if (a->uncached)
        left = bytes_to_end(a->uncached, a->uncached_size, at);
    if (!left && r && r->buffer)
        left = bytes_to_end(r->buffer, r->length, at);
    if (!left && r)
        left = bytes_to_end(r->extension, a->config->SrbExtensionSize, at);
    return left ? left : (ULONG)(RAM_PAGE - (uintptr_t)at % RAM_PAGE);
}

/* The physical address of a byte in the uncached extension, an SRB's extension, sense or data buffer, or memory of Storport's
 * allocation functions; *Length: bytes from there. 0 for anything else. Any IRQL.
 * docs: storport/nf-storport-storportgetphysicaladdress */
STOR_PHYSICAL_ADDRESS NTAPI StorPortGetPhysicalAddress(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb, PVOID VirtualAddress,
                                                       ULONG *Length)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct request *r = Srb ? request_of(a, Srb) : NULL;
    STOR_PHYSICAL_ADDRESS address = { 0 };
    uint64_t pa = ram_pa(VirtualAddress);

    if (pa != UINT64_MAX)
        address.QuadPart = (LONGLONG)pa;
    if (Length)
        *Length = pa != UINT64_MAX ? known_length(a, r, VirtualAddress) : 0;
    return address;
}

/* The other way; NULL when it is no RAM. docs: storport/nf-storport-storportgetvirtualaddress */
PVOID NTAPI StorPortGetVirtualAddress(PVOID HwDeviceExtension, STOR_PHYSICAL_ADDRESS PhysicalAddress)
{
    return ram_va((uint64_t)PhysicalAddress.QuadPart, 1);
}

/* The list of the request's data, Storport's to free; NULL when the SRB has no data or is not Storport's. Any IRQL.
 * docs: storport/nf-storport-storportgetscattergatherlist */
PSTOR_SCATTER_GATHER_LIST NTAPI StorPortGetScatterGatherList(PVOID DeviceExtension, PSCSI_REQUEST_BLOCK Srb)
{
    struct adapter *a = adapter_of(DeviceExtension, PE_CALLER());
    struct request *r = request_of(a, Srb);

    if (r && unlikely(r->bounced))
        bounce_listed(r);
    return r && r->sgl->NumberOfElements ? r->sgl : NULL;
}

/* Source and destination may overlap. Any IRQL. docs: storport/nf-storport-storportmovememory */
VOID NTAPI StorPortMoveMemory(PVOID WriteBuffer, PVOID ReadBuffer, ULONG Length)
{
    memmove(WriteBuffer, ReadBuffer, Length);
}

/* docs: storport/nf-storport-storportconvertulongtophysicaladdress */
STOR_PHYSICAL_ADDRESS NTAPI StorPortConvertUlong64ToPhysicalAddress(ULONG64 UlongAddress)
{
    return (STOR_PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)UlongAddress };
}

/* docs: storport/nf-storport-storportconvertulongtophysicaladdress */
ULONG64 NTAPI StorPortConvertPhysicalAddressToUlong64(STOR_PHYSICAL_ADDRESS Address)
{
    return (ULONG64)Address.QuadPart;
}

void memory_free_all(struct adapter *a)
{
    list_each_safe(it, &a->mappings)
        unmap(container_of(it, struct mapping, node));
    if (a->uncached_block)
        mm_free_pages(a->uncached_block);
    a->uncached_block = a->uncached = NULL;
}
