/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates of libclient.so: someone who may ask the database, and would like to do more. */
#ifndef CLIENT_GATES_H
#define CLIENT_GATES_H

#include <twz/gate.h>

/* Runs a query and returns the number of its rows, or a negated enum twz_error. */
TWZ_GATE(int64_t, client_rows, TWZ_STRING(sql, 1024))

enum client_attempt {
    CLIENT_READ,  /* reads memory of the database at `where` */
    CLIENT_WRITE, /* writes it */
    CLIENT_GATE   /* calls gate number `where` */
};
/* Returns 0 if it succeeded. */
TWZ_GATE(int64_t, client_attempts, TWZ_VAL(uint32_t, what), TWZ_VAL(uint64_t, where))

#endif
