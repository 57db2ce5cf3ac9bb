/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor: ld-twz in the booted image. The kernel starts it as the only program with rights on
 * the machine; it loads what the command line names, gives every compartment a context of its own,
 * and afterwards only answers: gates that runtimes call, and upcalls that say which rule stopped a
 * thread. It is in the trusted base and believes neither image nor compartments.
 *
 * It links nothing itself. The loader, a compartment without rights, reads symbols and relocations
 * and says what is to be done; the monitor reads of a file only its program headers, its note and
 * its gates, and of the policy all of it, and does what these allow (accept.c).
 *
 * One processor and one thread: no locks. Everything is allocated from one bounded arena at start.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "../loader/protocol.h"
#include <ld/layout.h>
#include <ld/plan.h>
#include <stdarg.h>
#include <twz/rt/string.h>
#include <twz/sys/call.h>
#include <twzelf/image.h>

/* Exit statuses of the machine beyond the program's own. */
#define MON_STATUS_FAULT   124 /* main was stopped by a rule */
#define MON_STATUS_ABORT   125 /* main aborted */
#define MON_STATUS_REFUSED 126 /* the program was not started: the link is refused */
#define MON_STATUS_BROKEN  127 /* the monitor cannot work: image, memory, its own fault */

#define MON_HEAP_DEFAULT  (16ull << 20) /* bytes per compartment, given as they are touched */
#define MON_STACK_DEFAULT (256ull << 10)
#define MON_THREADS_MAX   1024u       /* at a time */
#define MON_THREADS_PER   256u        /* of one compartment */
#define MON_STACK_LOW     0x10000ull  /* offset of a stack in its slot */
#define MON_LOCATORS      0x100000ull /* offset of locator pages in the record's slot */
#define MON_LIBRARIES     0x80000ull  /* offset of the table of libraries there */
#define MON_LIBRARIES_MAX 4096u
#define MON_SLOTS_END     16384u /* below: what is handed out. From here on: files, by number */
#define MON_HEAPS_PER     64u    /* of one compartment, beside its own */
#define MON_OUTPUT_KEPT   8192u  /* bytes of what a compartment wrote last */
#define MON_REPORTS_MAX   16u    /* faults of one compartment that are told in full */
#define MON_NAME_MAX      128u   /* of a compartment, with its NUL */
#define MON_GATES_PER     512u   /* that come at run time because one compartment loads */

/* An object of the image, by its number in the name index. */
struct mon_file {
    const char *name;
    struct twz_id id;
    uint32_t slot; /* readable for the monitor, and for the loader when it has touched it */
    const void *bytes;
    uint64_t length;
    bool mapped;
    bool opened; /* main may read it, where it is */
};

enum mon_slot_use {
    MON_SLOT_TEXT,
    MON_SLOT_CONSTANTS,
    MON_SLOT_DATA,
    MON_SLOT_HEAP,
    MON_SLOT_STACK,
    MON_SLOT_RECORD, /* locator pages and the runtime's record */
    MON_SLOT_STUBS,
    MON_SLOT_EXTRA,  /* a heap beside its own */
    MON_SLOT_OPENED, /* an image object that a compartment has opened */
    MON_SLOT_MONITOR
};

/* What stands in a slot, for reports. */
struct mon_slot {
    uint32_t slot;
    enum mon_slot_use use;
    uint32_t compartment; /* or LD_NONE */
    uint32_t instance;    /* or LD_NONE */
    uint32_t rights;      /* that the compartment was granted on the object */
    const char *name;     /* of an opened object, or NULL */
};

struct mon_compartment {
    const char *name; /* of the policy, or text */
    char text[MON_NAME_MAX];
    struct twz_id context;
    bool builtin;         /* the monitor */
    uint32_t policy;      /* index, or LD_NONE */
    uint32_t owner;       /* compartment that it was made for, or LD_NONE */
    uint32_t file;        /* with an owner: the library that it is for */
    uint8_t demand;       /* enum twz_isolation: of its callers and the policy */
    bool demanded;        /* by main, at run time, which may call its gates for that */
    uint32_t after_fault; /* enum ld_after_fault */
    uint64_t heap_size;   /* bytes */
    uint64_t stack_size;  /* bytes, whole pages */
    uint32_t heap_slot;
    uint32_t stack_slot;
    uint32_t record_slot;
    struct twz_rt_state *record;
    uint64_t tls_size, tls_align; /* below the thread pointer */
    uint32_t tls_modules;
    uint32_t root;  /* instance */
    uint32_t *init; /* instances in the order of their constructors */
    uint32_t init_count, init_room;
    uint64_t granted[LD_GATES_MAX / 64]; /* gates that it may call, one bit each */
    uint32_t published; /* gates of what it has loaded at run time: kernels give no number twice */
    uint64_t start, library_start; /* functions of its runtime */
    uint64_t turn;                 /* when it came to ask the loader */
    bool asks;                     /* one of its threads has the loader, or waits for it */
    bool dead;                     /* gates into it fail */
    bool starting;                 /* again */
    uint32_t faults;
    uint32_t restarts;
    char *output;      /* MON_OUTPUT_KEPT bytes, a ring; NULL: it has not written yet */
    uint64_t written;  /* bytes so far */
    bool output_quiet; /* does not go to the console */
};

/* A library in a compartment. Its number is what compartments call a handle. */
struct mon_instance {
    bool used;
    bool leaving;      /* its destructors are running */
    bool sealed;       /* relocated, and RELRO is read-only */
    bool late;         /* it came at run time, */
    uint32_t asked_by; /* for this compartment */
    uint32_t opens;    /* times that it was asked for at run time */
    uint64_t sequence; /* of its constructors among all that came at run time; 0: from the start */
    uint32_t compartment;
    uint32_t file;
    uint64_t name; /* offset of its DT_SONAME in the file, or 0 */
    uint32_t tls_module;
    uint64_t tls_offset; /* below the thread pointer; 0: made when a thread asks for it */
    uint64_t tls_image;  /* virtual address */
    uint64_t tls_file_size, tls_size, tls_align;
    struct ld_mapping mapping; /* from the file's own headers; slots LD_NONE: none yet */
    struct ld_calls calls;     /* for the runtime; nothing here relies on it */
};

/* A gate of a compartment. */
struct mon_gate {
    bool used;
    bool exported;
    uint8_t isolation; /* enum twz_isolation */
    uint32_t instance;
    uint32_t number;              /* of the kernel, or LD_NONE */
    const char *name, *signature; /* in the file */
    const void *descriptor;       /* likewise */
    uint64_t entry;               /* virtual address */
};

struct monitor {
    struct twz_boot_info boot;
    struct ld_memory memory;
    struct ld_slots slots;
    struct obj_image image;
    struct mon_file *files;
    struct mon_slot *views; /* grows */
    uint32_t view_count;
    uint32_t view_room;
    struct mon_compartment
        *compartments;              /* [0] is main, [MON_OWN] the monitor; the loader behind */
    uint32_t compartment_count;     /* in use, without the loader */
    uint32_t compartment_room;      /* the most that there can be; index of the loader */
    struct mon_instance *instances; /* LD_INSTANCES_MAX; [0] is the program */
    uint32_t instance_count;        /* up to the last that is used */
    struct mon_gate *gates;         /* LD_GATES_MAX */
    uint32_t gate_count;
    uint64_t sequence; /* of loads at run time */
    uint64_t entry;    /* of the program */
    uint32_t *starts;  /* compartments in the order of their start */
    uint32_t start_count;
    uint32_t stubs_slot;
    bool print_table;        /* before the program runs */
    const char *policy_name; /* that is asked for on the command line, or NULL */
    uint32_t policy_file;    /* or LD_NONE */
    struct ld_policy policy;
    bool has_policy;
    const char *arguments; /* of main: NUL-terminated strings */
    size_t argument_bytes;
    uint32_t argument_count;
    bool exited; /* main ended otherwise than by returning; exit_status says how */
    uint32_t exit_status;
};

#define MON_OWN 1u /* compartment: the monitor */

extern struct monitor mon;

static inline uint64_t mon_slot_address(uint32_t slot)
{
    return (uint64_t)slot * TWZ_SLOT_SIZE;
}

static inline bool mon_same(struct twz_id a, struct twz_id b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* console.c: lines to the kernel's log. */
void mon_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What a compartment writes. */
void mon_write_for(uint32_t compartment, const char *bytes, size_t size);
/* What it has written from byte `from` on, as far as that is kept. */
struct twz_mon_output;
int64_t mon_output(const char *compartment, uint64_t from, struct twz_mon_output *part);
/* Prints "monitor: ..." and ends the machine with `status`. */
__attribute__((noreturn, format(printf, 2, 3))) void mon_stop(int status, const char *format, ...);

/* memory.c */
/* Makes the arena; stops the machine when it cannot. */
void mon_memory_init(void);
/* Zeroed memory for good; stops the machine when the arena is used up. Its pages come when they are
 * touched. */
void *mon_allocate(size_t size);

/* objects.c: thin wrappers of system calls. Those without `try` stop the machine on failure, saying
 * what failed: they are for the start, when nothing runs yet. */
/* A free slot. */
uint32_t mon_take_slot(void);
struct twz_id mon_object_create(const struct twz_copy_spec *copy);
int64_t mon_try_object_create(const struct twz_copy_spec *copy, struct twz_id *id);
void mon_map(uint32_t slot, struct twz_id object, const struct twz_range *ranges, uint32_t count);
/* The ranges of an object of `length` bytes: these, and at its end where its extensions are.
 * Returns how many. */
uint32_t mon_object_ranges(uint64_t length, uint32_t rights, struct twz_range ranges[2]);
int64_t mon_try_map(uint32_t slot, struct twz_id object, const struct twz_range *ranges,
                    uint32_t count);
/* In place of what is in the slot, which is deleted; a negated error: that stays. */
int64_t mon_try_replace(uint32_t slot, struct twz_id object, const struct twz_range *ranges,
                        uint32_t count);
int64_t mon_try_grant(struct twz_id context, struct twz_id object, uint64_t rights);
/* Takes the object out of a slot and deletes it. */
void mon_drop_slot(uint32_t slot);
/* The same, and the slot is free again. */
void mon_free_slot(uint32_t slot);
/* Remembers what stands in a slot. */
void mon_note_slot(struct mon_slot view);
void mon_forget_slot(uint32_t slot);
/* What stands at an address, or NULL. */
const struct mon_slot *mon_slot_at(uint64_t address);

/* files.c */
void mon_image_open(void);
/* Maps a file for the monitor, once. 0 or a negated enum twz_error. */
int64_t mon_file_map(uint32_t number);
/* Its number by its name, mapped; TWZ_ENOENT when there is none of that name. */
int64_t mon_file_open(const char *name, uint32_t *number);
/* The same where it has to be: stops the machine when it cannot be mapped; LD_NONE: there is none.
 */
uint32_t mon_file_need(const char *name);
void mon_policy_open(const char *program);
/* The loader touched an address: whether it may now read the file there. */
bool mon_file_touched(uint64_t address);

/* loader.c: the loader's compartment. */
void mon_loader_create(void);
/* Number and signature, for reports. */
const struct mon_gate *mon_loader_gate(void);
/* Whoever asks the loader for more than one thing takes it for that long, and does not call into
 * other compartments meanwhile but from mon_load_finish() and its like. Compartments take turns,
 * with one thread each, so that a crowd in one of them keeps nobody else waiting. TWZ_EBUSY: others
 * keep it. */
int64_t mon_loader_take(uint32_t compartment);
void mon_loader_leave(void);
/* For LOADER_DESCRIBE, which nobody has to take it for. False: the thread is in it, or another one
 * stays in it. */
bool mon_loader_may_ask(void);
/* A request with all fields that are always the same; the caller adds the others. */
struct loader_request *mon_loader_request(enum loader_operation operation);
/* Makes the request. *answer: the loader's, of which only the tables' bounds are checked. 0 if the
 * loader has carried it out; else -TWZ_ENOENT, -TWZ_ENOMEM or -TWZ_ELIMIT when it says no, or what
 * became of the loader, with a text in answer->message. */
int64_t mon_loader_ask(struct loader_answer *answer);
/* What it did is to stay; or it is as after the last commit. */
int64_t mon_loader_commit(void);
void mon_loader_rollback(void);
/* Copies record `index` of a table that has some of `size` bytes; false: there is no such one. */
bool mon_fetch(const struct loader_table *table, uint32_t index, void *record, size_t size);

/* accept.c: what the loader wants, if files and policy allow it. Each says why not, and is undone
 * by its caller. */
bool mon_accept_compartments(const struct loader_answer *answer);
bool mon_accept_instances(const struct loader_answer *answer, bool late, uint32_t asked_by);
bool mon_accept_inits(const struct loader_answer *answer, uint32_t first);
bool mon_accept_gates(const struct loader_answer *answer);
/* Whether the policy lets compartment `importer` call the gate. *deadline: milliseconds or 0. */
bool mon_may_import(uint32_t importer, uint32_t gate, uint32_t *deadline);
/* Where a relocation of an instance that is not sealed yet may be written, of `compartment` or of
 * any (LD_NONE); NULL: nowhere. Takes what it copies off *may_copy, which begins as the next one.
 */
const struct ld_mapping *mon_accept_write(const struct ld_write *write, uint32_t compartment,
                                          uint64_t *may_copy);
uint64_t mon_may_copy(uint32_t compartment);
/* Functions of the runtime, calls of instances. */
void mon_accept_calls(const struct loader_answer *answer);
/* Opens the file of an instance and fills mapping and thread-local storage. */
bool mon_examine(struct mon_instance *instance);
void mon_instance_forget(uint32_t index);

/* load.c: from a program to compartments that can run. */
void mon_load(uint32_t file);
/* What has to wait until compartments can run code: IFUNC resolvers. Then RELRO is sealed. */
void mon_load_finish(void);
/* The steps for one instance or list of writes: 0 or a negated error. */
int64_t mon_map_instance(uint32_t index);
/* `number`: for reports, or LD_NONE. */
int64_t mon_map_mapping(const struct mon_instance *instance, uint32_t number);
int64_t mon_apply(const struct loader_table *writes, uint32_t compartment, bool calls);
int64_t mon_seal(uint32_t index);
/* Tells the loader slots and gates; its answer are writes, calls and entries (LOADER_WRITE). */
int64_t mon_ask_writes(uint32_t compartment, struct loader_answer *answer);
/* Data of the compartment's libraries as it was at the start. There must be memory for it. 0, or a
 * negated error: its code failed. */
int64_t mon_data_renew(uint32_t compartment);
static inline const char *mon_instance_name(uint32_t index)
{
    return mon.files[mon.instances[index].file].name;
}
static inline uint64_t mon_instance_address(const struct mon_instance *instance, uint64_t vaddr)
{
    return mon_slot_address(instance->mapping.text_slot) + vaddr;
}

/* heaps.c: those beside a compartment's own, which it may share. */
int64_t mon_heap_create(uint32_t index, uint64_t size);
int64_t mon_heap_share(uint32_t index, uint64_t address, uint32_t rights, const char *with);
struct twz_mon_object;
int64_t mon_object_find(uint32_t index, struct twz_id id, uint64_t address,
                        struct twz_mon_object *result);
int64_t mon_heap_delete(uint32_t index, uint64_t address);
/* All of a compartment. */
void mon_heaps_drop(uint32_t index);

/* gates.c: the monitor's own gates, and those of compartments. */
extern const struct ld_known_gate *mon_known_gates;
extern uint32_t mon_known_gate_count;
/* The number of a gate by the index that the loader has for it, or LD_NONE. */
uint32_t mon_gate_number(uint32_t gate);
void mon_publish_own_gates(void);
void mon_publish_gates(void);
/* Those of an instance that came at run time; and a grant. */
int64_t mon_publish_gates_of(uint32_t instance);
/* 0 as well when it has it already. -TWZ_EPERM: the policy is against it. */
int64_t mon_grant_gate(uint32_t compartment, uint32_t gate);
static inline bool mon_is_granted(uint32_t compartment, uint32_t gate)
{
    return gate < LD_GATES_MAX &&
           (mon.compartments[compartment].granted[gate / 64] >> gate % 64 & 1) != 0;
}
/* Those of an answer. A grant of the monitor's own gates is none: everyone has these. */
int64_t mon_grant_all(const struct loader_answer *answer);
/* Fills the kernel's view of a gate from its descriptor; false when the descriptor is not valid. */
bool mon_gate_spec(const void *descriptor, struct twz_gate_spec *spec);

/* late.c: loads at run time. */
struct twz_mon_load_spec;
struct twz_mon_load_answer;
struct twz_mon_symbol_spec;
struct twz_mon_symbol_answer;
struct twz_mon_place;
int64_t mon_late_load(uint32_t index, const struct twz_mon_load_spec *spec,
                      struct twz_mon_load_answer *answer);
int64_t mon_late_symbol(uint32_t index, const struct twz_mon_symbol_spec *spec,
                        struct twz_mon_symbol_answer *answer);
/* Constructors of what others have loaded into it, which stays. */
bool mon_late_again(uint32_t index);
int64_t mon_late_place(uint32_t index, uint64_t address, struct twz_mon_place *place);

/* unload.c: what goes again. */
int64_t mon_late_close(uint32_t index, uint64_t handle);
int64_t mon_late_unload(uint32_t index);
/* Takes out what a compartment has loaded into itself, without destructors: it starts again. */
int64_t mon_late_drop(uint32_t index);
/* Slots, gates, the entry in the table of libraries: all of it that there is. */
void mon_take_out(uint32_t instance);
/* Whether `handle` is an instance that the compartment may name: one of its own, one in a
 * compartment that belongs to it, or what main has loaded elsewhere. LD_NONE: any. */
bool mon_is_handle(uint32_t index, uint64_t handle);
/* Whether destructors run, and nothing may be loaded. The second ends it when they take too long.
 */
bool mon_is_anything_leaving(void);
bool mon_is_being_unloaded(void);

/* compartment.c: contexts, records, stacks. */
void mon_compartments_init(void);
void mon_compartments_create(void);
/* Context, heap, stack and record of a compartment whose name and sizes are there. 0 or a negated
 * error, with some of it made. */
int64_t mon_compartment_furnish(uint32_t index);
/* One whose name, policy and thread-local storage are there; likewise. */
int64_t mon_compartment_create(uint32_t index);
/* Sets how much memory it may take, from its policy and what is mapped in it. */
void mon_compartment_limit(uint32_t index);
/* Takes it back, when nothing has run in it but IFUNC resolvers. */
void mon_compartment_destroy(uint32_t index);
void mon_records_write(void);
void mon_record_write(uint32_t index);
/* The entry of an instance in its compartment's table of libraries. */
void mon_library_write(uint32_t instance);
struct twz_rt_library *mon_library(uint32_t compartment, uint32_t instance);
/* Pages of a slot, readable and writable. */
struct twz_range mon_pages(uint64_t offset, uint64_t size);
/* A thread block of the compartment in zeroed memory from `low` on, mon_tls_bytes() of it; returns
 * where the locator has to point. */
uint64_t mon_tls_bytes(uint32_t index);
uint64_t mon_thread_block_write(uint32_t index, uint64_t low, uint32_t number);
/* Index of the compartment of a context, or LD_NONE. */
uint32_t mon_compartment_of(struct twz_id context);
/* An empty heap; a negated error: it has the old one. */
int64_t mon_heap_renew(uint32_t index);
/* Marks it dead unless its policy says to go on; and also then, when this thread was stopped in the
 * middle of its heap. The threads that it has started end. */
void mon_after_fault(uint32_t index);

/* threads.c */
struct twz_mon_thread_spec;
void mon_threads_init(void);
/* Starts a thread of compartment `index`. Its number, or a negated error. */
int64_t mon_thread_spawn(uint32_t index, const struct twz_mon_thread_spec *spec);
/* Gives a thread its stack and locator in compartment `index`. 0 or a negated error. */
int64_t mon_bind(uint32_t index, struct twz_id thread);
/* Takes back what threads have in a compartment. */
void mon_threads_leave(uint32_t index);
bool mon_is_bound(uint32_t index, struct twz_id thread);
/* How many have come to a compartment, and have a stack there. */
uint32_t mon_threads_in(uint32_t index);
/* Whether the calling thread is in the middle of the compartment's heap. */
bool mon_in_heap(uint32_t index);
/* Ends the threads that the compartment started, but for one. */
void mon_threads_end(uint32_t index, struct twz_id but);
/* Thread-local storage of all threads in the compartment as it was before they came. */
void mon_thread_blocks_renew(uint32_t index);
uint64_t mon_thread_blocks_bytes(uint32_t index);
/* Whether there are so many bytes beside what the monitor and the kernel may need on the way. The
 * monitor must not run out: check before touching what a compartment decides the size of. */
bool mon_enough_memory(uint64_t bytes);
bool mon_thread_is_first(struct twz_id id);
/* The thread will not come back from the upcall or gate that it is in. */
void mon_thread_ended(struct twz_id id);
uint32_t mon_threads_alive(void);
/* The stack in a slot of its own, for reports; valid until the next call. NULL: there is none. */
const struct mon_slot *mon_thread_slot(uint32_t slot);

/* restart.c: nanoseconds that each function may take that is called when it starts again. */
uint64_t mon_restart_time(const struct mon_compartment *c);
/* A dead compartment, before a call into it by `thread`. TWZ_OK or TWZ_EDEAD. */
enum twz_error mon_restart(uint32_t index, struct twz_id thread);

/* upcall.c */
int64_t mon_upcalls_install(struct twz_id thread);

/* start.c: calls the runtime's start in a compartment. False when it did not come back normally. */
bool mon_start_compartment(uint32_t index, struct twz_id thread, int64_t *result);
/* Calls a function of a compartment with one argument, on the calling thread. False when it did not
 * come back normally. */
bool mon_call(uint32_t index, uint64_t entry, uint64_t argument, int64_t *result);

/* The program has ended; reports it and ends the machine. */
__attribute__((noreturn)) void mon_finish(uint32_t status);

/* symbol.c: where an address is, in words: "inflate+0x12 (libz.so.1+0x3412)". */
void mon_describe_code(uint64_t address, char *text, size_t size);
/* Where the exported function begins that has the address; 0: none has. */
uint64_t mon_function_of(uint64_t address);
/* "0x40001010 (data of libz.so.1 in main)". */
void mon_describe_address(uint64_t address, char *text, size_t size);

/* backtrace.c: lines that say which calls led to where a compartment was stopped. */
void mon_backtrace(uint32_t index, const struct twz_regs *regs);

/* report.c */
void mon_report(void);

#endif
