/* Data channels that say everything back, and the trial of a far side that does. */
#ifndef CLI_ECHO_H
#define CLI_ECHO_H

#include "quartet/quartet.h"

typedef struct echo echo;

/** @param problem NULL: all came back as it went, or the far side closed its channel in the end; else what is wrong */
typedef void (*echo_done)(void *context, const char *problem);

/**
 * Open a channel "echo" before the offer; once it is open, send messages of several sizes, compare what comes back,
 * and close it. @return NULL: it could not be opened
 */
echo *echo_call(qua_pc *pc, echo_done done, void *context);
/** Say back what comes on a channel of the far side. Takes the channel; inside qua_pc_events.data_channel alone. */
echo *echo_answer(qua_data_channel *channel, echo_done done, void *context);
void echo_destroy(echo **e);

#endif
