/* Interfaces that drivers provide, LUID indexes, and the order of interfaces above each other.
 *
 * 1. An index (never 0) is never used twice while its interface is registered, and the lowest free one is the next; adapters'
 *    indexes come from the same numbers (names.c).
 * 2. A stack entry lives until it is deleted, or one of its interfaces is deregistered.
 * 3. A LUID index belongs to its interface type until it is freed; it outlives the driver that allocated it.
 * docs: network/ndis-network-interface-architecture */
#include "ndis/filter_module.h"

#include <stdlib.h>
#include <string.h>

#include "ndis/event.h"

#define LUID_INDEX_LAST 0xFFFFFFu

struct provider {
    struct ndis_object object;
    NDIS_IF_PROVIDER_CHARACTERISTICS handlers;
    NDIS_HANDLE context;
    struct list interfaces;
};

struct interface {
    struct ndis_object object;
    struct list node;                   /* provider->interfaces */
    struct list all;
    struct provider *provider;
    NDIS_HANDLE context;
    NET_IFINDEX index;
    NET_LUID luid;
    struct interface_row row;
};

struct stack_entry {
    struct list node;
    NET_IFINDEX higher, lower;
};

struct luid_index {
    struct list node;
    NET_IFTYPE type;
    uint32_t index;
};

static struct list interfaces = LIST_INIT(interfaces), stack = LIST_INIT(stack), luid_indexes = LIST_INIT(luid_indexes);

static void drop_entries(struct list *list)
{
    list_each_safe(it, list) {
        list_remove(it);
        free(it);
    }
}

void interfaces_reset(void)
{
    _Static_assert(offsetof(struct stack_entry, node) == 0 && offsetof(struct luid_index, node) == 0, "freed by the node");
    drop_entries(&stack);
    drop_entries(&luid_indexes);
    list_init(&interfaces);
}

static struct interface *find_luid(NET_LUID luid)
{
    list_each(it, &interfaces)
        if (container_of(it, struct interface, all)->luid.Value == luid.Value)
            return container_of(it, struct interface, all);
    return NULL;
}

static struct interface *find_index(NET_IFINDEX index)
{
    list_each(it, &interfaces)
        if (container_of(it, struct interface, all)->index == index)
            return container_of(it, struct interface, all);
    return NULL;
}

/* Any interface that NDIS provides itself: an adapter's, or that of a filter module. */
static bool own_interface(bool (*fits)(NET_IFINDEX index, NET_LUID luid, const void *what), const void *what, NET_IFINDEX *index, NET_LUID *luid)
{
    list_each(it, &ndis_adapters) {
        const struct adapter *a = container_of(it, struct adapter, node);

        *index = a->if_index;
        *luid = a->luid;
        if (fits(*index, *luid, what))
            return true;
        for (const struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f)) {
            *index = f->if_index;
            *luid = f->luid;
            if (fits(*index, *luid, what))
                return true;
        }
    }
    return false;
}

static bool has_index(NET_IFINDEX index, NET_LUID luid, const void *what)
{
    return index == *(const NET_IFINDEX *)what;
}

static bool has_luid(NET_IFINDEX index, NET_LUID luid, const void *what)
{
    return luid.Value == ((const NET_LUID *)what)->Value;
}

static bool is_own_luid(NET_LUID luid)
{
    NET_IFINDEX index;
    NET_LUID found;

    return own_interface(has_luid, &luid, &index, &found);
}

/* --- providers -------------------------------------------------------------------------------------------------- */

/* Registers a provider of interfaces with the handlers that NDIS asks. IfProviderContext may be NULL. PASSIVE_LEVEL.
 * NDIS_STATUS_NOT_SUPPORTED for a header of an unknown version, _INVALID_PARAMETER without handlers, _RESOURCES.
 * docs: ndis/nf-ndis-ndisifregisterprovider */
NDIS_STATUS NTAPI NdisIfRegisterProvider(PNDIS_IF_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                                         NDIS_HANDLE IfProviderContext, PNDIS_HANDLE pNdisIfProviderHandle)
{
    const NDIS_IF_PROVIDER_CHARACTERISTICS *c = ProviderCharacteristics;

    *pNdisIfProviderHandle = NULL;
    if (c->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || c->Header.Revision < NDIS_OBJECT_REVISION_1 ||
        c->Header.Size < NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (!c->QueryObjectHandler || !c->SetObjectHandler)
        return NDIS_STATUS_INVALID_PARAMETER;
    struct provider *p = ndis_object_create(NDIS_IF_PROVIDER, sizeof *p, NDIS_TAG('N', 'D', 'i', 'p'), NDIS_CALLER());
    if (!p)
        return NDIS_STATUS_RESOURCES;
    p->handlers = *c;
    p->context = IfProviderContext;
    list_init(&p->interfaces);
    *pNdisIfProviderHandle = p;
    return NDIS_STATUS_SUCCESS;
}

void interface_forget(NET_IFINDEX index)
{
    list_each_safe(it, &stack) {
        struct stack_entry *entry = container_of(it, struct stack_entry, node);

        if (entry->higher != index && entry->lower != index)
            continue;
        list_remove(&entry->node);
        free(entry);
    }
}

static void remove_interface(struct interface *i)
{
    names_free_index(i->index);
    list_remove(&i->node);
    list_remove(&i->all);
    ndis_object_destroy(i);
}

/* Ends a registration; the provider has deregistered its interfaces before. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndisifderegisterprovider */
VOID NTAPI NdisIfDeregisterProvider(NDIS_HANDLE NdisProviderHandle)
{
    struct provider *p = ndis_object_check(NdisProviderHandle, NDIS_IF_PROVIDER);

    if (!list_empty(&p->interfaces))
        NDIS_EMIT(NDIS_EVENT_MISUSE, NULL, "an interface provider is deregistered before its interfaces", NDIS_CALLER());
    list_each_safe(it, &p->interfaces)
        remove_interface(container_of(it, struct interface, node));
    ndis_object_destroy(p);
}

/* --- interfaces ------------------------------------------------------------------------------------------------- */

static void copy_behind(const NET_IF_INFORMATION *info, USHORT offset, size_t length, void *to, size_t room)
{
    if (length && offset)
        memcpy(to, (const uint8_t *)info + offset, min_u64(length, room));
}

static void keep_information(struct interface *i, const NET_IF_INFORMATION *info)
{
    struct interface_row *row = &i->row;

    row->index = i->index;
    row->luid = i->luid;
    row->information = *info;
    copy_behind(info, info->PhysAddressOffset, info->PhysAddressLength, row->address, sizeof row->address);
    copy_behind(info, info->PermanentPhysAddressOffset, info->PhysAddressLength, row->permanent_address, sizeof row->permanent_address);
    copy_behind(info, info->FriendlyNameOffset, info->FriendlyNameLength, row->name, sizeof row->name - sizeof(WCHAR));
}

bool provided_interface_at(unsigned number, struct interface_row *row)
{
    list_each(it, &interfaces)
        if (number-- == 0) {
            *row = container_of(it, struct interface, all)->row;
            return true;
        }
    return false;
}

NDIS_STATUS interface_query(NET_IFINDEX index, NDIS_OID oid, void *buffer, uint32_t *length)
{
    struct interface *i = find_index(index);
    ULONG size = *length;

    if (!i)
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    NDIS_STATUS status = i->provider->handlers.QueryObjectHandler(i->context, oid, &size, buffer);
    *length = (uint32_t)min_u64(size, *length);
    return status;
}

/* An array behind the structure. */
static bool lies_behind(USHORT offset, USHORT length)
{
    return length == 0 || offset >= NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1;
}

static bool valid_information(const NET_IF_INFORMATION *info)
{
    return info->Header.Type == NDIS_OBJECT_TYPE_DEFAULT && info->Header.Revision >= NDIS_OBJECT_REVISION_1 &&
           info->Header.Size >= NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 &&
           info->PhysAddressLength <= IF_MAX_PHYS_ADDRESS_LENGTH &&
           lies_behind(info->PhysAddressOffset, info->PhysAddressLength) &&
           lies_behind(info->PermanentPhysAddressOffset, info->PhysAddressLength) &&
           lies_behind(info->FriendlyNameOffset, info->FriendlyNameLength);
}

/* Adds an interface to those of the computer and gives it an index. pIfInfo is read during the call. PASSIVE_LEVEL.
 * NDIS_STATUS_DUPLICATE_OBJECTID when the LUID is registered, _INVALID_PARAMETER, _RESOURCES.
 * docs: ndis/nf-ndis-ndisifregisterinterface */
NDIS_STATUS NTAPI NdisIfRegisterInterface(NDIS_HANDLE NdisProviderHandle, NET_LUID NetLuid, NDIS_HANDLE ProviderIfContext,
                                          PNET_IF_INFORMATION pIfInfo, PNET_IFINDEX pfIndex)
{
    struct provider *p = ndis_object_check(NdisProviderHandle, NDIS_IF_PROVIDER);

    if (NetLuid.Value == NET_IFLUID_UNSPECIFIED || !valid_information(pIfInfo))
        return NDIS_STATUS_INVALID_PARAMETER;
    if (find_luid(NetLuid) || is_own_luid(NetLuid))
        return NDIS_STATUS_DUPLICATE_OBJECTID;
    struct interface *i = ndis_object_create(NDIS_INTERFACE, sizeof *i, NDIS_TAG('N', 'D', 'i', 'f'), NDIS_CALLER());
    if (!i)
        return NDIS_STATUS_RESOURCES;
    i->provider = p;
    i->context = ProviderIfContext;
    i->index = names_take_index(NULL);
    if (i->index == NET_IFINDEX_UNSPECIFIED) {
        ndis_object_destroy(i);
        return NDIS_STATUS_RESOURCES;
    }
    i->luid = NetLuid;
    keep_information(i, pIfInfo);
    list_push_back(&p->interfaces, &i->node);
    list_push_back(&interfaces, &i->all);
    *pfIndex = i->index;
    return NDIS_STATUS_SUCCESS;
}

/* Takes an interface and its stack entries away. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisifderegisterinterface */
VOID NTAPI NdisIfDeregisterInterface(NET_IFINDEX ifIndex)
{
    struct interface *i = find_index(ifIndex);

    if (i)
        remove_interface(i);
    else
        NDIS_EMIT(NDIS_EVENT_MISUSE, NULL, "an interface is deregistered that is not registered", NDIS_CALLER());
}

/* PASSIVE_LEVEL. NDIS_STATUS_INTERFACE_NOT_FOUND. docs: ndis/nf-ndis-ndisifgetinterfaceindexfromnetluid */
NDIS_STATUS NTAPI NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, PNET_IFINDEX pIfIndex)
{
    const struct interface *i = find_luid(NetLuid);
    NET_IFINDEX index = 0;
    NET_LUID luid;

    if (!i && !own_interface(has_luid, &NetLuid, &index, &luid))
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    *pIfIndex = i ? i->index : index;
    return NDIS_STATUS_SUCCESS;
}

/* PASSIVE_LEVEL. NDIS_STATUS_INTERFACE_NOT_FOUND. docs: ndis/nf-ndis-ndisifgetnetluidfrominterfaceindex */
NDIS_STATUS NTAPI NdisIfGetNetLuidFromInterfaceIndex(NET_IFINDEX ifIndex, PNET_LUID pNetLuid)
{
    const struct interface *i = find_index(ifIndex);
    NET_IFINDEX index;
    NET_LUID luid = { 0 };

    if (!i && !own_interface(has_index, &ifIndex, &index, &luid))
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    *pNetLuid = i ? i->luid : luid;
    return NDIS_STATUS_SUCCESS;
}

/* The highest and the lowest interface under a binding. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisifquerybindingifindex */
NDIS_STATUS NTAPI NdisIfQueryBindingIfIndex(NDIS_HANDLE NdisBindingHandle, PNET_IFINDEX pBoundIfIndex, PNET_LUID pBoundIfNetLuid,
                                            PNET_IFINDEX pLowestIfIndex, PNET_LUID pLowestIfNetLuid)
{
    const struct adapter *a = ((struct binding *)ndis_object_check(NdisBindingHandle, NDIS_BINDING))->adapter;
    const struct filter *top = filter_below(a, NULL);

    *pBoundIfIndex = top ? top->if_index : a->if_index;
    *pBoundIfNetLuid = top ? top->luid : a->luid;
    *pLowestIfIndex = a->if_index;
    *pLowestIfNetLuid = a->luid;
    return NDIS_STATUS_SUCCESS;
}

/* --- the order of interfaces --------------------------------------------------------------------------------------- */

static struct stack_entry *find_entry(NET_IFINDEX higher, NET_IFINDEX lower)
{
    list_each(it, &stack) {
        struct stack_entry *entry = container_of(it, struct stack_entry, node);

        if (entry->higher == higher && entry->lower == lower)
            return entry;
    }
    return NULL;
}

bool interface_is_above(NET_IFINDEX higher, NET_IFINDEX lower)
{
    return find_entry(higher, lower) != NULL;
}

static bool exists(NET_IFINDEX index)
{
    NET_IFINDEX found;
    NET_LUID luid;

    return find_index(index) || own_interface(has_index, &index, &found, &luid);
}

/* Notes that one interface lies above another. PASSIVE_LEVEL. NDIS_STATUS_INTERFACE_NOT_FOUND, _RESOURCES.
 * docs: ndis/nf-ndis-ndisifaddifstackentry */
NDIS_STATUS NTAPI NdisIfAddIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex)
{
    if (!exists(HigherLayerIfIndex) || !exists(LowerLayerIfIndex))
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    if (find_entry(HigherLayerIfIndex, LowerLayerIfIndex))
        return NDIS_STATUS_SUCCESS;
    struct stack_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NDIS_STATUS_RESOURCES;
    entry->higher = HigherLayerIfIndex;
    entry->lower = LowerLayerIfIndex;
    list_push_back(&stack, &entry->node);
    return NDIS_STATUS_SUCCESS;
}

static void put_pair(struct interface_pair *pairs, size_t room, size_t *count, NET_IFINDEX higher, NET_IFINDEX lower)
{
    if (*count < room)
        pairs[*count] = (struct interface_pair){ higher, lower };
    (*count)++;
}

size_t interface_stack(struct interface_pair *pairs, size_t room)
{
    size_t count = 0;

    list_each(it, &ndis_adapters) {
        const struct adapter *a = container_of(it, struct adapter, node);
        NET_IFINDEX lower = a->if_index;

        for (const struct filter *f = filter_above(a, NULL); f; f = filter_above(a, f)) {
            put_pair(pairs, room, &count, f->if_index, lower);
            lower = f->if_index;
        }
    }
    list_each(it, &stack) {
        const struct stack_entry *entry = container_of(it, struct stack_entry, node);

        if (exists(entry->higher) && exists(entry->lower))      /* a module may be attaching or detaching */
            put_pair(pairs, room, &count, entry->higher, entry->lower);
    }
    return count;
}

/* Deletes that note when it is there. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisifdeleteifstackentry */
VOID NTAPI NdisIfDeleteIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex)
{
    struct stack_entry *entry = find_entry(HigherLayerIfIndex, LowerLayerIfIndex);

    if (!entry)
        return;
    list_remove(&entry->node);
    free(entry);
}

/* --- LUID indexes --------------------------------------------------------------------------------------------------- */

static struct luid_index *find_luid_index(NET_IFTYPE type, uint32_t index)
{
    list_each(it, &luid_indexes) {
        struct luid_index *l = container_of(it, struct luid_index, node);

        if (l->type == type && l->index == index)
            return l;
    }
    return NULL;
}

/* A 24-bit index for a LUID of this interface type that nobody has. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES.
 * docs: ndis/nf-ndis-ndisifallocatenetluidindex */
NDIS_STATUS NTAPI NdisIfAllocateNetLuidIndex(NET_IFTYPE ifType, PUINT32 pNetLuidIndex)
{
    uint32_t index = 1;

    while (find_luid_index(ifType, index) ||
           is_own_luid((NET_LUID){ .Info = { .IfType = ifType, .NetLuidIndex = index } }))
        if (++index > LUID_INDEX_LAST)
            return NDIS_STATUS_RESOURCES;
    struct luid_index *l = calloc(1, sizeof *l);
    if (!l)
        return NDIS_STATUS_RESOURCES;
    l->type = ifType;
    l->index = index;
    list_push_back(&luid_indexes, &l->node);
    *pNetLuidIndex = index;
    return NDIS_STATUS_SUCCESS;
}

/* PASSIVE_LEVEL. NDIS_STATUS_INVALID_PARAMETER when it is not allocated for that type.
 * docs: ndis/nf-ndis-ndisiffreenetluidindex */
NDIS_STATUS NTAPI NdisIfFreeNetLuidIndex(NET_IFTYPE ifType, UINT32 NetLuidIndex)
{
    struct luid_index *l = find_luid_index(ifType, NetLuidIndex);

    if (!l)
        return NDIS_STATUS_INVALID_PARAMETER;
    list_remove(&l->node);
    free(l);
    return NDIS_STATUS_SUCCESS;
}
