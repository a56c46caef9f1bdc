/* A verb of the command line. Each lives in its own file, ends with one VERB(...) and is found by the linker: nothing
 * else lists it. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code { EXIT_GOOD = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_MISSING = 3, EXIT_HOST = 4 };

struct cli_option {
    const char *name;           /* "--nic"; NULL: what is not an option */
    const char *value;          /* "SPEC"; NULL: takes none */
    const char *help;           /* lines separated by \n */
    /* Takes one use of it; false with error_text(). value is NULL for options without one. */
    bool (*take)(void *target, const char *value);
};

struct verb {
    const char *name;
    const char *synopsis;       /* what follows "ring3 NAME " */
    const char *summary;        /* one line */
    const struct cli_option *options;   /* ends with an all-NULL entry; NULL: none */
    int (*run)(const struct verb *verb, int argc, char **argv);     /* arguments after the verb's name */
    int order;                  /* place in ring3 --help */
};

#define VERB(variable)                                                                                              \
    extern const struct verb variable;                                                                              \
    static const struct verb *const variable##_entry __attribute__((section("ring3_verbs"), used)) = &variable;    \
    const struct verb variable

/* Hands every argument to the verb's options. EXIT_GOOD to go on; otherwise the sentence is already on stderr. */
int cli_parse(const struct verb *verb, int argc, char **argv, void *target);
void cli_help(const struct verb *verb);
/* "ring3: SENTENCE" on stderr; returns `code`. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Values. False with error_text(). */
bool cli_time(const char *text, uint64_t *ns);          /* 3s, 500ms, 20us, 10ns, 2m; a bare number is seconds */
bool cli_number(const char *text, uint64_t lowest, uint64_t highest, uint64_t *value);

#endif
