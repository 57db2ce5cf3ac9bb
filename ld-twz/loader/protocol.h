/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor and the loader say to each other. The loader is the link core in a compartment
 * of its own: it parses and resolves, and has no right on anything but the files that it reads and
 * an arena of its own. It has one gate, which the monitor calls:
 *
 *   the monitor writes a struct loader_request into a page that the loader can only read, calls
 *   twz_loader_run(), and reads a struct loader_answer at the start of the loader's arena.
 *
 * An answer is flat: numbers, and tables at offsets from the start of the arena. Nothing in it is
 * believed. It stays as it is until the next request; LOADER_DESCRIBE answers in a page of its own
 * and leaves the tables alone. Both come from one build and have the same version.
 *
 * Files are known by their number in the image's name index; file n, when it is touched, appears in
 * the slot with address `files` + n slots, from TWZ_OBJECT_BASE on.
 */
#ifndef LOADER_PROTOCOL_H
#define LOADER_PROTOCOL_H

#include <ld/plan.h>

#define LOADER_VERSION     1u
#define LOADER_NONE        UINT32_MAX
#define LOADER_RUNTIME     "libtwzrt.so" /* the runtime set of every compartment */
#define LOADER_KNOWN_MAX   32u
#define LOADER_NAME_MAX    2048u
#define LOADER_MESSAGE_MAX 512u
#define LOADER_REPORTS_MAX 65536u /* bytes */

/* Where answers lie in the arena; what the loader allocates begins behind them. */
#define LOADER_ANSWER 0x0u
#define LOADER_ASIDE  0x1000u /* that of LOADER_DESCRIBE */
#define LOADER_MEMORY 0x2000u

enum loader_operation {
    /* The program `file`, its policy `policy`: everything that it needs, resolved. Answers with
     * instances, compartments, init, gates, grants and starts. */
    LOADER_START = 1,
    /* `name` for `compartment`, `into` a compartment of the policy or where the policy puts it; or,
     * with LOADER_BY_SYMBOL, whatever defines the symbol `name`. Likewise, but for starts: only
     * what is new. No instances: all of it was there. */
    LOADER_LOAD,
    /* The slots and numbers of gates in the request are final. Answers with writes, calls and
     * entries for what the last LOADER_START or LOADER_LOAD brought, or, where `compartment` is
     * not LOADER_NONE, for all of that compartment. */
    LOADER_WRITE,
    /* One user of `instance` less. Answers with init: what nothing uses any more, in the order of
     * destructors. */
    LOADER_CLOSE,
    /* Takes out what LOADER_CLOSE has listed, of `compartment` or of all (LOADER_NONE). */
    LOADER_REMOVE,
    /* Takes out what `compartment` has loaded into itself. Answers with init: which those were. */
    LOADER_DROP,
    /* The linking rules for symbol `name` (`version`, or ""), asked by instance `from`. Answers
     * with kind, value and module, or with gate. */
    LOADER_SYMBOL,
    /* The exported symbol of `instance` at virtual address `address`: name and value. */
    LOADER_PLACE,
    /* The exported function of file `file` that comes nearest below `address`: likewise. */
    LOADER_DESCRIBE
};

enum loader_flags {
    LOADER_GLOBAL = 1u << 0,      /* symbols of the load are searched by loads after it */
    LOADER_ONLY_LOADED = 1u << 1, /* only if it is there already */
    LOADER_BY_SYMBOL = 1u << 2
};

/* A gate of the monitor. */
struct loader_known {
    char name[64];
    char signature[448];
    uint32_t number;
    uint32_t reserved;
};

struct loader_request {
    uint32_t version;
    uint32_t operation; /* enum loader_operation */
    uint64_t sequence;  /* comes back in the answer */
    uint64_t arena, arena_size;
    uint64_t index, index_length; /* of the image */
    uint64_t files;
    uint64_t stubs; /* address of the stub of gate 0 */
    uint32_t file;
    uint32_t policy; /* file, or LOADER_NONE */
    uint32_t compartment, into, from, instance;
    uint32_t demand; /* LOADER_LOAD: enum twz_isolation, of the one who asks */
    uint32_t unused;
    uint32_t where; /* instance whose scope is searched, or LD_SEARCH_... of <ld/late.h> */
    uint32_t flags; /* enum loader_flags */
    uint64_t address;
    uint32_t known_count;
    uint32_t reserved;
    struct loader_known known[LOADER_KNOWN_MAX];
    char name[LOADER_NAME_MAX];
    char version_name[128];
    uint32_t slots[LD_INSTANCES_MAX]; /* of text, by instance */
    uint32_t numbers[LD_GATES_MAX];   /* by gate */
};

/* A run of `count` records of `size` bytes each. */
struct loader_table {
    uint64_t offset; /* in the arena */
    uint32_t count;
    uint32_t size;
};

struct loader_instance {
    uint32_t instance;
    uint32_t compartment;
    uint32_t file;
    uint32_t tls_module; /* 0: none */
    uint64_t tls_offset; /* below the thread pointer; 0: made when a thread asks for it */
    uint64_t name;       /* offset of its DT_SONAME in the file, or 0 */
};

struct loader_compartment {
    uint32_t compartment;
    uint32_t policy;     /* or LOADER_NONE */
    uint32_t owner;      /* LOADER_NONE, or the compartment that it was made for: then it is for */
    uint32_t file;       /* this library, which demands isolation or was demanded so */
    uint32_t demand;     /* enum twz_isolation: of its callers and the policy */
    uint32_t init_first; /* instances in the order of their constructors: a run of init */
    uint32_t init_count;
    uint32_t root; /* instance */
    uint32_t tls_modules;
    uint32_t unused;
    uint64_t tls_size;
    uint64_t tls_align;
};

struct loader_gate {
    uint32_t gate;
    uint32_t instance;
    uint64_t descriptor; /* virtual address */
    uint32_t isolation;  /* at least what the descriptor says */
    uint32_t reserved;
};

/* Functions of the runtime of a compartment; addresses. */
struct loader_entry {
    uint32_t compartment;
    uint32_t reserved;
    uint64_t start;         /* twz_rt_start, or 0 */
    uint64_t library_start; /* twz_rt_library_start, or 0 */
};

struct loader_answer {
    uint32_t version;
    uint32_t operation;
    uint64_t sequence;
    uint32_t error; /* enum ld_error: LD_OK, or why not; then only message and reports count */
    uint32_t root;  /* LOADER_LOAD: the instance that was asked for, or LOADER_NONE */
    struct loader_table instances;    /* struct loader_instance */
    struct loader_table compartments; /* struct loader_compartment */
    struct loader_table init;         /* uint32_t */
    struct loader_table gates;        /* struct loader_gate */
    struct loader_table grants;       /* struct ld_grant */
    struct loader_table starts;       /* uint32_t: compartments, callees before callers */
    struct loader_table writes;       /* struct ld_write: values, then copies, then calls */
    struct loader_table calls;        /* struct ld_calls */
    struct loader_table entries;      /* struct loader_entry */
    struct loader_table reports;      /* char: lines for people */
    uint64_t entry;                   /* of the program */
    uint32_t kind;                    /* LOADER_SYMBOL: enum ld_value_kind */
    uint32_t module;
    uint32_t gate; /* or LOADER_NONE */
    uint32_t reserved;
    uint64_t name; /* offset in the file of a NUL-terminated text, or 0 */
    uint64_t value;
    char message[LOADER_MESSAGE_MAX]; /* the first refusal */
};
_Static_assert(sizeof(struct loader_answer) <= LOADER_ASIDE - LOADER_ANSWER, "answers are apart");

#endif
