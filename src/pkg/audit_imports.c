/* ring3 audit: what a driver imports. */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pe/replaced.h"
#include "pkg/audit_internal.h"

/* --- single functions ---------------------------------------------------------------------------------------------- */

static bool is_kernel_module(const char *name)
{
    static const char *const known[] = { ".sys", ".exe" };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < countof(known); i++)
        if (!strcasecmp(dot, known[i]))
            return true;
    return dot && (!strcasecmp(name, "hal.dll") || !strcasecmp(name, "kdcom.dll") || !strcasecmp(name, "bootvid.dll") ||
                   !strcasecmp(name, "ci.dll"));
}

static void audit_function_of(struct auditing *a, const char *name)
{
    for (unsigned i = 0; i < audit_function_count; i++)
        if (!strcmp(audit_functions[i].name, name))
            audit_find(a, audit_functions[i].severity, audit_functions[i].rule, audit_functions[i].instead, "%s %s", name,
                       audit_functions[i].why);
}

/* docs: "Porting NDIS 5.x Drivers to NDIS 6.0" */
static void audit_ndis5(struct auditing *a, const struct audit_import *import)
{
    for (unsigned i = 0; i < pe_replaced_count && !strcasecmp(import->module, "ndis.sys"); i++)
        if (!strcmp(pe_replaced_rows[i].name, import->name))
            audit_find(a, AUDIT_ERROR, "import.obsolete", pe_replaced_rows[i].instead,
                       "%s belongs to NDIS 5, which Windows 8 and later do not have", import->name);
}

void audit_imports(struct auditing *a)
{
    for (int i = 0; i < a->import_count; i++) {
        const struct audit_import *import = &a->import[i];

        if (!is_kernel_module(import->module))
            audit_find(a, AUDIT_ERROR, "import.user-mode", "a driver can only call kernel modules", "imports %s from %s",
                       import->name, import->module);
        audit_function_of(a, import->name);
        audit_ndis5(a, import);
    }
}

/* --- kinds --------------------------------------------------------------------------------------------------------- */

/* A Storport miniport stands on Storport alone; the C runtime's memory functions come from the kernel's image.
 * docs: storage/storport-driver-support-routines */
static void audit_storport(struct auditing *a)
{
    static const char *const allowed[] = { "memcpy", "memset", "memmove", "memcmp", "__C_specific_handler", "DbgPrint", "DbgPrintEx",
                                           "KeBugCheckEx", "WmiTraceMessage", "strcmp", "strncmp", "strlen", "__chkstk", "RtlCompareMemory" };

    for (int i = 0; i < a->import_count; i++) {
        bool known = !strcasecmp(a->import[i].module, "storport.sys");

        for (size_t j = 0; j < countof(allowed) && !known; j++)
            known = !strcmp(a->import[i].name, allowed[j]);
        if (!known)
            audit_find(a, AUDIT_WARNING, "storport.import", "use the StorPort function that does the same",
                       "a Storport miniport calls %s of %s", a->import[i].name, a->import[i].module);
    }
}

/* What makes a driver one of its kind; any of the names. */
static const struct registration {
    const char *kind, *module, *name[8], *rule, *text, *advice;
} registrations[] = {
    { "storport", "storport.sys", { "StorPortInitialize" }, "storport.no-initialize", "it does not import StorPortInitialize",
      "DriverEntry calls StorPortInitialize" },
    { "ndis", "ndis.sys", { "NdisMRegisterMiniportDriver", "NdisFRegisterFilterDriver", "NdisRegisterProtocolDriver",
                            "NdisIMRegisterLayeredMiniport", "NdisMRegisterMiniport", "NdisRegisterProtocol" },
      "ndis.no-register", "it registers no miniport, filter or protocol",
      "DriverEntry calls NdisMRegisterMiniportDriver, NdisFRegisterFilterDriver or NdisRegisterProtocolDriver" },
    { "wfp", "fwpkclnt.sys", { "FwpsCalloutRegister0", "FwpsCalloutRegister1", "FwpsCalloutRegister2", "FwpsCalloutRegister3" },
      "wfp.no-callout", "it registers no callout", "FwpsCalloutRegister3, unless the driver only manages filters" },
    { "wsk", "netio.sys", { "WskRegister" }, "wsk.no-register", "it does not import WskRegister",
      "WskRegister, then WskCaptureProviderNPI" },
    { "kmdf", "wdfldr.sys", { "WdfVersionBind" }, "kmdf.no-bind", "it does not bind itself to the framework",
      "link with wdfdriverentry.lib and FxDriverEntry as the entry point" },
};

static void audit_registration(struct auditing *a)
{
    for (size_t i = 0; i < countof(registrations); i++) {
        const struct registration *r = &registrations[i];
        bool found = false;

        for (size_t j = 0; j < countof(r->name) && r->name[j]; j++)
            found = found || audit_imports_it(a, r->module, r->name[j]);
        if (!strcmp(a->report->kind, r->kind) && !found)
            audit_find(a, strcmp(r->kind, "wfp") ? AUDIT_ERROR : AUDIT_NOTE, r->rule, r->advice, "%s", r->text);
    }
}

void audit_kind(struct auditing *a)
{
    audit_registration(a);
    if (!strcmp(a->report->kind, "storport"))
        audit_storport(a);
}

/* --- pairs --------------------------------------------------------------------------------------------------------- */

/* Whoever imports one of the first must import one of the second. docs: the first functions' own pages. */
static const struct pair {
    const char *take[4], *give[4];
} pairs[] = {
    { { "NdisMRegisterMiniportDriver" }, { "NdisMDeregisterMiniportDriver" } },
    { { "NdisFRegisterFilterDriver" }, { "NdisFDeregisterFilterDriver" } },
    { { "NdisRegisterProtocolDriver" }, { "NdisDeregisterProtocolDriver" } },
    { { "NdisOpenAdapterEx" }, { "NdisCloseAdapterEx" } },
    { { "NdisAllocateNetBufferListPool" }, { "NdisFreeNetBufferListPool" } },
    { { "NdisAllocateNetBufferPool" }, { "NdisFreeNetBufferPool" } },
    { { "NdisAllocateTimerObject" }, { "NdisFreeTimerObject" } },
    { { "NdisAllocateIoWorkItem" }, { "NdisFreeIoWorkItem" } },
    { { "NdisMRegisterInterruptEx" }, { "NdisMDeregisterInterruptEx" } },
    { { "NdisMRegisterScatterGatherDma" }, { "NdisMDeregisterScatterGatherDma" } },
    { { "NdisRegisterDeviceEx" }, { "NdisDeregisterDeviceEx" } },
    { { "NdisMMapIoSpace" }, { "NdisMUnmapIoSpace" } },
    { { "NdisOpenConfigurationEx" }, { "NdisCloseConfiguration" } },
    { { "NdisAllocateRWLock" }, { "NdisFreeRWLock" } },
    { { "WskRegister" }, { "WskDeregister" } },
    { { "WskCaptureProviderNPI" }, { "WskReleaseProviderNPI" } },
    { { "NmrRegisterClient" }, { "NmrDeregisterClient" } },
    { { "NmrRegisterProvider" }, { "NmrDeregisterProvider" } },
    { { "FwpsCalloutRegister0", "FwpsCalloutRegister1", "FwpsCalloutRegister2", "FwpsCalloutRegister3" },
      { "FwpsCalloutUnregisterById0", "FwpsCalloutUnregisterByKey0" } },
    { { "FwpmEngineOpen0" }, { "FwpmEngineClose0" } },
    { { "FwpsInjectionHandleCreate0" }, { "FwpsInjectionHandleDestroy0" } },
    { { "FwpsRedirectHandleCreate0" }, { "FwpsRedirectHandleDestroy0" } },
    { { "FwpsAcquireClassifyHandle0" }, { "FwpsReleaseClassifyHandle0" } },
    { { "FwpsPendOperation0" }, { "FwpsCompleteOperation0" } },
    { { "FwpmTransactionBegin0" }, { "FwpmTransactionCommit0", "FwpmTransactionAbort0" } },
    { { "IoCreateDevice", "IoCreateDeviceSecure" }, { "IoDeleteDevice" } },
    { { "IoCreateSymbolicLink", "IoCreateUnprotectedSymbolicLink" }, { "IoDeleteSymbolicLink" } },
    { { "IoAttachDeviceToDeviceStack", "IoAttachDeviceToDeviceStackSafe" }, { "IoDetachDevice" } },
    { { "IoConnectInterrupt", "IoConnectInterruptEx" }, { "IoDisconnectInterrupt", "IoDisconnectInterruptEx" } },
    { { "IoAllocateWorkItem" }, { "IoFreeWorkItem" } },
    { { "IoAllocateMdl" }, { "IoFreeMdl" } },
    { { "IoRegisterShutdownNotification", "IoRegisterLastChanceShutdownNotification" }, { "IoUnregisterShutdownNotification" } },
    { { "IoRegisterPlugPlayNotification" }, { "IoUnregisterPlugPlayNotification", "IoUnregisterPlugPlayNotificationEx" } },
    { { "MmMapIoSpace", "MmMapIoSpaceEx" }, { "MmUnmapIoSpace" } },
    { { "MmAllocateContiguousMemory", "MmAllocateContiguousMemorySpecifyCache", "MmAllocateContiguousNodeMemory" },
      { "MmFreeContiguousMemory", "MmFreeContiguousMemorySpecifyCache" } },
    { { "ExInitializeLookasideListEx" }, { "ExDeleteLookasideListEx" } },
    { { "ExInitializeNPagedLookasideList" }, { "ExDeleteNPagedLookasideList" } },
    { { "ExInitializePagedLookasideList" }, { "ExDeletePagedLookasideList" } },
    { { "ExInitializeResourceLite" }, { "ExDeleteResourceLite" } },
    { { "ExAllocateTimer" }, { "ExDeleteTimer" } },
    { { "ExRegisterCallback" }, { "ExUnregisterCallback" } },
    { { "CmRegisterCallback", "CmRegisterCallbackEx" }, { "CmUnRegisterCallback" } },
    { { "KeRegisterBugCheckCallback" }, { "KeDeregisterBugCheckCallback" } },
    { { "KeRegisterBugCheckReasonCallback" }, { "KeDeregisterBugCheckReasonCallback" } },
    { { "KeRegisterNmiCallback" }, { "KeDeregisterNmiCallback" } },
    { { "KeRegisterProcessorChangeCallback" }, { "KeDeregisterProcessorChangeCallback" } },
    { { "KeSaveExtendedProcessorState" }, { "KeRestoreExtendedProcessorState" } },
    { { "KeEnterCriticalRegion" }, { "KeLeaveCriticalRegion" } },
    { { "EtwRegister" }, { "EtwUnregister" } },
    { { "PoFxRegisterDevice" }, { "PoFxUnregisterDevice" } },
    { { "ZwCreateFile", "ZwOpenFile", "ZwOpenKey", "ZwCreateKey" }, { "ZwClose", "ObCloseHandle" } },
};

static bool imports_any(const struct auditing *a, const char *const name[4])
{
    for (int i = 0; i < 4 && name[i]; i++)
        if (audit_imports_it(a, NULL, name[i]))
            return true;
    return false;
}

void audit_pairs(struct auditing *a)
{
    for (size_t i = 0; i < countof(pairs); i++) {
        if (!imports_any(a, pairs[i].take) || imports_any(a, pairs[i].give))
            continue;
        for (int j = 0; j < 4 && pairs[i].take[j]; j++)
            if (audit_imports_it(a, NULL, pairs[i].take[j]))
                audit_find(a, AUDIT_WARNING, "import.unpaired", pairs[i].give[0], "it calls %s and never gives back what it got",
                           pairs[i].take[j]);
    }
}
