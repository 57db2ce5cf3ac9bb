/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot image: its objects become objects of the kernel in place, and the one named `monitor`
 * becomes the first context and thread. A broken image or monitor ends the machine with
 * K_EXIT_IMAGE and a line that says what was expected where.
 */
#ifndef K_IMAGE_H
#define K_IMAGE_H

#include "arch.h"
#include "context.h"
#include <twzelf/image.h>

/* Checks the image and makes its objects, and those that exist from boot, known. */
void k_image_open(const struct k_boot *boot);

/* The image's index, for the monitor. */
uint64_t k_image_index_length(void);

/* A packed object of the image, checked again. False: there is none of this name. */
bool k_image_find(const char *name, struct obj *packed, struct k_object **object);

/* Grants the context read and execute on everything in the image, and the index and stubs. */
enum twz_error k_image_grant(struct k_context *context);

__attribute__((noreturn, format(printf, 1, 2))) void k_image_refuse(const char *format, ...);

/* Loads `monitor`, or without one the program that the first word of the command line names, into
 * its slots, and makes the thread that will run it. */
void k_monitor_load(const char *command_line);

#endif
