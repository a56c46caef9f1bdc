/* The PCI bus driver: \Driver\pci. Its FDO sits on the root complex; each function in a slot has a PDO. */
#include "nt/pnp_internal.h"

#include "dev/pci.h"

#define MAX_SLOTS 32u
#define MESSAGE_LIMIT 64u

static struct io_driver *pci_driver;
static PDEVICE_OBJECT fdo, lower;
static struct list children = LIST_INIT(children);
struct pnp_node *pnp_pci;

/* ---- what a function says ---- */

static ULONG config(struct bus_pdo *pdo, void *buffer, ULONG offset, ULONG length, bool write)
{
    uint8_t *bytes = buffer;
    ULONG done = 0;

    if (offset >= PCI_CONFIG_SIZE)
        return 0;
    if (length > PCI_CONFIG_SIZE - offset)
        length = PCI_CONFIG_SIZE - offset;
    while (done < length) {
        ULONG at = offset + done, left = length - done;
        unsigned size = left >= 4 && at % 4 == 0 ? 4 : left >= 2 && at % 2 == 0 ? 2 : 1;
        uint32_t value = 0;

        if (write) {
            memcpy(&value, bytes + done, size);
            pci_config_write(pdo->device, at, size, value);
        } else {
            value = pci_config_read(pdo->device, at, size);
            memcpy(bytes + done, &value, size);
        }
        done += size;
    }
    return done;
}

/* How many messages the device may have: what its INF allows. Without an INF (no InfPath in the driver key) messages
 * are used when the function has them. */
static unsigned allowed_messages(struct bus_pdo *pdo, bool *msi)
{
    struct pnp_node *node = pnp_node_of(pdo->object);
    unsigned count = hal_message_count(pdo->device, msi);
    uint32_t supported = 1, limit = MESSAGE_LIMIT;
    char path[400], text[128];
    struct cm_key *key;

    if (node == NULL || count == 0)
        return 0;
    snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\%s\\Device Parameters\\"
             "Interrupt Management\\MessageSignaledInterruptProperties", node->instance_path);
    key = cm_key(NULL, path, false);
    if (key == NULL || !cm_get_dword(key, "MSISupported", &supported)) {
        snprintf(path, sizeof(path), "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\%s\\%04u",
                 node->class_guid, node->instance_number);
        key = cm_key(NULL, path, false);
        supported = key == NULL || !cm_get_string(key, "InfPath", text, sizeof(text)) ||
                    pci_config_read(pdo->device, 0x3d, 1) == 0;
    } else {
        cm_get_dword(key, "MessageNumberLimit", &limit);
    }
    if (!supported)
        return 0;
    count = count < limit ? count : limit;
    while (*msi && (count & (count - 1)))
        count &= count - 1;             /* plain MSI comes in powers of two */
    return count;
}

static void add_memory(PIO_RESOURCE_LIST list, struct device *device, int bar)
{
    PIO_RESOURCE_DESCRIPTOR d = &list->Descriptors[list->Count++];
    uint64_t base = pci_bar_base(device, bar), size = device->bar_size[bar];

    *d = (IO_RESOURCE_DESCRIPTOR){ .Type = CmResourceTypeMemory, .ShareDisposition = CmResourceShareDeviceExclusive,
                                   .Flags = CM_RESOURCE_MEMORY_READ_WRITE | CM_RESOURCE_MEMORY_BAR };
    if (device->config[PCI_BAR0 + 4 * bar] & PCI_ADDRESS_MEMORY_PREFETCHABLE)
        d->Flags |= CM_RESOURCE_MEMORY_PREFETCHABLE;
    d->u.Memory.Length = (ULONG)size;
    d->u.Memory.Alignment = (ULONG)size;
    d->u.Memory.MinimumAddress.QuadPart = (LONGLONG)base;
    d->u.Memory.MaximumAddress.QuadPart = (LONGLONG)(base + size - 1);
}

/* MSI-X: a descriptor for each message. MSI: one for all, whose vectors say how many. */
static void add_interrupts(PIO_RESOURCE_LIST list, struct bus_pdo *pdo, unsigned messages, bool msi)
{
    IO_RESOURCE_DESCRIPTOR d = { .Type = CmResourceTypeInterrupt };

    for (unsigned n = 0; n < (msi && messages ? 1 : messages); n++) {
        d.ShareDisposition = CmResourceShareDeviceExclusive;
        d.Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
        d.u.Interrupt.MinimumVector = d.u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
        if (msi)
            d.u.Interrupt.MinimumVector -= messages - 1;
        list->Descriptors[list->Count++] = d;
    }
    if (messages == 0 && pci_config_read(pdo->device, 0x3d, 1) != 0) {
        d.ShareDisposition = CmResourceShareShared;
        d.Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
        d.u.Interrupt.MinimumVector = d.u.Interrupt.MaximumVector = pdo->slot % HAL_LINES;
        list->Descriptors[list->Count++] = d;
    }
}

static PIO_RESOURCE_REQUIREMENTS_LIST requirements(struct bus_pdo *pdo)
{
    bool msi;
    unsigned messages = allowed_messages(pdo, &msi);
    size_t size = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + (PCI_BARS + messages + 1) * sizeof(IO_RESOURCE_DESCRIPTOR);
    PIO_RESOURCE_REQUIREMENTS_LIST r = pool_alloc(PagedPool, size, PNP_TAG, NULL);

    if (r == NULL)
        return NULL;
    memset(r, 0, size);
    r->InterfaceType = PCIBus;
    r->SlotNumber = pdo->slot;
    r->AlternativeLists = 1;
    r->List[0].Version = r->List[0].Revision = 1;
    for (int bar = 0; bar < PCI_BARS; bar++)
        if (pdo->device->bar_size[bar] != 0)
            add_memory(&r->List[0], pdo->device, bar);
    add_interrupts(&r->List[0], pdo, messages, msi);
    r->ListSize = (ULONG)(offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List[0].Descriptors) +
                          r->List[0].Count * sizeof(IO_RESOURCE_DESCRIPTOR));
    return r;
}

static void capabilities(struct bus_pdo *pdo, PDEVICE_CAPABILITIES c)
{
    c->Address = (pdo->slot & 31) << 16 | pdo->slot >> 5;
    c->UINumber = pdo->slot & 31;
    c->SurpriseRemovalOK = 0;
    c->Removable = 1;
    for (unsigned s = PowerSystemWorking; s < POWER_SYSTEM_MAXIMUM; s++)
        c->DeviceState[s] = s == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
    c->WakeFromD3 = pci_can_wake(pdo->device);
    c->DeviceWake = c->WakeFromD3 ? PowerDeviceD3 : PowerDeviceUnspecified;
    c->SystemWake = c->WakeFromD3 ? PowerSystemSleeping3 : PowerSystemUnspecified;
}

static void bus_information(PPNP_BUS_INFORMATION information)
{
    *information = (PNP_BUS_INFORMATION){ pnp_guid_pci_bus, PCIBus, 0 };
}

/* ---- interfaces ---- */

static VOID NTAPI interface_reference(PVOID context)
{
    ob_reference(((struct bus_pdo *)context)->object);
}

static VOID NTAPI interface_dereference(PVOID context)
{
    ob_dereference(((struct bus_pdo *)context)->object);
}

static BOOLEAN NTAPI translate(PVOID context, PHYSICAL_ADDRESS address, ULONG length, PULONG space,
                               PPHYSICAL_ADDRESS translated)
{
    (void)context;
    (void)length;
    *translated = address;
    return *space == 0;
}

static struct _DMA_ADAPTER *NTAPI get_adapter(PVOID context, struct _DEVICE_DESCRIPTION *description, PULONG registers)
{
    return IoGetDmaAdapter(((struct bus_pdo *)context)->object, description, registers);
}

static ULONG NTAPI set_bus_data(PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length)
{
    return space == PCI_WHICHSPACE_CONFIG ? config(context, buffer, offset, length, true) : 0;
}

static ULONG NTAPI get_bus_data(PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length)
{
    return space == PCI_WHICHSPACE_CONFIG ? config(context, buffer, offset, length, false) : 0;
}

static VOID NTAPI reenumerate_self(PVOID context)
{
    struct pnp_node *node = pnp_node_of(((struct bus_pdo *)context)->object);

    if (node != NULL)
        pnp_invalidate_relations(node->parent);
}

static NTSTATUS query_interface(struct bus_pdo *pdo, PIO_STACK_LOCATION s)
{
    const GUID *type = s->Parameters.QueryInterface.InterfaceType;
    PINTERFACE to = s->Parameters.QueryInterface.Interface;
    USHORT room = s->Parameters.QueryInterface.Size;
    INTERFACE head = { .Version = 1, .Context = pdo, .InterfaceReference = interface_reference,
                       .InterfaceDereference = interface_dereference };

    if (pnp_same_guid(type, &pnp_guid_bus_interface) && room >= sizeof(BUS_INTERFACE_STANDARD)) {
        PBUS_INTERFACE_STANDARD bus = (PBUS_INTERFACE_STANDARD)to;

        head.Size = sizeof(*bus);
        memcpy(bus, &head, sizeof(head));
        bus->TranslateBusAddress = translate;
        bus->GetDmaAdapter = get_adapter;
        bus->SetBusData = set_bus_data;
        bus->GetBusData = get_bus_data;
    } else if (pnp_same_guid(type, &pnp_guid_reenumerate) && room >= sizeof(REENUMERATE_SELF_INTERFACE_STANDARD)) {
        PREENUMERATE_SELF_INTERFACE_STANDARD self = (PREENUMERATE_SELF_INTERFACE_STANDARD)to;

        head.Size = sizeof(*self);
        memcpy(self, &head, sizeof(head));
        self->SurpriseRemoveAndReenumerateSelf = reenumerate_self;
    } else {
        return STATUS_NOT_SUPPORTED;
    }
    interface_reference(pdo);
    return STATUS_SUCCESS;
}

/* ---- state ---- */

static void set_command(struct bus_pdo *pdo, uint32_t set, uint32_t clear)
{
    uint32_t command = pci_config_read(pdo->device, PCI_COMMAND, 2);

    pci_config_write(pdo->device, PCI_COMMAND, 2, (command & ~clear) | set);
}

static void set_power(struct bus_pdo *pdo, DEVICE_POWER_STATE state)
{
    struct pnp_node *node = pnp_node_of(pdo->object);
    unsigned power = pdo->device->power;

    if (power != 0)
        pci_config_write(pdo->device, power + 4, 1, state == PowerDeviceD0 ? 0 : state == PowerDeviceD3 ? 3 : state - 1u);
    if (state == PowerDeviceD0 && node != NULL && (node->state == PNP_STARTED)) {
        set_command(pdo, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
        hal_restore_messages(node);
    }
}

static NTSTATUS start(struct bus_pdo *pdo)
{
    POWER_STATE d0 = { .DeviceState = PowerDeviceD0 };

    if (pdo->device->gone)
        return STATUS_NO_SUCH_DEVICE;
    set_power(pdo, PowerDeviceD0);
    PoSetPowerState(pdo->object, DevicePowerState, d0);
    set_command(pdo, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    return STATUS_SUCCESS;
}

static void stop(struct bus_pdo *pdo)
{
    if (!pdo->device->gone)
        set_command(pdo, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static const struct bus_ops ops = {
    .start = start, .stop = stop, .capabilities = capabilities, .requirements = requirements,
    .bus_information = bus_information, .query_interface = query_interface, .config = config, .set_power = set_power,
};

/* ---- children ---- */

static void describe(struct bus_pdo *pdo)
{
    struct device *d = pdo->device;
    unsigned vendor = pci_get16(d, 0), device = pci_get16(d, 2), revision = d->config[8];
    unsigned subsystem = pci_get16(d, 0x2e), subsystem_vendor = pci_get16(d, 0x2c);
    unsigned base = d->config[11], sub = d->config[10], interface = d->config[9];
    char *h = pdo->hardware_ids, *c = pdo->compatible_ids;
    size_t hs = sizeof(pdo->hardware_ids), cs = sizeof(pdo->compatible_ids);
    size_t *hu = &pdo->hardware_size, *cu = &pdo->compatible_size;

    snprintf(pdo->device_id, sizeof(pdo->device_id), "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X&REV_%02X", vendor, device,
             subsystem, subsystem_vendor, revision);
    snprintf(pdo->instance_id, sizeof(pdo->instance_id), "%02X", (pdo->slot & 31) << 3 | pdo->slot >> 5);
    pnp_add_id(h, hs, hu, "%s", pdo->device_id);
    pnp_add_id(h, hs, hu, "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X", vendor, device, subsystem, subsystem_vendor);
    pnp_add_id(h, hs, hu, "PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X%02X", vendor, device, base, sub, interface);
    pnp_add_id(h, hs, hu, "PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X", vendor, device, base, sub);
    pnp_add_id(c, cs, cu, "PCI\\VEN_%04X&DEV_%04X&REV_%02X", vendor, device, revision);
    pnp_add_id(c, cs, cu, "PCI\\VEN_%04X&DEV_%04X", vendor, device);
    pnp_add_id(c, cs, cu, "PCI\\VEN_%04X&CC_%02X%02X%02X", vendor, base, sub, interface);
    pnp_add_id(c, cs, cu, "PCI\\VEN_%04X&CC_%02X%02X", vendor, base, sub);
    pnp_add_id(c, cs, cu, "PCI\\VEN_%04X", vendor);
    pnp_add_id(c, cs, cu, "PCI\\CC_%02X%02X%02X", base, sub, interface);
    pnp_add_id(c, cs, cu, "PCI\\CC_%02X%02X", base, sub);
    snprintf(pdo->description, sizeof(pdo->description), "%s", base == 2 ? "Ethernet Controller" :
             base == 1 ? "Storage Controller" : "PCI Device");
    snprintf(pdo->location, sizeof(pdo->location), "PCI bus 0, device %u, function %u", pdo->slot & 31, pdo->slot >> 5);
}

struct bus_pdo *pnp_pci_slot(uint32_t bus, uint32_t slot)
{
    list_each(it, &children) {
        struct bus_pdo *pdo = container_of(it, struct bus_pdo, node);

        if (bus == 0 && pdo->slot == slot && pdo->present)
            return pdo;
    }
    return NULL;
}

struct bus_pdo *pnp_pci_find(const struct device *device)
{
    list_each(it, &children)
        if (container_of(it, struct bus_pdo, node)->device == device)
            return container_of(it, struct bus_pdo, node);
    return NULL;
}

NTSTATUS pnp_pci_add(struct device *device)
{
    struct bus_pdo *pdo;
    uint32_t slot = 1;
    NTSTATUS status;

    while (slot < MAX_SLOTS && pnp_pci_slot(0, slot) != NULL)
        slot++;
    if (slot == MAX_SLOTS)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = pnp_make_pdo(&pci_driver->object, &ops, &children, &pdo);
    if (!NT_SUCCESS(status))
        return status;
    pdo->device = device;
    pdo->slot = slot;
    hal_assign_bars(device);
    describe(pdo);
    return STATUS_SUCCESS;
}

/* What an orphan's PDO refers to. */
static struct device gone_device = { .gone = true };

void pnp_pci_forget(struct device *device)
{
    struct bus_pdo *pdo = pnp_pci_find(device);
    struct pnp_node *node = pnp_node_of_device(device);

    hal_release_bars(device);
    hal_forget_device(device);
    if (pdo != NULL)
        pdo->device = &gone_device;
    if (node != NULL)
        node->device = NULL;
}

void pnp_pci_set_present(struct device *device, bool present)
{
    struct bus_pdo *pdo = pnp_pci_find(device);

    if (pdo != NULL)
        pdo->present = present;
}

/* ---- the bus's own device ---- */

static NTSTATUS fdo_pnp(PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    if (s->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS && s->Parameters.QueryDeviceRelations.Type == BusRelations) {
        PDEVICE_RELATIONS relations = pnp_children_relations(&children);

        if (relations == NULL)
            return pnp_complete(irp, STATUS_INSUFFICIENT_RESOURCES);
        irp->IoStatus.Information = (ULONG_PTR)relations;
        irp->IoStatus.Status = STATUS_SUCCESS;
    } else if (s->MinorFunction == IRP_MN_REMOVE_DEVICE) {
        PDEVICE_OBJECT gone = fdo, below = lower;
        NTSTATUS status;

        IoSkipCurrentIrpStackLocation(irp);
        status = IofCallDriver(below, irp);
        IoDetachDevice(below);
        IoDeleteDevice(gone);
        fdo = lower = NULL;
        return status;
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IofCallDriver(lower, irp);
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    return device == fdo ? fdo_pnp(irp) : pnp_pdo_pnp(device, irp);
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp)
{
    if (device != fdo)
        return pnp_pdo_power(device, irp);
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(lower, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    NTSTATUS status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_BUS_EXTENDER, 0, FALSE, &fdo);

    if (!NT_SUCCESS(status))
        return status;
    lower = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags |= DO_POWER_PAGABLE;
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverExtension->AddDevice = add_device;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = pnp_pdo_system_control;
    return STATUS_SUCCESS;
}

NTSTATUS pnp_pci_start(void)
{
    NTSTATUS status;

    list_init(&children);
    fdo = lower = NULL;
    pci_driver = NULL;
    pnp_pci = NULL;
    status = io_create_host_driver("pci", entry, &pci_driver);
    if (!NT_SUCCESS(status))
        return status;
    pnp_enumerate(pnp_root);
    pnp_pci = pnp_node_named("ACPI\\PNP0A08\\0");
    if (pnp_pci == NULL)
        return STATUS_UNSUCCESSFUL;
    pnp_pci->driver = pci_driver;
    status = add_device(&pci_driver->object, pnp_pci->pdo);
    if (NT_SUCCESS(status)) {
        pnp_pci->state = PNP_ADDED;
        status = pnp_start_node(pnp_pci);
    }
    return status;
}

void pnp_pci_stop(void)
{
    list_each_safe(it, &children) {
        struct bus_pdo *pdo = container_of(it, struct bus_pdo, node);

        list_remove(it);
        hal_release_bars(pdo->device);
        IoDeleteDevice(pdo->object);
    }
    pnp_pci = NULL;
    if (pci_driver != NULL)
        io_unload_driver(pci_driver);
    pci_driver = NULL;
}
