/* Register access as miniports write it: macros whose first argument, the device extension, the functions do not need.
 * docs: storport */
#ifndef RING3_STORPORT_PORT_REGISTERS_H
#define RING3_STORPORT_PORT_REGISTERS_H

#include <storport/port_exports.h>

/* The host defines the functions themselves. */
#ifndef RING3_HOST

#define StorPortReadPortUchar(Extension, Address) StorPortReadPortUchar(Address)
#define StorPortReadPortBufferUchar(Extension, Address, Buffer, Count) StorPortReadPortBufferUchar(Address, Buffer, Count)
#define StorPortReadPortUshort(Extension, Address) StorPortReadPortUshort(Address)
#define StorPortReadPortBufferUshort(Extension, Address, Buffer, Count) StorPortReadPortBufferUshort(Address, Buffer, Count)
#define StorPortReadPortUlong(Extension, Address) StorPortReadPortUlong(Address)
#define StorPortReadPortBufferUlong(Extension, Address, Buffer, Count) StorPortReadPortBufferUlong(Address, Buffer, Count)
#define StorPortReadRegisterUchar(Extension, Address) StorPortReadRegisterUchar(Address)
#define StorPortReadRegisterBufferUchar(Extension, Address, Buffer, Count) StorPortReadRegisterBufferUchar(Address, Buffer, Count)
#define StorPortReadRegisterUshort(Extension, Address) StorPortReadRegisterUshort(Address)
#define StorPortReadRegisterBufferUshort(Extension, Address, Buffer, Count) StorPortReadRegisterBufferUshort(Address, Buffer, Count)
#define StorPortReadRegisterUlong(Extension, Address) StorPortReadRegisterUlong(Address)
#define StorPortReadRegisterBufferUlong(Extension, Address, Buffer, Count) StorPortReadRegisterBufferUlong(Address, Buffer, Count)
#define StorPortWritePortUchar(Extension, Address, Value) StorPortWritePortUchar(Address, Value)
#define StorPortWritePortBufferUchar(Extension, Address, Buffer, Count) StorPortWritePortBufferUchar(Address, Buffer, Count)
#define StorPortWritePortUshort(Extension, Address, Value) StorPortWritePortUshort(Address, Value)
#define StorPortWritePortBufferUshort(Extension, Address, Buffer, Count) StorPortWritePortBufferUshort(Address, Buffer, Count)
#define StorPortWritePortUlong(Extension, Address, Value) StorPortWritePortUlong(Address, Value)
#define StorPortWritePortBufferUlong(Extension, Address, Buffer, Count) StorPortWritePortBufferUlong(Address, Buffer, Count)
#define StorPortWriteRegisterUchar(Extension, Address, Value) StorPortWriteRegisterUchar(Address, Value)
#define StorPortWriteRegisterBufferUchar(Extension, Address, Buffer, Count) StorPortWriteRegisterBufferUchar(Address, Buffer, Count)
#define StorPortWriteRegisterUshort(Extension, Address, Value) StorPortWriteRegisterUshort(Address, Value)
#define StorPortWriteRegisterBufferUshort(Extension, Address, Buffer, Count) \
    StorPortWriteRegisterBufferUshort(Address, Buffer, Count)
#define StorPortWriteRegisterUlong(Extension, Address, Value) StorPortWriteRegisterUlong(Address, Value)
#define StorPortWriteRegisterBufferUlong(Extension, Address, Buffer, Count) StorPortWriteRegisterBufferUlong(Address, Buffer, Count)

/* 64 bits at once: a plain access. */
FORCEINLINE ULONG64 StorPortReadRegisterUlong64_(volatile ULONG64 *Register)
{
    return *Register;
}

FORCEINLINE VOID StorPortWriteRegisterUlong64_(volatile ULONG64 *Register, ULONG64 Value)
{
    *Register = Value;
}

FORCEINLINE VOID StorPortReadRegisterBufferUlong64_(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = *Register;
}

FORCEINLINE VOID StorPortWriteRegisterBufferUlong64_(volatile ULONG64 *Register, PULONG64 Buffer, ULONG Count)
{
    while (Count--)
        *Register = *Buffer++;
}

#define StorPortReadRegisterUlong64(Extension, Address) StorPortReadRegisterUlong64_((volatile ULONG64 *)(Address))
#define StorPortWriteRegisterUlong64(Extension, Address, Value) \
    StorPortWriteRegisterUlong64_((volatile ULONG64 *)(Address), Value)
#define StorPortReadRegisterBufferUlong64(Extension, Address, Buffer, Count) \
    StorPortReadRegisterBufferUlong64_((volatile ULONG64 *)(Address), Buffer, Count)
#define StorPortWriteRegisterBufferUlong64(Extension, Address, Buffer, Count) \
    StorPortWriteRegisterBufferUlong64_((volatile ULONG64 *)(Address), Buffer, Count)

#define ScsiPortReadPortUchar(Address) StorPortReadPortUchar(0, Address)
#define ScsiPortReadPortBufferUchar(Address, Buffer, Count) StorPortReadPortBufferUchar(0, Address, Buffer, Count)
#define ScsiPortReadPortUshort(Address) StorPortReadPortUshort(0, Address)
#define ScsiPortReadPortBufferUshort(Address, Buffer, Count) StorPortReadPortBufferUshort(0, Address, Buffer, Count)
#define ScsiPortReadPortUlong(Address) StorPortReadPortUlong(0, Address)
#define ScsiPortReadPortBufferUlong(Address, Buffer, Count) StorPortReadPortBufferUlong(0, Address, Buffer, Count)
#define ScsiPortReadRegisterUchar(Address) StorPortReadRegisterUchar(0, Address)
#define ScsiPortReadRegisterBufferUchar(Address, Buffer, Count) StorPortReadRegisterBufferUchar(0, Address, Buffer, Count)
#define ScsiPortReadRegisterUshort(Address) StorPortReadRegisterUshort(0, Address)
#define ScsiPortReadRegisterBufferUshort(Address, Buffer, Count) StorPortReadRegisterBufferUshort(0, Address, Buffer, Count)
#define ScsiPortReadRegisterUlong(Address) StorPortReadRegisterUlong(0, Address)
#define ScsiPortReadRegisterBufferUlong(Address, Buffer, Count) StorPortReadRegisterBufferUlong(0, Address, Buffer, Count)
#define ScsiPortWritePortUchar(Address, Value) StorPortWritePortUchar(0, Address, Value)
#define ScsiPortWritePortBufferUchar(Address, Buffer, Count) StorPortWritePortBufferUchar(0, Address, Buffer, Count)
#define ScsiPortWritePortUshort(Address, Value) StorPortWritePortUshort(0, Address, Value)
#define ScsiPortWritePortBufferUshort(Address, Buffer, Count) StorPortWritePortBufferUshort(0, Address, Buffer, Count)
#define ScsiPortWritePortUlong(Address, Value) StorPortWritePortUlong(0, Address, Value)
#define ScsiPortWritePortBufferUlong(Address, Buffer, Count) StorPortWritePortBufferUlong(0, Address, Buffer, Count)
#define ScsiPortWriteRegisterUchar(Address, Value) StorPortWriteRegisterUchar(0, Address, Value)
#define ScsiPortWriteRegisterBufferUchar(Address, Buffer, Count) StorPortWriteRegisterBufferUchar(0, Address, Buffer, Count)
#define ScsiPortWriteRegisterUshort(Address, Value) StorPortWriteRegisterUshort(0, Address, Value)
#define ScsiPortWriteRegisterBufferUshort(Address, Buffer, Count) StorPortWriteRegisterBufferUshort(0, Address, Buffer, Count)
#define ScsiPortWriteRegisterUlong(Address, Value) StorPortWriteRegisterUlong(0, Address, Value)
#define ScsiPortWriteRegisterBufferUlong(Address, Buffer, Count) StorPortWriteRegisterBufferUlong(0, Address, Buffer, Count)

#endif

#endif
