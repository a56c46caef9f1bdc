/* An adapter as a WMI provider. */
#ifndef NDIS_WMI_PROVIDER_H
#define NDIS_WMI_PROVIDER_H

#include "ndis/adapter.h"

/* Registers the adapter, once it is initialized; takes it away before it halts. PASSIVE_LEVEL. */
void wmi_provide(struct adapter *adapter);
void wmi_withdraw(struct adapter *adapter);
/* IRP_MJ_SYSTEM_CONTROL. */
NTSTATUS wmi_control(struct adapter *adapter, PIRP irp);
/* A status that the miniport indicated. <= DISPATCH_LEVEL. */
void wmi_status(struct adapter *adapter, const NDIS_STATUS_INDICATION *indication);

#endif
