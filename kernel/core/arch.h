/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core asks of the architecture. Everything here is implemented in kernel/arch/x86_64/;
 * nothing in kernel/core/ contains an instruction or knows a register by its number.
 */
#ifndef K_ARCH_H
#define K_ARCH_H

#include "state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <twz/sys/syscall.h>

/* A physical address. 0 is never handed out and stands for "none". */
typedef uint64_t k_phys;

struct k_thread;

/* ---- Start and end ---- */

/* One run of physical memory that the boot loader calls usable. Page aligned. */
struct k_region {
    k_phys start, end;
};

/* What every boot protocol tells. The strings are copies. */
struct k_boot {
    struct k_region memory[32];
    uint32_t memory_count;
    struct k_region image; /* not aligned at its end */
    char command_line[512];
};

/* The core's entry, called once on the boot stack with the direct map in place. */
__attribute__((noreturn)) void k_main(const struct k_boot *boot);

/* Ends the machine. On hardware without an exit device, halts for good. */
__attribute__((noreturn)) void k_shutdown(int status);

/* Registers and backtrace, for panics; NULL: of the caller. */
void k_print_state(const struct k_trap *trap);
void k_console_put(char c);
int k_console_get(void); /* a byte that was typed, or -1 */

/* What SYSTEM_INFO shows: whoever does it counts it. */
extern struct twz_system_info k_system;

/* ---- Time and chance ---- */

uint64_t k_clock(void);                /* nanoseconds since boot */
uint64_t k_calendar(void);             /* nanoseconds since 1970, in seconds; 0: no clock */
uint64_t k_entropy(bool *trustworthy); /* hardware randomness, or the cycle counter */

/* ---- Memory ---- */

/* Where the kernel reaches physical memory. Read-only for code frames. */
static inline void *k_direct(k_phys address);

/* Where something that was linked into the kernel lies. */
k_phys k_image_frame(const void *linked);

/* One address space: the lower half belongs to user code, the upper half is the kernel's and the
 * same in all. */
struct k_space {
    k_phys root;
    uint32_t tables; /* page-table frames in use */
};

bool k_space_create(struct k_space *space); /* false: no memory */
void k_space_destroy(struct k_space *space);

/* THE map function: nothing else creates a translation for user code. Asserts that what can be
 * executed is code and what can be written is data that nobody shares. False: no memory. */
bool k_space_map(struct k_space *space, uint64_t address, k_phys frame, uint32_t rights);

/* Removes translations of pages of one slot and makes the processor forget them. */
void k_space_unmap(struct k_space *space, uint64_t address, uint64_t pages);

/* ---- Threads ---- */

/* Memory for a thread and its kernel stack, between guard pages; NULL: none. Zeroed. */
struct k_thread *k_thread_memory(void);
void k_thread_memory_free(struct k_thread *thread);

/* Makes the thread start with the registers of k_thread_trap(). */
void k_thread_prepare(struct k_thread *thread);

/* Saves the running thread (NULL: there is none) and goes on with the next. Returns when the former
 * is switched to again. */
void k_thread_switch(struct k_thread *from, struct k_thread *to);

/* The registers with which the thread came from user mode, valid while it is in the kernel. */
struct k_trap *k_thread_trap(struct k_thread *thread);

/* Of struct k_trap: a fresh start at an address; a system call and its result; for upcalls. */
void k_trap_start(struct k_trap *trap, uint64_t entry, uint64_t stack, uint64_t argument);
static inline uint64_t k_trap_number(const struct k_trap *trap);
static inline const uint64_t *k_trap_arguments(const struct k_trap *trap); /* six */
static inline void k_trap_result(struct k_trap *trap, int64_t value);
void k_trap_registers(const struct k_trap *trap, struct twz_regs *registers);
bool k_trap_is_syscall(const struct k_trap *trap);
bool k_trap_returns(const struct k_trap *trap); /* its address is one that user code can have */
void k_trap_retry(struct k_trap *trap);         /* of a system call: do it again */
uint64_t k_trap_stack(const struct k_trap *trap);

/* Between a trap and what the kernel keeps of a caller, whose arguments are those of a system call
 * or, after a fault, of a function call. k_trap_resume() also resets the vector state; `all` brings
 * the arguments back as well (a system call keeps them, a function does not).
 */
void k_trap_save(const struct k_trap *trap, struct k_saved *saved);
void k_trap_resume(struct k_trap *trap, const struct k_saved *saved, bool all, int64_t value);
/* A function starts with these six arguments, and everything else cleared but the vector registers;
 * the results that a function that returns leaves; back in its caller with two results and what
 * k_vectors_keep(vectors) keeps. */
void k_trap_call(struct k_trap *trap, uint64_t entry, uint64_t stack, const uint64_t *arguments);
void k_trap_values(const struct k_trap *trap, uint64_t values[2]);
void k_trap_return(struct k_trap *trap, const struct k_saved *saved, const uint64_t values[2],
                   uint32_t vectors);
/* The trap of a gate call that was refused, from what its fast path kept. */
void k_trap_refused(struct k_trap *trap, const struct k_saved *saved, uint64_t number);

/* Lets a due interrupt happen; it may run other threads. */
void k_interrupt_point(void);
/* Makes the timer's interrupt happen as soon as interrupts are on, beside the regular ones. */
void k_interrupt_soon(void);
/* Waits for an interrupt. */
void k_wait(void);

/* The thread that runs; NULL during boot. */
static inline struct k_thread *k_thread_current(void);

/* Makes an address space and thread pointer the processor's, and clears segment selectors. */
static inline void k_activate(k_phys root, uint64_t thread_pointer);

/* Vector and control state of user code. */
struct k_vectors {
    uint8_t bytes[832]; /* XSAVE: x87, SSE, AVX; SDM volume 1, 13.4 */
} __attribute__((aligned(64)));

void k_vectors_init(struct k_vectors *vectors);
void k_vectors_save(struct k_vectors *vectors);
void k_vectors_load(const struct k_vectors *vectors);
void k_vectors_clear(void);              /* the state of a new thread */
void k_vectors_keep(uint32_t registers); /* the same, but the low registers of a bit each stay */

#endif
