/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes, and waiting until descriptors are ready. */
#include "calls.h"
#include "personality.h"
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>

#define PIPE_SIZE 65536u
#define PIPE_ATOM 4096u /* PIPE_BUF: written whole or not at all */

struct pipe {
    uint32_t readers, writers; /* open files */
    size_t start, length;
    unsigned char bytes[PIPE_SIZE];
};

int64_t linux_pipe2(int fds[2], int flags)
{
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (!is_user(fds, 2 * sizeof *fds))
        return -EFAULT;
    struct node *node = node_make(NODE_PIPE, S_IFIFO | 0600);
    struct pipe *pipe = malloc(sizeof *pipe);
    if (node == NULL || pipe == NULL) {
        free(node);
        free(pipe);
        return -ENFILE;
    }
    pipe->readers = pipe->writers = 1;
    pipe->start = pipe->length = 0;
    node->pipe = pipe;
    int kept = flags & O_NONBLOCK;
    int reader = file_install(node, O_RDONLY | kept, flags & O_CLOEXEC);
    if (reader < 0) {
        node_drop(node);
        return reader;
    }
    int writer = file_install(node, O_WRONLY | kept, flags & O_CLOEXEC);
    if (writer < 0) {
        linux_close(reader);
        return writer;
    }
    fds[0] = reader;
    fds[1] = writer;
    return 0;
}

int64_t linux_pipe(int fds[2])
{
    return linux_pipe2(fds, 0);
}

void pipe_close(struct node *node, int flags)
{
    if ((flags & O_ACCMODE) == O_RDONLY)
        node->pipe->readers--;
    else
        node->pipe->writers--;
}

void pipe_free(struct pipe *pipe)
{
    free(pipe);
}

size_t pipe_length(const struct node *node)
{
    return node->pipe->length;
}

short pipe_events(const struct node *node, int flags)
{
    const struct pipe *pipe = node->pipe;
    int events = 0;
    if ((flags & O_ACCMODE) == O_RDONLY)
        events = (pipe->length > 0 ? POLLIN : 0) | (pipe->writers == 0 ? POLLHUP : 0);
    else
        events = (PIPE_SIZE - pipe->length >= PIPE_ATOM ? POLLOUT : 0) |
                 (pipe->readers == 0 ? POLLERR : 0);
    return (short)events;
}

int64_t pipe_read(struct node *node, void *to, size_t size, bool wait)
{
    struct pipe *pipe = node->pipe;
    if (size == 0)
        return 0;
    bool broken = false;
    while (pipe->length == 0 && pipe->writers > 0 && wait && !(broken = signal_breaks()))
        linux_wait();
    int64_t result = pipe->length > 0 || pipe->writers == 0 ? 0 : broken ? -EINTR : -EAGAIN;
    if (size > pipe->length)
        size = pipe->length;
    for (size_t moved = 0; moved < size;) {
        size_t part = size - moved, straight = PIPE_SIZE - pipe->start;
        if (part > straight)
            part = straight;
        memcpy((unsigned char *)to + moved, pipe->bytes + pipe->start, part);
        pipe->start = (pipe->start + part) % PIPE_SIZE;
        pipe->length -= part;
        moved += part;
        result = (int64_t)moved;
    }
    return result;
}

static void put(struct pipe *pipe, const unsigned char *from, size_t size)
{
    while (size > 0) {
        size_t end = (pipe->start + pipe->length) % PIPE_SIZE;
        size_t part = size < PIPE_SIZE - end ? size : PIPE_SIZE - end;
        memcpy(pipe->bytes + end, from, part);
        pipe->length += part;
        from += part;
        size -= part;
    }
}

int64_t pipe_write(struct node *node, const void *from, size_t size, bool wait)
{
    struct pipe *pipe = node->pipe;
    size_t moved = 0;
    int64_t result = 0;
    while (moved < size) {
        size_t room = PIPE_SIZE - pipe->length, rest = size - moved;
        size_t least = size <= PIPE_ATOM ? size : 1;
        if (pipe->readers == 0) {
            result = -EPIPE;
            break;
        }
        if (room < least) {
            if (!wait) {
                result = -EAGAIN;
                break;
            }
            if (signal_breaks()) {
                result = -EINTR;
                break;
            }
            linux_wait();
            continue;
        }
        put(pipe, (const unsigned char *)from + moved, rest < room ? rest : room);
        moved += rest < room ? rest : room;
    }
    if (result == -EPIPE && moved == 0) {
        linux_unlock();
        signal_raise(SIGPIPE);
        linux_lock();
    }
    return moved > 0 ? (int64_t)moved : result;
}

/* When to give up; INT64_MAX: never. -EINVAL when it is no time. */
static int64_t deadline_of(const struct timespec *timeout, int64_t *deadline)
{
    *deadline = INT64_MAX;
    if (timeout == NULL)
        return 0;
    if (!is_user(timeout, sizeof *timeout))
        return -EFAULT;
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= NANOSECONDS)
        return -EINVAL;
    if (timeout->tv_sec < INT32_MAX)
        *deadline = now() + timeout->tv_sec * NANOSECONDS + timeout->tv_nsec;
    return 0;
}

static int64_t scan(struct pollfd *fds, uint64_t count)
{
    int64_t ready = 0;
    for (uint64_t i = 0; i < count; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        const struct open_file *file = file_of(fds[i].fd);
        fds[i].revents = file == NULL
                             ? POLLNVAL
                             : (short)(file_events(file) & (fds[i].events | POLLHUP | POLLERR));
        ready += fds[i].revents != 0;
    }
    return ready;
}

int64_t linux_ppoll(struct pollfd *fds, uint64_t count, const struct timespec *timeout)
{
    int64_t deadline;
    int64_t status = deadline_of(timeout, &deadline);
    if (status < 0)
        return status;
    if (count > FILES_MAX)
        return -EINVAL;
    if (count > 0 && !is_user(fds, count * sizeof *fds))
        return -EFAULT;
    for (;;) {
        int64_t ready = scan(fds, count);
        if (ready > 0 || now() >= deadline)
            return ready;
        if (signal_waits())
            return -EINTR;
        linux_wait();
    }
}

int64_t linux_poll(struct pollfd *fds, uint64_t count, int milliseconds)
{
    struct timespec timeout = {milliseconds / 1000, milliseconds % 1000 * 1000000l};
    return linux_ppoll(fds, count, milliseconds < 0 ? NULL : &timeout);
}

/* Which of the wanted descriptors are ready; their number, or -EBADF. `out` is in the same order as
 * the sets. */
static int64_t scan_sets(int count, fd_set *const sets[3], fd_set out[3])
{
    static const short events[3] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, 0};
    int64_t ready = 0;
    memset(out, 0, 3 * sizeof *out);
    for (int fd = 0; fd < count; fd++)
        for (int i = 0; i < 3; i++) {
            unsigned number = (unsigned)fd;
            if (sets[i] == NULL || !FD_ISSET(number, sets[i]))
                continue;
            const struct open_file *file = file_of(fd);
            if (file == NULL)
                return -EBADF;
            if (file_events(file) & events[i]) {
                FD_SET(number, &out[i]);
                ready++;
            }
        }
    return ready;
}

int64_t linux_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                      const struct timespec *timeout)
{
    int64_t deadline;
    int64_t status = deadline_of(timeout, &deadline);
    if (status < 0)
        return status;
    if (count < 0 || count > FD_SETSIZE)
        return -EINVAL;
    fd_set *const sets[3] = {in, out, except};
    size_t bytes = ((size_t)count + 63) / 64 * 8;
    for (int i = 0; i < 3; i++)
        if (sets[i] != NULL && !is_user(sets[i], bytes))
            return -EFAULT;
    fd_set found[3];
    for (;;) {
        int64_t ready = scan_sets(count, sets, found);
        if (ready < 0)
            return ready;
        if (ready > 0 || now() >= deadline) {
            for (int i = 0; i < 3; i++)
                if (sets[i] != NULL)
                    memcpy(sets[i], &found[i], bytes);
            return ready;
        }
        if (signal_waits())
            return -EINTR;
        linux_wait();
    }
}

int64_t linux_select(int count, fd_set *in, fd_set *out, fd_set *except,
                     const struct timeval *timeout)
{
    if (timeout == NULL)
        return linux_pselect(count, in, out, except, NULL);
    if (!is_user(timeout, sizeof *timeout))
        return -EFAULT;
    if (timeout->tv_usec < 0 || timeout->tv_usec >= 1000000)
        return -EINVAL;
    struct timespec time = {timeout->tv_sec, timeout->tv_usec * 1000};
    return linux_pselect(count, in, out, except, &time);
}
