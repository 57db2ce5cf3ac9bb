/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions for compartments; each finds its data by its argument alone. */
#ifndef KTEST_FUNCTIONS_H
#define KTEST_FUNCTIONS_H

#include "ktest.h"

compartment_function f_call_gate, f_call_with, f_syscall_with, f_scan, f_secret_call, f_gate_status,
    f_return_without, f_thread_counter, f_thread_yield, f_call_stack, f_call_stack_with,
    f_poisoned_call, f_poisoned_call6, f_after_call, f_kept, f_lend, f_spin, f_sweep, f_pivot,
    f_point, f_flip, f_deadline_call, f_touch_all, f_create_all, f_vector_call;

compartment_function f_become, f_exit, f_watch, f_sleep, f_mark, f_call_and_mark, f_watch_clock,
    f_syscall_and_mark;

/* Gate entries, and their bodies. */
void g_look(void);
uint64_t g_look_body(uint64_t address);
void g_vector(void), g_through(void), g_race(void), g_exit(void), g_sum(void), g_sum3(void),
    g_caller(void), g_fault(void), g_recurse(void), g_copy_in(void), g_copy_out(void),
    g_unwind(void), g_depth(void), g_stack(void), g_return(void), g_ret(void), g_lure(void),
    lured(void), g_registers(void), g_poison(void), g_loop(void), g_busy(void), g_sleep(void),
    g_calls(void), g_twice(void), g_peek(void), g_relend(void);
uint64_t g_sum_body(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
uint64_t g_caller_body(void);
uint64_t g_through_body(uint64_t address);
uint64_t g_race_body(uint64_t pointer, uint64_t length);
uint64_t g_exit_body(void);
uint64_t g_fault_body(uint64_t address);
uint64_t g_recurse_body(uint64_t depth, uint64_t address);
uint64_t g_depth_body(uint64_t address);
uint64_t g_copy_in_body(uint64_t pointer, uint64_t length, uint64_t extra);
uint64_t g_copy_out_body(uint64_t pointer, uint64_t length, uint64_t index, uint64_t offset);
uint64_t g_unwind_body(uint64_t error, uint64_t value);
enum peek { PEEK_SUM, PEEK_TWICE, PEEK_WRITE, PEEK_SCAN, PEEK_BELOW, PEEK_JUMP, PEEK_NEST };
uint64_t g_peek_body(uint64_t address, uint64_t what, uint64_t value);
uint64_t g_relend_body(uint64_t page);
uint64_t g_loop_body(uint64_t unused);
uint64_t g_busy_body(uint64_t nanoseconds);
uint64_t g_sleep_body(uint64_t address);
uint64_t g_calls_body(void);
uint64_t g_twice_body(uint64_t address, uint64_t nanoseconds);
uint64_t g_stack_body(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                      uint64_t seventh, uint64_t eighth);

#endif
