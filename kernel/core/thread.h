/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. A thread runs in one context at a time; the rights of that context alone count. For each
 * context that it enters it needs a binding: the stack and thread pointer of this (thread, context)
 * pair. Where it came from is kept in activations, in kernel memory.
 *
 * A thread is an object. When the thread ends, its kernel memory goes, and the object stays until
 * it is deleted, so that others can see that it has ended. When it runs is schedule.h's business.
 */
#ifndef K_THREAD_H
#define K_THREAD_H

#include "context.h"
#include <twz/sys/state.h>

#define K_THREADS_MAX    1024u
#define K_UPCALLS_MAX    8u /* upcalls within upcalls of one thread */
#define K_BINDINGS_PER   64u
#define K_BINDING_TABLES (K_CONTEXTS_MAX / K_BINDINGS_PER)

/* A (thread, context) pair. */
struct k_binding {
    uint64_t stack_low, stack_high;
    uint64_t locator;
    uint64_t rsp;   /* where the next activation's stack starts */
    int64_t status; /* of the last gate call made from here: 0 or a negated error */
    struct k_root *root;
    k_phys space;   /* the root's page tables */
    bool bound;     /* and in the context's own view: can be entered */
    bool away;      /* has become another view, with that root */
    uint32_t limit; /* microseconds that the next gate call from here may take; 0: no limit */
};
_Static_assert(sizeof(struct k_binding) * K_BINDINGS_PER == 4096, "one frame");

enum k_activation_kind {
    K_ACTIVATION_NONE = 0,
    K_ACTIVATION_GATE = 1,   /* by a gate: returns to a function call */
    K_ACTIVATION_CALL = 2,   /* by CONTEXT_CALL: returns to a system call */
    K_ACTIVATION_UPCALL = 3, /* of the monitor, on behalf of `caller` */
    K_ACTIVATION_PLAIN = 4,  /* by a gate, entered by a plain call: returns to a function call */
    K_ACTIVATION_RAISED = 5, /* the same code with the rights of another context */
    K_ACTIVATION_BECOME = 6, /* by VIEW_BECOME, of the caller itself in another view */
};

/* One change of context that has not ended. */
struct k_activation {
    struct k_saved saved; /* of the caller */
    uint8_t kind;
    uint64_t stack; /* where the callee's starts */
    union {
        struct k_gate *gate;     /* K_ACTIVATION_GATE, K_ACTIVATION_PLAIN */
        struct k_root *previous; /* K_ACTIVATION_BECOME */
    };
    struct k_context *caller;
    struct k_context *callee;
    struct k_binding *caller_binding;
    uint64_t caller_rsp; /* what the caller's binding had before */
    union {
        struct k_interrupted *interrupted; /* K_ACTIVATION_UPCALL */
        struct k_root *became;             /* K_ACTIVATION_BECOME */
    };
    uint64_t deadline;        /* by k_clock(); 0: none */
    struct k_object *overlay; /* of the caller's stack, as the callee sees it; NULL: none (yet) */
};

/* User code that an upcall interrupted. */
struct k_interrupted {
    struct k_vectors vectors;
    struct k_trap trap;
};

/* When a thread runs, and what it waits for. */
struct k_turn {
    struct k_thread *next;   /* in a run queue, or among the sleepers of a bucket */
    struct k_thread *timed;  /* among those with a deadline */
    struct k_object *object; /* it sleeps on; NULL: it does not sleep */
    uint64_t offset;
    uint64_t deadline;
    uint64_t since; /* when it began to run */
    uint32_t left;  /* ticks of its slice */
    bool timed_out;
    bool owed; /* a tick came while the monitor was active: the next leave makes up for it */
};

/* The contexts that a thread is attached to, by index. */
struct k_attachments {
    uint64_t attached[K_CONTEXTS_MAX / 64];
    uint64_t undetachable[K_CONTEXTS_MAX / 64];
    uint32_t count;
};

struct k_thread {
    struct k_activation *top; /* the next free activation; top[-1] is the current one */
    uint64_t kernel_rsp;      /* while it is not running */
    struct k_context *context;
    struct k_binding *binding; /* of this thread and context */
    struct k_object *object;
    struct twz_thread_state *state; /* page 1 of the object */
    struct k_context *home;         /* where it starts */
    struct k_thread *all_next;
    uint64_t upcall_entry; /* 0: none set */
    uint64_t entry, argument, argument2, clear;
    struct k_turn turn;
    uint32_t upcalls; /* interrupted[0..upcalls) are in use */
    bool doomed;      /* ends, and its object goes, as soon as it is in nobody's gate */
    const struct k_object *others; /* in k_doomed, below what it deleted; NULL: it did not */
    struct k_binding *bindings[K_BINDING_TABLES];
    struct k_attachments attachments;
    /* [0] is nobody's: its kind is NONE. Gates and calls may use TWZ_GATE_DEPTH, upcalls more. */
    struct k_activation activations[1 + TWZ_GATE_DEPTH + K_UPCALLS_MAX + 1];
    struct k_interrupted interrupted[K_UPCALLS_MAX];
    struct k_vectors vectors; /* while it is not running */
};

/* A thread that will start in `home`; spec->context is not read. NULL: no memory, or too many. */
struct k_thread *k_thread_create(struct k_context *home, const struct twz_thread_spec *spec);

/* The pair's binding; NULL: it is not bound. */
static inline struct k_binding *k_thread_binding(const struct k_thread *thread,
                                                 const struct k_context *context)
{
    struct k_binding *table = thread->bindings[context->index / K_BINDINGS_PER];
    if (table == NULL || !table[context->index % K_BINDINGS_PER].bound)
        return NULL;
    return &table[context->index % K_BINDINGS_PER];
}

/* Whether the thread left the context in another view than the context's own. Nobody else may enter
 * a context there, where the slots are not those that it was made for. */
static inline bool k_thread_is_away(const struct k_thread *thread, const struct k_context *context)
{
    const struct k_binding *table = thread->bindings[context->index / K_BINDINGS_PER];
    return table != NULL && table[context->index % K_BINDINGS_PER].away;
}

/* Binds a pair and, when it is the thread's first context, starts the thread. The stack must be
 * writable and the locator readable and not writable for the context: else TWZ_EPERM. */
enum twz_error k_thread_bind(struct k_thread *thread, struct k_context *context,
                             const struct twz_bind_spec *spec);

/* The activation in which the activation raised the rights that it has, or itself. */
static inline struct k_activation *k_unraised(struct k_activation *activation)
{
    while (activation->kind == K_ACTIVATION_RAISED)
        activation--;
    return activation;
}

/* The current activation, with whatever rights. */
static inline struct k_activation *k_thread_activation(const struct k_thread *thread)
{
    return k_unraised(thread->top - 1);
}

static inline bool k_is_gate_call(const struct k_activation *activation)
{
    return activation->kind == K_ACTIVATION_GATE || activation->kind == K_ACTIVATION_PLAIN;
}

/* Activations on the thread. */
static inline uint32_t k_thread_depth(const struct k_thread *thread)
{
    return (uint32_t)(thread->top - &thread->activations[1]);
}

/* Whether the thread is in the context, will return to it or cannot be detached from it. Any
 * thread, for the second. */
bool k_thread_uses(const struct k_thread *thread, const struct k_context *context);
bool k_threads_use(const struct k_context *context);
/* Forgets all bindings for a context that goes away, and detaches from it. */
void k_threads_unbind(const struct k_context *context);

/* Ends the current thread. Its sleepers wake; its object stays. */
__attribute__((noreturn)) void k_thread_exit(void);

/* Ends a thread and deletes its object: 0. Where it is in a gate, that happens when it has
 * returned, and a callee in the middle of something is not left there for good: 1. -TWZ_EBUSY: it
 * is the current one, and in none. */
int64_t k_thread_delete(struct k_thread *thread);

/* If the current thread was deleted so: ends it, or what it does in the context where it began;
 * then true: `trap`, its user state, is another. */
bool k_thread_check_doom(struct k_thread *thread, struct k_trap *trap);

/* Frees the memory of the current thread that has ended, as soon as it is not the current one. */
void k_thread_bury(void);

#endif
