/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment that breaks rules of its own memory, one per call. */
#ifndef PAGES_H
#define PAGES_H

#include <twz/gate.h>

#define PAGES_CASES(X)                                                                             \
    X(WRITE_READ_ONLY, "mprotect: a page for reading cannot be written")                           \
    X(READ_NONE, "mprotect: a page for nothing cannot be read")                                    \
    X(GUARD, "mmap: a guard page ends what runs into it")                                          \
    X(UNMAPPED, "munmap: what was given back is not there")                                        \
    X(SHRUNK, "mremap: nor is what was cut off")                                                   \
    X(BREAK, "brk: nor is what lies above the end")                                                \
    X(WRITE_MALLOC, "mprotect: of a block that malloc gave")                                       \
    X(WRITE_DATA, "mprotect: of a page of the library's data")                                     \
    X(WRITE_LOCATOR, "P95 the locator, which leads to thread-local storage, cannot be written")    \
    X(WRITE_RECORD, "P95 nor the record beside it, which says where that is")

enum pages_case {
#define X(name, title) PAGES_##name,
    PAGES_CASES(X)
#undef X
        PAGES_CASE_COUNT
};

/* Prepares a case, and with `fault` does what it is about. 0: something before it went wrong. */
TWZ_GATE(int64_t, pages_try, TWZ_VAL(uint32_t, number), TWZ_VAL(uint32_t, fault))
/* Takes memory with mmap() and gives it back, `times` times; then from a heap beside its own.
 * Returns how many bytes were there in all. */
TWZ_GATE(int64_t, pages_use, TWZ_VAL(uint64_t, mapped), TWZ_VAL(uint32_t, times),
         TWZ_VAL(uint64_t, beside))

/* Starts and joins so many threads, one after the other; returns how many did their work. */
TWZ_GATE(int64_t, pages_threads, TWZ_VAL(uint32_t, count))

/* Addresses of the locator of the calling thread here, and of what it leads to. */
enum { PAGES_LOCATOR, PAGES_BLOCK, PAGES_RECORD };
TWZ_GATE(int64_t, pages_vector, TWZ_VAL(uint32_t, what))

#endif
