/* Clocks as drivers read them. Interrupt time and the performance counter are ke_now(); a tick is 15.625 ms. */
#include "nt/ke.h"

#define TICK_100NS 156250u
#define COUNTER_HZ 10000000u            /* performance counter: 100 ns, as on current Windows */

/* *PerformanceFrequency (or NULL) gets counts per second. Any IRQL. docs: wdm/nf-wdm-kequeryperformancecounter */
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    LARGE_INTEGER now;

    if (PerformanceFrequency)
        PerformanceFrequency->QuadPart = COUNTER_HZ;
    now.QuadPart = (LONGLONG)(ke_now() / 100);
    return now;
}

/* 100 ns units since start. Any IRQL. docs: wdm/nf-wdm-kequeryinterrupttime */
ULONGLONG NTAPI KeQueryInterruptTime(VOID)
{
    return ke_now() / 100;
}

/* The same, with the counter it was taken at. docs: wdm/nf-wdm-kequeryinterrupttimeprecise */
ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    *QpcTimeStamp = ke_now() / 100;
    return *QpcTimeStamp;
}

/* The computer never sleeps, so there is no bias. docs: wdm/nf-wdm-kequeryunbiasedinterrupttime */
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID)
{
    return ke_now() / 100;
}

/* docs: wdm/nf-wdm-kequeryunbiasedinterrupttime */
ULONGLONG NTAPI KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    return KeQueryInterruptTimePrecise(QpcTimeStamp);
}

/* 100 ns units since 1601, UTC. Any IRQL. docs: wdm/nf-wdm-kequerysystemtime~r1 */
VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = (LONGLONG)ke_system_time();
}

/* docs: wdm/nf-wdm-kequerysystemtimeprecise */
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = (LONGLONG)ke_system_time();
}

/* Ticks of KeQueryTimeIncrement() since start. Any IRQL. docs: wdm/nf-wdm-kequerytickcount */
VOID NTAPI KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
    CurrentCount->QuadPart = (LONGLONG)(ke_now() / 100 / TICK_100NS);
}

/* 100 ns units of a tick. Any IRQL. docs: wdm/nf-wdm-kequerytimeincrement */
ULONG NTAPI KeQueryTimeIncrement(VOID)
{
    return TICK_100NS;
}

/* Lets MicroSeconds pass on this processor; the others go on. Any IRQL. docs: wdm/nf-wdm-kestallexecutionprocessor */
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    uint64_t end = ke_now() + (uint64_t)MicroSeconds * 1000;

    if (ke.config.clock == KE_CLOCK_VIRTUAL) {
        ke_advance((uint64_t)MicroSeconds * 1000);
        ke_spin_turn();
        return;
    }
    while (ke_now() < end) {
        if (end - ke_now() > 10000)
            ke_spin_turn();
        else
            __builtin_ia32_pause();
    }
}

/* There is no auxiliary counter. docs: wdm/nf-wdm-kequeryauxiliarycounterfrequency */
NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(PULONG64 AuxiliaryCounterFrequency)
{
    if (AuxiliaryCounterFrequency)
        *AuxiliaryCounterFrequency = 0;
    return STATUS_NOT_SUPPORTED;
}

/* docs: wdm/nf-wdm-keconvertauxiliarycountertoperformancecounter */
NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64 AuxiliaryCounterValue,
                                                            PULONG64 PerformanceCounterValue, PULONG64 ConversionError)
{
    (void)AuxiliaryCounterValue;
    (void)PerformanceCounterValue;
    (void)ConversionError;
    return STATUS_NOT_SUPPORTED;
}

/* docs: wdm/nf-wdm-keconvertperformancecountertoauxiliarycounter */
NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64 PerformanceCounterValue,
                                                            PULONG64 AuxiliaryCounterValue, PULONG64 ConversionError)
{
    (void)PerformanceCounterValue;
    (void)AuxiliaryCounterValue;
    (void)ConversionError;
    return STATUS_NOT_SUPPORTED;
}
