/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions, abort() and longjmp() in a callee: they end at the gate, and its caller may go on
 * unwinding from there. */
#include "thrower.h" /* as a caller */
#define TWZ_GATE_PROVIDER
#include "program.h"

#include <stdio.h>
#include <string.h>

static int results, live;

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
struct callee_threw {
    int64_t status;
};
} // namespace

static void check(bool good, const char *title)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

int64_t program_throw_impl(uint32_t times)
{
    counted one;
    if (times == 0)
        throw 7;
    int64_t below = thrower_through(times - 1);
    if (twz_rt_gate_status() != 0)
        throw callee_threw{twz_rt_gate_status()};
    return below;
}

int64_t program_leap_impl(void)
{
    return thrower_leap(0);
}

__attribute__((noinline)) static int64_t resume(int frames, char *text)
{
    counted one;
    if (frames > 0)
        return resume(frames - 1, text) + 1;
    thrower_throw(5, text, 16);
    if (twz_rt_gate_status() != 0)
        throw callee_threw{twz_rt_gate_status()};
    return 0;
}

int main(void)
{
    check(thrower_catch(42) == 42 && thrower_live() == 0,
          "an exception is caught in the compartment that threw it");
    char text[16] = "as it was";
    int64_t status = thrower_throw(20, text, sizeof text);
    check(status == -TWZ_EEXITED && twz_rt_gate_status() == -TWZ_EEXITED,
          "P97 an exception that nobody catches ends at the gate, as an error result");
    check(strcmp(text, "as it was") == 0, "P97 nothing is written back then");
    check(thrower_live() == 0, "P97 the callee's frames are unwound, destructors and all");
    int64_t seen = 0;
    try {
        resume(5, text);
    } catch (const callee_threw &thrown) {
        seen = thrown.status;
    }
    check(seen == -TWZ_EEXITED && live == 0, "P97 unwinding is resumed in the caller");
    seen = 0;
    try {
        program_throw_impl(10);
    } catch (const callee_threw &thrown) {
        seen = thrown.status;
    }
    check(seen == -TWZ_EEXITED && live == 0 && thrower_live() == 0,
          "P97 and through twenty frames of two compartments, gate by gate");
    bool good = true;
    for (int i = 0; i < 2000; i++)
        good = thrower_throw(3, text, sizeof text) == -TWZ_EEXITED && good;
    check(good && thrower_live() == 0, "P97 thousands of times");
    check(thrower_jump(5) == 5, "longjmp() in the callee stays there");
    check(thrower_keep(10) == 10 && thrower_leap(0) == -TWZ_EEXITED,
          "P97 longjmp() into a call that has ended ends at the gate, as an error result");
    check(thrower_around() == 1,
          "P97 longjmp() into an outer call of the compartment ends at the gate of the inner one");
    check(thrower_jump(6) == 6, "P97 and jumps that stay inside still work");
    thrower_abort();
    check(twz_rt_gate_status() == -TWZ_EEXITED, "P97 abort() ends at the gate");
    check(thrower_catch(43) == 43, "P97 and everything else lives on");
    printf("1..%d\n", results);
    return 0;
}
