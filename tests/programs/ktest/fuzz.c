/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls by chance, from a compartment without the monitor's rights: "kfuzz SEED COUNT" on
 * the command line. Numbers, pointers, IDs and structures are drawn from what exists and from what
 * is hostile. The kernel's own assertions are on (no page is ever writable and executable); here it
 * is checked that rights never grow, that nobody else's memory changes, that no call returns an
 * error which the table of system calls does not list for it, and, because a second run of the same
 * seed leaves as much memory as the first, that every frame is accounted for.
 */
#include "functions.h"
#include <twz/rt/string.h>

#define POOL  192u
#define BATCH 10000u
#define WORDS 32u /* of a structure */

/* The fuzzer's two pages: what it keeps between activations, which it may lose at any call; and
 * what it hands to the kernel, which writes there. */
enum word { RANDOM, DONE, TARGET, POOL_SIZE, TABLE, UNLISTED, FIRST = 8 };
#define GIVEN(page) ((page) + TWZ_PAGE_SIZE)

static struct compartment a, b;
static struct twz_id secret, shared, view;
static uint64_t page, secret_address;
static uint64_t *words;
static uint64_t unlisted; /* an error that the table does not have */

static uint64_t draw(volatile uint64_t *w)
{
    w[RANDOM] = w[RANDOM] * 6364136223846793005ull + 1442695040888963407ull;
    return w[RANDOM] >> 24;
}

/* A value of the pool, or one close to it, or a small one, or anything. */
static uint64_t value(volatile uint64_t *w)
{
    uint64_t how = draw(w) % 17, from = w[FIRST + draw(w) % w[POOL_SIZE]];
    return how < 9    ? from
           : how < 10 ? from + draw(w) % 64 - 32
           : how < 14 ? draw(w) % 70
           : how < 15 ? GIVEN((uint64_t)w)
           : how < 16 ? 1ull << draw(w) % 64
                      : draw(w) << 24 ^ draw(w);
}

/* ---- What the table lists ---- */

#define NUMBERS 72u

static const struct call {
    uint64_t number;
    const char *errors;
} calls[] = {
#define X(name, number, arguments, rights, errors) {number, errors},
    TWZ_SYSCALLS(X)
#undef X
};

static const char *const error_names[] = {
#define X(name, number, text) [number] = #name,
    TWZ_ERRORS(X)
#undef X
};

/* The errors of a row, a bit for each. */
static uint32_t listed(const char *errors)
{
    uint32_t bits = 0;
    for (unsigned e = 1; e < COUNT(error_names); e++) {
        const char *name = error_names[e] + sizeof "TWZ_" - 1;
        size_t length = strlen(name);
        for (const char *at = errors; *at != '\0'; at++)
            if (strncmp(at, name, length) == 0 && (at[length] < 'A' || at[length] > 'Z'))
                bits |= 1u << e;
    }
    return bits;
}

/* A row for each number; what has none is TWZ_ENOSYS. GATE_STATUS says what others returned. */
static void write_table(uint32_t *table)
{
    for (unsigned i = 0; i < NUMBERS; i++)
        table[i] = 1u << TWZ_ENOSYS;
    for (unsigned i = 0; i < COUNT(calls); i++)
        table[calls[i].number] =
            calls[i].number == TWZ_SYS_GATE_STATUS ? UINT32_MAX : listed(calls[i].errors);
}

static uint64_t f_fuzz(uint64_t address)
{
    volatile uint64_t *w = (volatile uint64_t *)address;
    while (w[DONE] < w[TARGET]) {
        w[DONE]++;
        for (unsigned i = 0; i < WORDS; i++)
            ((volatile uint64_t *)GIVEN(address))[i] = value(w);
        uint64_t number = draw(w) % 32 == 0 ? value(w) : draw(w) % 72, arguments[6];
        for (unsigned i = 0; i < 6; i++)
            arguments[i] = value(w);
        if (draw(w) % 2 == 0) /* a whole ID, as the pool begins with */
            for (unsigned i = 0; i < 2; i++)
                arguments[i] = w[FIRST + 2 * ((w[RANDOM] >> 40) % 24) + i];
        if (number == TWZ_SYS_THREAD_SLEEP) /* nobody would wake it */
            arguments[4] %= 1000000000;
        int64_t result = twz_syscall6(number, arguments[0], arguments[1], arguments[2],
                                      arguments[3], arguments[4], arguments[5]);
        const uint32_t *errors = (const uint32_t *)w[TABLE];
        if (result < 0 && result > -32 && number < NUMBERS && errors != NULL &&
            (errors[number] >> -result & 1) == 0)
            w[UNLISTED] = number << 32 | (uint64_t)-result;
    }
    return 0;
}

static uint32_t rights(struct twz_id id)
{
    struct twz_rights_info info = {0};
    int64_t status = twz_syscall5(TWZ_SYS_CONTEXT_RIGHTS, a.context.hi, a.context.lo, id.hi, id.lo,
                                  (uint64_t)&info);
    return status < 0 ? 0 : info.effective;
}

/* What a may do with what is not its own; it may lose some of it, by its own doing. */
static bool nothing_gained(void)
{
    bool good = (rights(secret) | rights(b.context) | rights(b.stack) | rights(view) |
                 rights(TWZ_ID_SYSTEM) | rights(boot.thread) | rights(boot.context)) == 0 &&
                (rights(shared) & ~(uint32_t)TWZ_READ) == 0 &&
                (rights(text_object) & ~(uint32_t)(TWZ_READ | TWZ_EXECUTE)) == 0 &&
                (rights(TWZ_ID_STUBS) & ~(uint32_t)(TWZ_READ | TWZ_EXECUTE)) == 0;
    for (unsigned i = 0; i < 512; i++)
        good = good && ((volatile uint64_t *)secret_address)[i] == 0x5ec2e7 + i;
    return good;
}

static unsigned fill_pool(int64_t granted, int64_t foreign)
{
    uint64_t *pool = words + FIRST;
    unsigned n = 0;
    const struct twz_id ids[] = {a.context,    a.stack,     b.context, b.stack,       secret,
                                 shared,       text_object, view,      TWZ_ID_SYSTEM, TWZ_ID_STUBS,
                                 TWZ_ID_INDEX, boot.thread, {0, 0},    boot.context};
    for (unsigned i = 0; i < 24; i++) {
        pool[n++] = ids[i % COUNT(ids)].hi;
        pool[n++] = ids[i % COUNT(ids)].lo;
    }
    const uint64_t others[] = {GIVEN(page),
                               GIVEN(page),
                               GIVEN(page),
                               GIVEN(page),
                               GIVEN(page) + 256,
                               GIVEN(page) + TWZ_PAGE_SIZE - 8,
                               a.stack_low,
                               a.stack_high,
                               a.locator,
                               b.stack_low,
                               b.locator,
                               secret_address,
                               (uint64_t)f_identity,
                               (uint64_t)stub(granted),
                               (uint64_t)stub(foreign),
                               TWZ_SYS_GATE_BASE + (uint64_t)granted,
                               TWZ_SYS_GATE_BASE + (uint64_t)foreign,
                               (uint64_t)granted,
                               slot_of(page),
                               slot_of(a.stack_low),
                               slot_of(secret_address),
                               TWZ_PAGE_SIZE,
                               TWZ_SLOT_SIZE,
                               TWZ_SLOT_SIZE - TWZ_PAGE_SIZE,
                               UINT64_MAX,
                               INT64_MAX,
                               UINT32_MAX};
    for (unsigned i = 0; i < COUNT(others); i++)
        pool[n++] = others[i];
    for (unsigned i = 0; i < hostile_count; i++)
        pool[n++] = hostile_addresses[i];
    return n;
}

static void map_again(uint64_t address, struct twz_id object, const struct twz_range *ranges,
                      uint64_t count)
{
    uint32_t slot = slot_of(address);
    (void)twz_syscall1(TWZ_SYS_VIEW_UNMAP, slot);
    (void)twz_syscall5(TWZ_SYS_VIEW_MAP, slot, object.hi, object.lo, (uint64_t)ranges, count);
}

/* The fuzzer may narrow its own slots until it cannot run any more. */
static void repair(struct twz_id own)
{
    const struct twz_range one = {.first_page = 1, .page_count = 2, .rights = 3};
    const struct twz_range stack[] = {
        {.first_page = 1, .page_count = 1, .rights = TWZ_READ},
        {.first_page = 3, .page_count = STACK_PAGES, .rights = TWZ_READ | TWZ_WRITE},
    };
    map_again(page, own, &one, 1);
    map_again(a.stack_low, a.stack, stack, 2);
}

/* One run of the seed from the same start to the end: frames that are free afterwards. */
static uint64_t fuzz(uint64_t seed, uint64_t count, bool *good)
{
    a = compartment_create();
    b = compartment_create();
    struct twz_id own = object_create();
    secret = object_create();
    shared = object_create();
    page = map(own, 1, 2, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    words = (uint64_t *)page;
    secret_address = map(secret, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    for (unsigned i = 0; i < 512; i++)
        ((volatile uint64_t *)secret_address)[i] = 0x5ec2e7 + i;
    uint64_t table = map(shared, 1, 1, TWZ_READ | TWZ_WRITE) + TWZ_OBJECT_BASE;
    write_table((uint32_t *)table);
    grant(&a, own, TWZ_READ | TWZ_WRITE);
    grant(&a, shared, TWZ_READ);
    grant(&b, secret, TWZ_READ | TWZ_WRITE);
    static int64_t granted = -1, foreign;
    if (granted < 0) {
        granted = publish(&(struct twz_gate_spec){.context = b.context,
                                                  .entry = (uint64_t)g_return,
                                                  .register_args = 6,
                                                  .isolation = TWZ_ISOLATE_BOTH});
        foreign = publish(&(struct twz_gate_spec){
            .context = b.context, .entry = (uint64_t)g_return, .isolation = TWZ_ISOLATE_BOTH});
    }
    grant_gate(&a, granted);
    words[RANDOM] = seed;
    words[POOL_SIZE] = fill_pool(granted, foreign);
    words[DONE] = words[TARGET] = words[UNLISTED] = 0;
    words[TABLE] = table;
    while (words[DONE] < count && *good) {
        words[TARGET] = words[DONE] + BATCH < count ? words[DONE] + BATCH : count;
        uint64_t before = words[DONE];
        while (words[DONE] < words[TARGET]) {
            uint64_t here = words[DONE];
            call(&a, f_fuzz, page);
            if (words[DONE] == here)
                repair(own);
        }
        *good = nothing_gained() && words[DONE] > before;
        if (words[UNLISTED] != 0)
            unlisted = words[UNLISTED];
    }
    unmap(page);
    unmap(secret_address);
    unmap(table);
    const struct twz_id gone[] = {a.context, b.context, own, secret, shared, a.stack, b.stack};
    for (unsigned i = 0; i < COUNT(gone); i++)
        (void)sys_id(TWZ_SYS_OBJECT_DELETE, gone[i], 0, 0);
    unmap(a.stack_low / TWZ_SLOT_SIZE * TWZ_SLOT_SIZE);
    unmap(b.stack_low / TWZ_SLOT_SIZE * TWZ_SLOT_SIZE);
    struct twz_system_info info = {0};
    twz_syscall1(TWZ_SYS_SYSTEM_INFO, (uint64_t)&info);
    return info.frames_free;
}

static uint64_t number_at(const char **text)
{
    uint64_t number = 0;
    while (**text == ' ')
        ++*text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        number = number * 10 + (uint64_t)(**text - '0');
    return number;
}

void run(void)
{
    const char *text = boot.command_line;
    while (*text != ' ' && *text != '\0')
        text++;
    uint64_t seed = number_at(&text), count = number_at(&text);
    bool good = true;
    view = boot.view;
    fuzz(seed, count / 10, &good); /* what the kernel keeps for itself, once */
    uint64_t first = fuzz(seed, count, &good);
    uint64_t second = fuzz(seed, count, &good);
    check(good, "system calls by chance: no right is gained, nobody else's memory changes");
    equal(second, first, "every frame is accounted for");
    check(upcalls > 0, "and gate calls were among them");
    equal(unlisted, 0,
          "every error is one that the table lists for the call (number << 32 | error)");
}
