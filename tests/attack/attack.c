/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates of every attack. */
#define TWZ_GATE_PROVIDER
#include "attack_gates.h"

extern struct twz_id attack_object __attribute__((visibility("hidden")));

struct twz_id attack_object;

int64_t attack_know_impl(struct twz_id object)
{
    attack_object = object;
    return 0;
}
