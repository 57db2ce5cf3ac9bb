/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory, one frame (4 KiB) at a time. A frame has one kind from k_frame_alloc() until it
 * is free again; what is executable (K_FRAME_CODE) is made at boot, from the image's immutable
 * bytes, and never again: that is half of "nothing is ever writable and executable". The other half
 * is the check in k_space_map().
 */
#ifndef K_FRAME_H
#define K_FRAME_H

#include "arch.h"

enum k_frame_kind {
    K_FRAME_RESERVED, /* not memory, or not ours */
    K_FRAME_FREE,
    K_FRAME_KERNEL, /* the kernel's own data */
    K_FRAME_TABLE,  /* page tables, and tables of object pages */
    K_FRAME_CODE,   /* immutable bytes: readable and executable, never written */
    K_FRAME_DATA    /* bytes of objects: never executed, written while one object refers to them */
};

/* Takes all memory of the boot loader's list except the kernel, the image and the first MiB. The
 * image's frames become K_FRAME_CODE with a reference that is never dropped. */
void k_frames_init(const struct k_boot *boot, k_phys kernel_end);

struct k_context;

/* One zeroed frame with one reference; 0: no memory, or the context that pays has its share. The
 * last 2 MiB are for the monitor: for others, memory ends before them. */
k_phys k_frame_alloc(enum k_frame_kind kind);

/* The most frames that a context may have; 0: no limit. */
void k_frames_limit(const struct k_context *context, uint32_t most);
/* Whose frames those are that are taken from here on; NULL: the active context's. Returns who it
 * was before. */
const struct k_context *k_frames_pay(const struct k_context *context);

/* One more, one less reference. The last one frees. */
void k_frame_share(k_phys frame);
void k_frame_drop(k_phys frame);

enum k_frame_kind k_frame_kind(k_phys frame); /* K_FRAME_RESERVED outside of memory */
uint32_t k_frame_references(k_phys frame);
bool k_frame_is_own(k_phys frame); /* data, and one object alone refers to it: it can be written */
k_phys k_frames_end(void);         /* one past the highest frame */

/* Turns a frame of the kernel's own constants, read-only everywhere, into code of an object. */
void k_frame_seal(k_phys frame);

#endif
