/* Reading sense data of either format. docs: scsi */
#ifndef RING3_STORPORT_SCSI_SENSE_PARSE_H
#define RING3_STORPORT_SCSI_SENSE_PARSE_H

#include <ring3/decl.h>
#include <storport/scsi_sense.h>

/* Fields of sense data come in a buffer of any length: each function answers FALSE when its field lies beyond it. */

FORCEINLINE BOOLEAN ScsiGetTotalSenseByteCountIndicated(PVOID SenseInfoBuffer, UCHAR SenseInfoBufferLength,
                                                        PUCHAR TotalByteCountIndicated)
{
    PUCHAR bytes = (PUCHAR)SenseInfoBuffer;

    if (!bytes || !TotalByteCountIndicated || SenseInfoBufferLength < 8 || !IsSenseDataFormatValueValid(bytes[0] & 0x7f))
        return FALSE;
    if (bytes[7] > MAX_SENSE_BUFFER_SIZE - 8)
        return FALSE;
    *TotalByteCountIndicated = (UCHAR)(bytes[7] + 8);
    return TRUE;
}

FORCEINLINE UCHAR ScsiGetSenseErrorCode(PVOID SenseInfoBuffer)
{
    return SenseInfoBuffer ? (UCHAR)(*(PUCHAR)SenseInfoBuffer & 0x7f) : 0;
}

FORCEINLINE BOOLEAN ScsiGetFixedSenseKeyAndCodes(PVOID SenseInfoBuffer, UCHAR SenseInfoBufferLength, PUCHAR SenseKey,
                                                 PUCHAR AdditionalSenseCode, PUCHAR AdditionalSenseCodeQualifier)
{
    PUCHAR bytes = (PUCHAR)SenseInfoBuffer;

    if (!bytes || SenseInfoBufferLength < 3 || !IsFixedSenseDataFormat(bytes[0] & 0x7f))
        return FALSE;
    if (SenseKey)
        *SenseKey = (UCHAR)(bytes[2] & 0xf);
    if (AdditionalSenseCode)
        *AdditionalSenseCode = SenseInfoBufferLength > 12 ? bytes[12] : 0;
    if (AdditionalSenseCodeQualifier)
        *AdditionalSenseCodeQualifier = SenseInfoBufferLength > 13 ? bytes[13] : 0;
    return TRUE;
}

FORCEINLINE BOOLEAN ScsiGetDescriptorSenseKeyAndCodes(PVOID SenseInfoBuffer, UCHAR SenseInfoBufferLength, PUCHAR SenseKey,
                                                      PUCHAR AdditionalSenseCode, PUCHAR AdditionalSenseCodeQualifier)
{
    PUCHAR bytes = (PUCHAR)SenseInfoBuffer;

    if (!bytes || SenseInfoBufferLength < 4 || !IsDescriptorSenseDataFormat(bytes[0] & 0x7f))
        return FALSE;
    if (SenseKey)
        *SenseKey = (UCHAR)(bytes[1] & 0xf);
    if (AdditionalSenseCode)
        *AdditionalSenseCode = bytes[2];
    if (AdditionalSenseCodeQualifier)
        *AdditionalSenseCodeQualifier = bytes[3];
    return TRUE;
}

FORCEINLINE BOOLEAN ScsiGetSenseKeyAndCodes(PVOID SenseInfoBuffer, UCHAR SenseInfoBufferLength, ULONG Options,
                                            PUCHAR SenseKey, PUCHAR AdditionalSenseCode,
                                            PUCHAR AdditionalSenseCodeQualifier)
{
    PUCHAR bytes = (PUCHAR)SenseInfoBuffer;
    UCHAR code = ScsiGetSenseErrorCode(SenseInfoBuffer);

    if (!bytes || !SenseInfoBufferLength)
        return FALSE;
    if (IsDescriptorSenseDataFormat(code))
        return ScsiGetDescriptorSenseKeyAndCodes(SenseInfoBuffer, SenseInfoBufferLength, SenseKey, AdditionalSenseCode,
                                                 AdditionalSenseCodeQualifier);
    if (IsFixedSenseDataFormat(code))
        return ScsiGetFixedSenseKeyAndCodes(SenseInfoBuffer, SenseInfoBufferLength, SenseKey, AdditionalSenseCode,
                                            AdditionalSenseCodeQualifier);
    if (!(Options & SCSI_SENSE_OPTIONS_FIXED_FORMAT_IF_UNKNOWN_FORMAT_INDICATED) || SenseInfoBufferLength < 14)
        return FALSE;
    if (SenseKey)
        *SenseKey = (UCHAR)(bytes[2] & 0xf);
    if (AdditionalSenseCode)
        *AdditionalSenseCode = bytes[12];
    if (AdditionalSenseCodeQualifier)
        *AdditionalSenseCodeQualifier = bytes[13];
    return TRUE;
}

#endif
