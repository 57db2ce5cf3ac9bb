/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The peer of the kernel's benchmarks: init of a Linux that runs under the same emulator, with
 * -icount shift=0,sleep=off, where the time stamp counter counts instructions, user and kernel
 * together. Prints `row NAME TAB COUNT`: the smallest of several, less the two reads of the
 * counter. Partners of a round trip are processes of their own, on the only processor.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define ROUNDS 64
#include "../measure.h"

#define PAGE    4096
#define WORDS_6 48 /* as much as six argument registers hold */

/* Ends the emulator with `status`. */
static _Noreturn void stop(unsigned char status)
{
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    if (iopl(3) == 0)
        outb(status, 0xf4);
    for (;;)
        pause();
}

static void need(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    stop(1);
}

static void row(const char *name, uint64_t count)
{
    printf("row %s\t%lu\n", name, count);
}

static void null_call(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getpid) : "rcx", "r11", "memory");
}

static void send(int fd, size_t size)
{
    static char bytes[PAGE] = {1};
    if (write(fd, bytes, size) != (ssize_t)size)
        stop(1);
}

static void receive(int fd, size_t size)
{
    static char bytes[PAGE];
    if (read(fd, bytes, size) != (ssize_t)size)
        stop(1);
}

/* There with `size` bytes and back with eight. */
static void round_trip(const char *name, size_t size, int there[2], int back[2])
{
    pid_t partner = fork();
    need(partner >= 0, "fork");
    while (partner == 0) {
        receive(there[0], size);
        send(back[1], 8);
    }
    MEASURE(name, {
        send(there[1], size);
        receive(back[0], 8);
    });
    kill(partner, SIGKILL);
    waitpid(partner, NULL, 0);
}

static void pipes(const char *name, size_t size)
{
    int there[2], back[2];
    need(pipe(there) == 0 && pipe(back) == 0, "pipe");
    round_trip(name, size, there, back);
}

static void eventfds(void)
{
    int there = eventfd(0, 0), back = eventfd(0, 0);
    need(there >= 0 && back >= 0, "eventfd");
    round_trip("eventfd round trip", 8, (int[]){there, there}, (int[]){back, back});
}

static char *pages(void)
{
    char *map =
        mmap(NULL, (ROUNDS + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(map != MAP_FAILED, "mmap");
    (void)madvise(map, (ROUNDS + 1) * PAGE, MADV_NOHUGEPAGE);
    map[0] = 1;
    return map;
}

static void faults(void)
{
    volatile char *map = pages();
    unsigned touched = 1;
    MEASURE("anonymous page fault", map[PAGE * touched++] = 1);
    pid_t sharer = fork();
    need(sharer >= 0, "fork");
    while (sharer == 0)
        pause();
    map[0] = 2;
    touched = 1;
    MEASURE("copy-on-write fault", map[PAGE * touched++] = 2);
    kill(sharer, SIGKILL);
    waitpid(sharer, NULL, 0);
}

static void *yield_forever(void *unused)
{
    for (;;)
        sched_yield();
    return unused;
}

/* Of equal threads of a real-time class, sched_yield() goes to the other one. */
static void switches(void)
{
    struct sched_param priority = {.sched_priority = 1};
    pthread_t other;
    need(sched_setscheduler(0, SCHED_FIFO, &priority) == 0, "sched_setscheduler");
    need(pthread_create(&other, NULL, yield_forever, NULL) == 0, "pthread_create");
    sched_yield();
    MEASURE("two yields, to another thread and back", sched_yield());
}

int main(void)
{
    measure_overhead();
    MEASURE("null system call", null_call());
    pipes("pipe round trip", 8);
    pipes("pipe round trip with 48 bytes", WORDS_6);
    pipes("pipe round trip with 64 bytes", 64);
    pipes("pipe round trip with 4 KiB", PAGE);
    eventfds();
    faults();
    switches();
    puts("done");
    stop(0);
}
