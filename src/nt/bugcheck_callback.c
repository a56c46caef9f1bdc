/* Routines that drivers want called when the system stops. They run at HIGH_LEVEL, after the report is out; one that
 * faults ends the process. Dump files are not written, so reasons that add to a dump never come up. */
#include "nt/bugcheck.h"
#include "nt/ke.h"

static LIST_ENTRY callbacks = { &callbacks, &callbacks };
static LIST_ENTRY reasons = { &reasons, &reasons };

static void insert(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static void take_out(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

static bool contains(const LIST_ENTRY *head, const LIST_ENTRY *entry)
{
    for (const LIST_ENTRY *e = head->Flink; e != head; e = e->Flink)
        if (e == entry)
            return true;
    return false;
}

/* docs: wdm/nf-wdm-keregisterbugcheckcallback. Record and Buffer are the driver's, resident, until deregistered; the
 * record was prepared with KeInitializeCallbackRecord. FALSE when it is registered already. Any IRQL. */
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord,
                                         PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer, ULONG Length,
                                         PUCHAR Component)
{
    if (CallbackRecord->State != BufferEmpty)
        return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Buffer = Buffer;
    CallbackRecord->Length = Length;
    CallbackRecord->Component = Component;
    CallbackRecord->Checksum = (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Buffer + Length + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    insert(&callbacks, &CallbackRecord->Entry);
    return TRUE;
}

/* docs: wdm/nf-wdm-kederegisterbugcheckcallback. FALSE when the record is not registered. Any IRQL. */
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord)
{
    if (CallbackRecord->State != BufferInserted || !contains(&callbacks, &CallbackRecord->Entry))
        return FALSE;
    take_out(&CallbackRecord->Entry);
    CallbackRecord->State = BufferEmpty;
    return TRUE;
}

/* docs: wdm/nf-wdm-keregisterbugcheckreasoncallback. Accepted and kept; no dump is written, so it is never called. */
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    if (CallbackRecord->State != BufferEmpty)
        return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Reason = Reason;
    CallbackRecord->Component = Component;
    CallbackRecord->Checksum = (ULONG_PTR)CallbackRoutine + (ULONG_PTR)Reason + (ULONG_PTR)Component;
    CallbackRecord->State = BufferInserted;
    insert(&reasons, &CallbackRecord->Entry);
    return TRUE;
}

/* docs: wdm/nf-wdm-kederegisterbugcheckreasoncallback. FALSE when the record is not registered. Any IRQL. */
BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord)
{
    if (CallbackRecord->State != BufferInserted || !contains(&reasons, &CallbackRecord->Entry))
        return FALSE;
    take_out(&CallbackRecord->Entry);
    CallbackRecord->State = BufferEmpty;
    return TRUE;
}

void bugcheck_run_callbacks(void)
{
    LIST_ENTRY *next;

    for (LIST_ENTRY *e = callbacks.Flink; e != &callbacks; e = next) {
        KBUGCHECK_CALLBACK_RECORD *record = CONTAINING_RECORD(e, KBUGCHECK_CALLBACK_RECORD, Entry);

        next = e->Flink;
        record->State = BufferStarted;
        record->CallbackRoutine(record->Buffer, record->Length);
        record->State = BufferFinished;
    }
}

void bugcheck_forget_callbacks(void)
{
    callbacks.Flink = callbacks.Blink = &callbacks;
    reasons.Flink = reasons.Blink = &reasons;
}
