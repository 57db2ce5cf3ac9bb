/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into a program that replaces the file DIRECTORY/file: runs it again and again, each
 * time from the same start, and lets call number 1, 2 ... fail, counted over allocating, mapping,
 * opening, reading, writing, syncing and renaming. Or, with FAULT=TERM or FAULT=KILL, ends the
 * program by that signal there. Whatever is read or written in bulk takes two calls or more, as it
 * does on pipes and full disks.
 *
 * A failure ends the program with status 3 and a reason, and leaves the old file; if it does not
 * matter, report and output are as ever. Nothing else is left in the directory, except by KILL,
 * which leaves the old file or the new one, complete.
 *
 *     FAULT_DIRECTORY=DIRECTORY FAULT=ERROR LD_PRELOAD=fault.so PROGRAM ARGUMENT...
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULTS_MAX 5000
#define TEXT_MAX   (1 << 20)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int deadly;         /* the signal instead of an error */
static long countdown;     /* 0: nothing fails */
static volatile bool *hit; /* shared: the call was reached */

static int fails(int error)
{
    if (countdown == 0 || --countdown != 0)
        return 0;
    *hit = true;
    if (deadly)
        raise(deadly);
    errno = error;
    return 1;
}

void *malloc(size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(ENOMEM) ? NULL : __libc_realloc(old, size);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    if (fails(ENOMEM))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails(ENOENT) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
    if (fails(EROFS))
        return -1;
    memcpy(path + strlen(path) - 6, "FAULTS", 6);
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    if (fails(ENOSPC))
        return -1;
    return syscall(SYS_write, fd, bytes, length > 1000 ? length / 2 : length);
}

ssize_t read(int fd, void *bytes, size_t length)
{
    if (fails(EIO))
        return -1;
    return syscall(SYS_read, fd, bytes, length > 1000 ? length / 2 : length);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
    if (fails(EIO))
        return -1;
    return syscall(SYS_pread64, fd, bytes, length > 1000 ? length / 2 : length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    if (fails(ENOSPC))
        return -1;
    return syscall(SYS_pwrite64, fd, bytes, length > 1000 ? length / 2 : length, offset);
}

int fsync(int fd)
{
    (void)fd; /* hundreds of times would wear out a disk */
    return fails(EIO) ? -1 : 0;
}

int fchmod(int fd, mode_t mode)
{
    return fails(EPERM) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int rename(const char *from, const char *to)
{
    return fails(EACCES) ? -1 : (int)syscall(SYS_rename, from, to);
}

/* ---- The runs ---- */

static const char *directory;

struct content {
    char *bytes;
    size_t size;
};

/* What a run left: its reports and the file. */
struct outcome {
    struct content out, err, file;
    int status; /* of waitpid() */
};

static _Noreturn void die(const char *what)
{
    perror(what);
    _exit(2);
}

static const char *path_of(const char *name)
{
    static char path[2][4096];
    static unsigned next;
    char *text = path[next++ % 2];
    snprintf(text, sizeof path[0], "%s%s", directory, name);
    return text;
}

static void take(struct content *content, const char *name)
{
    const int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
    if (!content->bytes && !(content->bytes = malloc(TEXT_MAX)))
        die("malloc");
    content->size = 0;
    for (ssize_t n = 1; fd >= 0 && n > 0; content->size += (size_t)n)
        if ((n = read(fd, content->bytes + content->size, TEXT_MAX - 1 - content->size)) < 0)
            die(name);
    content->bytes[content->size] = 0;
    if (fd >= 0)
        close(fd);
}

static bool same(const struct content *a, const struct content *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static const char old_text[] = "the old file\n";

static void put_old_file(void)
{
    const int fd = open(path_of("/file"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, old_text, sizeof old_text - 1) != sizeof old_text - 1)
        die("the old file");
    close(fd);
}

/* The name of something beside the file, or NULL; with `remove` it is removed. */
static const char *stranger(bool remove)
{
    static char name[256];
    DIR *listing = opendir(directory);
    const struct dirent *entry;
    *name = 0;
    while (listing && (entry = readdir(listing))) {
        if (*entry->d_name == '.' || strcmp(entry->d_name, "file") == 0)
            continue;
        snprintf(name, sizeof name, "/%s", entry->d_name);
        if (remove)
            unlink(path_of(name));
    }
    if (listing)
        closedir(listing);
    return *name ? name + 1 : NULL;
}

static void redirect(int fd, const char *name)
{
    const int to = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (to < 0 || dup2(to, fd) < 0)
        die(name);
    close(to);
}

/* True in the child, which is to go on and be the program. */
static bool run(long fault, struct outcome *outcome)
{
    put_old_file();
    *hit = false;
    const pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        redirect(STDOUT_FILENO, ".out");
        redirect(STDERR_FILENO, ".err");
        countdown = fault;
        return true;
    }
    if (waitpid(child, &outcome->status, 0) != child)
        die("waitpid");
    take(&outcome->out, ".out");
    take(&outcome->err, ".err");
    take(&outcome->file, "/file");
    return false;
}

/* What is wrong with a run in which something failed, or NULL. */
static const char *judge(const struct outcome *got, const struct outcome *want)
{
    const bool refused = WIFEXITED(got->status) && WEXITSTATUS(got->status) == 3;
    const bool old = strcmp(got->file.bytes, old_text) == 0;
    if (deadly && (!WIFSIGNALED(got->status) || WTERMSIG(got->status) != deadly))
        return "not ended by the signal";
    if (deadly && !old && !same(&got->file, &want->file))
        return "neither the old file nor the new one";
    if (stranger(deadly == SIGKILL) && deadly != SIGKILL)
        return "another file is left";
    if (deadly)
        return NULL;
    if (!refused && got->status != want->status)
        return "the status is neither 3 nor what it should be";
    if (refused && !strstr(got->err.bytes, "cannot") && !strstr(got->out.bytes, "cannot"))
        return "no reason is given";
    if (refused && !old)
        return "the old file is gone";
    if (!refused && !same(&got->out, &want->out))
        return "the report is another";
    if (!refused && !same(&got->file, &want->file))
        return "the output is another";
    return NULL;
}

__attribute__((constructor)) static void start(void)
{
    static struct outcome want, got;
    const char *kind = getenv("FAULT"), *why = NULL;
    long n = 1;
    directory = getenv("FAULT_DIRECTORY");
    hit = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                          -1, 0);
    if (!directory || !kind || (void *)hit == MAP_FAILED)
        die("FAULT_DIRECTORY and FAULT are needed");
    deadly = strcmp(kind, "TERM") == 0 ? SIGTERM : strcmp(kind, "KILL") == 0 ? SIGKILL : 0;
    unsetenv("LD_PRELOAD");
    if (run(0, &want))
        return;
    for (; n < FAULTS_MAX; n++) {
        if (run(n, &got))
            return;
        if (!*hit || (why = judge(&got, &want)))
            break;
    }
    if (why)
        printf("fault %ld: %s (status 0x%x)\n%s%s", n, why, (unsigned)got.status, got.out.bytes,
               got.err.bytes);
    else
        printf("%ld faults\n", n - 1);
    fflush(stdout);
    _exit(why || n < 4 || n == FAULTS_MAX || !WIFEXITED(want.status));
}
