/* Between the files of Plug and Play. */
#ifndef NT_PNP_INTERNAL_H
#define NT_PNP_INTERNAL_H

#include <stdlib.h>

#include "base/log.h"
#include "nt/cm.h"
#include "nt/hal.h"
#include "nt/io_internal.h"
#include "nt/pnp.h"

#define PNP_TAG 0x20706e50u             /* "Pnp " */

/* --- the device objects of the host's own buses: pnp_pdo.c --- */

struct bus_pdo;

struct bus_ops {
    NTSTATUS (*start)(struct bus_pdo *pdo);
    void (*stop)(struct bus_pdo *pdo);
    void (*capabilities)(struct bus_pdo *pdo, PDEVICE_CAPABILITIES capabilities);
    PIO_RESOURCE_REQUIREMENTS_LIST (*requirements)(struct bus_pdo *pdo);    /* pool memory; NULL: none */
    void (*bus_information)(PPNP_BUS_INFORMATION information);
    NTSTATUS (*query_interface)(struct bus_pdo *pdo, PIO_STACK_LOCATION stack);
    ULONG (*config)(struct bus_pdo *pdo, void *buffer, ULONG offset, ULONG length, bool write);
    void (*set_power)(struct bus_pdo *pdo, DEVICE_POWER_STATE state);
};

/* The extension of such a PDO. */
struct bus_pdo {
    const struct bus_ops *ops;
    PDEVICE_OBJECT object;
    struct list node;                   /* the bus's children */
    struct device *device;              /* PCI */
    uint32_t slot;
    bool present;
    char device_id[96], instance_id[40], description[80], location[80];
    char hardware_ids[400], compatible_ids[300];    /* multi-strings */
    size_t hardware_size, compatible_size;          /* bytes, with the last NUL */
    struct {                            /* pnp_wake.c */
        PIRP irp;
        struct ke_interrupt interrupt;
        KDPC dpc;
        WORK_QUEUE_ITEM work;
        bool queued;
    } wake;
};

static inline struct bus_pdo *bus_pdo_of(PDEVICE_OBJECT object)
{
    return object->DeviceExtension;
}

NTSTATUS pnp_make_pdo(PDRIVER_OBJECT driver, const struct bus_ops *ops, struct list *children, struct bus_pdo **pdo);
/* Appends one more string. */
void pnp_add_id(char *ids, size_t room, size_t *used, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Completes a PDO's IRPs. */
NTSTATUS NTAPI pnp_pdo_pnp(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS NTAPI pnp_pdo_power(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS NTAPI pnp_pdo_system_control(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS pnp_complete(PIRP irp, NTSTATUS status);
/* pnp_wake.c: IRP_MN_WAIT_WAKE of a PDO, and its end when the device goes. */
NTSTATUS pnp_wait_wake(struct bus_pdo *pdo, PIRP irp);
void pnp_wake_stop(struct bus_pdo *pdo);
/* The answer to bus relations: pool memory with referenced objects of the present children. */
PDEVICE_RELATIONS pnp_children_relations(struct list *children);

/* --- buses --- */

extern struct pnp_node *pnp_root, *pnp_pci;
NTSTATUS pnp_root_start(void);
void pnp_root_stop(void);
/* A device of a virtual bus gets to its driver no sooner than the tick (KeQueryTickCount) after the one that this driver got before: as on
 * Windows, drivers that make an address of the time have different ones. Waits until then; at once for the devices of the PCI bus. */
void pnp_wait_for_own_tick(const struct pnp_node *node);
/* The node's driver has started it, or did not: the next one is later. */
void pnp_note_tick(const struct pnp_node *node);
/* A started root device of a driver's own, ROOT\<driver>\<number>. */
NTSTATUS pnp_report_root_device(struct io_driver *driver, const char *hardware_id, struct pnp_node **node);
NTSTATUS pnp_pci_start(void);
void pnp_pci_stop(void);
NTSTATUS pnp_pci_add(struct device *device);
void pnp_pci_set_present(struct device *device, bool present);
/* The device is about to be destroyed: nothing refers to it afterwards, even when its PDO lives on for open files. */
void pnp_pci_forget(struct device *device);
struct bus_pdo *pnp_pci_find(const struct device *device);
struct bus_pdo *pnp_pci_slot(uint32_t bus, uint32_t slot);

/* --- pnp_enumerate.c --- */

/* One at a time changes the tree; the owner may enter again. */
void pnp_lock(void);
void pnp_unlock(void);
/* Asks the stack for its children: makes nodes for new ones, takes missing ones away. */
void pnp_enumerate(struct pnp_node *node);
struct pnp_node *pnp_new_node(struct pnp_node *parent, PDEVICE_OBJECT pdo);
void pnp_free_node(struct pnp_node *node);
/* Driver search, AddDevice, start. */
void pnp_bring_up(struct pnp_node *node);
/* UTF-8 multi-string from a UTF-16 one; malloc. */
char *pnp_multi_utf8(const WCHAR *text);

/* --- pnp_resource.c --- */

NTSTATUS pnp_assign_resources(struct pnp_node *node);
void pnp_release_resources(struct pnp_node *node);
void pnp_forget_dirty(const struct pnp_node *node);

/* --- pnp_remove.c --- */

void pnp_take_away(struct pnp_node *node);
bool pnp_has_open_files(const struct pnp_node *node);
void pnp_finish_orphans(void);

/* --- io_interface.c, pnp_notify.c --- */

/* The device has started: who watches hears of the interfaces that were enabled meanwhile. */
void pnp_announce_interfaces(struct pnp_node *node);
void pnp_disable_interfaces(struct pnp_node *node);
void pnp_forget_interfaces(struct pnp_node *node);
void pnp_interfaces_stop(void);
void pnp_each_interface(const GUID *class_guid, void (*each)(PUNICODE_STRING link, void *context), void *context);
void pnp_notify_interface(const GUID *class_guid, PUNICODE_STRING link, bool arrival);
void pnp_notify_target(struct pnp_node *node, const GUID *event);
void pnp_notify_stop(void);
/* Each forgets what a computer left that was stopped by a bug check and could not be taken apart. */
void pnp_interfaces_reset(void);
void pnp_notify_reset(void);
void po_irp_reset(void);
void po_setting_reset(void);
void po_setting_stop(void);
/* po_fx.c: what a driver left registered, or everybody. */
void po_fx_driver_gone(const void *base, size_t size);
void po_fx_stop(void);

/* GUIDs (wdmguid.h), for host code. */
extern const GUID pnp_guid_bus_interface, pnp_guid_pci_bus, pnp_guid_internal_bus, pnp_guid_reenumerate,
    pnp_guid_interface_arrival, pnp_guid_interface_removal, pnp_guid_query_remove, pnp_guid_remove_cancelled,
    pnp_guid_remove_complete, pnp_guid_custom;
static inline bool pnp_same_guid(const GUID *a, const GUID *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}
/* "{4d36e972-...}" */
void pnp_guid_text(const GUID *guid, char text[40]);

#endif
