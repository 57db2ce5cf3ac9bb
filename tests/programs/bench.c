/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts instructions, user and kernel together. Under QEMU's -icount shift=0 the time stamp
 * counter is the number of guest instructions, so equal runs give equal numbers. Each row is
 * printed as `row NAME TAB least TAB most`, over all rounds after the first.
 */
#include "bench.h"
BENCH_GATES(none)
BENCH_GATES(callee)
BENCH_GATES(caller)
BENCH_GATES(both)

#include <twz/rt/alloc.h>
#include <twz/rt/io.h>
#include <twz/sys/call.h>

#define ROUNDS 50u

static char bytes[1 << 20];

/* LFENCE keeps the order on hardware; under -icount it is an instruction like any other. */
static inline uint64_t now(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Between two readings around nothing. */
static uint64_t overhead(void)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = now();
        uint64_t count = now() - start;
        least = count < least ? count : least;
    }
    return least;
}

#define MEASURE(way, what, rounds, statement)                                                      \
    do {                                                                                           \
        uint64_t least = UINT64_MAX, most = 0;                                                     \
        statement;                                                                                 \
        for (unsigned i_ = 0; i_ < (rounds); i_++) {                                               \
            uint64_t start_ = now();                                                               \
            statement;                                                                             \
            uint64_t count_ = now() - start_ - empty;                                              \
            least = count_ < least ? count_ : least;                                               \
            most = count_ > most ? count_ : most;                                                  \
        }                                                                                          \
        twz_rt_print("row %s %s\t%lu\t%lu\n", way, what, least, most);                             \
    } while (0)

typedef int64_t nothing_gate(void);
typedef int64_t six_gate(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t);
typedef int64_t buffer_gate(const void *, size_t);

/* One way into the gates of one level. */
static void measure_way(const char *way, uint64_t empty, nothing_gate *nothing, six_gate *six,
                        buffer_gate *in)
{
    MEASURE(way, "0 args", ROUNDS, (void)nothing());
    MEASURE(way, "6 args", ROUNDS, (void)six(1, 2, 3, 4, 5, 6));
    MEASURE(way, "in 64 bytes", ROUNDS, (void)in(bytes, 64));
    MEASURE(way, "in 4 KiB", ROUNDS, (void)in(bytes, 4096));
    MEASURE(way, "in 1 MiB", 5, (void)in(bytes, 1 << 20));
}

/* By the stubs, which is what the names stand for here, and by the addresses of the gates. */
#define MEASURE_LEVEL(level)                                                                       \
    do {                                                                                           \
        measure_way("gate " #level " stub", empty, level##_nothing, level##_six, level##_in);      \
        MEASURE("gate " #level " stub", "out 64 bytes", ROUNDS, (void)level##_out(bytes, 64));     \
        MEASURE("gate " #level " stub", "out 4 KiB", ROUNDS, (void)level##_out(bytes, 4096));      \
        MEASURE("gate " #level " stub", "out 1 MiB", 5, (void)level##_out(bytes, 1 << 20));        \
        measure_way("gate " #level " fault", empty, (nothing_gate *)level##_entry(BENCH_NOTHING),  \
                    (six_gate *)level##_entry(BENCH_SIX), (buffer_gate *)level##_entry(BENCH_IN)); \
    } while (0)

int main(void)
{
    uint64_t empty = overhead();
    uint64_t start = now();
    (void)both_nothing();
    uint64_t first = now() - start - empty;
    MEASURE("null", "system call", ROUNDS, (void)twz_syscall0(TWZ_SYS_NULL));
    twz_rt_print("row gate both stub first call\t%lu\t%lu\n", first, first);
    /* Through the PLT, as any function of another library. */
    MEASURE("gate none", "0 args", ROUNDS, (void)none_nothing());
    MEASURE("gate none", "6 args", ROUNDS, (void)none_six(1, 2, 3, 4, 5, 6));
    MEASURE("gate none", "in 1 MiB", ROUNDS, (void)none_in(bytes, 1 << 20));
    MEASURE_LEVEL(callee);
    MEASURE_LEVEL(caller);
    MEASURE_LEVEL(both);
    MEASURE("malloc and free", "64 bytes", ROUNDS, free(malloc(64)));
    MEASURE("malloc and free", "4 KiB", ROUNDS, free(malloc(4096)));
    return 0;
}
