/* AddReg and DelReg sections. docs: install/inf-addreg-directive, develop/driver-isolation */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define TYPE_MASK 0xffff0001u
#define TYPE_BINARY 0x00000001u
#define TYPE_MULTI 0x00010000u
#define TYPE_DWORD 0x00010001u
#define TYPE_EXPAND 0x00020000u
#define TYPE_NONE 0x00020001u
#define TYPE_QWORD 0x000b0001u
#define FLAG_APPEND 0x8u
#define FLAG_NO_CLOBBER 0x2u
#define FLAG_OVERWRITE_ONLY 0x20u

static bool is_root(const char *root)
{
    static const char *const roots[] = { "HKCR", "HKCU", "HKLM", "HKU", "HKR" };

    for (size_t i = 0; i < countof(roots); i++)
        if (!strcasecmp(root, roots[i]))
            return true;
    return false;
}

/* /h still allows some places outside HKR. */
static bool excepted(const struct checking *c, const char *root, const char *key)
{
    static const char *const allowed[] = { "SYSTEM\\CurrentControlSet", "SOFTWARE\\Classes", "SOFTWARE\\Khronos" };

    for (size_t i = 0; c->options->mode == INF_MODE_H && !strcasecmp(root, "HKLM") && i < countof(allowed); i++)
        if (!strncasecmp(key, allowed[i], strlen(allowed[i])))
            return true;
    return false;
}

static bool is_byte(const char *text)
{
    size_t length = strlen(text);

    return length >= 1 && length <= 2 && strspn(text, "0123456789abcdefABCDEF") == length;
}

static void check_data(struct checking *c, const struct inf_line *line, unsigned long flags)
{
    unsigned long type = flags & TYPE_MASK, value;

    if ((flags & FLAG_APPEND) && type != TYPE_MULTI)
        problem(c, 1265, line->number, "value '%.60s' is appended to, but it is no list of strings (flags 0x%lx)", inf_field(line, 2), flags);
    if ((flags & FLAG_NO_CLOBBER) && (flags & FLAG_OVERWRITE_ONLY))
        problem(c, 1263, line->number, "flags 0x%lx say both not to overwrite and only to overwrite", flags);
    if (type == TYPE_DWORD && line->count == 5 && !number_of(inf_field(line, 4), &value) && inf_field(line, 4)[0] != '-')
        problem(c, 1268, line->number, "'%.60s' is no number", inf_field(line, 4));
    for (int i = 4; type == TYPE_BINARY && i < line->count; i++)
        if (!is_byte(line->field[i])) {
            problem(c, 1267, line->number, "'%.60s' is no byte between 00 and FF", line->field[i]);
            break;
        }
}

void check_registry(struct checking *c, const struct inf_section *section, const char *service, bool delete)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *root = inf_field(line, 0), *key = inf_field(line, 1);
        unsigned long flags = 0;

        if (line->key || !is_root(root)) {
            problem(c, 1224, line->number, "'%.60s' is no root of the registry; there are HKCR, HKCU, HKLM, HKU and HKR", line->key ? line->key : root);
            continue;
        }
        if (strcasecmp(root, "HKR") != 0 && !excepted(c, root, key))
            problem(c, 1320, line->number, "%s\\%.100s is outside HKR", root, key);
        else if (service && !strcasecmp(root, "HKR") && strncasecmp(key, "Parameters", 10) != 0 && *key)
            problem(c, 1323, line->number, "service %.60s writes to key '%.60s', which is not below Parameters", service, key);
        if (*inf_field(line, 3) && !number_of(inf_field(line, 3), &flags))
            problem(c, 1268, line->number, "the flags '%.60s' are no number", inf_field(line, 3));
        else if (!delete)
            check_data(c, line, flags);
    }
}
