/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The naming service: an ordinary library with gates, in a compartment that a policy gives it. What
 * it knows are namespaces, each an object of its own: a sorted table of names and IDs. Who may do
 * what is decided by the policy, gate by gate; here everybody is equal, and nobody can take all the
 * room there is.
 */
#define TWZ_GATE_PROVIDER
/* The gates demand nothing by themselves, because the runtime in their own compartment refers to
 * them as well. Where the policy gives them one, callers are isolated from it as always. */
#define TWZ_GATE_ISOLATION 0
#include <twz/names_gates.h>

#include <stdbool.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/sys/call.h>

#define SPACES_MAX 60u /* with some room for the compartment's other objects */
#define SPACE_SIZE (1u << 20)
#define PART_MAX   63u /* bytes */

/* What one compartment may have. */
#define OWNERS_MAX       64u
#define NAMES_PER_OWNER  2000u
#define SPACES_PER_OWNER 15u

/* The contents of a namespace's object. */
struct space {
    char magic[8]; /* "TWZNAMES" */
    uint64_t count;
    struct twz_rt_name entries[]; /* sorted by name; `reserved` is the owner's place in owners[] */
};
#define ENTRIES_MAX ((SPACE_SIZE - sizeof(struct space)) / sizeof(struct twz_rt_name))

/* Where the namespaces are; [0] is the topmost. */
static struct {
    struct twz_id id;
    struct space *space; /* NULL: vacant */
} spaces[SPACES_MAX];

/* Who has made names. A place is vacant when none of them is left. */
static struct {
    struct twz_id id;
    uint32_t names; /* namespaces included */
    uint32_t spaces;
} owners[OWNERS_MAX];

static uint32_t lock; /* number of the thread that is inside, + 1 */

/* A thread that is inside already had its call ended there, by a deadline. */
static void enter(void)
{
    uint32_t self = twz_rt_thread_number() + 1, holder = 0;
    while (!__atomic_compare_exchange_n(&lock, &holder, self, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE)) {
        if (holder == self)
            return;
        (void)twz_rt_futex_wait(&lock, holder, UINT64_MAX);
        holder = 0;
    }
}

static void leave(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    (void)twz_rt_futex_wake(&lock, 1);
}

static void count(const struct twz_rt_name *entry, int more)
{
    owners[entry->reserved].names += (uint32_t)more;
    if (entry->kind == TWZ_RT_NAME_SPACE)
        owners[entry->reserved].spaces += (uint32_t)more;
}

/* Whether the calling compartment may have one more entry; sets its owner. */
static int64_t charge(struct twz_rt_name *entry)
{
    struct twz_id caller = {0, 0}; /* somebody in this compartment */
    (void)twz_syscall1(TWZ_SYS_GATE_CALLER, (uintptr_t)&caller);
    uint32_t at = 0;
    while (at < OWNERS_MAX && (owners[at].names == 0 || owners[at].id.hi != caller.hi ||
                               owners[at].id.lo != caller.lo))
        at++;
    for (uint32_t i = 0; at == OWNERS_MAX && i < OWNERS_MAX; i++)
        if (owners[i].names == 0) {
            owners[i].id = caller;
            at = i;
        }
    if (at == OWNERS_MAX || owners[at].names == NAMES_PER_OWNER ||
        (entry->kind == TWZ_RT_NAME_SPACE && owners[at].spaces == SPACES_PER_OWNER))
        return -TWZ_ELIMIT;
    entry->reserved = at;
    return 0;
}

static void hand_out(const struct twz_rt_name *entry, struct twz_rt_name *copy)
{
    *copy = *entry;
    copy->reserved = 0;
}

/* Finds a place in the table for a new namespace. */
static int64_t make_space(struct twz_id *id)
{
    struct twz_rt_object object;
    unsigned at = 0;
    while (at < SPACES_MAX && spaces[at].space != NULL)
        at++;
    if (at == SPACES_MAX)
        return -TWZ_ELIMIT;
    int64_t status = twz_rt_object_create(SPACE_SIZE, &object);
    if (status < 0)
        return status;
    struct space *space = object.data;
    memcpy(space->magic, "TWZNAMES", sizeof space->magic);
    spaces[at].id = object.id;
    spaces[at].space = space;
    *id = object.id;
    return 0;
}

static int64_t space_of(struct twz_id id, struct space **space)
{
    for (unsigned i = 0; i < SPACES_MAX; i++)
        if (spaces[i].space != NULL && spaces[i].id.hi == id.hi && spaces[i].id.lo == id.lo) {
            *space = spaces[i].space;
            return 0;
        }
    return -TWZ_RT_ENOSPACE;
}

static void drop_space(struct twz_id id)
{
    for (unsigned i = 1; i < SPACES_MAX; i++)
        if (spaces[i].space != NULL && spaces[i].id.hi == id.hi && spaces[i].id.lo == id.lo) {
            struct twz_rt_object object = {.id = id, .data = spaces[i].space, .rights = TWZ_WRITE};
            (void)twz_rt_object_release(&object);
            spaces[i].space = NULL;
        }
}

/* Where `part` is in the table, or would be. */
static bool search(const struct space *space, const char *part, uint64_t *at)
{
    uint64_t low = 0, high = space->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order = strcmp(part, space->entries[middle].name);
        if (order == 0) {
            *at = middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *at = low;
    return false;
}

static int64_t insert(struct space *space, const struct twz_rt_name *entry)
{
    uint64_t at;
    if (search(space, entry->name, &at))
        return -TWZ_EEXIST;
    if (space->count == ENTRIES_MAX)
        return -TWZ_ELIMIT;
    memmove(&space->entries[at + 1], &space->entries[at],
            (space->count - at) * sizeof space->entries[0]);
    space->entries[at] = *entry;
    space->count++;
    return 0;
}

static void erase(struct space *space, uint64_t at)
{
    space->count--;
    memmove(&space->entries[at], &space->entries[at + 1],
            (space->count - at) * sizeof space->entries[0]);
}

/* Names are shown to people and used as names of files: bytes as in names of objects, and nothing
 * that means another place. */
static bool is_part(const char *part, size_t length)
{
    if (length == 0 || length > PART_MAX || (part[0] == '.' && length == 1) ||
        (part[0] == '.' && part[1] == '.' && length == 2))
        return false;
    for (size_t i = 0; i < length; i++)
        if (part[i] <= ' ' || part[i] > '~')
            return false;
    return true;
}

static bool is_name(const char *name)
{
    for (const char *slash; (slash = strchr(name, '/')) != NULL; name = slash + 1)
        if (!is_part(name, (size_t)(slash - name)))
            return false;
    return is_part(name, strlen(name));
}

/* Walks to the namespace that has the last part of `name`. With all of it walked (name ends where
 * a namespace does) `part` is "". */
static int64_t walk(const char *name, bool whole, struct space **space, char part[PART_MAX + 1])
{
    struct twz_id id;
    int64_t status = spaces[0].space != NULL ? 0 : make_space(&id);
    *space = spaces[0].space;
    part[0] = '\0';
    if (*name != '\0' && !is_name(name))
        return -TWZ_RT_EBADNAME;
    for (const char *at = name; status == 0 && *at != '\0';) {
        const char *slash = strchr(at, '/');
        size_t length = slash != NULL ? (size_t)(slash - at) : strlen(at);
        memcpy(part, at, length);
        part[length] = '\0';
        if (slash == NULL && !whole)
            return 0;
        uint64_t index;
        if (!search(*space, part, &index))
            return -TWZ_ENOENT;
        if ((*space)->entries[index].kind != TWZ_RT_NAME_SPACE)
            return -TWZ_RT_ENOSPACE;
        status = space_of((*space)->entries[index].id, space);
        part[0] = '\0';
        at += length + (slash != NULL);
    }
    return status;
}

static int64_t find(const char *name, struct space **space, uint64_t *at)
{
    char part[PART_MAX + 1];
    int64_t status = walk(name, false, space, part);
    if (status < 0)
        return status;
    return part[0] != '\0' && search(*space, part, at) ? 0 : -TWZ_ENOENT;
}

static int64_t lookup(const char *name, struct twz_rt_name *found)
{
    struct space *space;
    uint64_t at;
    int64_t status = find(name, &space, &at);
    if (status == 0)
        hand_out(&space->entries[at], found);
    return status;
}

static int64_t list(const char *name, uint64_t cursor, struct twz_rt_name *entry)
{
    struct space *space;
    char part[PART_MAX + 1];
    int64_t status = walk(name, true, &space, part);
    if (status < 0)
        return status;
    if (cursor >= space->count)
        return -TWZ_ENOENT;
    hand_out(&space->entries[cursor], entry);
    return 0;
}

/* A name for an ID that is there, or for a new namespace. */
static int64_t add(const char *name, const struct twz_id *id)
{
    struct space *space;
    uint64_t at;
    struct twz_rt_name entry = {.kind = id != NULL ? TWZ_RT_NAME_OBJECT : TWZ_RT_NAME_SPACE};
    char part[PART_MAX + 1];
    int64_t status = walk(name, false, &space, part);
    if (status < 0)
        return status;
    if (part[0] == '\0')
        return -TWZ_RT_EBADNAME;
    if (search(space, part, &at))
        return -TWZ_EEXIST;
    memcpy(entry.name, part, sizeof part);
    status = charge(&entry);
    if (status < 0)
        return status;
    if (id != NULL)
        entry.id = *id;
    else
        status = make_space(&entry.id);
    if (status == 0)
        status = insert(space, &entry);
    if (status == 0)
        count(&entry, 1);
    else if (id == NULL)
        drop_space(entry.id);
    return status;
}

/* A namespace cannot be moved into itself, or nothing would lead to it any more. */
static bool is_inside(const char *name, const char *of)
{
    size_t length = strlen(of);
    return strncmp(name, of, length) == 0 && (name[length] == '/' || name[length] == '\0');
}

static int64_t move(const char *from, const char *to)
{
    struct space *source, *target;
    uint64_t at;
    char part[PART_MAX + 1];
    int64_t status = find(from, &source, &at);
    if (status == 0)
        status = walk(to, false, &target, part);
    if (status < 0)
        return status;
    if (part[0] == '\0' || is_inside(to, from))
        return -TWZ_RT_EBADNAME;
    struct twz_rt_name entry = source->entries[at];
    memcpy(entry.name, part, sizeof part);
    status = insert(target, &entry);
    if (status == 0 && find(from, &source, &at) == 0)
        erase(source, at);
    return status;
}

static int64_t take(const char *name)
{
    struct space *space, *inner;
    uint64_t at;
    int64_t status = find(name, &space, &at);
    if (status < 0)
        return status;
    struct twz_rt_name entry = space->entries[at];
    if (entry.kind == TWZ_RT_NAME_SPACE) {
        if (space_of(entry.id, &inner) == 0 && inner->count > 0)
            return -TWZ_RT_ENOTEMPTY;
        drop_space(entry.id);
    }
    erase(space, at);
    count(&entry, -1);
    return 0;
}

/* Strings of the gates are terminated copies; one with a terminator inside is no name. */
#define LOCKED(call)                                                                               \
    do {                                                                                           \
        enter();                                                                                   \
        int64_t locked_status = (call);                                                            \
        leave();                                                                                   \
        return locked_status;                                                                      \
    } while (0)

int64_t twz_names_lookup_impl(const char *name, size_t name_size, void *found, size_t found_size)
{
    if (strlen(name) != name_size || found_size != sizeof(struct twz_rt_name))
        return -TWZ_EINVAL;
    LOCKED(lookup(name, found));
}

int64_t twz_names_list_impl(const char *space, size_t space_size, uint64_t cursor, void *entry,
                            size_t entry_size)
{
    if (strlen(space) != space_size || entry_size != sizeof(struct twz_rt_name))
        return -TWZ_EINVAL;
    LOCKED(list(space, cursor, entry));
}

int64_t twz_names_bind_impl(const char *name, size_t name_size, struct twz_id id)
{
    if (strlen(name) != name_size || (id.hi | id.lo) == 0)
        return -TWZ_EINVAL;
    LOCKED(add(name, &id));
}

int64_t twz_names_space_impl(const char *name, size_t name_size)
{
    if (strlen(name) != name_size)
        return -TWZ_EINVAL;
    LOCKED(add(name, NULL));
}

int64_t twz_names_rename_impl(const char *from, size_t from_size, const char *to, size_t to_size)
{
    if (strlen(from) != from_size || strlen(to) != to_size)
        return -TWZ_EINVAL;
    LOCKED(move(from, to));
}

int64_t twz_names_remove_impl(const char *name, size_t name_size)
{
    if (strlen(name) != name_size)
        return -TWZ_EINVAL;
    LOCKED(take(name));
}
