/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core reports becomes text in the answer: the first refusal as one message, everything as
 * lines. */
#include "loader.h"
#include <twz/rt/io.h>

static char *text; /* LOADER_REPORTS_MAX bytes, or NULL */
static uint32_t used;

void loader_reports_begin(void)
{
    struct ld_memory memory = loader_scratch();
    text = NULL;
    used = 0;
    loader.diag = (struct ld_diag){.report = loader_report};
    if (loader.request->operation == LOADER_START)
        text = memory.allocate(memory.context, LOADER_REPORTS_MAX, 1);
}

/* Names come from files: no byte of them makes a new line. */
static void add_line(const char *kind, const char *line)
{
    if (text == NULL || used >= LOADER_REPORTS_MAX - 1)
        return;
    uint32_t room = LOADER_REPORTS_MAX - used;
    size_t length = twz_rt_format(text + used, room, "%s%s\n", kind, line);
    if (length >= room) { /* not all of it fits */
        used = LOADER_REPORTS_MAX;
        text[used - 1] = '\n';
        return;
    }
    for (uint32_t i = used; i + 1 < used + length; i++)
        if (text[i] == '\n')
            text[i] = '?';
    used += (uint32_t)length;
}

void loader_message(const char *message, const char *cure)
{
    char *to = loader.answer->message;
    if (to[0] == '\0')
        twz_rt_format(to, LOADER_MESSAGE_MAX, "%s%s%s", message, cure != NULL ? "; " : "",
                      cure != NULL ? cure : "");
}

bool loader_report(void *context, const struct ld_report *report)
{
    (void)context;
    if (report->severity == LD_NOTE)
        return true;
    if (report->severity == LD_REFUSED)
        loader_message(report->message, report->cure);
    add_line(report->severity == LD_REFUSED ? "refused: " : "warning: ", report->message);
    if (report->cure != NULL)
        add_line("  ", report->cure);
    return true;
}

void loader_reports_end(void)
{
    if (text != NULL)
        loader_table_at(&loader.answer->reports, text, used, 1);
}
