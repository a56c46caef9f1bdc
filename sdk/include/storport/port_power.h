/* Runtime power, cryptography and dumps.
 * Each function forwards to StorPortExtendedFunction or StorPortNotification and answers a STOR_STATUS. docs: storport */
#ifndef RING3_STORPORT_PORT_POWER_H
#define RING3_STORPORT_PORT_POWER_H

#include <storport/port_exports.h>

FORCEINLINE ULONG StorPortInitializePoFxPower(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, PSTOR_POFX_DEVICE Device,
                                              PBOOLEAN D3ColdEnabled)
{
    return StorPortExtendedFunction(ExtFunctionInitializePoFxPower, HwDeviceExtension, Address, Device, D3ColdEnabled);
}

FORCEINLINE ULONG StorPortPoFxActivateComponent(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, PSCSI_REQUEST_BLOCK Srb,
                                                ULONG Component, ULONG Flags)
{
    return StorPortExtendedFunction(ExtFunctionPoFxActivateComponent, HwDeviceExtension, Address, Srb, Component, Flags);
}

FORCEINLINE ULONG StorPortPoFxIdleComponent(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, PSCSI_REQUEST_BLOCK Srb,
                                            ULONG Component, ULONG Flags)
{
    return StorPortExtendedFunction(ExtFunctionPoFxIdleComponent, HwDeviceExtension, Address, Srb, Component, Flags);
}

FORCEINLINE ULONG StorPortPoFxSetComponentLatency(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG Component,
                                                  ULONGLONG Latency)
{
    return StorPortExtendedFunction(ExtFunctionPoFxSetComponentLatency, HwDeviceExtension, Address, Component, Latency);
}

FORCEINLINE ULONG StorPortPoFxSetComponentResidency(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG Component,
                                                    ULONGLONG Residency)
{
    return StorPortExtendedFunction(ExtFunctionPoFxSetComponentResidency, HwDeviceExtension, Address, Component,
                                    Residency);
}

FORCEINLINE ULONG StorPortPoFxPowerControl(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, LPCGUID PowerControlCode,
                                           PVOID InBuffer, SIZE_T InBufferSize, PVOID OutBuffer, SIZE_T OutBufferSize,
                                           PSIZE_T BytesReturned)
{
    return StorPortExtendedFunction(ExtFunctionPoFxPowerControl, HwDeviceExtension, Address, PowerControlCode, InBuffer,
                                    InBufferSize, OutBuffer, OutBufferSize, BytesReturned);
}

FORCEINLINE ULONG StorPortPoFxSetIdleTimeout(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG IdleTimeoutInMS)
{
    return StorPortExtendedFunction(ExtFunctionPoFxSetIdleTimeout, HwDeviceExtension, Address, IdleTimeoutInMS);
}

FORCEINLINE ULONG StorPortPoFxSetPerfState(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, ULONG Component, ULONG Flags,
                                           ULONG SetIndex, ULONG State, PVOID Context)
{
    return StorPortExtendedFunction(ExtFunctionPoFxSetPerfState, HwDeviceExtension, Address, Component, Flags, SetIndex,
                                    State, Context);
}

FORCEINLINE ULONG StorPortGetD3ColdSupport(PVOID HwDeviceExtension, PSTOR_ADDRESS Address, PBOOLEAN Supported)
{
    return StorPortExtendedFunction(ExtFunctionGetD3ColdSupport, HwDeviceExtension, Address, Supported);
}

FORCEINLINE ULONG StorPortInitializeCryptoEngine(PVOID HwDeviceExtension,
                                                 PSTOR_CRYPTO_CAPABILITIES_DATA CryptoCapabilitiesData)
{
    return StorPortExtendedFunction(ExtFunctionInitializeCryptoEngine, HwDeviceExtension, CryptoCapabilitiesData);
}

FORCEINLINE ULONG StorPortGetRequestCryptoInfo(PVOID HwDeviceExtension, PSCSI_REQUEST_BLOCK Srb,
                                               PSTOR_CRYPTO_KEY_INFO CryptoKeyInfo)
{
    return StorPortExtendedFunction(ExtFunctionGetRequestCryptoInfo, HwDeviceExtension, Srb, CryptoKeyInfo);
}

FORCEINLINE ULONG StorPortCaptureLiveDump(PVOID HwDeviceExtension, PSTOR_ADDRESS StorAddress,
                                          PSTORPORT_CAPTURE_LIVEDUMP CaptureLivedump)
{
    return StorPortExtendedFunction(ExtFunctionCaptureLiveDump, HwDeviceExtension, StorAddress, CaptureLivedump);
}

#endif
