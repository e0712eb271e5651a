/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's memory as DMA sees it: regions that a container maps when it is
 * made and unmaps before it goes.
 */
#ifndef HIOD_MEMORY_H
#define HIOD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses and size in bytes, multiples of the host's page size. */
struct hiod_mem_region {
	uint64_t iova, size;
	void *vaddr;	  /* in this process; passed to the kernel, never read here */
	bool readonly;	  /* to the device */
	const char *name; /* for messages: "pc.ram"; NULL: "ram" */
};

/* A set of regions; two devices share a container only if they share one. Owns nothing. */
typedef struct AddressSpace {
	const struct hiod_mem_region *mem;
	size_t nmem;
	/* Not NULL: below a vIOMMU that does not tell of mappings; whoever listens is told this. */
	const char *refusal;
} AddressSpace;

#endif
