/* TraceLogging's events as EtwWriteTransfer takes them: traceloggingprovider.h. */
#include <ntddk.h>
#include <traceloggingprovider.h>

#define METADATA_SIZE 1024

typedef struct _METADATA {
    USHORT Size;
    UCHAR Bytes[METADATA_SIZE];
} METADATA;

static VOID Put(METADATA *Metadata, UCHAR Byte)
{
    if (Metadata->Size < sizeof(*Metadata))
        Metadata->Bytes[Metadata->Size++ - 2] = Byte;
}

static VOID PutName(METADATA *Metadata, PCSTR Name)
{
    do
        Put(Metadata, (UCHAR)*Name);
    while (*Name++);
}

static VOID NTAPI Enabled(LPCGUID Source, ULONG Code, UCHAR Level, ULONGLONG Any, ULONGLONG All, PEVENT_FILTER_DESCRIPTOR Filter, PVOID Context)
{
    TraceLoggingHProvider provider = (TraceLoggingHProvider)Context;

    if (Code == EVENT_CONTROL_CODE_ENABLE_PROVIDER) {
        provider->Level = Level != 0 ? Level : 0xff;
        provider->AnyKeyword = Any;
        provider->AllKeyword = All;
    } else if (Code == EVENT_CONTROL_CODE_DISABLE_PROVIDER) {
        provider->Level = 0;
    }
    if (provider->Callback != NULL)
        provider->Callback(Source, Code, Level, Any, All, Filter, provider->CallbackContext);
}

NTSTATUS NTAPI Ring3TraceRegister(TraceLoggingHProvider Provider, PETWENABLECALLBACK Callback, PVOID Context)
{
    NTSTATUS status;

    Provider->Callback = Callback;
    Provider->CallbackContext = Context;
    status = EtwRegister(&Provider->Id, Enabled, Provider, &Provider->Handle);
    if (NT_SUCCESS(status))
        EtwSetInformation(Provider->Handle, EventProviderSetTraits, (PVOID)Provider->Metadata, Provider->MetadataSize);
    return status;
}

VOID NTAPI Ring3TraceUnregister(TraceLoggingHProvider Provider)
{
    if (Provider->Handle != 0)
        EtwUnregister(Provider->Handle);
    Provider->Handle = 0;
    Provider->Level = 0;
}

BOOLEAN NTAPI Ring3TraceEnabled(TraceLoggingHProvider Provider, UCHAR Level, ULONGLONG Keyword)
{
    if (Provider->Level == 0 || Level > Provider->Level)
        return FALSE;
    return Keyword == 0 || ((Keyword & Provider->AnyKeyword) != 0 && (Keyword & Provider->AllKeyword) == Provider->AllKeyword);
}

ULONGLONG NTAPI Ring3TraceFloat(float Value)
{
    ULONG bits;

    RtlCopyMemory(&bits, &Value, sizeof(bits));
    return bits;
}

ULONGLONG NTAPI Ring3TraceDouble(double Value)
{
    ULONGLONG bits;

    RtlCopyMemory(&bits, &Value, sizeof(bits));
    return bits;
}

static ULONG TextSize(const RING3_TRACE_ITEM *Item)
{
    ULONG n = 0;

    if (Item->Kind == Ring3TraceWide) {
        while (((PCWSTR)Item->Data)[n])
            n++;
        return (n + 1) * sizeof(WCHAR);
    }
    while (((PCSTR)Item->Data)[n])
        n++;
    return n + 1;
}

static VOID Describe(METADATA *Metadata, const RING3_TRACE_ITEM *Item)
{
    UCHAR in = Item->In | (Item->Kind == Ring3TraceArray ? 0x40 : 0);

    PutName(Metadata, Item->Name);
    Put(Metadata, Item->Out ? in | 0x80 : in);
    if (Item->Out)
        Put(Metadata, Item->Out & 0x7f);
}

/* The descriptors of one field. Counts point into the items, which are little-endian and outlive the call. */
static ULONG Add(PEVENT_DATA_DESCRIPTOR Data, const RING3_TRACE_ITEM *Item)
{
    switch (Item->Kind) {
    case Ring3TraceNumber:
        EventDataDescCreate(Data, &Item->Value, Item->Size);
        return 1;
    case Ring3TraceText:
    case Ring3TraceWide:
        if (Item->Data == NULL) {
            EventDataDescCreate(Data, L"", Item->Kind == Ring3TraceWide ? sizeof(WCHAR) : 1);
            return 1;
        }
        EventDataDescCreate(Data, Item->Data, TextSize(Item));
        return 1;
    case Ring3TraceCounted:
        EventDataDescCreate(Data, &Item->Size, 2);
        EventDataDescCreate(Data + 1, Item->Data, Item->Size);
        return 2;
    case Ring3TraceArray:
        EventDataDescCreate(Data, &Item->Count, 2);
        EventDataDescCreate(Data + 1, Item->Data, Item->Size);
        return 2;
    case Ring3TraceBytes:
        EventDataDescCreate(Data, Item->Data, Item->Size);
        return 1;
    default:
        return 0;
    }
}

VOID NTAPI Ring3TraceWrite(TraceLoggingHProvider Provider, PCSTR Event, LPCGUID Activity, LPCGUID Related, const RING3_TRACE_ITEM *Items)
{
    EVENT_DATA_DESCRIPTOR data[MAX_EVENT_DATA_DESCRIPTORS];
    EVENT_DESCRIPTOR descriptor = { 0, 0, 11, 5, 0, 0, 0 };    /* the channel of self-describing events, and the level when none is named */
    METADATA metadata;
    ULONG count = 2;

    metadata.Size = 2;
    Put(&metadata, 0);
    PutName(&metadata, Event);
    for (; Items->Kind != Ring3TraceEnd && count + 2 <= ARRAYSIZE(data); Items++) {
        if (Items->Kind == Ring3TraceLevel)
            descriptor.Level = (UCHAR)Items->Value;
        else if (Items->Kind == Ring3TraceKeyword)
            descriptor.Keyword |= Items->Value;
        else if (Items->Kind == Ring3TraceOpcode)
            descriptor.Opcode = (UCHAR)Items->Value;
        if (Items->Name == NULL)
            continue;
        Describe(&metadata, Items);
        count += Add(data + count, Items);
    }
    if (!Ring3TraceEnabled(Provider, descriptor.Level, descriptor.Keyword))
        return;
    EventDataDescCreate(&data[0], Provider->Metadata, Provider->MetadataSize);
    data[0].Type = EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA;
    EventDataDescCreate(&data[1], &metadata, metadata.Size);
    data[1].Type = EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA;
    EtwWriteTransfer(Provider->Handle, &descriptor, Activity, Related, count, data);
}
