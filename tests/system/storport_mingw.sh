#!/usr/bin/env bash
# Storport miniports that GCC for mingw-w64 built, on a PCI function: full and half duplex, both kinds of request blocks, one unit and many
# on two buses. They note what was not as the documentation of their routines says; another driver writes and reads all of their disks.
set -u
. "$(dirname "$0")/lib.sh"
command -v x86_64-w64-mingw32-gcc >/dev/null && command -v x86_64-w64-mingw32-dlltool >/dev/null || exit 77
source=$(cd "$(dirname "$0")/../.." && pwd)
RING3=$(realpath "$RING3")
cd "$TMP" || exit 1
cat >phys.c <<'C'
#include <miniport.h>
#include <storport.h>
#include <srbhelper.h>

ULONG DbgPrint(PCSTR format, ...);

#define UNIT_BYTES (256u * 1024)
#define SECTOR 512u
#define UNITS (BUSES * TARGETS * LUNS)

typedef struct {
    PUCHAR Memory;
    STOR_DPC Dpc;
    volatile LONG Inside, Timers, Requests, Later, Wrong;
    PVOID Queue[64];
    volatile LONG Queued;
    BOOLEAN Stopped;
} DEVICE;

static ULONG Irql(DEVICE *device)
{
    ULONG irql = 99;
    StorPortGetCurrentIrql(device, &irql);
    return irql;
}

static void Wrong(DEVICE *device, const char *what, ULONG number)
{
    if (InterlockedIncrement(&device->Wrong) < 10)
        DbgPrint("phys: WRONG %s (%u)\n", what, number);
}

static void Expect(DEVICE *device, BOOLEAN good, const char *what)
{
    if (!good)
        Wrong(device, what, Irql(device));
}

/* StartIo, timer and reset exclude each other: by the StartIo lock, and in half duplex by the interrupt lock. */
static void Enter(DEVICE *device, const char *what)
{
    if (InterlockedExchange(&device->Inside, 1))
        Wrong(device, what, 1);
}

static void Leave(DEVICE *device)
{
    InterlockedExchange(&device->Inside, 0);
}

static UCHAR Give(PVOID srb, const void *data, ULONG size)
{
    ULONG length = SrbGetDataTransferLength(srb);
    size = size < length ? size : length;
    StorPortCopyMemory(SrbGetDataBuffer(srb), data, size);
    SrbSetDataTransferLength(srb, size);
    return SRB_STATUS_SUCCESS;
}

static UCHAR Transfer(DEVICE *device, PVOID srb, ULONG unit, const UCHAR *cdb, BOOLEAN sixteen)
{
    ULONG lba = sixteen ? cdb[6] << 24 | cdb[7] << 16 | cdb[8] << 8 | cdb[9] : cdb[2] << 24 | cdb[3] << 16 | cdb[4] << 8 | cdb[5];
    ULONG blocks = sixteen ? cdb[12] << 8 | cdb[13] : cdb[7] << 8 | cdb[8], listed = 0;
    PUCHAR at = device->Memory + (SIZE_T)unit * UNIT_BYTES + (SIZE_T)lba * SECTOR;
    PSTOR_SCATTER_GATHER_LIST list = StorPortGetScatterGatherList(device, srb);

    if (lba + blocks > UNIT_BYTES / SECTOR || blocks * SECTOR != SrbGetDataTransferLength(srb))
        return SRB_STATUS_INVALID_REQUEST;
    if (!list || list->NumberOfElements > 17)
        Wrong(device, "scatter/gather list", list ? list->NumberOfElements : 0);
    for (ULONG i = 0; list && i < list->NumberOfElements; i++)
        listed += list->List[i].Length;
    if (listed != blocks * SECTOR)
        Wrong(device, "length of the list", listed);
    if (cdb[0] & 2)
        StorPortCopyMemory(at, SrbGetDataBuffer(srb), blocks * SECTOR);
    else
        StorPortCopyMemory(SrbGetDataBuffer(srb), at, blocks * SECTOR);
    return SRB_STATUS_SUCCESS;
}

static UCHAR Execute(DEVICE *device, PVOID srb)
{
    const UCHAR *cdb = SrbGetCdb(srb)->AsByte;
    UCHAR path = SrbGetPathId(srb), target = SrbGetTargetId(srb), lun = SrbGetLun(srb), data[8 + 8 * 8] = { 0 };

    if (path >= BUSES || target >= TARGETS || lun >= LUNS)
        return SRB_STATUS_NO_DEVICE;
    switch (cdb[0]) {
    case SCSIOP_INQUIRY:
        if (cdb[1])
            return SRB_STATUS_INVALID_REQUEST;
        data[2] = 6, data[4] = 31;
        StorPortCopyMemory(data + 8, "PLAIN   MINIPORT        1   ", 28);
        return Give(srb, data, 36);
    case SCSIOP_REPORT_LUNS:
        if (!REPORTS)
            return SRB_STATUS_INVALID_REQUEST;
        data[3] = 8 * LUNS;
        for (UCHAR i = 0; i < LUNS; i++)
            data[9 + 8 * i] = i;
        return Give(srb, data, 8 + 8 * LUNS);
    case SCSIOP_READ_CAPACITY:
        data[2] = (UNIT_BYTES / SECTOR - 1) >> 8, data[3] = (UCHAR)(UNIT_BYTES / SECTOR - 1), data[6] = SECTOR >> 8;
        return Give(srb, data, 8);
    case SCSIOP_READ:
    case SCSIOP_WRITE:
        return Transfer(device, srb, (path * TARGETS + target) * LUNS + lun, cdb, FALSE);
    case SCSIOP_READ16:
    case SCSIOP_WRITE16:
        return Transfer(device, srb, (path * TARGETS + target) * LUNS + lun, cdb, TRUE);
    case SCSIOP_TEST_UNIT_READY:
    case SCSIOP_SYNCHRONIZE_CACHE:
        return SRB_STATUS_SUCCESS;
    default:
        return SRB_STATUS_INVALID_REQUEST;
    }
}

static void Complete(DEVICE *device, PVOID srb)
{
    UCHAR status = SRB_STATUS_SUCCESS;

    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI)
        status = Execute(device, srb);
    else if (SrbGetSrbFunction(srb) == SRB_FUNCTION_IO_CONTROL || SrbGetSrbFunction(srb) == SRB_FUNCTION_WMI)
        status = SRB_STATUS_INVALID_REQUEST;
    InterlockedIncrement(&device->Requests);
    SrbSetSrbStatus(srb, status);
    StorPortNotification(RequestComplete, device, srb);
}

/* The queue between StartIo and the DPC is guarded by the interrupt lock, which StartIo of half duplex holds already. */
static PVOID Move(DEVICE *device, PVOID srb, BOOLEAN locked)
{
    STOR_LOCK_HANDLE lock;
    PVOID out = NULL;

    if (!locked)
        StorPortAcquireSpinLock(device, InterruptLock, NULL, &lock);
    if (srb)
        device->Queue[device->Queued++] = srb;
    else if (device->Queued)
        out = device->Queue[--device->Queued];
    if (!locked)
        StorPortReleaseSpinLock(device, &lock);
    return out;
}

static VOID Dpc(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    DEVICE *device = extension;
    STOR_LOCK_HANDLE lock;
    PVOID srb;

    Expect(device, Irql(device) == 2, "HwStorDpcRoutine is not at DISPATCH_LEVEL");
    StorPortAcquireSpinLock(device, StartIoLock, NULL, &lock);          /* a DPC may take all three, in their order */
    StorPortReleaseSpinLock(device, &lock);
    StorPortAcquireSpinLock(device, DpcLock, dpc, &lock);
    StorPortReleaseSpinLock(device, &lock);
    while ((srb = Move(device, NULL, FALSE)) != NULL) {
        InterlockedIncrement(&device->Later);
        Complete(device, srb);
    }
}

static VOID Timer(PVOID extension)
{
    DEVICE *device = extension;

    Enter(device, "HwStorTimer does not hold the StartIo lock");
    Expect(device, HALF ? Irql(device) > 2 : Irql(device) == 2, "HwStorTimer is at a wrong IRQL");
    Leave(device);
    if (InterlockedIncrement(&device->Timers) < 50)
        StorPortNotification(RequestTimerCall, device, Timer, 500);
}

static BOOLEAN BuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    DEVICE *device = extension;
    STOR_LOCK_HANDLE lock;

    Expect(device, Irql(device) == 2, "HwStorBuildIo is not at DISPATCH_LEVEL");
    StorPortAcquireSpinLock(device, StartIoLock, NULL, &lock);
    StorPortReleaseSpinLock(device, &lock);
    return TRUE;
}

static BOOLEAN StartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    DEVICE *device = extension;

    Enter(device, "HwStorStartIo does not hold the StartIo lock");
    Expect(device, HALF ? Irql(device) > 2 : Irql(device) == 2, "HwStorStartIo is at a wrong IRQL");
    Expect(device, (srb->Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK) == EXTENDED, "a request block of the other kind");
    Expect(device, !device->Stopped, "HwStorStartIo after ScsiStopAdapter");
    if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI && device->Requests % 3 == 0 && device->Queued < 60) {
        Move(device, srb, HALF);
        StorPortIssueDpc(device, &device->Dpc, NULL, NULL);
    } else {
        Complete(device, srb);
    }
    Leave(device);
    return TRUE;
}

static BOOLEAN Message(PVOID extension, ULONG message)
{
    return FALSE;
}

static BOOLEAN Initialize(PVOID extension)
{
    DEVICE *device = extension;

    Expect(device, Irql(device) > 2, "HwStorInitialize is not at the device's IRQL");
    StorPortInitializeDpc(device, &device->Dpc, Dpc);
    StorPortNotification(RequestTimerCall, device, Timer, 500);
    return TRUE;
}

static BOOLEAN ResetBus(PVOID extension, ULONG path)
{
    return TRUE;
}

static SCSI_ADAPTER_CONTROL_STATUS Control(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    DEVICE *device = extension;
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        Expect(device, Irql(device) == 0, "ScsiQuerySupportedControlTypes is not at PASSIVE_LEVEL");
        for (ULONG i = 0; i < list->MaxControlType; i++)
            list->SupportedTypeList[i] = i == ScsiQuerySupportedControlTypes || i == ScsiStopAdapter || i == ScsiRestartAdapter;
        break;
    case ScsiStopAdapter:
        Expect(device, Irql(device) > 2, "ScsiStopAdapter is not at the device's IRQL");
        Expect(device, !device->Queued, "ScsiStopAdapter with requests outstanding");
        Expect(device, StorPortFreePool(device, device->Memory) == STOR_STATUS_INVALID_IRQL, "pool is freed above DISPATCH_LEVEL");
        device->Stopped = TRUE;
        DbgPrint("phys: %s, %d wrong, %s requests, %s of them later, %s timers\n", NAME, (int)device->Wrong,
                 device->Requests > 10 * UNITS ? "many" : "few", device->Later ? "some" : "none", device->Timers > 5 ? "many" : "few");
        break;
    case ScsiRestartAdapter:
        device->Stopped = FALSE;
        break;
    default:
        break;
    }
    return ScsiAdapterControlSuccess;
}

static ULONG FindAdapter(PVOID extension, PVOID context, PVOID bus, PCHAR argument, PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN reserved)
{
    DEVICE *device = extension;

    Expect(device, Irql(device) == 0, "HwStorFindAdapter is not at PASSIVE_LEVEL");
    config->NumberOfBuses = BUSES;
    config->MaximumNumberOfTargets = TARGETS;
    config->MaximumNumberOfLogicalUnits = LUNS;
    config->MaximumTransferLength = 65536;
    config->NumberOfPhysicalBreaks = 17;
    config->MapBuffers = STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;
    config->ScatterGather = TRUE;
    config->SynchronizationModel = HALF ? StorSynchronizeHalfDuplex : StorSynchronizeFullDuplex;
    config->HwMSInterruptRoutine = Message;
    config->InterruptSynchronizationMode = PER_MESSAGE ? InterruptSynchronizePerMessage : InterruptSynchronizeAll;
    config->SrbType = EXTENDED ? SRB_TYPE_STORAGE_REQUEST_BLOCK : SRB_TYPE_SCSI_REQUEST_BLOCK;
    for (ULONG i = 0; i < 8; i++)
        config->InitiatorBusId[i] = 31;
    if (StorPortAllocatePool(device, UNITS * UNIT_BYTES, 'syhP', (PVOID *)&device->Memory) != STOR_STATUS_SUCCESS)
        return SP_RETURN_ERROR;
    StorPortFreePool(device, device->Memory);
    device->Memory = StorPortGetUncachedExtension(device, config, UNITS * UNIT_BYTES);
    return device->Memory ? SP_RETURN_FOUND : SP_RETURN_ERROR;
}

ULONG DriverEntry(PVOID driver, PVOID path)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = sizeof(data), .AdapterInterfaceType = PCIBus, .HwInitialize = Initialize, .HwStartIo = StartIo,
        .HwFindAdapter = FindAdapter, .HwResetBus = ResetBus, .HwAdapterControl = Control, .HwBuildIo = BuildIo,
        .DeviceExtensionSize = sizeof(DEVICE), .SrbExtensionSize = 16, .NumberOfAccessRanges = 2, .NeedPhysicalAddresses = TRUE,
        .TaggedQueuing = TRUE, .AutoRequestSense = TRUE, .MultipleRequestPerLu = TRUE,
        .SrbTypeFlags = SRB_TYPE_FLAG_SCSI_REQUEST_BLOCK | SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK, .AddressTypeFlags = ADDRESS_TYPE_FLAG_BTL8,
    };
    return StorPortInitialize(driver, path, &data, NULL);
}
C
cat >user.c <<'C'
#include <ntddk.h>
#define BYTES 200704
static UCHAR wrote[BYTES], back[BYTES];

static HANDLE Open(ULONG number)
{
    WCHAR name[] = L"\\??\\PhysicalDrive00";
    UNICODE_STRING text = { 0, 0, name };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK result;
    HANDLE file = NULL;

    text.Length = text.MaximumLength = (USHORT)((number < 10 ? 18 : 19) * sizeof(WCHAR));
    name[17] = (WCHAR)(L'0' + (number < 10 ? number : number / 10));
    name[18] = (WCHAR)(L'0' + number % 10);
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &result, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                 FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    return file;
}

static ULONG Exercise(ULONG number)
{
    LARGE_INTEGER moment = { .QuadPart = -1000000 }, at = { .QuadPart = 4096 };
    IO_STATUS_BLOCK result;
    HANDLE file = NULL;
    ULONG good = 0;

    for (int i = 0; i < 50 && !(file = Open(number)); i++)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    if (!file)
        return 0;
    for (ULONG i = 0; i < BYTES; i++)
        wrote[i] = (UCHAR)(i * 5 + i / 511 + number * 31);
    if (NT_SUCCESS(ZwWriteFile(file, NULL, NULL, NULL, &result, wrote, BYTES, &at, NULL)) &&
        NT_SUCCESS(ZwReadFile(file, NULL, NULL, NULL, &result, back, BYTES, &at, NULL)))
        good = RtlCompareMemory(wrote, back, BYTES) == BYTES;
    ZwClose(file);
    return good;
}

static VOID Unload(PDRIVER_OBJECT driver)
{
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    ULONG good = 0;

    driver->DriverUnload = Unload;
    for (int round = 0; round < 3; round++)
        for (ULONG i = 0; i < 16; i++)
            good += Exercise(i) << 4 * round;
    DbgPrint("user: %x disks are good\n", good);
    return STATUS_SUCCESS;
}
C
library() {     # DLL FUNCTION..
    { printf 'LIBRARY "%s"\nEXPORTS\n' "$1"; shift; printf '%s\n' "$@"; } >lib.def
    x86_64-w64-mingw32-dlltool -d lib.def -l "$library.a"
}
library=storport library storport.sys StorPortInitialize StorPortNotification StorPortExtendedFunction StorPortGetScatterGatherList StorPortMoveMemory \
    StorPortGetUncachedExtension || exit 77
library=nt library ntoskrnl.exe DbgPrint ZwCreateFile ZwWriteFile ZwReadFile ZwClose KeDelayExecutionThread RtlCompareMemory || exit 77
build() {       # OUT SOURCE DEFINE..
    out=$1 file=$2; shift 2
    x86_64-w64-mingw32-gcc -std=gnu11 -O2 -ffreestanding -fms-extensions -w -D_AMD64_ -D_WIN64 -DNTDDI_VERSION=0x0A00000C "$@" \
        -isystem "$source/sdk/include" -isystem "$source/sdk/include/crt" -shared -nostdlib -Wl,--subsystem,native -Wl,-e,DriverEntry \
        -Wl,--dynamicbase -o "$out.sys" "$file" storport.a nt.a -lgcc >gcc.log 2>&1 || { bad "GCC does not build $out"; head -5 gcc.log; finish; }
}
build user user.c
try() {         # NAME DISKS DEFINE..
    name=$1 disks=$2; shift 2
    build phys phys.c -DNAME="\"$name\"" "$@"
    for how in '--cpus=1' '--cpus=2 --seed=1' '--cpus=4 --seed=2'; do
        # shellcheck disable=SC2086
        "$RING3" run phys.sys user.sys --disk=null:1M,driver=phys $how --clock=virtual --for=60s >log 2>&1
        status=$?
        if [ $status -eq 0 ] && grep -q "phys: $name, 0 wrong, many requests, some of them later, many timers" log &&
            grep -q "user: $disks disks are good" log && grep -q 'phys: StorPortFreePool is called at IRQL .*, above DISPATCH_LEVEL' log; then
            ok "$name, $how"
        else
            bad "$name, $how (exit $status)"
            grep -E 'phys:|user:|finding|STOP|warn' log | head -8
        fi
    done
}
try 'full duplex, plain requests' 111 -DHALF=0 -DEXTENDED=0 -DPER_MESSAGE=1 -DREPORTS=1 -DBUSES=1 -DTARGETS=1 -DLUNS=1
try 'half duplex, plain requests' 111 -DHALF=1 -DEXTENDED=0 -DPER_MESSAGE=0 -DREPORTS=1 -DBUSES=1 -DTARGETS=1 -DLUNS=1
try 'half duplex, extended requests, a lock for each message' 333 -DHALF=1 -DEXTENDED=1 -DPER_MESSAGE=1 -DREPORTS=1 -DBUSES=1 -DTARGETS=1 -DLUNS=3
try 'many targets and units without REPORT LUNS' ccc -DHALF=0 -DEXTENDED=0 -DPER_MESSAGE=0 -DREPORTS=0 -DBUSES=2 -DTARGETS=3 -DLUNS=2
try 'many units of extended requests' 888 -DHALF=0 -DEXTENDED=1 -DPER_MESSAGE=1 -DREPORTS=1 -DBUSES=1 -DTARGETS=2 -DLUNS=4
finish
