/* SPDX-License-Identifier: BSD-2-Clause */
/* Shell patterns. On a mismatch only the last star is tried again one byte further, which is enough
 * and keeps the time at length of pattern times length of text. */
#include <ld/policy.h>

/* Matches one byte against the set that starts after '['. Returns the byte after the ']', or NULL
 * when there is none: then '[' is an ordinary byte. */
static const char *match_set(const char *set, unsigned char byte, bool *matches)
{
    bool negated = *set == '!' || *set == '^';
    bool found = false;
    const char *first = set += negated;
    for (; *set && (*set != ']' || set == first); set++) {
        unsigned char low = (unsigned char)*set, high = low;
        if (set[1] == '-' && set[2] && set[2] != ']') {
            high = (unsigned char)set[2];
            set += 2;
        }
        found |= byte >= low && byte <= high;
    }
    *matches = found != negated;
    return *set ? set + 1 : NULL;
}

/* Matches one pattern element against one byte; returns the next element or NULL. */
static const char *match_one(const char *pattern, char byte)
{
    if (*pattern == '?')
        return pattern + 1;
    if (*pattern == '[') {
        bool matches;
        const char *next = match_set(pattern + 1, (unsigned char)byte, &matches);
        if (next)
            return matches ? next : NULL;
    }
    if (*pattern == '\\' && pattern[1])
        pattern++;
    return *pattern == byte ? pattern + 1 : NULL;
}

bool ld_glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *restart = NULL;
    while (*text) {
        const char *next;
        if (*pattern == '*') {
            star = ++pattern;
            restart = text;
        } else if ((next = *pattern ? match_one(pattern, *text) : NULL)) {
            pattern = next;
            text++;
        } else if (star) {
            pattern = star;
            text = ++restart;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool ld_glob_is_pattern(const char *text)
{
    for (; *text; text++)
        if (*text == '*' || *text == '?' || *text == '[' || *text == '\\')
            return true;
    return false;
}
