/* Dynamic enumeration: a list of descriptions; devices are made of them when the PnP manager asks.
 *
 * A description whose device exists has that device's state (pdo.h). One without a device is pending until EvtChildListCreateDevice
 * made it. Descriptions go with their devices; one that goes missing before it has a device goes at once.
 * docs: wdf/dynamic-enumeration */
#ifndef WDF_CHILD_LIST_H
#define WDF_CHILD_LIST_H

#include "wdf/pdo.h"

struct wdf_child_list {
    struct wdf_object object;
    struct list node;                   /* in the device's child_lists */
    struct wdf_device *device;
    WDF_CHILD_LIST_CONFIG config;
    struct list entries;
    unsigned scans, iterations;
};

struct wdf_child_entry {
    struct list node;
    struct wdf_child_list *list;
    struct wdf_device *child;           /* NULL: none yet */
    bool seen, asked;                   /* in this scan; in this question of the PnP manager */
    bool creating, gone;                /* its device is being made; it went missing meanwhile */
    unsigned retries;
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id;
    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address;      /* NULL: the list has none */
};

/* child_list.c */
NTSTATUS wdf_child_list_create(struct wdf_device *device, const WDF_CHILD_LIST_CONFIG *config, PWDF_OBJECT_ATTRIBUTES attributes,
                               const void *caller, struct wdf_child_list **list);
/* Makes the devices that are pending. */
void wdf_child_lists_make(struct wdf_device *device);
/* The device is in its working state: drivers look for children. */
void wdf_child_lists_scan(struct wdf_device *device);
/* The child goes. */
void wdf_child_forgotten(struct wdf_device *child);

bool wdf_child_is_missing(const struct wdf_child_entry *entry);
struct wdf_child_entry *wdf_child_find(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id);
NTSTATUS wdf_child_add(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id,
                       PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address, const void *caller);
void wdf_child_set_missing(struct wdf_child_entry *entry);
void wdf_child_set_present(struct wdf_child_entry *entry);
void wdf_child_copy_id(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER from,
                       PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER to);
void wdf_child_copy_address(struct wdf_child_list *list, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER from,
                            PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER to);

#endif
