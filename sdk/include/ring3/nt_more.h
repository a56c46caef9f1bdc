/* Kernel functions that few drivers call: compression, performance counters, triage data, impersonation, name prefixes, questions about the
 * system and its process. Part of wdm.h, ntddk.h and ntifs.h. */
#ifndef RING3_NT_MORE_H
#define RING3_NT_MORE_H

#include <ring3/ke.h>
#include <ring3/ob.h>
#include <ring3/zw.h>

RING3_BEGIN_C

/* ---- compression: docs ntifs/nf-ntifs-rtlcompressbuffer ---- */

#define COMPRESSION_FORMAT_NONE 0x0000
#define COMPRESSION_FORMAT_DEFAULT 0x0001
#define COMPRESSION_FORMAT_LZNT1 0x0002
#define COMPRESSION_FORMAT_XPRESS 0x0003
#define COMPRESSION_FORMAT_XPRESS_HUFF 0x0004
#define COMPRESSION_ENGINE_STANDARD 0x0000
#define COMPRESSION_ENGINE_MAXIMUM 0x0100
#define COMPRESSION_ENGINE_HIBER 0x0200

NTSYSAPI NTSTATUS NTAPI RtlGetCompressionWorkSpaceSize(_In_ USHORT CompressionFormatAndEngine, _Out_ PULONG CompressBufferWorkSpaceSize,
                                                       _Out_ PULONG CompressFragmentWorkSpaceSize);
NTSYSAPI NTSTATUS NTAPI RtlCompressBuffer(_In_ USHORT CompressionFormatAndEngine, _In_ PUCHAR UncompressedBuffer,
                                          _In_ ULONG UncompressedBufferSize, _Out_ PUCHAR CompressedBuffer, _In_ ULONG CompressedBufferSize,
                                          _In_ ULONG UncompressedChunkSize, _Out_ PULONG FinalCompressedSize, _In_ PVOID WorkSpace);
NTSYSAPI NTSTATUS NTAPI RtlDecompressBuffer(_In_ USHORT CompressionFormat, _Out_ PUCHAR UncompressedBuffer, _In_ ULONG UncompressedBufferSize,
                                            _In_ PUCHAR CompressedBuffer, _In_ ULONG CompressedBufferSize, _Out_ PULONG FinalUncompressedSize);
NTSYSAPI NTSTATUS NTAPI RtlDecompressBufferEx(_In_ USHORT CompressionFormat, _Out_ PUCHAR UncompressedBuffer,
                                              _In_ ULONG UncompressedBufferSize, _In_ PUCHAR CompressedBuffer, _In_ ULONG CompressedBufferSize,
                                              _Out_ PULONG FinalUncompressedSize, _In_opt_ PVOID WorkSpace);
NTSYSAPI NTSTATUS NTAPI RtlDecompressFragment(_In_ USHORT CompressionFormat, _Out_ PUCHAR UncompressedFragment,
                                              _In_ ULONG UncompressedFragmentSize, _In_ PUCHAR CompressedBuffer, _In_ ULONG CompressedBufferSize,
                                              _In_ ULONG FragmentOffset, _Out_ PULONG FinalUncompressedSize, _In_ PVOID WorkSpace);

/* ---- performance counters: docs wdm/nf-wdm-pcwregister ---- */

typedef struct _PCW_REGISTRATION *PPCW_REGISTRATION;
typedef struct _PCW_INSTANCE *PPCW_INSTANCE;
typedef struct _PCW_BUFFER *PPCW_BUFFER;

typedef enum _PCW_CALLBACK_TYPE {
    PcwCallbackAddCounter, PcwCallbackRemoveCounter, PcwCallbackEnumerateInstances, PcwCallbackCollectData
} PCW_CALLBACK_TYPE;

typedef struct _PCW_DATA {
    const VOID *Data;
    ULONG Size;
} PCW_DATA, *PPCW_DATA;
RING3_SIZE(PCW_DATA, 16);

typedef struct _PCW_COUNTER_INFORMATION {
    ULONG64 CounterMask;
    PCUNICODE_STRING InstanceMask;
} PCW_COUNTER_INFORMATION, *PPCW_COUNTER_INFORMATION;

typedef struct _PCW_MASK_INFORMATION {
    ULONG64 CounterMask;
    PCUNICODE_STRING InstanceMask;
    ULONG InstanceId;
    BOOLEAN CollectMultiple;
    PPCW_BUFFER Buffer;
    PKEVENT CancelEvent;
} PCW_MASK_INFORMATION, *PPCW_MASK_INFORMATION;
RING3_SIZE(PCW_MASK_INFORMATION, 40);

typedef union _PCW_CALLBACK_INFORMATION {
    PCW_COUNTER_INFORMATION AddCounter;
    PCW_COUNTER_INFORMATION RemoveCounter;
    PCW_MASK_INFORMATION EnumerateInstances;
    PCW_MASK_INFORMATION CollectData;
} PCW_CALLBACK_INFORMATION, *PPCW_CALLBACK_INFORMATION;

typedef NTSTATUS NTAPI PCW_CALLBACK(_In_ PCW_CALLBACK_TYPE Type, _In_ PPCW_CALLBACK_INFORMATION Info, _In_opt_ PVOID Context);
typedef PCW_CALLBACK *PPCW_CALLBACK;

typedef struct _PCW_COUNTER_DESCRIPTOR {
    USHORT Id;
    USHORT StructIndex;
    USHORT Offset;
    USHORT Size;
} PCW_COUNTER_DESCRIPTOR, *PPCW_COUNTER_DESCRIPTOR;
RING3_SIZE(PCW_COUNTER_DESCRIPTOR, 8);

#define PCW_VERSION_1 0x0100
#define PCW_VERSION_2 0x0200
#define PCW_CURRENT_VERSION PCW_VERSION_1
typedef enum _PCW_REGISTRATION_FLAGS { PcwRegistrationNone = 0, PcwRegistrationSiloNeutral = 1 } PCW_REGISTRATION_FLAGS;
typedef struct _PCW_REGISTRATION_INFORMATION {
    ULONG Version;
    PCUNICODE_STRING Name;
    ULONG CounterCount;
    PPCW_COUNTER_DESCRIPTOR Counters;
    PPCW_CALLBACK Callback;
    PVOID CallbackContext;
    ULONG Flags;                        /* PCW_REGISTRATION_FLAGS; with PCW_VERSION_2 */
} PCW_REGISTRATION_INFORMATION, *PPCW_REGISTRATION_INFORMATION;
RING3_SIZE(PCW_REGISTRATION_INFORMATION, 56);

NTKERNELAPI NTSTATUS NTAPI PcwRegister(_Out_ PPCW_REGISTRATION *Registration, _In_ PPCW_REGISTRATION_INFORMATION Info);
NTKERNELAPI VOID NTAPI PcwUnregister(_In_ PPCW_REGISTRATION Registration);
NTKERNELAPI NTSTATUS NTAPI PcwCreateInstance(_Out_ PPCW_INSTANCE *Instance, _In_ PPCW_REGISTRATION Registration, _In_ PCUNICODE_STRING Name,
                                             _In_ ULONG Count, _In_ PPCW_DATA Data);
NTKERNELAPI VOID NTAPI PcwCloseInstance(_In_ PPCW_INSTANCE Instance);
NTKERNELAPI NTSTATUS NTAPI PcwAddInstance(_In_ PPCW_BUFFER Buffer, _In_ PCUNICODE_STRING Name, _In_ ULONG Id, _In_ ULONG Count,
                                          _In_ PPCW_DATA Data);

/* ---- triage data and bounds: docs wdm/nf-wdm-keinitializetriagedumpdataarray, keregisterboundcallback ---- */

typedef struct _KADDRESS_RANGE {
    PVOID Address;
    SIZE_T Size;
} KADDRESS_RANGE, *PKADDRESS_RANGE;

typedef struct _KTRIAGE_DUMP_DATA_ARRAY {
    LIST_ENTRY List;
    ULONG NumBlocksUsed;
    ULONG NumBlocksTotal;
    ULONG DataSize;
    ULONG MaxDataSize;
    ULONG ComponentNameBufferLength;
    PUCHAR ComponentName;
    KADDRESS_RANGE Blocks[1];
} KTRIAGE_DUMP_DATA_ARRAY, *PKTRIAGE_DUMP_DATA_ARRAY;
RING3_SIZE(KTRIAGE_DUMP_DATA_ARRAY, 64);
#define KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE 0x00000001

NTKERNELAPI NTSTATUS NTAPI KeInitializeTriageDumpDataArray(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, _In_ ULONG Size);
NTKERNELAPI NTSTATUS NTAPI KeAddTriageDumpDataBlock(_Inout_ PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, _In_ PVOID Address,
                                                    _In_ SIZE_T Size);

typedef enum _BOUND_CALLBACK_STATUS { BoundExceptionContinueSearch, BoundExceptionHandled, BoundExceptionError, BoundExceptionMaximum } BOUND_CALLBACK_STATUS;
typedef BOUND_CALLBACK_STATUS NTAPI BOUND_CALLBACK(VOID);
typedef BOUND_CALLBACK *PBOUND_CALLBACK;
NTKERNELAPI PVOID NTAPI KeRegisterBoundCallback(_In_ PBOUND_CALLBACK CallbackRoutine);
NTKERNELAPI NTSTATUS NTAPI KeDeregisterBoundCallback(_In_ PVOID Handle);

/* ---- name prefixes: docs ntifs/nf-ntifs-rtlinitializeunicodeprefix ---- */

typedef struct _UNICODE_PREFIX_TABLE_ENTRY {
    SHORT NodeTypeCode;
    SHORT NameLength;
    struct _UNICODE_PREFIX_TABLE_ENTRY *NextPrefixTree;
    struct _UNICODE_PREFIX_TABLE_ENTRY *CaseMatch;
    struct {
        PVOID Parent, LeftChild, RightChild;
    } Links;
    PUNICODE_STRING Prefix;
} UNICODE_PREFIX_TABLE_ENTRY, *PUNICODE_PREFIX_TABLE_ENTRY;
RING3_SIZE(UNICODE_PREFIX_TABLE_ENTRY, 56);

typedef struct _UNICODE_PREFIX_TABLE {
    SHORT NodeTypeCode;
    SHORT NameLength;
    PUNICODE_PREFIX_TABLE_ENTRY NextPrefixTree;
    PUNICODE_PREFIX_TABLE_ENTRY LastNextEntry;
} UNICODE_PREFIX_TABLE, *PUNICODE_PREFIX_TABLE;
RING3_SIZE(UNICODE_PREFIX_TABLE, 24);

NTSYSAPI VOID NTAPI RtlInitializeUnicodePrefix(_Out_ PUNICODE_PREFIX_TABLE PrefixTable);
NTSYSAPI BOOLEAN NTAPI RtlInsertUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable, _In_ PUNICODE_STRING Prefix,
                                              _Out_ PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI VOID NTAPI RtlRemoveUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable, _In_ PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlFindUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable, _In_ PUNICODE_STRING FullName,
                                                                _In_ ULONG CaseInsensitiveIndex);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlNextUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable, _In_ BOOLEAN Restart);

/* ---- questions ---- */

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(_In_ ULONG SystemInformationClass, PVOID SystemInformation, _In_ ULONG SystemInformationLength,
                                                 _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(_In_ HANDLE ProcessHandle, _In_ ULONG ProcessInformationClass, PVOID ProcessInformation,
                                                  _In_ ULONG ProcessInformationLength, _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwYieldExecution(VOID);
NTSYSAPI PVOID NTAPI RtlImageNtHeader(_In_ PVOID Base);
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(_In_ PVOID Base, _In_ BOOLEAN MappedAsImage, _In_ USHORT DirectoryEntry, _Out_ PULONG Size);
NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(_In_ PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(_In_ PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
NTKERNELAPI BOOLEAN NTAPI PsIsSystemProcess(_In_ PEPROCESS Process);
NTKERNELAPI LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID);
NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(_In_ PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(_In_ PETHREAD Thread);
NTKERNELAPI NTSTATUS NTAPI SeLocateProcessImageName(_In_ PEPROCESS Process, _Out_ PUNICODE_STRING *ImageFileName);
NTKERNELAPI VOID NTAPI ExEnterCriticalRegionAndAcquireFastMutexUnsafe(_Inout_ PFAST_MUTEX FastMutex);
NTKERNELAPI VOID NTAPI ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(_Inout_ PFAST_MUTEX FastMutex);

RING3_END_C

#endif
