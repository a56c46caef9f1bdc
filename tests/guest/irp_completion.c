/* IRPs between the devices of a stack: who is called when, and with what. */
#include "helpers.h"

#define LAYERS 3

typedef struct _LAYER {
    PDEVICE_OBJECT lower;
    int number;
    BOOLEAN pend;                       /* the bottom returns STATUS_PENDING and keeps the IRP */
    NTSTATUS answer;
    PIRP kept;
} LAYER;

static PDEVICE_OBJECT stack[LAYERS];
static char order[64];
static ULONG length;
static BOOLEAN skip_middle, keep_middle, pending_seen;

static LAYER *LayerOf(PDEVICE_OBJECT device)
{
    return device->DeviceExtension;
}

static void Note(char c)
{
    if (length < sizeof(order) - 1)
        order[length++] = c;
    order[length] = 0;
}

static BOOLEAN OrderWas(const char *text)
{
    BOOLEAN same = strcmp(order, text) == 0;

    if (!same)
        DbgPrint("order was %s\n", order);
    length = 0;
    order[0] = 0;
    return same;
}

static IO_COMPLETION_ROUTINE Done;
static NTSTATUS NTAPI Done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    Note((char)('a' + LayerOf(device)->number));
    pending_seen = irp->PendingReturned;
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return context != NULL ? STATUS_MORE_PROCESSING_REQUIRED : STATUS_SUCCESS;
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    LAYER *layer = LayerOf(device);
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = layer->answer;

    Note((char)('0' + layer->number));
    if (layer->lower == NULL) {
        irp->IoStatus.Information = s->MajorFunction == IRP_MJ_DEVICE_CONTROL
                                        ? s->Parameters.DeviceIoControl.OutputBufferLength : 0;
        irp->IoStatus.Status = layer->answer;
        if (layer->pend) {
            IoMarkIrpPending(irp);
            layer->kept = irp;
            return STATUS_PENDING;
        }
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }
    if (layer->number == 1 && skip_middle) {
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(layer->lower, irp);
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Done, layer->number == 1 && keep_middle ? layer : NULL, TRUE, TRUE, TRUE);
    if (layer->number == 1 && keep_middle) {
        IoMarkIrpPending(irp);
        IoCallDriver(layer->lower, irp);
        return STATUS_PENDING;
    }
    return IoCallDriver(layer->lower, irp);
}

TEST_SETUP(make_stack)
{
    TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    TestDriverObject->MajorFunction[IRP_MJ_READ] = Dispatch;
    TestDriverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch;
    for (int i = 0; i < LAYERS; i++) {
        if (!NT_SUCCESS(IoCreateDevice(TestDriverObject, sizeof(LAYER), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &stack[i])))
            return;
        LayerOf(stack[i])->number = i;
        LayerOf(stack[i])->lower = i == 0 ? NULL : IoAttachDeviceToDeviceStack(stack[i], stack[0]);
        stack[i]->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
}

TEST_TEARDOWN(take_stack_apart)
{
    for (int i = LAYERS - 1; i >= 0; i--) {
        if (i > 0)
            IoDetachDevice(stack[i - 1]);
        IoDeleteDevice(stack[i]);
    }
}

static void Reset(void)
{
    skip_middle = keep_middle = FALSE;
    LayerOf(stack[0])->pend = FALSE;
    LayerOf(stack[0])->answer = STATUS_SUCCESS;
    length = 0;
}

#define IOCTL_BUFFERED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_NEITHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS)

static NTSTATUS Send(ULONG code, void *in, ULONG in_size, void *out, ULONG out_size, PIO_STATUS_BLOCK iosb)
{
    KEVENT event;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(code, stack[2], in, in_size, out, out_size, FALSE, &event, iosb);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = IoCallDriver(stack[2], irp);
    if (status == STATUS_PENDING) {
        if (LayerOf(stack[0])->kept != NULL) {
            PIRP kept = LayerOf(stack[0])->kept;

            LayerOf(stack[0])->kept = NULL;
            IoCompleteRequest(kept, IO_NO_INCREMENT);
        }
        WaitFor(&event);
        status = iosb->Status;
    }
    return status;
}

TEST_CASE(attaching_gives_each_layer_one_stack_location_more)
{
    EXPECT_EQ(stack[0]->StackSize, 1);
    EXPECT_EQ(stack[1]->StackSize, 2);
    EXPECT_EQ(stack[2]->StackSize, 3);
    EXPECT(stack[0]->AttachedDevice == stack[1]);
    EXPECT(LayerOf(stack[2])->lower == stack[1]);
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(stack[0]);
    EXPECT(top == stack[2]);
    ObDereferenceObject(top);
}

TEST_CASE(completion_routines_run_from_the_bottom_up)
{
    IO_STATUS_BLOCK iosb = { 0 };

    Reset();
    EXPECT_EQ(Send(IOCTL_NEITHER, NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    EXPECT(OrderWas("210bc"));
    EXPECT(!pending_seen);
}

TEST_CASE(a_layer_that_skips_its_location_is_not_called_on_the_way_up)
{
    IO_STATUS_BLOCK iosb = { 0 };

    Reset();
    skip_middle = TRUE;
    EXPECT_EQ(Send(IOCTL_NEITHER, NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    EXPECT(OrderWas("210c"));
}

TEST_CASE(errors_and_pending_travel_up)
{
    IO_STATUS_BLOCK iosb = { 0 };

    Reset();
    LayerOf(stack[0])->answer = STATUS_DEVICE_NOT_READY;
    LayerOf(stack[0])->pend = TRUE;
    EXPECT_EQ(Send(IOCTL_NEITHER, NULL, 0, NULL, 0, &iosb), STATUS_DEVICE_NOT_READY);
    EXPECT(OrderWas("210bc"));
    EXPECT(pending_seen);
    Reset();
    skip_middle = TRUE;
    LayerOf(stack[0])->pend = TRUE;
    EXPECT_EQ(Send(IOCTL_NEITHER, NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    EXPECT(pending_seen);
    Reset();
}

TEST_CASE(a_routine_that_wants_more_processing_stops_the_walk)
{
    IO_STATUS_BLOCK iosb = { .Status = 77 };
    KEVENT event;
    PIRP irp;

    Reset();
    keep_middle = TRUE;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(IOCTL_NEITHER, stack[2], NULL, 0, NULL, 0, FALSE, &event, &iosb);
    REQUIRE(irp != NULL);
    IoCallDriver(stack[2], irp);
    EXPECT(OrderWas("210b"));
    EXPECT_EQ(Poll(&event), STATUS_TIMEOUT);
    EXPECT_EQ(iosb.Status, 77);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    EXPECT(OrderWas("c"));
    EXPECT_EQ(Poll(&event), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    Reset();
}

static char seen_in[8];
static NTSTATUS NTAPI Echo(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    char *in = irp->AssociatedIrp.SystemBuffer, *out = in;

    (void)device;
    if (METHOD_FROM_CTL_CODE(s->Parameters.DeviceIoControl.IoControlCode) == METHOD_OUT_DIRECT)
        out = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (METHOD_FROM_CTL_CODE(s->Parameters.DeviceIoControl.IoControlCode) == METHOD_NEITHER) {
        in = s->Parameters.DeviceIoControl.Type3InputBuffer;
        out = irp->UserBuffer;
    }
    memcpy(seen_in, in, 8);
    memcpy(out, "answered", 8);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 8;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void TryMethod(ULONG code)
{
    static char in[8], out[16];
    IO_STATUS_BLOCK iosb = { 0 };

    memcpy(in, "question", 8);
    memset(out, 0, sizeof(out));
    EXPECT_EQ(Send(code, in, sizeof(in), out, sizeof(out), &iosb), STATUS_SUCCESS);
    EXPECT(memcmp(seen_in, "question", 8) == 0);
    EXPECT(memcmp(out, "answered", 8) == 0);
    EXPECT_EQ(out[8], 0);
    EXPECT_EQ(iosb.Information, 8);
}

TEST_CASE(each_method_carries_data_in_and_out)
{
    PDRIVER_DISPATCH before = TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL];

    TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Echo;
    TryMethod(IOCTL_BUFFERED);
    TryMethod(IOCTL_DIRECT);
    TryMethod(IOCTL_NEITHER);
    TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = before;
}

static ULONG master_done;
static NTSTATUS NTAPI MasterDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    (void)context;
    master_done++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_CASE(a_master_completes_with_its_last_associated_irp)
{
    PIRP master = IoAllocateIrp(4, FALSE), part[2];

    Reset();
    REQUIRE(master != NULL);
    master_done = 0;
    IoSetNextIrpStackLocation(master);
    IoSetCompletionRoutine(master, MasterDone, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(master);
    IoGetCurrentIrpStackLocation(master)->DeviceObject = stack[2];
    master->AssociatedIrp.IrpCount = 2;
    for (int i = 0; i < 2; i++) {
        part[i] = IoMakeAssociatedIrp(master, stack[0]->StackSize);
        REQUIRE(part[i] != NULL);
        IoGetNextIrpStackLocation(part[i])->MajorFunction = IRP_MJ_READ;
    }
    IoCallDriver(stack[0], part[0]);
    EXPECT_EQ(master_done, 0);
    IoCallDriver(stack[0], part[1]);
    EXPECT_EQ(master_done, 1);
    IoFreeIrp(master);
}

TEST_CASE(a_driver_may_reuse_its_own_irp)
{
    PIRP irp = IoAllocateIrp(stack[0]->StackSize, FALSE);

    Reset();
    REQUIRE(irp != NULL);
    for (int i = 0; i < 3; i++) {
        master_done = 0;
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
        IoSetCompletionRoutine(irp, MasterDone, NULL, TRUE, TRUE, TRUE);
        EXPECT_EQ(IoCallDriver(stack[0], irp), STATUS_SUCCESS);
        EXPECT_EQ(master_done, 1);
        IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
        EXPECT_EQ(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
        EXPECT_EQ(irp->CurrentLocation, irp->StackCount + 1);
    }
    IoFreeIrp(irp);
}

TEST_CASE(unhandled_functions_are_invalid_requests)
{
    IO_STATUS_BLOCK iosb = { 0 };
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, stack[0], NULL, 0, NULL, &event, &iosb);
    REQUIRE(irp != NULL);
    EXPECT_EQ(IoCallDriver(stack[0], irp), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(iosb.Status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE_THAT_STOPS(completing_twice_stops, 0x44)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    Reset();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoCallDriver(stack[0], irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

TEST_CASE_THAT_STOPS(too_few_stack_locations_stop, 0x35)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    Reset();
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoCallDriver(stack[0], irp);
}
