/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address space: mmap and its relatives over the upper part of the compartment's heap, which grows
 * down towards what malloc takes from below. Pages come from the kernel, zeroed, when they are
 * first touched. What was given back is kept for later and zeroed when it is given out again.
 *
 * Protection is the kernel's, per slot, and a compartment can only narrow it for good. So
 * mprotect() accepts what the pages allow anyway (reading and writing) and what asks for less,
 * which is not enforced; asking for execution is refused.
 */
#include "../runtime.h"
#include "calls.h"
#include "personality.h"
#include <sys/mman.h>
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>

#define BREAK_SIZE (64ull << 20) /* address space for brk() */

/* The arena: [heap_high - taken, heap_high) without gaps, as a list of runs in order of addresses.
 * Neighbouring runs never have the same state. */
struct run {
    uint64_t start, end;
    bool mapped;
};

static struct run *runs;
static size_t run_count, run_room;

static bool make_room(void)
{
    if (run_count + 2 <= run_room)
        return true;
    size_t room = run_room == 0 ? 32 : run_room * 2;
    struct run *longer = realloc(runs, room * sizeof *runs);
    if (longer == NULL)
        return false;
    runs = longer;
    run_room = room;
    return true;
}

static void insert(size_t index, struct run run)
{
    memmove(runs + index + 1, runs + index, (run_count - index) * sizeof *runs);
    runs[index] = run;
    run_count++;
}

static void erase(size_t index)
{
    memmove(runs + index, runs + index + 1, (run_count - index - 1) * sizeof *runs);
    run_count--;
}

/* Gives [start, end), which lies in run `index`, the state `mapped`. Needs room for two more. */
static void set_in_run(size_t index, uint64_t start, uint64_t end, bool mapped)
{
    struct run old = runs[index];
    if (old.mapped == mapped)
        return;
    runs[index] = (struct run){start, end, mapped};
    if (old.end > end)
        insert(index + 1, (struct run){end, old.end, old.mapped});
    if (old.start < start) {
        insert(index, (struct run){old.start, start, old.mapped});
        index++;
    }
    if (index + 1 < run_count && runs[index + 1].mapped == mapped) {
        runs[index].end = runs[index + 1].end;
        erase(index + 1);
    }
    if (index > 0 && runs[index - 1].mapped == mapped) {
        runs[index - 1].end = runs[index].end;
        erase(index);
    }
}

static size_t run_at(uint64_t address)
{
    size_t low = 0, high = run_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (runs[middle].start <= address)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t arena_low(void)
{
    return run_count == 0 ? twz_rt_own_state->heap_high & ~(TWZ_PAGE_SIZE - 1) : runs[0].start;
}

static bool in_arena(uint64_t start, uint64_t end)
{
    return run_count > 0 && start >= runs[0].start && end <= runs[run_count - 1].end;
}

/* Sets the state of [start, end), which lies in the arena; what becomes mapped is zeroed. */
static bool set_range(uint64_t start, uint64_t end, bool mapped)
{
    while (start < end) {
        if (!make_room())
            return false;
        size_t index = run_at(start);
        uint64_t stop = runs[index].end < end ? runs[index].end : end;
        if (mapped)
            memset((void *)(uintptr_t)start, 0, stop - start);
        set_in_run(index, start, stop, mapped);
        start = stop;
    }
    return true;
}

/* Makes the arena longer by `size` bytes at its lower end, all of it mapped and never touched. */
static uint64_t extend(uint64_t size)
{
    uint64_t low = arena_low();
    if (!make_room() || !twz_rt_heap_take_top(low, size))
        return 0;
    if (run_count > 0 && runs[0].mapped)
        runs[0].start = low - size;
    else
        insert(0, (struct run){low - size, low, true});
    return low - size;
}

/* Address of `size` bytes of zeros, or 0. The tightest gap wins. */
static uint64_t reserve(uint64_t size)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < run_count; i++) {
        uint64_t length = runs[i].end - runs[i].start;
        if (!runs[i].mapped && length >= size &&
            (best == SIZE_MAX || length < runs[best].end - runs[best].start))
            best = i;
    }
    if (best == SIZE_MAX)
        return extend(size);
    uint64_t start = runs[best].end - size;
    return set_range(start, start + size, true) ? start : 0;
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

/* The pages of an object of the image, as they are. */
static bool is_image(const struct node *node, int protection, uint64_t offset, uint64_t size)
{
    return node->kind == NODE_IMAGE && !(protection & PROT_WRITE) && offset < node->size &&
           (uintptr_t)(node->bytes + offset) % TWZ_PAGE_SIZE == 0 &&
           whole_pages(node->size - offset) >= size;
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
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (node != NULL && !fixed && is_image(node, protection, offset, size))
        return (int64_t)(uintptr_t)(node->bytes + offset);
    if (fixed) {
        if (!is_range(address, size, &end))
            return -EINVAL;
        if (!in_arena(address, end))
            return -ENOMEM;
        if (flags & MAP_FIXED_NOREPLACE)
            for (size_t i = run_at(address); i < run_count && runs[i].start < end; i++)
                if (runs[i].mapped)
                    return -EEXIST;
        if (!set_range(address, end, true))
            return -ENOMEM;
    } else {
        address = reserve(size);
        if (address == 0)
            return -ENOMEM;
    }
    if (node != NULL)
        fill(node, address, size, offset);
    return (int64_t)address;
}

int64_t linux_munmap(uint64_t address, uint64_t length)
{
    uint64_t size = whole_pages(length), end;
    if (size == 0 || !is_range(address, size, &end))
        return -EINVAL;
    if (run_count == 0 || end <= runs[0].start || address >= runs[run_count - 1].end)
        return 0; /* nothing of ours is mapped there: objects of the image stay */
    if (address < runs[0].start)
        address = runs[0].start;
    if (end > runs[run_count - 1].end)
        end = runs[run_count - 1].end;
    return set_range(address, end, false) ? 0 : -ENOMEM;
}

/* Grows in place into the gap behind it. */
static bool grow_in_place(uint64_t end, uint64_t more)
{
    if (end >= runs[run_count - 1].end)
        return false;
    const struct run *gap = &runs[run_at(end)];
    return !gap->mapped && gap->end - end >= more && set_range(end, end + more, true);
}

int64_t linux_mremap(uint64_t address, uint64_t old_length, uint64_t new_length, int flags)
{
    uint64_t old_size = whole_pages(old_length), new_size = whole_pages(new_length), end;
    if ((flags & ~MREMAP_MAYMOVE) || old_size == 0 || new_length == 0 ||
        !is_range(address, old_size, &end))
        return -EINVAL;
    if (new_size == 0)
        return -ENOMEM;
    if (!in_arena(address, end) || !runs[run_at(address)].mapped || runs[run_at(address)].end < end)
        return -EFAULT;
    if (new_size <= old_size)
        return set_range(address + new_size, end, false) ? (int64_t)address : -ENOMEM;
    if (grow_in_place(end, new_size - old_size))
        return (int64_t)address;
    uint64_t moved = flags & MREMAP_MAYMOVE ? reserve(new_size) : 0;
    if (moved == 0)
        return -ENOMEM;
    memcpy((void *)(uintptr_t)moved, (const void *)(uintptr_t)address, old_size);
    set_range(address, end, false);
    return (int64_t)moved;
}

int64_t linux_mprotect(uint64_t address, uint64_t length, int protection)
{
    uint64_t end;
    if (!is_range(address, length, &end) ||
        (protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN)))
        return -EINVAL;
    return protection & PROT_EXEC ? -EACCES : 0;
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
    if (!in_arena(address, end))
        return -ENOMEM;
    for (size_t i = run_at(address); i < run_count && runs[i].start < end; i++)
        if (!runs[i].mapped)
            return -ENOMEM;
    memset((void *)(uintptr_t)address, 0, size);
    return 0;
}

/* Nothing is kept anywhere else, and nothing is ever paged out. */
int64_t linux_msync(uint64_t address, uint64_t length)
{
    uint64_t end;
    return is_range(address, length, &end) ? 0 : -EINVAL;
}

int64_t linux_brk(uint64_t address)
{
    static uint64_t start, current, highest;
    if (start == 0)
        start = current = highest = reserve(BREAK_SIZE);
    if (start == 0 || address < start || address > start + BREAK_SIZE)
        return (int64_t)current;
    if (address > current && current < highest) /* was in use before */
        memset((void *)(uintptr_t)current, 0, (address < highest ? address : highest) - current);
    current = address;
    if (current > highest)
        highest = current;
    return (int64_t)current;
}
