/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address space: mmap and its relatives over the upper part of the compartment's heap, which grows
 * down towards what malloc takes from below. Pages come from the kernel, zeroed, when they are
 * first touched. What is given back is the kernel's again, frames and all, and faults until it is
 * mapped anew. Protection is the kernel's, page by page; asking for execution is refused.
 */
#include "../runs.h"
#include "../runtime.h"
#include "calls.h"
#include "personality.h"
#include <sys/mman.h>
#include <twz/rt/string.h>
#include <twz/sys/call.h>

#define BREAK_SIZE (64ull << 20) /* address space for brk(), or a quarter of the heap */

/* The arena, from its lowest mapping up to heap_high. The state of what is mapped is MAPPED and the
 * rights left. */
#define MAPPED (TWZ_READ | TWZ_WRITE | 1u << 8)
#define RIGHTS ((uint64_t)(TWZ_READ | TWZ_WRITE))
static struct twz_rt_runs arena;

static uint64_t state_of(int protection)
{
    uint64_t rights = protection & PROT_WRITE  ? TWZ_READ | TWZ_WRITE
                      : protection & PROT_READ ? TWZ_READ
                                               : 0;
    return (MAPPED & ~RIGHTS) | rights;
}

static bool is_mapped(const struct twz_rt_run *run)
{
    return run->state != 0;
}

static struct twz_rt_run *run_at(uint64_t address)
{
    return &arena.list[twz_rt_runs_at(&arena, address)];
}

static const struct twz_rt_run *last_run(void)
{
    return &arena.list[arena.count - 1];
}

static uint64_t arena_low(void)
{
    return arena.count == 0 ? twz_rt_own_state->heap_high & ~(TWZ_PAGE_SIZE - 1)
                            : arena.list[0].start;
}

static bool in_arena(uint64_t start, uint64_t end)
{
    return arena.count > 0 && start >= arena_low() && end <= last_run()->end;
}

static bool all_mapped(uint64_t start, uint64_t end)
{
    if (!in_arena(start, end))
        return false;
    for (const struct twz_rt_run *run = run_at(start); run <= last_run() && run->start < end; run++)
        if (!is_mapped(run))
            return false;
    return true;
}

/* Leaves these rights of pages; with TWZ_PAGES_DROP, makes them zero. A negated error. */
static int64_t set_pages(uint64_t start, uint64_t end, uint64_t rights, uint32_t flags)
{
    int64_t status = 0;
    while (start < end && status == 0) {
        uint64_t count = (end - start) / TWZ_PAGE_SIZE;
        if (count > TWZ_PAGES_MAX)
            count = TWZ_PAGES_MAX;
        status = twz_syscall4(TWZ_SYS_OBJECT_PAGES, start, count, rights & RIGHTS, flags);
        start += count * TWZ_PAGE_SIZE;
    }
    return status;
}

/* Gives [start, end), which lies in the arena, a state. */
static bool set_range(uint64_t start, uint64_t end, uint64_t state, uint32_t flags)
{
    return set_pages(start, end, state, flags) >= 0 && twz_rt_runs_set(&arena, start, end, state);
}

/* `size` bytes at the lower end of the arena, which gets longer by what is missing there. */
static uint64_t extend(uint64_t size, uint64_t state)
{
    uint64_t low = arena_low();
    uint64_t free = arena.count > 0 && !is_mapped(&arena.list[0]) ? arena.list[0].end - low : 0;
    uint64_t start = low - (size - free);
    if (!twz_rt_runs_reserve(&arena) || !twz_rt_heap_take_top(low, size - free))
        return 0;
    if (arena.count == 0)
        arena.list[arena.count++] = (struct twz_rt_run){start, low, 0};
    else
        twz_rt_runs_extend(&arena, start, 0);
    return set_range(start, start + size, state, 0) ? start : 0;
}

/* Address of `size` bytes of zeros, or 0. The tightest gap wins. */
static uint64_t reserve(uint64_t size, uint64_t state)
{
    const struct twz_rt_run *gap = twz_rt_runs_find(&arena, size, TWZ_PAGE_SIZE);
    if (gap == NULL)
        return extend(size, state);
    uint64_t start = gap->end - size;
    return set_range(start, start + size, state, 0) ? start : 0;
}

/* Whole pages; 0 when there are none or too many. */
static uint64_t whole_pages(uint64_t size)
{
    return size > TWZ_SLOT_SIZE ? 0 : (size + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
}

static bool is_range(uint64_t address, uint64_t size, uint64_t *end)
{
    return address % TWZ_PAGE_SIZE == 0 && !__builtin_add_overflow(address, size, end);
}

/* Whether the page in which the file ends goes on with zeros. In an archive it need not. */
static bool ends_in_zeros(const struct node *node)
{
    const unsigned char *at = node->bytes + node->size;
    while ((uintptr_t)at % TWZ_PAGE_SIZE != 0)
        if (*at++ != 0)
            return false;
    return true;
}

/* Whether the pages of an object of the image can be mapped as they are. */
static bool is_image(const struct node *node, int protection, uint64_t offset, uint64_t size)
{
    return node->kind == NODE_IMAGE && !(protection & PROT_WRITE) && offset < node->size &&
           (uintptr_t)(node->bytes + offset) % TWZ_PAGE_SIZE == 0 &&
           whole_pages(node->size - offset) >= size &&
           (size <= node->size - offset || ends_in_zeros(node));
}

/* What a mapping of a file begins with. */
static int64_t fill(struct node *node, uint64_t address, uint64_t size, uint64_t offset)
{
    void *to = (void *)(uintptr_t)address;
    if (node->kind == NODE_FILE)
        return pages_read(node, to, size, offset);
    if (node->kind == NODE_IMAGE && offset < node->size)
        memcpy(to, node->bytes + offset,
               size < node->size - offset ? size : (size_t)(node->size - offset));
    return 0;
}

static int64_t check_file(const struct open_file *file, int protection, int flags)
{
    if (file == NULL)
        return -EBADF;
    enum node_kind kind = file->node->kind;
    if (kind != NODE_FILE && kind != NODE_IMAGE && kind != NODE_ZERO)
        return -ENODEV;
    if ((file->flags & O_ACCMODE) == O_WRONLY)
        return -EACCES;
    /* A change would not be seen in the file. */
    return (flags & MAP_TYPE) != MAP_PRIVATE && (protection & PROT_WRITE) && kind != NODE_ZERO
               ? -ENODEV
               : 0;
}

int64_t linux_mmap(uint64_t address, uint64_t length, int protection, int flags, int fd,
                   uint64_t offset)
{
    uint64_t size = whole_pages(length), end;
    int type = flags & MAP_TYPE;
    if (length == 0 || offset % TWZ_PAGE_SIZE != 0 ||
        (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (size == 0)
        return -ENOMEM;
    if (protection & PROT_EXEC)
        return -EACCES;
    struct node *node = NULL;
    if (!(flags & MAP_ANONYMOUS)) {
        const struct open_file *file = file_of(fd);
        int64_t status = check_file(file, protection, flags);
        if (status < 0)
            return status;
        node = file->node;
    }
    /* A file's bytes have to get there first. */
    uint64_t state = state_of(node != NULL ? PROT_WRITE : protection);
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (node != NULL && !fixed && is_image(node, protection, offset, size))
        return (int64_t)(uintptr_t)(node->bytes + offset);
    if (fixed) {
        if (!is_range(address, size, &end))
            return -EINVAL;
        if (!in_arena(address, end))
            return -ENOMEM;
        if (flags & MAP_FIXED_NOREPLACE)
            for (const struct twz_rt_run *run = run_at(address);
                 run <= last_run() && run->start < end; run++)
                if (is_mapped(run))
                    return -EEXIST;
        if (!set_range(address, end, state, TWZ_PAGES_DROP))
            return -ENOMEM;
    } else {
        address = reserve(size, state);
        if (address == 0)
            return -ENOMEM;
    }
    if (node == NULL)
        return (int64_t)address;
    fill(node, address, size, offset);
    return set_range(address, address + size, state_of(protection), 0) ? (int64_t)address : -ENOMEM;
}

int64_t linux_munmap(uint64_t address, uint64_t length)
{
    uint64_t size = whole_pages(length), end;
    if (size == 0 || !is_range(address, size, &end))
        return -EINVAL;
    if (arena.count == 0 || end <= arena_low() || address >= last_run()->end)
        return 0; /* nothing of ours is mapped there: objects of the image stay */
    if (address < arena_low())
        address = arena_low();
    if (end > last_run()->end)
        end = last_run()->end;
    return set_range(address, end, 0, TWZ_PAGES_DROP) ? 0 : -ENOMEM;
}

/* Grows in place into the gap behind it. */
static bool grow_in_place(uint64_t end, uint64_t more, uint64_t state)
{
    if (end >= last_run()->end)
        return false;
    const struct twz_rt_run *gap = run_at(end);
    return !is_mapped(gap) && gap->end - end >= more && set_range(end, end + more, state, 0);
}

int64_t linux_mremap(uint64_t address, uint64_t old_length, uint64_t new_length, int flags)
{
    uint64_t old_size = whole_pages(old_length), new_size = whole_pages(new_length), end;
    if ((flags & ~MREMAP_MAYMOVE) || old_size == 0 || new_length == 0 ||
        !is_range(address, old_size, &end))
        return -EINVAL;
    if (new_size == 0)
        return -ENOMEM;
    if (!in_arena(address, end) || !is_mapped(run_at(address)) || run_at(address)->end < end)
        return -EFAULT;
    uint64_t state = run_at(address)->state;
    if (new_size <= old_size)
        return set_range(address + new_size, end, 0, TWZ_PAGES_DROP) ? (int64_t)address : -ENOMEM;
    if (grow_in_place(end, new_size - old_size, state))
        return (int64_t)address;
    uint64_t moved = flags & MREMAP_MAYMOVE ? reserve(new_size, MAPPED) : 0;
    if (moved == 0)
        return -ENOMEM;
    if (set_pages(address, end, MAPPED, 0) < 0)
        return -ENOMEM;
    memcpy((void *)(uintptr_t)moved, (const void *)(uintptr_t)address, old_size);
    set_range(address, end, 0, TWZ_PAGES_DROP);
    return set_range(moved, moved + new_size, state, 0) ? (int64_t)moved : -ENOMEM;
}

int64_t linux_mprotect(uint64_t address, uint64_t length, int protection)
{
    uint64_t size = whole_pages(length), end;
    if (!is_range(address, size, &end) || (size == 0 && length != 0) ||
        (protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN)))
        return -EINVAL;
    if (protection & PROT_EXEC)
        return -EACCES;
    if (size == 0)
        return 0;
    if (arena.count > 0 && end > arena_low() && address < last_run()->end)
        return all_mapped(address, end) && set_range(address, end, state_of(protection), 0)
                   ? 0
                   : -ENOMEM;
    /* What malloc gave, data and stacks; what can not be written stays as it is. */
    int64_t status = set_pages(address, end, state_of(protection), 0);
    return status == 0 || protection == PROT_READ ? 0 : status == -TWZ_EPERM ? -EACCES : -ENOMEM;
}

int64_t linux_madvise(uint64_t address, uint64_t length, int advice)
{
    uint64_t size = whole_pages(length), end;
    if (!is_range(address, size, &end) || (size == 0 && length != 0))
        return -EINVAL;
    if (advice != MADV_DONTNEED)
        return advice >= 0 && advice <= MADV_FREE ? 0 : -EINVAL;
    if (size == 0)
        return 0;
    if (!all_mapped(address, end))
        return -ENOMEM;
    for (const struct twz_rt_run *run = run_at(address); run <= last_run() && run->start < end;
         run++) {
        uint64_t start = run->start > address ? run->start : address;
        uint64_t stop = run->end < end ? run->end : end;
        if (set_pages(start, stop, run->state, TWZ_PAGES_DROP) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Nothing is kept anywhere else, and nothing is ever paged out. */
int64_t linux_msync(uint64_t address, uint64_t length)
{
    uint64_t end;
    return is_range(address, length, &end) ? 0 : -EINVAL;
}

static uint64_t page_up(uint64_t address)
{
    return (address + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
}

int64_t linux_brk(uint64_t address)
{
    static uint64_t start, current, limit;
    if (start == 0) {
        uint64_t quarter = (twz_rt_own_state->heap_high - twz_rt_own_state->heap_low) / 4;
        uint64_t size = (quarter < BREAK_SIZE ? quarter : BREAK_SIZE) & ~(TWZ_PAGE_SIZE - 1);
        start = current = reserve(size, state_of(PROT_NONE));
        limit = start + size;
    }
    if (start == 0 || address < start || address > limit)
        return (int64_t)current;
    uint64_t old_end = page_up(current), new_end = page_up(address);
    if (new_end > old_end ? !set_range(old_end, new_end, MAPPED, 0)
                          : !set_range(new_end, old_end, state_of(PROT_NONE), TWZ_PAGES_DROP))
        return (int64_t)current;
    if (address < current && address < new_end) /* the rest of the last page reads as zeros */
        memset((void *)(uintptr_t)address, 0, (current < new_end ? current : new_end) - address);
    current = address;
    return (int64_t)current;
}
