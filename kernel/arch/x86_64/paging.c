/* SPDX-License-Identifier: BSD-2-Clause */
#include "paging.h"
#include "cpu.h"
#include "frame.h"
#include "log.h"

#define PRESENT    (1ull << 0)
#define WRITABLE   (1ull << 1)
#define USER       (1ull << 2)
#define UNCACHED   (3ull << 3)
#define ACCESSED   (1ull << 5)
#define DIRTY      (1ull << 6)
#define LARGE      (1ull << 7)
#define GLOBAL     (1ull << 8)
#define NX         (1ull << 63)
#define ADDRESS    0x000ffffffffff000ull
#define LARGE_SIZE 0x200000ull

/* Unmapping more pages than this reloads CR3 instead of one INVLPG each. */
#define FLUSH_ALL 32

extern char k_image_start[], k_text_end[], k_rodata_end[], k_image_end[];

static k_phys kernel_root;

k_phys k_image_frame(const void *symbol)
{
    return (uint64_t)symbol - K_IMAGE_BASE;
}

static uint64_t *table_at(uint64_t entry)
{
    return k_direct(entry & ADDRESS);
}

static unsigned index_of(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (12 + 9 * level)) & 511;
}

/* The entry for address at `level` (0: page, 1: 2 MiB). Makes tables on the way when `flags` is not
 * 0. NULL: there is none, or no memory. */
static uint64_t *entry_at(k_phys root, uint64_t address, unsigned level, uint64_t flags,
                          uint32_t *made)
{
    uint64_t *table = k_direct(root);
    for (unsigned at = 3; at > level; at--) {
        uint64_t *entry = &table[index_of(address, at)];
        if ((*entry & PRESENT) == 0) {
            k_phys frame = flags == 0 ? 0 : k_frame_alloc(K_FRAME_TABLE);
            if (frame == 0)
                return NULL;
            *entry = frame | flags;
            if (made != NULL)
                ++*made;
        }
        table = table_at(*entry);
    }
    return &table[index_of(address, level)];
}

/* ---- The kernel's half ---- */

static void map_boot(uint64_t address, uint64_t physical, uint64_t flags)
{
    unsigned level = flags & LARGE ? 1 : 0;
    uint64_t *entry = entry_at(kernel_root, address, level, PRESENT | WRITABLE | ACCESSED, NULL);
    if (entry == NULL)
        k_panic(NULL, "no memory for the kernel's page tables");
    *entry = physical | flags | PRESENT | ACCESSED | DIRTY;
}

static bool is_read_only(k_phys frame)
{
    return k_frame_kind(frame) == K_FRAME_CODE ||
           (frame >= k_image_frame(k_image_start) && frame < k_image_frame(k_rodata_end));
}

static void map_direct(k_phys start)
{
    bool mixed = false;
    for (k_phys at = start; at < start + LARGE_SIZE; at += TWZ_PAGE_SIZE)
        mixed |= is_read_only(at);
    if (!mixed) {
        map_boot(K_DIRECT_BASE + start, start, WRITABLE | GLOBAL | LARGE | NX);
        return;
    }
    for (k_phys at = start; at < start + LARGE_SIZE; at += TWZ_PAGE_SIZE)
        map_boot(K_DIRECT_BASE + at, at, (is_read_only(at) ? 0 : WRITABLE) | GLOBAL | NX);
}

void k_paging_init(const struct k_boot *boot)
{
    kernel_root = k_frame_alloc(K_FRAME_TABLE);
    k_assert(kernel_root != 0);
    for (const char *at = k_image_start; at < k_image_end; at += TWZ_PAGE_SIZE) {
        uint64_t flags = at < k_text_end ? 0 : at < k_rodata_end ? NX : NX | WRITABLE;
        map_boot((uint64_t)at, k_image_frame(at), flags | GLOBAL);
    }
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        k_phys start = boot->memory[i].start & ~(LARGE_SIZE - 1);
        for (; start < boot->memory[i].end && start < k_frames_end(); start += LARGE_SIZE)
            map_direct(start);
    }
    /* Every root copies the upper entries once, so the ones that fill up later must exist now. */
    uint64_t *root = k_direct(kernel_root);
    const uint64_t windows[] = {K_THREADS_BASE, K_DEVICE_BASE};
    for (unsigned i = 0; i < 2; i++) {
        k_phys frame = k_frame_alloc(K_FRAME_TABLE);
        k_assert(frame != 0);
        root[index_of(windows[i], 3)] = frame | PRESENT | WRITABLE | ACCESSED;
    }
    k_write_cr3(kernel_root);
}

bool k_paging_map_kernel(uint64_t address, k_phys frame)
{
    uint64_t *entry = entry_at(kernel_root, address, 0, PRESENT | WRITABLE | ACCESSED, NULL);
    if (entry == NULL)
        return false;
    k_assert(*entry == 0 && k_frame_kind(frame) == K_FRAME_KERNEL);
    *entry = frame | PRESENT | WRITABLE | ACCESSED | DIRTY | GLOBAL | NX;
    return true;
}

k_phys k_paging_unmap_kernel(uint64_t address)
{
    uint64_t *entry = entry_at(kernel_root, address, 0, 0, NULL);
    if (entry == NULL || *entry == 0)
        return 0;
    k_phys frame = *entry & ADDRESS;
    *entry = 0;
    k_invlpg(address);
    return frame;
}

void k_paging_map_device(uint64_t address, k_phys registers)
{
    map_boot(address, registers, WRITABLE | UNCACHED | GLOBAL | NX);
}

/* ---- The user's half: one root per context ---- */

bool k_space_create(struct k_space *space)
{
    space->root = k_frame_alloc(K_FRAME_TABLE);
    if (space->root == 0)
        return false;
    space->tables = 1;
    uint64_t *root = k_direct(space->root);
    const uint64_t *kernel = k_direct(kernel_root);
    for (unsigned i = 256; i < 512; i++)
        root[i] = kernel[i];
    return true;
}

/* Frees a table and all tables below it. Pages are not touched: the objects have them. */
static void free_tables(struct k_space *space, uint64_t *entry, unsigned level)
{
    if ((*entry & PRESENT) == 0)
        return;
    uint64_t *table = table_at(*entry);
    for (unsigned i = 0; level > 0 && i < 512; i++)
        free_tables(space, &table[i], level - 1);
    k_frame_drop(*entry & ADDRESS);
    space->tables--;
    *entry = 0;
}

void k_space_destroy(struct k_space *space)
{
    k_assert(k_read_cr3() != space->root);
    uint64_t *root = k_direct(space->root);
    for (unsigned i = 0; i < 256; i++)
        free_tables(space, &root[i], 2);
    k_frame_drop(space->root);
    space->tables--;
    k_assert(space->tables == 0);
}

bool k_space_map(struct k_space *space, uint64_t address, k_phys frame, uint32_t rights)
{
    enum k_frame_kind kind = k_frame_kind(frame);
    k_assert(address % TWZ_PAGE_SIZE == 0 && address < K_USER_END);
    k_assert(rights & TWZ_READ && (kind == K_FRAME_CODE || kind == K_FRAME_DATA));
    k_assert(!(rights & TWZ_EXECUTE) || kind == K_FRAME_CODE);
    k_assert(!(rights & TWZ_WRITE) || k_frame_is_own(frame));

    uint64_t *entry =
        entry_at(space->root, address, 0, PRESENT | WRITABLE | USER | ACCESSED, &space->tables);
    if (entry == NULL)
        return false;
    uint64_t old = *entry;
    *entry = frame | PRESENT | USER | ACCESSED | DIRTY | (rights & TWZ_WRITE ? WRITABLE : 0) |
             (rights & TWZ_EXECUTE ? 0 : NX);
    if (old & PRESENT)
        k_invlpg(address);
    return true;
}

static void remove_pages(struct k_space *space, uint64_t address, uint64_t count)
{
    uint64_t *slot = entry_at(space->root, address, 2, 0, NULL);
    if (slot == NULL || (*slot & PRESENT) == 0)
        return;
    if (address % TWZ_SLOT_SIZE == 0 && count == TWZ_OBJECT_PAGES) {
        free_tables(space, slot, 1);
        return;
    }
    uint64_t end = address + count * TWZ_PAGE_SIZE;
    while (address < end) {
        uint64_t *entry = entry_at(space->root, address, 0, 0, NULL);
        if (entry != NULL)
            *entry = 0;
        address =
            entry != NULL ? address + TWZ_PAGE_SIZE : (address + LARGE_SIZE) & ~(LARGE_SIZE - 1);
    }
}

void k_space_unmap(struct k_space *space, uint64_t address, uint64_t pages)
{
    remove_pages(space, address, pages);
    /* There are no process-context IDs: other roots are forgotten when CR3 leaves them. */
    if (k_read_cr3() != space->root)
        return;
    if (pages > FLUSH_ALL) {
        k_write_cr3(space->root);
        return;
    }
    for (uint64_t i = 0; i < pages; i++)
        k_invlpg(address + i * TWZ_PAGE_SIZE);
}
