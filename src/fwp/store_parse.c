/* Objects of the store's text. store.h has the form. */
#include "fwp/store.h"

#include <stdlib.h>
#include <string.h>

#include <ntifs.h>

#include "base/error.h"
#include "base/util.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/store_text.h"

enum { IN_PROVIDER = 1 << FWP_PROVIDER, IN_CONTEXT = 1 << FWP_CONTEXT, IN_SUBLAYER = 1 << FWP_SUBLAYER, IN_CALLOUT = 1 << FWP_CALLOUT,
       IN_FILTER = 1 << FWP_FILTER };

struct parser {
    const char *name;
    unsigned line_number;
    struct fwp_store_line line;
    struct fwp_store_block *blocks;
    bool (*take)(void *context, const struct fwp_stored *stored);
    void *context;
    /* the object that is being read */
    bool open;
    struct fwp_stored stored;
    uint32_t seen;                      /* properties, by their number */
    union {
        FWPM_PROVIDER0 provider;
        FWPM_PROVIDER_CONTEXT0 context;
        FWPM_SUBLAYER0 sublayer;
        FWPM_CALLOUT0 callout;
        FWPM_FILTER0 filter;
    } value;
    FWPM_CLASSIFY_OPTIONS0 options;
    FWPM_FILTER_CONDITION0 *conditions; /* malloc'ed, as options.options */
    UINT32 option_room, condition_room;
};

static bool wrong(const struct parser *p, unsigned line)
{
    return error_prefix("%s, line %u", p->name, line);
}

/* --- members that lie at different places in the structures --------------------------------------------------------------------------- */

#define MEMBER(name, type, provider_member, member)                                                                 \
    static type *name(struct parser *p)                                                                             \
    {                                                                                                               \
        switch (p->stored.kind) {                                                                                   \
        case FWP_PROVIDER: return provider_member;                                                                  \
        case FWP_CONTEXT: return &p->value.context.member;                                                          \
        case FWP_SUBLAYER: return &p->value.sublayer.member;                                                        \
        case FWP_CALLOUT: return &p->value.callout.member;                                                          \
        default: return &p->value.filter.member;                                                                    \
        }                                                                                                           \
    }
MEMBER(display_of, FWPM_DISPLAY_DATA0, &p->value.provider.displayData, displayData)
MEMBER(flags_of, UINT32, &p->value.provider.flags, flags)
MEMBER(data_of, FWP_BYTE_BLOB, &p->value.provider.providerData, providerData)
MEMBER(provider_of, GUID *, NULL, providerKey)

/* --- properties ------------------------------------------------------------------------------------------------------------------------ */

static bool take_name(struct parser *p)
{
    return fwp_store_string(&p->line, &display_of(p)->name);
}

static bool take_description(struct parser *p)
{
    return fwp_store_string(&p->line, &display_of(p)->description);
}

static bool take_flags(struct parser *p)
{
    uint64_t flags;

    if (!fwp_store_number(&p->line, UINT32_MAX, &flags))
        return false;
    *flags_of(p) = (UINT32)flags;
    return true;
}

static bool take_data(struct parser *p)
{
    return fwp_store_bytes(&p->line, data_of(p));
}

static bool take_provider(struct parser *p)
{
    GUID *key = *provider_of(p) = fwp_store_alloc(&p->blocks, sizeof *key);

    return key && fwp_store_guid(&p->line, key);
}

static bool take_security(struct parser *p)
{
    FWP_BYTE_BLOB blob;

    if (!fwp_store_bytes(&p->line, &blob))
        return false;
    p->stored.security = blob.data;
    return (blob.size && RtlValidRelativeSecurityDescriptor(blob.data, blob.size, 0)) || error_set("the bytes are no security descriptor");
}

static bool take_service(struct parser *p)
{
    return fwp_store_string(&p->line, &p->value.provider.serviceName);
}

static bool take_general(struct parser *p)
{
    p->value.context.type = FWPM_GENERAL_CONTEXT;
    p->value.context.dataBuffer = fwp_store_alloc(&p->blocks, sizeof *p->value.context.dataBuffer);
    return p->value.context.dataBuffer && fwp_store_bytes(&p->line, p->value.context.dataBuffer);
}

/* Room for one more of an array. */
static void *more(void *array, UINT32 count, UINT32 *room, size_t size)
{
    if (count < *room)
        return array;
    if (*room >= 1u << 24)
        return error_set("too many"), NULL;
    UINT32 wanted = *room ? 2 * *room : 8;
    void *larger = realloc(array, wanted * size);
    if (!larger)
        return error_set("no memory"), NULL;
    *room = wanted;
    return larger;
}

static bool take_option(struct parser *p)
{
    FWPM_CLASSIFY_OPTION0 *options = more(p->options.options, p->options.numOptions, &p->option_room, sizeof *options);
    FWP_CONDITION_VALUE0 value;
    uint64_t type;

    if (!options)
        return false;
    p->options.options = options;
    if (!fwp_store_number(&p->line, FWP_CLASSIFY_OPTION_MAX - 1, &type) || !fwp_store_value(&p->line, &value))
        return false;
    if (value.type >= FWP_SINGLE_DATA_TYPE_MAX)
        return error_set("a classify option is a single value");
    FWPM_CLASSIFY_OPTION0 *option = &options[p->options.numOptions++];
    option->type = (FWP_CLASSIFY_OPTION_TYPE)type;
    memcpy(&option->value, &value, sizeof option->value);
    p->value.context.type = FWPM_CLASSIFY_OPTIONS_CONTEXT;
    p->value.context.classifyOptions = &p->options;
    return true;
}

static bool take_layer(struct parser *p)
{
    GUID *key = p->stored.kind == FWP_CALLOUT ? &p->value.callout.applicableLayer : &p->value.filter.layerKey;
    const char *word;
    size_t length = fwp_store_word(&p->line, &word);

    for (uint16_t id = 0; id < FWP_LAYERS; id++) {
        const struct fwp_layer *layer = fwp_layer_of(id);
        if (layer && strlen(layer->name) == length && !memcmp(layer->name, word, length)) {
            *key = layer->key;
            return true;
        }
    }
    return error_set("there is no layer '%.*s'", (int)(length < 60 ? length : 60), word);
}

static bool take_sublayer(struct parser *p)
{
    return fwp_store_guid(&p->line, &p->value.filter.subLayerKey);
}

static bool take_weight(struct parser *p)
{
    FWP_CONDITION_VALUE0 value;

    if (!fwp_store_value(&p->line, &value))
        return false;
    if (p->stored.kind == FWP_FILTER) {
        if (value.type >= FWP_SINGLE_DATA_TYPE_MAX)
            return error_set("a weight is EMPTY, UINT8 or UINT64");
        memcpy(&p->value.filter.weight, &value, sizeof p->value.filter.weight);
        return true;
    }
    p->value.sublayer.weight = value.uint16;
    return value.type == FWP_UINT16 || error_set("a sublayer's weight is UINT16");
}

static bool take_action(struct parser *p)
{
    FWPM_ACTION0 *action = &p->value.filter.action;
    const char *word;
    size_t length = fwp_store_word(&p->line, &word);

    for (unsigned i = 0; i < countof(fwp_store_actions); i++) {
        if (strlen(fwp_store_actions[i].name) != length || memcmp(fwp_store_actions[i].name, word, length))
            continue;
        action->type = fwp_store_actions[i].type;
        return !(action->type & FWP_ACTION_FLAG_CALLOUT) || fwp_store_guid(&p->line, &action->calloutKey);
    }
    return error_set("'%.*s' is not an action", (int)(length < 40 ? length : 40), word);
}

static bool take_context(struct parser *p)
{
    return fwp_store_guid(&p->line, &p->value.filter.providerContextKey);
}

static bool take_raw_context(struct parser *p)
{
    uint64_t number;

    if (!fwp_store_number(&p->line, UINT64_MAX, &number))
        return false;
    p->value.filter.rawContext = number;
    return true;
}

static bool find_field(const struct fwp_layer *layer, const char *word, size_t length, GUID *key)
{
    for (unsigned i = 0; i < layer->field_count; i++)
        if (strlen(layer->fields[i].name) == length && !memcmp(layer->fields[i].name, word, length)) {
            *key = layer->fields[i].key;
            return true;
        }
    return error_set("layer %s has no field '%.*s'", layer->name, (int)(length < 60 ? length : 60), word);
}

static bool take_condition(struct parser *p)
{
    FWPM_FILTER_CONDITION0 *all = more(p->conditions, p->value.filter.numFilterConditions, &p->condition_room, sizeof *all);
    const struct fwp_layer *layer = fwp_layer_by_key(&p->value.filter.layerKey);
    FWPM_FILTER_CONDITION0 *condition;
    const char *word;
    size_t length;

    if (!all)
        return false;
    p->conditions = p->value.filter.filterCondition = all;
    condition = &all[p->value.filter.numFilterConditions];
    length = fwp_store_word(&p->line, &word);
    if (!layer)
        return error_set("a condition stands behind the filter's layer");
    if (!find_field(layer, word, length, &condition->fieldKey))
        return false;
    length = fwp_store_word(&p->line, &word);
    condition->matchType = FWP_MATCH_TYPE_MAX;
    for (FWP_MATCH_TYPE match = 0; match < FWP_MATCH_TYPE_MAX; match++)
        if (strlen(fwp_store_matches[match]) == length && !memcmp(fwp_store_matches[match], word, length))
            condition->matchType = match;
    if (condition->matchType == FWP_MATCH_TYPE_MAX)
        return error_set("'%.*s' is not a type of match", (int)(length < 40 ? length : 40), word);
    if (!fwp_store_value(&p->line, &condition->conditionValue))
        return false;
    p->value.filter.numFilterConditions++;
    return true;
}

static const struct property {
    const char *name;
    unsigned kinds;
    bool (*take)(struct parser *p);
    bool several;
} properties[] = {
    { "name", ~0u, take_name, false },
    { "description", ~0u, take_description, false },
    { "flags", ~0u, take_flags, false },
    { "data", ~0u, take_data, false },
    { "security", ~0u, take_security, false },
    { "provider", ~(unsigned)IN_PROVIDER, take_provider, false },
    { "service", IN_PROVIDER, take_service, false },
    { "general", IN_CONTEXT, take_general, false },
    { "option", IN_CONTEXT, take_option, true },
    { "layer", IN_CALLOUT | IN_FILTER, take_layer, false },
    { "sublayer", IN_FILTER, take_sublayer, false },
    { "weight", IN_SUBLAYER | IN_FILTER, take_weight, false },
    { "action", IN_FILTER, take_action, false },
    { "context", IN_FILTER, take_context, false },
    { "raw-context", IN_FILTER, take_raw_context, false },
    { "condition", IN_FILTER, take_condition, true },
};

/* --- lines ------------------------------------------------------------------------------------------------------------------------------ */

static void forget(struct parser *p)
{
    fwp_store_free(&p->blocks);
    free(p->conditions);
    free(p->options.options);
    memset(&p->options, 0, sizeof p->options);
    memset(&p->value, 0, sizeof p->value);
    p->conditions = NULL;
    p->option_room = p->condition_room = 0;
    p->seen = 0;
    p->open = false;
}

static bool finish(struct parser *p)
{
    bool good;

    if (!p->open)
        return true;
    if (p->stored.kind == FWP_CONTEXT && !p->value.context.dataBuffer) {
        error_set("a provider context needs 'general' or 'option'");
        return wrong(p, p->stored.line);
    }
    if (p->stored.kind == FWP_FILTER && !p->value.filter.action.type) {
        error_set("a filter needs an action");
        return wrong(p, p->stored.line);
    }
    good = p->take(p->context, &p->stored) || wrong(p, p->stored.line);
    forget(p);
    return good;
}

static bool begin(struct parser *p, enum fwp_kind kind)
{
    GUID key;

    if (!finish(p))
        return false;
    if (!fwp_store_guid(&p->line, &key))
        return wrong(p, p->line_number);
    p->stored = (struct fwp_stored){ .kind = kind, .line = p->line_number, .value = &p->value };
    memcpy(&p->value, &key, sizeof key);        /* every structure begins with its key */
    return p->open = true;
}

static bool property(struct parser *p, const char *word, size_t length)
{
    for (unsigned i = 0; i < countof(properties); i++) {
        const struct property *it = &properties[i];
        if (strlen(it->name) != length || memcmp(it->name, word, length) || !(it->kinds >> p->stored.kind & 1))
            continue;
        if (p->seen >> i & 1 && !it->several)
            return error_set("a second '%s'", it->name);
        p->seen |= 1u << i;
        return it->take(p);
    }
    return error_set("a %s has no '%.*s'", fwp_store_kinds[p->stored.kind], (int)(length < 40 ? length : 40), word);
}

static bool one_line(struct parser *p, const char *from, const char *to)
{
    bool inside = from < to && (*from == ' ' || *from == '\t');
    const char *word;
    size_t length;

    p->line = (struct fwp_store_line){ from, to, &p->blocks };
    if (fwp_store_ended(&p->line))
        return true;
    length = fwp_store_word(&p->line, &word);
    if (inside) {
        if (!(p->open ? property(p, word, length) : error_set("a property stands behind its object")))
            return wrong(p, p->line_number);
    } else {
        enum fwp_kind kind = 0;
        while (kind < FWP_KINDS && (strlen(fwp_store_kinds[kind]) != length || memcmp(fwp_store_kinds[kind], word, length)))
            kind++;
        if (kind == FWP_KINDS) {
            error_set("'%.*s' is not a kind of object; its properties are indented", (int)(length < 40 ? length : 40), word);
            return wrong(p, p->line_number);
        }
        if (!begin(p, kind))
            return false;
    }
    if (fwp_store_ended(&p->line))
        return true;
    error_set("something follows: '%.*s'", (int)(p->line.end - p->line.at < 40 ? p->line.end - p->line.at : 40), p->line.at);
    return wrong(p, p->line_number);
}

bool fwp_store_parse(const char *name, const char *text, size_t size, bool (*take)(void *context, const struct fwp_stored *stored),
                     void *context)
{
    struct parser p = { .name = name, .take = take, .context = context };
    const char *end = text + size, *next;
    bool good = true;

    for (const char *at = text; at < end && good; at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        next = stop < end ? stop + 1 : end;
        if (++p.line_number > 1) {
            good = one_line(&p, at, stop);
            continue;
        }
        stop -= stop > at && stop[-1] == '\r';
        if ((size_t)(stop - at) != sizeof FWP_STORE_HEAD - 1 || memcmp(at, FWP_STORE_HEAD, sizeof FWP_STORE_HEAD - 1)) {
            error_set("the first line is not '%s'", FWP_STORE_HEAD);
            good = wrong(&p, 1);
        }
    }
    good = good && finish(&p);
    forget(&p);
    return good;
}
