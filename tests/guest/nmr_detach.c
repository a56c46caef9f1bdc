/* Deregistering and detaching. docs: network/network-module-detachment, the detach and cleanup callbacks of netioddk */
#include "nmr_helpers.h"

static const NPIID Npi = { 0x6a1f3c30, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };

static MODULE A, B, C, D;               /* A and C provide, B and D are clients */
static KEVENT Waited;
static NTSTATUS WaitStatus;

static BOOLEAN AttachPair(void)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    EXPECT_EQ(Register(&A), STATUS_SUCCESS);
    EXPECT_EQ(Register(&B), STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    return A.Attaches == 1 && B.Attaches == 1;
}

static VOID NTAPI Waiter(PVOID context)
{
    WaitStatus = WaitDeregistered((MODULE *)context);
    KeSetEvent(&Waited, 0, FALSE);
}

static PKTHREAD WaitInThread(MODULE *module)
{
    KeInitializeEvent(&Waited, NotificationEvent, FALSE);
    WaitStatus = STATUS_UNSUCCESSFUL;
    return StartThread(Waiter, module);
}

static void BothTold(void)
{
    EXPECT_EQ(A.Detaches, 1);
    EXPECT_EQ(B.Detaches, 1);
}

static void NobodyCleaned(void)
{
    EXPECT_EQ(A.Cleanups, 0);
    EXPECT_EQ(B.Cleanups, 0);
}

static void BothCleaned(void)
{
    EXPECT_EQ(A.Cleanups, 1);
    EXPECT_EQ(B.Cleanups, 1);
}

TEST_CASE(both_sides_are_told_whoever_leaves)
{
    for (int i = 0; i < 2; i++) {
        MODULE *first = i ? &A : &B, *second = i ? &B : &A;

        REQUIRE(AttachPair());
        Leave(first);
        BothTold();
        BothCleaned();
        Leave(second);
        BothTold();
    }
}

TEST_CASE(a_wait_lasts_until_the_leaving_side_has_detached)
{
    PKTHREAD thread;

    REQUIRE(AttachPair());
    B.Pends = TRUE;
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    BothTold();
    thread = WaitInThread(&B);
    REQUIRE(thread != NULL);
    EXPECT_EQ(WaitMs(&Waited, 10), STATUS_TIMEOUT);
    NobodyCleaned();
    CompleteDetach(B.Last);
    BothCleaned();
    EXPECT_EQ(WaitFor(&Waited), STATUS_SUCCESS);
    EXPECT_EQ(WaitStatus, STATUS_SUCCESS);
    JoinThread(thread);
    Leave(&A);
}

TEST_CASE(a_wait_lasts_until_the_partner_has_detached)
{
    PKTHREAD thread;

    REQUIRE(AttachPair());
    A.Pends = TRUE;
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    BothTold();
    thread = WaitInThread(&B);
    REQUIRE(thread != NULL);
    EXPECT_EQ(WaitMs(&Waited, 10), STATUS_TIMEOUT);
    NobodyCleaned();
    CompleteDetach(A.Last);
    BothCleaned();
    JoinThread(thread);
    EXPECT_EQ(WaitStatus, STATUS_SUCCESS);
    Leave(&A);
}

TEST_CASE(cleanup_waits_for_both_sides_in_either_order)
{
    for (int i = 0; i < 4; i++) {
        MODULE *leaving = i & 1 ? &A : &B, *first = i & 2 ? &A : &B, *last = i & 2 ? &B : &A;

        REQUIRE(AttachPair());
        A.Pends = B.Pends = TRUE;
        EXPECT_EQ(Deregister(leaving), STATUS_PENDING);
        BothTold();
        CompleteDetach(first->Last);
        NobodyCleaned();
        CompleteDetach(last->Last);
        BothCleaned();
        EXPECT_EQ(WaitDeregistered(leaving), STATUS_SUCCESS);
        Leave(leaving == &A ? &B : &A);
    }
}

TEST_CASE(when_both_leave_each_is_told_once)
{
    REQUIRE(AttachPair());
    A.Pends = B.Pends = TRUE;
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    BothTold();
    CompleteDetach(A.Last);
    CompleteDetach(B.Last);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
    BothTold();
    BothCleaned();
}

/* The last call in progress may end on another processor before the callback has returned STATUS_PENDING. */
static void CompleteAtOnce(MODULE *module)
{
    CompleteDetach(module->Last);
    EXPECT_EQ(module->Cleanups, 0);
}

TEST_CASE(detachment_may_be_completed_before_the_callback_returns)
{
    REQUIRE(AttachPair());
    A.Pends = B.Pends = TRUE;
    A.InDetach = B.InDetach = CompleteAtOnce;
    Leave(&B);
    BothCleaned();
    Leave(&A);
}

TEST_CASE(deregistration_begins_at_dispatch_level)
{
    KIRQL irql;

    REQUIRE(AttachPair());
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    BothTold();
    BothCleaned();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    KeLowerIrql(irql);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
}

TEST_CASE(a_dpc_completes_a_detachment)
{
    REQUIRE(AttachPair());
    A.PendMs = 2;
    B.PendMs = 1;
    Leave(&A);
    BothCleaned();
    Leave(&B);
}

static void LeaveInCallback(MODULE *module)
{
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
}

TEST_CASE(a_client_may_leave_in_its_own_attach_callback)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.InAttach = LeaveInCallback;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(B.Offers == 1);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT_EQ(B.Cleanups, B.Attaches);
    EXPECT_EQ(A.Cleanups, A.Attaches);
    Leave(&A);
}

TEST_CASE(a_client_may_leave_while_its_provider_attaches)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    A.InAttach = LeaveInCallback;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(A.Offers == 1);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT_EQ(B.Cleanups, B.Attaches);
    EXPECT_EQ(A.Cleanups, A.Attaches);
    Leave(&A);
}

TEST_CASE(a_client_may_leave_because_its_provider_does)
{
    REQUIRE(AttachPair());
    B.InDetach = LeaveInCallback;
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    BothTold();
    BothCleaned();
}

/* A thread registers the client, whose attach callback stays where it is until it is let go. */
static KEVENT InAttach, LetGo;

static void Stay(MODULE *module)
{
    KeSetEvent(&InAttach, 0, FALSE);
    WaitFor(&LetGo);
}

static VOID NTAPI RegisterB(PVOID context)
{
    EXPECT_EQ(Register(&B), STATUS_SUCCESS);
}

static PKTHREAD StayInAttach(MODULE *module)
{
    PKTHREAD thread;

    KeInitializeEvent(&InAttach, NotificationEvent, FALSE);
    KeInitializeEvent(&LetGo, NotificationEvent, FALSE);
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    module->InAttach = Stay;
    EXPECT_EQ(Register(&A), STATUS_SUCCESS);
    thread = StartThread(RegisterB, NULL);
    if (thread != NULL)
        WaitFor(&InAttach);
    return thread;
}

TEST_CASE(a_provider_may_leave_during_an_attachment)
{
    for (int i = 0; i < 2; i++) {
        PKTHREAD thread = StayInAttach(i ? &A : &B), waiter;

        REQUIRE(thread != NULL);
        EXPECT_EQ(Deregister(&A), STATUS_PENDING);
        EXPECT_EQ(A.Detaches + B.Detaches, 0);
        waiter = WaitInThread(&A);
        REQUIRE(waiter != NULL);
        EXPECT_EQ(WaitMs(&Waited, 5), STATUS_TIMEOUT);
        KeSetEvent(&LetGo, 0, FALSE);
        JoinThread(thread);
        JoinThread(waiter);
        EXPECT_EQ(WaitStatus, STATUS_SUCCESS);
        EXPECT_EQ(A.Offers, i);         /* one that has left is not asked any more */
        EXPECT_EQ(A.Cleanups, A.Attaches);
        EXPECT_EQ(B.Cleanups, B.Attaches);
        Leave(&B);
    }
}

TEST_CASE(who_registers_during_a_detachment_does_not_meet_the_leaving)
{
    REQUIRE(AttachPair());
    B.Pends = TRUE;
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    FillProvider(&C, &Npi);
    FillClient(&D, &Npi);
    REQUIRE(Register(&C) == STATUS_SUCCESS);
    REQUIRE(Register(&D) == STATUS_SUCCESS);
    EVENTUALLY(D.Attaches == 2);
    EXPECT_EQ(B.Offers, 1);
    EXPECT_EQ(C.Attaches, 1);
    CompleteDetach(B.Last);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    Leave(&C);
    Leave(&A);
    Leave(&D);
}

TEST_CASE(one_that_leaves_waits_for_all_its_partners)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    FillProvider(&C, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    REQUIRE(Register(&C) == STATUS_SUCCESS);
    EVENTUALLY(B.Attaches == 2);
    A.PendMs = 3;
    C.PendMs = 1;
    Leave(&B);
    EXPECT_EQ(A.Cleanups, 1);
    EXPECT_EQ(C.Cleanups, 1);
    Leave(&A);
    Leave(&C);
}

/* The client keeps what it was given in its context only after NmrClientAttachProvider: until its callback has returned, it cannot
 * be asked to detach. */
static NTSTATUS NTAPI AttachAndLose(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE provider)
{
    NTSTATUS status = ClientAttach(binding, context, provider);

    B.Last->Ready = FALSE;
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    EXPECT_EQ(B.Detaches, 0);
    B.Last->Ready = TRUE;
    return status;
}

TEST_CASE(a_provider_may_leave_before_the_client_knows_that_it_is_attached)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Client.ClientAttachProvider = AttachAndLose;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
    BothTold();
    BothCleaned();
    Leave(&B);
}
