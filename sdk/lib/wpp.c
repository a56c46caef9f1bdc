/* The trace preprocessor's messages as debugger output: ring3/wpp.h. */
#include <ntddk.h>
#include <ring3/wpp.h>

#include <stdarg.h>

#define FORMAT_SIZE 512
#define VERBOSE_LEVEL 4                 /* the first that DbgPrintEx gives no meaning */

typedef struct _FORMAT {
    CHAR Text[FORMAT_SIZE];
    SIZE_T Used;
} FORMAT, *PFORMAT;

static VOID Add(_Inout_ PFORMAT Format, _In_ CHAR Character)
{
    if (Format->Used < sizeof Format->Text - 2)
        Format->Text[Format->Used++] = Character;
}

static VOID AddText(_Inout_ PFORMAT Format, _In_ PCSTR Text, _In_ BOOLEAN Literal)
{
    for (; *Text; Text++) {
        if (Literal && *Text == '%')
            Add(Format, '%');
        Add(Format, *Text);
    }
}

static BOOLEAN IsWord(_In_ PCSTR Text, _In_ SIZE_T Length, _In_ PCSTR Word)
{
    SIZE_T i = 0;

    while (i < Length && Word[i] && Text[i] == Word[i])
        i++;
    return i == Length && !Word[i];
}

/* Words without an argument are written out; the others become a conversion of the size their argument has. */
static VOID AddWord(_Inout_ PFORMAT Format, _In_ PCSTR Word, _In_ SIZE_T Length, _In_ PCSTR Function)
{
    static const struct {
        PCSTR Word, Conversion;
    } words[] = {
        { "STATUS", "0x%08x" }, { "NTSTATUS", "0x%08x" }, { "HRESULT", "0x%08x" }, { "WINERROR", "%u" }, { "bool", "%d" },
        { "BOOLEAN", "%d" },    { "IPADDR", "0x%08x" },   { "IRQL", "%u" },        { "GUID", "%p" },     { "USTR", "%wZ" },
        { "sysctrl", "0x%02x" }, { "pnpmn", "0x%02x" },   { "pnpmj", "0x%02x" },   { "DEVICE", "%p" },
    };

    if (IsWord(Word, Length, "FUNC")) {
        AddText(Format, Function, TRUE);
        return;
    }
    for (ULONG i = 0; i < ARRAYSIZE(words); i++)
        if (IsWord(Word, Length, words[i].Word)) {
            AddText(Format, words[i].Conversion, FALSE);
            return;
        }
    AddText(Format, IsWord(Word, Length, "LEVEL") || IsWord(Word, Length, "FLAGS") || IsWord(Word, Length, "STDPREFIX") ? "" : "%p", FALSE);
}

static ULONG DebuggerLevel(_In_ ULONG Level)
{
    return Level == 0 ? DPFLTR_INFO_LEVEL : Level <= TRACE_LEVEL_ERROR ? DPFLTR_ERROR_LEVEL : Level == TRACE_LEVEL_WARNING ? DPFLTR_WARNING_LEVEL
         : Level == TRACE_LEVEL_INFORMATION ? DPFLTR_INFO_LEVEL : VERBOSE_LEVEL;
}

VOID WppTrace(ULONG Level, PCSTR Function, PCSTR Message, ...)
{
    FORMAT format;
    va_list arguments;

    format.Used = 0;
    AddText(&format, Function, TRUE);
    AddText(&format, ": ", FALSE);
    while (*Message) {
        if (Message[0] == '%' && Message[1] == '!') {
            PCSTR word = Message + 2, end = word;
            while (*end && *end != '!')
                end++;
            AddWord(&format, word, (SIZE_T)(end - word), Function);
            Message = *end ? end + 1 : end;
        } else {
            if (Message[0] == '%' && Message[1] == '%')
                Add(&format, *Message++);
            Add(&format, *Message++);
        }
    }
    format.Text[format.Used++] = '\n';
    format.Text[format.Used] = 0;
    va_start(arguments, Message);
    vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DebuggerLevel(Level), format.Text, arguments);
    va_end(arguments);
}
