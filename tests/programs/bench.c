/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts instructions, user and kernel together. Under QEMU's -icount shift=0 the time stamp
 * counter is the number of guest instructions, so equal runs give equal numbers. Each row is
 * printed as `row NAME TAB least TAB most`, over all rounds after the first.
 */
#include "bench.h"

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

#define MEASURE(name, rounds, statement)                                                           \
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
        twz_rt_print("row %s\t%lu\t%lu\n", name, least, most);                                     \
    } while (0)

int main(void)
{
    uint64_t empty = overhead();
    uint64_t start = now();
    (void)bench_nothing();
    uint64_t first = now() - start - empty;
    MEASURE("null system call", ROUNDS, (void)twz_syscall0(TWZ_SYS_NULL));
    twz_rt_print("row gate both stub first call\t%lu\t%lu\n", first, first);
    MEASURE("gate both stub 0 args", ROUNDS, (void)bench_nothing());
    int64_t (*entry)(void) = (int64_t(*)(void))bench_entry();
    MEASURE("gate both fault 0 args", ROUNDS, (void)entry());
    MEASURE("gate both stub 6 args", ROUNDS, (void)bench_six(1, 2, 3, 4, 5, 6));
    MEASURE("gate both stub in 64 bytes", ROUNDS, (void)bench_in(bytes, 64));
    MEASURE("gate both stub in 4 KiB", ROUNDS, (void)bench_in(bytes, 4096));
    MEASURE("gate both stub in 1 MiB", 5, (void)bench_in(bytes, 1 << 20));
    MEASURE("gate both stub out 64 bytes", ROUNDS, (void)bench_out(bytes, 64));
    MEASURE("gate both stub out 4 KiB", ROUNDS, (void)bench_out(bytes, 4096));
    MEASURE("malloc and free 64 bytes", ROUNDS, free(malloc(64)));
    MEASURE("malloc and free 4 KiB", ROUNDS, free(malloc(4096)));
    return 0;
}
