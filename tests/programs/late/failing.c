/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads a library while one allocation of the kernel fails (kernel-fail.elf), wherever that is: at
 * most one thing is refused, and then all is as if nothing had happened. Arguments: the library, a
 * function of it and what that returns; without them nothing is loaded. */
#include <stdbool.h>
#include <twz/rt/dl.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>
#include <twz/rt/time.h>

static int refused;

/* Libraries may be on their way out that could not be taken out: that is done again by and by. */
static void wait_a_second(void)
{
    for (uint64_t start = twz_rt_clock(); twz_rt_clock() - start < 1100000000;)
        twz_rt_thread_yield();
}

static bool open(const char *name, uint64_t *handle)
{
    for (int i = 0; i < 4; i++) {
        if (twz_rt_dl_open(name, NULL, 0, handle) == 0)
            return true;
        twz_rt_print("failing: refused: %s\n", twz_rt_dl_message());
        refused++;
        wait_a_second();
    }
    return false;
}

static bool use(uint64_t handle, const char *function, int64_t value)
{
    void *found;
    for (int i = 0; i < 3; i++) {
        if (twz_rt_dl_symbol(handle, function, NULL, (void *)&use, &found) == 0 &&
            ((int (*)(void))found)() == value)
            return true;
        twz_rt_print("failing: %s: not there: %s\n", function, twz_rt_dl_message());
        refused++;
    }
    return false;
}

static bool close(uint64_t handle)
{
    for (int i = 0; i < 3; i++) {
        if (twz_rt_dl_close(handle) == 0)
            return true;
        twz_rt_print("failing: close: %s\n", twz_rt_dl_message());
        refused++;
    }
    return false;
}

static bool round_of(const char *name, const char *function, int64_t value)
{
    uint64_t handle;
    return open(name, &handle) && use(handle, function, value) && close(handle);
}

static int64_t number(const char *text)
{
    int64_t value = 0;
    for (; *text != '\0'; text++)
        value = value * 10 + (*text - '0');
    return value;
}

int main(int argc, char **argv)
{
    uint64_t nothing;
    for (int i = 0; i < 2; i++) /* what stays for good, stays from here on */
        if (twz_rt_dl_open("libbroken.so", NULL, 0, &nothing) == 0 ||
            !round_of("libplugin.so", "plugin_value", 42))
            return 2;
    (void)twz_rt_report();
    bool good = true;
    for (int i = 0; argc > 3 && i < 3 && good; i++)
        good = round_of(argv[1], argv[2], number(argv[3]));
    (void)twz_rt_report();
    twz_rt_print("failing: %s, refused %d\n", good ? "good" : "bad", refused);
    return good ? 0 : 1;
}
