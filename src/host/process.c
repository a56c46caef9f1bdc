#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define NOT_FOUND 127

/* posix_spawn, not fork: the caller's stack may be in shared memory, which a forked child would write to. */
static pid_t begin(char *const *argv, const char *output)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t pid = -1;
    int error;

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&files);
    if (output) {
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    }
    error = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error == 0)
        return pid;
    error_set("cannot run %s: %s", argv[0], error == ENOENT ? "not found on PATH" : strerror(error));
    return -1;
}

/* Waits for one of the running programs; its index. */
static int wait_for_one(struct host_command *commands, const pid_t *pid, int begun)
{
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);

        if (ended < 0 && errno != EINTR)
            return -1;
        for (int i = 0; ended > 0 && i < begun; i++) {
            if (pid[i] != ended || commands[i].status != -1)
                continue;
            commands[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            if (commands[i].status == NOT_FOUND)
                error_set("cannot run %s: not found on PATH", commands[i].argv[0]);
            return i;
        }
    }
}

int host_run_all(struct host_command *commands, int count, int at_once)
{
    pid_t *pid = calloc((size_t)count + 1, sizeof *pid);
    int begun = 0, running = 0, failed = -1;

    if (!pid)
        abort();
    for (int i = 0; i < count; i++)
        commands[i].status = -1;
    while (running > 0 || (failed < 0 && begun < count)) {
        if (failed < 0 && begun < count && running < at_once) {
            pid[begun] = begin(commands[begun].argv, commands[begun].output);
            if (pid[begun] < 0)
                failed = begun;
            else
                running++;
            begun++;
            continue;
        }
        int ended = wait_for_one(commands, pid, begun);
        if (ended < 0)
            break;
        running--;
        if (commands[ended].ended)
            commands[ended].ended(&commands[ended]);
        if (commands[ended].status != 0 && failed < 0)
            failed = ended;
    }
    free(pid);
    return failed;
}

int host_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}
