/* SPDX-License-Identifier: BSD-2-Clause */
/* What a panic prints. The symbol table is made from the linked kernel (module.mk), and added. */
#include "cpu.h"
#include "entry.h"
#include "log.h"

struct symbol {
    uint64_t address;
    const char *name;
};

/* Sorted by address. Absent in the first of the two links. */
extern const struct symbol k_symbols[] __attribute__((weak));
extern const struct symbol k_symbols_end[] __attribute__((weak));
extern char k_image_start[], k_text_end[];

#define FRAMES_MAX 24

/* `inside` is an address of the function to name. For a return address that is the byte before it:
 * a call of what never returns may be the last instruction, and the next function follows. */
static void print_address(uint64_t address, uint64_t inside)
{
    const struct symbol *best = NULL;
    for (const struct symbol *s = k_symbols; s < k_symbols_end && s->address <= inside; s++)
        best = s;
    if (best != NULL)
        k_print("  %016lx %s+0x%lx\n", address, best->name, address - best->address);
    else
        k_print("  %016lx\n", address);
}

static bool is_kernel_text(uint64_t address)
{
    return address >= (uint64_t)k_image_start && address < (uint64_t)k_text_end;
}

/* Frame pointers may be wrong by now: only aligned, ascending ones in windows are followed. */
static void backtrace(uint64_t rip, uint64_t rbp)
{
    k_print("backtrace:\n");
    print_address(rip, rip);
    for (unsigned i = 0; i < FRAMES_MAX && rbp % 8 == 0 && rbp >= K_DIRECT_BASE; i++) {
        const uint64_t *frame = (const uint64_t *)rbp;
        if (!is_kernel_text(frame[1]))
            break;
        print_address(frame[1], frame[1] - 1);
        if (frame[0] <= rbp)
            break;
        rbp = frame[0];
    }
}

static void print_registers(const struct k_trap *t)
{
    const struct k_kept *k = &t->kept;
    const uint64_t *a = t->arguments;
    k_print("rip %016lx  rsp %016lx  rflags %lx  cs %lx\n", t->rip, t->rsp, t->rflags, t->cs);
    k_print("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", t->rax, k->rbx, t->rcx, a[2]);
    k_print("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", a[1], a[0], k->rbp, a[4]);
    k_print("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", a[5], a[3], t->r11, k->r12);
    k_print("r13 %016lx  r14 %016lx  r15 %016lx  cr3 %016lx\n", k->r13, k->r14, k->r15,
            k_read_cr3());
}

void k_print_state(const struct k_trap *trap)
{
    if (trap != NULL)
        print_registers(trap);
    if (trap != NULL && (trap->cs & 3) == 0)
        backtrace(trap->rip, trap->kept.rbp);
    else /* user code stopped, if anything: how the kernel came to panic */
        backtrace((uint64_t)__builtin_return_address(0),
                  *(const uint64_t *)__builtin_frame_address(0));
}
