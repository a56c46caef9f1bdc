/* Names and patterns, as directories compare them. All PASSIVE_LEVEL. */
#include <stdlib.h>
#include <string.h>

#include "nt/io_internal.h"
#include "nt/raise.h"
#include "ring3/fsrtl.h"

/* A pattern is matched by the set of its positions that what was read of the name can have led to.
 *
 *   *   stays on every character; may be left without one
 *   <   (DOS_STAR) stays until it has read the name's last period; may be left without one
 *   ?   reads one character
 *   >   (DOS_QM) reads one character but a period; is left at a period and at the end of the name
 *   "   (DOS_DOT) reads a period; is left at the end of the name */
struct pattern {
    const WCHAR *text;
    size_t length;
    const WCHAR *upcase;                /* NULL: the system's */
    bool fold_name, fold_pattern;
};

static WCHAR fold(const struct pattern *p, WCHAR c)
{
    return p->upcase != NULL ? p->upcase[c] : RtlUpcaseUnicodeChar(c);
}

static WCHAR pattern_at(const struct pattern *p, size_t i)
{
    return p->fold_pattern ? fold(p, p->text[i]) : p->text[i];
}

/* From i to i + 1 without reading: next is the character to come, or 0 at the end of the name. */
static bool left_unread(WCHAR at, WCHAR next)
{
    switch (at) {
    case L'*':
    case DOS_STAR:
        return true;
    case DOS_QM:
        return next == 0 || next == L'.';
    case DOS_DOT:
        return next == 0;
    default:
        return false;
    }
}

static void close_set(const struct pattern *p, bool *set, WCHAR next)
{
    for (size_t i = 0; i < p->length; i++)
        if (set[i] && left_unread(p->text[i], next))
            set[i + 1] = true;
}

static void read_character(const struct pattern *p, const bool *from, bool *to, WCHAR c, bool last_period)
{
    for (size_t i = 0; i < p->length; i++) {
        if (!from[i])
            continue;
        switch (p->text[i]) {
        case L'*':
            to[i] = true;
            break;
        case DOS_STAR:
            to[last_period ? i + 1 : i] = true;
            break;
        case L'?':
            to[i + 1] = true;
            break;
        case DOS_QM:
            to[i + 1] |= c != L'.';
            break;
        case DOS_DOT:
            to[i + 1] |= c == L'.';
            break;
        default:
            to[i + 1] |= pattern_at(p, i) == (p->fold_name ? fold(p, c) : c);
        }
    }
}

static size_t last_period(const UNICODE_STRING *name)
{
    size_t at = name->Length / sizeof(WCHAR);

    while (at > 0 && name->Buffer[at - 1] != L'.')
        at--;
    return at - 1;                      /* SIZE_MAX: none */
}

static bool matches(const struct pattern *p, const UNICODE_STRING *name, bool *set, bool *next)
{
    size_t length = name->Length / sizeof(WCHAR), period = last_period(name);

    set[0] = true;
    for (size_t i = 0; i < length; i++) {
        close_set(p, set, name->Buffer[i]);
        memset(next, 0, p->length + 1);
        read_character(p, set, next, name->Buffer[i], i == period);
        bool *swap = set;
        set = next;
        next = swap;
    }
    close_set(p, set, 0);
    return set[p->length];
}

static BOOLEAN match(const UNICODE_STRING *expression, const UNICODE_STRING *name, bool ignore_case, bool fold_pattern, const WCHAR *upcase)
{
    struct pattern p = { expression->Buffer, expression->Length / sizeof(WCHAR), upcase, ignore_case, ignore_case && fold_pattern };
    bool *sets;
    BOOLEAN result;

    if (expression->Length == 0 || name->Length == 0)
        return expression->Length == name->Length;
    sets = calloc(2, p.length + 1);
    if (sets == NULL)
        nt_raise_status(STATUS_NO_MEMORY);
    result = matches(&p, name, sets, sets + p.length + 1);
    free(sets);
    return result;
}

/* Does Name match the pattern? IgnoreCase: Expression is in upper case, and Name is taken so, by UpcaseTable or (NULL) the system's.
 * An empty string matches only an empty one. PASSIVE_LEVEL. Raises STATUS_NO_MEMORY.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlisnameinexpression */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCH UpcaseTable)
{
    return match(Expression, Name, IgnoreCase, false, UpcaseTable);
}

/* The same for a pattern in any case. PASSIVE_LEVEL. Raises STATUS_NO_MEMORY.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlisnameinunupcasedexpression~r3 */
BOOLEAN NTAPI FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCH UpcaseTable)
{
    return match(Expression, Name, IgnoreCase, true, UpcaseTable);
}

/* Are the names, which have no wildcards, the same? PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlarenamesequal */
BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA, PCUNICODE_STRING ConstantNameB, BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    const struct pattern p = { .upcase = UpcaseTable };
    size_t length = ConstantNameA->Length / sizeof(WCHAR);

    if (ConstantNameA->Length != ConstantNameB->Length)
        return FALSE;
    for (size_t i = 0; i < length; i++) {
        WCHAR a = ConstantNameA->Buffer[i], b = ConstantNameB->Buffer[i];
        if (a != b && !(IgnoreCase && fold(&p, a) == fold(&p, b)))
            return FALSE;
    }
    return TRUE;
}

/* TRUE with * ? < > or " in the name. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtldoesnamecontainwildcards */
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    for (size_t i = 0; i < Name->Length / sizeof(WCHAR); i++) {
        WCHAR c = Name->Buffer[i];
        if (c == L'*' || c == L'?' || c == DOS_STAR || c == DOS_QM || c == DOS_DOT)
            return TRUE;
    }
    return FALSE;
}

/* Splits a path behind its first name; one leading backslash is passed over. Both results point into the path. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtldissectname */
VOID NTAPI FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName)
{
    size_t length = Path.Length / sizeof(WCHAR), start = length != 0 && Path.Buffer[0] == L'\\', end = start;

    *FirstName = *RemainingName = (UNICODE_STRING){ 0 };
    while (end < length && Path.Buffer[end] != L'\\')
        end++;
    if (end > start) {
        FirstName->Buffer = Path.Buffer + start;
        FirstName->Length = FirstName->MaximumLength = (USHORT)((end - start) * sizeof(WCHAR));
    }
    if (end + 1 < length) {
        RemainingName->Buffer = Path.Buffer + end + 1;
        RemainingName->Length = RemainingName->MaximumLength = (USHORT)((length - end - 1) * sizeof(WCHAR));
    }
}

/* Takes "." and "name\.." out of a path of PathLength bytes, in place. PASSIVE_LEVEL. STATUS_IO_REPARSE_DATA_INVALID for a path that
 * leads above its start. docs: ntifs/nf-ntifs-fsrtlremovedotsfrompath */
NTSTATUS NTAPI FsRtlRemoveDotsFromPath(PWSTR OriginalString, USHORT PathLength, USHORT *NewLength)
{
    size_t length = PathLength / sizeof(WCHAR), out = 0, at = 0, names = 0;
    bool rooted = length != 0 && OriginalString[0] == L'\\';

    if (rooted)
        at = out = 1;
    while (at < length) {
        size_t end = at;
        while (end < length && OriginalString[end] != L'\\')
            end++;
        size_t size = end - at, whole = end < length ? size + 1 : size;
        if (size == 2 && OriginalString[at] == L'.' && OriginalString[at + 1] == L'.') {
            if (names == 0)
                return STATUS_IO_REPARSE_DATA_INVALID;
            names--;
            out--;                      /* behind the last name stands its backslash */
            while (out > 0 && OriginalString[out - 1] != L'\\')
                out--;
        } else if (size != 1 || OriginalString[at] != L'.') {
            memmove(OriginalString + out, OriginalString + at, whole * sizeof(WCHAR));
            out += whole;
            names++;
        }
        at += whole;
    }
    *NewLength = (USHORT)(out * sizeof(WCHAR));
    return STATUS_SUCCESS;
}
