/* Modules that come and go at random in several threads: every attachment ends in one detachment and one cleanup on both sides. */
#include "nmr_helpers.h"

#define MODULES 8
#define THREADS 4
#define TURNS 60

static const NPIID Npi = { 0x6a1f3c40, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };

enum { AWAY, IN_USE, REGISTERED };
static MODULE Modules[MODULES];
static LONG States[MODULES];
static LONG Registrations, Attachments, Offers, Pending;

static ULONG Next(ULONG *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static void Linger(MODULE *module)
{
    if (module->Pends)
        Sleep(1);
}

/* Half of the modules linger in their attach callbacks; some take their time to detach, and decline now and then. */
static void Join(ULONG number, ULONG *random)
{
    MODULE *module = &Modules[number];

    if (number & 1)
        FillClient(module, &Npi);
    else
        FillProvider(module, &Npi);
    module->InAttach = Next(random) % 2 ? Linger : NULL;
    module->PendMs = (LONG)(Next(random) % 4);
    module->Answer = Next(random) % 8 ? STATUS_SUCCESS : STATUS_NOINTERFACE;
    if (module->PendMs)
        InterlockedIncrement(&Pending);
    EXPECT_EQ(Register(module), STATUS_SUCCESS);
    InterlockedIncrement(&Registrations);
}

static void Part(ULONG number, ULONG *random)
{
    MODULE *module = &Modules[number];
    KIRQL irql;

    if (Next(random) % 2) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        EXPECT_EQ(Deregister(module), STATUS_PENDING);
        KeLowerIrql(irql);
    } else {
        EXPECT_EQ(Deregister(module), STATUS_PENDING);
    }
    EXPECT_EQ(WaitDeregistered(module), STATUS_SUCCESS);
    EXPECT_EQ(module->Detaches, module->Attaches);
    EXPECT_EQ(module->Cleanups, module->Attaches);
    InterlockedExchangeAdd(&Attachments, module->Attaches);
    InterlockedExchangeAdd(&Offers, module->Offers);
}

static VOID NTAPI Worker(PVOID context)
{
    ULONG random = (ULONG)(ULONG_PTR)context * 7919;

    for (int turn = 0; turn < TURNS; turn++) {
        ULONG number = Next(&random) % MODULES;

        if (InterlockedCompareExchange(&States[number], IN_USE, AWAY) == AWAY) {
            Join(number, &random);
            InterlockedExchange(&States[number], REGISTERED);
        } else if (InterlockedCompareExchange(&States[number], IN_USE, REGISTERED) == REGISTERED) {
            Part(number, &random);
            InterlockedExchange(&States[number], AWAY);
        }
        if (Next(&random) % 3 == 0)
            Sleep(1);
    }
}

TEST_CASE(modules_come_and_go_in_any_order)
{
    PKTHREAD threads[THREADS];
    ULONG random = 1;

    Registrations = Attachments = Offers = Pending = 0;
    RtlZeroMemory(States, sizeof(States));
    for (ULONG i = 0; i < THREADS; i++) {
        threads[i] = StartThread(Worker, (PVOID)(ULONG_PTR)(i + 1));
        EXPECT(threads[i] != NULL);
    }
    for (ULONG i = 0; i < THREADS; i++) {
        if (threads[i] != NULL)
            JoinThread(threads[i]);
    }
    for (ULONG i = 0; i < MODULES; i++) {
        if (States[i] == REGISTERED)
            Part(i, &random);
    }
    /* A run in which hardly anything happens has shown nothing. */
    EXPECT(Registrations >= 60);
    EXPECT(Attachments >= 100);
    EXPECT(Attachments % 2 == 0);
    EXPECT(Offers > Attachments);
    EXPECT(Pending >= 30);
}
