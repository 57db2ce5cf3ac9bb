/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "policy_text.h"
#include <stdlib.h>
#include <string.h>

char *policy_error_line(const struct policy_error *error)
{
    char place[32] = "";
    if (error->line && error->column)
        snprintf(place, sizeof place, ":%u:%u", error->line, error->column);
    else if (error->line)
        snprintf(place, sizeof place, ":%u", error->line);
    return host_format("%s%s: %s%s%s%s%s%s", error->file, place, error->message,
                       error->expected ? "; expected " : "", error->expected ? error->expected : "",
                       error->nearest ? "; did you mean `" : "",
                       error->nearest ? error->nearest : "", error->nearest ? "`?" : "");
}

void policy_error_free(struct policy_error *error)
{
    free(error->file);
    free(error->message);
    free(error->expected);
    free(error->nearest);
    memset(error, 0, sizeof *error);
}
