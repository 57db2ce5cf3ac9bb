/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: chains of capability tokens. Whatever the keys are (here every signature is good and
 * every hash is zero), what is accepted is about one object and never grows. */
#include <stdlib.h>
#include <string.h>
#include <twzelf/capability.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool verify(void *context, const uint8_t key[32], const void *message, uint64_t length,
                   const uint8_t signature[64])
{
    (void)context;
    (void)key;
    (void)message;
    (void)signature;
    return length == OBJ_CAP_SIGNED;
}

static void hash(void *context, const void *bytes, uint64_t length, uint8_t out[32])
{
    (void)context;
    (void)bytes;
    require(length == sizeof(struct obj_capability));
    memset(out, 0, 32);
}

static void check_accepted(const struct obj_capability *chain, uint32_t count,
                           const struct obj_capability_root *root)
{
    for (uint32_t i = 0; i < count; i++) {
        require(obj_id_equal(chain[i].object, root->object));
        require(chain[i].rights != 0 && !(chain[i].rights & ~(uint32_t)TWZ_RIGHTS_ALL));
        require(chain[i].gate_first + chain[i].gate_count <= OBJ_CAP_GATES_MAX);
        if (i == 0)
            continue;
        require(!(chain[i].rights & ~chain[i - 1].rights));
        require(memcmp(chain[i].key, chain[i - 1].delegate_key, 32) == 0);
        if (chain[i].gate_count > 0) {
            require(chain[i].gate_first >= chain[i - 1].gate_first);
            require(chain[i].gate_first + chain[i].gate_count <=
                    chain[i - 1].gate_first + chain[i - 1].gate_count);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct obj_crypto crypto = {.verify = verify, .hash = hash};
    const struct obj_capability *chain;
    struct obj_capability_root root;
    struct obj_diag diag;
    uint32_t count;
    uint8_t *copy = malloc(size ? size : 1); /* its exact size, for the address sanitizer */

    require(copy != NULL);
    memcpy(copy, data, size);
    if (obj_capability_open(copy, size, &chain, &count, &diag) == OBJ_OK) {
        require(count >= 1 && count <= OBJ_CAP_CHAIN_MAX && count * sizeof(*chain) == size);
        root.object = chain[0].object;
        memcpy(root.key, chain[0].key, 32);
        if (obj_capability_check(chain, count, &root, &crypto, &diag) == OBJ_OK)
            check_accepted(chain, count, &root);
    }
    free(copy);
    return 0;
}
