/* SPDX-License-Identifier: BSD-2-Clause */
/* Every way of compiled code to thread-local data, in several compartments, threads and kinds of
 * load. */
#include "tls.h"
#include <stdbool.h>
#include <twz/rt/dl.h>
#include <twz/rt/io.h>
#include <twz/rt/thread.h>

int gd_bump(void), ld_bump(void), ie_bump(void), desc_bump(void), le_bump(void);
extern __thread int gd_value, desc_value; /* of a library: initial-exec from here */

static int results;

static void check(bool good, const char *title)
{
    twz_rt_print("%s %d - %s\n", good ? "ok" : "not ok", ++results, title);
}

static int call(uint64_t handle, const char *name)
{
    void *function;
    if (twz_rt_dl_symbol(handle, name, NULL, (const void *)call, &function) < 0)
        return -1;
    return ((int (*)(void))(uintptr_t)function)();
}

static uint64_t late;

/* The first two steps of a thread; one bit for each model that is wrong. */
static int64_t steps(void *unused)
{
    (void)unused;
    int64_t wrong = 0;
    for (int n = 1; n <= 2; n++) {
        int sum = n * (n + 1) / 2;
        wrong |= gd_bump() != 100 + sum ? 1 : 0;
        wrong |= ld_bump() != 200 + sum ? 2 : 0;
        wrong |= ie_bump() != 300 + sum ? 4 : 0;
        wrong |= desc_bump() != 400 + sum ? 8 : 0;
        wrong |= le_bump() != 500 + sum ? 16 : 0;
        wrong |= gd_value != 100 + sum || desc_value != 400 + sum ? 32 : 0;
        wrong |= call(late, "lategd_bump") != 600 + sum ? 64 : 0;
        wrong |= call(late, "lateld_bump") != 700 + sum ? 128 : 0;
        wrong |= call(late, "latedesc_bump") != 800 + sum ? 256 : 0;
        wrong |= tls_step((uint32_t)n) != 0 ? 512 : 0;
    }
    return wrong;
}

static void report(int64_t wrong, const char *who)
{
    static const char *const models[] = {
        "general dynamic",
        "local dynamic",
        "initial exec",
        "descriptors",
        "local exec",
        "another library's data",
        "general dynamic, late",
        "local dynamic, late",
        "descriptors, late",
        "all models in another compartment",
    };
    for (unsigned i = 0; i < sizeof models / sizeof models[0]; i++) {
        twz_rt_print("%s %d - %s: %s\n", wrong >> i & 1 ? "not ok" : "ok", ++results, who,
                     models[i]);
    }
}

/* A descriptor's function keeps all registers; the compiler relies on it. */
static bool keeps_registers(void)
{
    void *function;
    if (twz_rt_dl_symbol(late, "latedesc_bump", NULL, (const void *)keeps_registers, &function) < 0)
        return false;
    double a = 1.5, b = 2.5;
    __asm__ volatile("" : "+x"(a), "+x"(b));
    int first = ((int (*)(void))(uintptr_t)function)();
    __asm__ volatile("" : "+x"(a), "+x"(b));
    return first > 0 && a + b == 4.0;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    check(twz_rt_dl_open("libtlslate.so", NULL, 0, &late) == 0, "a library with thread-local data");
    report(steps(NULL), "the first thread");
    struct twz_rt_task task = {.function = steps};
    int64_t wrong = twz_rt_thread_start(&task) == 0 ? twz_rt_thread_join(&task) : -1;
    report(wrong, "another thread");
    check(keeps_registers(), "registers are kept");
    twz_rt_print("1..%d\n", results);
    return 0;
}
