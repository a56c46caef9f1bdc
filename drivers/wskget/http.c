/* As much of HTTP/1.0 (RFC 1945) as fetching a file takes. */
#include "wskget.h"

/* --- the request ------------------------------------------------------------------------------------------------------- */

typedef struct _WRITER {
    PCHAR Buffer;
    ULONG Size, Used;
    BOOLEAN Good;
} WRITER, *PWRITER;

static VOID WriteCharacter(_Inout_ PWRITER Writer, _In_ WCHAR Character)
{
    /* No space and no control character: they would end the line or the field. */
    if (Writer->Used == Writer->Size || Character > 0x7e)
        Writer->Good = FALSE;
    else
        Writer->Buffer[Writer->Used++] = (CHAR)Character;
}

static VOID WriteLiteral(_Inout_ PWRITER Writer, _In_ PCSTR Text)
{
    for (; *Text; Text++)
        WriteCharacter(Writer, (WCHAR)*Text);
}

static VOID WriteWord(_Inout_ PWRITER Writer, _In_ PCWSTR Text)
{
    for (; *Text; Text++) {
        if (*Text <= L' ')
            Writer->Good = FALSE;
        WriteCharacter(Writer, *Text);
    }
}

_Use_decl_annotations_
ULONG HttpWriteRequest(PCHAR Buffer, ULONG Size, PCWSTR Host, PCWSTR Path)
{
    WRITER writer = { Buffer, Size, 0, TRUE };

    WriteLiteral(&writer, "GET ");
    WriteWord(&writer, Path);
    WriteLiteral(&writer, " HTTP/1.0\r\nHost: ");
    WriteWord(&writer, Host);
    WriteLiteral(&writer, "\r\nUser-Agent: wskget\r\nConnection: close\r\n\r\n");
    return writer.Good ? writer.Used : 0;
}

/* --- the answer -------------------------------------------------------------------------------------------------------- */

static CHAR Lower(_In_ CHAR Character)
{
    return Character >= 'A' && Character <= 'Z' ? (CHAR)(Character + 'a' - 'A') : Character;
}

/* What stands behind Name (lower case, with its colon) in Line, or NULL. */
static PCSTR FieldValue(_In_ PCSTR Line, _In_ PCSTR Name)
{
    while (*Name && Lower(*Line) == *Name) {
        Line++;
        Name++;
    }
    if (*Name)
        return NULL;
    while (*Line == ' ' || *Line == '\t')
        Line++;
    return Line;
}

static LONG64 ReadNumber(_In_ PCSTR Text)
{
    LONG64 value = 0;

    if (*Text < '0' || *Text > '9')
        return -1;
    for (; *Text >= '0' && *Text <= '9'; Text++) {
        if (value > (MAXLONG64 - 9) / 10)
            return -1;
        value = value * 10 + (*Text - '0');
    }
    return value;
}

/* Head holds whole lines now, and a NUL behind them. */
static VOID ReadHead(_Inout_ PHTTP_ANSWER Answer)
{
    PCSTR line = Answer->Head, value;

    Answer->Code = 0;
    if ((value = FieldValue(line, "http/1.")) != NULL && value[0] && value[1] == ' ')
        Answer->Code = (ULONG)ReadNumber(value + 2);
    Answer->Malformed = Answer->Code < 100 || Answer->Code > 599;
    while (*line) {
        while (*line && *line != '\n')
            line++;
        line += *line == '\n';
        if ((value = FieldValue(line, "content-length:")) != NULL)
            Answer->Expected = ReadNumber(value);
    }
}

static BOOLEAN HeadIsWhole(_In_ const HTTP_ANSWER *Answer)
{
    const CHAR *end = Answer->Head + Answer->HeadSize;

    return (Answer->HeadSize >= 4 && end[-1] == '\n' && end[-2] == '\r' && end[-3] == '\n') ||
           (Answer->HeadSize >= 2 && end[-1] == '\n' && end[-2] == '\n');
}

_Use_decl_annotations_
VOID HttpBegin(PHTTP_ANSWER Answer)
{
    RtlZeroMemory(Answer, sizeof *Answer);
    Answer->Expected = -1;
    Sha256Begin(&Answer->Hash);
}

_Use_decl_annotations_
VOID HttpAdd(PHTTP_ANSWER Answer, const UCHAR *Data, SIZE_T Size)
{
    for (; Size && !Answer->InBody && !Answer->Malformed; Data++, Size--) {
        if (Answer->HeadSize == sizeof Answer->Head - 1) {
            Answer->Malformed = TRUE;
            return;
        }
        Answer->Head[Answer->HeadSize++] = (CHAR)*Data;
        if (HeadIsWhole(Answer)) {
            ReadHead(Answer);
            Answer->InBody = TRUE;
        }
    }
    if (!Answer->InBody || Answer->Malformed)
        return;
    Sha256Add(&Answer->Hash, Data, Size);
    Answer->Received += (LONG64)Size;
}
