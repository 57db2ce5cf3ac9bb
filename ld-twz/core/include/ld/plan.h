/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan: what the caller has to do to make a laid-out program real. Mappings, gates and grants
 * come first (ld_plan_make); the caller maps, publishes the gates and enters their numbers in
 * `program->gates[].number`; then ld_plan_writes() lists the relocation writes. Every write lies
 * inside one data slot; whoever applies the list checks that again with ld_check_write().
 */
#ifndef LD_PLAN_H
#define LD_PLAN_H

#include <ld/layout.h>

#define LD_RANGES_MAX 8u

struct ld_range {
    uint32_t first_page; /* in the object, >= 1 */
    uint32_t page_count;
    uint32_t rights; /* enum twz_rights: read, write, execute */
    uint32_t relro;  /* 1: seal to read-only after relocation */
};

/* What an instance needs: its text slot maps the packed object itself (the ELF file starts at
 * object offset 0x1000), its data slot a new object with copied pages, and so the slot of its
 * constants, if it has one. */
struct ld_mapping {
    uint32_t instance;
    uint32_t compartment;
    uint64_t handle;    /* of the file: struct ld_file */
    uint32_t text_slot; /* the first of its slots; code is in the one before data_slot */
    uint32_t data_slot;
    struct ld_range constants; /* a copy of these in a slot of their own, the first; or 0 pages */
    struct ld_range text[LD_RANGES_MAX];
    uint32_t text_count;
    struct ld_range data[LD_RANGES_MAX]; /* RELRO first; bss included */
    uint32_t data_count;
    /* Initial bytes of the data object: `copy_length` bytes (page aligned) from object offset
     * copy_source (page aligned, in the packed object) to copy_target (in the data object). Bytes
     * from zero_from up to the end of that copy are not the data's and must be zeroed. */
    uint64_t copy_source;
    uint64_t copy_target;
    uint64_t copy_length;
    uint64_t zero_from;   /* offset in the data object; == copy_target + copy_length: none */
    uint64_t data_length; /* end of bss as an offset in the data object */
};

/* What the runtime of a compartment has to call and copy; addresses are absolute. */
struct ld_calls {
    uint32_t instance;
    uint64_t preinit_array, preinit_count; /* the program only; counts are in functions */
    uint64_t init;                         /* DT_INIT or 0; before init_array */
    uint64_t init_array, init_count;
    uint64_t fini_array, fini_count; /* backwards, then fini */
    uint64_t fini;
    uint64_t tls_image; /* initial bytes of its TLS block */
    uint64_t tls_file_size;
    uint64_t tls_size; /* the rest is zero */
};

/* Right of a compartment to call a gate. */
struct ld_grant {
    uint32_t compartment;
    uint32_t gate;
    uint32_t deadline; /* milliseconds that its calls may take, by the policy's import; 0: none */
};

enum ld_write_kind {
    LD_WRITE_VALUE = 0, /* store `value`, `width` bytes (4 or 8) */
    LD_WRITE_COPY = 1,  /* copy `width` bytes from address `value` (R_X86_64_COPY) */
    LD_WRITE_CALL = 2   /* store what the resolver at address `value` returns (IFUNC) */
};

struct ld_write {
    uint32_t instance; /* whose data slot */
    uint32_t kind;     /* enum ld_write_kind */
    uint64_t offset;   /* in the data object */
    uint64_t value;
    uint64_t width; /* bytes */
};

struct ld_plan {
    struct ld_program *program;
    struct ld_mapping *mappings; /* one per instance, same index */
    uint32_t mapping_count;
    uint32_t room;          /* for mappings and calls */
    struct ld_calls *calls; /* one per instance, same index */
    struct ld_grant *grants;
    uint32_t grant_count;
    uint32_t grant_room;
    uint32_t *start_order; /* compartments, callees before callers; builtin ones left out */
    uint32_t start_count;
    uint64_t entry;          /* of the program, absolute */
    struct ld_write *writes; /* after ld_plan_writes(): values, then copies, then calls */
    uint64_t write_count;
};

/* Needs a resolved, laid-out program whose files are all laid out for two slots. */
enum ld_error ld_plan_make(struct ld_program *program, struct ld_plan **plan)
    __attribute__((warn_unused_result));

/* Lists the writes of all instances. `stubs` is the address of the stub of gate 0: gate n is called
 * at stubs + 16 n. Every gate that something binds to must have a number by now. */
enum ld_error ld_plan_writes(struct ld_plan *plan, uint64_t stubs)
    __attribute__((warn_unused_result));

struct twz_elf_plan;
/* enum twz_rights for PF_R, PF_W and PF_X. */
uint32_t ld_rights_of(uint32_t flags);
/* Ranges, copy and length of `mapping` from the plan of its file. */
void ld_mapping_fill(struct ld_mapping *mapping, const struct twz_elf_plan *plan);

/* Whether `write` lies inside the data that `mapping` makes writable. Trusts nothing in `write`;
 * the caller has made `mapping` itself or checked it. */
bool ld_check_write(const struct ld_mapping *mapping, const struct ld_write *write);

/* Adds a grant; LD_ENOMEM. */
enum ld_error ld_plan_grant(struct ld_plan *plan, uint32_t compartment, uint32_t gate)
    __attribute__((warn_unused_result));
bool ld_plan_is_granted(const struct ld_plan *plan, uint32_t compartment, uint32_t gate);

/* Lists the writes of the instances of a load at run time, as ld_plan_writes(): late->writes. */
enum ld_error ld_late_writes(struct ld_plan *plan, struct ld_late *late, uint64_t stubs)
    __attribute__((warn_unused_result));

/* The same for any instances of a planned program, into memory that may go when they are made. */
enum ld_error ld_writes_of(struct ld_plan *plan, struct ld_memory memory, const uint32_t *instances,
                           uint32_t count, uint64_t stubs, struct ld_write **writes,
                           uint64_t *write_count) __attribute__((warn_unused_result));

/* An instance has moved to another pair of slots, or its slots are known at last: plans it again.
 * What was planned with its old addresses is not valid any more. */
enum ld_error ld_plan_move(struct ld_plan *plan, uint32_t instance, uint32_t text_slot)
    __attribute__((warn_unused_result));

/* Where the program starts: its entry is for the kernel when it has a runtime of its own that may
 * be replaced; then `twz_rt_main` is for others. 0: nowhere. */
uint64_t ld_program_entry(const struct ld_program *program);

/* The address of function `name` of the compartment's runtime set, or of the program, which may
 * carry the runtime; 0: there is none. */
uint64_t ld_runtime_function(const struct ld_program *program, uint32_t compartment,
                             const char *name);

#endif
