/* What linux/ and apple/ supply to posix/; private to this folder. */
#ifndef OS_PLATFORM_H
#define OS_PLATFORM_H

#include <pthread.h>

#include "base/base.h"

void os_platform_name_thread(const char *name);
/** A condition whose waits count on the monotonic clock. */
int os_platform_cond_init(pthread_cond_t *cond);
/** @return 0 or ETIMEDOUT */
int os_platform_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, qua_time deadline);
/** Arrange that the calling (child) process dies with its parent, where the system can. */
void os_platform_die_with_parent(void);

/** A socket that becomes readable when interfaces or addresses change, closed on exec; -1: there is none. */
int os_platform_route_socket(void);

#endif
