/* Child processes whose output we read. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "os/platform.h"

struct os_child {
    pid_t pid;
    int out;
};

static void become(const char *const *argv, int out)
{
    const int null = open("/dev/null", O_RDONLY);

    os_platform_die_with_parent();
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

int os_child_start(os_child **out, const char *const *argv)
{
    os_child *child = qua_zalloc(sizeof *child);
    int ends[2];

    if (!child)
        return QUA_ENOMEM;
    if (pipe(ends) != 0)
        goto error;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    child->pid = fork();
    if (child->pid == 0)
        become(argv, ends[1]);
    close(ends[1]);
    if (child->pid < 0) {
        close(ends[0]);
        goto error;
    }
    child->out = ends[0];
    *out = child;
    return 0;
error:
    free(child);
    return QUA_EIO;
}

ptrdiff_t os_child_read(os_child *child, void *out, size_t size)
{
    ssize_t n;

    do {
        n = read(child->out, out, size);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? QUA_EIO : (ptrdiff_t)n;
}

int os_child_fd(const os_child *child)
{
    return child->out;
}

void os_child_stop(os_child **child)
{
    os_child *c = *child;

    *child = NULL;
    if (!c)
        return;
    close(c->out);
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(c);
}
