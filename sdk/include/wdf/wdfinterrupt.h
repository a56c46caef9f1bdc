/* Interrupts. */
#ifndef WDF_WDFINTERRUPT_H
#define WDF_WDFINTERRUPT_H

#include <wdf/wdfsync.h>

RING3_BEGIN_C

typedef enum _WDF_INTERRUPT_POLARITY {
    WdfInterruptPolarityUnknown = 0, WdfInterruptActiveHigh, WdfInterruptActiveLow
} WDF_INTERRUPT_POLARITY, *PWDF_INTERRUPT_POLARITY;

typedef enum _WDF_INTERRUPT_POLICY {
    WdfIrqPolicyMachineDefault = 0, WdfIrqPolicyAllCloseProcessors, WdfIrqPolicyOneCloseProcessor,
    WdfIrqPolicyAllProcessorsInMachine, WdfIrqPolicySpecifiedProcessors, WdfIrqPolicySpreadMessagesAcrossAllProcessors
} WDF_INTERRUPT_POLICY, *PWDF_INTERRUPT_POLICY;

typedef enum _WDF_INTERRUPT_PRIORITY {
    WdfIrqPriorityUndefined = 0, WdfIrqPriorityLow, WdfIrqPriorityNormal, WdfIrqPriorityHigh
} WDF_INTERRUPT_PRIORITY, *PWDF_INTERRUPT_PRIORITY;

typedef BOOLEAN NTAPI EVT_WDF_INTERRUPT_ISR(WDFINTERRUPT Interrupt, ULONG MessageID);
typedef EVT_WDF_INTERRUPT_ISR *PFN_WDF_INTERRUPT_ISR;
typedef BOOLEAN NTAPI EVT_WDF_INTERRUPT_SYNCHRONIZE(WDFINTERRUPT Interrupt, WDFCONTEXT Context);
typedef EVT_WDF_INTERRUPT_SYNCHRONIZE *PFN_WDF_INTERRUPT_SYNCHRONIZE;
typedef VOID NTAPI EVT_WDF_INTERRUPT_DPC(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject);
typedef EVT_WDF_INTERRUPT_DPC *PFN_WDF_INTERRUPT_DPC;
typedef VOID NTAPI EVT_WDF_INTERRUPT_WORKITEM(WDFINTERRUPT Interrupt, WDFOBJECT AssociatedObject);
typedef EVT_WDF_INTERRUPT_WORKITEM *PFN_WDF_INTERRUPT_WORKITEM;
typedef NTSTATUS NTAPI EVT_WDF_INTERRUPT_ENABLE(WDFINTERRUPT Interrupt, WDFDEVICE AssociatedDevice);
typedef EVT_WDF_INTERRUPT_ENABLE *PFN_WDF_INTERRUPT_ENABLE;
typedef NTSTATUS NTAPI EVT_WDF_INTERRUPT_DISABLE(WDFINTERRUPT Interrupt, WDFDEVICE AssociatedDevice);
typedef EVT_WDF_INTERRUPT_DISABLE *PFN_WDF_INTERRUPT_DISABLE;

typedef struct _WDF_INTERRUPT_CONFIG {
    ULONG Size;
    WDFSPINLOCK SpinLock;
    WDF_TRI_STATE ShareVector;
    BOOLEAN FloatingSave;
    BOOLEAN AutomaticSerialization;
    PFN_WDF_INTERRUPT_ISR EvtInterruptIsr;
    PFN_WDF_INTERRUPT_DPC EvtInterruptDpc;
    PFN_WDF_INTERRUPT_ENABLE EvtInterruptEnable;
    PFN_WDF_INTERRUPT_DISABLE EvtInterruptDisable;
    PFN_WDF_INTERRUPT_WORKITEM EvtInterruptWorkItem;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR InterruptRaw;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR InterruptTranslated;
    WDFWAITLOCK WaitLock;
    BOOLEAN PassiveHandling;
    WDF_TRI_STATE ReportInactiveOnPowerDown;
    BOOLEAN CanWakeDevice;
} WDF_INTERRUPT_CONFIG, *PWDF_INTERRUPT_CONFIG;

typedef struct _WDF_INTERRUPT_INFO {
    ULONG Size;
    ULONG64 Reserved1;
    KAFFINITY TargetProcessorSet;
    ULONG Reserved2;
    ULONG MessageNumber;
    ULONG Vector;
    KIRQL Irql;
    KINTERRUPT_MODE Mode;
    WDF_INTERRUPT_POLARITY Polarity;
    BOOLEAN MessageSignaled;
    UCHAR ShareDisposition;
    USHORT Group;
} WDF_INTERRUPT_INFO, *PWDF_INTERRUPT_INFO;

typedef struct _WDF_INTERRUPT_EXTENDED_POLICY {
    ULONG Size;
    WDF_INTERRUPT_POLICY Policy;
    WDF_INTERRUPT_PRIORITY Priority;
    GROUP_AFFINITY TargetProcessorSetAndGroup;
} WDF_INTERRUPT_EXTENDED_POLICY, *PWDF_INTERRUPT_EXTENDED_POLICY;

FORCEINLINE VOID WDF_INTERRUPT_CONFIG_INIT(PWDF_INTERRUPT_CONFIG Configuration, PFN_WDF_INTERRUPT_ISR EvtInterruptIsr,
                                           PFN_WDF_INTERRUPT_DPC EvtInterruptDpc)
{
    WDF_ZERO_WITH_SIZE(Configuration, WDF_INTERRUPT_CONFIG);
    Configuration->ShareVector = WdfUseDefault;
    Configuration->EvtInterruptIsr = EvtInterruptIsr;
    Configuration->EvtInterruptDpc = EvtInterruptDpc;
    Configuration->ReportInactiveOnPowerDown = WdfUseDefault;
}
FORCEINLINE VOID WDF_INTERRUPT_INFO_INIT(PWDF_INTERRUPT_INFO Info)
{
    WDF_ZERO_WITH_SIZE(Info, WDF_INTERRUPT_INFO);
}
FORCEINLINE VOID WDF_INTERRUPT_EXTENDED_POLICY_INIT(PWDF_INTERRUPT_EXTENDED_POLICY ExtendedPolicy)
{
    WDF_ZERO_WITH_SIZE(ExtendedPolicy, WDF_INTERRUPT_EXTENDED_POLICY);
    ExtendedPolicy->Policy = WdfIrqPolicyMachineDefault;
    ExtendedPolicy->Priority = WdfIrqPriorityUndefined;
}

WDF_SLOT(NTSTATUS, WdfInterruptCreate, (WDFDEVICE Device, PWDF_INTERRUPT_CONFIG Configuration,
         PWDF_OBJECT_ATTRIBUTES Attributes, WDFINTERRUPT *Interrupt), (Device, Configuration, Attributes, Interrupt))
WDF_SLOT(BOOLEAN, WdfInterruptQueueDpcForIsr, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(BOOLEAN, WdfInterruptQueueWorkItemForIsr, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(BOOLEAN, WdfInterruptSynchronize, (WDFINTERRUPT Interrupt, PFN_WDF_INTERRUPT_SYNCHRONIZE Callback,
         WDFCONTEXT Context), (Interrupt, Callback, Context))
WDF_SLOT(VOID, WdfInterruptAcquireLock, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptReleaseLock, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptEnable, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptDisable, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(PKINTERRUPT, WdfInterruptWdmGetInterrupt, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptGetInfo, (WDFINTERRUPT Interrupt, PWDF_INTERRUPT_INFO Info), (Interrupt, Info))
WDF_SLOT(VOID, WdfInterruptSetPolicy, (WDFINTERRUPT Interrupt, WDF_INTERRUPT_POLICY Policy,
         WDF_INTERRUPT_PRIORITY Priority, KAFFINITY TargetProcessorSet),
         (Interrupt, Policy, Priority, TargetProcessorSet))
WDF_SLOT(VOID, WdfInterruptSetExtendedPolicy, (WDFINTERRUPT Interrupt, PWDF_INTERRUPT_EXTENDED_POLICY PolicyAndGroup),
         (Interrupt, PolicyAndGroup))
WDF_SLOT(WDFDEVICE, WdfInterruptGetDevice, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(BOOLEAN, WdfInterruptTryToAcquireLock, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptReportActive, (WDFINTERRUPT Interrupt), (Interrupt))
WDF_SLOT(VOID, WdfInterruptReportInactive, (WDFINTERRUPT Interrupt), (Interrupt))

RING3_END_C

#endif
