/* SPDX-License-Identifier: BSD-2-Clause */
/* victim ROUNDS: lets the attack of the policy try as often, and says what became of it. */
#include "attack_gates.h"
#include "vault.h"

#include <stdbool.h>
#include <twz/rt/alloc.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

#define SECRET "nobody but the victim reads this"

/* There is memory left for who needs it. */
static bool has_memory(void)
{
    const size_t size = 4 << 20;
    char *bytes = malloc(size);
    for (size_t i = 0; bytes != NULL && i < size; i += 4096)
        ((volatile char *)bytes)[i] = 1;
    return bytes != NULL;
}

static char data_secret[64] = SECRET;

int main(int argc, char **argv)
{
    char stack_secret[64] = SECRET;
    char *heap_secret = malloc(64);
    strcpy(heap_secret, SECRET);
    uint32_t rounds = 0;
    for (const char *digit = argc > 1 ? argv[1] : "1"; *digit != '\0'; digit++)
        rounds = rounds * 10 + (uint32_t)(*digit - '0');

    struct twz_rt_object object = {.id = {0, 0}};
    (void)twz_rt_object_open("victim.policy", &object);
    int64_t opened = vault_open();
    int64_t known = attack_know(object.id);
    uint32_t returned = 0;
    int64_t last = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        last = attack(round, (uintptr_t)data_secret, (uintptr_t)main, (uintptr_t)stack_secret,
                      (uintptr_t)heap_secret);
        if (twz_rt_gate_status() == 0) {
            returned++;
            if (last != 0)
                twz_rt_print("victim: round %u of the attack got through: %ld\n", round, last);
        }
    }
    bool intact = strcmp(data_secret, SECRET) == 0 && strcmp(stack_secret, SECRET) == 0 &&
                  strcmp(heap_secret, SECRET) == 0 && has_memory() && vault_open() == opened + 1;
    twz_rt_print("victim: %u rounds, %u returned, last result %ld (%s), %s\n", rounds, returned,
                 last, last < 0 ? twz_rt_error_text(last) : "a value",
                 intact && known == 0 ? "intact" : "CHANGED");
    return intact ? 0 : 1;
}
