/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: a 16550 at 0x3f8, 115200 8n1, polled; and the way out, isa-debug-exit at 0xf4. */
#include "arch.h"
#include "cpu.h"

#define COM1 0x3f8
#define EXIT 0xf4

static void init(void)
{
    k_outb(COM1 + 1, 0x00); /* no interrupts */
    k_outb(COM1 + 3, 0x80); /* divisor latch */
    k_outb(COM1 + 0, 1);
    k_outb(COM1 + 1, 0);
    k_outb(COM1 + 3, 0x03); /* 8n1 */
    k_outb(COM1 + 2, 0x00); /* no FIFO: switching it on would lose what was typed before */
    k_outb(COM1 + 4, 0x03); /* DTR, RTS */
}

void k_console_put(char c)
{
    static bool ready;
    if (!ready) {
        init();
        ready = true;
    }
    /* A transmitter that never becomes empty must not stop a panic: give up waiting. */
    for (unsigned tries = 0; tries < 1u << 20 && (k_inb(COM1 + 5) & 0x20) == 0; tries++)
        __asm__ volatile("pause");
    k_outb(COM1, (uint8_t)c);
}

int k_console_get(void)
{
    return k_inb(COM1 + 5) & 0x01 ? k_inb(COM1) : -1;
}

void k_shutdown(int status)
{
    k_outb(EXIT, (uint8_t)status);
    for (;;)
        __asm__ volatile("cli; hlt");
}
