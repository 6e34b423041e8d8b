/* The voices that are heard, and their mix: the seam between the loop thread and the audio thread, without a lock. */
#include <stdlib.h>

#include "engine/engine.h"

struct voice_slot {
    qua_voice *voice;
    sink *sink;
    int transceiver;
    size_t place;
    uint64_t retired_at; /* count of pulls when it was taken out */
    voice_slot *next;    /* retired */
};

/* ---- audio thread -------------------------------------------------------------------------------------------- */

int qua_engine_pull_audio(qua_engine *engine, int16_t out[480])
{
    int16_t blocks[ENGINE_VOICES][QUA_AUDIO_BLOCK];
    const int16_t *heard[ENGINE_VOICES];
    const qua_time now = os_now();
    size_t count = 0;

    atomic_fetch_add(&engine->pulls, 1);
    for (size_t i = 0; i < ENGINE_VOICES; i++) {
        voice_slot *slot = atomic_load(&engine->voices[i]);
        bool concealed;

        if (!slot || !qua_voice_pull(slot->voice, now, blocks[count], &concealed))
            continue;
        slot->sink->audio(slot->sink, slot->transceiver, blocks[count], concealed);
        heard[count] = blocks[count];
        count++;
    }
    qua_mix(heard, count, out, &engine->mix_gain);
    atomic_fetch_add(&engine->pulls, 1);
    return (int)count;
}

/* ---- loop thread --------------------------------------------------------------------------------------------- */

int voice_start(voice_slot **out, qua_engine *engine, sink *s, int transceiver)
{
    size_t place = 0;
    voice_slot *slot;

    while (place < ENGINE_VOICES && atomic_load(&engine->voices[place]))
        place++;
    if (place == ENGINE_VOICES)
        return QUA_EFULL;
    slot = qua_zalloc(sizeof *slot);
    if (!slot || qua_voice_create(&slot->voice) != 0) {
        free(slot);
        return QUA_ENOMEM;
    }
    slot->sink = sink_ref(s);
    slot->transceiver = transceiver;
    slot->place = place;
    atomic_store(&engine->voices[place], slot);
    *out = slot;
    return 0;
}

void voice_push(voice_slot *slot, const qua_peer_event *audio)
{
    qua_buffer *data = audio->audio.data;

    if (qua_voice_push(slot->voice, data, audio->audio.seq, audio->audio.timestamp, audio->audio.received) != 0)
        qua_buffer_unref(&data); /* nobody listens */
}

const qua_voice *voice_of(const voice_slot *slot)
{
    return slot->voice;
}

static void free_slot(voice_slot *slot)
{
    qua_voice_destroy(&slot->voice);
    sink_unref(&slot->sink);
    free(slot);
}

void voice_end(qua_engine *engine, voice_slot **slot_pointer)
{
    voice_slot *slot = *slot_pointer;

    *slot_pointer = NULL;
    if (!slot)
        return;
    atomic_store(&engine->voices[slot->place], NULL);
    slot->retired_at = atomic_load(&engine->pulls);
    slot->next = engine->retired;
    engine->retired = slot;
    voices_reap(engine);
}

/* A pull that began before the slot was emptied may still hold it: it is over once the odd count has moved on. */
void voices_reap(qua_engine *engine)
{
    const uint64_t pulls = atomic_load(&engine->pulls);

    for (voice_slot **at = &engine->retired; *at;) {
        voice_slot *slot = *at;

        if (slot->retired_at % 2 == 1 && pulls == slot->retired_at) {
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        free_slot(slot);
    }
}
