#ifndef SKEIN_CLINUX_H
#define SKEIN_CLINUX_H

/// Moves the calling thread into the network namespace that `descriptor` refers to (setns(2) with CLONE_NEWNET).
/// Threads that it starts afterwards begin there. Returns 0, or the error number.
int skein_enter_network_namespace(int descriptor);

#endif
