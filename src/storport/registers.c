/* Register and port access. There are no ports: they read as ones and swallow writes, as an empty bus does. docs: storport */
#include "storport/adapter.h"

#include "nt/hal.h"
#include "nt/ram.h"

/* A register lies in the trapped window; anything else is plain memory. */
static bool trapped(volatile void *at, uint64_t *pa)
{
    *pa = (uint64_t)(uintptr_t)at - MMIO_BASE;
    return *pa < MMIO_SIZE;
}

/* --- UCHAR --- */

/* docs: storport/nf-storport-storportreadregisteruchar */
UCHAR NTAPI StorPortReadRegisterUchar(volatile UCHAR *Register)
{
    uint64_t pa;

    return trapped(Register, &pa) ? (UCHAR)hal_mmio_read(pa, sizeof *Register) : *Register;
}

/* docs: storport/nf-storport-storportwriteregisteruchar */
VOID NTAPI StorPortWriteRegisterUchar(volatile UCHAR *Register, UCHAR Value)
{
    uint64_t pa;

    if (trapped(Register, &pa))
        hal_mmio_write(pa, sizeof *Register, Value);
    else
        *Register = Value;
}

/* docs: storport/nf-storport-storportreadregisterbufferuchar */
VOID NTAPI StorPortReadRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = StorPortReadRegisterUchar(Register);
}

/* docs: storport/nf-storport-storportwriteregisterbufferuchar */
VOID NTAPI StorPortWriteRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count)
{
    while (Count--)
        StorPortWriteRegisterUchar(Register, *Buffer++);
}

/* docs: storport/nf-storport-storportreadportuchar */
UCHAR NTAPI StorPortReadPortUchar(PUCHAR Port)
{
    return (UCHAR)~0u;
}

/* docs: storport/nf-storport-storportwriteportuchar */
VOID NTAPI StorPortWritePortUchar(PUCHAR Port, UCHAR Value)
{
}

/* docs: storport/nf-storport-storportreadportbufferuchar */
VOID NTAPI StorPortReadPortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = (UCHAR)~0u;
}

/* docs: storport/nf-storport-storportwriteportbufferuchar */
VOID NTAPI StorPortWritePortBufferUchar(PUCHAR Port, PUCHAR Buffer, ULONG Count)
{
}

/* --- USHORT --- */

/* docs: storport/nf-storport-storportreadregisterushort */
USHORT NTAPI StorPortReadRegisterUshort(volatile USHORT *Register)
{
    uint64_t pa;

    return trapped(Register, &pa) ? (USHORT)hal_mmio_read(pa, sizeof *Register) : *Register;
}

/* docs: storport/nf-storport-storportwriteregisterushort */
VOID NTAPI StorPortWriteRegisterUshort(volatile USHORT *Register, USHORT Value)
{
    uint64_t pa;

    if (trapped(Register, &pa))
        hal_mmio_write(pa, sizeof *Register, Value);
    else
        *Register = Value;
}

/* docs: storport/nf-storport-storportreadregisterbufferushort */
VOID NTAPI StorPortReadRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = StorPortReadRegisterUshort(Register);
}

/* docs: storport/nf-storport-storportwriteregisterbufferushort */
VOID NTAPI StorPortWriteRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count)
{
    while (Count--)
        StorPortWriteRegisterUshort(Register, *Buffer++);
}

/* docs: storport/nf-storport-storportreadportushort */
USHORT NTAPI StorPortReadPortUshort(PUSHORT Port)
{
    return (USHORT)~0u;
}

/* docs: storport/nf-storport-storportwriteportushort */
VOID NTAPI StorPortWritePortUshort(PUSHORT Port, USHORT Value)
{
}

/* docs: storport/nf-storport-storportreadportbufferushort */
VOID NTAPI StorPortReadPortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = (USHORT)~0u;
}

/* docs: storport/nf-storport-storportwriteportbufferushort */
VOID NTAPI StorPortWritePortBufferUshort(PUSHORT Port, PUSHORT Buffer, ULONG Count)
{
}

/* --- ULONG --- */

/* docs: storport/nf-storport-storportreadregisterulong */
ULONG NTAPI StorPortReadRegisterUlong(volatile ULONG *Register)
{
    uint64_t pa;

    return trapped(Register, &pa) ? (ULONG)hal_mmio_read(pa, sizeof *Register) : *Register;
}

/* docs: storport/nf-storport-storportwriteregisterulong */
VOID NTAPI StorPortWriteRegisterUlong(volatile ULONG *Register, ULONG Value)
{
    uint64_t pa;

    if (trapped(Register, &pa))
        hal_mmio_write(pa, sizeof *Register, Value);
    else
        *Register = Value;
}

/* docs: storport/nf-storport-storportreadregisterbufferulong */
VOID NTAPI StorPortReadRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = StorPortReadRegisterUlong(Register);
}

/* docs: storport/nf-storport-storportwriteregisterbufferulong */
VOID NTAPI StorPortWriteRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count)
{
    while (Count--)
        StorPortWriteRegisterUlong(Register, *Buffer++);
}

/* docs: storport/nf-storport-storportreadportulong */
ULONG NTAPI StorPortReadPortUlong(PULONG Port)
{
    return (ULONG)~0u;
}

/* docs: storport/nf-storport-storportwriteportulong */
VOID NTAPI StorPortWritePortUlong(PULONG Port, ULONG Value)
{
}

/* docs: storport/nf-storport-storportreadportbufferulong */
VOID NTAPI StorPortReadPortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count)
{
    while (Count--)
        *Buffer++ = (ULONG)~0u;
}

/* docs: storport/nf-storport-storportwriteportbufferulong */
VOID NTAPI StorPortWritePortBufferUlong(PULONG Port, PULONG Buffer, ULONG Count)
{
}
