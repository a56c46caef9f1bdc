/* What the registrar refuses. run with: --ignore=misuse */
#include "nmr_helpers.h"

static const NPIID Npi = { 0x6a1f3c50, 0x58d1, 0x4e0b, { 0x93, 0x11, 0x20, 0x5c, 0x7e, 0x40, 0x8a, 0x01 } };

static MODULE A, B;

TEST_CASE(a_wait_before_the_deregistration_is_an_invalid_parameter)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_INVALID_PARAMETER);
    Leave(&B);
    Leave(&A);
}

TEST_CASE(a_wait_wants_a_handle_of_its_own_kind)
{
    FillProvider(&A, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    EXPECT_EQ(Deregister(&A), STATUS_PENDING);
    EXPECT_EQ(NmrWaitForClientDeregisterComplete(A.Handle), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(WaitDeregistered(&A), STATUS_SUCCESS);
}

TEST_CASE(a_second_deregistration_is_an_error)
{
    FillClient(&B, &Npi);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    EXPECT(!NT_SUCCESS(Deregister(&B)));
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Deregister(&B)));
}

TEST_CASE(characteristics_that_cannot_be_served_are_refused)
{
    FillClient(&B, &Npi);
    B.Client.ClientAttachProvider = NULL;
    EXPECT_EQ(Register(&B), STATUS_INVALID_PARAMETER);
    FillClient(&B, &Npi);
    B.Client.ClientDetachProvider = NULL;
    EXPECT_EQ(Register(&B), STATUS_INVALID_PARAMETER);
    FillClient(&B, &Npi);
    B.Client.Version = 9;
    EXPECT_EQ(Register(&B), STATUS_INVALID_PARAMETER);
    FillProvider(&A, &Npi);
    A.Provider.Length = 8;
    EXPECT_EQ(Register(&A), STATUS_INVALID_PARAMETER);
    FillProvider(&A, &Npi);
    A.Provider.ProviderRegistrationInstance.NpiId = NULL;
    EXPECT_EQ(Register(&A), STATUS_INVALID_PARAMETER);
}

/* A client that says it attached, and did not. */
static NTSTATUS NTAPI SaySuccess(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner)
{
    return STATUS_SUCCESS;
}

TEST_CASE(a_client_that_never_asked_its_provider_is_not_attached)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Client.ClientAttachProvider = SaySuccess;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    Leave(&B);
    Leave(&A);
    EXPECT_EQ(A.Attaches + B.Detaches, 0);
}

/* A client that gives up after its provider has attached, against the rules. */
static NTSTATUS NTAPI GiveUp(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner)
{
    const VOID *dispatch;
    PVOID providerContext;

    EXPECT_EQ(NmrClientAttachProvider(binding, NULL, NULL, &providerContext, &dispatch), STATUS_SUCCESS);
    return STATUS_NOINTERFACE;
}

TEST_CASE(the_provider_of_a_client_that_gives_up_is_detached)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Client.ClientAttachProvider = GiveUp;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT_EQ(A.Attaches, 1);
    EXPECT_EQ(A.Cleanups, 1);
    Leave(&B);
    Leave(&A);
    EXPECT_EQ(B.Detaches, 0);
}

static HANDLE Kept;

static NTSTATUS NTAPI KeepAndDecline(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE partner)
{
    Kept = binding;
    return STATUS_NOINTERFACE;
}

TEST_CASE(attaching_after_the_callback_is_refused)
{
    const VOID *dispatch;
    PVOID context;

    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Client.ClientAttachProvider = KeepAndDecline;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(NmrClientAttachProvider(Kept, &B, NULL, &context, &dispatch)));
    EXPECT_EQ(A.Offers, 0);
    Leave(&B);
    Leave(&A);
}

TEST_CASE(completing_what_does_not_detach_changes_nothing)
{
    HANDLE binding;

    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    binding = B.Last->Binding;
    NmrClientDetachProviderComplete(binding);
    NmrProviderDetachClientComplete(binding);
    EXPECT_EQ(A.Cleanups + B.Cleanups, 0);
    B.Pends = TRUE;
    EXPECT_EQ(Deregister(&B), STATUS_PENDING);
    NmrProviderDetachClientComplete(binding);
    EXPECT_EQ(B.Cleanups, 0);
    CompleteDetach(B.Last);
    NmrClientDetachProviderComplete(binding);
    EXPECT_EQ(WaitDeregistered(&B), STATUS_SUCCESS);
    EXPECT_EQ(B.Cleanups, 1);
    Leave(&A);
}

static NTSTATUS NTAPI DetachWithError(PVOID context)
{
    SIDE *side = (SIDE *)context;

    InterlockedIncrement(&side->Detaches);
    InterlockedIncrement(&side->Module->Detaches);
    side->Done = 1;
    return STATUS_UNSUCCESSFUL;
}

TEST_CASE(a_detach_callback_that_fails_counts_as_detached)
{
    FillProvider(&A, &Npi);
    FillClient(&B, &Npi);
    B.Client.ClientDetachProvider = DetachWithError;
    REQUIRE(Register(&A) == STATUS_SUCCESS);
    REQUIRE(Register(&B) == STATUS_SUCCESS);
    Leave(&A);
    EXPECT_EQ(B.Cleanups, 1);
    Leave(&B);
}
