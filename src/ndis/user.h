/* What a user changes in the network configuration of a computer that runs. PASSIVE_LEVEL, inside, but for the lookup.
 *
 * A component is a protocol, by its name (Name of its characteristics), or a filter driver, by its service's; an adapter is {GUID},
 * \DEVICE\{GUID}, or the instance path of its device. All return false with error_text() when there is no such thing, or it does
 * not do as asked; a driver's own answer is in *status, which is NDIS_STATUS_SUCCESS otherwise. */
#ifndef NDIS_USER_H
#define NDIS_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adapter;

/* Takes a component off an adapter, or lets it on again. The adapter's Linkage\Disabled (REG_MULTI_SZ, in its driver key) keeps who is
 * off; intermediate drivers, and mandatory filter modules that are off, make room for others. */
bool ndis_user_bind(const char *component, const char *adapter, bool on);
/* The order of a protocol's bindings: these adapters, then its others. Keeps it in the service's Linkage\Bind and sends
 * NetEventBindList. docs: netpnp/ns-netpnp-_net_pnp_event */
bool ndis_user_order(const char *protocol, const char *const *adapters, size_t count, int32_t *status);
/* The configuration of a protocol has changed, on one adapter or (NULL) altogether: NetEventReconfigure with this data. */
bool ndis_user_reconfigure(const char *protocol, const char *adapter, void *data, uint32_t length, int32_t *status);
/* Whether the device may wake the computer: NetEventPnPCapabilities, and what protocols enable stays with NDIS while it may not. */
bool ndis_user_wake(const char *adapter, bool on);

/* The user has taken this component off this adapter. */
bool ndis_user_disabled(struct adapter *adapter, const char *component);

#endif
