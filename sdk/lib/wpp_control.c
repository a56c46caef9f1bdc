/* Which flags and levels of the trace preprocessor are on: ring3/wpp.h. */
#include <ntddk.h>
#include <ring3/wpp.h>

#define NAME_LONGEST 128                /* characters of a session's name */

WPP_CONTROL_BLOCK WppControls[WPP_CONTROLS_MAX];

/* The highest level that the debugger output shows. */
static UCHAR ShownLevel(VOID)
{
    static const struct {
        ULONG Debugger;
        UCHAR Trace;
    } levels[] = {
        { 4, MAXUCHAR }, { DPFLTR_INFO_LEVEL, TRACE_LEVEL_INFORMATION }, { DPFLTR_WARNING_LEVEL, TRACE_LEVEL_WARNING },
        { DPFLTR_ERROR_LEVEL, TRACE_LEVEL_ERROR },
    };

    for (ULONG i = 0; i < ARRAYSIZE(levels); i++)
        if (DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, levels[i].Debugger) == TRUE)
            return levels[i].Trace;
    return 0;
}

static NTSTATUS OpenBelow(_In_opt_ HANDLE Root, _In_ PUNICODE_STRING Name, _Out_ PHANDLE Key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, Root, NULL);
    return ZwOpenKey(Key, KEY_READ, &attributes);
}

static BOOLEAN ReadNumber(_In_ HANDLE Key, _In_ PCWSTR Name, _Inout_ PULONG Value)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Room[8];
    } value;
    UNICODE_STRING name;
    ULONG size;

    RtlInitUnicodeString(&name, Name);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &name, KeyValuePartialInformation, &value, sizeof(value), &size)) ||
        value.Information.Type != REG_DWORD || value.Information.DataLength != sizeof(*Value))
        return FALSE;
    RtlCopyMemory(Value, value.Information.Data, sizeof(*Value));
    return TRUE;
}

/* What a session says of the provider whose key is `Name`, "{GUID}". */
static VOID TakeSession(_In_ HANDLE Session, _In_ PUNICODE_STRING Name, _Inout_ WPP_CONTROL_BLOCK *Control)
{
    ULONG enabled = 1, level = 0, flags = 0;
    HANDLE provider;

    if (!NT_SUCCESS(OpenBelow(Session, Name, &provider)))
        return;
    ReadNumber(provider, L"Enabled", &enabled);
    ReadNumber(provider, L"EnableLevel", &level);
    ReadNumber(provider, L"EnableFlags", &flags);
    ZwClose(provider);
    Control->Level = enabled ? (UCHAR)level : 0;
    Control->Flags[0] = enabled ? flags : 0;
}

/* The last session that names it counts. */
static VOID TakeSessions(_In_ PUNICODE_STRING Name, _Inout_ WPP_CONTROL_BLOCK *Control)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Control\\WMI\\Autologger");
    struct {
        KEY_BASIC_INFORMATION Information;
        WCHAR Room[NAME_LONGEST];
    } entry;
    HANDLE sessions, session;
    ULONG size;

    if (!NT_SUCCESS(OpenBelow(NULL, &path, &sessions)))
        return;
    for (ULONG i = 0; NT_SUCCESS(ZwEnumerateKey(sessions, i, KeyBasicInformation, &entry, sizeof(entry), &size)); i++) {
        UNICODE_STRING name = { (USHORT)entry.Information.NameLength, (USHORT)entry.Information.NameLength, entry.Information.Name };

        if (!NT_SUCCESS(OpenBelow(sessions, &name, &session)))
            continue;
        TakeSession(session, Name, Control);
        ZwClose(session);
    }
    ZwClose(sessions);
}

VOID WppTraceStart(const PCSTR *Guids)
{
    for (ULONG i = 0; Guids[i] != NULL && i < WPP_CONTROLS_MAX; i++) {
        WCHAR text[40] = L"{";
        UNICODE_STRING name = { 0, sizeof(text), text };
        USHORT n = 0;

        for (; Guids[i][n] != 0 && n < 36; n++)
            text[n + 1] = (UCHAR)Guids[i][n];
        text[n + 1] = L'}';
        name.Length = (USHORT)((n + 2) * sizeof(WCHAR));
        WppControls[i].Level = ShownLevel();
        WppControls[i].Flags[0] = MAXULONG;
        TakeSessions(&name, &WppControls[i]);
    }
}

VOID WppTraceStop(VOID)
{
    RtlZeroMemory(WppControls, sizeof(WppControls));
}
