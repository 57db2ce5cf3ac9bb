/* SPDX-License-Identifier: BSD-2-Clause */
/* The grammar of policies, checked word by word, and where each value stands. */
#ifndef HOST_POLICY_SCAN_H
#define HOST_POLICY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy_error;

struct policy_place {
    char *title;           /* the name of a section or file; NULL: a value of an option */
    bool end;              /* of a list, which libconfuse tells as well */
    uint32_t line, column; /* from 1 */
};

/* Of one file, in the order of the text. */
struct policy_scan {
    struct policy_place *places;
    size_t count;
    size_t next; /* that policy_scan_value() looks at */
    size_t next_title;
    unsigned *compartments; /* how many there may still be, of all files together */
};

/* Checks a text without comments. False: *error says what is wrong, but for the file. */
bool policy_scan(const char *text, size_t size, struct policy_scan *scan,
                 struct policy_error *error);
/* The place of the next value; NULL after the last. */
const struct policy_place *policy_scan_value(struct policy_scan *scan);
/* The place of the next title of this name, sections being asked for in the order of the text; or
 * NULL. */
const struct policy_place *policy_scan_next_title(struct policy_scan *scan, const char *title);
/* That of a title that stands in this line, or in the last one before; NULL. */
const struct policy_place *policy_scan_title(const struct policy_scan *scan, const char *title,
                                             uint32_t line);
void policy_scan_free(struct policy_scan *scan);

#endif
