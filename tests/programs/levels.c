/* SPDX-License-Identifier: BSD-2-Clause */
/* Levels of isolation as a program sees them: the same gates, of libraries with other demands. */
#include <stdbool.h>
#include <twz/gate.h>
#include <twz/rt/io.h>

#include "lend.h"
LEND_GATES(lend)
LEND_GATES(keen)
LEND_GATES(asked)
LEND_GATES(plain)
int64_t plain_ordinary(void); /* libplain's, no gate */

#define SECRET 0x5ec2e75ec2e7

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

struct seen {
    int64_t sum, added, own, above;
};

typedef int64_t sum_gate(uint64_t address);
typedef int64_t pair_gate(uint64_t address, int64_t value);

__attribute__((noinline)) static struct seen inner(sum_gate *sum, pair_gate *add, pair_gate *above)
{
    volatile int64_t words[4] = {1, 2, 3, 4};
    struct seen seen;
    TWZ_LEND();
    seen.sum = sum((uint64_t)words);
    seen.above = above((uint64_t)words, SECRET);
    seen.added = add((uint64_t)words, 5);
    seen.own = words[0];
    return seen;
}

/* With a secret in the frame above. */
__attribute__((noinline)) static struct seen look(sum_gate *sum, pair_gate *add, pair_gate *above)
{
    volatile int64_t secret[16];
    for (int i = 0; i < 16; i++)
        secret[i] = SECRET;
    struct seen seen = inner(sum, add, above);
    if (secret[7] != SECRET)
        seen.own = -1;
    return seen;
}

/* Under -icount the time stamp counter counts instructions. */
static inline uint64_t now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

#define ROUNDS 8
/* Instructions of one call through the PLT, with the reading of the counter. */
#define COUNT(call)                                                                                \
    ({                                                                                             \
        uint64_t least = UINT64_MAX;                                                               \
        for (unsigned round = 0; round < ROUNDS; round++) {                                        \
            uint64_t start = now();                                                                \
            (void)call;                                                                            \
            uint64_t count = now() - start;                                                        \
            least = count < least ? count : least;                                                 \
        }                                                                                          \
        least;                                                                                     \
    })

int main(void)
{
    struct seen s = look(plain_sum, plain_add, plain_above);
    check(s.sum == 10 && s.added == 6 && s.own == 6 && s.above >= 16,
          "P59 none: a plain call, and everything is shared");
    s = look(lend_sum, lend_add, lend_above);
    check(s.sum == 10, "P59 callee: the caller's variable is seen at its own address");
    check(s.added == 6 && s.own == 1, "P59 callee: what the callee writes does not come back");
    check(s.above == 0, "P59 callee: the frame above does not show");
    s = look((sum_gate *)lend_entry(), lend_add, lend_above);
    check(s.sum == 10,
          "P56 a call by the gate's address, which faults, shows it as one by the stub");
    s = look(keen_sum, keen_add, keen_above);
    check(s.sum == -TWZ_ECALLEE && s.added == -TWZ_ECALLEE && s.own == 1,
          "P59 both: nothing of the caller's stack is seen");
    s = look(asked_sum, asked_add, asked_above);
    check(s.sum == -TWZ_ECALLEE && s.above == -TWZ_ECALLEE && s.own == 1,
          "P61 P62 a caller that demands more than the library gets it");
    check(plain_count() == 1 && plain_count() == 2 && lend_count() == 1,
          "P63 instances of one source do not share their data");
    uint64_t gate = COUNT(plain_count()), ordinary = COUNT(plain_ordinary());
    twz_rt_print("# a gate of the own compartment: %lu instructions, another function: %lu\n", gate,
                 ordinary);
    check(gate == ordinary && gate > 4 && gate < 32,
          "P64 without isolation a gate costs the instructions of a PLT call");
    twz_rt_print("1..%d\n", results);
    return 0;
}
