/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE       1.0 /* seconds that a user waits without asking what goes on */
#define INTERVAL       0.1
#define NAME_MAX_SHOWN 40

/* Characters on the terminal's line. */
static int shown;

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool wanted(void)
{
    static int answer = -1;

    if (answer < 0)
        answer = !report_document() && isatty(STDERR_FILENO);
    return answer;
}

void progress_clear(void)
{
    if (shown)
        fprintf(stderr, "\r%*s\r", shown, "");
    shown = 0;
}

static void show(const char *doing, const char *file, uint64_t done, uint64_t total)
{
    char name[NAME_MAX_SHOWN + 1], percent[16] = "";

    snprintf(name, sizeof(name), "%s", path_base(file));
    for (char *c = name; *c; c++)
        *c = *c < 0x20 || *c >= 0x7f ? '?' : *c; /* a character may have been cut in two */
    if (total)
        snprintf(percent, sizeof(percent), " %" PRIu64 "%%",
                 (uint64_t)(100.0 * (double)done / (double)total));
    progress_clear();
    shown = fprintf(stderr, "objtool: %s %s%s", doing, name, percent);
}

void progress(const char *doing, const char *file, uint64_t done, uint64_t total)
{
    static double start, last;
    double now;

    if (!wanted())
        return;
    now = seconds();
    if (start == 0)
        start = now;
    if (now - start < PATIENCE || now - last < INTERVAL)
        return;
    last = now;
    show(doing, file, done, total);
}
