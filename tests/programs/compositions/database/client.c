/* SPDX-License-Identifier: BSD-2-Clause */
#define TWZ_GATE_PROVIDER
#include "client_gates.h"
#undef TWZ_GATE_PROVIDER
#include "database_gates.h" /* as a caller */

int64_t client_rows_impl(const char *sql, size_t sql_size)
{
    static char result[DATABASE_RESULT_MAX];
    int64_t size = database_query(sql, sql_size, result, sizeof result);
    int64_t rows = 0;
    for (int64_t i = 0; i < size; i++)
        rows += result[i] == '\n';
    return size < 0 ? size : rows;
}

int64_t client_attempts_impl(uint32_t what, uint64_t where)
{
    static unsigned char byte;
    long result;
    switch (what) {
    case CLIENT_READ:
        byte = *(volatile unsigned char *)where;
        return 0;
    case CLIENT_WRITE:
        *(volatile unsigned char *)where = byte;
        return 0;
    default: { /* with SQL in the registers where database_exec() would look for it */
        static const char sql[] = "DROP TABLE people";
        register long message __asm__("rdx") = 0;
        register long row __asm__("r8") = 0;
        __asm__ volatile("xor %%r10d, %%r10d\n"
                         "syscall"
                         : "=a"(result), "+r"(message), "+r"(row)
                         : "a"(TWZ_SYS_GATE_BASE + where), "D"(sql), "S"(sizeof sql - 1)
                         : "rcx", "r9", "r10", "r11", "memory");
        return result < 0 ? result : 0;
    }
    }
}
