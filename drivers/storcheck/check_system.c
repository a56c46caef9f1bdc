/* Processors, the registry, performance options, the device, logs, queues, power, and what a computer may lack. */
#include "storcheck.h"

ULONG CheckProcessors(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    PROCESSOR_NUMBER number;
    GROUP_AFFINITY node;
    KAFFINITY mask = 0;
    USHORT groups = 0;
    ULONG nodes = 0, highest = 99, index = 99, count = 0, back = 99;

    ANSWERS(StorPortGetCurrentProcessorNumber(device, &number), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortGetProcessorIndexFromNumber(device, &number, &index), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortGetProcessorCount(device, &count), STOR_STATUS_SUCCESS);
    HOLDS(count == KeQueryActiveProcessorCount(NULL) && index < count);
    ANSWERS(StorPortGetCurrentProcessorIndex(device, &back), STOR_STATUS_SUCCESS);
    HOLDS(back < count);
    ANSWERS(StorPortGetActiveGroupCount(device, &groups), STOR_STATUS_SUCCESS);
    HOLDS(groups >= 1);
    ANSWERS(StorPortGetGroupAffinity(device, 0, &mask), STOR_STATUS_SUCCESS);
    HOLDS(mask & ((KAFFINITY)1 << number.Number));
    ANSWERS(StorPortGetGroupAffinity(device, 1000, &mask), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortGetActiveNodeCount(device, &nodes), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortGetHighestNodeNumber(device, &highest), STOR_STATUS_SUCCESS);
    HOLDS(nodes >= 1 && highest >= nodes - 1);
    ANSWERS(StorPortGetNodeAffinity(device, highest, &node), STOR_STATUS_SUCCESS);
    HOLDS(node.Mask != 0);
    ANSWERS(StorPortGetNodeAffinity(device, 70000, &node), STOR_STATUS_INVALID_PARAMETER);
    return 0;
}

ULONG CheckRegistry(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    ULONG value = 4711, length = 64;
    PUCHAR buffer = StorPortAllocateRegistryBuffer(device, &length);

    HOLDS(buffer != NULL && length == 64);
    HOLDS(StorPortRegistryWrite(device, (PUCHAR)"Number", FALSE, MINIPORT_REG_DWORD, (PUCHAR)&value, sizeof(value)));
    HOLDS(StorPortRegistryRead(device, (PUCHAR)"Number", FALSE, MINIPORT_REG_DWORD, buffer, &length));
    HOLDS(length == sizeof(value) && *(PULONG)buffer == 4711);
    length = 64;
    HOLDS(!StorPortRegistryRead(device, (PUCHAR)"NoSuchValue", FALSE, MINIPORT_REG_DWORD, buffer, &length));
    HOLDS(StorPortRegistryWrite(device, (PUCHAR)"Text", TRUE, MINIPORT_REG_SZ, (PUCHAR)"abc", 4));
    length = 64;
    HOLDS(StorPortRegistryRead(device, (PUCHAR)"Text", TRUE, MINIPORT_REG_SZ, buffer, &length));
    HOLDS(buffer[0] == 'a' && buffer[2] == 'c' && buffer[3] == 0);
    HOLDS(StorPortRegistryWrite(device, (PUCHAR)"Bytes", TRUE, MINIPORT_REG_BINARY, (PUCHAR)"\1\2\3", 3));
    length = 64;
    HOLDS(StorPortRegistryRead(device, (PUCHAR)"Bytes", TRUE, MINIPORT_REG_BINARY, buffer, &length));
    HOLDS(length == 3 && buffer[2] == 3);
    StorPortFreeRegistryBuffer(device, buffer);
    return 0;
}

ULONG CheckAdapterKey(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    ULONG value = 12, back = 0, length = sizeof(value);
    PVOID data = &back;

    ANSWERS(StorPortRegistryWriteAdapterKey(device, (PUCHAR)"Check", (PUCHAR)"Value", REG_DWORD, &value, sizeof(value)),
            STOR_STATUS_SUCCESS);
    ANSWERS(StorPortRegistryReadAdapterKey(device, (PUCHAR)"Check", (PUCHAR)"Value", REG_DWORD, &data, &length), STOR_STATUS_SUCCESS);
    HOLDS(back == 12 && length == sizeof(value));
    HOLDS(StorPortRegistryReadAdapterKey(device, (PUCHAR)"Check", (PUCHAR)"Missing", REG_DWORD, &data, &length) !=
          STOR_STATUS_SUCCESS);
    return 0;
}

ULONG CheckPerformance(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    PERF_CONFIGURATION_DATA data = { .Version = STOR_PERF_VERSION, .Size = sizeof(data) };

    ANSWERS(StorPortInitializePerfOpts(device, TRUE, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortInitializePerfOpts(device, TRUE, &data), STOR_STATUS_UNSUCCESSFUL);       /* too late */
    ANSWERS(context->Device->PerformanceStatus, STOR_STATUS_SUCCESS);
    HOLDS(context->Device->PerformanceFlags != 0);
    return 0;
}

ULONG CheckSystem(PCHECK_CONTEXT context)
{
    PVOID device = context->Device, adapter = NULL, physical = NULL, lower = NULL;
    STOR_ADDR_BTL8 address = { .Type = STOR_ADDRESS_TYPE_BTL8, .AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH };
    MESSAGE_INTERRUPT_INFORMATION message;
    STOR_UNIT_ATTRIBUTES attributes = { .DeviceAttentionSupported = 1 };
    LARGE_INTEGER now, later;
    BOOLEAN upgrade = TRUE;

    ANSWERS(StorPortGetDeviceObjects(device, &adapter, &physical, &lower), STOR_STATUS_SUCCESS);
    HOLDS(adapter != NULL && physical != NULL && lower != NULL && adapter != physical);
    address.Port = 0xffff;
    ANSWERS(StorPortGetSystemPortNumber(device, (PSTOR_ADDRESS)&address), STOR_STATUS_SUCCESS);
    HOLDS(address.Port != 0xffff);
    ANSWERS(StorPortSetUnitAttributes(device, (PSTOR_ADDRESS)&address, attributes), STOR_STATUS_SUCCESS);
    address.Target = 9;
    ANSWERS(StorPortSetUnitAttributes(device, (PSTOR_ADDRESS)&address, attributes), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortGetMSIInfo(device, 0, &message), STOR_STATUS_INVALID_DEVICE_REQUEST);       /* no interrupt */
    ANSWERS(StorPortIsCurrentOsInstallationUpgrade(device, &upgrade), STOR_STATUS_SUCCESS);
    HOLDS(!upgrade);
    StorPortQuerySystemTime(&now);
    StorPortStallExecution(20);
    StorPortQuerySystemTime(&later);
    HOLDS(now.QuadPart != 0 && later.QuadPart >= now.QuadPart);
    HOLDS(StorPortGetLogicalUnit(device, 0, 9, 0) == NULL);
    return 0;
}

ULONG CheckLogs(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    STORPORT_TELEMETRY_EVENT telemetry = { .DriverVersion = 1, .EventId = 1, .EventName = "check" };
    STOR_LOG_EVENT_DETAILS details = { .InterfaceRevision = STOR_CURRENT_LOG_INTERFACE_REVISION, .Size = sizeof(details) };
    WCHAR text[] = L"check", name[] = L"value";
    ULONG room = 0;

    StorPortLogError(device, NULL, 0, 0, 0, SP_INTERNAL_ADAPTER_ERROR, 1);
    StorPortDebugPrint(3, "storcheck %d\n", 1);
    ANSWERS(StorPortLogTelemetry(device, NULL, &telemetry), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortEtwEvent2(device, NULL, 1, text, STORPORT_ETW_EVENT_KEYWORD_IO, StorportEtwLevelInformational,
                              StorportEtwEventOpcodeInfo, NULL, name, 1, NULL, 0),
            STOR_STATUS_SUCCESS);
    ANSWERS(StorPortEtwEvent4(device, NULL, 1, text, STORPORT_ETW_EVENT_KEYWORD_IO, StorportEtwLevelError,
                              StorportEtwEventOpcodeStart, context->Srb, name, 1, name, 2, NULL, 0, NULL, 0),
            STOR_STATUS_SUCCESS);
    ANSWERS(StorPortLogSystemEvent(device, &details, &room), STOR_STATUS_SUCCESS);
    details.DumpDataSize = 1u << 20;
    HOLDS(StorPortLogSystemEvent(device, &details, &room) != STOR_STATUS_SUCCESS && room != 0);
    return 0;
}

/* A computer may have these; what it must not do is to crash or to pretend. */
ULONG CheckMissing(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    ULONG method = 'DDS_', size = 0;
    UCHAR in[4] = { 0 }, out[4];
    BOOLEAN enabled = FALSE;

    HOLDS(StorPortInvokeAcpiMethod(device, NULL, method, in, sizeof(in), out, sizeof(out), &size) != STOR_STATUS_SUCCESS);
    ANSWERS(StorPortHardwareReset(device, StorPlatformLevelReset), STOR_STATUS_NOT_IMPLEMENTED);
    ANSWERS(StorPortMaskMsixInterrupt(device, 0, TRUE), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortCaptureLiveDump(device, NULL, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortQueryConfiguration(device, StorportQueryConfigurationD3, &enabled), STOR_STATUS_SUCCESS);
    ANSWERS(StorPortQueryConfiguration(device, StorportQueryConfigurationMax, &enabled), STOR_STATUS_INVALID_PARAMETER);
    return 0;
}

ULONG CheckQueues(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;

    HOLDS(StorPortSetDeviceQueueDepth(device, 0, 0, 0, 8));
    HOLDS(!StorPortSetDeviceQueueDepth(device, 0, 0, 0, 0));
    HOLDS(!StorPortSetDeviceQueueDepth(device, 0, 0, 0, 100000));
    HOLDS(StorPortPauseDevice(device, 0, 0, 0, 10));
    HOLDS(StorPortResumeDevice(device, 0, 0, 0));
    HOLDS(!StorPortPauseDevice(device, 0, 9, 0, 10));
    HOLDS(StorPortPause(device, 10));
    HOLDS(StorPortResume(device));
    HOLDS(StorPortDeviceBusy(device, 0, 0, 0, 1));
    HOLDS(StorPortDeviceReady(device, 0, 0, 0));
    HOLDS(!StorPortDeviceReady(device, 0, 9, 0));
    HOLDS(StorPortBusy(device, 1));
    HOLDS(StorPortReady(device));
    return 0;
}

ULONG CheckPower(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;
    STOR_POFX_DEVICE_V2 bad = { .Version = 77, .Size = STOR_POFX_DEVICE_V2_SIZE, .ComponentCount = 1 };
    STOR_ADDR_BTL8 address = { .Type = STOR_ADDRESS_TYPE_BTL8, .AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH };
    BOOLEAN cold = TRUE;

    ANSWERS(StorPortInitializePoFxPower(device, (PSTOR_ADDRESS)&address, NULL, &cold), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortInitializePoFxPower(device, (PSTOR_ADDRESS)&address, (PSTOR_POFX_DEVICE)&bad, &cold),
            STOR_STATUS_INVALID_PARAMETER);
    HOLDS(StorPortPoFxActivateComponent(device, (PSTOR_ADDRESS)&address, NULL, 0, 0) != STOR_STATUS_SUCCESS);
    HOLDS(StorPortPoFxIdleComponent(device, (PSTOR_ADDRESS)&address, NULL, 0, 0) != STOR_STATUS_SUCCESS);
    ANSWERS(StorPortPoFxSetComponentLatency(device, (PSTOR_ADDRESS)&address, 0, 1000), STOR_STATUS_INVALID_DEVICE_REQUEST);
    ANSWERS(StorPortPoFxSetIdleTimeout(device, (PSTOR_ADDRESS)&address, 10), STOR_STATUS_INVALID_PARAMETER);
    return 0;
}

ULONG CheckSettings(PCHECK_CONTEXT context)
{
    PVOID device = context->Device;

    ANSWERS(StorPortEnableRegistryKeyNotification(device, NULL), STOR_STATUS_INVALID_PARAMETER);
    ANSWERS(StorPortUpdateAdapterMaxIO(device, 10), STOR_STATUS_INVALID_DEVICE_REQUEST);       /* not in HwStorInitialize */
    ANSWERS(StorPortSetFeatureList(device, 1, NULL), STOR_STATUS_INVALID_PARAMETER);
    return 0;
}
