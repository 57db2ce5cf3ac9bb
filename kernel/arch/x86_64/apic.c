/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch.h"
#include "cpu.h"
#include "hooks.h"
#include "paging.h"

#define ID_TPR      0x080
#define ID_EOI      0x0b0
#define ID_SPURIOUS 0x0f0
#define ID_COMMAND  0x300
#define ID_TIMER    0x320
#define ID_LINT0    0x350
#define ID_LINT1    0x360
#define ID_ERROR    0x370
#define ID_INITIAL  0x380
#define ID_CURRENT  0x390
#define ID_DIVIDE   0x3e0

#define MASKED    (1u << 16)
#define PERIODIC  (1u << 17)
#define ENABLED   (1u << 8)
#define TO_SELF   (1u << 18) /* and fixed delivery, edge: SDM volume 3A, 11.6.1 */
#define DIVIDE_1  0xbu
#define SLICE_HZ  100u
#define SAMPLE_HZ 1000u /* the cycle counter is measured for 1 ms */

/* Without CPUID.15H the timer's clock is taken to be 1 GHz, which it is in QEMU. Time slices and
 * TWZ_SYS_CLOCK scale with the error elsewhere; nothing else depends on it. */
#define DEFAULT_HZ 1000000000u

static uint64_t cycles_at_boot;
static uint64_t cycles_per_ms = 1000000;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)(K_DEVICE_BASE + offset);
}

static void silence_pic(void)
{
    k_outb(0x21, 0xff);
    k_outb(0xa1, 0xff);
}

/* Both clocks at one moment. A host that stops the virtual processor between the two reads would
 * set the clock wrong by any factor; of several pairs, the one that took least is taken. */
struct moment {
    uint64_t cycles;
    uint32_t timer;
};

static struct moment read_clocks(void)
{
    struct moment best = {0};
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t before = k_rdtsc();
        uint32_t timer = *reg(ID_CURRENT);
        uint64_t after = k_rdtsc();
        if (after - before < least) {
            least = after - before;
            best = (struct moment){.cycles = before + least / 2, .timer = timer};
        }
    }
    return best;
}

static void measure_cycles(uint64_t hz)
{
    uint32_t ticks = (uint32_t)(hz / SAMPLE_HZ);
    *reg(ID_TIMER) = MASKED | K_VECTOR_TIMER;
    *reg(ID_INITIAL) = UINT32_MAX;
    struct moment start = read_clocks();
    while (start.timer - *reg(ID_CURRENT) < ticks)
        ;
    struct moment end = read_clocks();
    cycles_per_ms = (end.cycles - start.cycles) * (hz / 1000) / (start.timer - end.timer);
    if (cycles_per_ms == 0)
        cycles_per_ms = 1;
}

void k_apic_init(void)
{
    cycles_at_boot = k_rdtsc();
    silence_pic();
    k_paging_map_device(K_DEVICE_BASE, k_rdmsr(K_MSR_APIC_BASE) & 0xffffffffff000);
    uint64_t hz = k_features.crystal_hz != 0 ? k_features.crystal_hz : DEFAULT_HZ;
    *reg(ID_SPURIOUS) = ENABLED | K_VECTOR_SPURIOUS;
    *reg(ID_TPR) = 0;
    *reg(ID_LINT0) = MASKED;
    *reg(ID_LINT1) = MASKED;
    *reg(ID_ERROR) = MASKED;
    *reg(ID_DIVIDE) = DIVIDE_1;
    measure_cycles(hz);
    *reg(ID_TIMER) = PERIODIC | K_VECTOR_TIMER;
    *reg(ID_INITIAL) = (uint32_t)(hz / SLICE_HZ);
    if (k_sweep_start != NULL)
        k_sweep_start();
}

void k_apic_end_of_interrupt(void)
{
    *reg(ID_EOI) = 0;
}

void k_interrupt_soon(void)
{
    *reg(ID_COMMAND) = TO_SELF | K_VECTOR_TIMER;
}

uint64_t k_clock(void)
{
    uint64_t cycles = k_rdtsc() - cycles_at_boot;
    return cycles / cycles_per_ms * 1000000 + cycles % cycles_per_ms * 1000000 / cycles_per_ms;
}
