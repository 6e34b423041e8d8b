/* What one connection receives: pictures go to decoders, sound to voices, one of each a transceiver. */
#include "engine/engine.h"

void receiver_init(receiver *r, qua_engine *engine, sink *s)
{
    *r = (receiver){.engine = engine, .sink = s};
}

static void take_picture(receiver *r, qua_time now, const qua_peer_event *event)
{
    decoder **d = &r->decoders[event->transceiver];
    qua_buffer *data = event->picture.data;

    if (!*d && decoder_start(d, r->engine, r->sink, event->transceiver) != 0)
        qua_buffer_unref(&data);
    else if (decoder_push(*d, event) == 0)
        return;
    r->sink->decoded(r->sink, now, event->transceiver, NULL);
}

static void take_audio(receiver *r, const qua_peer_event *event)
{
    voice_slot **v = &r->voices[event->transceiver];
    qua_buffer *data = event->audio.data;

    if (!*v && voice_start(v, r->engine, r->sink, event->transceiver) != 0)
        qua_buffer_unref(&data);
    else
        voice_push(*v, event);
}

void receiver_event(receiver *r, qua_time now, qua_peer_event *event)
{
    assert(event->transceiver >= 0 && event->transceiver < QUA_PEER_TRANSCEIVERS);
    if (event->type == QUA_PEER_PICTURE)
        take_picture(r, now, event);
    else if (event->type == QUA_PEER_AUDIO)
        take_audio(r, event);
}

void receiver_discard(qua_peer_event *event)
{
    if (event->type == QUA_PEER_PICTURE)
        qua_buffer_unref(&event->picture.data);
    else if (event->type == QUA_PEER_AUDIO)
        qua_buffer_unref(&event->audio.data);
}

void receiver_close(receiver *r)
{
    for (size_t i = 0; i < QUA_PEER_TRANSCEIVERS; i++) {
        decoder_end(&r->decoders[i]);
        voice_end(r->engine, &r->voices[i]);
    }
    sink_unref(&r->sink);
}

void receiver_stats(const receiver *r, qua_link_stats *in)
{
    for (size_t i = 0; i < QUA_PEER_TRANSCEIVERS; i++) {
        qua_voice_stats voice;

        if (!r->voices[i])
            continue;
        qua_voice_get_stats(voice_of(r->voices[i]), &voice);
        in->audio_samples += voice.samples;
        in->audio_concealed_samples += voice.concealed_samples;
        in->audio_level = QUA_MAX(in->audio_level, voice.level);
    }
}
