/* What Windows' headers compile into the driver instead of importing: IRQL through cr8, times through
 * KUSER_SHARED_DATA, the current thread and processor through gs. The host has them as exported functions, too. */
#ifndef RING3_KE_INLINE_H
#define RING3_KE_INLINE_H

#include <ring3/ke_types.h>
#include <ring3/kuser.h>

#define SMP_SPINLOCK_CACHE_ALIGN 64
#define KeRaiseIrql(NewIrql, OldIrql) (*(OldIrql) = KfRaiseIrql(NewIrql))

#ifdef RING3_HOST

KIRQL NTAPI KeGetCurrentIrql(VOID);
KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql);
VOID NTAPI KeLowerIrql(KIRQL NewIrql);
KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);
KIRQL NTAPI KeRaiseIrqlToSynchLevel(VOID);
VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
ULONGLONG NTAPI KeQueryInterruptTime(VOID);
VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime);
VOID NTAPI KeQueryTickCount(PLARGE_INTEGER CurrentCount);
PKTHREAD NTAPI KeGetCurrentThread(VOID);
ULONG NTAPI KeGetCurrentProcessorNumber(VOID);
NTSTATUS NTAPI KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave);
NTSTATUS NTAPI KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave);
VOID NTAPI KeMemoryBarrier(VOID);

#else

FORCEINLINE ULONG64 Ring3ReadCr8(VOID)
{
    ULONG64 value;
    __asm__ __volatile__("movq %%cr8, %0" : "=r"(value) : : "memory");
    return value;
}

FORCEINLINE VOID Ring3WriteCr8(ULONG64 value)
{
    __asm__ __volatile__("movq %0, %%cr8" : : "r"(value) : "memory");
}

FORCEINLINE KIRQL KeGetCurrentIrql(VOID)
{
    return (KIRQL)Ring3ReadCr8();
}

FORCEINLINE KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    KIRQL old = KeGetCurrentIrql();

    Ring3WriteCr8(NewIrql);
    return old;
}

FORCEINLINE KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return KfRaiseIrql(DISPATCH_LEVEL);
}
#define KeRaiseIrqlToSynchLevel() KfRaiseIrql(12)

FORCEINLINE VOID KeLowerIrql(KIRQL NewIrql)
{
    Ring3WriteCr8(NewIrql);
}
#define KfLowerIrql KeLowerIrql

FORCEINLINE VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    *(volatile KSPIN_LOCK *)SpinLock = 0;
}

FORCEINLINE ULONGLONG KeQueryInterruptTime(VOID)
{
    return *(volatile ULONG64 *)((PUCHAR)SharedUserData + 0x8);
}

FORCEINLINE VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = *(volatile LONG64 *)((PUCHAR)SharedUserData + 0x14);
}

FORCEINLINE VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
    CurrentCount->QuadPart = *(volatile LONG64 *)((PUCHAR)SharedUserData + 0x320);
}

FORCEINLINE PKTHREAD KeGetCurrentThread(VOID)
{
    PKTHREAD thread;
    __asm__("movq %%gs:0x188, %0" : "=r"(thread));
    return thread;
}

FORCEINLINE ULONG KeGetCurrentProcessorNumber(VOID)
{
    ULONG number;
    __asm__ __volatile__("movl %%gs:0x184, %0" : "=r"(number));
    return number;
}
#define KeGetCurrentProcessorIndex() KeGetCurrentProcessorNumber()

FORCEINLINE NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    (void)FloatSave;
    return 0;
}

FORCEINLINE NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave)
{
    (void)FloatSave;
    return 0;
}

FORCEINLINE VOID KeMemoryBarrier(VOID)
{
    __atomic_thread_fence(5);
}
#define KeMemoryBarrierWithoutFence() __asm__ __volatile__("" : : : "memory")
#ifndef MemoryBarrier
#define MemoryBarrier() __atomic_thread_fence(5)
#endif
#ifndef YieldProcessor
#define YieldProcessor() __asm__ __volatile__("pause")
#endif

#endif

/* x64 keeps caches coherent with DMA: nothing is compiled for this call. */
#define KeFlushIoBuffers(Mdl, ReadOperation, DmaOperation) ((void)(Mdl))

#endif
