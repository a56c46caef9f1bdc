/* ring3 VERB ...: finds the verb. */
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "ring3.h"

extern const struct verb *const __start_ring3_verbs[], *const __stop_ring3_verbs[];

#define VERBS_MAX 32

static int sorted_verbs(const struct verb **verbs)
{
    int count = 0;

    for (const struct verb *const *v = __start_ring3_verbs; v < __stop_ring3_verbs && count < VERBS_MAX; v++) {
        int at = count++;
        for (; at > 0 && verbs[at - 1]->order > (*v)->order; at--)
            verbs[at] = verbs[at - 1];
        verbs[at] = *v;
    }
    return count;
}

static void help(void)
{
    const struct verb *verbs[VERBS_MAX];
    int count = sorted_verbs(verbs);

    puts("ring3 runs Windows kernel drivers in a Linux process, with real packets.\n");
    for (int i = 0; i < count; i++)
        printf("  ring3 %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    puts("\nring3 VERB --help says more. Exit codes: 0 good, 1 findings or failed tests, 2 usage, 3 the driver needs\n"
         "what ring3 does not have, 4 the host cannot, 77 skipped.");
}

int main(int argc, char **argv)
{
    const struct verb *verbs[VERBS_MAX];
    int count = sorted_verbs(verbs);

    if (argc < 2)
        return help(), EXIT_USAGE;
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return help(), EXIT_GOOD;
    if (!strcmp(argv[1], "--version"))
        return printf("ring3 %s\n", ring3_version()), EXIT_GOOD;
    for (int i = 0; i < count; i++)
        if (!strcmp(argv[1], verbs[i]->name)) {
            if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
                return cli_help(verbs[i]), EXIT_GOOD;
            return verbs[i]->run(verbs[i], argc - 2, argv + 2);
        }
    return cli_fail(EXIT_USAGE, "'%s' is no verb; ring3 --help lists them", argv[1]);
}
