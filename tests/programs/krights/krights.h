/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of krights share; see ktest.h for the base. */
#ifndef KRIGHTS_H
#define KRIGHTS_H

#include "../ktest/functions.h"
#include "entries.h"

#define RW  (TWZ_READ | TWZ_WRITE)
#define RX  (TWZ_READ | TWZ_EXECUTE)
#define ALL TWZ_RIGHTS_ALL

/* A page that this program writes and compartments read: system calls and arguments for them. */
extern struct twz_id shared;
extern uint64_t page;
extern volatile uint64_t *words;

/* The compartment makes a system call with these arguments. */
int64_t by(const struct compartment *c, uint64_t number, uint64_t a, uint64_t b, uint64_t d,
           uint64_t e, uint64_t f, uint64_t g);

/* The rule that stops the compartment's access, or TWZ_RULE_NONE when it happens. */
enum twz_rule try(const struct compartment *c, uint64_t address, uint32_t access);

/* A compartment that may read the page of words. */
struct compartment caller_create(void);

/* Sets exactly these rights, none for 0. */
void hold(const struct compartment *c, struct twz_id object, uint32_t rights);

struct twz_rights_info rights_of(const struct compartment *c, struct twz_id object);
struct twz_context_info info_of(struct twz_id context);
int64_t attach(struct twz_id context, uint64_t flags);
int64_t detach(struct twz_id context);

/* xorshift64*: the same numbers in each run. */
uint64_t random_number(void);

/* ---- Parts ---- */

void test_masks(void);
void test_matrix(void);
void test_ids(void);
void test_gate_range(void);
void test_attach(void);
void test_raise(void);
void test_undetachable(void);
void test_plain(void);
void test_plain_bytes(void);
void test_plain_return(void);
void test_plain_fuzz(void);

#endif
