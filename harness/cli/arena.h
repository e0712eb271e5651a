/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for JSON trees that are gone before the next is read: jansson asks
 * for a hundred small pieces a description, and here each costs an addition
 * and its release nothing.
 */
#ifndef HIOD_CLI_ARENA_H
#define HIOD_CLI_ARENA_H

/* Makes jansson allocate here, before there are threads or values. */
void arena_install(void);
/*
 * From now on this thread's values are taken from its arena, and from the heap
 * when that is full; all of them must be released before arena_end().
 */
void arena_begin(void);
void arena_end(void);
/* Gives this thread's memory back, outside of begin and end. */
void arena_free(void);

#endif
