/* What the framework's loader (WDFLDR.SYS) exports, and the structures that a driver's entry stub hands it.
 * Functions run at PASSIVE_LEVEL. */
#ifndef WDFLDR_H
#define WDFLDR_H

#include <wdf/wdftypes.h>

RING3_BEGIN_C

typedef ULONG WDF_MAJOR_VERSION, WDF_MINOR_VERSION, WDF_BUILD_NUMBER;

typedef struct _WDF_VERSION {
    WDF_MAJOR_VERSION Major;
    WDF_MINOR_VERSION Minor;
    WDF_BUILD_NUMBER Build;
} WDF_VERSION, WDF_CLASS_VERSION;

typedef PVOID WDF_COMPONENT_GLOBALS, *PWDF_COMPONENT_GLOBALS;

typedef struct _WDF_BIND_INFO {
    ULONG Size;
    PWCHAR Component;                   /* L"KmdfLibrary" */
    WDF_VERSION Version;
    ULONG FuncCount;
    WDFFUNC *FuncTable;                 /* the stub's pointer to the table: the loader writes the table's address to it */
    PVOID Module;                       /* the loader's */
} WDF_BIND_INFO, *PWDF_BIND_INFO;
RING3_SIZE(WDF_BIND_INFO, 48);

/* Since 1.25: a driver may be built for a later framework than the one it runs on. V1.Size is the size of it all. */
typedef struct _WDF_BIND_INFO2 {
    WDF_BIND_INFO V1;
    WDF_MINOR_VERSION *MinimumVersionRequired;
    BOOLEAN *ClientVersionHigherThanFramework;
    ULONG *FuncCountPtr;
    ULONG *StructCountPtr;
    WDF_STRUCT_INFO *StructTable;
} WDF_BIND_INFO2, *PWDF_BIND_INFO2;
RING3_SIZE(WDF_BIND_INFO2, 88);

struct _WDF_CLASS_BIND_INFO;
typedef NTSTATUS (NTAPI *PFN_WDF_CLASS_BIND)(PVOID BindFunction, PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals,
                                             struct _WDF_CLASS_BIND_INFO *ClassBindInfo);
typedef VOID (NTAPI *PFN_WDF_CLASS_UNBIND)(PVOID UnbindFunction, PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals,
                                           struct _WDF_CLASS_BIND_INFO *ClassBindInfo);

/* What a driver of a class extension hands over: filled by the extension's client library. */
typedef struct _WDF_CLASS_BIND_INFO {
    ULONG Size;
    PWCHAR ClassName;
    WDF_CLASS_VERSION Version;
    WDFFUNC *FunctionTable;
    ULONG FunctionTableCount;
    PVOID ClassBindInfo;
    PFN_WDF_CLASS_BIND ClientBindClass;
    PFN_WDF_CLASS_UNBIND ClientUnbindClass;
    PVOID ClassModule;                  /* the loader's */
} WDF_CLASS_BIND_INFO, *PWDF_CLASS_BIND_INFO;
RING3_SIZE(WDF_CLASS_BIND_INFO, 80);

typedef NTSTATUS (NTAPI *PFN_WDF_CLASS_LIBRARY_INITIALIZE)(VOID);
typedef VOID (NTAPI *PFN_WDF_CLASS_LIBRARY_DEINITIALIZE)(VOID);
typedef NTSTATUS (NTAPI *PFN_WDF_CLASS_LIBRARY_BIND_CLIENT)(PWDF_CLASS_BIND_INFO ClassInfo,
                                                            PWDF_COMPONENT_GLOBALS ClientGlobals);
typedef VOID (NTAPI *PFN_WDF_CLASS_LIBRARY_UNBIND_CLIENT)(PWDF_CLASS_BIND_INFO ClassInfo,
                                                          PWDF_COMPONENT_GLOBALS ClientGlobals);

/* What a class extension registers. */
typedef struct _WDF_CLASS_LIBRARY_INFO {
    ULONG Size;
    WDF_CLASS_VERSION Version;
    PFN_WDF_CLASS_LIBRARY_INITIALIZE ClassLibraryInitialize;
    PFN_WDF_CLASS_LIBRARY_DEINITIALIZE ClassLibraryDeinitialize;
    PFN_WDF_CLASS_LIBRARY_BIND_CLIENT ClassLibraryBindClient;
    PFN_WDF_CLASS_LIBRARY_UNBIND_CLIENT ClassLibraryUnbindClient;
} WDF_CLASS_LIBRARY_INFO, *PWDF_CLASS_LIBRARY_INFO;
RING3_SIZE(WDF_CLASS_LIBRARY_INFO, 48);

typedef struct _WDF_INTERFACE_HEADER {
    const GUID *InterfaceType;
    ULONG InterfaceSize;
} WDF_INTERFACE_HEADER, *PWDF_INTERFACE_HEADER;

DECLSPEC_IMPORT NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                              PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS *ComponentGlobals);
DECLSPEC_IMPORT NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo,
                                                PWDF_COMPONENT_GLOBALS ComponentGlobals);
DECLSPEC_IMPORT NTSTATUS NTAPI WdfVersionBindClass(PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals,
                                                   PWDF_CLASS_BIND_INFO ClassBindInfo);
DECLSPEC_IMPORT VOID NTAPI WdfVersionUnbindClass(PWDF_BIND_INFO BindInfo, PWDF_COMPONENT_GLOBALS Globals,
                                                 PWDF_CLASS_BIND_INFO ClassBindInfo);
DECLSPEC_IMPORT NTSTATUS NTAPI WdfRegisterClassLibrary(PWDF_CLASS_LIBRARY_INFO ClassLibraryInfo,
                                                       PUNICODE_STRING ServicePath, PUNICODE_STRING ClassLibraryDeviceName);
DECLSPEC_IMPORT NTSTATUS NTAPI WdfLdrQueryInterface(PWDF_INTERFACE_HEADER LoaderInterface);

RING3_END_C

#endif
