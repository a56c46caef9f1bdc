/* Strings: the exports behind header macros of the same names, and NdisInitializeString. */
#include "ndis/adapter.h"

#include <string.h>

#include "nt/pool.h"

/* A counted Unicode copy of a C string; freed with NdisFreeString. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisinitializestring */
VOID NTAPI NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
    size_t length = strlen((const char *)Source);

    *Destination = (NDIS_STRING){ 0 };
    Destination->Buffer = pool_alloc(NonPagedPoolNx, (length + 1) * sizeof(WCHAR), NDIS_TAG('N', 'D', 's', 't'), NDIS_CALLER());
    if (!Destination->Buffer)
        return;
    for (size_t i = 0; i <= length; i++)
        Destination->Buffer[i] = Source[i];
    Destination->Length = (USHORT)(length * sizeof(WCHAR));
    Destination->MaximumLength = (USHORT)(Destination->Length + sizeof(WCHAR));
}

/* docs: ndis/nf-ndis-ndisansistringtounicodestring */
NDIS_STATUS NTAPI NdisAnsiStringToUnicodeString(PNDIS_STRING DestinationString, PANSI_STRING SourceString)
{
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisunicodestringtoansistring */
NDIS_STATUS NTAPI NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString, PNDIS_STRING SourceString)
{
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisupcaseunicodestring */
NDIS_STATUS NTAPI NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString)
{
    return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

/* docs: ndis/nf-ndis-ndisinitansistring */
VOID NTAPI NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
    RtlInitAnsiString(DestinationString, SourceString);
}

/* docs: ndis/nf-ndis-ndisinitunicodestring */
VOID NTAPI NdisInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    RtlInitUnicodeString(DestinationString, SourceString);
}

/* docs: ndis/nf-ndis-ndisequalstring */
BOOLEAN NTAPI NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive)
{
    return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}
