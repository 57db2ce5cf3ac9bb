/* SPDX-License-Identifier: BSD-2-Clause */
/* The first C code: from what the boot loader left to the core. */
#include "boot_info.h"
#include "cpu.h"
#include "frame.h"
#include "log.h"
#include "paging.h"

/* boot.S has mapped so much. */
#define BOOT_MAPPED (4ull << 30)

extern char k_image_end[];

__attribute__((noreturn)) void k_arch_main(uint32_t protocol, uint32_t info);

void k_arch_main(uint32_t protocol, uint32_t info)
{
    static struct k_boot boot;
    const char *expected = "PVH or Multiboot2";
    k_cpu_init();
    if (protocol == K_BOOT_PVH)
        expected = k_pvh_read(&boot, info);
    else if (protocol == K_BOOT_MULTIBOOT2)
        expected = k_multiboot2_read(&boot, k_direct(info), BOOT_MAPPED - info);
    if (expected != NULL)
        k_panic(NULL, "expected of the boot loader: %s", expected);
    k_frames_init(&boot, k_image_frame(k_image_end));
    k_paging_init(&boot);
    k_apic_init();
    k_main(&boot);
}
