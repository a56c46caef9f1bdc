/* Name resolution: refused. docs: wsk/nc-wsk-pfn_wsk_get_address_info, wsk/nc-wsk-pfn_wsk_get_name_info */
#include "netio/wsk_names.h"

#include "netio/wsk_internal.h"

static NTSTATUS refuse(PIRP irp, const char *function, void *frame)
{
    if (wsk_irp_take(irp, function, frame))
        wsk_irp_complete(irp, STATUS_NOT_SUPPORTED, 0);
    return STATUS_NOT_SUPPORTED;
}

/* Refused: STATUS_NOT_SUPPORTED, and the IRP is completed with it. */
NTSTATUS NTAPI wsk_get_address_info(PWSK_CLIENT client, PUNICODE_STRING node, PUNICODE_STRING service, ULONG name_space,
                                    GUID *provider, PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                    PETHREAD thread, PIRP irp)
{
    return refuse(irp, "WskGetAddressInfo", __builtin_frame_address(0));
}

/* Nothing was ever given out. */
VOID NTAPI wsk_free_address_info(PWSK_CLIENT client, PADDRINFOEXW info)
{
}

/* Refused: STATUS_NOT_SUPPORTED, and the IRP is completed with it. */
NTSTATUS NTAPI wsk_get_name_info(PWSK_CLIENT client, PSOCKADDR address, ULONG address_size, PUNICODE_STRING node,
                                 PUNICODE_STRING service, ULONG flags, PEPROCESS process, PETHREAD thread, PIRP irp)
{
    return refuse(irp, "WskGetNameInfo", __builtin_frame_address(0));
}
