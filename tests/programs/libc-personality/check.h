/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP for programs that run on Linux and in the image alike. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>

extern int check_count;

#define ok(condition, title)                                                                       \
    printf("%sok %d - %s\n", (condition) ? "" : "not ", ++check_count, title)
/* A call that fails with this error. */
#define fails(call, error, title) (errno = 0, ok((long)(call) == -1 && errno == (error), title))

void check_memory(void);
void check_files(void);
void check_names(void);
void check_pipes(void);
void check_time(void);
void check_signals(void);
void check_process(void);
void check_threads(void);
void check_hostile(void);

#endif
