/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an attack knows. Each attack is a library in a compartment of its own that defines
 * attack_impl(); the victim calls it through a gate, in several rounds, and looks at the end
 * whether its own memory is as it was. The victim tells everything that a leaky program might:
 * addresses of its data, text, stack and heap, and the ID of an object that it holds.
 *
 * An attack that is stopped does not return. One that returns says how often it got what it must
 * not have: 0 is a defence that held.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stddef.h>
#include <stdint.h>
#include <twz/sys/types.h>

/* The object that the victim holds; set before the first round. */
extern struct twz_id attack_object __attribute__((visibility("hidden")));

#define UNUSED __attribute__((unused))

int64_t attack_impl(uint32_t round, uint64_t data, uint64_t text, uint64_t stack, uint64_t heap)
    __attribute__((visibility("hidden")));

/* Begins its definition. Where the parameters are few, this names all. */
#define ATTACK                                                                                     \
    int64_t attack_impl(UNUSED uint32_t round, UNUSED uint64_t data, UNUSED uint64_t text,         \
                        UNUSED uint64_t stack, UNUSED uint64_t heap)

#endif
