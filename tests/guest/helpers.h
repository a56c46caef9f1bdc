/* What several executive tests need: threads that can be joined, sleeping, counting. */
#ifndef TESTS_GUEST_HELPERS_H
#define TESTS_GUEST_HELPERS_H

#include "testing.h"

#define MS(n) (-10000LL * (n))

static inline LARGE_INTEGER Time(LONGLONG value)
{
    LARGE_INTEGER time;

    time.QuadPart = value;
    return time;
}

static inline void Sleep(ULONG ms)
{
    LARGE_INTEGER time = Time(MS((LONGLONG)ms));

    KeDelayExecutionThread(KernelMode, FALSE, &time);
}

/* A started system thread, to be joined; NULL when it could not be started. */
static inline PKTHREAD StartThread(PKSTART_ROUTINE routine, PVOID context)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    PVOID thread = NULL;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, routine, context)))
        return NULL;
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL);
    ZwClose(handle);
    return (PKTHREAD)thread;
}

static inline NTSTATUS JoinThread(PKTHREAD thread)
{
    NTSTATUS status = KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);

    ObDereferenceObject(thread);
    return status;
}

static inline NTSTATUS WaitFor(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static inline NTSTATUS Poll(PVOID object)
{
    LARGE_INTEGER zero = Time(0);

    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &zero);
}

static inline NTSTATUS WaitMs(PVOID object, ULONG ms)
{
    LARGE_INTEGER time = Time(MS((LONGLONG)ms));

    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &time);
}

/* Lets other threads run until the condition holds, for at most some seconds. */
#define EVENTUALLY(condition)                                   \
    do {                                                        \
        for (int tries_ = 0; !(condition) && tries_ < 3000; tries_++) \
            Sleep(1);                                           \
        EXPECT(condition);                                      \
    } while (0)

#endif
