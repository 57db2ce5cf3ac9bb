/* SPDX-License-Identifier: BSD-2-Clause */
/* What assembly offers to C, and what it calls. */
#ifndef K_ARCH_ENTRY_H
#define K_ARCH_ENTRY_H

#include "arch.h"

extern char k_syscall_entry[];
extern char k_trap_stubs[]; /* 256 stubs of 32 bytes */
extern char k_trap_exit[];

void k_switch_stack(uint64_t *from, uint64_t to);
bool k_copy_user(void *to, const void *from, size_t length);

/* The vector and control state that user code starts with. */
extern const struct k_vectors k_vectors_start;

/* entry.S, trap.S -> C. k_syscall() and the gate functions are the core's (syscall.h, gate.h). */
void k_trap(struct k_trap *trap);
struct k_trap *k_trap_paranoid(struct k_trap *trap);

/* An instruction of the kernel that may fault on user memory, and where it goes on then. */
struct k_fixup {
    uint64_t fault, resume;
};
extern const struct k_fixup k_fixups_start[], k_fixups_end[];

#endif
