/* A KMDF driver with one control device, for the tests of the framework. A test file calls MakeDriver in its TEST_SETUP. */
#ifndef TESTS_GUEST_WDF_HELPERS_H
#define TESTS_GUEST_WDF_HELPERS_H

#include <ntddk.h>
#include <wdf.h>
#include <wdmsec.h>

#include "testing.h"

static WDFDRIVER driver;
static WDFDEVICE control __attribute__((unused));     /* made by each case as it likes */
static PDRIVER_UNLOAD test_unload;

static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    test_unload(WdfDriverWdmGetDriverObject(Driver));
}

/* Before the cases: the driver object, without devices. */
static inline NTSTATUS MakeDriver(void)
{
    WDF_DRIVER_CONFIG config;

    test_unload = TestDriverObject->DriverUnload;
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = EvtUnload;
    config.DriverPoolTag = 'tdfW';
    return WdfDriverCreate(TestDriverObject, TestRegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
}

/* A control device; name may be NULL. The caller makes its queues, then WdfControlFinishInitializing. */
static inline WDFDEVICE MakeControl(const WCHAR *name, WDF_OBJECT_ATTRIBUTES *attributes, WDF_FILEOBJECT_CONFIG *files)
{
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    UNICODE_STRING text;
    WDFDEVICE device;

    if (init == NULL)
        return NULL;
    if (files != NULL)
        WdfDeviceInitSetFileObjectConfig(init, files, WDF_NO_OBJECT_ATTRIBUTES);
    RtlInitUnicodeString(&text, name);
    if ((name != NULL && !NT_SUCCESS(WdfDeviceInitAssignName(init, &text))) ||
        !NT_SUCCESS(WdfDeviceCreate(&init, attributes, &device))) {
        WdfDeviceInitFree(init);
        return NULL;
    }
    return device;
}

#endif
