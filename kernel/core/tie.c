/* SPDX-License-Identifier: BSD-2-Clause */
#include "tie.h"
#include "alloc.h"

struct k_tie {
    struct k_object *child, *parent;
    struct k_tie *next_of_child;  /* another parent of the same child */
    struct k_tie *next_of_parent; /* another child of the same parent */
};

uint32_t k_tie_parents(const struct k_object *object)
{
    uint32_t count = 0;
    for (const struct k_tie *t = object->parents; t != NULL; t = t->next_of_child)
        count++;
    return count;
}

/* Puts the object's parents that are not on the list yet at its end. */
static struct k_object *append_parents(struct k_object *object, struct k_object *last)
{
    for (const struct k_tie *t = object->parents; t != NULL; t = t->next_of_child) {
        if (t->parent->listed == NULL && t->parent != last) {
            last->listed = t->parent;
            last = t->parent;
        }
    }
    return last;
}

/* Whether `ancestor` is `object` or above it. The graph is walked breadth first over a list that is
 * threaded through the objects, each of which is on it once. */
static bool is_above(const struct k_object *ancestor, struct k_object *object)
{
    bool found = false;
    struct k_object *last = object;
    for (struct k_object *at = object; at != NULL; at = at->listed) {
        found |= at == ancestor;
        last = append_parents(at, last);
    }
    for (struct k_object *at = object, *next; at != NULL; at = next) {
        next = at->listed;
        at->listed = NULL;
    }
    return found;
}

enum twz_error k_tie(struct k_object *child, struct k_object *parent)
{
    if (child->kind != K_OBJECT_DATA || parent->kind == K_OBJECT_IMAGE ||
        parent->kind == K_OBJECT_SYSTEM || is_above(child, parent))
        return TWZ_EINVAL;
    if (parent->kind == K_OBJECT_THREAD && parent->state == NULL)
        return TWZ_ENOENT;
    for (const struct k_tie *t = child->parents; t != NULL; t = t->next_of_child) {
        if (t->parent == parent)
            return TWZ_EEXIST;
    }
    if (k_tie_parents(child) == TWZ_TIES_MAX)
        return TWZ_ELIMIT;
    struct k_tie *tie = k_alloc(sizeof *tie);
    if (tie == NULL)
        return TWZ_ENOMEM;
    *tie = (struct k_tie){child, parent, child->parents, parent->children};
    child->parents = tie;
    parent->children = tie;
    return TWZ_OK;
}

static void forget_in_child(const struct k_tie *tie)
{
    struct k_tie **link = &tie->child->parents;
    while (*link != tie)
        link = &(*link)->next_of_child;
    *link = tie->next_of_child;
}

static void forget_in_parent(const struct k_tie *tie)
{
    struct k_tie **link = &tie->parent->children;
    while (*link != tie)
        link = &(*link)->next_of_parent;
    *link = tie->next_of_parent;
}

void k_tie_cut(struct k_object *object)
{
    while (object->parents != NULL) {
        struct k_tie *tie = object->parents;
        object->parents = tie->next_of_child;
        forget_in_parent(tie);
        k_free(tie, sizeof *tie);
    }
    while (object->children != NULL) {
        struct k_tie *tie = object->children;
        struct k_object *child = tie->child;
        object->children = tie->next_of_parent;
        forget_in_child(tie);
        k_free(tie, sizeof *tie);
        if (child->parents == NULL && !child->deleted)
            k_object_delete(child);
    }
}
