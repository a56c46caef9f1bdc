/* Opening disks and asking them, for the tests of the storage stack. */
#ifndef DISK_HELPERS_H
#define DISK_HELPERS_H

#include <ntddk.h>
#include <ntdddisk.h>
#include <ntddscsi.h>
#include <scsi.h>

#include "testing.h"

static inline HANDLE open_device(PCWSTR name, NTSTATUS *status)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING text;
    HANDLE handle = NULL;

    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    *status = ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                           FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                           FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    return handle;
}

static inline HANDLE open_disk(void)
{
    NTSTATUS status;
    HANDLE handle = open_device(L"\\??\\PhysicalDrive0", &status);

    EXPECT_EQ(status, STATUS_SUCCESS);
    return handle;
}

static inline NTSTATUS disk_read(HANDLE disk, PVOID data, ULONG length, ULONGLONG offset, ULONG_PTR *done)
{
    LARGE_INTEGER at;
    IO_STATUS_BLOCK iosb = { 0 };
    NTSTATUS status;

    at.QuadPart = (LONGLONG)offset;
    status = ZwReadFile(disk, NULL, NULL, NULL, &iosb, data, length, &at, NULL);
    if (done)
        *done = NT_SUCCESS(status) ? iosb.Information : 0;
    return status;
}

static inline NTSTATUS disk_write(HANDLE disk, const void *data, ULONG length, ULONGLONG offset, ULONG_PTR *done)
{
    LARGE_INTEGER at;
    IO_STATUS_BLOCK iosb = { 0 };
    NTSTATUS status;

    at.QuadPart = (LONGLONG)offset;
    status = ZwWriteFile(disk, NULL, NULL, NULL, &iosb, (PVOID)(ULONG_PTR)data, length, &at, NULL);
    if (done)
        *done = NT_SUCCESS(status) ? iosb.Information : 0;
    return status;
}

static inline NTSTATUS disk_ask(HANDLE disk, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length,
                                ULONG_PTR *done)
{
    IO_STATUS_BLOCK iosb = { 0 };
    NTSTATUS status = ZwDeviceIoControlFile(disk, NULL, NULL, NULL, &iosb, code, in, in_length, out, out_length);

    if (done)
        *done = iosb.Information;
    return status;
}

static inline ULONGLONG disk_length(HANDLE disk)
{
    GET_LENGTH_INFORMATION info = { 0 };

    EXPECT_EQ(disk_ask(disk, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &info, sizeof(info), NULL), STATUS_SUCCESS);
    return (ULONGLONG)info.Length.QuadPart;
}

static inline void fill_pattern(PUCHAR data, ULONG length, ULONG seed)
{
    for (ULONG i = 0; i < length; i++)
        data[i] = (UCHAR)((i * 7 + (i >> 8) * 13 + seed) & 0xff);
}

static inline BOOLEAN is_pattern(const UCHAR *data, ULONG length, ULONG seed)
{
    for (ULONG i = 0; i < length; i++)
        if (data[i] != (UCHAR)((i * 7 + (i >> 8) * 13 + seed) & 0xff))
            return FALSE;
    return TRUE;
}

static inline BOOLEAN is_filled_with(const UCHAR *data, ULONG length, UCHAR value)
{
    for (ULONG i = 0; i < length; i++)
        if (data[i] != value)
            return FALSE;
    return TRUE;
}

#endif
