/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions for compartments (functions.c) and gate entries (entries.S). */
#ifndef KRIGHTS_ENTRIES_H
#define KRIGHTS_ENTRIES_H

#include "../ktest/ktest.h"

compartment_function f_syscall_write, f_sudo, f_raise_and_return, f_raise_and_fault,
    f_raise_and_call, f_raise_deep;

/* Calls and jumps with what stands in a page: target, then arguments. See entries.S. */
compartment_function p_call, p_call_stack, p_call_status, p_tail, p_jump, p_pivot, p_straddle,
    p_vector;

void g_plain(void), g_mutual(void), g_misplaced(void), g_chain(void), g_depart(void), g_frame(void),
    g_sum_vectors(void), g_raise(void);
uint64_t g_mutual_body(uint64_t depth, uint64_t own, uint64_t other);

/* The page behind p_straddle's first bytes. */
extern char straddled_page[] __attribute__((visibility("hidden")));

#endif
