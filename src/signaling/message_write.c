/* Messages of our own hand, and those that are passed on. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "signaling/message.h"

static const char *const type_names[QUA_MESSAGE_COUNT] = {[QUA_MESSAGE_UNKNOWN] = "",
#define TYPE_ROW(id, text) [QUA_MESSAGE_##id] = text,
                                                          QUA_MESSAGES(TYPE_ROW)
#undef TYPE_ROW
};

const char *qua_message_type_name(qua_message_type type)
{
    return type_names[type];
}

const char *qua_sdp_type_name(qua_sdp_type type)
{
    static const char *const names[] = {
        [QUA_SDP_OFFER] = "offer", [QUA_SDP_PRANSWER] = "pranswer", [QUA_SDP_ANSWER] = "answer"};

    return (size_t)type < QUA_ARRAY_SIZE(names) ? names[type] : NULL;
}

const char *qua_role_name(qua_signal_role role)
{
    static const char *const names[QUA_ROLE_COUNT] = {
        [QUA_ROLE_MEMBER] = "member", [QUA_ROLE_HOST] = "host", [QUA_ROLE_GUEST] = "guest"};

    return names[role];
}

/* An object under construction; `failed` once a value could not be put in. */
typedef struct object {
    json_t *json;
    bool failed;
} object;

static void put(object *o, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(o->json, key, value) != 0)
        o->failed = true;
}

/* Nothing for NULL. */
static void put_text(object *o, const char *key, const char *text)
{
    if (text)
        put(o, key, json_string(text));
}

/* Nothing for false. */
static void put_flag(object *o, const char *key, bool flag)
{
    if (flag)
        put(o, key, json_true());
}

/* Nothing for 0. */
static void put_number(object *o, const char *key, uint64_t n)
{
    if (n)
        put(o, key, json_integer((json_int_t)n));
}

static object put_object(object *o, const char *key)
{
    object inner = {.json = json_object()};

    put(o, key, inner.json);
    return inner;
}

static void write_state(object *o, const qua_signal_state *state)
{
    put(o, "muted", json_boolean(state->audio_muted));
    put(o, "camera", json_boolean(!state->video_muted));
    put_flag(o, "screen", state->screen);
}

static void write_inner_state(object *o, const qua_signal_state *state)
{
    object inner = put_object(o, "state");

    write_state(&inner, state);
    o->failed |= inner.failed;
}

/* Nothing for a member, which is what people are unless said otherwise. */
static void put_role(object *o, qua_signal_role role)
{
    if (role != QUA_ROLE_MEMBER)
        put_text(o, "role", qua_role_name(role));
}

static void write_participant(object *o, const qua_signal_participant *who)
{
    put_text(o, "id", who->id);
    put_text(o, "name", who->name);
    write_inner_state(o, &who->state);
    put_role(o, who->role);
    put_flag(o, "hand", who->hand);
    put_flag(o, "away", who->away);
}

static void write_hello(object *o, const qua_message *m)
{
    json_t *versions = json_array();

    put(o, "versions", versions);
    for (int v = 0; v < 32; v++)
        if (m->hello.versions & 1u << v)
            o->failed |= json_array_append_new(versions, json_integer(v)) != 0;
    put_text(o, "agent", m->hello.agent);
}

static void write_welcome(object *o, const qua_message *m)
{
    put_number(o, "version", (uint64_t)m->welcome.version);
    put_number(o, "ping_ms", (uint64_t)(m->welcome.ping_interval / QUA_MS(1)));
    put_number(o, "dead_ms", (uint64_t)(m->welcome.dead_after / QUA_MS(1)));
}

static void write_join(object *o, const qua_message *m)
{
    put_text(o, "name", m->join.name);
    write_inner_state(o, &m->join.state);
    put_text(o, "token", m->join.token);
}

static void write_resume(object *o, const qua_message *m)
{
    put_text(o, "ticket", m->resume.ticket);
    put(o, "last", json_integer((json_int_t)m->resume.last));
    put_text(o, "name", m->resume.name);
    write_inner_state(o, &m->resume.state);
}

static void write_joined(object *o, const qua_message *m)
{
    json_t *peers = json_array();

    put_text(o, "self", m->joined.self);
    put_text(o, "ticket", m->joined.ticket);
    put_flag(o, "fresh", m->joined.fresh);
    put_role(o, m->joined.role);
    put_flag(o, "locked", m->joined.door.locked);
    put_flag(o, "lobby", m->joined.door.lobby);
    put_number(o, "last", m->joined.last);
    put(o, "peers", peers);
    for (size_t i = 0; i < m->joined.count; i++) {
        object who = {.json = json_object()};
        write_participant(&who, &m->joined.peers[i]);
        o->failed |= who.failed | (json_array_append_new(peers, who.json) != 0);
    }
}

static void write_peer(object *o, const qua_message *m)
{
    static const char *const names[] = {
        [QUA_PEER_CHANGE_ADD] = "add", [QUA_PEER_CHANGE_UPDATE] = "update", [QUA_PEER_CHANGE_GONE] = "gone"};
    object who;

    put_text(o, "change", names[m->peer.change]);
    put_text(o, "reason", m->peer.reason);
    who = put_object(o, "peer");
    write_participant(&who, &m->peer.who);
    o->failed |= who.failed;
}

static void write_bye(object *o, const qua_message *m)
{
    put_text(o, "reason", m->bye.reason);
}

static void write_error(object *o, const qua_message *m)
{
    put_text(o, "code", qua_signal_code_name(m->error.code));
    put_text(o, "reason", m->error.reason);
    put_number(o, "about", m->error.about);
}

static void write_desc(object *o, const qua_message *m)
{
    put_text(o, "type", qua_sdp_type_name(m->desc.type));
    put_text(o, "sdp", m->desc.sdp);
}

static void write_cand(object *o, const qua_message *m)
{
    json_t *list = json_array();

    put(o, "candidates", list);
    for (size_t i = 0; i < m->cand.count; i++) {
        const qua_candidate *candidate = &m->cand.list[i];
        object entry = {.json = json_object()};
        put_text(&entry, "candidate", candidate->candidate);
        put_text(&entry, "sdpMid", candidate->mid);
        if (candidate->mline_index >= 0)
            put(&entry, "sdpMLineIndex", json_integer(candidate->mline_index));
        put_text(&entry, "usernameFragment", candidate->ufrag);
        o->failed |= entry.failed | (json_array_append_new(list, entry.json) != 0);
    }
}

static void write_cand_end(object *o, const qua_message *m)
{
    put_text(o, "usernameFragment", m->cand_end.ufrag);
}
static void write_own_state(object *o, const qua_message *m)
{
    write_state(o, &m->state);
}
static void write_chat(object *o, const qua_message *m)
{
    put_text(o, "text", m->chat.text);
}

static void write_token(object *o, const qua_message *m)
{
    put_text(o, "token", m->chat.text);
}
static void write_hand(object *o, const qua_message *m)
{
    put(o, "raised", json_boolean(m->hand.raised));
}
static void write_role(object *o, const qua_message *m)
{
    put_text(o, "role", qua_role_name(m->role.role));
}

static void write_knock(object *o, const qua_message *m)
{
    object who;

    if (m->knock.is_you)
        return;
    who = put_object(o, "peer");
    write_participant(&who, &m->knock.who);
    o->failed |= who.failed;
}

static void write_lock(object *o, const qua_message *m)
{
    put(o, "locked", json_boolean(m->door.locked));
    put(o, "lobby", json_boolean(m->door.lobby));
}

static void write_mute_request(object *o, const qua_message *m)
{
    put(o, "audio", json_boolean(m->mute_request.audio));
    put(o, "video", json_boolean(m->mute_request.video));
}

static void write_turn(object *o, const qua_message *m)
{
    json_t *urls;

    if (m->turn.count == 0)
        return;
    urls = json_array();
    put(o, "urls", urls);
    for (size_t i = 0; i < m->turn.count; i++)
        o->failed |= json_array_append_new(urls, json_string(m->turn.urls[i])) != 0;
    put_text(o, "username", m->turn.username);
    put_text(o, "credential", m->turn.credential);
    put_number(o, "ttl", (uint64_t)(m->turn.life / QUA_SECONDS(1)));
}

/* Types without a body have no entry. */
static void (*const write_body[QUA_MESSAGE_COUNT])(object *o, const qua_message *m) = {
    [QUA_MESSAGE_HELLO] = write_hello,     [QUA_MESSAGE_WELCOME] = write_welcome,
    [QUA_MESSAGE_JOIN] = write_join,       [QUA_MESSAGE_JOINED] = write_joined,
    [QUA_MESSAGE_RESUME] = write_resume,   [QUA_MESSAGE_RESUMED] = write_joined,
    [QUA_MESSAGE_PEER] = write_peer,       [QUA_MESSAGE_BYE] = write_bye,
    [QUA_MESSAGE_ERROR] = write_error,     [QUA_MESSAGE_DESC] = write_desc,
    [QUA_MESSAGE_CAND] = write_cand,       [QUA_MESSAGE_CAND_END] = write_cand_end,
    [QUA_MESSAGE_STATE] = write_own_state, [QUA_MESSAGE_CHAT] = write_chat,
    [QUA_MESSAGE_HAND] = write_hand,       [QUA_MESSAGE_REACT] = write_chat,
    [QUA_MESSAGE_KNOCK] = write_knock,     [QUA_MESSAGE_LOCK] = write_lock,
    [QUA_MESSAGE_ROLE] = write_role,       [QUA_MESSAGE_MUTE_REQUEST] = write_mute_request,
    [QUA_MESSAGE_TURN] = write_turn,       [QUA_MESSAGE_TOKEN] = write_token,
};

ptrdiff_t qua_message_write(const qua_message *m, char *out, size_t capacity)
{
    object envelope = {.json = json_object()};
    size_t size = 0;

    assert(m->type != QUA_MESSAGE_UNKNOWN);
    put_text(&envelope, "t", type_names[m->type]);
    put_number(&envelope, "id", m->id);
    put_number(&envelope, "seq", m->seq);
    put_number(&envelope, "ack", m->ack);
    put_text(&envelope, "to", m->to);
    put_text(&envelope, "from", m->from);
    if (write_body[m->type]) {
        object body = put_object(&envelope, "d");
        write_body[m->type](&body, m);
        envelope.failed |= body.failed;
    }
    if (!envelope.failed)
        size = json_dumpb(envelope.json, out, capacity, JSON_COMPACT);
    json_decref(envelope.json);
    if (envelope.failed || size == 0)
        return QUA_EINVAL;
    return size <= QUA_MIN(capacity, (size_t)QUA_SIGNAL_FRAME_MAX) ? (ptrdiff_t)size : QUA_EFULL;
}

static void add_number(qua_text *t, const char *key, uint64_t n)
{
    if (n)
        qua_text_add(t, ",\"%s\":%llu", key, (unsigned long long)n);
}

static void add_id(qua_text *t, const char *key, const char *id)
{
    if (id)
        qua_text_add(t, ",\"%s\":\"%s\"", key, id);
}

/* Ids and types need no escapes: the parser let none pass that would. */
ptrdiff_t qua_message_forward(const qua_message *m, char *out, size_t capacity)
{
    char head[QUA_MESSAGE_ENVELOPE_MAX];
    qua_text t = qua_text_of(head, sizeof head);
    size_t size;

    assert(m->type != QUA_MESSAGE_UNKNOWN);
    qua_text_add(&t, "{\"t\":\"%s\"", type_names[m->type]);
    add_number(&t, "id", m->id);
    add_number(&t, "seq", m->seq);
    add_number(&t, "ack", m->ack);
    add_id(&t, "to", m->to);
    add_id(&t, "from", m->from);
    if (m->body)
        qua_text_add(&t, ",\"d\":");
    assert(!t.failed);
    size = t.size + (m->body ? m->body_size : 0) + 1;
    if (size > capacity || size > QUA_SIGNAL_FRAME_MAX)
        return QUA_EFULL;
    memcpy(out, head, t.size);
    if (m->body)
        memcpy(out + t.size, m->body, m->body_size);
    out[size - 1] = '}';
    return (ptrdiff_t)size;
}

size_t qua_message_number(char *out, size_t capacity, const char *text, size_t size, uint64_t seq, uint64_t ack)
{
    char tail[64];
    qua_text t = qua_text_of(tail, sizeof tail);

    assert(size > 1 && text[size - 1] == '}');
    add_number(&t, "seq", seq);
    add_number(&t, "ack", ack);
    qua_text_add(&t, "}");
    assert(!t.failed && size - 1 + t.size <= capacity);
    (void)capacity;
    memcpy(out, text, size - 1);
    memcpy(out + size - 1, tail, t.size);
    return size - 1 + t.size;
}
