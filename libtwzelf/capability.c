/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <twzelf/capability.h>

#define TOKEN       sizeof(struct obj_capability)
#define FIELD(name) offsetof(struct obj_capability, name)

static enum obj_error refuse(struct obj_diag *diag, enum obj_error error, uint64_t place,
                             uint64_t expected, uint64_t found)
{
    *diag = (struct obj_diag){error, place, expected, found};
    return error;
}

static bool is_zero(const uint8_t bytes[32])
{
    uint8_t any = 0;

    for (unsigned i = 0; i < 32; i++)
        any |= bytes[i];
    return any == 0;
}

static enum obj_error check_form(const struct obj_capability *token, uint64_t at,
                                 struct obj_diag *diag)
{
    if (memcmp(token->magic, OBJ_CAP_MAGIC, sizeof(token->magic)) != 0)
        return refuse(diag, OBJ_E_CAP_MAGIC, at, 0, 0);
    if (token->version != OBJ_CAP_VERSION)
        return refuse(diag, OBJ_E_CAP_VERSION, at + FIELD(version), OBJ_CAP_VERSION,
                      token->version);
    if (token->reserved != 0)
        return refuse(diag, OBJ_E_RESERVED, at + FIELD(reserved), 0, token->reserved);
    if (token->rights == 0 || token->rights & ~(uint32_t)TWZ_RIGHTS_ALL)
        return refuse(diag, OBJ_E_CAP_FIELD, at + FIELD(rights), TWZ_RIGHTS_ALL, token->rights);
    if (token->gate_count > OBJ_CAP_GATES_MAX ||
        token->gate_first > OBJ_CAP_GATES_MAX - token->gate_count ||
        (token->gate_count == 0 && token->gate_first != 0))
        return refuse(diag, OBJ_E_CAP_FIELD, at + FIELD(gate_first),
                      OBJ_CAP_GATES_MAX - token->gate_count, token->gate_first);
    return OBJ_OK;
}

enum obj_error obj_capability_open(const void *base, uint64_t size,
                                   const struct obj_capability **chain, uint32_t *count,
                                   struct obj_diag *diag)
{
    enum obj_error error = OBJ_OK;

    *chain = NULL;
    *count = 0;
    *diag = (struct obj_diag){0};
    if ((uintptr_t)base % 8)
        return refuse(diag, OBJ_E_UNALIGNED, 0, 0, (uintptr_t)base % 8);
    if (size < sizeof((*chain)->magic) || memcmp(base, OBJ_CAP_MAGIC, sizeof((*chain)->magic)) != 0)
        return refuse(diag, OBJ_E_CAP_MAGIC, 0, 0, 0);
    if (size == 0 || size % TOKEN || size / TOKEN > OBJ_CAP_CHAIN_MAX)
        return refuse(diag, OBJ_E_CAP_SIZE, size, TOKEN, size);
    for (uint64_t at = 0; at < size && error == OBJ_OK; at += TOKEN)
        error = check_form((const void *)((const uint8_t *)base + at), at, diag);
    if (error == OBJ_OK) {
        *chain = base;
        *count = (uint32_t)(size / TOKEN);
    }
    return error;
}

/* A token against the one before it. */
static enum obj_error check_narrower(const struct obj_capability *token, uint64_t at,
                                     struct obj_diag *diag)
{
    const struct obj_capability *parent = token - 1;
    uint64_t first = parent->gate_first, end = first + parent->gate_count;

    if (token->rights & ~parent->rights)
        return refuse(diag, OBJ_E_CAP_WIDER, at + FIELD(rights), parent->rights, token->rights);
    if (token->gate_count != 0 &&
        (token->gate_first < first || token->gate_first + token->gate_count > end))
        return refuse(diag, OBJ_E_CAP_WIDER, at + FIELD(gate_first), end,
                      token->gate_first + token->gate_count);
    return OBJ_OK;
}

static enum obj_error check_link(const struct obj_capability *token, uint64_t at,
                                 const struct obj_crypto *crypto, struct obj_diag *diag)
{
    uint8_t hash[32] = {0};

    if (at != 0)
        crypto->hash(crypto->context, token - 1, TOKEN, hash);
    if (memcmp(token->parent, hash, sizeof(hash)) != 0)
        return refuse(diag, OBJ_E_CAP_PARENT, at + FIELD(parent), 0, 0);
    return at == 0 ? OBJ_OK : check_narrower(token, at, diag);
}

enum obj_error obj_capability_check(const struct obj_capability *chain, uint32_t count,
                                    const struct obj_capability_root *root,
                                    const struct obj_crypto *crypto, struct obj_diag *diag)
{
    *diag = (struct obj_diag){0};
    for (uint32_t i = 0; i < count; i++) {
        const struct obj_capability *token = &chain[i];
        const uint8_t *signer = i == 0 ? root->key : chain[i - 1].delegate_key;
        uint64_t at = i * TOKEN;
        enum obj_error error;

        if (!obj_id_equal(token->object, root->object))
            return refuse(diag, OBJ_E_CAP_OBJECT, at + FIELD(object), root->object.lo,
                          token->object.lo);
        if (is_zero(signer) || memcmp(token->key, signer, 32) != 0)
            return refuse(diag, OBJ_E_CAP_KEY, at + FIELD(key), 0, 0);
        error = check_link(token, at, crypto, diag);
        if (error != OBJ_OK)
            return error;
        if (!crypto->verify(crypto->context, token->key, token, OBJ_CAP_SIGNED, token->signature))
            return refuse(diag, OBJ_E_CAP_SIGNATURE, at + FIELD(signature), 0, 0);
    }
    return count == 0 ? refuse(diag, OBJ_E_CAP_SIZE, 0, 0, 0) : OBJ_OK;
}
