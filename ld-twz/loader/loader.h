/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader: what the monitor calls to read ELF files and to resolve symbols. It keeps the linked
 * program from one request to the next. The monitor keeps a copy of all its memory from after each
 * request that succeeded, and goes back to it when one fails: nothing here has to be undone.
 */
#ifndef LOADER_H
#define LOADER_H

#include "../core/module.h"
#include "protocol.h"
#include <ld/late.h>
#include <ld/resolve.h>
#include <twz/rt/string.h>
#include <twzelf/image.h>

struct loader {
    const struct loader_request *request;
    struct loader_answer *answer;
    struct ld_program *program; /* NULL until loaded */
    struct ld_plan *plan;
    struct ld_slots slots; /* stand in until the monitor has chosen */
    struct ld_late *late;  /* the load that has no slots yet, or NULL */
    struct ld_policy policy;
    struct ld_diag diag;
    struct obj_image image;
};

extern struct loader loader;

/* main.c */
int64_t twz_loader_run_impl(uint64_t address);

/* memory.c: for good; in pools, which are given back; and for one answer. */
void loader_memory_init(uint64_t start, uint64_t end);
struct ld_memory loader_memory(void);
struct loader_pool;
struct loader_pool *loader_pool_make(void); /* NULL: no memory */
struct ld_memory loader_pool_memory(struct loader_pool *pool);
void loader_pool_release(struct loader_pool *pool);
struct ld_memory loader_scratch(void);
void loader_scratch_reset(void);

/* files.c */
enum ld_error loader_files_open(void);
bool loader_file(uint32_t number, struct ld_file *file);
bool loader_find(void *context, struct ld_request *request, struct ld_file *file);
/* Offset of `text` in a file, or 0. */
uint64_t loader_offset_in(const struct ld_file *file, const char *text);

/* reports.c: what the core has to say goes into the answer. */
void loader_reports_begin(void);
bool loader_report(void *context, const struct ld_report *report);
void loader_message(const char *message, const char *cure);
void loader_reports_end(void);

/* answer.c: tables. */
/* `count` records of `size` bytes in the scratch memory, named by `table`; NULL: no memory. */
void *loader_table(struct loader_table *table, uint64_t count, size_t size);
/* The same for records that lie in the arena already. */
void loader_table_at(struct loader_table *table, const void *records, uint64_t count, size_t size);
enum ld_error loader_answer_program(void);
enum ld_error loader_answer_late(uint32_t first_grant);
enum ld_error loader_answer_writes(void);
enum ld_error loader_answer_list(const uint32_t *instances, uint32_t count);

/* describe.c */
enum ld_error loader_describe(struct loader_answer *answer);

#endif
