#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "CLinux.h"

int skein_enter_network_namespace(int descriptor) {
    return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : errno;
}
