/* Service routines at PASSIVE_LEVEL, on a line and on a message. */
#include "io_fixture.h"

static struct card card;
static struct pnp_node *node;
static PKINTERRUPT interrupt;
static unsigned calls, runs_beside;
static bool inside, keep_asserting, stay;
static KIRQL irql;
static KEVENT go_on;

static struct io_driver *driver;
static PDEVICE_OBJECT lower;

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT fdo, PIRP irp)
{
    PDEVICE_OBJECT below = lower;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status;

    if (minor == IRP_MN_QUERY_REMOVE_DEVICE)
        irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    status = IoCallDriver(below, irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(below);
        IoDeleteDevice(fdo);
    }
    return status;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT object, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT fdo;

    CHECK_EQ(IoCreateDevice(object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo), STATUS_SUCCESS);
    lower = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    (void)path;
    object->DriverExtension->AddDevice = add_device;
    object->MajorFunction[IRP_MJ_PNP] = dispatch;
    return STATUS_SUCCESS;
}

static struct io_driver *find(struct pnp_node *unused, const char *const *ids, unsigned count)
{
    (void)unused;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ids[i], "PCI\\VEN_1234&DEV_5678") == 0)
            return driver;
    return NULL;
}

static void set_line(bool asserted)
{
    card.device.host->set_line(card.device.host->context, &card.device, asserted);
}

static BOOLEAN NTAPI service(struct _KINTERRUPT *unused, PVOID context)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    (void)unused;
    (void)context;
    runs_beside += inside;
    inside = true;
    irql = KeGetCurrentIrql();
    calls++;
    if (stay)
        KeWaitForSingleObject(&go_on, Executive, KernelMode, FALSE, NULL);
    else
        KeDelayExecutionThread(KernelMode, FALSE, &moment);     /* it may block */
    if (!keep_asserting)
        set_line(false);
    keep_asserting = false;
    inside = false;
    return TRUE;
}

static IO_CONNECT_INTERRUPT_PARAMETERS parameters(ULONG vector, KAFFINITY processors)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_FULLY_SPECIFIED };

    p.FullySpecified.PhysicalDeviceObject = node->pdo;
    p.FullySpecified.InterruptObject = &interrupt;
    p.FullySpecified.ServiceRoutine = service;
    p.FullySpecified.Vector = vector;
    p.FullySpecified.Irql = PASSIVE_LEVEL;
    p.FullySpecified.SynchronizeIrql = PASSIVE_LEVEL;
    p.FullySpecified.ProcessorEnableMask = processors;
    return p;
}

static void disconnect(void)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS d = { .Version = CONNECT_FULLY_SPECIFIED };

    d.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&d);
}

static void plug(bool line)
{
    calls = runs_beside = 0;
    inside = keep_asserting = stay = false;
    irql = HIGH_LEVEL;
    CHECK_EQ(io_create_host_driver("testdrv", entry, &driver), STATUS_SUCCESS);
    pnp_find_driver = find;
    KeInitializeEvent(&go_on, SynchronizationEvent, FALSE);
    if (line)
        card_init_without_messages(&card);
    else
        card_init(&card);
    CHECK_EQ(pnp_plug(&card.device, &node), STATUS_SUCCESS);
    CHECK_EQ(node->start_status, STATUS_SUCCESS);
}

static void unplug(void)
{
    CHECK_EQ(pnp_unplug(&card.device, false), STATUS_SUCCESS);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

static void settle(void)
{
    LARGE_INTEGER ms = { .QuadPart = -200000 };

    KeDelayExecutionThread(KernelMode, FALSE, &ms);
}

static void on_a_line(void)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p;
    KSPIN_LOCK lock = 0;

    plug(true);
    p = parameters(node->line_vector, 1);
    p.FullySpecified.SpinLock = &lock;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_INVALID_PARAMETER);
    p.FullySpecified.SpinLock = NULL;
    p.FullySpecified.SynchronizeIrql = 8;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_INVALID_PARAMETER);
    p.FullySpecified.SynchronizeIrql = PASSIVE_LEVEL;
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    set_line(true);
    settle();
    CHECK_EQ(calls, 1);
    CHECK_EQ(irql, PASSIVE_LEVEL);
    keep_asserting = true;              /* the level is still there afterwards: once more */
    set_line(true);
    settle();
    CHECK_EQ(calls, 3);
    CHECK_EQ(runs_beside, 0);
    disconnect();
    set_line(true);
    settle();
    CHECK_EQ(calls, 3);
    set_line(false);
    unplug();
}

TEST(a_routine_at_passive_level_serves_a_line_that_is_masked_meanwhile)
{
    run_in_computer(1, on_a_line);
    run_in_computer(2, on_a_line);
}

static void on_a_message(void)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p;

    plug(false);
    p = parameters(node->messages[1].vector, 1ull << node->messages[1].cpu);
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    msix_notify(&card.msix, 1);
    settle();
    CHECK_EQ(calls, 1);
    stay = true;
    msix_notify(&card.msix, 1);
    settle();
    CHECK_EQ(calls, 2);
    msix_notify(&card.msix, 1);         /* while the routine runs: an edge must not be lost */
    settle();
    CHECK_EQ(calls, 2);
    stay = false;
    KeSetEvent(&go_on, 0, FALSE);
    settle();
    CHECK_EQ(calls, 3);
    CHECK_EQ(runs_beside, 0);
    disconnect();
    unplug();
}

TEST(a_message_that_comes_while_the_routine_runs_is_served_afterwards)
{
    run_in_computer(1, on_a_message);
    run_in_computer(2, on_a_message);
}

static bool seen_inside;

static BOOLEAN NTAPI look(PVOID context)
{
    seen_inside |= inside;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    return *(BOOLEAN *)context;
}

static VOID NTAPI release(PVOID unused)
{
    LARGE_INTEGER ms = { .QuadPart = -50000 };

    (void)unused;
    KeDelayExecutionThread(KernelMode, FALSE, &ms);
    stay = false;
    KeSetEvent(&go_on, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void synchronized(void)
{
    IO_CONNECT_INTERRUPT_PARAMETERS p;
    BOOLEAN answer = TRUE;
    HANDLE thread;

    plug(true);
    p = parameters(node->line_vector, 1);
    CHECK_EQ(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    stay = true;
    seen_inside = false;
    set_line(true);
    settle();
    CHECK(inside);
    CHECK_EQ(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, release, NULL), STATUS_SUCCESS);
    CHECK(KeSynchronizeExecution(interrupt, look, &answer));
    CHECK(!seen_inside);
    ZwClose(thread);
    stay = true;
    set_line(true);
    settle();
    CHECK(inside);
    CHECK_EQ(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, release, NULL), STATUS_SUCCESS);
    disconnect();                       /* waits for the routine */
    CHECK(!inside);
    ZwClose(thread);
    settle();
    unplug();
}

TEST(synchronized_execution_and_disconnection_wait_for_the_routine)
{
    run_in_computer(1, synchronized);
    run_in_computer(2, synchronized);
}
