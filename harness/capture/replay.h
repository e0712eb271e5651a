/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replayer: a shim backend that answers from a transcript, in strict
 * order: the same call, on the same fd or path, with the same request and the
 * same bytes. Addresses are not compared, but for being NULL.
 *
 * It hands out the recorded fds and object ids as they are, since results and
 * messages of clients contain them; so a request that carries another number
 * than the recorded one is a deviation.
 */
#ifndef HIOD_CAPTURE_REPLAY_H
#define HIOD_CAPTURE_REPLAY_H

#include "harness/capture/error.h"
#include "harness/capture/transcript.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

/* t is borrowed and must outlive the shim. mem: the caller's memory, NULL: uapi_mem_self. */
struct shim *shim_replay_new(const struct transcript *t, const struct uapi_mem *mem);

/*
 * The first deviation: transcript line, expected and got, decoded; NULL when
 * there was none. Every call from it on has failed with -EIO.
 */
const char *replay_error(const struct shim *s);

/*
 * After the client's last call: 0; or -EPROTO and a message when there was a
 * deviation, or when recorded calls are left over (it names their line).
 */
int replay_finish(const struct shim *s, struct capture_error *err);

#endif
