/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, libraries at run time. A library is loaded where the policy puts it: into the
 * calling compartment, or into another one, of which only gates can be reached then. The linking
 * rules hold as at the start: a name that the policy denies to a reference is denied to
 * twz_rt_dl_symbol() as well.
 *
 * The same under the names that C code knows: dlopen, dlsym, dlvsym, dlclose, dlerror, dladdr,
 * dl_iterate_phdr, and _dl_find_object for unwinders.
 */
#ifndef TWZ_RT_DL_H
#define TWZ_RT_DL_H

#include <twz/rt/abi.h>

enum twz_rt_dl_flags {
    TWZ_RT_DL_GLOBAL = 1u << 0, /* libraries that are loaded after it find its symbols */
    TWZ_RT_DL_FIND = 1u << 1,   /* TWZ_ENOENT unless it is loaded already */
    /* The caller's demand, beside those of the library and the policy: the library comes into a
     * compartment of its own, of which only gates can be reached, by the handle. Another demand is
     * another instance; the same one gives the same handle. Not with TWZ_RT_DL_FIND. */
    TWZ_RT_DL_ISOLATE_CALLEE = 1u << 2, /* the callee is protected from the caller */
    TWZ_RT_DL_ISOLATE_CALLER = 1u << 3, /* the caller is protected from the callee */
    TWZ_RT_DL_ISOLATE_BOTH = TWZ_RT_DL_ISOLATE_CALLEE | TWZ_RT_DL_ISOLATE_CALLER
};

/* Loads library `name` with all that it needs, calls the constructors of what is new, and sets
 * *handle. compartment: NULL, or a compartment of the policy that names the library; only main may
 * say so. Loading again gives the same handle and counts. On failure nothing has changed. */
TWZ_RT_API int64_t twz_rt_dl_open(const char *name, const char *compartment, uint32_t flags,
                                  uint64_t *handle);
/* Undoes one twz_rt_dl_open(). When nothing uses the library any more, its destructors run, it goes
 * and its slots are free. Libraries that offer gates stay until the program ends. */
TWZ_RT_API int64_t twz_rt_dl_close(uint64_t handle);

#define TWZ_RT_DL_DEFAULT UINT64_MAX       /* as a reference of the caller's library would bind */
#define TWZ_RT_DL_NEXT    (UINT64_MAX - 1) /* behind the caller's library in its scope */

/* The address of `name` (and `version`, or NULL for the default one) in a library and what it
 * needs. caller: an address in the library that asks. With TWZ_RT_DL_DEFAULT a name that nothing
 * loaded defines may load what the policy names. */
TWZ_RT_API int64_t twz_rt_dl_symbol(uint64_t handle, const char *name, const char *version,
                                    const void *caller, void **address);

/* What the last failure in this compartment was; "" when there was none. */
TWZ_RT_API const char *twz_rt_dl_message(void);

#endif
