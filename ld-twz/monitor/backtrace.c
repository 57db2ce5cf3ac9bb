/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that led to a crash: the chain of frame pointers, as twz-cc has them made. What stands
 * on the stack is the compartment's to write, so the walk only goes up, inside one range of pages
 * that the monitor has mapped for this compartment, and ends with the first address that is not in
 * the text of one of its libraries.
 */
#include "monitor.h"

#define FRAMES_MAX 16u

/* What compilers push at the start of a function: System V ABI, x86_64, 3.2.2. */
struct frame {
    uint64_t caller; /* frame pointer */
    uint64_t back;   /* return address */
};

/* Whether the monitor may read there on behalf of the report: memory of the compartment. */
static bool is_readable(uint32_t index, uint64_t address, uint64_t size)
{
    struct twz_slot_info info;
    const struct mon_slot *view = mon_slot_at(address);
    uint64_t offset = address % TWZ_SLOT_SIZE;
    if (view == NULL || view->compartment != index ||
        (view->use != MON_SLOT_STACK && view->use != MON_SLOT_HEAP) ||
        twz_syscall2(TWZ_SYS_VIEW_INFO, view->slot, (uintptr_t)&info) < 0)
        return false;
    for (uint32_t i = 0; i < info.range_count && i < TWZ_RANGES_MAX; i++) {
        const struct twz_range *range = &info.ranges[i];
        uint64_t first = range->first_page * TWZ_PAGE_SIZE;
        uint64_t end = first + range->page_count * TWZ_PAGE_SIZE;
        if ((range->rights & TWZ_READ) != 0 && offset >= first && offset < end &&
            size <= end - offset)
            return true;
    }
    return false;
}

static bool is_code_of(uint32_t index, uint64_t address)
{
    const struct mon_slot *view = mon_slot_at(address);
    return view != NULL && view->use == MON_SLOT_TEXT && view->compartment == index;
}

/* Whether the function at `address` has made its frame before it came there. Functions that call
 * nobody have none: then the return address is what the stack pointer leads to. */
static bool has_frame(uint64_t address)
{
    static const unsigned char set_up[] = {0x48, 0x89, 0xe5}; /* mov %rsp, %rbp */
    uint64_t start = mon_function_of(address);
    const struct mon_slot *view = mon_slot_at(address);
    if (start == 0 || view == NULL || view->instance == LD_NONE)
        return true;
    const struct mon_file *file = &mon.files[mon.instances[view->instance].file];
    uint64_t offset = start % TWZ_SLOT_SIZE - TWZ_OBJECT_BASE, length = address - start;
    if (length > file->length || offset > file->length - length)
        return true;
    const char *code = (const char *)file->bytes + offset;
    for (uint64_t i = 0; i + sizeof set_up <= length; i++)
        if (memcmp(code + i, set_up, sizeof set_up) == 0)
            return true;
    return false;
}

static void print_call(uint32_t index, uint64_t back)
{
    char place[256];
    mon_describe_code(back - 1, place, sizeof place); /* inside the call */
    mon_print("compartment %s:   called from %s\n", mon.compartments[index].name, place);
}

void mon_backtrace(uint32_t index, const struct twz_regs *regs)
{
    uint64_t at = regs->rbp, low = regs->rsp;
    struct frame frame;
    /* Pages that were never touched come when they are read. */
    if (!mon_enough_memory(FRAMES_MAX * TWZ_PAGE_SIZE))
        return;
    if (low % sizeof low == 0 && is_code_of(index, regs->rip) && !has_frame(regs->rip) &&
        is_readable(index, low, sizeof low) && is_code_of(index, *(const uint64_t *)low))
        print_call(index, *(const uint64_t *)low);
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        if (at % sizeof at != 0 || at < low || at / TWZ_SLOT_SIZE != low / TWZ_SLOT_SIZE ||
            !is_readable(index, at, sizeof frame))
            return;
        frame = *(const struct frame *)at;
        if (!is_code_of(index, frame.back))
            return;
        print_call(index, frame.back);
        low = at + sizeof frame;
        at = frame.caller;
    }
}
