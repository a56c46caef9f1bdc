/* What the registry says about an adapter and its units. docs: storage/registry-entries-for-storport-miniport-drivers */
#ifndef STORPORT_SETTINGS_H
#define STORPORT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct adapter_settings {
    uint32_t link_down;                 /* seconds that LinkDown holds requests back */
    uint32_t max_luns;                  /* of a target; 0: what the miniport says */
    uint32_t requests;                  /* of the adapter at once; 0: what the miniport says */
    uint64_t uncached_lowest, uncached_highest, uncached_alignment;     /* highest 0: by the adapter's DMA */
    uint64_t latency_cap;               /* ns a request may take before new ones are held back; 0: any time */
    uint8_t bus_type;                   /* STORAGE_BUS_TYPE */
    uint8_t sense_bytes;                /* of a request */
    bool idle_units;                    /* idle power management of units */
    bool runtime_power, d3_cold;        /* of the adapter */
    uint32_t idle_ms;                   /* until an idle adapter needs no power */
};

struct unit_settings {
    uint32_t full_percent;              /* of what is outstanding that a full unit waits for */
    uint64_t busy_ns;                   /* until a busy unit is tried again */
    uint32_t busy_retries;
    bool idle;                          /* idle power management may be used */
    uint32_t idle_ms;                   /* UINT32_MAX: the miniport's */
};

#define UNIT_SETTINGS_DEFAULT { 25, 250000000ull, 20, true, UINT32_MAX }

#endif
