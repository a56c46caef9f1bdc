/* Tables of path prefixes: the longest one of a path is found. A prefix is a path of whole components. <= APC_LEVEL.
 *
 * The entries hang in one list from the table's NextPrefixTree through their own, in order of insertion; entries that differ by case only are all
 * there. */
#include <string.h>

#include "ring3/nt_more.h"
#include "ring3/rtl_string.h"

#define TABLE_CODE 0x0800
#define ENTRY_CODE 0x0801

/* docs: ntifs/nf-ntifs-rtlinitializeunicodeprefix */
VOID NTAPI RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable)
{
    memset(PrefixTable, 0, sizeof(*PrefixTable));
    PrefixTable->NodeTypeCode = TABLE_CODE;
}

/* The caller's entry and string stay where they are. FALSE: the prefix, in this case of letters, is there already.
 * docs: ntifs/nf-ntifs-rtlinsertunicodeprefix */
BOOLEAN NTAPI RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    PUNICODE_PREFIX_TABLE_ENTRY *end = &PrefixTable->NextPrefixTree;

    memset(PrefixTableEntry, 0, sizeof(*PrefixTableEntry));
    PrefixTableEntry->NodeTypeCode = ENTRY_CODE;
    PrefixTableEntry->Prefix = Prefix;
    for (size_t i = 0; i < Prefix->Length / sizeof(WCHAR); i++)
        PrefixTableEntry->NameLength += Prefix->Buffer[i] == '\\';
    for (; *end != NULL; end = &(*end)->NextPrefixTree)
        if (RtlEqualUnicodeString((*end)->Prefix, Prefix, FALSE))
            return FALSE;
    *end = PrefixTableEntry;
    return TRUE;
}

/* docs: ntifs/nf-ntifs-rtlremoveunicodeprefix */
VOID NTAPI RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    PrefixTable->LastNextEntry = NULL;
    for (PUNICODE_PREFIX_TABLE_ENTRY *at = &PrefixTable->NextPrefixTree; *at != NULL; at = &(*at)->NextPrefixTree)
        if (*at == PrefixTableEntry) {
            *at = PrefixTableEntry->NextPrefixTree;
            return;
        }
}

static BOOLEAN begins(PUNICODE_STRING name, PUNICODE_STRING prefix, ULONG fold_from)
{
    size_t n = prefix->Length / sizeof(WCHAR);

    if (prefix->Length > name->Length || !RtlPrefixUnicodeString(prefix, name, TRUE))
        return FALSE;
    for (size_t i = 0; i < n && i < fold_from; i++)
        if (prefix->Buffer[i] != name->Buffer[i])
            return FALSE;
    return prefix->Length == name->Length || name->Buffer[n] == '\\' || (n != 0 && prefix->Buffer[n - 1] == '\\');
}

/* The entry of the longest prefix of FullName, or NULL. Characters from CaseInsensitiveIndex on compare without case.
 * docs: ntifs/nf-ntifs-rtlfindunicodeprefix */
PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING FullName, ULONG CaseInsensitiveIndex)
{
    PUNICODE_PREFIX_TABLE_ENTRY best = NULL;

    for (PUNICODE_PREFIX_TABLE_ENTRY e = PrefixTable->NextPrefixTree; e != NULL; e = e->NextPrefixTree)
        if (begins(FullName, e->Prefix, CaseInsensitiveIndex) && (best == NULL || e->Prefix->Length > best->Prefix->Length))
            best = e;
    return best;
}

/* One entry after the other; Restart begins anew; NULL at the end. docs: ntifs/nf-ntifs-rtlnextunicodeprefix */
PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart)
{
    if (Restart || PrefixTable->LastNextEntry == NULL)
        PrefixTable->LastNextEntry = PrefixTable->NextPrefixTree;
    else
        PrefixTable->LastNextEntry = PrefixTable->LastNextEntry->NextPrefixTree;
    return PrefixTable->LastNextEntry;
}
