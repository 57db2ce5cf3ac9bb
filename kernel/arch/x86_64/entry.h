/* SPDX-License-Identifier: BSD-2-Clause */
/* What assembly offers to C, and what it calls. */
#ifndef K_ARCH_ENTRY_H
#define K_ARCH_ENTRY_H

#include "arch.h"

extern char k_syscall_entry[];
extern char k_trap_stubs[]; /* 256 stubs of 32 bytes */
extern char k_trap_exit[];

void k_switch_stack(uint64_t *from, uint64_t to);

/* The vector and control state that user code starts with. */
extern const struct k_vectors k_vectors_start;

/* entry.S, trap.S -> C. k_syscall() and the gate functions are the core's (syscall.h, gate.h). */
void k_trap(struct k_trap *trap);
struct k_trap *k_trap_paranoid(struct k_trap *trap);

#endif
