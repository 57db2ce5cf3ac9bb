/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h" /* as a caller */
#define TWZ_GATE_PROVIDER
#include "thrower.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static int64_t live;

namespace
{
struct counted {
    counted()
    {
        live++;
    }
    ~counted()
    {
        live--;
    }
};
struct gate_failed {
};
} // namespace

__attribute__((noinline)) static int64_t descend(uint32_t frames, int64_t value)
{
    counted one;
    if (frames == 0)
        throw value;
    return descend(frames - 1, value) + 1;
}

int64_t thrower_catch_impl(int64_t value)
{
    try {
        return descend(10, value);
    } catch (int64_t thrown) {
        return thrown;
    }
}

int64_t thrower_throw_impl(uint32_t frames, void *text, size_t text_size)
{
    memset(text, '!', text_size);
    return descend(frames, 1);
}

int64_t thrower_live_impl(void)
{
    return live;
}

int64_t thrower_abort_impl(void)
{
    abort();
}

static jmp_buf place;

__attribute__((noinline)) static void jump(int frames, int value)
{
    if (frames == 0)
        longjmp(place, value);
    jump(frames - 1, value);
    __asm__ volatile("");
}

int64_t thrower_jump_impl(int32_t value)
{
    int back = setjmp(place);
    if (back == 0)
        jump(10, value);
    return back;
}

static jmp_buf kept;

__attribute__((noinline)) static int64_t keep(int frames)
{
    if (frames > 0)
        return keep(frames - 1) + 1;
    return setjmp(kept);
}

int64_t thrower_keep_impl(int32_t frames)
{
    return keep(frames);
}

__attribute__((noinline)) static int64_t leap(int frames)
{
    if (frames > 0)
        return leap(frames - 1) + 1;
    longjmp(kept, 1);
}

int64_t thrower_leap_impl(int32_t frames)
{
    return leap(frames);
}

int64_t thrower_around_impl(void)
{
    volatile int64_t good = 0;
    if (setjmp(kept) != 0)
        return -1; /* the jump has passed a gate */
    good = program_leap() == -TWZ_EEXITED;
    return good;
}

int64_t thrower_through_impl(uint32_t times)
{
    counted one;
    int64_t below = program_throw(times);
    if (twz_rt_gate_status() != 0)
        throw gate_failed();
    return below;
}
