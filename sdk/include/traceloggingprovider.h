/* TraceLogging: events that describe themselves. In the log of `ring3 run --log=debug` each is a line with its name and its fields; on Windows
 * it goes to the sessions that enabled the provider. Fields take NAME, description and tags behind the value; the last two are
 * dropped. At most RING3_TRACE_ITEMS fields and attributes an event. docs: tracelogging/tracelogging-reference */
#ifndef RING3_TRACELOGGINGPROVIDER_H
#define RING3_TRACELOGGINGPROVIDER_H

#include <wdm.h>

RING3_BEGIN_C

#define RING3_TRACE_ITEMS 96

typedef struct _RING3_TRACE_PROVIDER {
    const UCHAR *Metadata;              /* size in two bytes, name, NUL */
    USHORT MetadataSize;
    GUID Id;
    REGHANDLE Handle;
    UCHAR Level;                        /* 0: nobody listens */
    ULONGLONG AnyKeyword, AllKeyword;
    PETWENABLECALLBACK Callback;
    PVOID CallbackContext;
} RING3_TRACE_PROVIDER;
typedef RING3_TRACE_PROVIDER *TraceLoggingHProvider;

typedef enum _RING3_TRACE_KIND {
    Ring3TraceEnd, Ring3TraceNumber, Ring3TraceBytes, Ring3TraceText, Ring3TraceWide, Ring3TraceCounted, Ring3TraceArray, Ring3TraceStruct,
    Ring3TraceLevel, Ring3TraceKeyword, Ring3TraceOpcode, Ring3TraceNothing
} RING3_TRACE_KIND;

/* A field, or an attribute of the event. */
typedef struct _RING3_TRACE_ITEM {
    RING3_TRACE_KIND Kind;
    UCHAR In, Out;                      /* how it is stored and shown */
    PCSTR Name;
    const VOID *Data;
    ULONG Size;                         /* bytes of Data, or of Value */
    USHORT Count;                       /* elements of an array, fields of a structure */
    ULONGLONG Value;
} RING3_TRACE_ITEM;

/* PASSIVE_LEVEL. docs: traceloggingprovider/nf-traceloggingprovider-traceloggingregisterex_etwregister_etwsetinformation */
NTSTATUS NTAPI Ring3TraceRegister(_In_ TraceLoggingHProvider Provider, _In_opt_ PETWENABLECALLBACK Callback, _In_opt_ PVOID Context);
VOID NTAPI Ring3TraceUnregister(_In_ TraceLoggingHProvider Provider);
BOOLEAN NTAPI Ring3TraceEnabled(_In_ TraceLoggingHProvider Provider, UCHAR Level, ULONGLONG Keyword);
/* Any IRQL. docs: traceloggingprovider/nf-traceloggingprovider-traceloggingwrite */
VOID NTAPI Ring3TraceWrite(_In_ TraceLoggingHProvider Provider, _In_ PCSTR Event, _In_opt_ LPCGUID Activity, _In_opt_ LPCGUID Related,
                           _In_ const RING3_TRACE_ITEM *Items);
ULONGLONG NTAPI Ring3TraceFloat(float Value);
ULONGLONG NTAPI Ring3TraceDouble(double Value);

/* ---- providers */

#ifdef __cplusplus
#define RING3_TRACE_EXTERN extern "C"
#else
#define RING3_TRACE_EXTERN extern
#endif
#define RING3_TRACE_GUID(a, b, c, ...) { a, b, c, { __VA_ARGS__ } }
#define TRACELOGGING_DECLARE_PROVIDER(handle) RING3_TRACE_EXTERN const TraceLoggingHProvider handle
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, name, guid, ...) \
    static const struct { UCHAR Low, High; CHAR Name[sizeof(name)]; } storage##Metadata = \
        { (UCHAR)(2 + sizeof(name)), (UCHAR)((2 + sizeof(name)) >> 8), name }; \
    static RING3_TRACE_PROVIDER storage = \
        { (const UCHAR *)&storage##Metadata, 2 + sizeof(name), RING3_TRACE_GUID guid, 0, 0, 0, 0, NULL, NULL }
#define TRACELOGGING_DEFINE_PROVIDER(handle, name, guid, ...) \
    TRACELOGGING_DEFINE_PROVIDER_STORAGE(handle##Storage, name, guid); \
    RING3_TRACE_EXTERN const TraceLoggingHProvider handle; \
    const TraceLoggingHProvider handle = &handle##Storage
#define TraceLoggingOptionGroup(...)

#define TraceLoggingRegister(handle) Ring3TraceRegister((handle), NULL, NULL)
#define TraceLoggingRegisterEx(handle, callback, context) Ring3TraceRegister((handle), (callback), (context))
#define TraceLoggingRegisterEx_EtwRegister_EtwSetInformation(handle, callback, context, ...) \
    Ring3TraceRegister((handle), (callback), (context))
#define TraceLoggingUnregister(handle) Ring3TraceUnregister(handle)
#define TraceLoggingProviderEnabled(handle, level, keyword) Ring3TraceEnabled((handle), (UCHAR)(level), (keyword))
#define TraceLoggingProviderId(handle) ((handle)->Id)

/* ---- events */

#define TraceLoggingWrite(handle, event, ...) TraceLoggingWriteActivity(handle, event, NULL, NULL, ##__VA_ARGS__)
#define TraceLoggingWriteActivity(handle, event, activity, related, ...) \
    do { \
        TraceLoggingHProvider Ring3Provider_ = (handle); \
        if (Ring3Provider_->Level) { \
            const RING3_TRACE_ITEM Ring3Items_[] = { __VA_ARGS__ __VA_OPT__(,) RING3_TRACE_ATTRIBUTE(Ring3TraceEnd, 0) }; \
            C_ASSERT(ARRAYSIZE(Ring3Items_) <= RING3_TRACE_ITEMS); \
            Ring3TraceWrite(Ring3Provider_, "" event, (activity), (related), Ring3Items_); \
        } \
    } while (0)

#define RING3_TRACE_ATTRIBUTE(kind, value) { kind, 0, 0, NULL, NULL, 0, 0, (ULONGLONG)(value) }
#define TraceLoggingLevel(level) RING3_TRACE_ATTRIBUTE(Ring3TraceLevel, level)
#define TraceLoggingKeyword(keyword) RING3_TRACE_ATTRIBUTE(Ring3TraceKeyword, keyword)
#define TraceLoggingOpcode(opcode) RING3_TRACE_ATTRIBUTE(Ring3TraceOpcode, opcode)
#define TraceLoggingEventTag(tag) RING3_TRACE_ATTRIBUTE(Ring3TraceNothing, tag)
#define TraceLoggingChannel(channel) RING3_TRACE_ATTRIBUTE(Ring3TraceNothing, channel)
#define TraceLoggingDescription(...) RING3_TRACE_ATTRIBUTE(Ring3TraceNothing, 0)
#define TraceLoggingCustomAttribute(...) RING3_TRACE_ATTRIBUTE(Ring3TraceNothing, 0)

/* ---- fields: the value, and its name, which is the value's text when it is left out */

#define RING3_TRACE_PICK(text, name, ...) name
#define RING3_TRACE_NAME(text, ...) RING3_TRACE_PICK(text, ##__VA_ARGS__, text)
#define RING3_TRACE_NUMBER(in, out, type, value, name) { Ring3TraceNumber, in, out, name, NULL, sizeof(type), 0, (ULONGLONG)(type)(value) }
#define RING3_TRACE_BYTES(kind, in, out, data, size, name) { kind, in, out, name, (data), (ULONG)(size), 0, 0 }
#define RING3_TRACE_ARRAY(in, out, type, data, count, name) \
    { Ring3TraceArray, in, out, name, (const type *)(data), (ULONG)(sizeof(type) * (count)), (USHORT)(count), 0 }

#define TraceLoggingStruct(fields, name, ...) { Ring3TraceStruct, 24, (fields), name, NULL, 0, (fields), 0 }

#define TraceLoggingInt8(value, ...) RING3_TRACE_NUMBER(3, 0, INT8, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt8(value, ...) RING3_TRACE_NUMBER(4, 0, UINT8, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt16(value, ...) RING3_TRACE_NUMBER(5, 0, INT16, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt16(value, ...) RING3_TRACE_NUMBER(6, 0, UINT16, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt32(value, ...) RING3_TRACE_NUMBER(7, 0, INT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt32(value, ...) RING3_TRACE_NUMBER(8, 0, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt64(value, ...) RING3_TRACE_NUMBER(9, 0, INT64, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt64(value, ...) RING3_TRACE_NUMBER(10, 0, UINT64, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt8(value, ...) RING3_TRACE_NUMBER(3, 4, INT8, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt8(value, ...) RING3_TRACE_NUMBER(4, 4, UINT8, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt16(value, ...) RING3_TRACE_NUMBER(5, 4, INT16, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt16(value, ...) RING3_TRACE_NUMBER(6, 4, UINT16, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt32(value, ...) RING3_TRACE_NUMBER(20, 0, INT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt32(value, ...) RING3_TRACE_NUMBER(20, 0, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt64(value, ...) RING3_TRACE_NUMBER(21, 0, INT64, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt64(value, ...) RING3_TRACE_NUMBER(21, 0, UINT64, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingLong(value, ...) RING3_TRACE_NUMBER(7, 0, LONG, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingULong(value, ...) RING3_TRACE_NUMBER(8, 0, ULONG, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexLong(value, ...) RING3_TRACE_NUMBER(20, 0, LONG, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexULong(value, ...) RING3_TRACE_NUMBER(20, 0, ULONG, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingIntPtr(value, ...) RING3_TRACE_NUMBER(9, 0, INT_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUIntPtr(value, ...) RING3_TRACE_NUMBER(10, 0, UINT_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexIntPtr(value, ...) RING3_TRACE_NUMBER(21, 0, INT_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUIntPtr(value, ...) RING3_TRACE_NUMBER(21, 0, UINT_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingSizeT(value, ...) RING3_TRACE_NUMBER(10, 0, SIZE_T, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBoolean(value, ...) RING3_TRACE_NUMBER(4, 3, UINT8, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBool(value, ...) RING3_TRACE_NUMBER(13, 0, INT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingChar(value, ...) RING3_TRACE_NUMBER(3, 2, CHAR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUChar(value, ...) RING3_TRACE_NUMBER(4, 0, UCHAR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingWChar(value, ...) RING3_TRACE_NUMBER(6, 2, WCHAR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingChar16(value, ...) RING3_TRACE_NUMBER(6, 2, WCHAR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingPid(value, ...) RING3_TRACE_NUMBER(8, 5, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingTid(value, ...) RING3_TRACE_NUMBER(8, 6, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingPort(value, ...) RING3_TRACE_NUMBER(6, 7, UINT16, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingIPv4Address(value, ...) RING3_TRACE_NUMBER(8, 8, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingWinError(value, ...) RING3_TRACE_NUMBER(8, 13, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingNTStatus(value, ...) RING3_TRACE_NUMBER(8, 14, UINT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHResult(value, ...) RING3_TRACE_NUMBER(7, 15, INT32, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFileTime64(value, ...) RING3_TRACE_NUMBER(17, 0, INT64, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingPointer(value, ...) RING3_TRACE_NUMBER(16, 0, ULONG_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCodePointer(value, ...) RING3_TRACE_NUMBER(16, 0, ULONG_PTR, value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat32(value, ...) { Ring3TraceNumber, 11, 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__), NULL, 4, 0, Ring3TraceFloat(value) }
#define TraceLoggingFloat64(value, ...) { Ring3TraceNumber, 12, 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__), NULL, 8, 0, Ring3TraceDouble(value) }

#define TraceLoggingGuid(value, ...) RING3_TRACE_BYTES(Ring3TraceBytes, 15, 0, &(value), sizeof(GUID), RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFileTime(value, ...) RING3_TRACE_BYTES(Ring3TraceBytes, 17, 0, &(value), 8, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFileTimeUtc(value, ...) RING3_TRACE_BYTES(Ring3TraceBytes, 17, 0, &(value), 8, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingSystemTime(value, ...) RING3_TRACE_BYTES(Ring3TraceBytes, 18, 0, &(value), 16, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingIPv6Address(value, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 25, 9, (value), 16, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingSocketAddress(value, size, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 25, 10, (value), size, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBinary(value, size, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 25, 0, (value), size, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBinaryEx(value, size, out, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 25, out, (value), size, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingString(value, ...) RING3_TRACE_BYTES(Ring3TraceText, 2, 0, (value), 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUtf8String(value, ...) RING3_TRACE_BYTES(Ring3TraceText, 2, 35, (value), 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingWideString(value, ...) RING3_TRACE_BYTES(Ring3TraceWide, 1, 0, (value), 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingString16(value, ...) RING3_TRACE_BYTES(Ring3TraceWide, 1, 0, (value), 0, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCountedString(value, count, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 23, 0, (value), count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCountedUtf8String(value, count, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 23, 35, (value), count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCountedWideString(value, count, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 22, 0, (value), 2 * (count), RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingAnsiString(value, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 23, 0, (value)->Buffer, (value)->Length, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUnicodeString(value, ...) RING3_TRACE_BYTES(Ring3TraceCounted, 22, 0, (value)->Buffer, (value)->Length, RING3_TRACE_NAME(#value, ##__VA_ARGS__))

#define TraceLoggingInt8FixedArray(value, count, ...) RING3_TRACE_ARRAY(3, 0, INT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt8Array(value, count, ...) RING3_TRACE_ARRAY(3, 0, INT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt8FixedArray(value, count, ...) RING3_TRACE_ARRAY(4, 0, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt8Array(value, count, ...) RING3_TRACE_ARRAY(4, 0, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt16FixedArray(value, count, ...) RING3_TRACE_ARRAY(5, 0, INT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt16Array(value, count, ...) RING3_TRACE_ARRAY(5, 0, INT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt16FixedArray(value, count, ...) RING3_TRACE_ARRAY(6, 0, UINT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt16Array(value, count, ...) RING3_TRACE_ARRAY(6, 0, UINT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt32FixedArray(value, count, ...) RING3_TRACE_ARRAY(7, 0, INT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt32Array(value, count, ...) RING3_TRACE_ARRAY(7, 0, INT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt32FixedArray(value, count, ...) RING3_TRACE_ARRAY(8, 0, UINT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt32Array(value, count, ...) RING3_TRACE_ARRAY(8, 0, UINT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt64FixedArray(value, count, ...) RING3_TRACE_ARRAY(9, 0, INT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingInt64Array(value, count, ...) RING3_TRACE_ARRAY(9, 0, INT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt64FixedArray(value, count, ...) RING3_TRACE_ARRAY(10, 0, UINT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUInt64Array(value, count, ...) RING3_TRACE_ARRAY(10, 0, UINT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt32FixedArray(value, count, ...) RING3_TRACE_ARRAY(20, 0, INT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt32Array(value, count, ...) RING3_TRACE_ARRAY(20, 0, INT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt32FixedArray(value, count, ...) RING3_TRACE_ARRAY(20, 0, UINT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt32Array(value, count, ...) RING3_TRACE_ARRAY(20, 0, UINT32, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt64FixedArray(value, count, ...) RING3_TRACE_ARRAY(21, 0, INT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexInt64Array(value, count, ...) RING3_TRACE_ARRAY(21, 0, INT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt64FixedArray(value, count, ...) RING3_TRACE_ARRAY(21, 0, UINT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt64Array(value, count, ...) RING3_TRACE_ARRAY(21, 0, UINT64, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt8FixedArray(value, count, ...) RING3_TRACE_ARRAY(4, 4, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt8Array(value, count, ...) RING3_TRACE_ARRAY(4, 4, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt16FixedArray(value, count, ...) RING3_TRACE_ARRAY(6, 4, UINT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingHexUInt16Array(value, count, ...) RING3_TRACE_ARRAY(6, 4, UINT16, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBooleanFixedArray(value, count, ...) RING3_TRACE_ARRAY(4, 3, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingBooleanArray(value, count, ...) RING3_TRACE_ARRAY(4, 3, UINT8, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCharFixedArray(value, count, ...) RING3_TRACE_ARRAY(3, 2, CHAR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingCharArray(value, count, ...) RING3_TRACE_ARRAY(3, 2, CHAR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingWCharFixedArray(value, count, ...) RING3_TRACE_ARRAY(6, 2, WCHAR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingWCharArray(value, count, ...) RING3_TRACE_ARRAY(6, 2, WCHAR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingIntPtrFixedArray(value, count, ...) RING3_TRACE_ARRAY(9, 0, INT_PTR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingIntPtrArray(value, count, ...) RING3_TRACE_ARRAY(9, 0, INT_PTR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUIntPtrFixedArray(value, count, ...) RING3_TRACE_ARRAY(10, 0, UINT_PTR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingUIntPtrArray(value, count, ...) RING3_TRACE_ARRAY(10, 0, UINT_PTR, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat32FixedArray(value, count, ...) RING3_TRACE_ARRAY(11, 0, float, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat32Array(value, count, ...) RING3_TRACE_ARRAY(11, 0, float, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat64FixedArray(value, count, ...) RING3_TRACE_ARRAY(12, 0, double, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingFloat64Array(value, count, ...) RING3_TRACE_ARRAY(12, 0, double, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingGuidFixedArray(value, count, ...) RING3_TRACE_ARRAY(15, 0, GUID, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))
#define TraceLoggingGuidArray(value, count, ...) RING3_TRACE_ARRAY(15, 0, GUID, value, count, RING3_TRACE_NAME(#value, ##__VA_ARGS__))

RING3_END_C

#include <ring3/trace_value.h>

#endif
