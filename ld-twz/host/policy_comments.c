/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments of a policy become spaces before libconfuse reads it: version 3.3 counts their lines
 * more than once, and errors have to name the right one. */
#include "policy_text.h"
#include <string.h>

enum state { CODE, STRING, LINE_COMMENT, BLOCK_COMMENT };

/* Whether a word or comment may start after this byte. */
static bool separates(char byte)
{
    return byte && strchr(" \t\r\n{}(),=", byte);
}

void policy_blank_comments(char *text, size_t size)
{
    enum state state = CODE;
    char quote = 0, before = '\n';
    for (size_t i = 0; i < size; i++) {
        char byte = text[i], next = i + 1 < size ? text[i + 1] : '\0';
        switch (state) {
        case CODE:
            if (byte == '"' || byte == '\'') {
                state = STRING;
                quote = byte;
            } else if (separates(before) && (byte == '#' || (byte == '/' && next == '/'))) {
                state = LINE_COMMENT;
                text[i] = ' ';
            } else if (separates(before) && byte == '/' && next == '*') {
                state = BLOCK_COMMENT;
                text[i] = text[i + 1] = ' ';
                byte = ' ';
                i++;
            }
            break;
        case STRING:
            if (byte == '\\')
                i++;
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
}
