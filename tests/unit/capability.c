/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities as tokens: what a signature covers, and how far delegation reaches. */
#include "test.h"

#include "key.h"
#include <string.h>

struct world {
    struct secret_key maker, alice, bob;
    struct obj_capability_root root;
    struct obj_capability chain[3]; /* maker to alice, alice to bob, bob to someone */
};

static const struct twz_id contexts[] = {{1, 2}, {3, 4}, {5, 6}};

static void make_token(struct obj_capability *token, const struct obj_capability *parent,
                       const struct secret_key *signer, const struct secret_key *delegate)
{
    memcpy(token->magic, OBJ_CAP_MAGIC, sizeof token->magic);
    token->version = OBJ_CAP_VERSION;
    if (parent != NULL)
        crypto.hash(NULL, parent, sizeof *parent, token->parent);
    if (delegate != NULL)
        memcpy(token->delegate_key, delegate->public_key, 32);
    token_sign(token, signer);
}

/* Signs all three again, after one has been changed. */
static void sign_all(struct world *w)
{
    make_token(&w->chain[0], NULL, &w->maker, &w->alice);
    make_token(&w->chain[1], &w->chain[0], &w->alice, &w->bob);
    make_token(&w->chain[2], &w->chain[1], &w->bob, NULL);
}

static struct world good(void)
{
    struct world w = {.root = {.object = {0x1234, 0x5678}}};
    assert_int_equal(secret_make(&w.maker), 0);
    assert_int_equal(secret_make(&w.alice), 0);
    assert_int_equal(secret_make(&w.bob), 0);
    memcpy(w.root.key, w.maker.public_key, 32);
    for (unsigned i = 0; i < 3; i++) {
        w.chain[i].object = w.root.object;
        w.chain[i].holder = contexts[i];
        w.chain[i].rights = i == 2 ? TWZ_READ : TWZ_READ | TWZ_EXECUTE;
        w.chain[i].gate_first = 4 + i;
        w.chain[i].gate_count = 5 - i;
    }
    sign_all(&w);
    return w;
}

static enum obj_error check(const struct world *w, uint32_t tokens)
{
    const struct obj_capability *chain;
    struct obj_diag diag;
    uint32_t count;
    enum obj_error error =
        obj_capability_open(w->chain, tokens * sizeof w->chain[0], &chain, &count, &diag);
    return error != OBJ_OK ? error : obj_capability_check(chain, count, &w->root, &crypto, &diag);
}

static void chains_of_one_to_three(void **state)
{
    (void)state;
    struct world w = good();
    for (uint32_t tokens = 1; tokens <= 3; tokens++)
        assert_int_equal(check(&w, tokens), OBJ_OK);
}

static void every_bit_counts(void **state)
{
    (void)state;
    const struct world w = good();
    for (uint32_t tokens = 1; tokens <= 3; tokens += 2) {
        for (size_t bit = 0; bit < tokens * sizeof w.chain[0] * 8; bit++) {
            struct world flipped = w;
            ((uint8_t *)flipped.chain)[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(check(&flipped, tokens), OBJ_OK);
        }
    }
}

static void another_object(void **state)
{
    (void)state;
    struct world w = good();
    w.root.object.lo++; /* the same maker's */
    assert_int_equal(check(&w, 1), OBJ_E_CAP_OBJECT);
    w.chain[0].object.lo++; /* the token rewritten to fit */
    assert_int_equal(check(&w, 1), OBJ_E_CAP_SIGNATURE);
}

static void another_context(void **state)
{
    (void)state;
    struct world w = good();
    w.chain[0].holder = contexts[1];
    assert_int_equal(check(&w, 1), OBJ_E_CAP_SIGNATURE);
}

static void delegation_only_narrows(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 3; i++) {
        struct world w = good();
        w.chain[i].rights = TWZ_READ | TWZ_WRITE;
        sign_all(&w);
        assert_int_equal(check(&w, 3), OBJ_E_CAP_WIDER);
        w = good();
        w.chain[i].gate_first = 3;
        sign_all(&w);
        assert_int_equal(check(&w, 3), OBJ_E_CAP_WIDER);
        w = good();
        w.chain[i].gate_count = 6;
        sign_all(&w);
        assert_int_equal(check(&w, 3), OBJ_E_CAP_WIDER);
        w = good();
        w.chain[i].object.hi ^= 1;
        sign_all(&w);
        assert_int_equal(check(&w, 3), OBJ_E_CAP_OBJECT);
    }
    struct world w = good(); /* what was given away once does not come back */
    w.chain[1].rights = TWZ_EXECUTE;
    sign_all(&w);
    assert_int_equal(check(&w, 3), OBJ_E_CAP_WIDER);
}

static void delegation_needs_the_key(void **state)
{
    (void)state;
    struct world w = good(); /* nobody may delegate */
    make_token(&w.chain[0], NULL, &w.maker, NULL);
    memset(w.chain[0].delegate_key, 0, 32);
    token_sign(&w.chain[0], &w.maker);
    make_token(&w.chain[1], &w.chain[0], &w.alice, NULL);
    assert_int_equal(check(&w, 2), OBJ_E_CAP_KEY);
    w = good(); /* signed by someone else, who says so */
    make_token(&w.chain[1], &w.chain[0], &w.bob, NULL);
    assert_int_equal(check(&w, 2), OBJ_E_CAP_KEY);
    memcpy(w.chain[1].key, w.alice.public_key, 32); /* and who does not */
    assert_int_equal(check(&w, 2), OBJ_E_CAP_SIGNATURE);
    w = good(); /* even by the maker */
    make_token(&w.chain[1], &w.chain[0], &w.maker, NULL);
    assert_int_equal(check(&w, 2), OBJ_E_CAP_KEY);
    w = good(); /* a first token by anyone but the maker */
    make_token(&w.chain[0], NULL, &w.alice, NULL);
    assert_int_equal(check(&w, 1), OBJ_E_CAP_KEY);
}

static void no_other_parent(void **state)
{
    (void)state;
    struct world w = good();
    w.chain[0].holder = contexts[2]; /* another token of the same maker for the same delegate */
    token_sign(&w.chain[0], &w.maker);
    assert_int_equal(check(&w, 1), OBJ_OK);
    assert_int_equal(check(&w, 2), OBJ_E_CAP_PARENT);
    w = good();
    w.chain[0] = w.chain[1]; /* the later token alone, or twice */
    assert_int_equal(check(&w, 1), OBJ_E_CAP_KEY);
}

static void an_object_without_key_has_none(void **state)
{
    (void)state;
    struct world w = good();
    memset(w.root.key, 0, 32);
    assert_int_equal(check(&w, 1), OBJ_E_CAP_KEY);
    memset(w.chain[0].key, 0, 32);
    assert_int_equal(check(&w, 1), OBJ_E_CAP_KEY);
}

static void sizes(void **state)
{
    (void)state;
    struct world w = good();
    const struct obj_capability *chain;
    struct obj_diag diag;
    uint32_t count;
    for (uint64_t size = 0; size < sizeof w.chain; size++)
        if (size % sizeof w.chain[0] != 0 || size == 0)
            assert_int_not_equal(obj_capability_open(w.chain, size, &chain, &count, &diag), OBJ_OK);
    static struct obj_capability many[9];
    for (unsigned i = 0; i < 9; i++)
        many[i] = w.chain[0];
    assert_int_equal(obj_capability_open(many, sizeof many, &chain, &count, &diag), OBJ_E_CAP_SIZE);
    w.chain[0].gate_first = OBJ_CAP_GATES_MAX;
    assert_int_equal(check(&w, 1), OBJ_E_CAP_FIELD);
    w = good();
    w.chain[0].rights = 0;
    assert_int_equal(check(&w, 1), OBJ_E_CAP_FIELD);
}

RUN_TESTS(T(chains_of_one_to_three, "chains of one to three tokens are good"),
          T(every_bit_counts, "every single-bit flip of a token or chain is refused"),
          T(another_object, "a token for one object is none for another"),
          T(another_context, "a token for one context is none for another"),
          T(delegation_only_narrows, "delegation only narrows: rights, gates, object"),
          T(delegation_needs_the_key, "delegation needs the key that the token before names"),
          T(no_other_parent, "a token belongs to one parent"),
          T(an_object_without_key_has_none, "an object without a key has no capabilities"),
          T(sizes, "a chain has one to eight whole tokens in the right form"))
