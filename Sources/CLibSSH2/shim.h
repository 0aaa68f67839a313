#ifndef TANDEM_CLIBSSH2_SHIM_H
#define TANDEM_CLIBSSH2_SHIM_H

#include <libssh2.h>

#endif
