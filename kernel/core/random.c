/* SPDX-License-Identifier: BSD-2-Clause */
#include "random.h"
#include "log.h"
#include "object.h"
#include <string.h>
#include <twzelf/object.h>

static struct twz_id state;
static uint64_t counter;

/* One step: state and output are both hashes of state, counter and fresh entropy, so an output says
 * nothing that is simple to say about the next. */
static struct twz_id draw(void)
{
    bool trustworthy;
    uint64_t entropy[4] = {k_entropy(&trustworthy), k_clock(), ++counter, state.lo};
    if (!trustworthy && counter == 1)
        k_log(K_WARNING, "no RDRAND: object IDs are unique in this boot, but can be guessed");
    uint8_t key[32];
    memcpy(key, entropy, sizeof key);
    state = obj_id_nonce(state, key, 0, 0);
    return obj_id_nonce(state, key, 1, 0);
}

void k_random_id(uint32_t flags, struct twz_id *nonce, struct twz_id *id)
{
    do {
        *nonce = draw();
        *id = obj_id_nonce(*nonce, NULL, flags, 0);
    } while (id->hi == 0 || k_object_find(*id) != NULL);
}
