/* The keys of sections with a role, as a table: which there are, what values they take, which must be there and which may be there once.
 * docs: install/inf-addservice-directive, inf-addfilter-directive, inf-addcomponent-directive, inf-addsoftware-directive,
 * inf-addeventprovider-directive, inf-addupdateautologger-directive, inf-addcomserver-directive, inf-addcomclass-directive,
 * inf-addinterface-directive, wdf/specifying-wdf-directives-in-inf-files */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

/* How a key's value is read: TEXT and NUMBER are one field; LIST is any number; the rest says which numbers there are. */
enum form { TEXT, NUMBER, LIST, FLAG, ONE, TWO, THREE };

#define NEEDED 1u
#define MANY 2u                         /* may stand several times */

static const struct rule {
    enum inf_kind kind;
    const char *key;
    enum form form;
    unsigned flags;
} rules[] = {
    { KIND_SERVICE, "DisplayName", TEXT, 0 }, { KIND_SERVICE, "Description", TEXT, 0 }, { KIND_SERVICE, "ServiceType", TEXT, 0 },
    { KIND_SERVICE, "StartType", TEXT, 0 }, { KIND_SERVICE, "ErrorControl", TEXT, 0 }, { KIND_SERVICE, "ServiceBinary", LIST, 0 },
    { KIND_SERVICE, "StartName", TEXT, 0 }, { KIND_SERVICE, "AddReg", LIST, MANY }, { KIND_SERVICE, "DelReg", LIST, MANY },
    { KIND_SERVICE, "BitReg", LIST, MANY }, { KIND_SERVICE, "LoadOrderGroup", TEXT, 0 }, { KIND_SERVICE, "Dependencies", LIST, 0 },
    { KIND_SERVICE, "Security", LIST, 0 }, { KIND_SERVICE, "RequiredPrivileges", LIST, 0 }, { KIND_SERVICE, "ServiceSidType", NUMBER, 0 },
    { KIND_SERVICE, "DelayedAutoStart", NUMBER, 0 }, { KIND_SERVICE, "AddTrigger", LIST, MANY }, { KIND_SERVICE, "FailureActions", TEXT, 0 },
    { KIND_SERVICE, "BootFlags", NUMBER, 0 },
    { KIND_EVENT_LOG, "AddReg", LIST, MANY }, { KIND_EVENT_LOG, "DelReg", LIST, MANY }, { KIND_EVENT_LOG, "BitReg", LIST, MANY },
    { KIND_TRIGGER, "TriggerType", NUMBER, NEEDED }, { KIND_TRIGGER, "Action", TWO, NEEDED }, { KIND_TRIGGER, "SubType", TEXT, NEEDED },
    { KIND_TRIGGER, "DataItem", LIST, MANY },
    { KIND_FAILURE, "ResetPeriod", NUMBER, 0 }, { KIND_FAILURE, "NonCrashFailures", FLAG, 0 }, { KIND_FAILURE, "Action", LIST, NEEDED | MANY },
    { KIND_FILTER, "FilterLevel", TEXT, 0 }, { KIND_FILTER, "FilterPosition", TEXT, 0 },
    { KIND_COMPONENT, "ComponentIDs", LIST, NEEDED }, { KIND_COMPONENT, "Description", TEXT, 0 },
    { KIND_COMPONENT, "DisplayName", TEXT, 0 },
    { KIND_SOFTWARE, "SoftwareType", NUMBER, NEEDED }, { KIND_SOFTWARE, "SoftwareBinary", TEXT, 0 }, { KIND_SOFTWARE, "SoftwareArguments", LIST, 0 },
    { KIND_SOFTWARE, "SoftwareVersion", TEXT, 0 }, { KIND_SOFTWARE, "SoftwareID", TEXT, 0 },
    { KIND_PROVIDER, "ProviderName", TEXT, NEEDED }, { KIND_PROVIDER, "ResourceFile", TEXT, NEEDED }, { KIND_PROVIDER, "MessageFile", TEXT, 0 },
    { KIND_PROVIDER, "ParameterFile", TEXT, 0 }, { KIND_PROVIDER, "ImportChannel", TEXT, MANY }, { KIND_PROVIDER, "AddChannel", LIST, MANY },
    { KIND_CHANNEL, "Isolation", THREE, 0 }, { KIND_CHANNEL, "Access", TEXT, 0 }, { KIND_CHANNEL, "Enabled", FLAG, 0 },
    { KIND_CHANNEL, "Value", NUMBER, 0 }, { KIND_CHANNEL, "LoggingMaxSize", NUMBER, 0 }, { KIND_CHANNEL, "LoggingRetention", TWO, 0 },
    { KIND_CHANNEL, "LoggingAutoBackup", FLAG, 0 },
    { KIND_LOGGER, "Start", FLAG, NEEDED }, { KIND_LOGGER, "BufferSize", NUMBER, 0 }, { KIND_LOGGER, "ClockType", THREE, 0 },
    { KIND_LOGGER, "DisableRealtimePersistence", FLAG, 0 }, { KIND_LOGGER, "FileName", TEXT, 0 }, { KIND_LOGGER, "FileMax", NUMBER, 0 },
    { KIND_LOGGER, "FlushTimer", NUMBER, 0 }, { KIND_LOGGER, "LogFileMode", NUMBER, 0 }, { KIND_LOGGER, "MaxFileSize", NUMBER, 0 },
    { KIND_LOGGER, "MaximumBuffers", NUMBER, 0 }, { KIND_LOGGER, "MinimumBuffers", NUMBER, 0 }, { KIND_LOGGER, "AddAutoLoggerProvider", LIST, MANY },
    { KIND_LOGGER_UPDATE, "AddAutoLoggerProvider", LIST, MANY },
    { KIND_LOGGER_PROVIDER, "Enabled", FLAG, 0 }, { KIND_LOGGER_PROVIDER, "EnableFlags", NUMBER, 0 },
    { KIND_LOGGER_PROVIDER, "EnableLevel", NUMBER, 0 }, { KIND_LOGGER_PROVIDER, "EnableProperty", NUMBER, 0 },
    { KIND_LOGGER_PROVIDER, "MatchAnyKeyword", NUMBER, 0 }, { KIND_LOGGER_PROVIDER, "MatchAllKeyword", NUMBER, 0 },
    { KIND_COM_SERVER, "ServerType", ONE, NEEDED }, { KIND_COM_SERVER, "ServerBinary", TEXT, NEEDED }, { KIND_COM_SERVER, "ServerBinaryWow64", TEXT, 0 },
    { KIND_COM_SERVER, "AddComClass", LIST, NEEDED | MANY },
    { KIND_COM_CLASS, "Description", TEXT, 0 }, { KIND_COM_CLASS, "ThreadingModel", TEXT, 0 },
    { KIND_KMDF, "KmdfLibraryVersion", TEXT, 0 },
    { KIND_UMDF, "UmdfLibraryVersion", TEXT, 0 }, { KIND_UMDF, "ServiceBinary", TEXT, 0 }, { KIND_UMDF, "DriverCLSID", TEXT, 0 },
    { KIND_UMDF, "UmdfExtensions", LIST, 0 },
};

static const struct rule *rule_of(enum inf_kind kind, const char *key)
{
    for (size_t i = 0; i < countof(rules); i++)
        if (rules[i].kind == kind && !strcasecmp(rules[i].key, key))
            return &rules[i];
    return NULL;
}

static void check_value(struct checking *c, const struct inf_section *section, const struct inf_line *line, const struct rule *rule)
{
    const char *text = inf_field(line, 0);
    unsigned long value;

    if (!*text) {
        problem(c, 1006, line->number, "%s in [%.100s] has no value", rule->key, section->name);
        return;
    }
    if (rule->form != LIST && line->count > 1)
        problem(c, 1201, line->number, "%s has one value; '%.60s' is too much", rule->key, inf_field(line, 1));
    if (rule->form == TEXT || rule->form == LIST)
        return;
    if (!number_of(text, &value))
        problem(c, 1260, line->number, "%s = '%.60s' is no number", rule->key, text);
    else if ((rule->form == FLAG && value > 1) || (rule->form >= ONE && (value == 0 || value > (unsigned long)rule->form - ONE + 1)))
        problem(c, 1081, line->number, "%s = %.40s: there is no such value", rule->key, text);
}

static void check_keys_there(struct checking *c, const struct inf_section *section, enum inf_kind kind)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *key = line->key ? line->key : inf_field(line, 0);
        const struct rule *rule = rule_of(kind, key);
        bool again;

        if (!rule || !line->key) {
            problem(c, 1290, line->number, "[%.200s] has no directive '%.60s'", section->name, key);
            continue;
        }
        check_value(c, section, line, rule);
        if (!(rule->flags & MANY)) {
            map_put(c, &c->once, &again, "%d|%s", section->index, rule->key);
            if (again)
                problem(c, 1088, line->number, "%s stands twice in [%.200s]", rule->key, section->name);
        }
    }
}

void check_keys(struct checking *c, const struct inf_section *section, enum inf_kind kind)
{
    bool again;

    map_put(c, &c->once, &again, "%d|keys", section->index);
    if (again)
        return;
    check_keys_there(c, section, kind);
    for (size_t i = 0; i < countof(rules); i++)
        if (rules[i].kind == kind && (rules[i].flags & NEEDED) && !inf_line(section, rules[i].key, NULL))
            problem(c, 1289, section->number, "[%.200s] has no %s", section->name, rules[i].key);
    for (int i = 0; kind == KIND_FAILURE && i < section->count; i++)
        if (section->line[i].key && !strcasecmp(section->line[i].key, "Action") && section->line[i].count < 2)
            problem(c, 1085, section->line[i].number, "Action of a failure reads: type, delay");
    for (int i = 0; kind == KIND_TRIGGER && i < section->count; i++)
        if (section->line[i].key && !strcasecmp(section->line[i].key, "DataItem") && section->line[i].count < 2)
            problem(c, 1085, section->line[i].number, "DataItem of a trigger reads: type, data");
}
