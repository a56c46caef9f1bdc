/* Runtime power: an idle disk tells the power framework so, and an idle card goes to D3. What is to be done then is the same as for sleep
 * (ScsiStopAdapter, ScsiRestartAdapter), so only the registration is here. A Windows without runtime power refuses it, and nothing
 * is lost. */
#include "adapter.h"

/* One component with F0 alone: a virtual disk has nothing between working and off. */
static VOID Describe(PSTOR_POFX_DEVICE_V2 device, const GUID *id)
{
    RtlZeroMemory(device, sizeof(*device));
    device->Version = STOR_POFX_DEVICE_VERSION_V2;
    device->Size = STOR_POFX_DEVICE_V2_SIZE;
    device->ComponentCount = 1;
    device->Components[0].Version = STOR_POFX_COMPONENT_VERSION_V1;
    device->Components[0].Size = STOR_POFX_COMPONENT_SIZE;
    device->Components[0].FStateCount = 1;
    device->Components[0].Id = *id;
    device->Components[0].FStates[0].Version = STOR_POFX_COMPONENT_IDLE_STATE_VERSION_V1;
    device->Components[0].FStates[0].Size = STOR_POFX_COMPONENT_IDLE_STATE_SIZE;
    device->Components[0].FStates[0].NominalPower = STOR_POFX_UNKNOWN_POWER;
}

_Use_decl_annotations_
VOID VioBlkRegisterAdapterPower(PVIOBLK_ADAPTER adapter)
{
    STOR_POFX_DEVICE_V2 device;
    BOOLEAN cold = FALSE;

    Describe(&device, &STORPORT_POFX_ADAPTER_GUID);
    StorPortInitializePoFxPower(adapter, NULL, (PSTOR_POFX_DEVICE)&device, &cold);
}

_Use_decl_annotations_
VOID VioBlkRegisterUnitPower(PVIOBLK_ADAPTER adapter, PSTOR_POFX_UNIT_POWER_INFO info)
{
    STOR_POFX_DEVICE_V2 device;
    BOOLEAN cold = FALSE;

    if (!info->IdlePowerEnabled)
        return;
    Describe(&device, &STORPORT_POFX_LUN_GUID);
    StorPortInitializePoFxPower(adapter, info->Header.Address, (PSTOR_POFX_DEVICE)&device, &cold);
}
