/* Who a network module is. docs: netioddk/ns-netioddk-_npi_registration_instance, ff568813 (NPI_MODULEID) */
#ifndef RING3_NETIO_MODULEID_H
#define RING3_NETIO_MODULEID_H

#include <ntdef.h>
#include <guiddef.h>

RING3_BEGIN_C

typedef enum _NPI_MODULEID_TYPE {
    MIT_GUID = 1,
    MIT_IF_LUID = 2
} NPI_MODULEID_TYPE;

typedef struct _NPI_MODULEID {
    USHORT Length;                      /* bytes of this structure */
    NPI_MODULEID_TYPE Type;             /* which member of the union says it */
    union {
        GUID Guid;
        LUID IfLuid;
    };
} NPI_MODULEID;
typedef const NPI_MODULEID *PNPI_MODULEID;
RING3_SIZE(NPI_MODULEID, 24);
RING3_OFFSET(NPI_MODULEID, Type, 4);
RING3_OFFSET(NPI_MODULEID, Guid, 8);

/* TRUE when both name the same module; modules of different types are never the same. Any IRQL. */
FORCEINLINE BOOLEAN NmrIsEqualNpiModuleId(_In_ PNPI_MODULEID ModuleId1, _In_ PNPI_MODULEID ModuleId2)
{
    const unsigned int *a = &ModuleId1->Guid.Data1, *b = &ModuleId2->Guid.Data1;

    if (ModuleId1->Type != ModuleId2->Type)
        return FALSE;
    if (ModuleId1->Type == MIT_IF_LUID)
        return ModuleId1->IfLuid.LowPart == ModuleId2->IfLuid.LowPart && ModuleId1->IfLuid.HighPart == ModuleId2->IfLuid.HighPart;
    return ModuleId1->Type == MIT_GUID && a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

RING3_END_C

#endif
