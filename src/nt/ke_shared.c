/* KUSER_SHARED_DATA: what drivers read at 0xFFFFF78000000000 without calling anybody. */
#include "nt/ke.h"

#include "nt/ram.h"
#include "ring3/ex.h"

#define TICK_100NS 156250u              /* one clock tick, 15.625 ms */
#define QPC_FREQUENCY 10000000

extern ULONG NtBuildNumber;

static void set_time(volatile KSYSTEM_TIME *to, uint64_t value)
{
    to->High2Time = (LONG)(value >> 32);
    to->LowPart = (ULONG)value;
    to->High1Time = (LONG)(value >> 32);
}

static void fill_constants(KUSER_SHARED_DATA *data)
{
    static const WCHAR root[] = u"C:\\Windows";

    for (unsigned i = 0; i < countof(root); i++)
        data->NtSystemRoot[i] = root[i];
    data->TickCountMultiplier = (ULONG)(((uint64_t)TICK_100NS << 24) / 10000);
    data->ImageNumberLow = data->ImageNumberHigh = 0x8664;
    data->NtProductType = NtProductWinNt;
    data->ProductTypeIsValid = TRUE;
    data->NativeProcessorArchitecture = 9;      /* PROCESSOR_ARCHITECTURE_AMD64 */
    data->NtMajorVersion = 10;
    data->NtMinorVersion = 0;
    data->NtBuildNumber = NtBuildNumber & 0xffff;
    data->NumberOfPhysicalPages = (ULONG)ram_pages_total();
    data->FullNumberOfPhysicalPages = ram_pages_total();
    for (ULONG i = 0; i < PROCESSOR_FEATURE_MAX; i++)
        data->ProcessorFeatures[i] = ExIsProcessorFeaturePresent(i);
    data->LargePageMinimum = 2u << 20;
    data->ActiveProcessorCount = ke.cpu_count;
    data->ActiveGroupCount = 1;
    data->QpcFrequency = QPC_FREQUENCY;
    data->Cookie = (ULONG)random_next(&ke.random) | 1;
    data->UnparkedProcessorCount = (USHORT)ke.cpu_count;
}

void ke_refresh_shared_data(void *page)
{
    KUSER_SHARED_DATA *data = page;
    uint64_t now = ke_now() / 100;

    if (!data->NtMajorVersion)
        fill_constants(data);
    set_time(&data->InterruptTime, now);
    set_time(&data->SystemTime, ke_system_time());
    set_time(&data->TickCount, now / TICK_100NS);
    data->TickCountLowDeprecated = (ULONG)(now / TICK_100NS);
}
