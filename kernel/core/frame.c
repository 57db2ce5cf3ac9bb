/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"
#include "hooks.h"
#include "log.h"
#include "thread.h"
#include <string.h>

#define LOW_MEMORY   0x100000ull   /* left to firmware */
#define RESERVE      512u          /* frames that only the monitor gets */
#define MEMORY_LIMIT (64ull << 30) /* one PML4 entry holds 512 GiB; the table stays small */

struct frame {
    uint32_t references;
    uint32_t next : 28; /* free frames: number of the next one, 0: last; others: who pays */
    uint32_t kind : 4;
};
_Static_assert(MEMORY_LIMIT / TWZ_PAGE_SIZE < 1u << 28, "frame numbers fit");

/* What a context has taken, and may take at most (0: no limit). By its index + 1; nobody pays for
 * what the monitor takes. A frame stays with who took it until it is free again, also after the
 * context is gone: the next one of this index begins with that. */
static struct {
    uint32_t taken, most;
} accounts[K_CONTEXTS_MAX + 1];
static const struct k_context *payer; /* NULL: the active context */

static struct frame *frames;
static uint64_t frame_count;
static uint32_t free_list;

static struct frame *frame_of(k_phys frame)
{
    k_assert(frame % TWZ_PAGE_SIZE == 0 && frame / TWZ_PAGE_SIZE < frame_count);
    return &frames[frame / TWZ_PAGE_SIZE];
}

static void give(uint64_t number)
{
    frames[number].kind = K_FRAME_FREE;
    frames[number].references = 0;
    frames[number].next = free_list & 0xfffffff;
    free_list = (uint32_t)number;
    k_system.frames_free++;
}

static bool usable(const struct k_boot *boot, k_phys start, k_phys end)
{
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        if (start >= boot->memory[i].start && end <= boot->memory[i].end)
            return true;
    }
    return false;
}

static bool overlaps(k_phys a, k_phys a_end, k_phys b, k_phys b_end)
{
    return a < b_end && b < a_end;
}

/* Where `bytes` are usable, neither kernel nor image, and above what is left to firmware; 0:
 * nowhere. Directly behind the kernel if there is room. */
static k_phys place(const struct k_boot *boot, k_phys kernel_end, k_phys image_end, uint64_t bytes)
{
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        const struct k_region *region = &boot->memory[i];
        k_phys at = region->start < kernel_end ? kernel_end : region->start;
        if (overlaps(at, at + bytes, boot->image.start, image_end))
            at = image_end;
        if (at >= region->start && at <= region->end && region->end - at >= bytes)
            return at;
    }
    return 0;
}

void k_frames_init(const struct k_boot *boot, k_phys kernel_end)
{
    k_phys top = 0;
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        if (boot->memory[i].end > top && boot->memory[i].end <= MEMORY_LIMIT)
            top = boot->memory[i].end;
    }
    frame_count = top / TWZ_PAGE_SIZE;

    k_phys image_end = (boot->image.end + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
    uint64_t bytes = frame_count * sizeof(struct frame);
    bytes = (bytes + TWZ_PAGE_SIZE - 1) & ~(TWZ_PAGE_SIZE - 1);
    k_phys table = place(boot, kernel_end, image_end, bytes);
    k_assert(table != 0);
    frames = k_direct(table);
    memset(frames, 0, bytes);

    /* From the top down, so that the lowest frames are handed out first. */
    for (uint64_t n = frame_count; n-- > LOW_MEMORY / TWZ_PAGE_SIZE;) {
        k_phys start = n * TWZ_PAGE_SIZE, end = start + TWZ_PAGE_SIZE;
        if (overlaps(start, end, boot->image.start, image_end)) {
            frames[n].kind = K_FRAME_CODE;
            frames[n].references = 1;
        } else if (usable(boot, start, end) && start >= kernel_end &&
                   !overlaps(start, end, table, table + bytes)) {
            give(n);
        }
    }
    k_system.frames_total = k_system.frames_free;
}

void k_frames_limit(const struct k_context *context, uint32_t most)
{
    accounts[context->index + 1].most = most;
}

const struct k_context *k_frames_pay(const struct k_context *context)
{
    const struct k_context *before = payer;
    payer = context;
    return before;
}

static uint32_t account(void)
{
    const struct k_thread *thread = k_thread_current();
    const struct k_context *pays = payer != NULL || thread == NULL ? payer : thread->context;
    return pays == NULL || pays == k_monitor ? 0 : pays->index + 1;
}

/* Compartments can use up memory; the monitor must still be able to say so and to free some. */
static bool may_take_one(uint32_t who)
{
    return k_system.frames_free > (who == 0 ? 0 : RESERVE) &&
           (accounts[who].most == 0 || accounts[who].taken < accounts[who].most);
}

k_phys k_frame_alloc(enum k_frame_kind kind)
{
    uint32_t who = account();
    if (!may_take_one(who) || (k_fail_now != NULL && k_fail_now()))
        return 0;
    accounts[who].taken++;
    uint32_t number = free_list;
    k_assert(frames[number].kind == K_FRAME_FREE);
    free_list = frames[number].next;
    frames[number].next = who & 0xfffffff;
    k_system.frames_free--;
    frames[number].kind = (uint32_t)kind & 0xf;
    frames[number].references = 1;
    k_phys frame = number * TWZ_PAGE_SIZE;
    memset(k_direct(frame), 0, TWZ_PAGE_SIZE);
    return frame;
}

void k_frame_share(k_phys frame)
{
    struct frame *f = frame_of(frame);
    k_assert(f->references > 0 && f->references < UINT32_MAX);
    f->references++;
}

void k_frame_drop(k_phys frame)
{
    struct frame *f = frame_of(frame);
    k_assert(f->references > 0);
    if (--f->references == 0) {
        k_assert(f->kind == K_FRAME_KERNEL || f->kind == K_FRAME_TABLE || f->kind == K_FRAME_DATA);
        accounts[f->next].taken--;
        give(frame / TWZ_PAGE_SIZE);
    }
}

enum k_frame_kind k_frame_kind(k_phys frame)
{
    if (frame / TWZ_PAGE_SIZE >= frame_count)
        return K_FRAME_RESERVED;
    return frames[frame / TWZ_PAGE_SIZE].kind;
}

uint32_t k_frame_references(k_phys frame)
{
    return frame_of(frame)->references;
}

bool k_frame_is_own(k_phys frame)
{
    const struct frame *f = frame_of(frame);
    return f->kind == K_FRAME_DATA && f->references == 1;
}

k_phys k_frames_end(void)
{
    return frame_count * TWZ_PAGE_SIZE;
}

void k_frame_seal(k_phys frame)
{
    struct frame *f = frame_of(frame);
    k_assert(f->kind == K_FRAME_RESERVED);
    f->kind = K_FRAME_CODE;
    f->references = 1;
}
