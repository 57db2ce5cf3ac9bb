/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of a valid input, the same ones on every run: for tests that feed fuzz targets a bounded
 * number of times. TWZ_MUTANTS in the environment changes the number. Whoever needs more than a
 * second for one of them has failed.
 */
#ifndef MUTANTS_H
#define MUTANTS_H

#include "test.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct mutator {
    uint64_t state; /* splitmix64 (Steele, Lea, Flood 2014) */
};

static inline uint64_t mutator_next(struct mutator *m)
{
    uint64_t z = m->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline unsigned long mutant_count(unsigned long usual)
{
    const char *text = getenv("TWZ_MUTANTS");

    return text ? strtoul(text, NULL, 10) : usual;
}

static int mutant_output = STDOUT_FILENO; /* where it is said that a mutant took too long */

static inline void mutant_hangs(int number)
{
    static const char text[] = "not ok - a mutant takes more than a second of processor time\n";

    (void)number;
    (void)!write(mutant_output, text, sizeof text - 1);
    _exit(1);
}

/* To be called before each mutant: it has one second from here on, and the last one has until
 * mutants_end(). Processor time, so that it does not matter what else the machine does. */
static inline void mutant_begin(void)
{
    static const struct itimerval second = {.it_value = {.tv_sec = 1}};

    signal(SIGPROF, mutant_hangs);
    setitimer(ITIMER_PROF, &second, NULL);
}

static inline void mutants_end(void)
{
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {.tv_sec = 0}}, NULL);
}

/* Numbers at which checks change their mind. */
static inline uint64_t mutator_value(struct mutator *m)
{
    static const uint64_t edges[] = {
        0,      1,          2,          0x7f,       0xff,       0xfff,      0x1000,     0x1001,
        0x2000, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 30, 1ull << 62, 1ull << 63, UINT64_MAX};
    uint64_t choice = mutator_next(m);

    if (choice % 4 == 0)
        return mutator_next(m);
    return edges[choice / 4 % 16] + (choice >> 32) % 3 - 1;
}

/*
 * Makes a mutant of `from` in `to` (both `size` bytes) and returns its size, which may be smaller.
 * One to four places change, preferably among the first `dense` bytes, where headers are: a bit, a
 * byte, or a number of 4 or 8 bytes at a multiple of its size.
 */
static inline size_t mutant_make(struct mutator *m, uint8_t *to, const uint8_t *from, size_t size,
                                 size_t dense)
{
    uint64_t places = mutator_next(m) % 4 + 1;

    memcpy(to, from, size);
    for (uint64_t i = 0; i < places; i++) {
        uint64_t choice = mutator_next(m), value = mutator_value(m);
        size_t at = (choice >> 8) % (choice % 4 ? dense : size);
        size_t width = (size_t)1 << (choice >> 4) % 4;

        if (width == 1)
            to[at] ^= (uint8_t)(1u << value % 8);
        else if (width == 2)
            to[at] = (uint8_t)value;
        else
            memcpy(to + (at & ~(width - 1)), &value, width);
    }
    return mutator_next(m) % 16 ? size : mutator_next(m) % (size + 1);
}

/* Feeds `count` mutants to a fuzz target, which aborts on a wrong acceptance, as the sanitizers do
 * on a wrong access. Each `start` gives other ones. */
static inline void mutants_feed(int (*target)(const uint8_t *data, size_t size), uint64_t start,
                                const uint8_t *seed, size_t size, size_t dense, unsigned long count)
{
    struct mutator mutator = {.state = start};
    uint8_t *mutant = malloc(size + 8); /* whole words change */

    assert_non_null(mutant);
    for (unsigned long i = 0; i < count; i++) {
        size_t length = mutant_make(&mutator, mutant, seed, size, dense);

        mutant_begin();
        assert_int_equal(target(mutant, length), 0);
    }
    mutants_end();
    free(mutant);
}

#endif
