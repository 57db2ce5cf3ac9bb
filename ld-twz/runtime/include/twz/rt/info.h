/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, information about the compartment and the system. */
#ifndef TWZ_RT_INFO_H
#define TWZ_RT_INFO_H

#include <twz/rt/error.h>

struct twz_rt_info {
    uint32_t abi_major; /* of the runtime that answers */
    uint32_t abi_minor;
    uint64_t page_size;
    struct twz_id context;   /* of this compartment; knowing it grants nothing */
    const char *compartment; /* its name in the policy */
    const char *runtime;     /* which one answers: "reference" or "minimal" */
};

TWZ_RT_API void twz_rt_info(struct twz_rt_info *info);

struct twz_rt_system {
    uint32_t kernel_major; /* version of the system call ABI that the runtime was built for */
    uint32_t kernel_minor;
    uint64_t page_size;
    uint64_t object_size;   /* the largest object, and the distance of slots */
    uint32_t processors;    /* that threads of this program can run on */
    uint32_t gate_depth;    /* calls within each other, per thread */
    uint64_t address_limit; /* one past the highest address */
    const char *machine;    /* "x86_64" */
};
_Static_assert(sizeof(struct twz_rt_system) == 48, "ABI");

TWZ_RT_API void twz_rt_system(struct twz_rt_system *system);

/* Prints on the console what the system consists of now: compartments with their libraries, slots
 * and gates, call counts, memory. Only main may ask: TWZ_EPERM. */
TWZ_RT_API int64_t twz_rt_report(void);

#endif
