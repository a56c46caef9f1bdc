/* Device registers, ports and what hal.dll exports. Register access is a volatile access of the mapped register, port
 * access an in/out instruction, as on any x64 Windows. docs: wdm/nf-wdm-read_register_ulong */
#ifndef RING3_HAL_H
#define RING3_HAL_H

#include <ring3/io_types.h>
#include <ring3/resource.h>
#include <ring3/interrupt.h>

RING3_BEGIN_C

/* ---- registers ---- */

#define RING3_REGISTER_ACCESS(Name, Type)                                                                   \
    FORCEINLINE Type READ_REGISTER_##Name(volatile Type *Register)                                          \
    {                                                                                                       \
        Type value = *Register;                                                                             \
        __asm__ __volatile__("" ::: "memory");                                                              \
        return value;                                                                                       \
    }                                                                                                       \
    FORCEINLINE VOID WRITE_REGISTER_##Name(volatile Type *Register, Type Value)                             \
    {                                                                                                       \
        *Register = Value;                                                                                  \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                            \
    }                                                                                                       \
    FORCEINLINE VOID READ_REGISTER_BUFFER_##Name(volatile Type *Register, Type *Buffer, ULONG Count)        \
    {                                                                                                       \
        while (Count-- != 0)                                                                                \
            *Buffer++ = *Register++;                                                                        \
        __asm__ __volatile__("" ::: "memory");                                                              \
    }                                                                                                       \
    FORCEINLINE VOID WRITE_REGISTER_BUFFER_##Name(volatile Type *Register, Type *Buffer, ULONG Count)       \
    {                                                                                                       \
        while (Count-- != 0)                                                                                \
            *Register++ = *Buffer++;                                                                        \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                            \
    }                                                                                                       \
    FORCEINLINE Type READ_REGISTER_NOFENCE_##Name(volatile Type *Register) { return *Register; }            \
    FORCEINLINE VOID WRITE_REGISTER_NOFENCE_##Name(volatile Type *Register, Type Value) { *Register = Value; }

RING3_REGISTER_ACCESS(UCHAR, UCHAR)
RING3_REGISTER_ACCESS(USHORT, USHORT)
RING3_REGISTER_ACCESS(ULONG, ULONG)
RING3_REGISTER_ACCESS(ULONG64, ULONG64)
#undef RING3_REGISTER_ACCESS

/* ---- ports ---- */

#ifndef RING3_HOST
#define RING3_PORT_ACCESS(Name, Type, Suffix, Register)                                                     \
    FORCEINLINE Type READ_PORT_##Name(Type *Port)                                                           \
    {                                                                                                       \
        Type value;                                                                                         \
        __asm__ __volatile__("in" Suffix " %w1, %" Register "0" : "=a"(value) : "d"((USHORT)(ULONG_PTR)Port) : "memory"); \
        return value;                                                                                       \
    }                                                                                                       \
    FORCEINLINE VOID WRITE_PORT_##Name(Type *Port, Type Value)                                              \
    {                                                                                                       \
        __asm__ __volatile__("out" Suffix " %" Register "0, %w1" ::"a"(Value), "d"((USHORT)(ULONG_PTR)Port) : "memory"); \
    }                                                                                                       \
    FORCEINLINE VOID READ_PORT_BUFFER_##Name(Type *Port, Type *Buffer, ULONG Count)                         \
    {                                                                                                       \
        while (Count-- != 0)                                                                                \
            *Buffer++ = READ_PORT_##Name(Port);                                                             \
    }                                                                                                       \
    FORCEINLINE VOID WRITE_PORT_BUFFER_##Name(Type *Port, Type *Buffer, ULONG Count)                        \
    {                                                                                                       \
        while (Count-- != 0)                                                                                \
            WRITE_PORT_##Name(Port, *Buffer++);                                                             \
    }

RING3_PORT_ACCESS(UCHAR, UCHAR, "b", "b")
RING3_PORT_ACCESS(USHORT, USHORT, "w", "w")
RING3_PORT_ACCESS(ULONG, ULONG, "l", "k")
#undef RING3_PORT_ACCESS
#endif

/* ---- hal.dll ---- */

NTHALAPI ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                   ULONG Length);
NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                           ULONG Offset, ULONG Length);
NTHALAPI ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                   ULONG Length);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                           ULONG Offset, ULONG Length);
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel,
                                           ULONG BusInterruptVector, PKIRQL Irql, PKAFFINITY Affinity);
NTHALAPI BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber, PHYSICAL_ADDRESS BusAddress,
                                              PULONG AddressSpace, PPHYSICAL_ADDRESS TranslatedAddress);

RING3_END_C

#endif
