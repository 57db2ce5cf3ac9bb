/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands on Linux share: a file that is replaced whole or not at all. It is written
 * under a temporary name beside the old one, which is removed if anything fails and when a signal
 * ends the program. What is no regular file (a terminal, /dev/null) is written directly.
 *
 * Functions return NULL, or what could not be done as a verb and its object ("make a file beside
 * it"), and errno says why. One file at a time.
 */
#ifndef TWZ_REPLACE_H
#define TWZ_REPLACE_H

#include <stdbool.h>

struct replacement {
    int fd;          /* to write to, and to read back from if `temporary` is there */
    char *target;    /* where it goes, symbolic links followed; NULL: it is written directly */
    char *temporary; /* in the same directory */
    bool fresh;      /* set by the caller: nothing may be there, and nothing is replaced */
};

/* On failure nothing is to be ended. */
__attribute__((warn_unused_result)) const char *replace_begin(struct replacement *replacement,
                                                              const char *path);

/* With `keep`, the new file is on the disk and has the old one's place and mode (a new one the
 * usual mode). Otherwise, and on failure, all is as it was. */
__attribute__((warn_unused_result)) const char *replace_end(struct replacement *replacement,
                                                            bool keep);

/* For signal handlers that end the program: removes the temporary file, if there is one. */
void replace_abandon(void);

#endif
