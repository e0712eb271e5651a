/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every host description, wherever it is from. Needs the formats. */
#ifndef HIOD_PROPERTIES_ITSELF_H
#define HIOD_PROPERTIES_ITSELF_H

#include "harness/capture/error.h"
#include "harness/capture/host.h"
#include "harness/property/property.h"

/* Written and read again it is the same, and so is its text. */
enum property_result reads_itself(struct choices *c, const struct host *h);
/* What is made of r, or of one unit of it, is a description, or refused in one line. */
struct recon;
enum property_result reconstructs(struct choices *c, const struct recon *r, int unit);
/* One line, printable, not empty. */
bool good_message(const struct capture_error *err);

#endif
