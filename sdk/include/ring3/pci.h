/* PCI configuration space as Windows drivers see it. docs: wdm/ns-wdm-_pci_common_config */
#ifndef RING3_PCI_H
#define RING3_PCI_H

#include <ntdef.h>

typedef struct _PCI_SLOT_NUMBER {
    union {
        struct {
            ULONG DeviceNumber : 5;
            ULONG FunctionNumber : 3;
            ULONG Reserved : 24;
        } bits;
        ULONG AsULONG;
    } u;
} PCI_SLOT_NUMBER, *PPCI_SLOT_NUMBER;
RING3_SIZE(PCI_SLOT_NUMBER, 4);

#define PCI_TYPE0_ADDRESSES 6
#define PCI_TYPE1_ADDRESSES 2
#define PCI_TYPE2_ADDRESSES 5

#define RING3_PCI_HEADER_FIELDS                                     \
    USHORT VendorID;                                                \
    USHORT DeviceID;                                                \
    USHORT Command;                                                 \
    USHORT Status;                                                  \
    UCHAR RevisionID;                                               \
    UCHAR ProgIf;                                                   \
    UCHAR SubClass;                                                 \
    UCHAR BaseClass;                                                \
    UCHAR CacheLineSize;                                            \
    UCHAR LatencyTimer;                                             \
    UCHAR HeaderType;                                               \
    UCHAR BIST;                                                     \
    union {                                                         \
        struct _PCI_HEADER_TYPE_0 {                                 \
            ULONG BaseAddresses[PCI_TYPE0_ADDRESSES];               \
            ULONG CIS;                                              \
            USHORT SubVendorID;                                     \
            USHORT SubSystemID;                                     \
            ULONG ROMBaseAddress;                                   \
            UCHAR CapabilitiesPtr;                                  \
            UCHAR Reserved1[3];                                     \
            ULONG Reserved2;                                        \
            UCHAR InterruptLine;                                    \
            UCHAR InterruptPin;                                     \
            UCHAR MinimumGrant;                                     \
            UCHAR MaximumLatency;                                   \
        } type0;                                                    \
        struct _PCI_HEADER_TYPE_1 {                                 \
            ULONG BaseAddresses[PCI_TYPE1_ADDRESSES];               \
            UCHAR PrimaryBus;                                       \
            UCHAR SecondaryBus;                                     \
            UCHAR SubordinateBus;                                   \
            UCHAR SecondaryLatency;                                 \
            UCHAR IOBase;                                           \
            UCHAR IOLimit;                                          \
            USHORT SecondaryStatus;                                 \
            USHORT MemoryBase;                                      \
            USHORT MemoryLimit;                                     \
            USHORT PrefetchBase;                                    \
            USHORT PrefetchLimit;                                   \
            ULONG PrefetchBaseUpper32;                              \
            ULONG PrefetchLimitUpper32;                             \
            USHORT IOBaseUpper16;                                   \
            USHORT IOLimitUpper16;                                  \
            UCHAR CapabilitiesPtr;                                  \
            UCHAR Reserved1[3];                                     \
            ULONG ROMBaseAddress;                                   \
            UCHAR InterruptLine;                                    \
            UCHAR InterruptPin;                                     \
            USHORT BridgeControl;                                   \
        } type1;                                                    \
    } u;

typedef struct _PCI_COMMON_HEADER {
    RING3_PCI_HEADER_FIELDS
} PCI_COMMON_HEADER, *PPCI_COMMON_HEADER;
RING3_SIZE(PCI_COMMON_HEADER, 64);

#if defined(__cplusplus) || !defined(RING3_HOST)
typedef struct _PCI_COMMON_CONFIG {
#ifdef __cplusplus
    RING3_PCI_HEADER_FIELDS
#else
    PCI_COMMON_HEADER;
#endif
    UCHAR DeviceSpecific[192];
} PCI_COMMON_CONFIG, *PPCI_COMMON_CONFIG;
#else
typedef struct _PCI_COMMON_CONFIG {
    PCI_COMMON_HEADER Header;
    UCHAR DeviceSpecific[192];
} PCI_COMMON_CONFIG, *PPCI_COMMON_CONFIG;
#endif
RING3_SIZE(PCI_COMMON_CONFIG, 256);
#undef RING3_PCI_HEADER_FIELDS

#define PCI_COMMON_HDR_LENGTH         64
#define PCI_EXTENDED_CONFIG_LENGTH    0x1000
#define PCI_MAX_DEVICES               32
#define PCI_MAX_FUNCTION              8
#define PCI_MAX_BRIDGE_NUMBER         0xff
#define PCI_INVALID_VENDORID          0xffff
#define PCI_MULTIFUNCTION             0x80
#define PCI_DEVICE_TYPE               0x00
#define PCI_BRIDGE_TYPE               0x01
#define PCI_CARDBUS_BRIDGE_TYPE       0x02
#define PCI_CONFIGURATION_TYPE(PciData) ((PciData)->HeaderType & ~PCI_MULTIFUNCTION)
#define PCI_MULTIFUNCTION_DEVICE(PciData) (((PciData)->HeaderType & PCI_MULTIFUNCTION) != 0)

#define PCI_ENABLE_IO_SPACE               0x0001
#define PCI_ENABLE_MEMORY_SPACE           0x0002
#define PCI_ENABLE_BUS_MASTER             0x0004
#define PCI_ENABLE_SPECIAL_CYCLES         0x0008
#define PCI_ENABLE_WRITE_AND_INVALIDATE   0x0010
#define PCI_ENABLE_VGA_COMPATIBLE_PALETTE 0x0020
#define PCI_ENABLE_PARITY                 0x0040
#define PCI_ENABLE_WAIT_CYCLE             0x0080
#define PCI_ENABLE_SERR                   0x0100
#define PCI_ENABLE_FAST_BACK_TO_BACK      0x0200
#define PCI_DISABLE_LEVEL_INTERRUPT       0x0400

#define PCI_STATUS_INTERRUPT_PENDING 0x0008
#define PCI_STATUS_CAPABILITIES_LIST 0x0010

#define PCI_ADDRESS_IO_SPACE            0x00000001
#define PCI_ADDRESS_MEMORY_TYPE_MASK    0x00000006
#define PCI_ADDRESS_MEMORY_PREFETCHABLE 0x00000008
#define PCI_ADDRESS_IO_ADDRESS_MASK     0xfffffffc
#define PCI_ADDRESS_MEMORY_ADDRESS_MASK 0xfffffff0
#define PCI_TYPE_32BIT 0
#define PCI_TYPE_20BIT 2
#define PCI_TYPE_64BIT 4

#define PCI_WHICHSPACE_CONFIG 0x0
#define PCI_WHICHSPACE_ROM    0x52696350

#define PCI_CLASS_PRE_20            0x00
#define PCI_CLASS_MASS_STORAGE_CTLR 0x01
#define PCI_CLASS_NETWORK_CTLR      0x02
#define PCI_CLASS_DISPLAY_CTLR      0x03
#define PCI_CLASS_MULTIMEDIA_DEV    0x04
#define PCI_CLASS_MEMORY_CTLR       0x05
#define PCI_CLASS_BRIDGE_DEV        0x06
#define PCI_CLASS_SIMPLE_COMMS_CTLR 0x07
#define PCI_SUBCLASS_NET_ETHERNET_CTLR 0x00

#define PCI_CAPABILITY_ID_POWER_MANAGEMENT 0x01
#define PCI_CAPABILITY_ID_AGP              0x02
#define PCI_CAPABILITY_ID_VPD              0x03
#define PCI_CAPABILITY_ID_SLOT_ID          0x04
#define PCI_CAPABILITY_ID_MSI              0x05
#define PCI_CAPABILITY_ID_CPCI_HOTSWAP     0x06
#define PCI_CAPABILITY_ID_PCIX             0x07
#define PCI_CAPABILITY_ID_HYPERTRANSPORT   0x08
#define PCI_CAPABILITY_ID_VENDOR_SPECIFIC  0x09
#define PCI_CAPABILITY_ID_DEBUG_PORT       0x0a
#define PCI_CAPABILITY_ID_PCI_EXPRESS      0x10
#define PCI_CAPABILITY_ID_MSIX             0x11

typedef struct _PCI_CAPABILITIES_HEADER {
    UCHAR CapabilityID;
    UCHAR Next;
} PCI_CAPABILITIES_HEADER, *PPCI_CAPABILITIES_HEADER;
RING3_SIZE(PCI_CAPABILITIES_HEADER, 2);

typedef struct _PCI_PMC {
    UCHAR Version : 3;
    UCHAR PMEClock : 1;
    UCHAR Rsvd1 : 1;
    UCHAR DeviceSpecificInitialization : 1;
    UCHAR Rsvd2 : 2;
    struct _PM_SUPPORT {
        UCHAR Rsvd2 : 1;
        UCHAR D1 : 1;
        UCHAR D2 : 1;
        UCHAR PMED0 : 1;
        UCHAR PMED1 : 1;
        UCHAR PMED2 : 1;
        UCHAR PMED3Hot : 1;
        UCHAR PMED3Cold : 1;
    } Support;
} PCI_PMC, *PPCI_PMC;
RING3_SIZE(PCI_PMC, 2);

typedef struct _PCI_PMCSR {
    USHORT PowerState : 2;
    USHORT Rsvd1 : 1;
    USHORT NoSoftReset : 1;
    USHORT Rsvd2 : 4;
    USHORT PMEEnable : 1;
    USHORT DataSelect : 4;
    USHORT DataScale : 2;
    USHORT PMEStatus : 1;
} PCI_PMCSR, *PPCI_PMCSR;
RING3_SIZE(PCI_PMCSR, 2);

typedef struct _PCI_PMCSR_BSE {
    UCHAR Rsvd1 : 6;
    UCHAR D3HotSupportsStopClock : 1;
    UCHAR BusPowerClockControlEnabled : 1;
} PCI_PMCSR_BSE, *PPCI_PMCSR_BSE;

typedef struct _PCI_PM_CAPABILITY {
    PCI_CAPABILITIES_HEADER Header;
    union {
        PCI_PMC Capabilities;
        USHORT AsUSHORT;
    } PMC;
    union {
        PCI_PMCSR ControlStatus;
        USHORT AsUSHORT;
    } PMCSR;
    union {
        PCI_PMCSR_BSE BridgeSupport;
        UCHAR AsUCHAR;
    } PMCSR_BSE;
    UCHAR Data;
} PCI_PM_CAPABILITY, *PPCI_PM_CAPABILITY;
RING3_SIZE(PCI_PM_CAPABILITY, 8);

typedef struct _PCI_MSIX_TABLE_POINTER {
    union {
        struct {
            ULONG BaseIndexRegister : 3;
            ULONG Reserved : 29;
        };
        ULONG TableOffset;
    };
} PCI_MSIX_TABLE_POINTER, *PPCI_MSIX_TABLE_POINTER;
RING3_SIZE(PCI_MSIX_TABLE_POINTER, 4);

typedef struct _PCI_MSIX_CAPABILITY {
    PCI_CAPABILITIES_HEADER Header;
    struct {
        USHORT TableSize : 11;
        USHORT Reserved : 3;
        USHORT FunctionMask : 1;
        USHORT MSIXEnable : 1;
    } MessageControl;
    PCI_MSIX_TABLE_POINTER MessageTable;
    PCI_MSIX_TABLE_POINTER PBATable;
} PCI_MSIX_CAPABILITY, *PPCI_MSIX_CAPABILITY;
RING3_SIZE(PCI_MSIX_CAPABILITY, 12);

typedef struct _PCI_VENDOR_SPECIFIC_CAPABILITY {
    PCI_CAPABILITIES_HEADER Header;
    UCHAR VscLength;
    UCHAR VendorSpecific;
} PCI_VENDOR_SPECIFIC_CAPABILITY, *PPCI_VENDOR_SPECIFIC_CAPABILITY;

typedef struct _PCI_MSIX_TABLE_CONFIG_INTERFACE PCI_MSIX_TABLE_CONFIG_INTERFACE, *PPCI_MSIX_TABLE_CONFIG_INTERFACE;
typedef NTSTATUS (NTAPI PCI_MSIX_SET_ENTRY)(PVOID Context, ULONG TableEntry, ULONG MessageNumber);
typedef PCI_MSIX_SET_ENTRY *PPCI_MSIX_SET_ENTRY;
typedef NTSTATUS (NTAPI PCI_MSIX_MASKUNMASK_ENTRY)(PVOID Context, ULONG TableEntry);
typedef PCI_MSIX_MASKUNMASK_ENTRY *PPCI_MSIX_MASKUNMASK_ENTRY;
typedef NTSTATUS (NTAPI PCI_MSIX_GET_ENTRY)(PVOID Context, ULONG TableEntry, PULONG MessageNumber, PBOOLEAN Masked);
typedef PCI_MSIX_GET_ENTRY *PPCI_MSIX_GET_ENTRY;
typedef NTSTATUS (NTAPI PCI_MSIX_GET_TABLE_SIZE)(PVOID Context, PULONG TableSize);
typedef PCI_MSIX_GET_TABLE_SIZE *PPCI_MSIX_GET_TABLE_SIZE;

struct _PCI_MSIX_TABLE_CONFIG_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    VOID (NTAPI *InterfaceReference)(PVOID Context);
    VOID (NTAPI *InterfaceDereference)(PVOID Context);
    PPCI_MSIX_SET_ENTRY SetTableEntry;
    PPCI_MSIX_MASKUNMASK_ENTRY MaskTableEntry;
    PPCI_MSIX_MASKUNMASK_ENTRY UnmaskTableEntry;
    PPCI_MSIX_GET_ENTRY GetTableEntry;
    PPCI_MSIX_GET_TABLE_SIZE GetTableSize;
};
RING3_SIZE(PCI_MSIX_TABLE_CONFIG_INTERFACE, 72);
#define PCI_MSIX_TABLE_CONFIG_INTERFACE_VERSION 1
#define PCI_MSIX_TABLE_CONFIG_MINIMUM_SIZE __builtin_offsetof(PCI_MSIX_TABLE_CONFIG_INTERFACE, GetTableEntry)

#endif
