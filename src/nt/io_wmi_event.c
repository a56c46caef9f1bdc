/* WMI events: from a provider's IoWMIWriteEvent to the callbacks of those who listen, in a worker thread, in order. */
#include "nt/ke.h"
#include "nt/pool.h"
#include "nt/wmi_client.h"

static struct list listeners = LIST_INIT(listeners);
static PWNODE_HEADER first, *last = &first;     /* events that wait: see next_of */
static WORK_QUEUE_ITEM work;
static bool queued;

/* The place of the time stamp, which WMI fills in when it tells. */
static PWNODE_HEADER *next_of(PWNODE_HEADER node)
{
    return (PWNODE_HEADER *)(void *)&node->KernelHandle;
}

static bool is_heard(const GUID *guid)
{
    list_each(it, &listeners)
        if (!memcmp(&container_of(it, struct wmi_client, node)->guid, guid, sizeof *guid))
            return true;
    return false;
}

static void tell(PWNODE_HEADER node)
{
    list_each_safe(it, &listeners) {
        struct wmi_client *client = container_of(it, struct wmi_client, node);

        if (memcmp(&client->guid, &node->Guid, sizeof node->Guid))
            continue;
        ObReferenceObject(client);
        client->callback(node, client->context);
        ObDereferenceObject(client);
    }
}

static VOID NTAPI deliver(PVOID context)
{
    PWNODE_HEADER node;

    while ((node = first) != NULL) {
        first = *next_of(node);
        if (!first)
            last = &first;
        node->TimeStamp.QuadPart = (LONGLONG)ke_system_time();
        tell(node);
        ExFreePool(node);
    }
    queued = false;
}

bool wmi_tell(PWNODE_HEADER node)
{
    if (!is_heard(&node->Guid))
        return false;
    *next_of(node) = NULL;
    *last = node;
    last = next_of(node);
    if (queued)
        return true;
    queued = true;
    ExInitializeWorkItem(&work, deliver, NULL);
    ExQueueWorkItem(&work, DelayedWorkQueue);
    return true;
}

void wmi_enable_events(const GUID *guid, bool enable)
{
    list_each_safe(it, &wmi_providers) {
        struct wmi_provider *p = container_of(it, struct wmi_provider, node);
        ULONG at = 0, size = sizeof(WNODE_HEADER);
        WNODE_HEADER node = { .BufferSize = sizeof node, .Guid = *guid };

        if (wmi_find(p, guid, &at))
            wmi_send(p, enable ? IRP_MN_ENABLE_EVENTS : IRP_MN_DISABLE_EVENTS, &node.Guid, &node, &size);
    }
}

/* Has a function called with every event of the class: at PASSIVE_LEVEL, the WNODE is WMI's. Until the object's last reference goes.
 * <= APC_LEVEL. docs: wdm/nf-wdm-iowmisetnotificationcallback */
NTSTATUS NTAPI IoWMISetNotificationCallback(PVOID Object, WMI_NOTIFICATION_CALLBACK Callback, PVOID Context)
{
    NTSTATUS status;
    struct wmi_client *client = wmi_client_of(Object, WMIGUID_NOTIFICATION, &status);

    if (!client)
        return status;
    bool heard = is_heard(&client->guid);
    client->callback = Callback;
    client->context = Context;
    if (client->listening)
        return STATUS_SUCCESS;
    client->listening = true;
    list_push_back(&listeners, &client->node);
    if (!heard)
        wmi_enable_events(&client->guid, true);
    return STATUS_SUCCESS;
}

void wmi_stop_listening(struct wmi_client *client)
{
    list_remove(&client->node);
    client->listening = false;
    if (!is_heard(&client->guid))
        wmi_enable_events(&client->guid, false);
}
