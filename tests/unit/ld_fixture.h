/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests that each have a world of their own, `w`: T_WORLD(function, title). */
#ifndef LD_FIXTURE_H
#define LD_FIXTURE_H

#include "ld_world.h"

static struct world w;

static inline int world_up(void **state)
{
    (void)state;
    world_start(&w);
    return 0;
}

static inline int world_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

#define T_WORLD(f, title) T_STATE(f, title, world_up, world_down)

#endif
