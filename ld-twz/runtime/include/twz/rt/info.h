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

/* Prints on the console what the system consists of now: compartments with their libraries, slots
 * and gates, call counts, memory. Only main may ask: TWZ_EPERM. */
TWZ_RT_API int64_t twz_rt_report(void);

#endif
