/* SPDX-License-Identifier: BSD-2-Clause */
/* Says when it starts: instructions since power-on, under -icount. The rest of the program is a
 * table of references, see tests/bench/references. */
#include <stdint.h>
#include <twz/rt/io.h>

int main(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    twz_rt_print("row started\t%lu\n", (uint64_t)high << 32 | low);
    return 0;
}
