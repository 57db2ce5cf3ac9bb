/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version of the runtime ABI. It stands in the TWZ note of every linked file (the linker script
 * writes it) and in one of every object file that includes these headers: a binary runs with a
 * runtime of the same major version and at least its minor version. twz-cc refuses to link others,
 * objtool check reports them, ld-twz and the monitor refuse to load them.
 */
#ifndef TWZ_RT_VERSION_H
#define TWZ_RT_VERSION_H

#define TWZ_RT_ABI_MAJOR 1
#define TWZ_RT_ABI_MINOR 0

#define TWZ_RT_ABI_TEXT_(major, minor)  #major "." #minor
#define TWZ_RT_ABI_TEXT2_(major, minor) TWZ_RT_ABI_TEXT_(major, minor)
#define TWZ_RT_ABI_TEXT                 TWZ_RT_ABI_TEXT2_(TWZ_RT_ABI_MAJOR, TWZ_RT_ABI_MINOR)

/* Whether what was built for a version runs with this one. */
#define TWZ_RT_ABI_FITS(major, minor) ((major) == TWZ_RT_ABI_MAJOR && (minor) <= TWZ_RT_ABI_MINOR)

#endif
