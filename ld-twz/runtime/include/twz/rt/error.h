/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, errors: one 64-bit code. 0 is success and so is a positive result; a failure is a
 * negated code, whose upper half says what kind of thing refused (its category) and whose lower
 * half says why. Category 0 is enum twz_error of <twz/sys/types.h>, so that what the kernel and
 * gates return is such a code as it is.
 */
#ifndef TWZ_RT_ERROR_H
#define TWZ_RT_ERROR_H

#include <twz/rt/abi.h>

enum twz_rt_category {
    TWZ_RT_SYSTEM = 0, /* the kernel, a gate, or an argument: enum twz_error */
    TWZ_RT_NAMING = 1, /* names */
    TWZ_RT_FILES = 2,  /* files, descriptors, input and output: the number is Linux's errno */
};

#define TWZ_RT_CODE(category, number) (((int64_t)(category) << 32) | (number))

/* X(name, category, number, text). The numbers are part of the ABI; new ones come at the end. */
#define TWZ_RT_ERRORS(X)                                                                           \
    X(TWZ_RT_EREADONLY, TWZ_RT_NAMING, 1, "names cannot be changed here: no naming service")       \
    X(TWZ_RT_EBADNAME, TWZ_RT_NAMING, 2,                                                           \
      "not a name: parts of 1 to 63 printable characters, no space, between slashes")              \
    X(TWZ_RT_ENOSPACE, TWZ_RT_NAMING, 3, "a part of the name is no namespace")                     \
    X(TWZ_RT_ENOTEMPTY, TWZ_RT_NAMING, 4, "the namespace is not empty")

#define TWZ_RT_EREADONLY TWZ_RT_CODE(TWZ_RT_NAMING, 1)
#define TWZ_RT_EBADNAME  TWZ_RT_CODE(TWZ_RT_NAMING, 2)
#define TWZ_RT_ENOSPACE  TWZ_RT_CODE(TWZ_RT_NAMING, 3)
#define TWZ_RT_ENOTEMPTY TWZ_RT_CODE(TWZ_RT_NAMING, 4)

/* Both take a code, negated or not. */
static inline uint32_t twz_rt_error_category(int64_t error)
{
    return (uint32_t)((uint64_t)(error < 0 ? -error : error) >> 32);
}
static inline uint32_t twz_rt_error_number(int64_t error)
{
    return (uint32_t)(error < 0 ? -error : error);
}

/* Text for a code, negated or not; never NULL. */
TWZ_RT_API const char *twz_rt_error_text(int64_t error);

#endif
