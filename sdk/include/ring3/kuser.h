/* KUSER_SHARED_DATA: the page of times and versions that drivers read at a fixed address.
 * docs: ntddk/ns-ntddk-kuser_shared_data */
#ifndef RING3_KUSER_H
#define RING3_KUSER_H

#include <ntdef.h>
#include <ring3/layout.h>

#define KI_USER_SHARED_DATA 0xFFFFF78000000000ULL
#define SharedUserData ((struct _KUSER_SHARED_DATA *)KI_USER_SHARED_DATA)
#define PROCESSOR_FEATURE_MAX 64

typedef struct _KSYSTEM_TIME {
    ULONG LowPart;
    LONG High1Time;
    LONG High2Time;
} KSYSTEM_TIME, *PKSYSTEM_TIME;
RING3_SIZE(KSYSTEM_TIME, 12);

typedef enum _ALTERNATIVE_ARCHITECTURE_TYPE {
    StandardDesign, NEC98x86, EndAlternatives
} ALTERNATIVE_ARCHITECTURE_TYPE;

typedef struct _XSTATE_FEATURE {
    ULONG Offset;
    ULONG Size;
} XSTATE_FEATURE, *PXSTATE_FEATURE;

typedef struct _XSTATE_CONFIGURATION {
    ULONG64 EnabledFeatures;
    ULONG64 EnabledVolatileFeatures;
    ULONG Size;
    ULONG ControlFlags;
    XSTATE_FEATURE Features[64];
    ULONG64 EnabledSupervisorFeatures;
    ULONG64 AlignedFeatures;
    ULONG AllFeatureSize;
    ULONG AllFeatures[64];
    ULONG64 EnabledUserVisibleSupervisorFeatures;
} XSTATE_CONFIGURATION, *PXSTATE_CONFIGURATION;

typedef struct _KUSER_SHARED_DATA {
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;
    volatile KSYSTEM_TIME InterruptTime;
    volatile KSYSTEM_TIME SystemTime;
    volatile KSYSTEM_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    ULONG MaxStackTraceDepth;
    ULONG CryptoExponent;
    ULONG TimeZoneId;
    ULONG LargePageMinimum;
    ULONG AitSamplingValue;
    ULONG AppCompatFlag;
    ULONGLONG RNGSeedVersion;
    ULONG GlobalValidationRunlevel;
    volatile LONG TimeZoneBiasStamp;
    ULONG NtBuildNumber;
    NT_PRODUCT_TYPE NtProductType;
    BOOLEAN ProductTypeIsValid;
    BOOLEAN Reserved0[1];
    USHORT NativeProcessorArchitecture;
    ULONG NtMajorVersion;
    ULONG NtMinorVersion;
    BOOLEAN ProcessorFeatures[PROCESSOR_FEATURE_MAX];
    ULONG Reserved1;
    ULONG Reserved3;
    volatile ULONG TimeSlip;
    ALTERNATIVE_ARCHITECTURE_TYPE AlternativeArchitecture;
    ULONG BootId;
    LARGE_INTEGER SystemExpirationDate;
    ULONG SuiteMask;
    BOOLEAN KdDebuggerEnabled;
    UCHAR MitigationPolicies;
    USHORT CyclesPerYield;
    volatile ULONG ActiveConsoleId;
    volatile ULONG DismountCount;
    ULONG ComPlusPackage;
    ULONG LastSystemRITEventTickCount;
    ULONG NumberOfPhysicalPages;
    BOOLEAN SafeBootMode;
    UCHAR VirtualizationFlags;
    UCHAR Reserved12[2];
    ULONG SharedDataFlags;
    ULONG DataFlagsPad[1];
    ULONGLONG TestRetInstruction;
    LONGLONG QpcFrequency;
    ULONG SystemCall;
    ULONG Reserved2;
    ULONGLONG FullNumberOfPhysicalPages;
    ULONGLONG SystemCallPad[1];
    union {
        volatile KSYSTEM_TIME TickCount;
        volatile ULONG64 TickCountQuad;
        ULONG ReservedTickCountOverlay[4];
    };
    ULONG Cookie;
    ULONG CookiePad[1];
    LONGLONG ConsoleSessionForegroundProcessId;
    ULONGLONG TimeUpdateLock;
    ULONGLONG BaselineSystemTimeQpc;
    ULONGLONG BaselineInterruptTimeQpc;
    ULONGLONG QpcSystemTimeIncrement;
    ULONGLONG QpcInterruptTimeIncrement;
    UCHAR QpcSystemTimeIncrementShift;
    UCHAR QpcInterruptTimeIncrementShift;
    USHORT UnparkedProcessorCount;
    ULONG EnclaveFeatureMask[4];
    ULONG TelemetryCoverageRound;
    USHORT UserModeGlobalLogger[16];
    ULONG ImageFileExecutionOptions;
    ULONG LangGenerationCount;
    ULONGLONG Reserved4;
    volatile ULONGLONG InterruptTimeBias;
    volatile ULONGLONG QpcBias;
    ULONG ActiveProcessorCount;
    volatile UCHAR ActiveGroupCount;
    UCHAR Reserved9;
    union {
        USHORT QpcData;
        struct {
            volatile UCHAR QpcBypassEnabled;
            UCHAR QpcShift;
        };
    };
    LARGE_INTEGER TimeZoneBiasEffectiveStart;
    LARGE_INTEGER TimeZoneBiasEffectiveEnd;
    XSTATE_CONFIGURATION XState;
} KUSER_SHARED_DATA, *PKUSER_SHARED_DATA;
RING3_OFFSET(KUSER_SHARED_DATA, InterruptTime, 0x8);
RING3_OFFSET(KUSER_SHARED_DATA, SystemTime, 0x14);
RING3_OFFSET(KUSER_SHARED_DATA, NtSystemRoot, 0x30);
RING3_OFFSET(KUSER_SHARED_DATA, NtProductType, 0x264);
RING3_OFFSET(KUSER_SHARED_DATA, NtMajorVersion, 0x26c);
RING3_OFFSET(KUSER_SHARED_DATA, ProcessorFeatures, 0x274);
RING3_OFFSET(KUSER_SHARED_DATA, SystemExpirationDate, 0x2c8);
RING3_OFFSET(KUSER_SHARED_DATA, SuiteMask, 0x2d0);
RING3_OFFSET(KUSER_SHARED_DATA, KdDebuggerEnabled, 0x2d4);
RING3_OFFSET(KUSER_SHARED_DATA, ActiveConsoleId, 0x2d8);
RING3_OFFSET(KUSER_SHARED_DATA, NumberOfPhysicalPages, 0x2e8);
RING3_OFFSET(KUSER_SHARED_DATA, QpcFrequency, 0x300);
RING3_OFFSET(KUSER_SHARED_DATA, TickCount, 0x320);
RING3_OFFSET(KUSER_SHARED_DATA, Cookie, 0x330);
RING3_OFFSET(KUSER_SHARED_DATA, InterruptTimeBias, 0x3b0);
RING3_OFFSET(KUSER_SHARED_DATA, ActiveProcessorCount, 0x3c0);
RING3_OFFSET(KUSER_SHARED_DATA, XState, 0x3d8);

#endif
