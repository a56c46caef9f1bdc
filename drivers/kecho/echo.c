/* Messages in, messages out. */
#include "kecho.h"

NTSTATUS EchoCreate(WDFDEVICE device)
{
    ECHO *echo = GetEcho(device);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &echo->reads);
    if (!NT_SUCCESS(status))
        return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfCollectionCreate(&attributes, &echo->messages);
    if (!NT_SUCCESS(status))
        return status;
    return WdfSpinLockCreate(&attributes, &echo->lock);
}

/* The oldest message, referenced; NULL when there is none. */
static WDFMEMORY TakeMessage(ECHO *echo)
{
    WDFMEMORY message;
    size_t size;

    WdfSpinLockAcquire(echo->lock);
    message = (WDFMEMORY)WdfCollectionGetFirstItem(echo->messages);
    if (message != NULL) {
        WdfObjectReference(message);
        WdfCollectionRemoveItem(echo->messages, 0);
        WdfMemoryGetBuffer(message, &size);
        echo->bytes -= size;
        echo->statistics.MessagesRead++;
    }
    WdfSpinLockRelease(echo->lock);
    return message;
}

/* A read shorter than the message gets its beginning, and STATUS_BUFFER_OVERFLOW. */
static void Answer(WDFREQUEST request, WDFMEMORY message)
{
    size_t size, room;
    PVOID bytes = WdfMemoryGetBuffer(message, &size), buffer;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, 1, &buffer, &room);

    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(request, status);
        return;
    }
    RtlCopyMemory(buffer, bytes, min(size, room));
    WdfRequestCompleteWithInformation(request, size > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, min(size, room));
}

/* Brings reads and messages together until one side is empty. <= DISPATCH_LEVEL. */
static void Serve(ECHO *echo)
{
    WDFREQUEST request;
    WDFMEMORY message;

    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(echo->reads, &request))) {
        message = TakeMessage(echo);
        if (message == NULL) {
            if (!NT_SUCCESS(WdfRequestRequeue(request)))
                WdfRequestComplete(request, STATUS_CANCELLED);
            /* A message that came while the read was in our hands has found no read to serve. */
            if (WdfCollectionGetCount(echo->messages) == 0)
                return;
            continue;
        }
        Answer(request, message);
        WdfObjectDereference(message);
    }
}

VOID NTAPI EchoRead(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
    ECHO *echo = GetEcho(WdfIoQueueGetDevice(queue));
    NTSTATUS status = WdfRequestForwardToIoQueue(request, echo->reads);

    UNREFERENCED_PARAMETER(length);
    if (!NT_SUCCESS(status))
        WdfRequestComplete(request, status);
    else
        Serve(echo);
}

/* A message object with the request's bytes. Its parent is the device: it goes with it. */
static NTSTATUS MakeMessage(WDFDEVICE device, WDFREQUEST request, size_t length, WDFMEMORY *message)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    PVOID from, to;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, length, &from, NULL);

    if (!NT_SUCCESS(status))
        return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfMemoryCreate(&attributes, NonPagedPoolNx, KECHO_TAG, length, message, &to);
    if (NT_SUCCESS(status))
        RtlCopyMemory(to, from, length);
    return status;
}

static NTSTATUS Append(ECHO *echo, WDFMEMORY message, size_t length)
{
    NTSTATUS status = STATUS_DEVICE_BUSY;

    WdfSpinLockAcquire(echo->lock);
    if (echo->bytes + length <= KECHO_MOST_BYTES)
        status = WdfCollectionAdd(echo->messages, message);
    if (NT_SUCCESS(status)) {
        echo->bytes += length;
        echo->statistics.MessagesWritten++;
    }
    WdfSpinLockRelease(echo->lock);
    return status;
}

VOID NTAPI EchoWrite(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
    WDFDEVICE device = WdfIoQueueGetDevice(queue);
    ECHO *echo = GetEcho(device);
    WDFMEMORY message;
    NTSTATUS status = MakeMessage(device, request, length, &message);

    if (NT_SUCCESS(status)) {
        status = Append(echo, message, length);
        WdfObjectDelete(message);
    }
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? length : 0);
    if (NT_SUCCESS(status))
        Serve(echo);
}

static void Flush(ECHO *echo)
{
    WDFMEMORY message;

    while ((message = TakeMessage(echo)) != NULL)
        WdfObjectDereference(message);
}

static NTSTATUS Report(ECHO *echo, WDFREQUEST request)
{
    KECHO_STATISTICS *out;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof *out, (PVOID *)&out, NULL);

    if (!NT_SUCCESS(status))
        return status;
    WdfSpinLockAcquire(echo->lock);
    *out = echo->statistics;
    out->MessagesWaiting = WdfCollectionGetCount(echo->messages);
    out->BytesWaiting = (ULONG)echo->bytes;
    WdfSpinLockRelease(echo->lock);
    WdfRequestSetInformation(request, sizeof *out);
    return STATUS_SUCCESS;
}

VOID NTAPI EchoControl(WDFQUEUE queue, WDFREQUEST request, size_t outLength, size_t inLength, ULONG code)
{
    WDFDEVICE device = WdfIoQueueGetDevice(queue);
    ECHO *echo = GetEcho(device);
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG *milliseconds;

    UNREFERENCED_PARAMETER(outLength);
    UNREFERENCED_PARAMETER(inLength);
    if (code == IOCTL_KECHO_DELAY) {
        status = WdfRequestRetrieveInputBuffer(request, sizeof *milliseconds, (PVOID *)&milliseconds, NULL);
        if (NT_SUCCESS(status)) {
            DelayBegin(device, request, *milliseconds);
            return;
        }
    } else if (code == IOCTL_KECHO_STATISTICS) {
        status = Report(echo, request);
    } else if (code == IOCTL_KECHO_FLUSH) {
        Flush(echo);
        status = STATUS_SUCCESS;
    }
    WdfRequestComplete(request, status);
}
