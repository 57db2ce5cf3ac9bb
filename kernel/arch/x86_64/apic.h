/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC's timer: time slices. Intel SDM volume 3A, chapter 11. */
#ifndef K_ARCH_APIC_H
#define K_ARCH_APIC_H

#include <stdint.h>

/* Silences the legacy controllers, measures the cycle counter, starts the periodic timer. */
void k_apic_init(void);
void k_apic_end_of_interrupt(void);

#endif
