/* Common buffers for DMA. */
#ifndef WDF_WDFCOMMONBUFFER_H
#define WDF_WDFCOMMONBUFFER_H

#include <wdf/wdfdmaenabler.h>

RING3_BEGIN_C

typedef struct _WDF_COMMON_BUFFER_CONFIG {
    ULONG Size;
    ULONG AlignmentRequirement;
} WDF_COMMON_BUFFER_CONFIG, *PWDF_COMMON_BUFFER_CONFIG;

FORCEINLINE VOID WDF_COMMON_BUFFER_CONFIG_INIT(PWDF_COMMON_BUFFER_CONFIG Config, ULONG AlignmentRequirement)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_COMMON_BUFFER_CONFIG);
    Config->AlignmentRequirement = AlignmentRequirement;
}

WDF_SLOT(NTSTATUS, WdfCommonBufferCreate, (WDFDMAENABLER DmaEnabler, size_t Length, PWDF_OBJECT_ATTRIBUTES Attributes,
         WDFCOMMONBUFFER *CommonBuffer), (DmaEnabler, Length, Attributes, CommonBuffer))
WDF_SLOT(NTSTATUS, WdfCommonBufferCreateWithConfig, (WDFDMAENABLER DmaEnabler, size_t Length,
         PWDF_COMMON_BUFFER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *CommonBuffer),
         (DmaEnabler, Length, Config, Attributes, CommonBuffer))
WDF_SLOT(PVOID, WdfCommonBufferGetAlignedVirtualAddress, (WDFCOMMONBUFFER CommonBuffer), (CommonBuffer))
WDF_SLOT(PHYSICAL_ADDRESS, WdfCommonBufferGetAlignedLogicalAddress, (WDFCOMMONBUFFER CommonBuffer), (CommonBuffer))
WDF_SLOT(size_t, WdfCommonBufferGetLength, (WDFCOMMONBUFFER CommonBuffer), (CommonBuffer))

RING3_END_C

#endif
