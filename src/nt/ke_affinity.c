/* Which processors a thread may use, and how many there are. One group, one NUMA node. */
#include "nt/ps.h"

#include <string.h>

#include "nt/pool.h"

static KAFFINITY active(void)
{
    return ke.cpu_count == 64 ? ~0ull : (1ull << ke.cpu_count) - 1;
}

/* Only a mask of processors that there are changes anything. */
static bool valid(KAFFINITY affinity)
{
    return affinity && !(affinity & ~active());
}

static uint64_t set_system(KAFFINITY affinity)
{
    struct ps_thread *t = ps_current();
    uint64_t before = t->user_affinity ? t->thread.affinity : 0;

    if (!valid(affinity))
        return before;
    if (!t->user_affinity)
        t->user_affinity = t->thread.affinity;
    ke_set_affinity(&t->thread, affinity);
    return before;
}

static void revert(KAFFINITY previous)
{
    struct ps_thread *t = ps_current();
    uint64_t user = t->user_affinity;

    if (valid(previous)) {
        set_system(previous);
        return;
    }
    t->user_affinity = 0;
    if (user)
        ke_set_affinity(&t->thread, user);
}

/* The thread continues on a processor of Affinity (group 0), at DISPATCH_LEVEL when IRQL falls below it. A mask with
 * processors that are not there changes nothing. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-kesetsystemaffinitythread */
VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    set_system(Affinity);
}

/* The same; returns the system affinity before, 0 when there was none. docs: wdm/nf-wdm-kesetsystemaffinitythreadex */
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    return set_system(Affinity);
}

/* docs: wdm/nf-wdm-kereverttouseraffinitythreadex */
VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    revert(0);
}

/* Affinity: what KeSetSystemAffinityThreadEx returned. docs: wdm/nf-wdm-kereverttouseraffinitythreadex */
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    revert(Affinity);
}

/* The same with a group. A wrong one changes nothing and leaves *PreviousAffinity zero.
 * docs: wdm/nf-wdm-kesetsystemgroupaffinitythread */
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
    GROUP_AFFINITY before = { 0 };

    if (Affinity->Group == 0)
        before.Mask = set_system(Affinity->Mask);
    if (PreviousAffinity)
        *PreviousAffinity = before;
}

/* docs: wdm/nf-wdm-kereverttousergroupaffinitythread */
VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
    revert(PreviousAffinity->Mask);
}

/* --- tokens, for several groups ---------------------------------------------------------------------------------- */

struct _PAFFINITY_TOKEN_OPAQUE {
    KAFFINITY previous;
};

/* docs: wdm/nf-wdm-psallocateaffinitytoken */
NTSTATUS NTAPI PsAllocateAffinityToken(PAFFINITY_TOKEN *AffinityToken)
{
    *AffinityToken = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, sizeof **AffinityToken, 0x66417350u,
                                __builtin_return_address(0));
    return *AffinityToken ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* docs: wdm/nf-wdm-psfreeaffinitytoken */
VOID NTAPI PsFreeAffinityToken(PAFFINITY_TOKEN AffinityToken)
{
    pool_free(AffinityToken, 0, __builtin_return_address(0));
}

/* docs: wdm/nf-wdm-pssetsystemmultiplegroupaffinitythread */
NTSTATUS NTAPI PsSetSystemMultipleGroupAffinityThread(PGROUP_AFFINITY GroupAffinities, USHORT GroupCount,
                                                      PAFFINITY_TOKEN AffinityToken)
{
    for (USHORT i = 0; i < GroupCount; i++) {
        if (GroupAffinities[i].Group == 0 && valid(GroupAffinities[i].Mask)) {
            AffinityToken->previous = set_system(GroupAffinities[i].Mask);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PARAMETER;
}

/* docs: wdm/nf-wdm-psreverttousermultiplegroupaffinitythread */
VOID NTAPI PsRevertToUserMultipleGroupAffinityThread(PAFFINITY_TOKEN AffinityToken)
{
    revert(AffinityToken->previous);
}

/* --- how many ------------------------------------------------------------------------------------------------------ */

static bool one_group(USHORT group)
{
    return group == 0 || group == ALL_PROCESSOR_GROUPS;
}

/* *ActiveProcessors (or NULL) gets their mask. Any IRQL. docs: wdm/nf-wdm-kequeryactiveprocessorcount */
ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors)
        *ActiveProcessors = active();
    return ke.cpu_count;
}

/* Of a group, or of ALL_PROCESSOR_GROUPS; 0 for a group that is not there. docs: wdm/nf-wdm-kequeryactiveprocessorcountex */
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    return one_group(GroupNumber) ? ke.cpu_count : 0;
}

/* Processors are not added while the computer runs. docs: wdm/nf-wdm-kequerymaximumprocessorcount */
ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return ke.cpu_count;
}

/* docs: wdm/nf-wdm-kequerymaximumprocessorcountex */
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    return one_group(GroupNumber) ? ke.cpu_count : 0;
}

/* docs: wdm/nf-wdm-kequeryactivegroupcount */
USHORT NTAPI KeQueryActiveGroupCount(VOID)
{
    return 1;
}

/* docs: wdm/nf-wdm-kequerymaximumgroupcount */
USHORT NTAPI KeQueryMaximumGroupCount(VOID)
{
    return 1;
}

/* docs: wdm/nf-wdm-kequerygroupaffinity */
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber)
{
    return GroupNumber == 0 ? active() : 0;
}

/* docs: wdm/nf-wdm-kequeryactiveprocessors */
KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return active();
}

/* docs: ntddk/nf-ntddk-kegetcurrentprocessornumber */
ULONG NTAPI KeGetCurrentProcessorNumber(VOID)
{
    return this_cpu->number;
}

static void fill(PPROCESSOR_NUMBER number, ULONG index)
{
    number->Group = 0;
    number->Number = (UCHAR)index;
    number->Reserved = 0;
}

/* System-wide index; *ProcNumber (or NULL) gets group and number. Any IRQL.
 * docs: wdm/nf-wdm-kegetcurrentprocessornumberex */
ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcNumber)
        fill(ProcNumber, this_cpu->number);
    return this_cpu->number;
}

/* INVALID_PROCESSOR_INDEX when there is none. docs: wdm/nf-wdm-kegetprocessorindexfromnumber */
ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
    bool good = ProcNumber->Group == 0 && ProcNumber->Number < ke.cpu_count && ProcNumber->Reserved == 0;

    return good ? ProcNumber->Number : INVALID_PROCESSOR_INDEX;
}

/* STATUS_INVALID_PARAMETER when there is none. docs: wdm/nf-wdm-kegetprocessornumberfromindex */
NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcIndex >= ke.cpu_count)
        return STATUS_INVALID_PARAMETER;
    fill(ProcNumber, ProcIndex);
    return STATUS_SUCCESS;
}

/* --- NUMA: one node ------------------------------------------------------------------------------------------------ */

/* docs: wdm/nf-wdm-kegetcurrentnodenumber */
USHORT NTAPI KeGetCurrentNodeNumber(VOID)
{
    return 0;
}

/* docs: wdm/nf-wdm-kequeryhighestnodenumber */
USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}

/* Zeros for a node that is not there. docs: wdm/nf-wdm-kequerynodeactiveaffinity */
VOID NTAPI KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count)
{
    if (Affinity)
        *Affinity = (GROUP_AFFINITY){ .Mask = NodeNumber ? 0 : active() };
    if (Count)
        *Count = NodeNumber ? 0 : (USHORT)ke.cpu_count;
}

/* docs: wdm/nf-wdm-kequerynodeactiveaffinity2 */
NTSTATUS NTAPI KeQueryNodeActiveAffinity2(USHORT NodeNumber, PGROUP_AFFINITY GroupAffinities,
                                          USHORT GroupAffinitiesCount, PUSHORT GroupAffinitiesRequired)
{
    if (NodeNumber)
        return STATUS_INVALID_PARAMETER;
    *GroupAffinitiesRequired = 1;
    if (!GroupAffinitiesCount)
        return STATUS_BUFFER_TOO_SMALL;
    GroupAffinities[0] = (GROUP_AFFINITY){ .Mask = active() };
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-kequerynodemaximumprocessorcount */
USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
    return NodeNumber ? 0 : (USHORT)ke.cpu_count;
}

/* docs: wdm/nf-wdm-kequerynodeactiveprocessorcount */
ULONG NTAPI KeQueryNodeActiveProcessorCount(USHORT NodeNumber)
{
    return NodeNumber ? 0 : ke.cpu_count;
}

/* Bytes that data of one processor should keep from another's. docs: wdm/nf-wdm-kegetrecommendedshareddataalignment */
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID)
{
    return 64;
}
