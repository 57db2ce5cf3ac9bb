/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask FILE [GATE...]: gives a database the SQL text of a file and prints the rows that come back
 * through a callback, then what a client that may only ask gets to know. With GATE, the client
 * tries for more: the database's memory, by the address that it has as a handle, and gates by their
 * numbers.
 */
#include "client_gates.h"
#include "database_gates.h"
#define TWZ_GATE_PROVIDER
#include "row_gates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned rows;

int64_t ask_row_impl(const char *row, size_t row_size)
{
    rows++;
    printf("| %.*s\n", (int)row_size, row);
    return rows >= 1000;
}

static int run(const char *sql, size_t size)
{
    char message[DATABASE_MESSAGE_MAX] = "";
    int64_t status = database_exec(sql, size, message, sizeof message, ask_row);
    message[sizeof message - 1] = '\0';
    if (status < 0)
        printf("ask: error %d: %s\n", (int)-status, message);
    return status < 0;
}

static void attempts(uint64_t handle, char **gates)
{
    static const char sql[] = "SELECT 1";
    char message[DATABASE_MESSAGE_MAX];
    database_row *no_gate = (database_row *)(uintptr_t)run;
    int64_t status = database_exec(sql, sizeof sql - 1, message, sizeof message, no_gate);
    printf("ask: a function for a callback: error %d\n", (int)-status);
    status = client_attempts(CLIENT_READ, handle);
    printf("client: to read the database: %s\n", status == 0 ? "DONE" : "stopped");
    status = client_attempts(CLIENT_WRITE, handle);
    printf("client: to write the database: %s\n", status == 0 ? "DONE" : "stopped");
    for (; *gates != NULL; gates++) {
        status = client_attempts(CLIENT_GATE, strtoull(*gates, NULL, 10));
        printf("client: to call gate %s: %s\n", *gates, status == 0 ? "DONE" : "stopped");
    }
}

int main(int argc, char **argv)
{
    static char sql[DATABASE_SQL_MAX];
    FILE *stream = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (stream == NULL) {
        printf("usage: ask FILE [GATE...]\n");
        return 2;
    }
    size_t size = fread(sql, 1, sizeof sql, stream);
    fclose(stream);

    int64_t handle = database_open("people.db", 9);
    if (handle < 0 && handle > -1000) {
        printf("ask: the database does not open\n");
        return 1;
    }
    run(sql, size);
    printf("ask: %u rows\n", rows);
    static const char all[] = "SELECT * FROM people", drop[] = "DROP TABLE people";
    printf("client: %d people\n", (int)client_rows(all, sizeof all - 1));
    printf("client: to write with SQL: %s\n",
           client_rows(drop, sizeof drop - 1) < 0 ? "denied" : "DONE");
    if (argc > 2)
        attempts((uint64_t)handle, argv + 2);
    static const char check[] = "PRAGMA integrity_check; SELECT count(*) || ' people' FROM people";
    return run(check, sizeof check - 1);
}
