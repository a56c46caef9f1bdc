/* Small Ex routines: mode, processor features, time zone, UUIDs, timer resolution, firmware. */
#include <cpuid.h>
#include <string.h>

#include "nt/ke.h"
#include "ring3/ex.h"

#define COARSE 156250u
#define FINE 5000u

static ULONG resolution = COARSE;
static unsigned requests;

/* docs: wdm/nf-wdm-exgetpreviousmode */
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return ke_current()->user_mode ? UserMode : KernelMode;
}

static bool cpu_bit(unsigned leaf, unsigned index, unsigned bit)
{
    unsigned r[4];

    return __get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]) && (r[index] >> bit & 1);
}

/* ProcessorFeature: PF_*. Any IRQL. docs: wdm/nf-wdm-exisprocessorfeaturepresent */
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    switch (ProcessorFeature) {
    case PF_COMPARE_EXCHANGE_DOUBLE:
    case PF_MMX_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_RDTSC_INSTRUCTION_AVAILABLE:
    case PF_PAE_ENABLED:
    case PF_NX_ENABLED:
    case PF_COMPARE_EXCHANGE128:
    case PF_FASTFAIL_AVAILABLE:
        return TRUE;
    case PF_SSE3_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(1, 2, 0);
    case PF_SSSE3_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(1, 2, 9);
    case PF_SSE4_1_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(1, 2, 19);
    case PF_SSE4_2_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(1, 2, 20);
    case PF_XSAVE_ENABLED:
        return cpu_bit(1, 2, 27);
    case PF_AVX_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(1, 2, 28);
    case PF_RDRAND_INSTRUCTION_AVAILABLE:
        return cpu_bit(1, 2, 30);
    case PF_RDWRFSGSBASE_AVAILABLE:
        return cpu_bit(7, 1, 0);
    case PF_AVX2_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(7, 1, 5);
    case PF_AVX512F_INSTRUCTIONS_AVAILABLE:
        return cpu_bit(7, 1, 16);
    case PF_RDTSCP_INSTRUCTION_AVAILABLE:
        return cpu_bit(0x80000001, 3, 27);
    default:
        return FALSE;
    }
}

/* docs: wdm/nf-wdm-exissoftboot */
BOOLEAN NTAPI ExIsSoftBoot(VOID)
{
    return FALSE;
}

/* The time zone is UTC. Any IRQL. docs: wdm/nf-wdm-exsystemtimetolocaltime */
VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    *LocalTime = *SystemTime;
}

/* docs: wdm/nf-wdm-exlocaltimetosystemtime */
VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    *SystemTime = *LocalTime;
}

/* A random (version 4) UUID out of the computer's seed. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-exuuidcreate */
NTSTATUS NTAPI ExUuidCreate(GUID *Uuid)
{
    uint64_t bits[2] = { random_next(&ke.random), random_next(&ke.random) };

    memcpy(Uuid, bits, sizeof *Uuid);
    Uuid->Data3 = (unsigned short)((Uuid->Data3 & 0x0fff) | 0x4000);
    Uuid->Data4[0] = (unsigned char)((Uuid->Data4[0] & 0x3f) | 0x80);
    return STATUS_SUCCESS;
}

/* 100 ns units: longest, shortest, present interval of the clock. docs: wdm/nf-wdm-exquerytimerresolution */
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    *MaximumTime = COARSE;
    *MinimumTime = FINE;
    *CurrentTime = resolution;
}

/* Timers are exact in any case; the value is kept as Windows would. <= APC_LEVEL. docs: wdm/nf-wdm-exsettimerresolution */
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    if (SetResolution) {
        requests++;
        ULONG wanted = DesiredTime < FINE ? FINE : DesiredTime > COARSE ? COARSE : DesiredTime;
        if (wanted < resolution)
            resolution = wanted;
    } else if (requests && --requests == 0) {
        resolution = COARSE;
    }
    return resolution;
}

/* docs: wdm/nf-wdm-exgetfirmwaretype */
FIRMWARE_TYPE NTAPI ExGetFirmwareType(VOID)
{
    return FirmwareTypeBios;
}

/* A BIOS computer has no variables. docs: wdm/nf-wdm-exgetfirmwareenvironmentvariable */
NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                                PULONG ValueLength, PULONG Attributes)
{
    (void)VariableName;
    (void)VendorGuid;
    (void)Value;
    (void)ValueLength;
    (void)Attributes;
    return STATUS_NOT_IMPLEMENTED;
}

/* docs: wdm/nf-wdm-exsetfirmwareenvironmentvariable */
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                                ULONG ValueLength, ULONG Attributes)
{
    (void)VariableName;
    (void)VendorGuid;
    (void)Value;
    (void)ValueLength;
    (void)Attributes;
    return STATUS_NOT_IMPLEMENTED;
}
