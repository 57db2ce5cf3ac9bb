/* SPDX-License-Identifier: BSD-2-Clause */
/* What expat's configure finds out, the same for both sides of a comparison. */
#define BYTEORDER         1234
#define HAVE_GETRANDOM    1
#define PACKAGE_NAME      "expat"
#define PACKAGE_STRING    "expat 2.5.0"
#define PACKAGE_VERSION   "2.5.0"
#define XML_CONTEXT_BYTES 1024
#define XML_DEV_URANDOM   1
#define XML_DTD           1
#define XML_NS            1
