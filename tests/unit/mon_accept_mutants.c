/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutants of what an honest loader answers: at the start, then for a library that comes at run
 * time, then what it wants to have written. Whatever is accepted keeps the promises below, which
 * are checked here without the monitor's own functions.
 */
#include "mon_world.h"
#include "mutants.h"

/* Fields are numbers of 4 or 8 bytes: mutants of the records, not of the padding around them. */
static void spoil(struct mutator *m, void *records, size_t size, size_t count)
{
    uint8_t *bytes = records;
    size_t width = mutator_next(m) % 2 ? 4 : 8;
    size_t at = mutator_next(m) % (size * count / width) * width;
    uint64_t value = mutator_value(m);
    uint32_t small = (uint32_t)(mutator_next(m) % 8);
    if (mutator_next(m) % 2)
        memcpy(bytes + at, &small, sizeof small); /* another one's number */
    else
        memcpy(bytes + at, &value, width);
}

static void spoil_offer(struct mutator *m, struct offer *offer)
{
    uint32_t *counts[] = {&offer->compartment_count, &offer->instance_count, &offer->init_count,
                          &offer->gate_count};
    for (uint64_t i = mutator_next(m) % 4 + 1; i > 0; i--)
        switch (mutator_next(m) % 6) {
        case 0:
            spoil(m, offer->compartments, sizeof offer->compartments[0], OFFER_MAX);
            break;
        case 1:
            spoil(m, offer->instances, sizeof offer->instances[0], OFFER_MAX);
            break;
        case 2:
            spoil(m, offer->init, sizeof offer->init[0], OFFER_MAX);
            break;
        case 3:
            spoil(m, offer->gates, sizeof offer->gates[0], OFFER_MAX);
            break;
        case 4:
            spoil(m, offer->writes, sizeof offer->writes[0], OFFER_MAX);
            break;
        default:
            *counts[mutator_next(m) % 4] = (uint32_t)(mutator_next(m) % (OFFER_MAX + 1));
        }
}

/* ---- What has to hold ---- */

static void compartments_hold(void)
{
    assert_true(mon.compartment_count <= mon.compartment_room);
    for (uint32_t i = 0; i < mon.compartment_count; i++) {
        const struct mon_compartment *c = &mon.compartments[i];
        if (i == C_MONITOR)
            continue;
        assert_true(c->name != NULL && strlen(c->name) < MON_NAME_MAX && c->demand < 4);
        assert_true(c->tls_size <= TWZ_SLOT_SIZE / 4 && c->tls_align <= TWZ_PAGE_SIZE);
        assert_true(c->policy < world.policy.compartment_count || c->owner != LD_NONE);
        assert_true((c->policy == policy_index(LD_MAIN)) == (i == C_MAIN));
        for (uint32_t k = 0; k < c->init_count; k++) {
            assert_true(c->init[k] < mon.instance_count && mon.instances[c->init[k]].used);
            assert_int_equal(mon.instances[c->init[k]].compartment, i);
            for (uint32_t l = 0; l < k; l++)
                assert_int_not_equal(c->init[k], c->init[l]);
        }
    }
}

static bool belongs(uint32_t file, const struct mon_compartment *c)
{
    uint32_t policy = c->owner != LD_NONE ? mon.compartments[c->owner].policy : c->policy;
    return file == F_VAULT    ? policy == policy_index("vault")
           : file == F_OTHER  ? policy == policy_index("other")
           : file == F_DEMAND ? c->owner != LD_NONE && c->file == F_DEMAND
                              : file < F_BROKEN;
}

static void instances_hold(void)
{
    for (uint32_t i = 0; i < mon.instance_count; i++) {
        const struct mon_instance *a = &mon.instances[i];
        if (!a->used)
            continue;
        const struct mon_compartment *c = &mon.compartments[a->compartment];
        assert_true(a->compartment < mon.compartment_count && a->compartment != C_MONITOR);
        assert_true(i == 0 || belongs(a->file, c)); /* [0] is the program: load.c looks at that */
        assert_int_equal(a->mapping.instance, i);
        assert_int_equal(a->mapping.compartment, a->compartment);
        assert_int_equal(a->mapping.data_length, TWZ_PAGE_SIZE + DATA_MEMSZ);
        assert_true(a->mapping.text_slot >= 32 && a->mapping.data_slot < 4096);
        assert_int_equal(a->mapping.data_slot, a->mapping.text_slot + 1);
        if (a->tls_module != 0 && a->tls_offset != 0)
            assert_true(a->tls_module <= c->tls_modules && a->tls_offset <= c->tls_size &&
                        a->tls_offset >= a->tls_size);
        for (uint32_t j = 0; j < i; j++) {
            const struct mon_instance *b = &mon.instances[j];
            assert_false(b->used && b->file == a->file && b->compartment == a->compartment);
            assert_false(b->used && b->mapping.text_slot < a->mapping.text_slot + 2 &&
                         a->mapping.text_slot < b->mapping.text_slot + 2);
        }
    }
}

/* A gate is one of the three that the files declare, and leads to its entry. */
static void gates_hold(void)
{
    uint32_t deadline;
    for (uint32_t i = 0; i < mon.gate_count; i++) {
        const struct mon_gate *gate = &mon.gates[i];
        if (!gate->used)
            continue;
        assert_true(i >= KNOWN_GATES && mon.instances[gate->instance].used);
        const struct mon_instance *instance = &mon.instances[gate->instance];
        assert_true(instance->file == F_VAULT || instance->file == F_OTHER ||
                    instance->file == F_DEMAND);
        assert_ptr_equal(gate->descriptor, images[instance->file].bytes + O_GATES);
        assert_int_equal(gate->entry, TEXT_VADDR(O_CODE) + 0x10);
        assert_int_equal(gate->isolation, TWZ_ISOLATE_BOTH);
        for (uint32_t c = 0; c < mon.compartment_count; c++) {
            const struct mon_compartment *callee = &mon.compartments[instance->compartment];
            if (!mon_may_import(c, i, &deadline))
                continue;
            if (callee->owner != LD_NONE)
                assert_true(callee->owner == c || mon.compartments[c].owner == callee->owner);
            else
                assert_true(c == C_MAIN && callee->policy == policy_index("vault"));
        }
    }
}

/* Only inside the object's own data slot, and only while it is being loaded. */
static void writes_hold(const struct offer *offer)
{
    uint64_t may_copy = mon_may_copy(LD_NONE), copied = 0, all = 0;
    for (uint32_t i = 0; i < mon.instance_count; i++)
        all += mon.instances[i].used ? mon.instances[i].mapping.data_length : 0;
    for (uint32_t i = 0; i < OFFER_MAX; i++) {
        const struct ld_write *write = &offer->writes[i];
        const struct ld_mapping *mapping = mon_accept_write(write, LD_NONE, &may_copy);
        if (mapping == NULL)
            continue;
        assert_true(write->instance < mon.instance_count);
        const struct mon_instance *instance = &mon.instances[write->instance];
        assert_true(instance->used && !instance->sealed && mapping == &instance->mapping);
        assert_true(write->offset >= TWZ_PAGE_SIZE && write->width > 0 &&
                    write->width <= mapping->data_length &&
                    write->offset <= mapping->data_length - write->width);
        if (write->kind != LD_WRITE_COPY) {
            assert_true(write->width == 8 || (write->kind == LD_WRITE_VALUE && write->width == 4));
            continue;
        }
        bool from_own = false;
        for (uint32_t k = 0; k < mon.instance_count; k++) {
            const struct mon_instance *source = &mon.instances[k];
            uint64_t start = source->mapping.data_slot * TWZ_SLOT_SIZE;
            from_own =
                from_own || (source->used && source->compartment == instance->compartment &&
                             write->value >= start + TWZ_PAGE_SIZE &&
                             write->value + write->width <= start + source->mapping.data_length);
        }
        assert_true(from_own);
        copied += write->width;
    }
    assert_true(copied <= all);
}

/* ---- Mutants ---- */

/* One more library, in a compartment that is there and in one that comes with it. */
static struct offer honest_late(void)
{
    struct offer offer = {
        .compartments = {demanded_by_other(5)},
        .instances = {instance_of(4, C_OTHER, F_PLAIN, 0), instance_of(5, 4, F_DEMAND, 0)},
        .init = {5},
        .gates = {{.gate = GATE + 2, .instance = 5, .descriptor = TEXT_VADDR(O_GATES)}},
        .compartment_count = 1,
        .instance_count = 2,
        .init_count = 1,
        .gate_count = 1,
        .write_count = OFFER_MAX,
    };
    for (uint32_t i = 0; i < OFFER_MAX; i++)
        offer.writes[i] = (struct ld_write){
            .instance = 4 + i % 2, .kind = i % 3, .offset = TWZ_PAGE_SIZE + 8 * i, .width = 8};
    return offer;
}

/* Copies of data that is there, so that some of them are good. */
static void aim(struct mutator *m, struct offer *offer)
{
    for (uint32_t i = 0; i < OFFER_MAX; i++) {
        uint32_t source = (uint32_t)(mutator_next(m) % 6);
        if (offer->writes[i].kind == LD_WRITE_COPY)
            offer->writes[i].value += mon.instances[source].mapping.data_slot * TWZ_SLOT_SIZE +
                                      TWZ_PAGE_SIZE + mutator_next(m) % 0x5000;
    }
}

static void survives_mutants(void **state)
{
    struct mutator mutator = {.state = 1};
    unsigned long count = mutant_count(20000), accepted = 0;
    (void)state;
    for (unsigned long i = 0; i < count; i++) {
        struct offer offer = honest();
        mutant_begin();
        mon.instance_count = LD_INSTANCES_MAX - 1;
        mon.gate_count = i == 0 || mon.gate_count > 64 ? LD_GATES_MAX - 1 : 64;
        mon_world_reset();
        if (i % 2 == 0) { /* the program is as it should be, and what comes later is not */
            assert_true(accept(&offer, false, 0));
            seal_all();
            offer = honest_late();
        }
        spoil_offer(&mutator, &offer);
        accepted += accept(&offer, i % 2 == 0, C_OTHER);
        /* Also of what was refused in the middle: it may lie about until it is taken back. */
        compartments_hold();
        instances_hold();
        gates_hold();
        aim(&mutator, &offer);
        writes_hold(&offer);
    }
    mutants_end();
    assert_in_range(accepted, count / 20, count - count / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(survives_mutants, "mutants of the loader's answers are accepted only where they do no "
                            "harm, and written only inside the data of what is being loaded"),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, mon_world_open, mon_world_close);
}
