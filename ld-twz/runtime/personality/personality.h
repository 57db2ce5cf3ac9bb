/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the personality share. Handlers are named linux_NAME after their system call;
 * they return a result or a negated errno value. They run under one lock (see dispatch.c), but for
 * those that say otherwise. The types and constants are those of musl's headers, which are Linux's.
 *
 * The caller is the compartment itself: a pointer that leads nowhere faults, as it would in the
 * caller. What can be said without trying (null page, overflow, kernel addresses) is -EFAULT.
 */
#ifndef TWZ_PERSONALITY_H
#define TWZ_PERSONALITY_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <twz/sys/types.h>

#define NANOSECONDS 1000000000ll
#define PATH_SIZE   1024u /* of a whole path from the root, with its terminator */
#define FILE_MAX    TWZ_SLOT_SIZE
#define FILES_MAX   1024u /* descriptors */

/* ---- dispatch.c ---- */

void linux_lock(void);
void linux_unlock(void);
/* Takes the calling thread's stack and block away, under the lock. */
void linux_end(void *memory, size_t size);
/* For handlers that wait: lets others run, the lock released meanwhile. */
void linux_wait(void);

/* Whether [address, address + size) could be memory of a program. */
static inline bool is_user(const void *address, size_t size)
{
    uintptr_t start = (uintptr_t)address, end;
    return start >= TWZ_PAGE_SIZE && !__builtin_add_overflow(start, size, &end) &&
           end <= TWZ_SLOT_COUNT * TWZ_SLOT_SIZE;
}

/* ---- node.c, path.c: the tree of files ---- */

enum node_kind {
    NODE_FILE,      /* in memory */
    NODE_IMAGE,     /* an object of the image, read-only */
    NODE_DIRECTORY, /* in memory */
    NODE_LINK,      /* symbolic */
    NODE_PIPE,
    NODE_CONSOLE,
    NODE_NULL,
    NODE_ZERO,
    NODE_RANDOM
};

struct node {
    enum node_kind kind;
    mode_t mode;         /* type and permissions, as in struct stat */
    uint32_t links;      /* names that lead to it */
    uint32_t references; /* open files */
    uint64_t number;     /* st_ino */
    uint64_t size;
    int64_t accessed, modified, changed; /* nanoseconds */
    union {
        struct pages *pages;        /* NODE_FILE */
        const unsigned char *bytes; /* NODE_IMAGE */
        struct directory *directory;
        struct pipe *pipe;
        char *target; /* NODE_LINK */
    };
};

struct entry {
    struct entry *next;
    struct node *node;
    uint64_t serial; /* rises along the list: where a reader of the directory goes on */
    uint16_t length;
    char name[]; /* with a terminator */
};

struct directory {
    struct node *parent; /* itself at the root; NULL once removed */
    struct entry *entries, *last;
    uint64_t next_serial;
};

struct node *node_make(enum node_kind kind, mode_t mode);
/* Frees the node when neither a name nor an open file leads to it any more. */
void node_drop(struct node *node);
void node_touch(struct node *node); /* its contents have changed */
int64_t now(void);
int64_t calendar(void); /* nanoseconds since 1970 */

/* Contents of a NODE_FILE; the part beyond its end reads as nothing, a gap as zeros. */
int64_t pages_read(struct node *node, void *to, size_t size, uint64_t offset);
int64_t pages_write(struct node *node, const void *from, size_t size, uint64_t offset);
int64_t pages_resize(struct node *node, uint64_t size);

struct entry *directory_find(const struct node *directory, const char *name, size_t length);
int directory_add(struct node *directory, const char *name, size_t length, struct node *node);
void directory_remove(struct node *directory, struct entry *entry);

/* Where a path leads. `node` is NULL when the last part does not exist in an existing directory. */
struct place {
    struct node *node;
    struct node *directory; /* that holds it; NULL for the root and for objects of the image */
    const char *name;       /* the last part, valid until the next path_find() */
    size_t length;
    bool must_be_directory; /* the path ends with a slash */
};
/* `follow`: also where the last part is a symbolic link. */
int path_find(int directory, const char *path, bool follow, struct place *place);
/* The same, but it has to exist. */
int path_node(int directory, const char *path, bool follow, struct node **node);
/* A new symbolic link, in no directory yet; NULL: no memory. */
struct node *path_link(const char *target);

/* archive.c: fills the tree. */
void archive_open(void);

/* ---- open.c: descriptors ---- */

struct open_file {
    struct node *node;
    uint32_t references; /* descriptors, and calls that use it */
    int flags;           /* O_ACCMODE, O_APPEND, O_NONBLOCK, O_PATH */
    uint64_t offset;
};

struct open_file *file_of(int fd); /* NULL: EBADF */
int file_install(struct node *node, int flags, bool close_on_exec);
/* One user less; the last one takes it away. */
void file_drop(struct open_file *file);
/* Whether poll() would report these events now (POLLIN, POLLOUT, POLLHUP, POLLERR). */
short file_events(const struct open_file *file);

/* ---- pipe.c ---- */

int64_t pipe_read(struct node *node, void *to, size_t size, bool wait);
int64_t pipe_write(struct node *node, const void *from, size_t size, bool wait);
void pipe_close(struct node *node, int flags);
void pipe_free(struct pipe *pipe);
short pipe_events(const struct node *node, int flags);
size_t pipe_length(const struct node *node);

/* ---- terminal.c ---- */

int64_t terminal_read(void *to, size_t size, bool wait);
short terminal_events(void);
int64_t terminal_ioctl(unsigned long request, void *argument);

/* ---- random.c ---- */

bool random_bytes(void *to, size_t size);

/* ---- signal.c ---- */

/* Sends a signal to the compartment itself. Called without the lock: it may call a handler. */
int64_t signal_raise(int number);
/* Calls handlers of what other threads have sent to this one. Without the lock. */
void signal_check(void);
/* Sends a signal, which comes when the system call ends. */
void signal_post(int number);
/* For handlers that sleep: whether a signal is there, which ends the call with EINTR. */
bool signal_waits(void);
/* For those that wait for input under the lock: whether that ends now. If all handlers want them to
 * go on, calls these, without the lock. */
bool signal_breaks(void);
/* The calling thread can no longer be sent signals. */
void signal_leave(void);

#endif
