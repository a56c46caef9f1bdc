/* Virtual switches: there is none, so nothing ever happens to one. docs: fwpsk/nf-fwpsk-fwpsvswitcheventssubscribe0 */
#include <fwpsk.h>
#include <stdlib.h>

struct subscription {
    struct subscription *next;
};

static struct subscription *subscriptions;

/* A subscription to events of virtual switches; to be ended. IRQL PASSIVE_LEVEL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * docs: fwpsk/nf-fwpsk-fwpsvswitcheventssubscribe0 */
NTSTATUS NTAPI FwpsvSwitchEventsSubscribe0(const GUID *providerGuid, VOID *notifyContext, UINT32 flags, const VOID *reserved,
                                           const FWPS_VSWITCH_EVENT_DISPATCH_TABLE0 *eventDispatchTable, HANDLE *subscriptionId)
{
    struct subscription *s;

    if (flags || reserved || !eventDispatchTable || !subscriptionId)
        return STATUS_INVALID_PARAMETER;
    s = malloc(sizeof *s);
    if (!s)
        return STATUS_NO_MEMORY;
    s->next = subscriptions;
    subscriptions = s;
    *subscriptionId = s;
    return STATUS_SUCCESS;
}

/* IRQL PASSIVE_LEVEL. STATUS_INVALID_HANDLE. docs: fwpsk/nf-fwpsk-fwpsvswitcheventsunsubscribe0 */
NTSTATUS NTAPI FwpsvSwitchEventsUnsubscribe0(HANDLE subscriptionId, UINT32 flags, const VOID *reserved)
{
    for (struct subscription **link = &subscriptions; *link; link = &(*link)->next)
        if (*link == subscriptionId) {
            *link = (*link)->next;
            free(subscriptionId);
            return STATUS_SUCCESS;
        }
    return STATUS_INVALID_HANDLE;
}

/* IRQL <= DISPATCH_LEVEL. STATUS_NOT_FOUND: no callback has ever been called. docs: fwpsk/nf-fwpsk-fwpsvswitchnotifycomplete0 */
NTSTATUS NTAPI FwpsvSwitchNotifyComplete0(VOID *completionContext, NTSTATUS status, UINT32 flags, const VOID *reserved)
{
    return STATUS_NOT_FOUND;
}

/* IRQL <= DISPATCH_LEVEL. STATUS_NOT_FOUND: no packet has such a context. docs: fwpsk/nf-fwpsk-fwpsreferencevswitchpacketcontext0 */
NTSTATUS NTAPI FwpsReferencevSwitchPacketContext0(HANDLE packetContext)
{
    return STATUS_NOT_FOUND;
}

/* IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsdereferencevswitchpacketcontext0 */
VOID NTAPI FwpsDereferencevSwitchPacketContext0(HANDLE packetContext)
{
}

/* IRQL <= DISPATCH_LEVEL. STATUS_NOT_FOUND: there is no such switch; completionFn is not called.
 * docs: fwpsk/nf-fwpsk-fwpsinjectvswitchethernetingressasync0 */
NTSTATUS NTAPI FwpsInjectvSwitchEthernetIngressAsync0(HANDLE injectionHandle, HANDLE injectionContext, UINT32 flags, const VOID *reserved,
                                                      FWP_BYTE_BLOB *vSwitchId, NDIS_SWITCH_PORT_ID vSwitchSourcePortId,
                                                      NDIS_SWITCH_NIC_INDEX vSwitchSourceNicIndex, NET_BUFFER_LIST *netBufferLists,
                                                      FWPS_INJECT_COMPLETE0 *completionFn, HANDLE completionContext)
{
    return STATUS_NOT_FOUND;
}
