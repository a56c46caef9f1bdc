/* What a classifyFn may call about its own classification; tokens. */
#include <ntifs.h>

#include <fwpsk.h>

#include "fwp/classification.h"
#include "fwp/session.h"
#include "nt/se.h"

/* Whether the value is one the option allows. */
static NTSTATUS check_option(FWP_CLASSIFY_OPTION_TYPE option, const FWP_VALUE0 *value)
{
    if ((unsigned)option >= FWP_CLASSIFY_OPTION_MAX)
        return STATUS_FWP_INVALID_ENUMERATOR;
    if (!value)
        return STATUS_INVALID_PARAMETER;
    if (value->type != FWP_UINT32)
        return STATUS_OBJECT_TYPE_MISMATCH;
    switch (option) {
    case FWP_CLASSIFY_OPTION_MULTICAST_STATE:
        return value->uint32 <= FWP_OPTION_VALUE_ALLOW_GLOBAL_MULTICAST_STATE ? STATUS_SUCCESS : STATUS_FWP_OUT_OF_BOUNDS;
    case FWP_CLASSIFY_OPTION_LOOSE_SOURCE_MAPPING: case FWP_CLASSIFY_OPTION_LOCAL_ONLY_MAPPING:
        return value->uint32 <= 1 ? STATUS_SUCCESS : STATUS_FWP_OUT_OF_BOUNDS;
    case FWP_CLASSIFY_OPTION_UNICAST_LIFETIME: case FWP_CLASSIFY_OPTION_MCAST_BCAST_LIFETIME:
        return value->uint32 ? STATUS_SUCCESS : STATUS_FWP_OUT_OF_BOUNDS;
    default:
        return STATUS_SUCCESS;
    }
}

/* From a classifyFn, with the metadata it was given: asks for an option of the traffic that it permits. The first callout to set an option
 * has it (STATUS_UNSUCCESSFUL for the others, and outside a classification). At the layers of authorisation they become the conversation's
 * (tcpip/wfp_endpoint.h): its idle life, who may answer, and that it is encrypted, which it then cannot be. The policy keys of IKE and
 * local-only mapping are recorded and change nothing. IRQL <= DISPATCH_LEVEL. STATUS_FWP_INVALID_ENUMERATOR, STATUS_FWP_OUT_OF_BOUNDS,
 * STATUS_OBJECT_TYPE_MISMATCH for a value that is not FWP_UINT32, STATUS_INVALID_PARAMETER. docs: fwpsk/nf-fwpsk-fwpsclassifyoptionset0 */
NTSTATUS NTAPI FwpsClassifyOptionSet0(const FWPS_INCOMING_METADATA_VALUES0 *inMetadataValues, FWP_CLASSIFY_OPTION_TYPE option,
                                      const FWP_VALUE0 *newValue)
{
    struct fwp_classification *c = fwp_classification_of(inMetadataValues);
    NTSTATUS status = check_option(option, newValue);

    if (!NT_SUCCESS(status))
        return status;
    if (!c || c->verdict->options_set & 1u << option)
        return STATUS_UNSUCCESSFUL;
    c->verdict->options_set |= 1u << option;
    c->verdict->options[option] = newValue->uint32;
    return STATUS_SUCCESS;
}

/* *accessToken gets a handle of the token: System's, the only one there is; modifiedId is not compared. Closed with ZwClose.
 * PASSIVE_LEVEL. STATUS_INVALID_HANDLE for a session that is not open, STATUS_INVALID_PARAMETER, and what ObOpenObjectByPointer
 * returns. docs: fwpsk/nf-fwpsk-fwpsopentoken0 */
NTSTATUS NTAPI FwpsOpenToken0(HANDLE engineHandle, LUID modifiedId, DWORD desiredAccess, HANDLE *accessToken)
{
    struct fwp_session *session;
    NTSTATUS status = accessToken ? fwp_enter(engineHandle, FWP_READ, &session) : STATUS_INVALID_PARAMETER;

    if (!NT_SUCCESS(status))
        return status;
    return fwp_leave(session, ObOpenObjectByPointer(se_system_token(), OBJ_KERNEL_HANDLE, NULL, desiredAccess, NULL, KernelMode,
                                                    accessToken));
}
