/* What passed through NDIS, per adapter: for reports. */
#ifndef NDIS_STATS_H
#define NDIS_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct ndis_layer_stats {
    uint64_t tx_frames, tx_bytes, rx_frames, rx_bytes, tx_dropped, rx_dropped;
};

struct ndis_adapter_stats {
    struct ndis_layer_stats miniport;   /* between NDIS and the miniport */
    struct ndis_layer_stats protocol;   /* between NDIS and all protocols */
    uint64_t interrupts, dpcs, oids, resets, suspends;
};

struct ndis_adapter_info {
    char name[96];                      /* instance name, UTF-8 */
    char driver[64];
    char device[64];                    /* \DEVICE\{GUID} */
    uint8_t mac[6];
    uint32_t mtu, bindings;
    uint64_t link_speed;                /* bits per second */
    bool link_up;
    const char *state;                  /* "Running" */
    void *pdo;                          /* the bus's device object */
    struct ndis_adapter_stats stats;
};

/* The n-th adapter (0: the first); false when there is none. */
bool ndis_adapter_info(unsigned number, struct ndis_adapter_info *info);
struct ndis_filter_info {
    char driver[64];
    struct ndis_layer_stats stats;      /* what it was given; what it dropped, in lists */
};
/* The n-th filter module (0: the lowest) of the adapter on a physical device object; false when there is none. */
bool ndis_filter_info(void *pdo, unsigned number, struct ndis_filter_info *info);

/* The adapter on a physical device object. */
bool ndis_adapter_info_of(void *pdo, struct ndis_adapter_info *info);

/* A driver's image goes, and a filter driver in it is still registered: it is called no more, and its modules are taken out of
 * their stacks. PASSIVE_LEVEL, inside. */
bool ndis_filter_driver_left(uint64_t base, uint64_t size);
void ndis_filter_driver_gone(uint64_t base, uint64_t size);
/* The same for protocol drivers: they are unbound. */
bool ndis_protocol_left(uint64_t base, uint64_t size);
void ndis_protocol_gone(uint64_t base, uint64_t size);
/* The user has an image unloaded: its protocols are unbound and hear ProtocolUninstall, before the driver's unload routine runs.
 * PASSIVE_LEVEL, inside. docs: ndis/nc-ndis-protocol_uninstall */
void ndis_protocol_uninstall(uint64_t base, uint64_t size);

/* The DRIVER_OBJECT is of a registered miniport driver; *intermediate: of an intermediate one. Inside. */
bool ndis_is_miniport(const void *driver, bool *intermediate);

/* Prepares the configuration of an intermediate driver's binding, as its notify object would: names the virtual miniports of the
 * adapter ({GUID}) in UpperBindings and makes their devices. driver: its DRIVER_OBJECT. False: there is no way to. Set by
 * machine/; NULL: configuration stays as it is. PASSIVE_LEVEL, inside. */
extern bool (*ndis_setup_binding)(const char *protocol, const char *adapter, void *driver);
/* An adapter of this name ({GUID}) is there. */
bool ndis_has_adapter(const char *guid);
/* From now on (true) nothing is bound any more, as drivers go for good. */
void ndis_keep_bindings(bool keep);

/* Opens and closes NDIS for one computer: after the executive, before the first driver. PASSIVE_LEVEL, inside. */
bool ndis_open(void);
void ndis_close(void);

#endif
