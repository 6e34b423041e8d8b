/* Within signaling: what parser and writer of messages share. */
#ifndef QUA_SIGNALING_MESSAGE_H
#define QUA_SIGNALING_MESSAGE_H

#include "signaling/signaling.h"

/** Ids of participants: 1..QUA_ID_SIZE-1 of [0-9a-z]. */
bool qua_signal_id_valid(const char *id);
/** "desc"; "" for UNKNOWN. */
const char *qua_message_type_name(qua_message_type type);
/** "host" */
const char *qua_role_name(qua_signal_role role);
/** "offer"; NULL for what does not travel. */
const char *qua_sdp_type_name(qua_sdp_type type);

#endif
