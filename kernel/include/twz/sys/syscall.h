/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call ABI (x86_64). rax holds the number; rdi, rsi, rdx, r10, r8 and r9 the arguments;
 * rax returns a value >= 0 or a negated enum twz_error; rcx and r11 are lost, all else is kept.
 * IDs travel by value as two registers (hi, lo). Every argument is fetched once.
 *
 * Rights are those of the calling thread's active context. `sys` below means TWZ_USE on
 * TWZ_ID_SYSTEM, which only the monitor's context is given at boot. Whoever creates an object gets
 * a capability with all rights on it in the active context.
 */
#ifndef TWZ_SYS_SYSCALL_H
#define TWZ_SYS_SYSCALL_H

#include <twz/sys/types.h>

/* X(name, number, arguments, rights needed, errors). No other error comes back from a call;
 * twz-syscalls(2) is this table with more words (`sh tests/link/syscalls.sh write`). */
#define TWZ_SYSCALLS(X)                                                                            \
    X(NULL, 0, "", "none", "none")                                                                 \
    X(LOG, 1, "ptr, len <= 4096", "sys", "EPERM EINVAL EFAULT")                                    \
    X(SHUTDOWN, 2, "status 0..127", "sys", "EPERM EINVAL")                                         \
    X(CLOCK, 3, "", "none", "none") /* nanoseconds since boot */                                   \
    X(SYSTEM_INFO, 4, "struct twz_system_info *out", "sys", "EPERM EFAULT")                        \
    X(LOG_READ, 5, "ptr, len <= 4096", "sys",                                                      \
      "EPERM EINVAL EFAULT") /* what was typed, as far as it is there: 0 bytes or more */          \
    X(OBJECT_CREATE, 8, "const struct twz_object_spec *, struct twz_id *out",                      \
      "read on the source", "EFAULT EINVAL ENOTSUP ENOENT EPERM ENOMEM ELIMIT")                    \
    X(OBJECT_DELETE, 9, "id", "delete", "ENOENT EPERM EBUSY ENOTSUP")                              \
    X(OBJECT_COPY, 10, "const struct twz_copy_spec *", "read on the source, write on the target",  \
      "EFAULT ENOENT EPERM EINVAL ENOMEM")                                                         \
    X(OBJECT_INFO, 11, "id, struct twz_object_info *out", "any right on it",                       \
      "ENOENT EPERM EFAULT")                                                                       \
    X(OBJECT_TIE, 12, "child id, parent id", "delete on the child, any right on the parent",       \
      "ENOENT EPERM EINVAL EEXIST ELIMIT ENOMEM")                                                  \
    X(OBJECT_PAGES, 13, "address, page count <= TWZ_PAGES_MAX, rights left, enum twz_pages_flags", \
      "write at the addresses, shared with nobody", "EINVAL ENOENT EPERM ENOMEM")                  \
    X(CONTEXT_CREATE, 16, "struct twz_id *out", "sys", "EPERM ENOMEM ELIMIT EFAULT")               \
    X(CONTEXT_GRANT, 17, "context id, object id, rights",                                          \
      "write on the context; the rights granted", "EINVAL ENOENT EPERM ENOMEM ELIMIT")             \
    X(CONTEXT_REVOKE, 18, "context id, object id", "write on the context", "ENOENT EPERM EINVAL")  \
    X(CONTEXT_GRANT_GATE, 19, "context id, gate number, nanoseconds per call or 0",                \
      "write on the context, sys", "EPERM ENOENT EINVAL ENOMEM")                                   \
    X(CONTEXT_REVOKE_GATE, 20, "context id, gate number", "write on the context",                  \
      "ENOENT EPERM EINVAL")                                                                       \
    X(CONTEXT_STATUS, 21, "context id, enum twz_context_status", "write on the context",           \
      "ENOENT EPERM EINVAL")                                                                       \
    X(CONTEXT_INFO, 22, "context id, struct twz_context_info *out", "read on the context",         \
      "ENOENT EPERM EINVAL EFAULT")                                                                \
    X(CONTEXT_LIMIT, 23, "context id, frames or 0, enum twz_limit", "write on the context, sys",   \
      "EPERM ENOENT EINVAL")                                                                       \
    X(VIEW_MAP, 24, "slot, object id, const struct twz_range *, count <= TWZ_RANGES_MAX",          \
      "write on the view", "EPERM EINVAL EFAULT ENOENT EEXIST ENOMEM")                             \
    X(VIEW_UNMAP, 25, "slot", "write on the view", "EPERM EINVAL ENOENT")                          \
    X(VIEW_NARROW, 26, "slot, first page, page count, rights kept",                                \
      "write on the view, or on an object shared with nobody; narrows only",                       \
      "EINVAL ENOENT EPERM ELIMIT")                                                                \
    X(VIEW_INFO, 27, "slot, struct twz_slot_info *out", "read on the view",                        \
      "EPERM EINVAL ENOENT EFAULT")                                                                \
    X(VIEW_CREATE, 28, "view id or 0, struct twz_id *out", "sys; read on the view that is copied", \
      "EPERM ENOENT EINVAL ENOMEM ELIMIT EFAULT")                                                  \
    X(VIEW_SET, 29, "const struct twz_view_entry *", "write on the view",                          \
      "EFAULT ENOENT EPERM EINVAL ENOMEM")                                                         \
    X(VIEW_BECOME, 30, "const struct twz_become_spec *", "use on the view",                        \
      "EFAULT ENOENT EPERM EINVAL EDEPTH ENOMEM; of the entry: ECALLEE EEXITED")                   \
    X(THREAD_CREATE, 32, "const struct twz_thread_spec *, struct twz_id *out",                     \
      "sys; use on the context", "EPERM EFAULT ENOENT EINVAL ENOMEM ELIMIT")                       \
    X(THREAD_BIND, 33, "const struct twz_bind_spec *", "write on the thread, use on the context",  \
      "EFAULT ENOENT EPERM EINVAL EEXIST ENOMEM")                                                  \
    X(THREAD_YIELD, 34, "", "none", "none")                                                        \
    X(THREAD_EXIT, 35, "", "none", "none")                                                         \
    X(THREAD_UPCALL, 36, "thread id, entry", "write on the thread", "ENOENT EPERM EINVAL")         \
    X(THREAD_SLEEP, 37, "object id or 0, offset or address, expected, deadline",                   \
      "read on the object, or at the address",                                                     \
      "EINVAL EFAULT ENOENT EPERM ENOMEM EAGAIN ETIMEDOUT")                                        \
    X(THREAD_WAKE, 38, "object id or 0, offset or address, count",                                 \
      "write on the object, or at the address", "EINVAL EFAULT ENOENT EPERM")                      \
    X(THREAD_SCHEDULE, 39, "thread id, priority, ticks of a slice", "write on the thread",         \
      "ENOENT EPERM EINVAL")                                                                       \
    X(THREAD_SELF, 7, "struct twz_id *out", "none", "EFAULT")                                      \
    X(GATE_PUBLISH, 40, "const struct twz_gate_spec *", "sys; use on the context",                 \
      "EPERM EFAULT ENOENT EINVAL ELIMIT ENOMEM")                                                  \
    X(GATE_RETURN, 41, "value, value2", "an activation to return from", "EINVAL")                  \
    X(GATE_COPY_IN, 42, "buffer index, void *to, offset, len",                                     \
      "an activation; the caller's rights", "EINVAL EFAULT ENOMEM")                                \
    X(GATE_COPY_OUT, 43, "buffer index, const void *from, offset, len",                            \
      "an activation; the caller's rights", "EINVAL EFAULT ENOMEM")                                \
    X(GATE_CALLER, 44, "struct twz_id *out", "an activation", "ENOENT EFAULT")                     \
    X(GATE_STATUS, 45, "", "none", "those of the last gate call")                                  \
    X(GATE_INFO, 46, "gate number, struct twz_gate_info *out", "sys", "EPERM ENOENT EFAULT")       \
    X(GATE_DEADLINE, 47, "nanoseconds or 0", "none, unless CONTEXT_LIMIT says so", "EPERM")        \
    X(GATE_STACK, 52, "", "none", "none") /* where that of the running activation starts, or 0 */  \
    X(GATE_OVERLAY, 51, "object id", "sys; write on the object; inside an upcall",                 \
      "EPERM ENOENT EINVAL EEXIST EFAULT ENOMEM")                                                  \
    X(CONTEXT_CALL, 48, "const struct twz_call_spec *", "sys; use on the context",                 \
      "EPERM EFAULT ENOENT EINVAL EDEAD EDEPTH ENOMEM")                                            \
    X(UPCALL_RETURN, 49, "enum twz_upcall_action, error or value", "sys; inside an upcall",        \
      "EPERM EINVAL")                                                                              \
    X(GATE_UNWIND, 50, "error, value", "sys; inside a gate of the active context", "EPERM EINVAL") \
    X(CONTEXT_MASK, 56, "context id, object id, mask, override", "write on the context",           \
      "EINVAL ENOENT EPERM ENOMEM ELIMIT")                                                         \
    X(CONTEXT_GLOBAL_MASK, 57, "context id, mask", "write on the context", "EINVAL ENOENT EPERM")  \
    X(CONTEXT_GATE_RANGE, 58, "context id, object id, offset, length",                             \
      "write on the context; narrows only", "EINVAL ENOENT EPERM")                                 \
    X(CONTEXT_RIGHTS, 59, "context id, object id, struct twz_rights_info *out",                    \
      "read on the context", "ENOENT EPERM EINVAL EFAULT")                                         \
    X(CONTEXT_ATTACH, 60, "context id, enum twz_attach_flags, thread id or 0",                     \
      "use on the context; write on another thread", "EINVAL ENOENT EPERM ELIMIT")                 \
    X(CONTEXT_DETACH, 61, "context id, thread id or 0", "write on another thread",                 \
      "EINVAL ENOENT EPERM EBUSY")                                                                 \
    X(CONTEXT_ACTIVATE, 62, "context id", "attached; use on the context, none to go back",         \
      "ENOENT EPERM EINVAL EDEAD EDEPTH")

enum twz_syscall {
#define X(name, number, ...) TWZ_SYS_##name = number,
    TWZ_SYSCALLS(X)
#undef X
    /* A number at or above this calls gate (number - TWZ_SYS_GATE_BASE). */
    TWZ_SYS_GATE_BASE = 0x1000
};

/* Objects that exist from boot. */
#define TWZ_ID_SYSTEM ((struct twz_id){0, 1}) /* stands for the machine: see `sys` above */
#define TWZ_ID_STUBS  ((struct twz_id){0, 2}) /* immutable code: stub of gate n at 0x1000 + 16 n */
#define TWZ_ID_INDEX  ((struct twz_id){0, 3}) /* the image's header and name index, from 0x1000 */

#define TWZ_GATES_MAX       4096u
#define TWZ_STUB_SIZE       16u
#define TWZ_STUB_RETURN     (TWZ_OBJECT_BASE + TWZ_GATES_MAX * TWZ_STUB_SIZE) /* see CONTEXT_CALL */
#define TWZ_RANGES_MAX      8u
#define TWZ_PAGES_MAX       16384u /* of one OBJECT_PAGES */
#define TWZ_GATE_DEPTH      64u    /* activations per thread */
#define TWZ_GATE_BUFFERS    3u /* bounded buffers of one gate: each takes two of six registers */
#define TWZ_STACK_ARGS_MAX  256u
#define TWZ_FRAME_MAX       65536u
#define TWZ_ATTACHMENTS_MAX 1024u /* contexts that a thread is attached to */
#define TWZ_TIES_MAX        64u   /* parents of one object */

/* CONTEXT_LIMIT: how many frames the context may take, 0 for any number: pages that it touches,
 * page tables, what the kernel needs for its objects and its threads. A page beyond is TWZ_ENOMEM,
 * or the rule NO_MEMORY; nobody else notices. With TWZ_LIMIT_DEADLINES it may not use
 * GATE_DEADLINE: who ends a call at a moment of its choice leaves the callee in the middle of
 * whatever it did, so that is a power over all who can be called. */
enum twz_limit { TWZ_LIMIT_DEADLINES = 1u << 0 };

#define TWZ_CAPABILITIES_MAX 16384u /* per context, but for the monitor's; then TWZ_ELIMIT */

/* OBJECT_CREATE: a new volatile, mutable object, or a copy-on-write copy of source pages. Its ID is
 * derived from a nonce that the kernel draws: obj_id_nonce() of the nonce, no key, the flags that
 * OBJECT_INFO shows, and no default permissions. copy.length 0 means: no source.
 *
 * OBJECT_COPY: pages that a slot of the caller's view shows without TWZ_WRITE are not written, as
 * by a store: TWZ_EPERM. More than 4 MiB are copied in parts of that size: others run in between,
 * and an error leaves those that came before.
 *
 * OBJECT_DELETE: the ID is unknown from then on. Slots that show the object keep it, and the rights
 * on it, until they are unmapped. Without slots, an object goes with the last capability for it.
 * A context that a thread is in or will return to is TWZ_EBUSY, and so is the calling thread.
 * Another one that is in a gate, or in what the monitor called, ends when it has returned: that
 * gives 1. What it runs meanwhile in the context in which it began ends with TWZ_EDEAD.
 *
 * OBJECT_TIE: the child, a data object, is deleted when the last parent that it was tied to is
 * gone; deleting it before returns 1 and waits for that. A parent is a data object, context or
 * view, gone when its deletion takes effect, or a thread, gone when it ends. TWZ_EINVAL for other
 * kinds, and when a circle of ties would form. */
/* OBJECT_PAGES: what anybody but the monitor can do with these pages of a data object, in whichever
 * slot, by a copy or a sleep: TWZ_READ and TWZ_WRITE at most, 0 for nothing. Unlike VIEW_NARROW,
 * that is taken back by the next call, and holds for any number of pages. The addresses are of one
 * slot, whose ranges have TWZ_WRITE there. */
enum twz_pages_flags {
    TWZ_PAGES_DROP = 1u << 0 /* the frames are given back: the pages are zero from now on */
};

struct twz_copy_spec {
    struct twz_id source;
    struct twz_id target;   /* ignored by OBJECT_CREATE */
    uint64_t source_offset; /* page aligned, >= TWZ_OBJECT_BASE */
    uint64_t target_offset; /* page aligned, >= TWZ_OBJECT_BASE */
    uint64_t length;        /* page aligned; offset + length <= TWZ_SLOT_SIZE */
};
_Static_assert(sizeof(struct twz_copy_spec) == 56, "ABI");

struct twz_object_spec {
    uint32_t medium; /* enum twz_medium */
    uint32_t flags;  /* 0 */
    struct twz_copy_spec copy;
};
_Static_assert(sizeof(struct twz_object_spec) == 64, "ABI");

enum twz_object_flags {
    TWZ_OBJECT_IMMUTABLE = 1u << 0, /* bytes never change; only such an object may be executed */
    TWZ_OBJECT_KERNEL = 1u << 1,    /* kernel state: a context, thread or view */
};

struct twz_object_info {
    struct twz_id id;
    struct twz_id nonce; /* zero for content IDs */
    uint32_t flags;      /* enum twz_object_flags */
    uint32_t medium;
    uint64_t pages_resident; /* frames it refers to */
    uint64_t pages_shared;   /* of these, frames that another object refers to as well */
    uint64_t payload_length; /* of packed objects, else 0 */
    uint32_t parents;        /* that it is tied to */
    uint32_t references;     /* slots that show it, threads that sleep on it */
};
_Static_assert(sizeof(struct twz_object_info) == 72, "ABI");

/*
 * Rights. What a context may do with an object is
 *
 *     capability & mask & (global mask | override) & default permissions
 *
 * and nothing without a capability, however well the ID is known. The capability is what was
 * granted (CONTEXT_GRANT), mask and override are what CONTEXT_MASK set for this object (else all,
 * and none), the global mask what CONTEXT_GLOBAL_MASK set for the context (else all), the default
 * permissions those in the header of an object of the image (else all). At an address
 * this is further restricted by the slot's range, and by what the object's nature allows: bytes
 * that change are never executed, immutable ones never written. Access is checked when it happens,
 * and whoever takes a right away, by whichever of these, finds it gone everywhere when the call
 * returns.
 *
 * A right can only be passed on by who has it, on the object and as TWZ_WRITE on the context that
 * is to get it. CONTEXT_GATE_RANGE restricts where gates may enter an object in a context: entries
 * outside can neither be published nor called any more. It only narrows, and who is granted the
 * object by such a context gets the same range.
 */

/* CONTEXT_RIGHTS */
struct twz_rights_info {
    uint32_t capability;
    uint32_t mask;
    uint32_t override;
    uint32_t global_mask;
    uint32_t effective; /* all of these together */
    uint32_t reserved;
    uint64_t gate_offset, gate_length; /* where gates may enter */
};
_Static_assert(sizeof(struct twz_rights_info) == 40, "ABI");

/* One run of pages of a slot and the most that any context may do with it. Ranges are sorted, do
 * not overlap, and never have both TWZ_WRITE and TWZ_EXECUTE. Pages in no range are inaccessible.
 * These rights, those of the object and what the object's nature allows are checked together at
 * each access; without TWZ_READ nothing is left, because x86 pages that can be written or executed
 * can be read. Mapping needs no right on the object. The last slot always stays empty.
 *
 * VIEW_NARROW is for all contexts that see the slot, so it is for who shares the object with
 * nobody. The monitor is not counted, and not bound by it when the caller may not write the view.
 */
struct twz_range {
    uint32_t first_page; /* >= 1 */
    uint32_t page_count;
    uint32_t rights; /* TWZ_READ | TWZ_WRITE | TWZ_EXECUTE */
    uint32_t reserved;
};
_Static_assert(sizeof(struct twz_range) == 16, "ABI");

struct twz_slot_info {
    struct twz_id object;
    uint32_t range_count;
    uint32_t reserved;
    struct twz_range ranges[TWZ_RANGES_MAX];
};

/* VIEW_CREATE: an empty view, or one with the same slots as another. Every context has a view of
 * its own, the one that its creator was in, and is entered in that one by gates, calls and upcalls.
 * OBJECT_DELETE of a view that a context has, or that a thread has become, is TWZ_EBUSY.
 *
 * VIEW_SET: puts an object into a slot in place of what was there; object 0 empties the slot. No
 * thread reaches what was there before by an old address once the call has returned. Access is
 * checked when it happens, as with VIEW_MAP.
 *
 * VIEW_BECOME: the calling thread goes on in another view, in the same context, at `entry` with rdi
 * = argument, on its stack below what is in use; VIEW_BECOME returns what the entry returns, with
 * the former view in place. It nests. An entry that is ended otherwise returns an error, with the
 * former view as well. The view must have the entry executable and the stack writable for the
 * context, else TWZ_EPERM, and the stubs in a slot for the return, else TWZ_ENOENT. While it lasts
 * the context can not be entered again by the thread: TWZ_EBUSY. The monitor does not become:
 * TWZ_EINVAL. */
struct twz_view_entry {
    struct twz_id view;
    struct twz_id object;
    uint32_t slot;
    uint32_t range_count;
    struct twz_range ranges[TWZ_RANGES_MAX];
};
_Static_assert(sizeof(struct twz_view_entry) == 168, "ABI");

struct twz_become_spec {
    struct twz_id view;
    uint64_t entry;
    uint64_t argument;
};

enum twz_context_status {
    TWZ_CONTEXT_LIVE = 0,
    TWZ_CONTEXT_DEAD = 1,   /* every gate into it fails with TWZ_EDEAD */
    TWZ_CONTEXT_RESTART = 2 /* the monitor hears of every gate call into it, and may call it */
};

struct twz_context_info {
    struct twz_id id;
    uint32_t status;
    uint32_t capability_count;
    uint64_t gate_calls_in; /* activations so far */
    uint64_t faults;        /* upcalls caused by it so far */
    uint64_t table_pages;   /* page-table pages in use */
    uint64_t in_use;        /* 1: a thread is in it or will return to it */
};

/*
 * Attachments. A thread has the rights of its active context and no others; to be attached to a
 * context grants nothing. It is needed for the plain call of a gate (see GATE_PUBLISH), and to
 * raise rights with CONTEXT_ACTIVATE: the calling code goes on, on its stack, as the context that
 * it names and must have a binding for, until it activates the one before, or returns from its
 * gate. A new thread has the attachments of its maker, and one to the context in which it starts.
 * Nobody is attached to the monitor's context.
 *
 * An undetachable attachment stays until the thread ends: it cannot be detached, a new thread has
 * it as well, and the context cannot be deleted. While such a context is active it can be left by
 * gates alone, which come back; it can neither activate another context nor start a thread in one.
 */
enum twz_attach_flags { TWZ_ATTACH_UNDETACHABLE = 1 };

/* THREAD_CREATE: a thread that starts at `entry` in `context` with rdi = argument, rsi = argument2
 * and all other registers zero. Before it can run anywhere, it needs a binding (THREAD_BIND) for
 * that context; it starts when bound.
 *
 * When it has ended, in whatever way, and nothing uses its stack any more, the 32-bit word at
 * `clear` (0: none; else 4-byte aligned, in `context`'s memory) becomes 0 and its sleepers wake.
 * Its repr object stays, with its state page (<twz/sys/state.h>), until it is deleted:
 * OBJECT_DELETE of a thread that runs ends it. */
struct twz_thread_spec {
    struct twz_id context;
    uint64_t entry;
    uint64_t argument;
    uint64_t argument2;
    uint64_t clear;
};

/* THREAD_EXIT ends the calling thread, after an upcall with TWZ_RULE_EXIT if the monitor has set an
 * entry. Inside an activation the thread is not the callee's to end: there it ends the activation,
 * and its caller gets TWZ_EEXITED. (The monitor ends the thread at once, wherever it is.)
 *
 * THREAD_SLEEP: waits until a THREAD_WAKE for the same 32-bit word of the same object, however each
 * named it: by object ID and offset, or with ID 0 by an address of the caller's. 4-byte aligned.
 * Comparing with `expected` and falling asleep are one step with regard to every wake.
 * TWZ_EAGAIN: the word is not `expected`. `deadline` is in nanoseconds of CLOCK, UINT64_MAX: none;
 * TWZ_ETIMEDOUT when it has passed, checked when a tick (TWZ_TICK_NS) ends.
 *
 * THREAD_WAKE: wakes at most `count` sleepers of a word, the longest sleeping first; returns how
 * many.
 *
 * THREAD_SCHEDULE: of the threads that can run, one of the highest priority does, in turns of as
 * many ticks as its slice has. Slices: 1 to TWZ_SLICE_MAX. */
#define TWZ_TICK_NS          10000000ull
#define TWZ_SLICE_MAX        100u
#define TWZ_PRIORITIES       8u
#define TWZ_PRIORITY_DEFAULT 3u

/* SYSTEM_INFO: what the machine has done and has left. */
struct twz_system_info {
    uint64_t frames_total; /* 4 KiB each; those that can be allocated at all */
    uint64_t frames_free;
    uint64_t system_calls; /* but for gate calls and returns */
    uint64_t page_faults;
    uint64_t interrupts;
    uint64_t thread_switches;
    uint64_t objects; /* that have an ID */
    uint64_t threads; /* that have not ended */
};
_Static_assert(sizeof(struct twz_system_info) == 64, "ABI");

/* THREAD_BIND: what the (thread, context) pair runs on. The stack must be writable in the context,
 * the locator page at most readable. A pair is bound once. The kernel takes the stack's highest 16
 * bytes. */
struct twz_bind_spec {
    struct twz_id thread;
    struct twz_id context;
    uint64_t stack_low;  /* lowest usable address, page aligned */
    uint64_t stack_high; /* one past the highest, page aligned */
    uint64_t locator;    /* thread pointer (%fs base), page aligned */
};

/* Parameters of a gate as the kernel sees them: up to six integer registers (rdi, rsi, rdx, rcx,
 * r8, r9), of which some pairs are buffers. */
enum twz_buffer_direction { TWZ_BUFFER_IN = 1, TWZ_BUFFER_OUT = 2, TWZ_BUFFER_INOUT = 3 };

struct twz_gate_buffer {
    uint8_t pointer_register; /* 0..5: argument register that holds the address */
    uint8_t length_register;  /* 0..5: argument register that holds the length in bytes */
    uint8_t direction;        /* enum twz_buffer_direction */
    uint8_t reserved[5];
    uint64_t max_length; /* bytes; a longer buffer fails the call with TWZ_ETOOBIG */
};
_Static_assert(sizeof(struct twz_gate_buffer) == 16, "ABI");

/* Rights that an address must have and must not have, for the caller and for the callee. */
struct twz_pointer_masks {
    uint8_t required_in_caller, refused_in_caller;
    uint8_t required_in_callee, refused_in_callee;
};
_Static_assert(sizeof(struct twz_pointer_masks) == 4, "ABI");

/* The pointers of a caller that a gate can make demands on. A base pointer of 0 is none. */
enum twz_pointer {
    TWZ_POINTER_STACK = 0, /* rsp */
    TWZ_POINTER_BASE = 1,  /* rbp */
    TWZ_POINTER_THREAD = 2,
    TWZ_POINTER_UPCALL = 3
};
#define TWZ_POINTERS 4u

/* What holds for gates that have no masks of their own. It needs no look at the rights, because the
 * kernel sees to it: a callee gets a stack, a base pointer (0) and a thread pointer of its own,
 * which THREAD_BIND checked, and upcalls go to the monitor alone. */
#define TWZ_POINTERS_DEFAULT                                                                       \
    {                                                                                              \
        {TWZ_WRITE, 0, 0, TWZ_WRITE | TWZ_EXECUTE},                   /* stack */                  \
            {TWZ_WRITE, 0, 0, TWZ_WRITE | TWZ_EXECUTE},               /* base */                   \
            {0, TWZ_WRITE | TWZ_EXECUTE, 0, TWZ_WRITE | TWZ_EXECUTE}, /* thread */                 \
            {0, TWZ_WRITE | TWZ_EXECUTE, 0, TWZ_WRITE | TWZ_EXECUTE}, /* upcall */                 \
    }

enum twz_gate_flags { TWZ_GATE_MASKS = 1 }; /* `pointers` holds masks of the gate's own */

enum twz_isolation {
    TWZ_ISOLATE_NONE = 0,
    TWZ_ISOLATE_CALLEE = 1, /* the callee distrusts the caller */
    TWZ_ISOLATE_CALLER = 2, /* the caller distrusts the callee */
    TWZ_ISOLATE_BOTH = 3
};

/* Levels. At every one the callee runs on its own stack, and registers are cleared in both
 * directions. At TWZ_ISOLATE_CALLER and TWZ_ISOLATE_BOTH it sees nothing of the caller's stack but
 * declared stack arguments. At TWZ_ISOLATE_CALLEE it can also see `frame` bytes from the caller's
 * stack pointer up, but not beyond the base pointer, where the caller's frame ends (and nothing
 * when that does not point into the caller's stack), at their own addresses: its first touch is a
 * TWZ_RULE_CALLER_STACK for the monitor, which answers with GATE_OVERLAY of a new object and
 * TWZ_UPCALL_RESUME. The kernel copies the bytes into it and shows it to the callee until it
 * returns; what the callee writes there goes nowhere else. Older frames never show.
 *
 * GATE_PUBLISH: makes `entry` callable by contexts that are granted the gate; returns its number.
 * Gates are never changed or renumbered once published. `entry` must lie in a range with
 * TWZ_EXECUTE of a slot whose object the context may execute.
 *
 * There are two ways to call it. By its stub, for who was granted the gate. By a plain function
 * call of `entry`, an address that the caller may not execute, for who was granted the gate and is
 * attached to its context; the fault on the first instruction is the call. Its return address has
 * to be one that the caller may execute and the callee may not.
 *
 * A callee ends with GATE_RETURN, or with a `ret` where it started: at its stack pointer lies the
 * return address of a plain call, or that of TWZ_STUB_RETURN when it was called by its stub. */
struct twz_gate_spec {
    struct twz_id context;
    uint64_t entry;
    uint8_t isolation;     /* enum twz_isolation; NONE is refused, it is a plain call */
    uint8_t register_args; /* 0..6 integer argument registers used */
    uint8_t vector_args;   /* 0..8 xmm argument registers used */
    uint8_t returns;       /* bit 0: rax, bit 1: rdx, bit 2: xmm0, bit 3: xmm1 */
    uint16_t stack_args;   /* bytes of stack arguments, multiple of 8, <= TWZ_STACK_ARGS_MAX */
    uint8_t buffer_count;  /* 0..TWZ_GATE_BUFFERS */
    uint8_t callbacks;     /* bit n: argument register n holds a callback */
    struct twz_gate_buffer buffers[TWZ_GATE_BUFFERS];
    uint64_t deadline; /* nanoseconds per call; 0: none */
    uint32_t frame;    /* level CALLEE: bytes of the caller's activation that are shown */
    uint32_t flags;    /* enum twz_gate_flags */
    struct twz_pointer_masks pointers[TWZ_POINTERS];
};
_Static_assert(sizeof(struct twz_gate_spec) == 112, "ABI");

struct twz_gate_info {
    struct twz_gate_spec spec;
    uint64_t calls; /* completed or not */
};

/* A gate's callee starts with its declared arguments; every other register is zero, except rcx (the
 * callee's own entry, from SYSRET) when it has at most three integer arguments, and r11 (its own
 * flags). Its stack pointer is 16-byte aligned and points to an address that returns when it is
 * returned to (0, if the stubs are in no slot), 8 bytes more, and then the declared stack
 * arguments. Its results are what `returns` declares; every other register that a callee may change
 * is zero in the caller, callee-saved registers, control words and flags are as they were.
 *
 * What stops a call: the monitor hears of NO_GATE, NOT_GRANTED, BAD_STACK, BAD_POINTER and
 * NO_BINDING; the caller gets TWZ_EDEAD, TWZ_EDEPTH (activations or the callee's stack are used
 * up), TWZ_ETOOBIG, TWZ_EFAULT (a buffer that wraps around, stack arguments that cannot be copied),
 * TWZ_ENOMEM (none left for the callee's stack), or TWZ_EINVAL (a callback that is no gate of the
 * caller's, or none that the callee was granted). A refusal of the monitor's own call comes back to
 * it as an error.
 *
 * Deadlines. A call ends at the earliest of: what the gate says, what the grant of the caller says,
 * and what the caller said by GATE_DEADLINE, which is for the next gate call of the active context
 * on this thread only (more than an hour is none). It is looked at with every tick of the timer
 * (TWZ_TICK_NS) and whenever a sleep ends; sleeps end in time. What has not returned by then, and
 * every activation above it, ends: the monitor hears of each, the last first, by TWZ_RULE_DEADLINE,
 * and the caller gets what the monitor answers. The upcall's target is the context whose call is
 * late. If that is not the active one, but waits for it, the active one may finish within 0.2 s, or
 * within a deadline of its own. Activations of the monitor, and what is below them, end only after
 * these. CONTEXT_CALL is limited by GATE_DEADLINE as well.
 *
 * GATE_STATUS: 0, or the negated error, of the last gate or context call that the active context
 * made on this thread. GATE_UNWIND ends the gate that the monitor is in and the activation that
 * called it; the caller of that gets -error, or `value` when error is 0. */

/* CONTEXT_CALL: the monitor calls any address of a compartment on the calling thread, as if by a
 * gate without parameters but `argument`; returns what the callee returns (GATE_STATUS tells a
 * failure from a negative value). The callee is a plain function: the return address on its stack
 * is the one at TWZ_STUB_RETURN in the stubs object, which makes GATE_RETURN of rax and rdx. So the
 * stubs must be mapped in a slot of the view (else TWZ_ENOENT) and executable for the callee. The
 * general registers of the caller are kept as by every system call, its vector registers cleared
 * as by every gate. TWZ_ENOENT as well when the thread has no binding for the context. */
struct twz_call_spec {
    struct twz_id context;
    uint64_t entry;
    uint64_t argument;
};

/* General registers of interrupted user code. */
struct twz_regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
};
_Static_assert(sizeof(struct twz_regs) == 144, "ABI");

/* Why the monitor is called: the rule that stopped the thread. */
#define TWZ_RULES(X)                                                                               \
    X(TWZ_RULE_NONE, "none")                                                                       \
    X(TWZ_RULE_UNMAPPED, "no object in this slot")                                                 \
    X(TWZ_RULE_NO_PAGE, "outside the object's ranges")                                             \
    X(TWZ_RULE_NO_CAPABILITY, "the context holds no capability for this object")                   \
    X(TWZ_RULE_NO_READ, "the context may not read here")                                           \
    X(TWZ_RULE_NO_WRITE, "the context may not write here")                                         \
    X(TWZ_RULE_NO_EXECUTE, "the context may not execute here")                                     \
    X(TWZ_RULE_KERNEL_ADDRESS, "kernel or non-canonical address")                                  \
    X(TWZ_RULE_EXCEPTION, "processor exception")                                                   \
    X(TWZ_RULE_NO_GATE, "there is no such gate")                                                   \
    X(TWZ_RULE_NOT_GRANTED, "the context may not call this gate")                                  \
    X(TWZ_RULE_BAD_STACK, "the stack pointer is outside the stack of this thread and context")     \
    X(TWZ_RULE_NO_RETURN, "a return without an activation")                                        \
    X(TWZ_RULE_NO_BINDING, "the thread has no stack in this context yet")                          \
    X(TWZ_RULE_NO_MEMORY, "no memory left for this page")                                          \
    X(TWZ_RULE_RESTART, "the compartment has to be restarted first")                               \
    X(TWZ_RULE_CALLER_STACK, "first touch of the caller's stack, by a callee that may see some")   \
    X(TWZ_RULE_DEADLINE, "the deadline of the call has passed")                                    \
    X(TWZ_RULE_BAD_POINTER, "a pointer of the caller has other rights than the gate asks for")     \
    X(TWZ_RULE_EXIT, "the thread ends")                                                            \
    X(TWZ_RULE_NOT_ATTACHED, "the thread is not attached to the context of this gate")             \
    X(TWZ_RULE_BAD_RETURN, "the return address is not the caller's, or is the callee's as well")

enum twz_rule {
#define X(name, text) name,
    TWZ_RULES(X)
#undef X
};

/* Handed to the upcall entry on the monitor's stack of the same thread: rdi points to it, 16-byte
 * aligned, and rsp to a return address of 0. For system calls and gates regs.rip is the address of
 * the SYSCALL instruction and regs.rax the number. When the monitor cannot be called (no entry, no
 * stack, eight upcalls within each other), the faulting activation ends with TWZ_ECALLEE, and a
 * thread without one ends. A fault of the monitor itself ends the machine. */
struct twz_upcall {
    uint32_t rule;    /* enum twz_rule */
    uint32_t vector;  /* x86 exception vector, or 0 for system calls */
    uint64_t address; /* faulting address (CR2), gate number, or 0 */
    uint32_t access;  /* the TWZ_READ, TWZ_WRITE or TWZ_EXECUTE that was tried */
    uint32_t depth;   /* activations on the thread, the faulting one included */
    struct twz_id thread;
    struct twz_id context; /* active when it happened */
    struct twz_id target;  /* NO_BINDING, RESTART, DEADLINE: the context; else the object at
                            * `address`  or 0 */
    struct twz_regs regs;
};
_Static_assert(sizeof(struct twz_upcall) == 216, "ABI");

enum twz_upcall_action {
    TWZ_UPCALL_RESUME = 0, /* retry the instruction or system call that stopped */
    TWZ_UPCALL_UNWIND = 1, /* end the faulting activation; its caller gets the given error; a thread
                            * without an activation ends */
    TWZ_UPCALL_REFUSE = 2, /* fail the stopped system call or gate call with the given error */
    TWZ_UPCALL_EXIT = 3    /* end the thread */
};

/* What the kernel hands to the monitor: rdi of the first thread points to it, on its stack. */
struct twz_boot_info {
    uint32_t abi_major; /* TWZ_ABI_MAJOR */
    uint32_t abi_minor;
    struct twz_id view;
    struct twz_id context; /* the monitor's own */
    struct twz_id thread;
    uint32_t text_slot;  /* the monitor's own slot pair; data is text_slot + 1 */
    uint32_t stack_slot; /* its stack; the index is mapped readable in index_slot */
    uint32_t index_slot;
    uint32_t reserved;
    uint64_t index_length;
    char command_line[512]; /* NUL terminated */
    uint64_t started;       /* nanoseconds since 1970 when CLOCK was 0; 0: not known */
};

#define TWZ_ABI_MAJOR 1u
#define TWZ_ABI_MINOR 0u

#endif
