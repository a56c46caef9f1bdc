/* Registering with the Network Module Registrar and attaching. docs: network/network-module-attachment */
#include "nmr_helpers.h"

static const NPIID Npi = { 0x6a1f3c20, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };
static const NPIID OtherNpi = { 0x6a1f3c21, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };

static MODULE A, B, C, D, E;

TEST_CASE(a_client_meets_the_provider_that_is_there)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    EXPECT_EQ(A.Offers, 0);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    Leave(&B);
    EXPECT_EQ(A.Cleanups, 1);
    Leave(&A);
    EXPECT_EQ(A.Detaches, 1);
}

TEST_CASE(a_provider_meets_the_client_that_is_there)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT_EQ(B.Offers, 0);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    Leave(&A);
    EXPECT_EQ(B.Cleanups, 1);
    Leave(&B);
}

TEST_CASE(each_side_gets_the_others_context_table_and_registration)
{
    static const int clientTable = 1, providerTable = 2, clientFacts = 3, providerFacts = 4;

    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    A.Dispatch = &providerTable;
    B.Dispatch = &clientTable;
    A.Provider.ProviderRegistrationInstance.NpiSpecificCharacteristics = &providerFacts;
    A.Provider.ProviderRegistrationInstance.Number = 7;
    B.Client.ClientRegistrationInstance.NpiSpecificCharacteristics = &clientFacts;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    if (A.Attaches == 1 && B.Attaches == 1) {
        EXPECT(A.Last->Partner == B.Last && B.Last->Partner == A.Last);
        EXPECT(A.Last->PartnerDispatch == &clientTable && B.Last->PartnerDispatch == &providerTable);
        EXPECT(A.Last->Binding == B.Last->Binding);
        EXPECT(A.Partner == &B.Client.ClientRegistrationInstance);
        EXPECT(B.Partner == &A.Provider.ProviderRegistrationInstance);
        EXPECT(B.Partner->NpiSpecificCharacteristics == &providerFacts && B.Partner->Number == 7);
        EXPECT(NmrIsEqualNpiModuleId(B.Partner->ModuleId, &A.Id));
    }
    Leave(&B);
    Leave(&A);
}

TEST_CASE(modules_of_different_interfaces_never_meet)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &OtherNpi);
    FillClient(&C, &OtherNpi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    REQUIRE(Register(&C) == STATUS_SUCCESS);
    Sleep(5);
    EXPECT_EQ(A.Offers + B.Offers + C.Offers, 0);
    Leave(&C);
    Leave(&B);
    Leave(&A);
}

TEST_CASE(every_client_attaches_to_every_provider_once)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    FillProvider(&C, &Npi);
    FillClient(&D, &Npi);
    FillClient(&E, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    REQUIRE(Register(&C) == STATUS_SUCCESS);
    REQUIRE(Register(&D) == STATUS_SUCCESS);
    REQUIRE(Register(&E) == STATUS_SUCCESS);
    EVENTUALLY(B.Attaches == 2 && D.Attaches == 2 && E.Attaches == 2);
    Sleep(5);
    EXPECT_EQ(A.Attaches, 3);
    EXPECT_EQ(C.Attaches, 3);
    EXPECT_EQ(B.Offers + D.Offers + E.Offers, 6);
    Leave(&A);
    EXPECT_EQ(B.Cleanups, 1);
    EXPECT_EQ(C.Detaches, 0);
    Leave(&D);
    EXPECT_EQ(C.Cleanups, 1);
    Leave(&C);
    Leave(&B);
    Leave(&E);
}

TEST_CASE(a_client_that_declines_is_left_alone)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Answer = STATUS_NOINTERFACE;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    EXPECT_EQ(Register(&B), STATUS_SUCCESS);
    EVENTUALLY(B.Offers == 1);
    EXPECT_EQ(A.Offers, 0);
    Leave(&B);
    Leave(&A);
}

TEST_CASE(what_the_provider_answers_is_what_the_client_gets)
{
    static const NTSTATUS answers[] = { STATUS_NOINTERFACE, STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_DENIED };

    for (int i = 0; i < 3; i++) {
        FillProvider(&A, &Npi);
        FillClient(&B, &Npi);
        A.Answer = answers[i];
        REQUIRE(Register(&A) == STATUS_SUCCESS);
        EXPECT_EQ(Register(&B), STATUS_SUCCESS);
        EVENTUALLY(B.Offers == 1 && A.Offers == 1);
        EXPECT_EQ(B.LastAttach, answers[i]);
        EXPECT_EQ(A.Attaches + B.Attaches, 0);
        Leave(&A);
        Leave(&B);
    }
}

/* A client of two versions offers the provider the newer first. docs: network/attaching-the-wsk-client-to-the-wsk-subsystem */
static const int Newer = 2, Older = 1;
static SIDE *TwoVersions;

static NTSTATUS NTAPI AttachEitherVersion(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner)
{
    NTSTATUS status;

    TwoVersions = NewSide((MODULE *)context, binding);
    if (TwoVersions == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = NmrClientAttachProvider(binding, TwoVersions, &Newer, &TwoVersions->Partner, &TwoVersions->PartnerDispatch);
    EXPECT_EQ(status, STATUS_NOINTERFACE);
    status = NmrClientAttachProvider(binding, TwoVersions, &Older, &TwoVersions->Partner, &TwoVersions->PartnerDispatch);
    EXPECT_EQ(status, STATUS_SUCCESS);
    if (status == STATUS_SUCCESS) {
        NoteAttach(TwoVersions);
        TwoVersions->Ready = TRUE;
    } else {
        ExFreePoolWithTag(TwoVersions, MODULE_TAG);
    }
    return status;
}

static NTSTATUS NTAPI AttachOlder(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner, PVOID clientContext,
                                  const VOID *dispatch, PVOID *providerContext, const VOID **providerDispatch)
{
    if (*(const int *)dispatch != Older)
        return STATUS_NOINTERFACE;
    return ProviderAttach(binding, context, partner, clientContext, dispatch, providerContext, providerDispatch);
}

TEST_CASE(a_client_may_try_again_with_another_table)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    A.Provider.ProviderAttachClient = AttachOlder;
    B.Client.ClientAttachProvider = AttachEitherVersion;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    Leave(&B);
    Leave(&A);
}

/* A module in the middle provides its own interface once it has what it stands on. */
static void RegisterUpper(MODULE *module)
{
    EXPECT_EQ(Register(&C), STATUS_SUCCESS);
}

TEST_CASE(a_module_may_register_in_its_attach_callback)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    FillProvider(&C, &OtherNpi);
    FillClient(&D, &OtherNpi);
    B.InAttach = RegisterUpper;
    REQUIRE(Register(&D) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    EVENTUALLY(B.Attaches == 1 && D.Attaches == 1);
    Leave(&C);
    Leave(&B);
    Leave(&A);
    Leave(&D);
}

TEST_CASE(cleanup_callbacks_are_optional)
{
    SIDE *client, *provider;

    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    A.Provider.ProviderCleanupBindingContext = NULL;
    B.Client.ClientCleanupBindingContext = NULL;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EVENTUALLY(A.Attaches == 1 && B.Attaches == 1);
    provider = A.Last;
    client = B.Last;
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
    EXPECT_EQ(A.Detaches, 1);
    EXPECT_EQ(B.Detaches, 1);
    if (client != NULL && provider != NULL) {
        ExFreePoolWithTag(client, MODULE_TAG);
        ExFreePoolWithTag(provider, MODULE_TAG);
    }
}

TEST_CASE(one_driver_registers_the_same_module_again_and_again)
{
    FillProvider(&A, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    FillClient(&B, &Npi);
    for (int i = 1; i <= 20; i++) {
        REQUIRE(Register(&B) == STATUS_SUCCESS);
        EVENTUALLY(B.Attaches == i);
        Leave(&B);
    }
    EXPECT_EQ(A.Cleanups, 20);
    Leave(&A);
}

TEST_CASE(module_ids_are_equal_when_type_and_content_are)
{
    NPI_MODULEID a, b;

    RtlZeroMemory(&a, sizeof(a));
    a.Length = sizeof(a);
    a.Type = MIT_GUID;
    a.Guid = Npi;
    b = a;
    EXPECT(NmrIsEqualNpiModuleId(&a, &b));
    b.Guid.Data4[7]++;
    EXPECT(!NmrIsEqualNpiModuleId(&a, &b));
    b = a;
    b.Type = MIT_IF_LUID;
    EXPECT(!NmrIsEqualNpiModuleId(&a, &b));
    a.Type = MIT_IF_LUID;
    EXPECT(NmrIsEqualNpiModuleId(&a, &b));
    b.Guid.Data4[7]++;                  /* behind the LUID */
    EXPECT(NmrIsEqualNpiModuleId(&a, &b));
    b.IfLuid.HighPart++;
    EXPECT(!NmrIsEqualNpiModuleId(&a, &b));
}

/* Two registrations at once: each offers its own attachments and returns when these are done. */
static KEVENT Staying, GoFirst, GoSecond;

static void StayFirst(MODULE *module)
{
    if (module->Offers == 1) {
        KeSetEvent(&Staying, 0, FALSE);
        WaitFor(&GoFirst);
    } else {
        Sleep(5);
    }
}

static void StaySecond(MODULE *module)
{
    if (module->Offers == 2) {
        KeSetEvent(&Staying, 0, FALSE);
        WaitFor(&GoSecond);
    }
}

static VOID NTAPI RegisterModule(PVOID context)
{
    EXPECT_EQ(Register((MODULE *)context), STATUS_SUCCESS);
}

TEST_CASE(registrations_at_the_same_time_make_each_pair_once)
{
    PKTHREAD first, second;

    KeInitializeEvent(&Staying, SynchronizationEvent, FALSE);
    KeInitializeEvent(&GoFirst, NotificationEvent, FALSE);
    KeInitializeEvent(&GoSecond, NotificationEvent, FALSE);
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    FillProvider(&C, &Npi);
    FillClient(&D, &Npi);
    B.InAttach = StayFirst;
    D.InAttach = StaySecond;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&D) == STATUS_SUCCESS);
    first = StartThread(RegisterModule, &B);    /* stays in its attachment to A */
    REQUIRE(first != NULL);
    WaitFor(&Staying);
    second = StartThread(RegisterModule, &C);   /* stays in its attachment to D; that to B is still to come */
    REQUIRE(second != NULL);
    WaitFor(&Staying);
    KeSetEvent(&GoFirst, 0, FALSE);
    Sleep(1);
    KeSetEvent(&GoSecond, 0, FALSE);
    JoinThread(second);
    EXPECT_EQ(C.Attaches, 2);
    JoinThread(first);
    EXPECT_EQ(B.Offers, 2);
    EXPECT_EQ(D.Offers, 2);
    Leave(&B);
    Leave(&C);
    Leave(&A);
    Leave(&D);
}
