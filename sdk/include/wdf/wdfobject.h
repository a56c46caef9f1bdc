/* Framework objects: attributes, contexts, references, deletion. */
#ifndef WDF_WDFOBJECT_H
#define WDF_WDFOBJECT_H

#include <wdf/wdftypes.h>

RING3_BEGIN_C

typedef enum _WDF_EXECUTION_LEVEL {
    WdfExecutionLevelInvalid = 0x00, WdfExecutionLevelInheritFromParent, WdfExecutionLevelPassive,
    WdfExecutionLevelDispatch
} WDF_EXECUTION_LEVEL;

typedef enum _WDF_SYNCHRONIZATION_SCOPE {
    WdfSynchronizationScopeInvalid = 0x00, WdfSynchronizationScopeInheritFromParent, WdfSynchronizationScopeDevice,
    WdfSynchronizationScopeQueue, WdfSynchronizationScopeNone
} WDF_SYNCHRONIZATION_SCOPE;

typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP *PFN_WDF_OBJECT_CONTEXT_CLEANUP;
typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY *PFN_WDF_OBJECT_CONTEXT_DESTROY;

typedef const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;
typedef PCWDF_OBJECT_CONTEXT_TYPE_INFO (NTAPI *PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);

typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
    ULONG Size;
    PCSTR ContextName;
    size_t ContextSize;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO UniqueType;
    PFN_GET_UNIQUE_CONTEXT_TYPE EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;
RING3_SIZE(WDF_OBJECT_CONTEXT_TYPE_INFO, 40);

typedef struct _WDF_OBJECT_ATTRIBUTES {
    ULONG Size;
    PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
    PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
    WDF_EXECUTION_LEVEL ExecutionLevel;
    WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
    WDFOBJECT ParentObject;
    size_t ContextSizeOverride;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES;
RING3_SIZE(WDF_OBJECT_ATTRIBUTES, 56);

FORCEINLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDF_ZERO_WITH_SIZE(Attributes, WDF_OBJECT_ATTRIBUTES);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

WDF_SLOT(PVOID, WdfObjectGetTypedContextWorker, (WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo),
         (Handle, TypeInfo))
WDF_SLOT(NTSTATUS, WdfObjectAllocateContext, (WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes,
         PVOID *Context), (Handle, ContextAttributes, Context))
WDF_SLOT(WDFOBJECT, WdfObjectContextGetObject, (PVOID ContextPointer), (ContextPointer))
WDF_SLOT(VOID, WdfObjectReferenceActual, (WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File), (Handle, Tag, Line, File))
WDF_SLOT(VOID, WdfObjectDereferenceActual, (WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File), (Handle, Tag, Line, File))
WDF_SLOT(NTSTATUS, WdfObjectCreate, (PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object), (Attributes, Object))
WDF_SLOT(VOID, WdfObjectDelete, (WDFOBJECT Object), (Object))
WDF_SLOT(NTSTATUS, WdfObjectQuery, (WDFOBJECT Object, CONST GUID *Guid, ULONG QueryBufferLength, PVOID QueryBuffer),
         (Object, Guid, QueryBufferLength, QueryBuffer))

#define WdfObjectReferenceWithTag(Handle, Tag) WdfObjectReferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectReference(Handle) WdfObjectReferenceWithTag(Handle, NULL)
#define WdfObjectDereferenceWithTag(Handle, Tag) WdfObjectDereferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectDereference(Handle) WdfObjectDereferenceWithTag(Handle, NULL)

/* --- context types ---------------------------------------------------------------------------------------------
 * A context type is one constant of type WDF_OBJECT_CONTEXT_TYPE_INFO; its address is the type's identity unless it names
 * another (UniqueType). Types shared between drivers get theirs from EvtDriverGetUniqueContextType before DriverEntry: such
 * constants lie in a section of their own, which the entry stub walks. */
#define WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype) _WDF_##_contexttype##_TYPE_INFO
#define WDF_TYPE_NAME_TO_EXTERNAL_INIT(_contexttype) _WDF_##_contexttype##_EXTERNAL_INIT
#define WDF_TYPE_NAME_TO_EXTERNAL_INIT_FUNCTION(_contexttype) _contexttype##_EXTERNAL_INIT_FUNCTION
#define WDF_TYPE_NAME_POINTER_TYPE(_contexttype) WDF_POINTER_TYPE_##_contexttype
#define WDF_GET_CONTEXT_TYPE_INFO(_contexttype) (&WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype))

#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(_attributes, _contexttype) \
    (_attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(_contexttype)->UniqueType
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(_attributes, _contexttype) \
    WDF_OBJECT_ATTRIBUTES_INIT(_attributes);                               \
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(_attributes, _contexttype)

#define WDF_TYPE_INIT_BASE_SECTION_NAME ".kmdftypeinit"
#define WDF_TYPE_INIT_SECTION_NAME ".kmdftypeinit$b"
#ifndef WDF_TYPE_DEFAULT_SECTION_NAME
#define WDF_TYPE_DEFAULT_SECTION_NAME ".data"
#endif

/* A mark with a word of data, on any object. */
typedef struct _WDF_CUSTOM_TYPE_CONTEXT {
    ULONG Size;
    ULONG_PTR Data;
} WDF_CUSTOM_TYPE_CONTEXT, *PWDF_CUSTOM_TYPE_CONTEXT;

#ifndef RING3_HOST
#pragma section(".kmdftypeinit$b", read, write)
#pragma section(".data")

#define WDF_DECLARE_TYPE_AND_GLOBALS(_contexttype, _UniqueType, _GetUniqueType, _section)                            \
    typedef _contexttype *WDF_TYPE_NAME_POINTER_TYPE(_contexttype);                                                  \
    WDF_EXTERN_C __declspec(allocate(_section)) __declspec(selectany) const WDF_OBJECT_CONTEXT_TYPE_INFO      \
        WDF_TYPE_NAME_TO_TYPE_INFO(_contexttype) = { sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #_contexttype,             \
                                                     sizeof(_contexttype), _UniqueType, _GetUniqueType };

#define WDF_DECLARE_CASTING_FUNCTION(_contexttype, _castingfunction)                                                \
    WDF_EXTERN_C FORCEINLINE WDF_TYPE_NAME_POINTER_TYPE(_contexttype) _castingfunction(WDFOBJECT Handle)            \
    {                                                                                                               \
        return (WDF_TYPE_NAME_POINTER_TYPE(_contexttype))WdfObjectGetTypedContextWorker(                            \
            Handle, WDF_GET_CONTEXT_TYPE_INFO(_contexttype)->UniqueType);                                           \
    }

#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(_contexttype, _castingfunction)                                          \
    WDF_DECLARE_TYPE_AND_GLOBALS(_contexttype, WDF_GET_CONTEXT_TYPE_INFO(_contexttype), NULL,                        \
                                 WDF_TYPE_DEFAULT_SECTION_NAME)                                                     \
    WDF_DECLARE_CASTING_FUNCTION(_contexttype, _castingfunction)

#define WDF_DECLARE_CONTEXT_TYPE(_contexttype) \
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(_contexttype, WdfObjectGet_##_contexttype)

#define WDF_DECLARE_SHARED_CONTEXT_TYPE_WITH_NAME(_contexttype, _castingfunction)                                   \
    WDF_DECLARE_TYPE_AND_GLOBALS(_contexttype, NULL, WDF_TYPE_NAME_TO_EXTERNAL_INIT_FUNCTION(_contexttype),          \
                                 WDF_TYPE_INIT_SECTION_NAME)                                                        \
    WDF_DECLARE_CASTING_FUNCTION(_contexttype, _castingfunction)

#define WdfObjectGetTypedContext(handle, type) \
    (type *)WdfObjectGetTypedContextWorker((WDFOBJECT)(handle), WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType)

/* --- custom types --- */
#define WDF_CUSTOM_TYPE_CONTEXT_NAME(_type) WdfCustomType_##_type
#define WDF_GET_CUSTOM_TYPE_FUNCTION_NAME(_type) WdfObjectGetCustomType_##_type
#define WDF_ADD_CUSTOM_TYPE_FUNCTION_NAME(_type) WdfObjectAddCustomType_##_type

#define WDF_DECLARE_CUSTOM_TYPE(_type)                                                                              \
    typedef WDF_CUSTOM_TYPE_CONTEXT WDF_CUSTOM_TYPE_CONTEXT_NAME(_type);                                            \
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(WDF_CUSTOM_TYPE_CONTEXT_NAME(_type), WDF_GET_CUSTOM_TYPE_FUNCTION_NAME(_type)) \
    WDF_EXTERN_C FORCEINLINE NTSTATUS WDF_ADD_CUSTOM_TYPE_FUNCTION_NAME(_type)(                                     \
        WDFOBJECT Handle, ULONG_PTR Data, PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback,                        \
        PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback)                                                          \
    {                                                                                                               \
        WDF_OBJECT_ATTRIBUTES attributes;                                                                           \
        WDF_CUSTOM_TYPE_CONTEXT *mark;                                                                              \
        NTSTATUS status;                                                                                            \
                                                                                                                    \
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, WDF_CUSTOM_TYPE_CONTEXT_NAME(_type));                   \
        attributes.EvtCleanupCallback = EvtCleanupCallback;                                                         \
        attributes.EvtDestroyCallback = EvtDestroyCallback;                                                         \
        status = WdfObjectAllocateContext(Handle, &attributes, (PVOID *)&mark);                                     \
        if (NT_SUCCESS(status)) {                                                                                   \
            mark->Size = sizeof *mark;                                                                              \
            mark->Data = Data;                                                                                      \
        }                                                                                                           \
        return status;                                                                                              \
    }

#define WdfObjectIsCustomType(_handle, _type) \
    ((BOOLEAN)((WdfObjectGetTypedContext(_handle, WDF_CUSTOM_TYPE_CONTEXT_NAME(_type))) != NULL))
#define WdfObjectAddCustomTypeWithData(_handle, _type, _data, _cleanup, _destroy) \
    WDF_ADD_CUSTOM_TYPE_FUNCTION_NAME(_type)(_handle, _data, _cleanup, _destroy)
#define WdfObjectAddCustomType(_handle, _type) WdfObjectAddCustomTypeWithData(_handle, _type, 0, NULL, NULL)
#define WdfObjectGetCustomTypeData(_handle, _type) (WDF_GET_CUSTOM_TYPE_FUNCTION_NAME(_type)(_handle)->Data)
#endif

RING3_END_C

#endif
