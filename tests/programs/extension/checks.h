/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for extensions on both runtimes. */
#ifndef CHECKS_H
#define CHECKS_H

#include <stdbool.h>
#include <twz/extension.h>
#include <twzelf/extension.h>

#define TAG(n) ((struct twz_id){0x7477, (n)})

void check(bool good, const char *title);
int finish(void); /* main's result */
/* Adds, finds and removes in an object that it makes; leads its list astray. */
void check_memory(void);
/* The extension 0xaa of what is at an address: two functions, the second of which is known. */
void check_table(const void *address, const char *title);

int answer(void);

#endif
