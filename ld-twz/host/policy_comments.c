/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments of a policy become spaces before libconfuse reads it: version 3.3 counts their lines
 * more than once, and errors have to name the right one. So do semicolons, which it does not know.
 */
#include "policy_text.h"
#include <string.h>

enum state { CODE, STRING, LINE_COMMENT, BLOCK_COMMENT };

/* Whether a word or comment may start after this byte. */
static bool separates(char byte)
{
    return byte && strchr(" \t\r\n{}(),=", byte);
}

bool policy_blank_comments(char *text, size_t size, uint32_t *at_line, uint32_t *at_column)
{
    enum state state = CODE;
    char quote = 0, before = '\n';
    uint32_t line = 1, comment = 0, column = 0;
    size_t start = 0; /* of the line */
    for (size_t i = 0; i < size; i++) {
        char byte = text[i], next = i + 1 < size ? text[i + 1] : '\0';
        if (before == '\n')
            start = i;
        line += byte == '\n';
        switch (state) {
        case CODE:
            if (byte == '"' || byte == '\'') {
                state = STRING;
                quote = byte;
            } else if (byte == ';') {
                text[i] = byte = ' ';
            } else if (separates(before) && (byte == '#' || (byte == '/' && next == '/'))) {
                state = LINE_COMMENT;
                text[i] = ' ';
            } else if (separates(before) && byte == '/' && next == '*') {
                state = BLOCK_COMMENT;
                comment = line;
                column = (uint32_t)(i - start) + 1;
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
    *at_line = comment;
    *at_column = column;
    return state != BLOCK_COMMENT;
}
