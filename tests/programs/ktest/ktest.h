/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program in the monitor's place that tests the kernel through its ABI and nothing else. It makes
 * compartments of its own: a context with a stack, which runs functions of this program's text (the
 * text object is shared, this program's data is not). Upcalls come back here. Results are TAP lines
 * on the log.
 */
#ifndef KTEST_H
#define KTEST_H

#include <stdbool.h>
#include <twz/sys/call.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Results ---- */

void check(bool good, const char *name);
/* Like check(), and says what was found when it is not what was expected. */
void equal(uint64_t found, uint64_t expected, const char *name);
void print(const char *text);
void print_number(uint64_t value);
extern bool quiet; /* kbench: no lines for what goes well */

/* ---- System calls ---- */

static inline int64_t sys_id(uint64_t number, struct twz_id id, uint64_t c, uint64_t d)
{
    return twz_syscall4(number, id.hi, id.lo, c, d);
}
static inline int64_t sys_ids(uint64_t number, struct twz_id a, struct twz_id b, uint64_t c)
{
    return twz_syscall5(number, a.hi, a.lo, b.hi, b.lo, c);
}

/* A new data object; with `length`, a copy of another's pages at the same offset. Fails the test
 * run when the kernel refuses. */
struct twz_id object_create(void);
struct twz_id object_copy(struct twz_id source, uint64_t offset, uint64_t length);
void object_delete(struct twz_id id);

/* Maps an object in a fresh slot; returns the address of the slot. */
uint64_t map(struct twz_id object, uint32_t first, uint32_t count, uint32_t rights);
void unmap(uint64_t address);
uint32_t fresh_slot(void);
static inline uint32_t slot_of(uint64_t address)
{
    return (uint32_t)(address / TWZ_SLOT_SIZE);
}

/* ---- Compartments ---- */

struct compartment {
    struct twz_id context;
    struct twz_id stack;
    uint64_t stack_low, stack_high;
    uint64_t locator;
};

#define STACK_PAGES 16u

struct compartment compartment_create(void);
/* Gives a pair of its own: stack and locator for another thread. */
void compartment_stack(struct compartment *c);
void compartment_bind(const struct compartment *c, struct twz_id thread);
void grant(const struct compartment *c, struct twz_id object, uint32_t rights);
void revoke(const struct compartment *c, struct twz_id object);

/* Runs a function in the compartment. It must not touch global data. */
typedef uint64_t compartment_function(uint64_t argument);
int64_t call(const struct compartment *c, compartment_function *function, uint64_t argument);
int64_t status(void);

/* Publishes `entry` as a gate of the compartment. */
struct twz_gate_spec gate_spec(const struct compartment *c, void (*entry)(void));
int64_t publish(const struct twz_gate_spec *spec);
void grant_gate(const struct compartment *c, int64_t gate);
/* Both: `caller` may call it. */
int64_t publish_for(const struct compartment *caller, const struct twz_gate_spec *spec);
/* What a compartment calls: the stub of a gate. */
typedef int64_t gate_function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
gate_function *stub(int64_t gate);

/* ---- Upcalls ---- */

/* The last upcall, how many there were, and what to answer to the next. */
extern struct twz_upcall upcall;
extern uint64_t upcalls;
extern uint64_t answer, answer_value; /* default: UNWIND with TWZ_ECALLEE */
extern void (*on_upcall)(void);       /* called before the answer, if set */
/* For on_upcall: at the first touch of what a caller shows of its stack, the callee is shown it. */
void show_frames(void);
extern uint64_t first_touches;

/* Runs the function in the compartment and expects it to be stopped by `rule`. */
void stopped(const struct compartment *c, compartment_function *function, uint64_t argument,
             enum twz_rule rule, const char *name);

/* ---- This program ---- */

extern struct twz_boot_info boot;
extern struct twz_id text_object; /* this program's own object */
extern uint64_t stubs;            /* address of the stubs' slot */
struct twz_id image_object(const char *name);

/* ---- Functions for compartments (functions.c, entries.S) ---- */

compartment_function f_read, f_write, f_jump, f_identity, f_loop_forever;

/* Addresses that no compartment may pass or touch. */
extern const uint64_t hostile_addresses[];
extern const unsigned hostile_count;

/* ---- Test groups ---- */

void run(void); /* all that this program has, or what the command line says */

void test_syscalls(void);
void test_objects(void);
void test_rights(void);
void test_gates(void);
void test_deadlines(void);
void test_demands(void);
void test_levels(void);
void test_registers(void);
void test_buffers(void);
void test_faults(void);
void test_threads(void);
void test_ties(void);
void test_views(void);
void test_sleep(void);
void test_creations(void);
void test_power_cycle(const char *command_line);
void test_exhaustion(void);

#endif
