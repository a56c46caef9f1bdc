/* SRB_FUNCTION_PNP: what happens to a unit or to the adapter, told to the miniport, and the capabilities it may add. A miniport that does
 * not know the function answers SRB_STATUS_INVALID_REQUEST, and nothing changes. docs: srb/ns-srb-_scsi_pnp_request_block,
 * srb/ns-srb-_srbex_data_pnp */
#include "storport/adapter.h"

#include <string.h>

#include "nt/pool.h"

#define DATA_AT 144u                    /* as in unit.c */
#define TIMEOUT 10

static void describe(struct request *r, STOR_PNP_ACTION action, ULONG flags)
{
    if (!r->extended) {
        ((PSCSI_PNP_REQUEST_BLOCK)r->srb)->PnPAction = action;
        ((PSCSI_PNP_REQUEST_BLOCK)r->srb)->SrbPnPFlags = flags;
        return;
    }
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSRBEX_DATA_PNP data = (void *)((uint8_t *)r->srb + DATA_AT);

    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = DATA_AT;
    data->Type = SrbExDataTypePnP;
    data->Length = SRBEX_DATA_PNP_LENGTH;
    data->PnPAction = action;
    data->SrbPnPFlags = flags;
}

static uint8_t tell(struct unit *u, STOR_PNP_ACTION action, ULONG flags, void *data, uint32_t length)
{
    struct request *r = u->adapter->state == ADAPTER_STARTED && u->adapter->powered ? request_take(u) : NULL;
    uint8_t status;

    if (!r)
        return SRB_STATUS_NO_DEVICE;
    request_prepare(r, SRB_FUNCTION_PNP, data ? SRB_FLAGS_DATA_IN : 0, data, length, TIMEOUT);
    describe(r, action, flags);
    r->bypass = true;
    status = request_wait(r);
    request_release(r);
    return status;
}

uint8_t unit_tell_pnp(struct unit *u, STOR_PNP_ACTION action, void *data, uint32_t length)
{
    return tell(u, action, 0, data, length);
}

void adapter_tell_pnp(struct adapter *a, STOR_PNP_ACTION action)
{
    if (a->control)
        tell(a->control, action, SRB_PNP_FLAGS_ADAPTER_REQUEST, NULL, 0);
}

/* Version 1 has the bits of the old structure; the extended one is asked of miniports that announced it. */
void unit_query_capabilities(struct unit *u, PDEVICE_CAPABILITIES to)
{
    struct adapter *a = u->adapter;
    bool full = a->driver->init.FeatureSupport & STOR_FEATURE_FULL_PNP_DEVICE_CAPABILITIES;
    uint32_t size = full ? sizeof(STOR_DEVICE_CAPABILITIES_EX) : sizeof(STOR_DEVICE_CAPABILITIES);
    PSTOR_DEVICE_CAPABILITIES_EX c = pool_alloc(NonPagedPoolNx, sizeof *c, SP_TAG, SP_OWNER(a));

    if (!c)
        return;
    memset(c, 0, sizeof *c);
    c->Version = STOR_DEVICE_CAPABILITIES_EX_VERSION_1;
    if (full)
        c->Size = sizeof *c;
    if (unit_tell_pnp(u, StorQueryCapabilities, c, size) == SRB_STATUS_SUCCESS) {
        to->LockSupported = c->LockSupported;
        to->EjectSupported = c->EjectSupported;
        to->Removable = c->Removable;
        if (full) {
            to->SurpriseRemovalOK = c->SurpriseRemovalOK;
            to->NoDisplayInUI = c->NoDisplayInUI;
        } else {                        /* it has no RawDeviceOK, so its last bits stand one place lower */
            PSTOR_DEVICE_CAPABILITIES old = (PSTOR_DEVICE_CAPABILITIES)c;
            to->SurpriseRemovalOK = old->SurpriseRemovalOK;
            to->NoDisplayInUI = old->NoDisplayInUI;
        }
    }
    pool_free(c, SP_TAG, NULL);
}

/* PnP starts the unit: the registry's settings hold from now on, and the miniport hears of it. */
void unit_started(struct unit *u)
{
    STOR_ADDR_BTL8 address = unit_address(u);

    unit_read_settings(u);
    unit_control(u, ScsiUnitStart, &address);
    if (!u->pofx.registered)
        pofx_unit_begin(u);
    if (u->adapter->wmi)
        IoWMIRegistrationControl(u->pdo, WMIREG_ACTION_REGISTER);
}
