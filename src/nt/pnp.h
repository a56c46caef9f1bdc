/* Plug and Play: device nodes, the root bus and the PCI bus, and who drives what.
 *
 * States of a node (enum pnp_state), and what moves it:
 *
 *   PNP_PRESENT  --(driver found, AddDevice)-->  PNP_ADDED  --(START_DEVICE)-->  PNP_STARTED
 *   PNP_STARTED  --(QUERY_STOP, STOP)-->         PNP_STOPPED  --(START_DEVICE)--> PNP_STARTED
 *   PNP_STARTED  --(hardware gone, SURPRISE_REMOVAL)--> PNP_SURPRISED --(REMOVE_DEVICE)--> PNP_REMOVED
 *   any of ADDED, STARTED, STOPPED --(QUERY_REMOVE if started, REMOVE_DEVICE)--> PNP_REMOVED
 *   PNP_REMOVED  --(hardware still there)-->     PNP_PRESENT;  (hardware gone): the node is freed
 *
 * Functions run inside NT at PASSIVE_LEVEL. docs: kernel/state-transitions-for-pnp-devices */
#ifndef NT_PNP_H
#define NT_PNP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "dev/device.h"
#include "wdm.h"

enum pnp_state { PNP_PRESENT, PNP_ADDED, PNP_STARTED, PNP_STOPPED, PNP_SURPRISED, PNP_REMOVED };

#define PNP_MAX_MESSAGES 256

/* One allocated message-signalled interrupt of a device. */
struct pnp_message {
    uint32_t vector;                    /* as in the translated resources; unique on its processor */
    uint8_t cpu;
    KIRQL irql;
    uint64_t address;                   /* what the device writes where */
    uint32_t data;
};

struct pnp_node {
    struct list node;                   /* pnp_nodes, parents before children */
    struct pnp_node *parent;
    PDEVICE_OBJECT pdo;                 /* referenced */
    enum pnp_state state;
    bool reported;                      /* seen in the last bus relations */
    struct device *device;              /* NULL: not a PCI function of ours */
    uint32_t bus, slot;                 /* PCI: bus number; device | function << 5 */
    char instance_path[200];            /* PCI\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01\3&0&08 */
    char *hardware_ids, *compatible_ids;        /* UTF-8 strings, each ended by NUL, the list by another */
    char description[80], location[80];
    struct io_driver *driver;           /* the function driver */
    uint32_t instance_number;           /* of the driver's class: "0000" in the driver key */
    char class_guid[40], class_name[32];
    DEVICE_CAPABILITIES capabilities;
    PCM_RESOURCE_LIST raw, translated;  /* while started or stopped; malloc */
    size_t resource_size;               /* bytes of each */
    PIO_RESOURCE_REQUIREMENTS_LIST requirements;    /* after filtering; the driver's pool memory */
    unsigned message_count;             /* 0: line interrupt or none */
    struct pnp_message messages[PNP_MAX_MESSAGES];
    uint32_t line_vector;               /* 0: none */
    KIRQL line_irql;
    NTSTATUS start_status;              /* why it did not start */
};
extern struct list pnp_nodes;

static inline struct pnp_node *pnp_next(struct pnp_node *node)
{
    return node->node.next == &pnp_nodes ? NULL : container_of(node->node.next, struct pnp_node, node);
}

/* Makes the root and PCI buses. After io_start. */
NTSTATUS pnp_start(void);
/* Removes every device, children first, then the buses. Drivers stay loaded. */
void pnp_stop(void);

/* Says which driver serves a device: ids are its hardware IDs, then its compatible IDs, best first. Returns NULL when
 * none does. It may fill node->class_guid and class_name (INF) and write the device's and driver's keys
 * (pnp_open_*_key). Set by machine/; NULL: no device gets a driver. */
extern struct io_driver *(*pnp_find_driver)(struct pnp_node *node, const char *const *ids, unsigned count);

/* Puts a PCI function into the next free slot of bus 0, gives it addresses, and starts it when a driver serves it.
 * The device stays the caller's, to be destroyed after pnp_unplug. *node may be NULL. The result says whether the
 * device could be enumerated; node->state and start_status say whether it was started. */
NTSTATUS pnp_plug(struct device *device, struct pnp_node **node);
/* The device is gone. surprise: it was pulled out without asking (device->gone is set first); else an orderly removal,
 * which a driver may veto (its status is returned, and the device stays). */
NTSTATUS pnp_unplug(struct device *device, bool surprise);

/* A device without hardware, ROOT\<name>\0000, for drivers that a person installs by hand. */
NTSTATUS pnp_create_root_device(const char *name, const char *hardware_id, struct pnp_node **node);
NTSTATUS pnp_delete_root_device(struct pnp_node *node);
/* The same from anywhere, a start of another device included: the device is found, and gets its node, soon. path gets its
 * instance path. */
NTSTATUS pnp_add_root_device(const char *name, const char *hardware_id, char *path, size_t size);

/* Looks for a driver for every node that has none (after a driver was loaded) and starts what it can. */
void pnp_find_drivers(void);
/* One device: AddDevice when needed, resources, IRP_MN_START_DEVICE. */
NTSTATUS pnp_start_node(struct pnp_node *node);
/* IRP_MN_QUERY_STOP_DEVICE and IRP_MN_STOP_DEVICE, as for rebalancing resources. pnp_start_node starts it again. */
NTSTATUS pnp_stop_node(struct pnp_node *node);
/* IRP_MN_QUERY_REMOVE_DEVICE (unless forced) and IRP_MN_REMOVE_DEVICE: as when disabled in Device Manager.
 * pnp_start_node starts it again. */
NTSTATUS pnp_remove_node(struct pnp_node *node, bool forced);
/* Removes all devices that this driver serves, so that it can be unloaded; they are there for the next one (PNP_PRESENT). */
NTSTATUS pnp_remove_driver_nodes(struct io_driver *driver, bool forced);

struct cm_key;
/* Registers an interface of the device that its INF lists (not enabled: that is its driver's to do) and gives the interface's own
 * key. reference "" is none. NULL: no memory, or a reference string with a separator. docs: install/inf-addinterface-directive */
struct cm_key *pnp_provide_interface(struct pnp_node *node, const GUID *class_guid, const char *reference);

struct pnp_node *pnp_node_of(PDEVICE_OBJECT device);            /* any device of the stack; NULL: not PnP */
struct pnp_node *pnp_node_of_device(const struct device *device);
struct pnp_node *pnp_node_named(const char *instance_path);     /* without regard to case */

/* Registry keys of a device; the caller closes with ZwClose. Made when they do not exist.
 * hardware: ...\Enum\<instance path>\Device Parameters (or the instance key itself). driver: ...\Control\Class\{guid}\0000. */
NTSTATUS pnp_open_instance_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *key);
NTSTATUS pnp_open_hardware_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *key);
NTSTATUS pnp_open_driver_key(struct pnp_node *node, ACCESS_MASK access, HANDLE *key);

/* Any IRQL <= DISPATCH: asks the bus of node for its children again, later and in a worker. */
void pnp_invalidate_relations(struct pnp_node *node);
/* The last file on a device was closed: a surprise removal may have waited for it. */
void pnp_file_closed(PDEVICE_OBJECT device);
/* Waits until no such work is left. */
void pnp_flush(void);

/* PnP and power requests to the whole stack of a node; see io_send. */
NTSTATUS pnp_send(struct pnp_node *node, UCHAR minor, const IO_STACK_LOCATION *parameters, ULONG_PTR *information);

/* --- power ------------------------------------------------------------------------------------------------ */

/* IRP_MN_QUERY_POWER (unless critical), then IRP_MN_SET_POWER for the system state, to all started devices: children
 * first on the way down, parents first on the way up. On a veto the working state is restored and the status returned. */
NTSTATUS po_set_system_state(SYSTEM_POWER_STATE state, bool critical);
SYSTEM_POWER_STATE po_system_state(void);
/* A device's power management event (struct device_host). */
void pnp_pme(void *context, struct device *device);
/* Changes a power setting: calls who registered for it. docs: wdm/nf-wdm-poregisterpowersettingcallback */
void po_set_setting(const GUID *setting, const void *value, uint32_t size);
void po_stop(void);

/* A driver's image is gone: callbacks it left registered are reported and forgotten. */
void pnp_notify_driver_gone(struct io_driver *driver);
void po_driver_gone(const void *base, size_t size);
/* Idle detection of the device ends. */
void po_device_deleted(PDEVICE_OBJECT device);

#endif
