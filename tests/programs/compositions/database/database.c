/* SPDX-License-Identifier: BSD-2-Clause */
/* The shim between SQLite, which is not changed, and the gates of database_gates.h. */
#define TWZ_GATE_PROVIDER
#include "database_gates.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static sqlite3 *database;

int64_t database_open_impl(const char *name, size_t name_size)
{
    char path[80];
    (void)name_size;
    if (database != NULL || strchr(name, '/') != NULL)
        return -TWZ_EINVAL;
    snprintf(path, sizeof path, "/tmp/%s", name);
    remove(path);
    if (sqlite3_open(path, &database) != SQLITE_OK)
        return -TWZ_EINVAL;
    return (int64_t)(uintptr_t)database;
}

/* A row as text in `line`; returns its length, or 0 when it does not fit. */
static size_t row_text(char *line, size_t size, int columns, char **values)
{
    size_t used = 0;
    for (int i = 0; i < columns; i++) {
        int n = snprintf(line + used, size - used, "%s%s", i > 0 ? "\t" : "",
                         values[i] != NULL ? values[i] : "NULL");
        if (n < 0 || (size_t)n >= size - used)
            return 0;
        used += (size_t)n;
    }
    return used;
}

static int give_row(void *argument, int columns, char **values, char **names)
{
    database_row *const *row = argument;
    char line[DATABASE_ROW_MAX];
    (void)names;
    if (*row == NULL)
        return 0;
    return (*row)(line, row_text(line, sizeof line, columns, values)) != 0;
}

int64_t database_exec_impl(const char *sql, size_t sql_size, void *message, size_t message_size,
                           database_row *row)
{
    (void)sql_size;
    char *error = NULL;
    if (database == NULL)
        return -TWZ_EINVAL;
    if (sqlite3_exec(database, sql, give_row, &row, &error) == SQLITE_OK)
        return 0;
    snprintf(message, message_size, "%s", error);
    sqlite3_free(error);
    return -TWZ_EINVAL;
}

struct lines {
    char *text;
    size_t used, size;
};

static int add_line(void *argument, int columns, char **values, char **names)
{
    struct lines *lines = argument;
    (void)names;
    if (lines->size - lines->used < 2)
        return 1;
    lines->used +=
        row_text(lines->text + lines->used, lines->size - lines->used - 1, columns, values);
    lines->text[lines->used++] = '\n';
    return 0;
}

/* Denies everything but reading. */
static int read_only(void *argument, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    (void)argument, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION
               ? SQLITE_OK
               : SQLITE_DENY;
}

int64_t database_query_impl(const char *sql, size_t sql_size, void *result, size_t result_size)
{
    (void)sql_size;
    if (database == NULL)
        return -TWZ_EINVAL;
    struct lines lines = {.text = result, .size = result_size};
    sqlite3_set_authorizer(database, read_only, NULL);
    int status = sqlite3_exec(database, sql, add_line, &lines, NULL);
    sqlite3_set_authorizer(database, NULL, NULL);
    return status == SQLITE_OK ? (int64_t)lines.used : -TWZ_EINVAL;
}
