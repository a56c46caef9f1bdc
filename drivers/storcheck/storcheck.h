/* storcheck: a virtual miniport that calls Storport's functions as miniports do, and says which promise was not kept. */
#ifndef STORCHECK_H
#define STORCHECK_H

#include <miniport.h>
#include <storport.h>
#include <srbhelper.h>
#include <ntddscsi.h>
#include <scsiwmi.h>

#include "ioctl.h"

#define STORCHECK_TAG 'kcrS'
#define STORCHECK_SECTOR 512
#define STORCHECK_BYTES (1u << 20)
#define STORCHECK_KEPT 32

typedef struct _STORCHECK {
    PVOID Memory;                       /* of unit 0 */
    ULONG Units;
    volatile LONG Mode, ModeCount;
    PSCSI_REQUEST_BLOCK Kept[STORCHECK_KEPT];
    ULONG KeptCount;
    STOR_DPC Dpc;
    PVOID Timer;                        /* completes what is kept later */
    ULONG UnitResets, BusResets;
    ULONG PerformanceStatus, PerformanceFlags;  /* what HwStorInitialize was answered */
} STORCHECK, *PSTORCHECK;

/* One call of a check. */
typedef struct _CHECK_CONTEXT {
    PSTORCHECK Device;
    PSCSI_REQUEST_BLOCK Srb;            /* the request that asked */
} CHECK_CONTEXT, *PCHECK_CONTEXT;

/* 0, or the line of the first promise that did not hold. PASSIVE_LEVEL, in a work item. */
typedef ULONG CHECK_ROUTINE(PCHECK_CONTEXT Context);

CHECK_ROUTINE CheckPool, CheckMdl, CheckContiguous, CheckTimers, CheckLocks, CheckLists, CheckEvents, CheckDpc, CheckThreads,
    CheckProcessors, CheckRegistry, CheckAdapterKey, CheckPerformance, CheckSystem, CheckLogs, CheckMissing, CheckRequest,
    CheckQueues, CheckPower, CheckSettings, CheckHostMemory;

#define HOLDS(condition)     \
    do {                     \
        if (!(condition))    \
            return __LINE__; \
    } while (0)

#define ANSWERS(call, status) HOLDS((ULONG)(call) == (ULONG)(status))

UCHAR StorCheckExecute(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb);
BOOLEAN StorCheckWmi(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb);
VOID StorCheckComplete(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb, UCHAR Status);
VOID StorCheckCompleteKept(PSTORCHECK Device, UCHAR Status);

HW_FIND_ADAPTER StorCheckNothing;
VIRTUAL_HW_FIND_ADAPTER StorCheckFindAdapter;
HW_INITIALIZE StorCheckInitialize;
HW_STARTIO StorCheckStartIo;
HW_RESET_BUS StorCheckResetBus;
HW_ADAPTER_CONTROL StorCheckAdapterControl;
HW_FREE_ADAPTER_RESOURCES StorCheckFree;

#endif
