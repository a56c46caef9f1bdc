/* Silos: there is the host's, which is NULL, and none besides. */
#include "nt/ps.h"

/* docs: ntddk/nf-ntddk-psgethostsilo */
PESILO NTAPI PsGetHostSilo(VOID)
{
    return NULL;
}

/* docs: ntddk/nf-ntddk-psgetcurrentsilo */
PESILO NTAPI PsGetCurrentSilo(VOID)
{
    return NULL;
}

/* docs: ntddk/nf-ntddk-psgetcurrentserversilo */
PESILO NTAPI PsGetCurrentServerSilo(VOID)
{
    return NULL;
}

/* docs: ntddk/nf-ntddk-psgeteffectiveserversilo */
PESILO NTAPI PsGetEffectiveServerSilo(PESILO Silo)
{
    return Silo;
}

/* docs: ntddk/nf-ntddk-psgetthreadserversilo */
PESILO NTAPI PsGetThreadServerSilo(PETHREAD Thread)
{
    (void)Thread;
    return NULL;
}

/* docs: ntddk/nf-ntddk-psishostsilo */
BOOLEAN NTAPI PsIsHostSilo(PESILO Silo)
{
    return Silo == NULL;
}

/* Returns the silo the thread was attached to before: none. docs: ntddk/nf-ntddk-psattachsilotocurrentthread */
PESILO NTAPI PsAttachSiloToCurrentThread(PESILO Silo)
{
    (void)Silo;
    return NULL;
}

/* docs: ntddk/nf-ntddk-psdetachsilofromcurrentthread */
VOID NTAPI PsDetachSiloFromCurrentThread(PESILO PreviousSilo)
{
    (void)PreviousSilo;
}
