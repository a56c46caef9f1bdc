/* Handles and basic types of the Kernel-Mode Driver Framework, and how a slot of its function table is declared. */
#ifndef WDF_WDFTYPES_H
#define WDF_WDFTYPES_H

#include <wdm.h>
#include <wdf/wdffuncenum.h>
#ifdef RING3_HOST
#include <stddef.h>
#endif

RING3_BEGIN_C

#ifndef KMDF_VERSION_MAJOR
#define KMDF_VERSION_MAJOR 1
#endif
#ifndef KMDF_VERSION_MINOR
#define KMDF_VERSION_MINOR 33
#endif
#if KMDF_VERSION_MAJOR != 1 || KMDF_VERSION_MINOR > 33
#error "ring3 has KMDF 1.0 to 1.33"
#endif
#ifndef KMDF_MINIMUM_VERSION_REQUIRED
#define KMDF_MINIMUM_VERSION_REQUIRED KMDF_VERSION_MINOR
#endif

#ifdef __cplusplus
#define WDF_EXTERN_C extern "C"
#define WDF_EXTERN_C_START extern "C" {
#define WDF_EXTERN_C_END }
#else
#define WDF_EXTERN_C
#define WDF_EXTERN_C_START
#define WDF_EXTERN_C_END
#endif
#define WDFAPI

typedef UCHAR BYTE;

typedef enum _WDF_TRI_STATE { WdfFalse = 0, WdfTrue = 1, WdfUseDefault = 2 } WDF_TRI_STATE, *PWDF_TRI_STATE;

typedef PVOID WDFCONTEXT;
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef struct WDFCXDEVICE_INIT *PWDFCXDEVICE_INIT;
typedef struct _WDF_OBJECT_ATTRIBUTES *PWDF_OBJECT_ATTRIBUTES;
typedef HANDLE WDFOBJECT, *PWDFOBJECT;

#ifndef POINTER_ALIGNMENT
#define POINTER_ALIGNMENT DECLSPEC_ALIGN(8)
#endif
#ifndef DECLARE_HANDLE
#define DECLARE_HANDLE(name) typedef struct name##__ *name
#endif

DECLARE_HANDLE(WDFDRIVER);
DECLARE_HANDLE(WDFDEVICE);
DECLARE_HANDLE(WDFWMIPROVIDER);
DECLARE_HANDLE(WDFWMIINSTANCE);
DECLARE_HANDLE(WDFQUEUE);
DECLARE_HANDLE(WDFREQUEST);
DECLARE_HANDLE(WDFFILEOBJECT);
DECLARE_HANDLE(WDFDPC);
DECLARE_HANDLE(WDFTIMER);
DECLARE_HANDLE(WDFWORKITEM);
DECLARE_HANDLE(WDFINTERRUPT);
DECLARE_HANDLE(WDFWAITLOCK);
DECLARE_HANDLE(WDFSPINLOCK);
DECLARE_HANDLE(WDFMEMORY);
DECLARE_HANDLE(WDFLOOKASIDE);
DECLARE_HANDLE(WDFIOTARGET);
DECLARE_HANDLE(WDFUSBDEVICE);
DECLARE_HANDLE(WDFUSBINTERFACE);
DECLARE_HANDLE(WDFUSBPIPE);
DECLARE_HANDLE(WDFDMAENABLER);
DECLARE_HANDLE(WDFDMATRANSACTION);
DECLARE_HANDLE(WDFCOMMONBUFFER);
DECLARE_HANDLE(WDFKEY);
DECLARE_HANDLE(WDFSTRING);
DECLARE_HANDLE(WDFCOLLECTION);
DECLARE_HANDLE(WDFCHILDLIST);
DECLARE_HANDLE(WDFIORESREQLIST);
DECLARE_HANDLE(WDFIORESLIST);
DECLARE_HANDLE(WDFCMRESLIST);
DECLARE_HANDLE(WDFCOMPANIONTARGET);

#define WDF_NULL_POINTER NULL
#define WDF_NO_OBJECT_ATTRIBUTES NULL
#define WDF_NO_EVENT_CALLBACK NULL
#define WDF_NO_HANDLE NULL
#define WDF_NO_CONTEXT NULL
#define WDF_NO_SEND_OPTIONS NULL

/* --- what the loader and the driver share ------------------------------------------------------------------- */

#define WDF_DRIVER_GLOBALS_NAME_LEN 32

typedef struct _WDF_DRIVER_GLOBALS {
    WDFDRIVER Driver;                   /* set by WdfDriverCreate */
    ULONG DriverFlags;
    ULONG DriverTag;                    /* pool tag of what the framework allocates for the driver */
    CHAR DriverName[WDF_DRIVER_GLOBALS_NAME_LEN];
    BOOLEAN DisplaceDriverUnload;       /* the entry stub wraps DriverUnload so that it can unbind */
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;
RING3_SIZE(WDF_DRIVER_GLOBALS, 56);

typedef VOID (NTAPI *WDFFUNC)(VOID);
typedef size_t *WDF_STRUCT_INFO;

/* --- function table --------------------------------------------------------------------------------------------
 * WDF_SLOT(type, name, parameters, arguments) makes the function `name` that a driver calls: an inline call through the
 * slot nameTableIndex. In the host it is the prototype of what the slot points at. */
#define WDF_UNWRAP(...) __VA_ARGS__

#ifdef RING3_HOST
#define WDF_SLOT(type, name, parameters, arguments) \
    type NTAPI name(PWDF_DRIVER_GLOBALS DriverGlobals, WDF_UNWRAP parameters);
#define WDF_SLOT_NO_ARGUMENTS(type, name) type NTAPI name(PWDF_DRIVER_GLOBALS DriverGlobals);
#else

#define WDF_TABLE_NAME_OF(minor) WDF_TABLE_NAME_PASTE(minor)
#define WDF_TABLE_NAME_PASTE(minor) WdfFunctions_010##minor
#if KMDF_VERSION_MINOR >= 13
#define WdfFunctions WDF_TABLE_NAME_OF(KMDF_VERSION_MINOR)
#endif

extern const WDFFUNC *WdfFunctions;
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;
extern WDFFUNC WdfDriverMiniportUnloadOverride;
extern BOOLEAN WdfClientVersionHigherThanFramework;
extern ULONG WdfFunctionCount, WdfStructureCount;
extern WDF_STRUCT_INFO WdfStructures;
/* What the entry stub asks the loader for. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(RING3_HOST)
extern ULONG WdfTargetMinorVersion, WdfMinimumVersionRequired;     /* GNU ld does not merge GCC's with the entry stub's */
#else
DECLSPEC_SELECTANY ULONG WdfTargetMinorVersion = KMDF_VERSION_MINOR;
DECLSPEC_SELECTANY ULONG WdfMinimumVersionRequired = KMDF_MINIMUM_VERSION_REQUIRED;
#endif

#define WDF_SLOT(type, name, parameters, arguments)                                                                 \
    FORCEINLINE type name parameters                                                                                \
    {                                                                                                               \
        typedef type (NTAPI *WDF_SLOT_FUNCTION)(PWDF_DRIVER_GLOBALS, WDF_UNWRAP parameters);                        \
        return ((WDF_SLOT_FUNCTION)WdfFunctions[name##TableIndex])(WdfDriverGlobals, WDF_UNWRAP arguments);         \
    }
#define WDF_SLOT_NO_ARGUMENTS(type, name)                                                                           \
    FORCEINLINE type name(VOID)                                                                                     \
    {                                                                                                               \
        typedef type (NTAPI *WDF_SLOT_FUNCTION)(PWDF_DRIVER_GLOBALS);                                               \
        return ((WDF_SLOT_FUNCTION)WdfFunctions[name##TableIndex])(WdfDriverGlobals);                               \
    }
#endif

#define WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT 453
#ifdef RING3_HOST
#define WDF_STRUCTURE_SIZE(StructName) ((ULONG)sizeof(StructName))
#else
#define WDF_IS_FUNCTION_AVAILABLE(FunctionName)                                                                     \
    (FunctionName##TableIndex < WDF_ALWAYS_AVAILABLE_FUNCTION_COUNT || !WdfClientVersionHigherThanFramework ||       \
     FunctionName##TableIndex < WdfFunctionCount)
#define WDF_IS_STRUCTURE_AVAILABLE(StructName)                                                                      \
    (!WdfClientVersionHigherThanFramework || INDEX_##StructName < WdfStructureCount)
#define WDF_IS_FIELD_AVAILABLE(StructName, FieldName)                                                               \
    (!WdfClientVersionHigherThanFramework ||                                                                        \
     (INDEX_##StructName < WdfStructureCount && FIELD_OFFSET(StructName, FieldName) < WdfStructures[INDEX_##StructName]))
#if KMDF_VERSION_MINOR == KMDF_MINIMUM_VERSION_REQUIRED
#define WDF_STRUCTURE_SIZE(StructName) ((ULONG)sizeof(StructName))
#else
/* -1: the framework that runs the driver does not know the structure. */
#define WDF_STRUCTURE_SIZE(StructName)                                                                              \
    ((ULONG)(!WdfClientVersionHigherThanFramework ? sizeof(StructName) :                                            \
             INDEX_##StructName < WdfStructureCount ? WdfStructures[INDEX_##StructName] : (size_t)-1))
#endif
#endif

#define WDF_ZERO_WITH_SIZE(Structure, Type)                                                                         \
    do {                                                                                                            \
        RtlZeroMemory(Structure, sizeof(Type));                                                                     \
        (Structure)->Size = WDF_STRUCTURE_SIZE(Type);                                                               \
    } while (0)

RING3_END_C

#endif
