/* Sound and picture of one participant together. */
#include "media/media.h"

#define SOUND_GAIN   16 /* measurements of 10 ms: follows within a fifth of a second, no picture jumps */
#define PICTURE_GAIN 16
#define OTHER_CLOCK  QUA_SECONDS(2) /* a step this large is a new clock, not a delay */
#define ENOUGH       QUA_MS(10)     /* apart by less is together */
#define WAIT_STEP    1000           /* µs a picture: 3 % of time at most, which is not heard */

static qua_time smooth(qua_time mean, qua_time sample, int gain, bool known)
{
    const qua_time error = sample - mean;

    return !known || error > OTHER_CLOCK || error < -OTHER_CLOCK ? sample : mean + error / gain;
}

void qua_av_sync_stamp(qua_av_sync *s, uint32_t timestamp, qua_time captured)
{
    s->stamped = true;
    s->timestamp = timestamp;
    s->captured = captured;
}

void qua_av_sync_heard(qua_av_sync *s, uint32_t timestamp, qua_time at)
{
    if (!s->stamped)
        return;
    const qua_time captured = s->captured + (qua_time)qua_diff32(timestamp, s->timestamp) * 1000000 / QUA_AUDIO_HZ;

    s->sound_us = smooth(s->sound_us, at - captured, SOUND_GAIN, s->audible);
    s->audible = true;
}

/* The sound's delay contains what it already waits: the two meet where the picture is no longer the later one. */
static void choose_sound_wait(qua_av_sync *s)
{
    const qua_time behind = s->picture_us - s->sound_us;

    if (behind > ENOUGH)
        s->sound_wait += WAIT_STEP;
    else if (behind < 0)
        s->sound_wait -= WAIT_STEP;
    s->sound_wait = QUA_CLAMP(s->sound_wait, 0, QUA_AV_SOUND_WAIT);
}

qua_time qua_av_sync_show_at(qua_av_sync *s, qua_time now, qua_time captured)
{
    if (!captured || !s->audible)
        return now;
    s->picture_us = smooth(s->picture_us, now - captured, PICTURE_GAIN, s->visible);
    s->visible = true;
    choose_sound_wait(s);
    return QUA_CLAMP(captured + s->sound_us, now, now + QUA_AV_PICTURE_WAIT);
}

qua_time qua_av_sync_sound_wait(const qua_av_sync *s)
{
    return s->sound_wait;
}
