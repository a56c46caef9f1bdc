/* Datagram sockets for the tests of layers. */
#ifndef TESTS_GUEST_WFP_DATAGRAMS_H
#define TESTS_GUEST_WFP_DATAGRAMS_H

#include "wfp_helpers.h"

static inline PWSK_SOCKET NewDatagramSocket(ADDRESS_FAMILY family, USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(family, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL) {
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, family, 0), 0, Irp)), STATUS_SUCCESS);
        *port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    }
    return socket;
}

/* To `address`, or where the socket is connected to when that is NULL. */
static inline NTSTATUS SendDatagramTo(PWSK_SOCKET socket, const char *text, PSOCKADDR address)
{
    SIZE_T size = strlen(text);
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, text, size);
    status = SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, address, 0, NULL, Irp));
    CloseBuffer(&buffer);
    return status;
}

static inline NTSTATUS SendDatagram(PWSK_SOCKET socket, const char *text, ADDRESS_FAMILY family, USHORT port)
{
    ADDRESS address;

    return SendDatagramTo(socket, text, Loopback(&address, family, port));
}

/* Whether the next datagram has this text; *from: the port it comes from. None comes in 100 ms: FALSE. */
static inline BOOLEAN Arrives(PWSK_SOCKET socket, const char *text, USHORT *from)
{
    ULONG flags = 0, control = 0;
    ULONG_PTR got = 0;
    BOOLEAN same;
    ADDRESS source = {0};
    BUFFER buffer;
    CALL call;
    PIRP irp;

    *from = 0;
    if (!OpenBuffer(&buffer, 64))
        return FALSE;
    irp = Begin(&call);
    DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, &source.Any, &control, NULL, &flags, irp);
    if (WaitMs(&call.Done, 100) != STATUS_SUCCESS)
        IoCancelIrp(irp);
    same = (BOOLEAN)(NT_SUCCESS(Finish(&call, &got)) && got == strlen(text) && RtlEqualMemory(buffer.Data, text, got));
    *from = Swap(source.V4.sin_port);
    CloseBuffer(&buffer);
    return same;
}

#endif
