/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates of libdatabase.so: SQLite and its database in a compartment. */
#ifndef DATABASE_GATES_H
#define DATABASE_GATES_H

#include <twz/gate.h>

#define DATABASE_SQL_MAX     (1u << 14)
#define DATABASE_ROW_MAX     1024u
#define DATABASE_RESULT_MAX  (1u << 14)
#define DATABASE_MESSAGE_MAX 256u

/* A gate of the caller's that takes the rows of a result, one by one: the columns as text, with
 * tabs between them. Anything but 0 ends the query. */
typedef int64_t database_row(const char *row, size_t row_size);

/* Opens the database, a file of the compartment's own. Returns a handle, or a negated enum
 * twz_error. The handle happens to be an address, as handles do. */
TWZ_GATE(int64_t, database_open, TWZ_STRING(name, 64))
/* Does what the SQL text says and calls `row` for each row, if it is not null. Returns 0;
 * TWZ_EINVAL, with SQLite's words in `message`. */
TWZ_GATE(int64_t, database_exec, TWZ_STRING(sql, DATABASE_SQL_MAX),
         TWZ_OUT(message, DATABASE_MESSAGE_MAX), TWZ_CALLBACK(database_row, row))
/* One statement that only reads: its rows as lines. Returns their length, or as above. */
TWZ_GATE(int64_t, database_query, TWZ_STRING(sql, DATABASE_SQL_MAX),
         TWZ_OUT(result, DATABASE_RESULT_MAX))

#endif
