/*
 * What the simulator's tests include: the virtual network, and libssl's and libc's clocks put under it.
 */
#ifndef SIM_H
#define SIM_H

#include "sim_net.h"

/*
 * libssl's DTLS timer reads gettimeofday(). A program that links virtual_clock.c has its own gettimeofday() and
 * time(), which tell virtual time since 2026-01-01 once a clock is installed, and the system's before.
 */

/** Let gettimeofday and time follow `net`; NULL: the system's clock again. One network at a time. */
void sim_clock_install(const sim_net *net);
/** Make every random byte of OpenSSL come from `seed` on (keys, cookies, certificates): tests only. */
void sim_openssl_seed(uint64_t seed);

#endif
