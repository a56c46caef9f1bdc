#include "io_fixture.h"

#include "nt/event.h"

#define IOCTL(n, method) CTL_CODE(FILE_DEVICE_UNKNOWN, n, method, FILE_READ_ACCESS)

static struct io_driver *driver;
static PDEVICE_OBJECT device;
static PIRP held;
static enum { ECHO, HOLD, HOLD_UNMARKED, FORGET, MARK_AND_SUCCEED, OTHER_STATUS, GARBAGE } mode;
static unsigned cancelled;

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI succeed(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    return complete(irp, STATUS_SUCCESS, 0);
}

static void reverse(char *data, ULONG size)
{
    for (ULONG i = 0; i < size / 2; i++) {
        char c = data[i];

        data[i] = data[size - 1 - i];
        data[size - 1 - i] = c;
    }
}

static VOID NTAPI cancel(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancelled++;
    complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);
    ULONG size = s->Parameters.DeviceIoControl.InputBufferLength;

    (void)object;
    CHECK_EQ(irp->RequestorMode, UserMode);
    switch (mode) {
    case HOLD:
        IoMarkIrpPending(irp);
        IoSetCancelRoutine(irp, cancel);
        held = irp;
        return STATUS_PENDING;
    case HOLD_UNMARKED:
        held = irp;
        return STATUS_PENDING;
    case FORGET:
        held = irp;
        return STATUS_SUCCESS;
    case MARK_AND_SUCCEED:
        IoMarkIrpPending(irp);
        return complete(irp, STATUS_SUCCESS, 0);
    case OTHER_STATUS:
        complete(irp, STATUS_SUCCESS, 0);
        return STATUS_UNSUCCESSFUL;
    case GARBAGE:
        complete(irp, STATUS_SUCCESS, 0);
        return (NTSTATUS)0xffffffff;
    case ECHO:
        break;
    }
    if (METHOD_FROM_CTL_CODE(s->Parameters.DeviceIoControl.IoControlCode) == METHOD_NEITHER) {
        CHECK((uint64_t)(uintptr_t)irp->UserBuffer < USER_PROBE_ADDRESS);
        memcpy(irp->UserBuffer, s->Parameters.DeviceIoControl.Type3InputBuffer, size);
        reverse(irp->UserBuffer, size);
    } else {
        reverse(irp->AssociatedIrp.SystemBuffer, size);
    }
    return complete(irp, STATUS_SUCCESS, size);
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    struct io_path_text {
        UNICODE_STRING s;
    } name, link;

    (void)path;
    RtlInitUnicodeString(&name.s, (PCWSTR)u"\\Device\\Echo");
    RtlInitUnicodeString(&link.s, (PCWSTR)u"\\??\\Echo");
    object->MajorFunction[IRP_MJ_CREATE] = object->MajorFunction[IRP_MJ_CLOSE] = succeed;
    object->MajorFunction[IRP_MJ_CLEANUP] = succeed;
    object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    CHECK_EQ(IoCreateDevice(object, 0, &name.s, FILE_DEVICE_UNKNOWN, 0, FALSE, &device), STATUS_SUCCESS);
    return IoCreateSymbolicLink(&link.s, &name.s);
}

static void load(void)
{
    mode = ECHO;
    cancelled = 0;
    CHECK_EQ(io_create_host_driver("echo", entry, &driver), STATUS_SUCCESS);
}

static void unload(void)
{
    UNICODE_STRING link;

    RtlInitUnicodeString(&link, (PCWSTR)u"\\??\\Echo");
    CHECK_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    IoDeleteDevice(device);
    CHECK_EQ(io_unload_driver(driver), STATUS_SUCCESS);
}

static void user_requests(void)
{
    static const unsigned methods[] = { METHOD_BUFFERED, METHOD_NEITHER };
    struct io_file *file;
    char out[16];
    uint64_t done;

    load();
    CHECK_EQ(io_open("\\\\.\\Nowhere", FILE_READ_DATA, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(io_open("\\\\.\\Echo", FILE_READ_DATA | FILE_WRITE_DATA, &file), STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        memset(out, 0, sizeof(out));
        CHECK_EQ(io_ioctl(file, IOCTL(0x800, methods[i]), "abcd", 4, out, sizeof(out), &done), STATUS_SUCCESS);
        CHECK_EQ(done, 4);
        CHECK_STR(out, "dcba");
    }
    CHECK_EQ(io_read(file, out, 4, 0, &done), STATUS_INVALID_DEVICE_REQUEST);
    io_close(file);
    CHECK_EQ(io_open("Echo", FILE_WRITE_DATA, &file), STATUS_SUCCESS);
    CHECK_EQ(io_ioctl(file, IOCTL(0x800, METHOD_BUFFERED), "abcd", 4, out, sizeof(out), &done), STATUS_ACCESS_DENIED);
    io_close(file);
    unload();
}

TEST(requests_from_user_mode_carry_data)
{
    run_in_computer(1, user_requests);
}

static struct io_file *waiting;
static NTSTATUS wait_status;
static bool wait_over;

static VOID NTAPI wait_in_ioctl(PVOID context)
{
    (void)context;
    wait_status = io_ioctl(waiting, IOCTL(0x800, METHOD_BUFFERED), "abcd", 4, NULL, 0, NULL);
    wait_over = true;
}

static void cancelling(void)
{
    struct ps_thread *thread;

    load();
    CHECK_EQ(io_open("\\\\.\\Echo", FILE_READ_DATA, &waiting), STATUS_SUCCESS);
    mode = HOLD;
    wait_over = false;
    held = NULL;
    thread = ps_create("waiter", 8, wait_in_ioctl, NULL);
    CHECK(thread != NULL);
    while (held == NULL)
        ke_yield_thread();
    CHECK(!wait_over);
    io_cancel(waiting);
    while (!wait_over)
        ke_yield_thread();
    CHECK_EQ(wait_status, STATUS_CANCELLED);
    CHECK_EQ(cancelled, 1);
    io_cancel(waiting);
    ob_dereference(thread);
    io_close(waiting);
    unload();
}

TEST(a_waiting_request_can_be_cancelled)
{
    run_in_computer(1, cancelling);
}

static char misuse[200];
static void note(const struct nt_event *event)
{
    snprintf(misuse, sizeof(misuse), "%s", event->text);
}

static VOID NTAPI release(PVOID context)
{
    (void)context;
    while (held == NULL)
        ke_yield_thread();
    complete(held, STATUS_SUCCESS, 0);
    held = NULL;
}

static void try_mode(int wrong, const char *expected)
{
    struct ps_thread *thread = NULL;
    struct io_file *file;

    misuse[0] = 0;
    held = NULL;
    CHECK_EQ(io_open("\\\\.\\Echo", FILE_READ_DATA, &file), STATUS_SUCCESS);
    mode = wrong;
    if (wrong <= FORGET)
        thread = ps_create("releaser", 8, release, NULL);
    io_ioctl(file, IOCTL(0x800, METHOD_BUFFERED), "abcd", 4, NULL, 0, NULL);
    CHECK_CONTAINS(misuse, expected);
    while (held != NULL)
        ke_yield_thread();
    if (thread != NULL) {
        ke_wait(thread);
        ob_dereference(thread);
    }
    mode = ECHO;
    io_close(file);
}

static void wrong_answers(void)
{
    load();
    nt_event_sink = note;
    nt_event_mask = 1u << NT_EVENT_MISUSE;
    try_mode(HOLD_UNMARKED, "has not marked pending");
    try_mode(FORGET, "neither completed nor passed on");
    try_mode(MARK_AND_SUCCEED, "did not return STATUS_PENDING");
    try_mode(OTHER_STATUS, "another status than the one");
    try_mode(GARBAGE, "0xFFFFFFFF");
    misuse[0] = 0;
    nt_event_mask = 0;
    unload();
}

TEST(answers_that_do_not_agree_with_the_irp_are_noticed)
{
    run_in_computer(1, wrong_answers);
}

static NTSTATUS NTAPI keep(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    (void)object;
    (void)irp;
    (void)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void try_send(UCHAR major, NTSTATUS status, const char *expected)
{
    PIRP irp = IoAllocateIrp(2, FALSE);

    misuse[0] = 0;
    irp->IoStatus.Status = status;
    IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    IoSetCompletionRoutine(irp, keep, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    CHECK_STR(misuse, expected);
    IoFreeIrp(irp);
}

static void wrong_stacks(void)
{
    PDEVICE_OBJECT above;

    load();
    nt_event_sink = note;
    nt_event_mask = 1u << NT_EVENT_MISUSE;
    CHECK_EQ(IoCreateDevice(&driver->object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &above), STATUS_SUCCESS);
    CHECK(IoAttachDeviceToDeviceStack(above, device) == device);
    misuse[0] = 0;
    IoDeleteDevice(above);
    CHECK_CONTAINS(misuse, "still attached to the one below");
    CHECK(device->AttachedDevice == NULL);
    IoDetachDevice(device);
    CHECK_CONTAINS(misuse, "nothing is attached");
    nt_event_mask = 0;
    unload();
}

TEST(stacks_that_are_taken_apart_in_the_wrong_order_are_noticed)
{
    run_in_computer(1, wrong_stacks);
}

static void wrong_sends(void)
{
    static const char begin[] =
        "a new IRP_MJ_PNP, IRP_MJ_POWER or IRP_MJ_SYSTEM_CONTROL request must begin with STATUS_NOT_SUPPORTED";

    load();
    nt_event_sink = note;
    nt_event_mask = 1u << NT_EVENT_MISUSE;
    try_send(IRP_MJ_READ, STATUS_SUCCESS, "");
    try_send(IRP_MJ_PNP, STATUS_NOT_SUPPORTED, "");
    try_send(IRP_MJ_PNP, STATUS_SUCCESS, begin);
    try_send(IRP_MJ_SYSTEM_CONTROL, STATUS_SUCCESS, begin);
    nt_event_mask = 0;
    unload();
}

TEST(plug_and_play_requests_that_begin_without_their_status_are_noticed)
{
    run_in_computer(1, wrong_sends);
}

static void system_root(void)
{
    static char data[64];
    char directory[] = "/tmp/ring3-root-XXXXXX", path[80];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER offset = { .QuadPart = 2 };
    HANDLE handle;
    FILE *file;

    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof(path), "%s/firmware.bin", directory);
    file = fopen(path, "w");
    CHECK(file != NULL);
    fputs("0123456789", file);
    fclose(file);
    RtlInitUnicodeString(&name, (PCWSTR)u"\\SystemRoot\\Firmware.bin");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK(!NT_SUCCESS(ZwOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 0,
                                 FILE_SYNCHRONOUS_IO_NONALERT)));
    io_set_system_root(directory);
    CHECK_EQ(ZwOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 0, FILE_SYNCHRONOUS_IO_NONALERT),
             STATUS_SUCCESS);
    CHECK_EQ(ZwReadFile(handle, NULL, NULL, NULL, &iosb, data, sizeof(data), &offset, NULL), STATUS_SUCCESS);
    CHECK_EQ(iosb.Information, 8);
    CHECK_STR(data, "23456789");
    offset.QuadPart = 10;
    CHECK_EQ(ZwReadFile(handle, NULL, NULL, NULL, &iosb, data, sizeof(data), &offset, NULL), STATUS_END_OF_FILE);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
    RtlInitUnicodeString(&name, (PCWSTR)u"\\??\\C:\\Windows\\..\\..\\etc\\passwd");
    CHECK_EQ(ZwOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, 0, FILE_SYNCHRONOUS_IO_NONALERT),
             STATUS_OBJECT_NAME_NOT_FOUND);
    io_set_system_root(NULL);
    unlink(path);
    rmdir(directory);
}

TEST(a_host_directory_is_the_system_root_when_one_is_given)
{
    run_in_computer(1, system_root);
}
