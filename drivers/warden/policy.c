/* The policy:  VERB DIRECTION PROTOCOL PORT [MILLISECONDS [permit|block]]
 *
 *   block in tcp 7
 *   pend out tcp 80 500 permit
 *   inspect any udp any */
#include "warden.h"

static KSPIN_LOCK PolicyLock;
static RULE Rules[WARDEN_RULES];
static ULONG RuleCount;
static CHAR CurrentText[WARDEN_TEXT];
static SIZE_T CurrentLength;

static const CHAR *const Verbs[] = { "permit", "block", "pend", "inspect" };

VOID PolicyStart(VOID)
{
    KeInitializeSpinLock(&PolicyLock);
    RuleCount = 0;
    CurrentLength = 0;
}

/* --- reading text ---------------------------------------------------------------------------------------------------- */

typedef struct _WORD {
    const CHAR *At;
    SIZE_T Length;
} TOKEN;

static BOOLEAN IsEnd(CHAR c)
{
    return c == '\n' || c == ';' || c == '\r' || c == 0;
}

/* The next word of the line; its length is 0 at the line's end. */
static TOKEN NextWord(_Inout_ const CHAR **At, _In_ const CHAR *End)
{
    TOKEN word = { 0 };

    while (*At < End && (**At == ' ' || **At == '\t'))
        (*At)++;
    word.At = *At;
    while (*At < End && !IsEnd(**At) && **At != ' ' && **At != '\t')
        (*At)++;
    word.Length = (SIZE_T)(*At - word.At);
    return word;
}

static BOOLEAN Is(_In_ const TOKEN *Word, _In_ const CHAR *Text)
{
    SIZE_T n = 0;

    while (n < Word->Length && Text[n] && (Word->At[n] | 0x20) == Text[n])
        n++;
    return n == Word->Length && Text[n] == 0;
}

static BOOLEAN Number(_In_ const TOKEN *Word, _In_ ULONG Most, _Out_ PULONG Value)
{
    *Value = 0;
    for (SIZE_T n = 0; n < Word->Length; n++) {
        if (Word->At[n] < '0' || Word->At[n] > '9')
            return FALSE;
        *Value = *Value * 10 + (ULONG)(Word->At[n] - '0');
        if (*Value > Most)
            return FALSE;
    }
    return Word->Length != 0;
}

static BOOLEAN ReadMatch(_Inout_ const CHAR **At, _In_ const CHAR *End, _Inout_ RULE *Rule)
{
    TOKEN direction = NextWord(At, End), protocol = NextWord(At, End), port = NextWord(At, End);
    ULONG number = 0;

    Rule->In = Is(&direction, "in") || Is(&direction, "any");
    Rule->Out = Is(&direction, "out") || Is(&direction, "any");
    if (Is(&protocol, "tcp"))
        Rule->Protocol = 6;
    else if (Is(&protocol, "udp"))
        Rule->Protocol = 17;
    else if (!Is(&protocol, "any"))
        return FALSE;
    if (!Is(&port, "any") && !Number(&port, 65535, &number))
        return FALSE;
    Rule->Port = (USHORT)number;
    return Rule->In || Rule->Out;
}

static BOOLEAN ReadRule(_Inout_ const CHAR **At, _In_ const CHAR *End, _Out_ RULE *Rule)
{
    TOKEN verb = NextWord(At, End), time, then;
    ULONG which = 0;

    RtlZeroMemory(Rule, sizeof *Rule);
    while (which < ARRAYSIZE(Verbs) && !Is(&verb, Verbs[which]))
        which++;
    if (which == ARRAYSIZE(Verbs) || !ReadMatch(At, End, Rule))
        return FALSE;
    Rule->Verb = (VERB)which;
    Rule->Milliseconds = 1000;
    Rule->PermitThen = TRUE;
    time = NextWord(At, End);
    then = NextWord(At, End);
    if (time.Length && (Rule->Verb != VerbPend || !Number(&time, 600000, &Rule->Milliseconds)))
        return FALSE;
    if (then.Length && !Is(&then, "permit") && !Is(&then, "block"))
        return FALSE;
    Rule->PermitThen = then.Length == 0 || Is(&then, "permit");
    return *At == End || IsEnd(**At);
}

_Use_decl_annotations_
NTSTATUS PolicySet(const CHAR *Text, SIZE_T Length)
{
    static RULE read[WARDEN_RULES];     /* only one request at a time is in here: the queue is sequential */
    const CHAR *at = Text, *end = Text + Length;
    ULONG count = 0;
    KIRQL irql;

    if (Length > WARDEN_TEXT)
        return STATUS_BUFFER_OVERFLOW;
    while (at < end) {
        if (IsEnd(*at) || *at == ' ' || *at == '\t') {
            at++;
            continue;
        }
        if (count == WARDEN_RULES || !ReadRule(&at, end, &read[count]))
            return STATUS_INVALID_PARAMETER;
        read[count].Number = count + 1;
        count++;
    }
    KeAcquireSpinLock(&PolicyLock, &irql);
    RtlCopyMemory(Rules, read, count * sizeof(RULE));
    RuleCount = count;
    RtlCopyMemory(CurrentText, Text, Length);
    CurrentLength = Length;
    KeReleaseSpinLock(&PolicyLock, irql);
    return STATUS_SUCCESS;
}

/* --- using it -------------------------------------------------------------------------------------------------------- */

static BOOLEAN Matches(_In_ const RULE *Rule, _In_ const CONNECTION *Connection)
{
    USHORT port = Connection->Incoming ? Connection->LocalPort : Connection->RemotePort;

    return (Connection->Incoming ? Rule->In : Rule->Out) && (Rule->Protocol == 0 || Rule->Protocol == Connection->Protocol) &&
           (Rule->Port == 0 || Rule->Port == port);
}

_Use_decl_annotations_
RULE PolicyMatch(const CONNECTION *Connection)
{
    RULE rule = { 0 };
    KIRQL irql;

    KeAcquireSpinLock(&PolicyLock, &irql);
    for (ULONG n = 0; n < RuleCount; n++)
        if (Matches(&Rules[n], Connection)) {
            rule = Rules[n];
            break;
        }
    KeReleaseSpinLock(&PolicyLock, irql);
    return rule;
}

_Use_decl_annotations_
SIZE_T PolicyText(CHAR *Text, SIZE_T Room)
{
    SIZE_T length;
    KIRQL irql;

    KeAcquireSpinLock(&PolicyLock, &irql);
    length = min(Room, CurrentLength);
    RtlCopyMemory(Text, CurrentText, length);
    KeReleaseSpinLock(&PolicyLock, irql);
    return length;
}

/* --- the registry ---------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
NTSTATUS PolicySetWide(const WCHAR *Wide, SIZE_T Length)
{
    CHAR *text;
    NTSTATUS status;

    if (Length > WARDEN_TEXT)
        return STATUS_BUFFER_OVERFLOW;
    text = ExAllocatePool2(POOL_FLAG_PAGED, WARDEN_TEXT, WARDEN_TAG);
    if (text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (SIZE_T n = 0; n < Length; n++)
        text[n] = Wide[n] == 0 ? '\n' : Wide[n] < 128 ? (CHAR)Wide[n] : '?';
    status = PolicySet(text, Length);
    ExFreePoolWithTag(text, WARDEN_TAG);
    return status;
}
