/* WMI requests and events of a miniport that uses the SCSI WMI library. */
#include "fake.h"

#include <scsiwmi.h>
#include <wdm.h>

#include "../../../sdk/lib/scsiwmi.c"
#include "../../../sdk/lib/scsiwmi_instances.c"
#include "../../../sdk/lib/scsiwmi_event.c"

static const GUID counters = { 0x11111111, 1, 1, { 1, 1, 1, 1, 1, 1, 1, 1 } };
static const GUID named = { 0x22222222, 2, 2, { 2, 2, 2, 2, 2, 2, 2, 2 } };
static const GUID stranger = { 0x33333333, 3, 3, { 3, 3, 3, 3, 3, 3, 3, 3 } };
static ULONG values[2] = { 7, 8 }, method_calls, controls;
static unsigned for_adapter, for_unit, overruns;

static UCHAR NTAPI reg_info(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, PWCHAR *mof)
{
    static WCHAR name[] = { 'M', 'o', 'f', 0 };

    CHECK(device == fake.extension);
    *mof = name;
    return SRB_STATUS_SUCCESS;
}

static UCHAR query_named(PSCSIWMI_REQUEST_CONTEXT context)
{
    ULONG available, needed = 0;
    UCHAR status = SRB_STATUS_SUCCESS;

    CHECK(ScsiPortWmiSetInstanceCount(context, 2, &available, &needed));
    for (ULONG i = 0; i < 2; i++) {
        ULONG *to = ScsiPortWmiSetData(context, i, 4, &available, &needed);
        WCHAR *name = ScsiPortWmiSetInstanceName(context, i, 4, &available, &needed);

        if (!to || !name) {
            status = SRB_STATUS_DATA_OVERRUN;
            continue;
        }
        *to = values[i];
        name[0] = 'n';
        name[1] = (WCHAR)('0' + i);
    }
    overruns += status != SRB_STATUS_SUCCESS;
    ScsiPortWmiPostProcess(context, status, needed);
    return status;
}

static BOOLEAN NTAPI query(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, ULONG instance, ULONG count,
                           PULONG lengths, ULONG available, PUCHAR buffer)
{
    ULONG used = 0;

    if (guid == 1)
        return query_named(context);
    for (ULONG i = 0; i < count; i++) {
        used = (used + 7) & ~7u;
        if (used + 4 > available) {
            ScsiPortWmiPostProcess(context, SRB_STATUS_DATA_OVERRUN, (count - 1) * 8 + 4);
            return SRB_STATUS_DATA_OVERRUN;
        }
        *(PULONG)(buffer + used) = values[instance + i];
        lengths[i] = 4;
        used += 4;
    }
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, used);
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI set(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, ULONG instance, ULONG size, PUCHAR buffer)
{
    CHECK(size == 4 && instance < 2);
    values[instance] = *(PULONG)buffer;
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, 0);
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI execute(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid, ULONG instance, ULONG method, ULONG in,
                             ULONG out, PUCHAR buffer)
{
    CHECK_EQ(in, 4);
    if (out < 8) {
        ScsiPortWmiPostProcess(context, SRB_STATUS_DATA_OVERRUN, 8);
        return SRB_STATUS_DATA_OVERRUN;
    }
    method_calls++;
    ((PULONG)buffer)[1] = ((PULONG)buffer)[0] * method;
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, 8);
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN NTAPI function_control(PVOID device, PSCSIWMI_REQUEST_CONTEXT context, ULONG guid,
                                      SCSIWMI_ENABLE_DISABLE_CONTROL function, BOOLEAN enable)
{
    controls += (function == ScsiWmiEventControl ? 1 : 10) * (enable ? 1 : 100);
    ScsiPortWmiPostProcess(context, SRB_STATUS_SUCCESS, 0);
    return SRB_STATUS_SUCCESS;
}

static SCSIWMIGUIDREGINFO guids[] = { { &counters, 2, 0 }, { &named, 2, WMIREG_FLAG_EXPENSIVE } };
static SCSI_WMILIB_CONTEXT library = { 2, guids, reg_info, query, set, NULL, execute, function_control };

static bool answer_wmi(PVOID srb)
{
    SCSIWMI_REQUEST_CONTEXT context = { 0 };
    PSCSI_WMI_REQUEST_BLOCK plain = srb;
    PSRBEX_DATA_WMI extended = SrbGetSrbFunction(srb) == SRB_FUNCTION_WMI && fake.storage_srbs
                                   ? (PVOID)SrbGetSrbExDataByType(srb, SrbExDataTypeWmi) : NULL;

    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_WMI)
        return false;
    UCHAR minor = extended ? extended->WMISubFunction : plain->WMISubFunction;
    UCHAR flags = extended ? extended->WMIFlags : plain->WMIFlags;
    *(flags & SRB_WMI_FLAGS_ADAPTER_REQUEST ? &for_adapter : &for_unit) += 1;
    CHECK(!ScsiPortWmiDispatchFunction(&library, minor, fake.extension, &context, extended ? extended->DataPath : plain->DataPath,
                                       SrbGetDataTransferLength(srb), SrbGetDataBuffer(srb)));
    SrbSetDataTransferLength(srb, ScsiPortWmiGetReturnSize(&context));
    fake_complete(srb, ScsiPortWmiGetReturnStatus(&context));
    return true;
}

/* --- as WMI asks ------------------------------------------------------------------------------------------------------------- */

static ULONG_PTR answered;

static NTSTATUS send(PDEVICE_OBJECT device, UCHAR minor, const void *path, void *buffer, ULONG size)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_SYSTEM_CONTROL, .MinorFunction = minor };

    request.Parameters.WMI.ProviderId = (ULONG_PTR)device;
    request.Parameters.WMI.DataPath = (PVOID)(uintptr_t)path;
    request.Parameters.WMI.BufferSize = size;
    request.Parameters.WMI.Buffer = buffer;
    return io_send(device, &request, STATUS_NOT_SUPPORTED, &answered);
}

static void register_blocks(struct adapter *a, uint8_t *buffer)
{
    PWMIREGINFOW info = (void *)buffer;

    CHECK_EQ(send(a->fdo, IRP_MN_REGINFO, NULL, buffer, 16), STATUS_BUFFER_TOO_SMALL);
    CHECK(answered == 4 && *(PULONG)(void *)buffer > 100);
    CHECK_EQ(send(a->fdo, IRP_MN_REGINFO, NULL, buffer, 4096), STATUS_SUCCESS);
    CHECK(info->GuidCount == 2 && info->BufferSize == answered);
    CHECK(!memcmp(&info->WmiRegGuid[1].Guid, &named, sizeof named));
    CHECK_EQ(info->WmiRegGuid[1].Flags, WMIREG_FLAG_EXPENSIVE | WMIREG_FLAG_INSTANCE_PDO);
    CHECK(info->WmiRegGuid[0].Pdo == (ULONG_PTR)a->pdo && info->WmiRegGuid[0].InstanceCount == 2);
    CHECK_EQ(*(PUSHORT)(void *)(buffer + info->MofResourceName), 6);
    CHECK(*(PUSHORT)(void *)(buffer + info->RegistryPath) > 40);
    for (unsigned i = 0; i < info->GuidCount; i++)
        ObfDereferenceObject((PVOID)info->WmiRegGuid[i].Pdo);
}

static void read_and_write(PDEVICE_OBJECT device, uint8_t *buffer)
{
    PWNODE_ALL_DATA all = (void *)buffer;
    PWNODE_SINGLE_INSTANCE one = (void *)buffer;
    PWNODE_TOO_SMALL small = (void *)buffer;
    PWNODE_METHOD_ITEM method = (void *)buffer;

    memset(buffer, 0, 4096);
    CHECK_EQ(send(device, IRP_MN_QUERY_ALL_DATA, &counters, buffer, 4096), STATUS_SUCCESS);
    CHECK(all->InstanceCount == 2 && all->OffsetInstanceDataAndLength[1].LengthInstanceData == 4);
    CHECK_EQ(*(PULONG)(void *)(buffer + all->OffsetInstanceDataAndLength[1].OffsetInstanceData), values[1]);
    memset(buffer, 0, 4096);
    CHECK_EQ(send(device, IRP_MN_QUERY_ALL_DATA, &counters, buffer, sizeof(WNODE_ALL_DATA)), STATUS_SUCCESS);
    CHECK((small->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL) && answered == sizeof *small);
    ULONG takes = small->SizeNeeded;
    memset(buffer, 0, 4096);
    CHECK_EQ(send(device, IRP_MN_QUERY_ALL_DATA, &counters, buffer, takes), STATUS_SUCCESS);
    CHECK(!(all->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL) && answered == takes);
    memset(buffer, 0, 4096);
    CHECK_EQ(send(device, IRP_MN_QUERY_ALL_DATA, &named, buffer, 4096), STATUS_SUCCESS);
    ULONG name = ((PULONG)(void *)(buffer + all->OffsetInstanceNameOffsets))[1];
    CHECK_EQ(*(PUSHORT)(void *)(buffer + name), 4);
    CHECK_EQ(((PWCHAR)(void *)(buffer + name))[2], '1');
    CHECK_EQ(*(PULONG)(void *)(buffer + all->OffsetInstanceDataAndLength[0].OffsetInstanceData), values[0]);
    memset(buffer, 0, 4096);
    one->WnodeHeader.Flags = WNODE_FLAG_STATIC_INSTANCE_NAMES;
    one->InstanceIndex = 1;
    CHECK_EQ(send(device, IRP_MN_QUERY_SINGLE_INSTANCE, &counters, buffer, 4096), STATUS_SUCCESS);
    CHECK(one->SizeDataBlock == 4 && *(PULONG)(void *)(buffer + one->DataBlockOffset) == values[1]);
    *(PULONG)(void *)(buffer + one->DataBlockOffset) = 99;
    CHECK_EQ(send(device, IRP_MN_CHANGE_SINGLE_INSTANCE, &counters, buffer, 4096), STATUS_SUCCESS);
    CHECK_EQ(values[1], 99);
    one->DataBlockOffset = 5000;        /* outside the buffer */
    CHECK(!NT_SUCCESS(send(device, IRP_MN_CHANGE_SINGLE_INSTANCE, &counters, buffer, 4096)));
    CHECK(!NT_SUCCESS(send(device, IRP_MN_CHANGE_SINGLE_ITEM, &counters, buffer, 4096)));     /* no routine for it */
    memset(buffer, 0, 4096);
    method->MethodId = 3;
    method->DataBlockOffset = 80;
    method->SizeDataBlock = 4;
    *(PULONG)(void *)(buffer + 80) = 5;
    CHECK_EQ(send(device, IRP_MN_EXECUTE_METHOD, &counters, buffer, 84), STATUS_SUCCESS);
    CHECK((small->WnodeHeader.Flags & WNODE_FLAG_TOO_SMALL) && small->SizeNeeded == 88);
    CHECK_EQ(method_calls, 0);
    memset(buffer, 0, 4096);
    method->MethodId = 3;
    method->DataBlockOffset = 80;
    method->SizeDataBlock = 4;
    *(PULONG)(void *)(buffer + 80) = 5;
    CHECK_EQ(send(device, IRP_MN_EXECUTE_METHOD, &counters, buffer, 4096), STATUS_SUCCESS);
    CHECK_EQ(((PULONG)(void *)(buffer + 80))[1], 15);
    method_calls = 0;
    CHECK(!NT_SUCCESS(send(device, IRP_MN_QUERY_ALL_DATA, &stranger, buffer, 4096)));
    CHECK_EQ(send(device, IRP_MN_ENABLE_EVENTS, &counters, buffer, sizeof(WNODE_HEADER)), STATUS_SUCCESS);
    CHECK_EQ(send(device, IRP_MN_DISABLE_COLLECTION, &named, buffer, sizeof(WNODE_HEADER)), STATUS_SUCCESS);
    CHECK_EQ(controls, 1001);
    controls = 0;
}

static void events(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -100000 };
    struct {
        UCHAR room[0x40];
        ULONG data[32];
    } event = { .data = { 1 } };
    GUID guid = counters;

    KIRQL old = ke_raise(5);
    ScsiPortWmiFireAdapterEvent(fake.extension, &guid, 0, 4, &event);
    ScsiPortWmiFireLogicalUnitEvent(fake.extension, 0, 0, 0, &guid, 0, 64, &event);
    ScsiPortWmiFireAdapterEvent(fake.extension, &guid, 0, 68, &event);      /* more than 128 bytes: ignored */
    StorPortNotification(WMIReregister, fake.extension, 0xff);
    ke_lower(old);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

static void whole(void *unused)
{
    fake.on_start = answer_wmi;
    plug_fake();
    struct adapter *a = adapter_find(fake.extension);
    uint8_t *buffer = ram_buffer(4096);
    register_blocks(a, buffer);
    read_and_write(a->fdo, buffer);
    CHECK(for_adapter > 0 && !for_unit);
    for_adapter = 0;
    struct unit *u = unit_find(a, 0, 0, 0);
    read_and_write(u->pdo, buffer);
    CHECK(for_unit > 0 && !for_adapter);
    events(a);
    pool_free(buffer, 0, NULL);
    unplug_fake();
}

TEST(wmi_requests_reach_adapters_and_units_of_a_miniport)
{
    on_a_computer(whole, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_miniport_with_extended_srbs_answers_wmi_requests)
{
    fake.storage_srbs = true;
    on_a_computer(whole, 2);
    CHECK_EQ(fake_findings, 0);
}

static void without(void *unused)
{
    plug_fake();
    uint8_t *buffer = ram_buffer(4096);
    struct adapter *a = adapter_find(fake.extension);
    fake.mode = ANSWER;
    CHECK(!NT_SUCCESS(send(a->fdo, IRP_MN_QUERY_ALL_DATA, &counters, buffer, 4096)) || answered == 4096);
    pool_free(buffer, 0, NULL);
    unplug_fake();
}

TEST(a_miniport_that_takes_no_wmi_requests_does_no_harm)
{
    on_a_computer(without, 1);
    CHECK_EQ(fake_findings, 0);
}
