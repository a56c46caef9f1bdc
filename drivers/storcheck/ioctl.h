/* What storcheck is asked by IOCTL_SCSI_MINIPORT. */
#ifndef STORCHECK_IOCTL_H
#define STORCHECK_IOCTL_H

#define STORCHECK_SIGNATURE "STORCHK"
#define STORCHECK_CODE_RUN 1            /* Argument: a STORCHECK_CHECK; Result: the line of the first check that failed, or 0 */
#define STORCHECK_CODE_MODE 2           /* Argument: a STORCHECK_MODE for the next Count reads of unit 0 */
#define STORCHECK_CODE_UNITS 3          /* Argument: how many units there are from now on */
#define STORCHECK_CODE_COUNTS 4         /* Result, Second: LUN resets and bus resets so far */

typedef enum _STORCHECK_CHECK {
    StorCheckPool, StorCheckMdl, StorCheckContiguous, StorCheckTimers, StorCheckLocks, StorCheckLists, StorCheckEvents,
    StorCheckDpc, StorCheckThreads, StorCheckProcessors, StorCheckRegistry, StorCheckAdapterKey, StorCheckPerformance,
    StorCheckSystem, StorCheckLogs, StorCheckMissing, StorCheckRequest, StorCheckQueues, StorCheckPower, StorCheckSettings,
    StorCheckHostMemory, StorCheckMax
} STORCHECK_CHECK;

typedef enum _STORCHECK_MODE {
    StorCheckAnswer, StorCheckKeep, StorCheckBusy, StorCheckLater, StorCheckAnswerTwice
} STORCHECK_MODE;

typedef struct _STORCHECK_REQUEST {
    SRB_IO_CONTROL Header;
    ULONG Argument, Count, Result, Second;
} STORCHECK_REQUEST, *PSTORCHECK_REQUEST;

#endif
