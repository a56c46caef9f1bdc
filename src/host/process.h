/* Several programs at once. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

struct host_command {
    char *const *argv;                  /* ends with NULL; argv[0] is found on PATH */
    const char *output;                 /* its stdout and stderr go into this file instead of ours; or NULL */
    void (*ended)(struct host_command *command);    /* called with its status when it has ended; or NULL */
    void *context;                      /* the caller's */
    int status;                         /* afterwards: its exit status, 128 + signal, or -1 when it was not run */
};

/* Runs them in their order, at most `at_once` at a time, with our stdout and stderr unless they have files. After a failure no more are begun; those that
 * run end. The first that failed, or -1 when all ended with 0. error_text() says why when one could not be run. */
int host_run_all(struct host_command *commands, int count, int at_once);
/* How many processors this process may use. */
int host_processors(void);

#endif
