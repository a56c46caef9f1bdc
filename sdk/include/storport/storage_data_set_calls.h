/* Building and reading the buffers of IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES. Any IRQL; the caller owns each buffer.
 *
 *   input:  DEVICE_DSM_INPUT, parameter block at its alignment, ranges at the alignment of a range
 *   output: DEVICE_DSM_OUTPUT, output block at its alignment
 *
 * docs: storage/data-set-management-overview, ntddstor/nf-ntddstor-devicedsm... */
#ifndef RING3_STORPORT_STORAGE_DATA_SET_CALLS_H
#define RING3_STORPORT_STORAGE_DATA_SET_CALLS_H

#include <ntdef.h>
#include <ring3/rtl_memory.h>
#include <storport/storage_data_sets.h>

#define DEVICE_DSM_ROUND_UP(_a, _b) (((_a) + ((_b) - 1)) / (_b) * (_b))
#define DEVICE_DSM_ROUND_DN(_a, _b) ((_a) / (_b) * (_b))

/* --- input ------------------------------------------------------------------------------------------------------------ */

FORCEINLINE PVOID DeviceDsmParameterBlock(PDEVICE_DSM_INPUT Input)
{
    return (PUCHAR)Input + Input->ParameterBlockOffset;
}

FORCEINLINE PDEVICE_DSM_RANGE DeviceDsmDataSetRanges(PDEVICE_DSM_INPUT Input)
{
    return (PDEVICE_DSM_RANGE)(PVOID)((PUCHAR)Input + Input->DataSetRangesOffset);
}

FORCEINLINE ULONG DeviceDsmNumberOfDataSetRanges(PDEVICE_DSM_INPUT Input)
{
    return Input->DataSetRangesLength / sizeof(DEVICE_DSM_RANGE);
}

/* Where ranges begin behind a parameter block of so many bytes; 0: none. */
FORCEINLINE ULONG Ring3DsmRangesOffset(PDEVICE_DSM_DEFINITION Definition, ULONG ParameterBlockLength)
{
    ULONG at = sizeof(DEVICE_DSM_INPUT);

    if (ParameterBlockLength != 0)
        at = DEVICE_DSM_ROUND_UP(at, Definition->ParameterBlockAlignment) + ParameterBlockLength;
    return (ULONG)DEVICE_DSM_ROUND_UP(at, sizeof(LONGLONG));
}

/* Bytes of an input with such a parameter block and so many ranges. */
FORCEINLINE ULONG DeviceDsmGetInputLength(PDEVICE_DSM_DEFINITION Definition, ULONG ParameterBlockLength, ULONG NumberOfDataSetRanges)
{
    ULONG at = sizeof(DEVICE_DSM_INPUT);

    if (NumberOfDataSetRanges != 0)
        return Ring3DsmRangesOffset(Definition, ParameterBlockLength) + NumberOfDataSetRanges * (ULONG)sizeof(DEVICE_DSM_RANGE);
    if (ParameterBlockLength != 0)
        at = DEVICE_DSM_ROUND_UP(at, Definition->ParameterBlockAlignment) + ParameterBlockLength;
    return at;
}

/* How many ranges fit into an input of InputLength bytes. */
FORCEINLINE ULONG DeviceDsmGetNumberOfDataSetRanges(PDEVICE_DSM_DEFINITION Definition, ULONG InputLength, ULONG ParameterBlockLength)
{
    ULONG at = Ring3DsmRangesOffset(Definition, ParameterBlockLength);

    return at < InputLength ? (InputLength - at) / (ULONG)sizeof(DEVICE_DSM_RANGE) : 0;
}

/* InputLength is at least what DeviceDsmGetInputLength answers. Parameters may be NULL: the block is zeroed then. */
FORCEINLINE VOID DeviceDsmInitializeInput(PDEVICE_DSM_DEFINITION Definition, PDEVICE_DSM_INPUT Input, ULONG InputLength, ULONG Flags,
                                          PVOID Parameters, ULONG ParameterBlockLength)
{
    RtlZeroMemory(Input, InputLength);
    Input->Size = sizeof(DEVICE_DSM_INPUT);
    Input->Action = Definition->Action;
    Input->Flags = Flags;
    if (ParameterBlockLength == 0)
        return;
    Input->ParameterBlockOffset = (ULONG)DEVICE_DSM_ROUND_UP(sizeof(DEVICE_DSM_INPUT), Definition->ParameterBlockAlignment);
    Input->ParameterBlockLength = ParameterBlockLength;
    if (Parameters != NULL)
        RtlCopyMemory(DeviceDsmParameterBlock(Input), Parameters, ParameterBlockLength);
}

/* One range more, behind those that are there. FALSE: it does not fit, or the input stands for all of the device. */
FORCEINLINE BOOLEAN DeviceDsmAddDataSetRange(PDEVICE_DSM_INPUT Input, ULONG InputLength, LONGLONG Offset, ULONGLONG Length)
{
    ULONG at = Input->DataSetRangesOffset;
    PDEVICE_DSM_RANGE range;

    if (Input->Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE)
        return FALSE;
    if (Input->DataSetRangesLength == 0) {
        at = Input->ParameterBlockLength ? Input->ParameterBlockOffset + Input->ParameterBlockLength : (ULONG)sizeof(DEVICE_DSM_INPUT);
        at = (ULONG)DEVICE_DSM_ROUND_UP(at, sizeof(LONGLONG));
    }
    if (InputLength < at || InputLength - at < Input->DataSetRangesLength ||
        InputLength - at - Input->DataSetRangesLength < sizeof(DEVICE_DSM_RANGE))
        return FALSE;
    Input->DataSetRangesOffset = at;
    range = DeviceDsmDataSetRanges(Input) + DeviceDsmNumberOfDataSetRanges(Input);
    range->StartingOffset = Offset;
    range->LengthInBytes = Length;
    Input->DataSetRangesLength += sizeof(DEVICE_DSM_RANGE);
    return TRUE;
}

/* A part lies behind the head, inside of the whole and at its alignment. */
FORCEINLINE BOOLEAN Ring3DsmPart(ULONG Head, ULONG Offset, ULONG Length, ULONG Alignment, ULONG Whole)
{
    return Offset >= Head && Offset <= Whole && Length <= Whole - Offset && (Alignment < 2 || Offset % Alignment == 0);
}

FORCEINLINE BOOLEAN DeviceDsmValidateInput(PDEVICE_DSM_DEFINITION Definition, PDEVICE_DSM_INPUT Input, ULONG InputLength)
{
    ULONG ranges;

    if (InputLength < sizeof(DEVICE_DSM_INPUT) || Input->Size != sizeof(DEVICE_DSM_INPUT) || Input->Action != Definition->Action)
        return FALSE;
    if (Definition->ParameterBlockLength > Input->ParameterBlockLength)
        return FALSE;
    if (Input->ParameterBlockLength != 0 && !Ring3DsmPart(sizeof(DEVICE_DSM_INPUT), Input->ParameterBlockOffset, Input->ParameterBlockLength,
                                                          Definition->ParameterBlockAlignment, InputLength))
        return FALSE;
    ranges = Input->DataSetRangesLength;
    if (Input->Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE)
        return ranges == 0;
    if (Definition->SingleRange && ranges != sizeof(DEVICE_DSM_RANGE))
        return FALSE;
    return ranges == 0 || (ranges % sizeof(DEVICE_DSM_RANGE) == 0 &&
                           Ring3DsmPart(sizeof(DEVICE_DSM_INPUT), Input->DataSetRangesOffset, ranges, sizeof(LONGLONG), InputLength));
}

/* --- output ----------------------------------------------------------------------------------------------------------- */

FORCEINLINE PVOID DeviceDsmOutputBlock(PDEVICE_DSM_OUTPUT Output)
{
    return (PUCHAR)Output + Output->OutputBlockOffset;
}

FORCEINLINE ULONG Ring3DsmOutputOffset(PDEVICE_DSM_DEFINITION Definition)
{
    ULONG alignment = Definition->OutputBlockAlignment ? Definition->OutputBlockAlignment : 1;

    return (ULONG)DEVICE_DSM_ROUND_UP((ULONG)sizeof(DEVICE_DSM_OUTPUT), alignment);
}

/* Bytes of the block in an output of OutputLength bytes; 0: the action has none. */
FORCEINLINE ULONG DeviceDsmGetOutputBlockLength(PDEVICE_DSM_DEFINITION Definition, ULONG OutputLength)
{
    ULONG at = Ring3DsmOutputOffset(Definition);

    return Definition->HasOutput && Definition->OutputBlockLength && OutputLength > at ? OutputLength - at : 0;
}

/* 0: the action has no output. */
FORCEINLINE ULONG DeviceDsmGetOutputLength(PDEVICE_DSM_DEFINITION Definition, ULONG OutputBlockLength)
{
    if (!Definition->HasOutput)
        return 0;
    return OutputBlockLength ? Ring3DsmOutputOffset(Definition) + OutputBlockLength : (ULONG)sizeof(DEVICE_DSM_OUTPUT);
}

FORCEINLINE BOOLEAN DeviceDsmValidateOutputLength(PDEVICE_DSM_DEFINITION Definition, ULONG OutputLength)
{
    return OutputLength >= DeviceDsmGetOutputLength(Definition, Definition->OutputBlockLength);
}

/* OutputLength is one that DeviceDsmValidateOutputLength takes. */
FORCEINLINE VOID DeviceDsmInitializeOutput(PDEVICE_DSM_DEFINITION Definition, PDEVICE_DSM_OUTPUT Output, ULONG OutputLength, ULONG Flags)
{
    RtlZeroMemory(Output, OutputLength);
    Output->Size = sizeof(DEVICE_DSM_OUTPUT);
    Output->Action = Definition->Action;
    Output->Flags = Flags;
    Output->OutputBlockLength = DeviceDsmGetOutputBlockLength(Definition, OutputLength);
    if (Output->OutputBlockLength != 0)
        Output->OutputBlockOffset = Ring3DsmOutputOffset(Definition);
}

FORCEINLINE BOOLEAN DeviceDsmValidateOutput(PDEVICE_DSM_DEFINITION Definition, PDEVICE_DSM_OUTPUT Output, ULONG OutputLength)
{
    if (OutputLength < sizeof(DEVICE_DSM_OUTPUT) || Output->Size != sizeof(DEVICE_DSM_OUTPUT) || Output->Action != Definition->Action)
        return FALSE;
    if (Output->OutputBlockLength == 0)
        return Definition->OutputBlockLength == 0;
    return Output->OutputBlockLength >= Definition->OutputBlockLength &&
           Ring3DsmPart(sizeof(DEVICE_DSM_OUTPUT), Output->OutputBlockOffset, Output->OutputBlockLength, Definition->OutputBlockAlignment,
                        OutputLength);
}

#endif
