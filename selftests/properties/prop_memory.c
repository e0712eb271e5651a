// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No memory: every property that may do without it holds when an allocation
 * fails, or all from one on: of the client's, of the parser's, of the mocked
 * kernel's. Nothing crashes, leaks or stays open, what fails says so, and no
 * answer is wider than it is with memory.
 *
 * An input is what fails, which property, and an input of that property.
 */
#include <string.h>

#include "hiod/check.h"
#include "mocks/model.h"
#include "selftests/failing_malloc.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/memory.h"
#include "selftests/properties/plain.h"

#define INPUT_MAX 32768
#define RUNS	  16 /* of one input: allocations that follow each other fail one by one */

/* ---- a question whose answer is kept ------------------------------------------------ */

static struct answer {
	enum hiod_answer verdict, qemu;
	int bits;
} answer;

static enum property_result ask(struct choices *c, void *ctx)
{
	static const enum hiod_backend backends[] = { HIOD_BACKEND_LEGACY, HIOD_BACKEND_IOMMUFD,
						      HIOD_BACKEND_VDPA };
	char text[VIOMMU_TEXT_MAX], machine[MACHINE_TEXT_MAX], drawing[MACHINE_TEXT_MAX];
	struct hiod_mem_region mem[2];
	struct hiod_check q = { .bdf = HOST_BDF, .mem = mem };
	struct shim *model = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	enum property_result res = PROPERTY_PASS;
	struct hiod_verdict v;

	if (!model)
		return PROPERTY_DISCARD;
	q.profile = make_profile(c);
	q.backend = CHOICES_PICK(c, backends);
	if (q.backend == HIOD_BACKEND_VDPA)
		q.bdf = "/dev/vhost-vdpa-0";
	q.viommu = make_viommu(c, q.profile, text);
	q.nmem = make_memory(c, mem, 2);
	q.machine = make_machine(c, q.profile, machine);
	q.topology = make_topology(c, drawing);
	hiod_check_run(model, &q, &v);
	answer = (struct answer){ v.verdict, v.qemu, v.host_aw_bits };
	if ((v.verdict == HIOD_ACCEPTED) != (v.message[0] == '\0'))
		res = property_fail(c, "%s with the message '%s'", hiod_answer_name(v.verdict),
				    v.message);
	hiod_verdict_free(&v);
	if (res == PROPERTY_PASS && !plain_clean(model))
		res = property_fail(c, "something stays in the kernel");
	return res;
}

static const struct property question = { .fn = ask };

bool memory_failed(void)
{
	return failing_malloc.armed && failing_malloc.fail_at &&
	       failing_malloc.count >= failing_malloc.fail_at;
}

void *memory_exempt_alloc(size_t n)
{
	return unfailing_malloc(n);
}

void memory_exempt_free(void *p)
{
	unfailing_free(p);
}

/* ---- one property with less memory -------------------------------------------------- */

/* Once, on the same bytes; what it says is c's. */
static enum property_result once(struct choices *c, const struct property *p, const uint8_t *in,
				 size_t len)
{
	enum property_result res;
	struct choices inner;

	choices_init_bytes(&inner, in, len);
	choices_keep(&inner, false);
	res = p->fn(&inner, p->ctx);
	memcpy(c->message, inner.message, sizeof(c->message));
	choices_free(&inner);
	return res;
}

/* A model that is kept may grow once; what leaks does it again. */
static bool leaks(struct choices *c, const struct property *p, const uint8_t *in, size_t len,
		  unsigned int n)
{
	bool onwards = failing_malloc.onwards;

	for (int i = 0; i < 2 && failing_malloc.balance > 0; i++) {
		if (onwards)
			failing_malloc_arm_onwards(n);
		else
			failing_malloc_arm(n);
		once(c, p, in, len);
		failing_malloc_disarm();
	}
	return failing_malloc.balance > 0;
}

enum property_result without_memory(struct choices *c, const struct property *p)
{
	static uint8_t in[INPUT_MAX];
	unsigned int nth = (unsigned int)choices_upto(c, 65535), all;
	unsigned int runs = 1 + (unsigned int)choices_upto(c, RUNS - 1);
	bool onwards = choices_bool(c, 20);
	size_t len = choices_rest(c, in, sizeof(in), make_input, (void *)p);
	enum property_result res;
	struct answer had;

	for (size_t i = 0; i < PLAIN_HOSTS; i++)
		plain_model(i);
	failing_malloc_arm(0);
	res = once(c, p, in, len);
	failing_malloc_disarm();
	all = failing_malloc.count;
	had = answer;
	for (unsigned int i = 0; i < runs && i < all && res == PROPERTY_PASS; i++) {
		unsigned int n = 1 + (nth + i) % all;
		enum property_result now;

		if (onwards)
			failing_malloc_arm_onwards(n);
		else
			failing_malloc_arm(n);
		now = once(c, p, in, len);
		failing_malloc_disarm();
		choices_note(c, "%s: allocation %u of %u: %d %s", p->name ? p->name : "a question",
			     n, all, (int)now, now == PROPERTY_FAIL ? c->message : "");
		if (now == PROPERTY_FAIL)
			res = now;
		else if (p == &question && answer.verdict == HIOD_ACCEPTED &&
			 (had.verdict != HIOD_ACCEPTED || had.bits != answer.bits))
			res = property_fail(c, "without memory accepted, on %d bits", answer.bits);
		else if (leaks(c, p, in, len, n))
			res = property_fail(c, "allocation %u fails, and %d are not freed", n,
					    failing_malloc.balance);
	}
	return res;
}

static enum property_result out_of_memory(struct choices *c, void *ctx)
{
	static const struct property *const of[] = {
		&question,
		&property_realize,
		&property_lifecycle,
		&property_set_leaves_no_trace,
		&property_guest,
		&property_nesting,
		&property_topology_options,
		&property_type1_info,
		&property_iova_ranges,
		&property_hw_info,
		&property_device_info,
	};

	return without_memory(c, CHOICES_PICK(c, of));
}

const struct property property_out_of_memory = { "out_of_memory", out_of_memory, .cases = 2000 };
