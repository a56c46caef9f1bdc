/* Devices that a bus driver reports: what is said of a PDO before it exists, and the FDO's list of them.
 *
 * state            | PnP manager                                   | left by
 * -----------------|-----------------------------------------------|----------------------------------------------------------
 * NOT_ADDED        | has not heard of it; the driver may delete it | WdfFdoAddStaticChild
 * PENDING          | has not heard of it                           | its question for bus relations; WdfPdoMarkMissing: deleted
 * PRESENT          | knows it; a removal only stops it             | WdfPdoMarkMissing
 * MISSING          | knows it                                      | the question for bus relations
 * REPORTED_MISSING | takes it away                                 | its removal: deleted
 *
 * docs: wdf/static-enumeration, wdf/enumerating-the-devices-on-a-bus */
#ifndef WDF_PDO_H
#define WDF_PDO_H

#include "wdf/pnp.h"

struct pdo_text {
    struct list node;
    LCID locale;
    UNICODE_STRING description, location;
};

struct pdo_settings {
    WDF_PDO_EVENT_CALLBACKS events;
    UNICODE_STRING device_id, instance_id, container_id;
    UNICODE_STRING hardware_ids, compatible_ids;        /* each id ends with a null character */
    struct list texts;
    LCID locale;                        /* for questions in a locale without text */
    bool raw;
    bool forwards;                      /* its requests may go to queues of its parent */
    PDEVICE_OBJECT *ejected;            /* referenced: those that are ejected with it */
    ULONG ejected_count;
};

/* pdo_init.c */
struct WDFDEVICE_INIT *wdf_pdo_init_create(struct wdf_device *parent, const void *caller);
void wdf_pdo_settings_free(struct pdo_settings *settings);

/* pdo.c: answers what only a bus driver can; false: the question is none of those. */
bool wdf_pdo_answers(struct wdf_device *device, PIRP irp, NTSTATUS *status);
void wdf_pdo_capabilities(struct wdf_device *device, PDEVICE_CAPABILITIES caps);
void wdf_pdo_forget_ejected(struct pdo_settings *settings);

/* children.c */
/* The PnP manager hears of a change, unless the list is locked. <= DISPATCH_LEVEL. */
void wdf_children_changed(struct wdf_device *device);
void wdf_children_unlock(struct wdf_device *device);
/* A new PDO joins its parent's children. */
void wdf_child_admit(struct wdf_device *child);
NTSTATUS wdf_children_relations(struct wdf_device *device, PIRP irp);
/* The PDO got its removal request, which is completed here. */
NTSTATUS wdf_child_removed(struct wdf_device *device, PIRP irp);
/* The FDO goes, and its children with it. */
void wdf_children_drop(struct wdf_device *device);

#endif
