/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments of a policy become spaces before libconfuse reads it: version 3.3 counts their lines
 * more than once, and errors have to name the right one. */
#include "policy_text.h"
#include <string.h>

#define BRACES_MAX 16u

enum state { CODE, STRING, LINE_COMMENT, BLOCK_COMMENT };

/* Whether a word or comment may start after this byte. */
static bool separates(char byte)
{
    return byte && strchr(" \t\r\n{}(),=", byte);
}

uint32_t policy_blank_comments(char *text, size_t size)
{
    enum state state = CODE;
    char quote = 0, before = '\n';
    uint32_t line = 1, opened[BRACES_MAX] = {0}, depth = 0, comment = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i], next = i + 1 < size ? text[i + 1] : '\0';
        line += byte == '\n';
        switch (state) {
        case CODE:
            if (byte == '{' && depth++ < BRACES_MAX)
                opened[depth - 1] = line;
            else if (byte == '}' && depth)
                depth--;
            if (byte == '"' || byte == '\'') {
                state = STRING;
                quote = byte;
            } else if (separates(before) && (byte == '#' || (byte == '/' && next == '/'))) {
                state = LINE_COMMENT;
                text[i] = ' ';
            } else if (separates(before) && byte == '/' && next == '*') {
                state = BLOCK_COMMENT;
                comment = line;
                text[i] = text[i + 1] = ' ';
                byte = ' ';
                i++;
            }
            break;
        case STRING:
            if (byte == '\\')
                line += text[++i < size ? i : i - 1] == '\n';
            else if (byte == quote)
                state = CODE;
            break;
        case LINE_COMMENT:
            if (byte == '\n')
                state = CODE;
            else
                text[i] = ' ';
            break;
        case BLOCK_COMMENT:
            if (byte == '/' && before == '*') {
                state = CODE;
                text[i] = byte = ' ';
            } else if (byte != '\n') {
                text[i] = ' ';
            }
        }
        before = byte;
    }
    if (state == BLOCK_COMMENT)
        return comment;
    return depth ? opened[depth <= BRACES_MAX ? depth - 1 : BRACES_MAX - 1] : 0;
}
