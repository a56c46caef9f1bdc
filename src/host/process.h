/* Several programs at once. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

struct host_command {
    char *const *argv;                  /* ends with NULL; argv[0] is found on PATH */
    int status;                         /* afterwards: its exit status, 128 + signal, or -1 when it was not run */
};

/* Runs them in their order, at most `at_once` at a time, with our stdout and stderr. After a failure no more are begun; those that
 * run end. The first that failed, or -1 when all ended with 0. error_text() says why when one could not be run. */
int host_run_all(struct host_command *commands, int count, int at_once);
/* How many processors this process may use. */
int host_processors(void);

#endif
