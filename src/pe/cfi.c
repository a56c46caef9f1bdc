/* Executes call frame instructions (DWARF 5, 6.4) for one frame. Host code of the Windows convention saves xmm6-15,
 * too: columns 17 to 32. */
#include "pe/cfi.h"

#include <string.h>

#include "pe/cfi_find.h"

#define COLUMNS 33
#define COLUMN_RSP 7
#define COLUMN_RIP 16
#define COLUMN_XMM 17
#define SAVED_STATES 8
#define STACK_DEPTH 32

enum rule_kind { RULE_SAME, RULE_UNDEFINED, RULE_OFFSET, RULE_VALUE_OFFSET, RULE_REGISTER, RULE_EXPRESSION,
                 RULE_VALUE_EXPRESSION };

struct rule {
    uint8_t kind;
    int64_t offset;                 /* or a column */
    const uint8_t *expression;      /* length first */
};

struct state {
    struct rule rule[COLUMNS];
    unsigned cfa_column;
    int64_t cfa_offset;
    const uint8_t *cfa_expression;
};

struct machine {
    struct state now, initial, saved[SAVED_STATES];
    unsigned saved_count;
    const struct cfi_record *record;
    uint64_t at, pc;
};

/* DWARF numbers to the processor's. */
static const uint8_t processor_number[16] = { 0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15 };

static uint64_t column_value(CONTEXT *context, unsigned column)
{
    if (column < 16)
        return (&context->Rax)[processor_number[column]];
    return column == COLUMN_RIP ? context->Rip : 0;
}

static struct rule *rule_of(struct machine *m, uint64_t column)
{
    static struct rule ignored;

    return column < COLUMNS ? &m->now.rule[column] : &ignored;
}

static void set_offset(struct machine *m, uint64_t column, int64_t factored, enum rule_kind kind)
{
    *rule_of(m, column) = (struct rule){ .kind = (uint8_t)kind, .offset = factored * m->record->data_factor };
}

static const uint8_t *skip_block(const uint8_t *at)
{
    uint64_t length = cfi_uleb(&at);

    return at + length;
}

/* Advances the place; false when the rows wanted are complete. */
static bool advance(struct machine *m, uint64_t delta)
{
    m->at += delta * m->record->code_factor;
    return m->at <= m->pc;
}

static bool extended(struct machine *m, uint8_t op, const uint8_t **at, bool *more)
{
    uint64_t column;
    uint16_t two;
    uint32_t four;

    switch (op) {
    case 0x00: return true;
    case 0x02: *more = advance(m, *(*at)++); return true;
    case 0x03: memcpy(&two, *at, 2); *at += 2; *more = advance(m, two); return true;
    case 0x04: memcpy(&four, *at, 4); *at += 4; *more = advance(m, four); return true;
    case 0x05: column = cfi_uleb(at); set_offset(m, column, (int64_t)cfi_uleb(at), RULE_OFFSET); return true;
    case 0x06: column = cfi_uleb(at); if (column < COLUMNS) m->now.rule[column] = m->initial.rule[column]; return true;
    case 0x07: rule_of(m, cfi_uleb(at))->kind = RULE_UNDEFINED; return true;
    case 0x08: rule_of(m, cfi_uleb(at))->kind = RULE_SAME; return true;
    case 0x09:
        column = cfi_uleb(at);
        *rule_of(m, column) = (struct rule){ .kind = RULE_REGISTER, .offset = (int64_t)cfi_uleb(at) };
        return true;
    case 0x0a: if (m->saved_count == SAVED_STATES) return false; m->saved[m->saved_count++] = m->now; return true;
    case 0x0b: if (m->saved_count == 0) return false; m->now = m->saved[--m->saved_count]; return true;
    case 0x0c: m->now.cfa_column = (unsigned)cfi_uleb(at); m->now.cfa_offset = (int64_t)cfi_uleb(at);
        m->now.cfa_expression = NULL; return true;
    case 0x0d: m->now.cfa_column = (unsigned)cfi_uleb(at); m->now.cfa_expression = NULL; return true;
    case 0x0e: m->now.cfa_offset = (int64_t)cfi_uleb(at); return true;
    case 0x0f: m->now.cfa_expression = *at; *at = skip_block(*at); return true;
    case 0x10: case 0x16:
        column = cfi_uleb(at);
        *rule_of(m, column) = (struct rule){ .kind = op == 0x10 ? RULE_EXPRESSION : RULE_VALUE_EXPRESSION, .expression = *at };
        *at = skip_block(*at);
        return true;
    case 0x11: column = cfi_uleb(at); set_offset(m, column, cfi_sleb(at), RULE_OFFSET); return true;
    case 0x12: m->now.cfa_column = (unsigned)cfi_uleb(at); m->now.cfa_offset = cfi_sleb(at) * m->record->data_factor;
        m->now.cfa_expression = NULL; return true;
    case 0x13: m->now.cfa_offset = cfi_sleb(at) * m->record->data_factor; return true;
    case 0x14: column = cfi_uleb(at); set_offset(m, column, (int64_t)cfi_uleb(at), RULE_VALUE_OFFSET); return true;
    case 0x15: column = cfi_uleb(at); set_offset(m, column, cfi_sleb(at), RULE_VALUE_OFFSET); return true;
    case 0x2e: cfi_uleb(at); return true;
    default: return false;
    }
}

static bool execute(struct machine *m, const uint8_t *at, const uint8_t *end)
{
    bool more = true;

    while (more && at < end) {
        uint8_t op = *at++, low = op & 0x3f;

        switch (op >> 6) {
        case 1: more = advance(m, low); break;
        case 2: set_offset(m, low, (int64_t)cfi_uleb(&at), RULE_OFFSET); break;
        case 3: if (low < COLUMNS) m->now.rule[low] = m->initial.rule[low]; break;
        default:
            if (!extended(m, op, &at, &more))
                return false;
        }
    }
    return true;
}

/* --- expressions: what compilers and linkers write for realigned stacks and the PLT --------------------------------- */

static bool evaluate(const uint8_t *at, CONTEXT *context, uint64_t first, uint64_t *result)
{
    uint64_t stack[STACK_DEPTH] = { first };
    const uint8_t *end;
    int top = 0;

    end = skip_block(at);
    cfi_uleb(&at);
    while (at < end && top >= 0 && top < STACK_DEPTH - 2) {
        uint8_t op = *at++;

        if (op >= 0x30 && op <= 0x4f) {
            stack[++top] = op - 0x30u;
        } else if (op >= 0x70 && op <= 0x8f) {
            unsigned column = op - 0x70u;
            stack[++top] = column_value(context, column) + (uint64_t)cfi_sleb(&at);
        } else if (op == 0x08) {
            stack[++top] = *at++;
        } else if (op == 0x09) {
            stack[++top] = (uint64_t)(int64_t)(int8_t)*at++;
        } else if (op == 0x10) {
            stack[++top] = cfi_uleb(&at);
        } else if (op == 0x11) {
            stack[++top] = (uint64_t)cfi_sleb(&at);
        } else if (op == 0x06) {
            stack[top] = *(const uint64_t *)stack[top];
        } else if (op == 0x23) {
            stack[top] += cfi_uleb(&at);
        } else if (top >= 1 && (op == 0x1a || op == 0x1c || op == 0x21 || op == 0x22 || op == 0x24 || op == 0x2a)) {
            uint64_t b = stack[top--], a = stack[top];
            stack[top] = op == 0x1a ? (a & b) : op == 0x1c ? a - b : op == 0x21 ? (a | b) : op == 0x22 ? a + b
                         : op == 0x24 ? a << (b & 63) : (uint64_t)((int64_t)a >= (int64_t)b);
        } else {
            return false;
        }
    }
    *result = stack[top < 0 ? 0 : top];
    return top >= 0;
}

/* --- applying ------------------------------------------------------------------------------------------------------- */

static bool restore_vector(CONTEXT *to, unsigned number, const struct rule *rule, uint64_t cfa)
{
    if (rule->kind == RULE_OFFSET)
        memcpy(&(&to->Xmm0)[number], (const void *)(cfa + (uint64_t)rule->offset), 16);
    return true;
}

static bool column_before(const struct rule *rule, CONTEXT *context, uint64_t cfa, uint64_t *value)
{
    uint64_t place;

    switch (rule->kind) {
    case RULE_OFFSET: *value = *(const uint64_t *)(cfa + (uint64_t)rule->offset); return true;
    case RULE_VALUE_OFFSET: *value = cfa + (uint64_t)rule->offset; return true;
    case RULE_REGISTER: *value = column_value(context, (unsigned)rule->offset); return true;
    case RULE_EXPRESSION:
        if (!evaluate(rule->expression, context, cfa, &place))
            return false;
        *value = *(const uint64_t *)place;
        return true;
    case RULE_VALUE_EXPRESSION: return evaluate(rule->expression, context, cfa, value);
    default: return false;
    }
}

static bool apply(struct machine *m, CONTEXT *context)
{
    CONTEXT before = *context;
    uint64_t cfa, value;

    if (m->now.cfa_expression) {
        if (!evaluate(m->now.cfa_expression, &before, 0, &cfa))
            return false;
    } else {
        cfa = column_value(&before, m->now.cfa_column) + (uint64_t)m->now.cfa_offset;
    }
    if (m->now.rule[COLUMN_RIP].kind == RULE_UNDEFINED)
        return false;
    for (unsigned i = 0; i < 16; i++) {
        const struct rule *rule = &m->now.rule[i];

        if (rule->kind == RULE_SAME || rule->kind == RULE_UNDEFINED)
            continue;
        if (!column_before(rule, &before, cfa, &value))
            return false;
        (&context->Rax)[processor_number[i]] = value;
    }
    for (unsigned i = 0; i < 16; i++)
        restore_vector(context, i, &m->now.rule[COLUMN_XMM + i], cfa);
    if (!column_before(&m->now.rule[COLUMN_RIP], &before, cfa, &value))
        return false;
    context->Rip = value;
    if (m->now.rule[COLUMN_RSP].kind == RULE_SAME)
        context->Rsp = cfa;
    return true;
}

bool cfi_step(CONTEXT *context, bool exact)
{
    static struct machine m;            /* one host thread; nothing below comes back here */
    struct cfi_record record;

    if (!cfi_find(context->Rip - (exact ? 0 : 1), &record))
        return false;
    memset(&m.now, 0, sizeof m.now);
    m.saved_count = 0;
    m.record = &record;
    m.at = 0;
    m.pc = UINT64_MAX;
    if (!execute(&m, record.common, record.common_end))
        return false;
    m.initial = m.now;
    m.at = record.begin;
    m.pc = context->Rip - (exact || record.signal_frame ? 0 : 1);
    return execute(&m, record.own, record.own_end) && apply(&m, context) && context->Rip != 0;
}
