/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the headers of the runtime ABI share. The groups:
 *
 *   <twz/rt/core.h>     start and end            <twz/rt/io.h>      input and output, polling
 *   <twz/rt/alloc.h>    the heap, extra heaps    <twz/rt/fd.h>      descriptors and files
 *   <twz/rt/thread.h>   threads, futex, TLS      <twz/rt/exec.h>    programs and their arguments
 *   <twz/rt/object.h>   objects and names        <twz/rt/dl.h>      libraries at run time
 *   <twz/rt/info.h>     compartment and system   <twz/rt/debug.h>   what is loaded
 *   <twz/rt/time.h>     clocks, sleep            <twz/rt/random.h>  randomness
 *   <twz/rt/error.h>    errors                   <twz/rt/string.h>  memory and strings
 *
 * All work in C11 and C++11. A function that can fail returns a negated code of <twz/rt/error.h>.
 */
#ifndef TWZ_RT_ABI_H
#define TWZ_RT_ABI_H

#include <twz/rt/version.h>
#include <twz/sys/types.h>

/* Which version this object file was compiled for: a note of owner "TWZ", type 2, for twz-cc, which
 * looks at what it links. The linker script leaves it out of its output. */
#define TWZ_RT_NOTE_(major, minor) TWZ_RT_NOTE2_(major, minor)
#define TWZ_RT_NOTE2_(major, minor)                                                                \
    __asm__(".pushsection .note.twz.abi,\"\",@note\n"                                              \
            ".balign 4\n"                                                                          \
            ".long 4, 8, 2\n"                                                                      \
            ".asciz \"TWZ\"\n"                                                                     \
            ".long " #major ", " #minor "\n"                                                       \
            ".popsection\n")
#if defined(__x86_64__) && defined(__ELF__)
TWZ_RT_NOTE_(TWZ_RT_ABI_MAJOR, TWZ_RT_ABI_MINOR);
#endif

#ifdef __cplusplus
#define TWZ_RT_API extern "C" __attribute__((visibility("default")))
#else
#define TWZ_RT_API extern __attribute__((visibility("default")))
#endif

#endif
