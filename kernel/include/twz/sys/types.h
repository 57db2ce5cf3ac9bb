/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types and limits that the kernel, the monitor and the tools share: object IDs, rights, slots,
 * errors. Everything here crosses a boundary, so every struct has fixed-width fields and asserted
 * offsets. All numbers are little endian; all sizes are in bytes unless a name says otherwise.
 */
#ifndef TWZ_SYS_TYPES_H
#define TWZ_SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && !defined(_Static_assert)
#define _Static_assert static_assert /* C++11 has the same, under another name */
#endif

#define TWZ_PAGE_SIZE  0x1000ull
#define TWZ_SLOT_SIZE  0x40000000ull /* 1 GiB: one object */
#define TWZ_SLOT_COUNT 131072u       /* 2^47 / TWZ_SLOT_SIZE: the lower half of the address space */

/* Page 0 of an object is never mapped, so that a null pointer of any object faults. */
#define TWZ_OBJECT_BASE  TWZ_PAGE_SIZE
#define TWZ_OBJECT_PAGES (TWZ_SLOT_SIZE / TWZ_PAGE_SIZE)

/* The name of an object. Equal IDs mean the same object; an ID proves nothing and grants nothing.
 */
struct twz_id {
    uint64_t hi;
    uint64_t lo;
};
_Static_assert(sizeof(struct twz_id) == 16, "an ID is 128 bits");

/* Rights. A capability holds any set of them; a slot's page ranges hold the first three. */
enum twz_rights {
    TWZ_READ = 1u << 0,
    TWZ_WRITE = 1u << 1,
    TWZ_EXECUTE = 1u << 2,
    TWZ_USE = 1u << 3,    /* the kernel may act on it: attach a context, schedule a thread */
    TWZ_DELETE = 1u << 4, /* it may be deleted */
    TWZ_RIGHTS_ALL = 0x1f
};

/* Where an object's bytes live. */
enum twz_medium {
    TWZ_VOLATILE = 0,  /* gone after a power cycle */
    TWZ_PERSISTENT = 1 /* refused with TWZ_ENOTSUP until there is a store */
};

/* Results of system calls and gates: 0 or a positive value is success, failure is a negated code.
 * The codes are part of the ABI; new ones are added at the end. */
#define TWZ_ERRORS(X)                                                                              \
    X(TWZ_EINVAL, 1, "an argument is not of the documented form")                                  \
    X(TWZ_EFAULT, 2, "a pointer does not lead to memory that the caller may use that way")         \
    X(TWZ_EPERM, 3, "the active context lacks a right that this needs")                            \
    X(TWZ_ENOENT, 4, "there is no such object, gate or entry")                                     \
    X(TWZ_EEXIST, 5, "it exists already")                                                          \
    X(TWZ_ENOMEM, 6, "out of memory")                                                              \
    X(TWZ_ELIMIT, 7, "a documented limit is reached")                                              \
    X(TWZ_EBUSY, 8, "it is in use")                                                                \
    X(TWZ_ENOSYS, 9, "there is no such system call")                                               \
    X(TWZ_ENOTSUP, 10, "it is understood, but not supported here")                                 \
    X(TWZ_EDEPTH, 11, "the thread has no gate frame left")                                         \
    X(TWZ_ECALLEE, 12, "the callee faulted and its activation was ended")                          \
    X(TWZ_EEXITED, 13, "the callee exited or aborted instead of returning")                        \
    X(TWZ_EDEAD, 14, "the compartment is marked dead until it is restarted")                       \
    X(TWZ_ETIMEDOUT, 15, "the deadline passed")                                                    \
    X(TWZ_ETOOBIG, 16, "a buffer is larger than its gate declares")                                \
    X(TWZ_EAGAIN, 17, "not now: the value changed, or nothing is there yet")

enum twz_error {
    TWZ_OK = 0,
#define X(name, number, text) name = number,
    TWZ_ERRORS(X)
#undef X
};

#endif
