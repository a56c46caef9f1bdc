/* Settings from the registry. */
#include "lwfcount.h"

typedef struct _KEYWORD {
    NDIS_STRING Name;
    ULONG Offset;                       /* of a ULONG in SETTINGS */
    ULONG Maximum, Default;
} KEYWORD;

static const KEYWORD Keywords[] = {
    { NDIS_STRING_CONST("Enabled"), FIELD_OFFSET(SETTINGS, Enabled), 1, 1 },
    { NDIS_STRING_CONST("DropSend"), FIELD_OFFSET(SETTINGS, DropSend), 1000000, 0 },
    { NDIS_STRING_CONST("DropReceive"), FIELD_OFFSET(SETTINGS, DropReceive), 1000000, 0 },
    { NDIS_STRING_CONST("DelaySend"), FIELD_OFFSET(SETTINGS, DelaySend), 10000, 0 },
    { NDIS_STRING_CONST("DelayReceive"), FIELD_OFFSET(SETTINGS, DelayReceive), 10000, 0 },
    { NDIS_STRING_CONST("EditSend"), FIELD_OFFSET(SETTINGS, EditSend), 1, 0 },
    { NDIS_STRING_CONST("EditReceive"), FIELD_OFFSET(SETTINGS, EditReceive), 1, 0 },
    { NDIS_STRING_CONST("EditOffset"), FIELD_OFFSET(SETTINGS, EditOffset), LWF_FRAME_SIZE - 1, 0 },
    { NDIS_STRING_CONST("EditValue"), FIELD_OFFSET(SETTINGS, EditValue), 255, 0 },
};

/* What the key does not have, or has out of range, stays as it is. */
static VOID ReadKeys(PSETTINGS Settings, NDIS_HANDLE Handle)
{
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE configuration;

    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = Handle;
    object.Flags = 0;
    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS)
        return;
    for (ULONG i = 0; i < ARRAYSIZE(Keywords); i++) {
        NDIS_CONFIGURATION_PARAMETER *parameter;
        NDIS_STRING name = Keywords[i].Name;
        NDIS_STATUS status;

        NdisReadConfiguration(&status, &parameter, configuration, &name, NdisParameterInteger);
        if (status == NDIS_STATUS_SUCCESS && parameter->ParameterData.IntegerData <= Keywords[i].Maximum)
            *(PULONG)((PUCHAR)Settings + Keywords[i].Offset) = parameter->ParameterData.IntegerData;
    }
    NdisCloseConfiguration(configuration);
}

VOID SettingsRead(PSETTINGS Settings, NDIS_HANDLE Module)
{
    for (ULONG i = 0; i < ARRAYSIZE(Keywords); i++)
        *(PULONG)((PUCHAR)Settings + Keywords[i].Offset) = Keywords[i].Default;
    ReadKeys(Settings, Driver.Handle);
    ReadKeys(Settings, Module);
}
