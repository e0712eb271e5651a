/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of VFIO_DEVICE_FEATURE, a request with requests inside. */
#ifndef HIOD_UAPI_ROWS_FEATURE_H
#define HIOD_UAPI_ROWS_FEATURE_H

#include "harness/uapi/uapi.h"

#define UAPI_FEATURE_FIELDS 4
extern const struct uapi_field uapi_feature_fields[UAPI_FEATURE_FIELDS];

#endif
