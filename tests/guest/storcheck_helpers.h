/* Asking drivers/storcheck. */
#ifndef STORCHECK_HELPERS_H
#define STORCHECK_HELPERS_H

#include "disk_helpers.h"

#include "../../drivers/storcheck/ioctl.h"

/* Answers with the request as it came back; Result is 99999 when it did not. */
static inline STORCHECK_REQUEST storcheck(ULONG code, ULONG argument, ULONG count)
{
    STORCHECK_REQUEST request = {
        .Header = { .HeaderLength = sizeof(SRB_IO_CONTROL), .Timeout = 30, .ControlCode = code,
                    .Length = sizeof(request) - sizeof(SRB_IO_CONTROL) },
        .Argument = argument,
        .Count = count,
        .Result = 99999,
    };
    NTSTATUS status;
    HANDLE port = open_device(L"\\??\\Scsi0:", &status);

    EXPECT_EQ(status, STATUS_SUCCESS);
    if (port == NULL)
        return request;
    RtlCopyMemory(request.Header.Signature, STORCHECK_SIGNATURE, sizeof(request.Header.Signature));
    EXPECT_EQ(disk_ask(port, IOCTL_SCSI_MINIPORT, &request, sizeof(request), &request, sizeof(request), NULL), STATUS_SUCCESS);
    ZwClose(port);
    return request;
}

#endif
