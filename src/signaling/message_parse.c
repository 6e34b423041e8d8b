/* Messages from a foreign hand: JSON by jansson, then every field with its bounds (spec/signaling.md §3). */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "signaling/message.h"

#define NUMBER_MAX ((json_int_t)1 << 53) /* what every JSON library holds exactly */

/* Reads the fields of one object; after the first fault `failed` stays set and reads give nothing. */
typedef struct fields {
    json_t *object;
    const char *path; /* "" or "d." */
    qua_message_error *error;
    bool failed;
} fields;

static void set_error(qua_message_error *error, qua_signal_code code, const char *format, ...) QUA_PRINTF(3, 4);
static void set_error(qua_message_error *error, qua_signal_code code, const char *format, ...)
{
    va_list args;

    error->code = code;
    va_start(args, format);
    vsnprintf(error->reason, sizeof error->reason, format, args);
    va_end(args);
}

static void fault(fields *f, const char *key, const char *what)
{
    if (!f->failed)
        set_error(f->error, QUA_CODE_BAD_MESSAGE, "%s%s %s", f->path, key, what);
    f->failed = true;
}

/* The value of a key; NULL when absent or null, which is a fault if it is required. */
static json_t *find(fields *f, const char *key, bool required)
{
    json_t *value = f->failed ? NULL : json_object_get(f->object, key);

    if (value && json_is_null(value))
        value = NULL;
    if (!value && required)
        fault(f, key, "is missing");
    return value;
}

typedef enum need { OPTIONAL, REQUIRED } need;

/* A text of min..max bytes. */
static const char *read_text(fields *f, const char *key, need needed, size_t min, size_t max)
{
    const json_t *value = find(f, key, needed == REQUIRED);

    if (!value)
        return NULL;
    if (!json_is_string(value))
        fault(f, key, "is not a text");
    else if (json_string_length(value) > max)
        fault(f, key, "is too long");
    else if (json_string_length(value) < min)
        fault(f, key, "is too short");
    return f->failed ? NULL : json_string_value(value);
}

/* A text that becomes part of a line of SDP or of a terminal: without control characters. */
static const char *read_line(fields *f, const char *key, need needed, size_t max)
{
    const char *text = read_text(f, key, needed, 0, max);

    for (const char *p = text; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            fault(f, key, "has a control character");
            return NULL;
        }
    return text;
}

static const char *read_id(fields *f, const char *key, need needed)
{
    const char *id = read_text(f, key, needed, 1, QUA_ID_SIZE - 1);

    if (id && !qua_signal_id_valid(id)) {
        fault(f, key, "is not an id");
        return NULL;
    }
    return id;
}

static uint64_t read_number(fields *f, const char *key, need needed, uint64_t min, uint64_t max)
{
    const json_t *value = find(f, key, needed == REQUIRED);
    json_int_t n;

    if (!value)
        return 0;
    if (!json_is_integer(value)) {
        fault(f, key, "is not a whole number");
        return 0;
    }
    n = json_integer_value(value);
    if (n < 0 || (uint64_t)n < min || (uint64_t)n > max) {
        fault(f, key, "is out of range");
        return 0;
    }
    return (uint64_t)n;
}

static bool read_bool(fields *f, const char *key, bool otherwise)
{
    const json_t *value = find(f, key, false);

    if (!value)
        return otherwise;
    if (!json_is_boolean(value))
        fault(f, key, "is not true or false");
    return json_is_true(value);
}

static json_t *read_array(fields *f, const char *key, size_t min, size_t max)
{
    json_t *array = find(f, key, true);

    if (!array)
        return NULL;
    if (!json_is_array(array))
        fault(f, key, "is not a list");
    else if (json_array_size(array) < min)
        fault(f, key, "is empty");
    else if (json_array_size(array) > max)
        fault(f, key, "has too many entries");
    return f->failed ? NULL : array;
}

/* An object inside of `f`, read with the same error. */
static fields inside(fields *f, json_t *object, const char *key, const char *path)
{
    if (!f->failed && !json_is_object(object))
        fault(f, key, "is not an object");
    return (fields){.object = object, .path = path, .error = f->error, .failed = f->failed};
}

/* ---- the bodies ------------------------------------------------------------------------------------------ */

static qua_signal_state read_state(fields *f)
{
    return (qua_signal_state){
        .audio_muted = read_bool(f, "muted", false),
        .video_muted = !read_bool(f, "camera", true),
        .screen = read_bool(f, "screen", false),
    };
}

static qua_signal_state read_inner_state(fields *f)
{
    json_t *value = find(f, "state", false);
    qua_signal_state state = {0};

    if (value) {
        fields inner = inside(f, value, "state", "state.");
        state = read_state(&inner);
        f->failed = inner.failed;
    }
    return state;
}

static const char *read_name(fields *f)
{
    const char *name = read_text(f, "name", OPTIONAL, 0, QUA_SIGNAL_NAME_MAX);

    if (name && !qua_signal_name_valid(name))
        fault(f, "name", "has a control character");
    return name && !f->failed ? name : "";
}

static void copy(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%s", text ? text : "");
}

static qua_signal_role read_role(fields *f, need needed)
{
    const char *role = read_text(f, "role", needed, 1, 16);

    for (int i = 0; role && i < QUA_ROLE_COUNT; i++)
        if (strcmp(role, qua_role_name((qua_signal_role)i)) == 0)
            return (qua_signal_role)i;
    if (role)
        fault(f, "role", "is not host, member or guest");
    return QUA_ROLE_MEMBER;
}

static qua_signal_door read_door(fields *f)
{
    return (qua_signal_door){.locked = read_bool(f, "locked", false), .lobby = read_bool(f, "lobby", false)};
}

static void parse_participant(fields *f, qua_signal_participant *out)
{
    copy(out->id, sizeof out->id, read_id(f, "id", REQUIRED));
    copy(out->name, sizeof out->name, read_name(f));
    out->state = read_inner_state(f);
    out->role = read_role(f, OPTIONAL);
    out->hand = read_bool(f, "hand", false);
    out->away = read_bool(f, "away", false);
}

static void parse_hello(fields *f, qua_message *m)
{
    json_t *versions = read_array(f, "versions", 1, 16);

    for (size_t i = 0; versions && i < json_array_size(versions); i++) {
        const json_t *value = json_array_get(versions, i);
        const json_int_t v = json_is_integer(value) ? json_integer_value(value) : -1;
        if (v < 0)
            fault(f, "versions", "has an entry that is not a version");
        else if (v < 32)
            m->hello.versions |= 1u << v;
    }
    m->hello.agent = read_line(f, "agent", OPTIONAL, QUA_SIGNAL_NAME_MAX);
}

static void parse_welcome(fields *f, qua_message *m)
{
    m->welcome.version = (int)read_number(f, "version", REQUIRED, 1, 31);
    m->welcome.ping_interval = QUA_MS(read_number(f, "ping_ms", REQUIRED, 1000, 60000));
    m->welcome.dead_after = QUA_MS(read_number(f, "dead_ms", REQUIRED, 2000, 300000));
}

static void parse_join(fields *f, qua_message *m)
{
    m->join.name = read_name(f);
    m->join.state = read_inner_state(f);
    m->join.token = read_line(f, "token", OPTIONAL, QUA_SIGNAL_TOKEN_MAX);
}

static void parse_resume(fields *f, qua_message *m)
{
    m->resume.ticket = read_line(f, "ticket", REQUIRED, QUA_SIGNAL_TICKET_MAX);
    m->resume.last = read_number(f, "last", REQUIRED, 0, NUMBER_MAX);
    m->resume.name = read_name(f);
    m->resume.state = read_inner_state(f);
}

static void parse_joined(fields *f, qua_message *m)
{
    json_t *peers;

    m->joined.self = read_id(f, "self", REQUIRED);
    m->joined.ticket = read_line(f, "ticket", OPTIONAL, QUA_SIGNAL_TICKET_MAX);
    m->joined.fresh = read_bool(f, "fresh", false);
    m->joined.last = read_number(f, "last", OPTIONAL, 0, NUMBER_MAX);
    m->joined.role = read_role(f, OPTIONAL);
    m->joined.door = read_door(f);
    peers = read_array(f, "peers", 0, QUA_MAX_PARTICIPANTS - 1);
    for (size_t i = 0; peers && i < json_array_size(peers) && !f->failed; i++) {
        fields inner = inside(f, json_array_get(peers, i), "peers", "peers.");
        parse_participant(&inner, &m->joined.peers[m->joined.count++]);
        f->failed = inner.failed;
    }
}

static void parse_peer(fields *f, qua_message *m)
{
    static const char *const names[] = {"add", "update", "gone"};
    const char *change = read_text(f, "change", REQUIRED, 1, 16);
    json_t *who = find(f, "peer", true);
    size_t i = 0;

    while (change && i < QUA_ARRAY_SIZE(names) && strcmp(change, names[i]) != 0)
        i++;
    if (change && i == QUA_ARRAY_SIZE(names))
        fault(f, "change", "is not add, update or gone");
    m->peer.change = (qua_peer_change)i;
    m->peer.reason = read_line(f, "reason", OPTIONAL, QUA_SIGNAL_REASON_MAX);
    if (who) {
        fields inner = inside(f, who, "peer", "peer.");
        parse_participant(&inner, &m->peer.who);
        f->failed = inner.failed;
    }
}

static void parse_bye(fields *f, qua_message *m)
{
    m->bye.reason = read_line(f, "reason", OPTIONAL, QUA_SIGNAL_REASON_MAX);
}

static void parse_error(fields *f, qua_message *m)
{
    m->error.code_name = read_line(f, "code", REQUIRED, 32);
    m->error.code = m->error.code_name ? qua_signal_code_of(m->error.code_name) : QUA_CODE_NONE;
    m->error.reason = read_line(f, "reason", OPTIONAL, QUA_SIGNAL_REASON_MAX);
    m->error.about = read_number(f, "about", OPTIONAL, 1, NUMBER_MAX);
}

static void parse_desc(fields *f, qua_message *m)
{
    static const qua_sdp_type types[] = {QUA_SDP_OFFER, QUA_SDP_PRANSWER, QUA_SDP_ANSWER};
    const char *type = read_text(f, "type", REQUIRED, 1, 16);
    size_t i = 0;

    while (type && i < QUA_ARRAY_SIZE(types) && strcmp(type, qua_sdp_type_name(types[i])) != 0)
        i++;
    if (i == QUA_ARRAY_SIZE(types))
        fault(f, "type", "is not offer, pranswer or answer");
    else
        m->desc.type = types[i];
    m->desc.sdp = read_text(f, "sdp", REQUIRED, 1, QUA_SIGNAL_SDP_MAX);
}

/* As RTCIceCandidateInit of the W3C, so that a browser's object travels as it is. */
static void parse_candidate(fields *f, qua_candidate *out)
{
    out->candidate = read_line(f, "candidate", REQUIRED, QUA_SIGNAL_CANDIDATE_MAX);
    out->mid = read_line(f, "sdpMid", OPTIONAL, QUA_SIGNAL_NAME_MAX);
    out->mline_index = find(f, "sdpMLineIndex", false) ? (int)read_number(f, "sdpMLineIndex", OPTIONAL, 0, 65535) : -1;
    out->ufrag = read_line(f, "usernameFragment", OPTIONAL, 256);
}

static void parse_cand(fields *f, qua_message *m)
{
    json_t *list = read_array(f, "candidates", 1, QUA_SIGNAL_CANDIDATES_MAX);

    for (size_t i = 0; list && i < json_array_size(list) && !f->failed; i++) {
        fields inner = inside(f, json_array_get(list, i), "candidates", "candidates.");
        parse_candidate(&inner, &m->cand.list[m->cand.count++]);
        f->failed = inner.failed;
    }
}

static void parse_cand_end(fields *f, qua_message *m)
{
    m->cand_end.ufrag = read_line(f, "usernameFragment", OPTIONAL, 256);
}

static void parse_state(fields *f, qua_message *m)
{
    m->state = read_state(f);
}

static void parse_chat(fields *f, qua_message *m)
{
    m->chat.text = read_text(f, "text", REQUIRED, 1, QUA_SIGNAL_CHAT_MAX);
}

static void parse_hand(fields *f, qua_message *m)
{
    m->hand.raised = read_bool(f, "raised", true);
}

static void parse_react(fields *f, qua_message *m)
{
    m->chat.text = read_line(f, "text", REQUIRED, QUA_SIGNAL_REACTION_MAX);
    if (m->chat.text && !m->chat.text[0])
        fault(f, "text", "is too short");
}

static void parse_token(fields *f, qua_message *m)
{
    m->chat.text = read_line(f, "token", REQUIRED, QUA_SIGNAL_TOKEN_MAX);
}

static void parse_knock(fields *f, qua_message *m)
{
    json_t *who = find(f, "peer", false);

    m->knock.is_you = !who;
    if (who) {
        fields inner = inside(f, who, "peer", "peer.");
        parse_participant(&inner, &m->knock.who);
        f->failed = inner.failed;
    }
}

static void parse_lock(fields *f, qua_message *m)
{
    m->door = read_door(f);
}
static void parse_role(fields *f, qua_message *m)
{
    m->role.role = read_role(f, REQUIRED);
}

static void parse_mute_request(fields *f, qua_message *m)
{
    m->mute_request.audio = read_bool(f, "audio", true);
    m->mute_request.video = read_bool(f, "video", false);
}

static void parse_turn(fields *f, qua_message *m)
{
    json_t *urls = find(f, "urls", false) ? read_array(f, "urls", 1, QUA_SIGNAL_URLS_MAX) : NULL;

    for (size_t i = 0; urls && i < json_array_size(urls) && !f->failed; i++) {
        const json_t *url = json_array_get(urls, i);
        if (!json_is_string(url) || json_string_length(url) > QUA_SIGNAL_URL_MAX)
            fault(f, "urls", "has an entry that is not a URL");
        else
            m->turn.urls[m->turn.count++] = json_string_value(url);
    }
    m->turn.username = read_line(f, "username", OPTIONAL, 511);
    m->turn.credential = read_line(f, "credential", OPTIONAL, 255);
    m->turn.life = QUA_SECONDS(read_number(f, "ttl", OPTIONAL, 0, 30 * 24 * 3600));
}

static void parse_nothing(fields *f, qua_message *m)
{
    (void)f, (void)m;
}

static void (*const parse_body[QUA_MESSAGE_COUNT])(fields *f, qua_message *m) = {
    [QUA_MESSAGE_UNKNOWN] = parse_nothing, [QUA_MESSAGE_HELLO] = parse_hello,
    [QUA_MESSAGE_WELCOME] = parse_welcome, [QUA_MESSAGE_JOIN] = parse_join,
    [QUA_MESSAGE_JOINED] = parse_joined,   [QUA_MESSAGE_RESUME] = parse_resume,
    [QUA_MESSAGE_RESUMED] = parse_joined,  [QUA_MESSAGE_PEER] = parse_peer,
    [QUA_MESSAGE_LEAVE] = parse_nothing,   [QUA_MESSAGE_BYE] = parse_bye,
    [QUA_MESSAGE_PING] = parse_nothing,    [QUA_MESSAGE_PONG] = parse_nothing,
    [QUA_MESSAGE_ERROR] = parse_error,     [QUA_MESSAGE_DESC] = parse_desc,
    [QUA_MESSAGE_CAND] = parse_cand,       [QUA_MESSAGE_CAND_END] = parse_cand_end,
    [QUA_MESSAGE_STATE] = parse_state,     [QUA_MESSAGE_CHAT] = parse_chat,
    [QUA_MESSAGE_HAND] = parse_hand,       [QUA_MESSAGE_REACT] = parse_react,
    [QUA_MESSAGE_KNOCK] = parse_knock,     [QUA_MESSAGE_ADMIT] = parse_nothing,
    [QUA_MESSAGE_DENY] = parse_nothing,    [QUA_MESSAGE_LOCK] = parse_lock,
    [QUA_MESSAGE_ROLE] = parse_role,       [QUA_MESSAGE_REMOVE] = parse_nothing,
    [QUA_MESSAGE_END] = parse_nothing,     [QUA_MESSAGE_MUTE_REQUEST] = parse_mute_request,
    [QUA_MESSAGE_TURN] = parse_turn,       [QUA_MESSAGE_TOKEN] = parse_token,
};

/* ---- the envelope ---------------------------------------------------------------------------------------- */

/*
 * One pass over text that may not even be JSON: is it nested too deeply for a parser that recurses, and where is the
 * value of the outermost "d"? (Right whenever the text turns out to be JSON without duplicate keys.)
 */
static bool scan(const char *text, size_t size, const char **body, size_t *body_size)
{
    size_t depth = 0, string = 0, string_size = 0;
    bool in_string = false, in_body = false;

    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false, string_size = i - string;
        } else if (c == '"') {
            in_string = true, string = i + 1;
        } else if (c == '{' || c == '[') {
            if (++depth > QUA_SIGNAL_DEPTH_MAX)
                return false;
        } else if (c == ':' && depth == 1) {
            in_body = string_size == 1 && text[string] == 'd';
            if (in_body)
                *body = text + i + 1;
        } else if (c == '}' || c == ']' || c == ',') {
            if (in_body && depth == 1) {
                *body_size = (size_t)(text + i - *body);
                in_body = false;
            }
            if (c != ',' && depth > 0)
                depth--;
        }
    }
    return true;
}

static qua_message_type type_of(const char *name)
{
    for (int i = QUA_MESSAGE_UNKNOWN + 1; i < QUA_MESSAGE_COUNT; i++)
        if (strcmp(qua_message_type_name((qua_message_type)i), name) == 0)
            return (qua_message_type)i;
    return QUA_MESSAGE_UNKNOWN;
}

static json_t *load(const char *text, size_t size, qua_message *m, qua_message_error *error)
{
    json_error_t cause;
    json_t *root;

    if (size > QUA_SIGNAL_FRAME_MAX) {
        set_error(error, QUA_CODE_TOO_LARGE, "the message is longer than %d bytes", QUA_SIGNAL_FRAME_MAX);
        return NULL;
    }
    if (!scan(text, size, &m->body, &m->body_size)) {
        set_error(error, QUA_CODE_BAD_MESSAGE, "nested deeper than %d levels", QUA_SIGNAL_DEPTH_MAX);
        return NULL;
    }
    root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &cause);
    if (!root)
        set_error(error, QUA_CODE_BAD_MESSAGE, "not JSON: fault at byte %d", cause.position);
    return root;
}

static void parse_envelope(fields *f, qua_message *m)
{
    const char *type;

    m->id = read_number(f, "id", OPTIONAL, 1, NUMBER_MAX);
    f->error->about = m->id;
    m->seq = read_number(f, "seq", OPTIONAL, 1, NUMBER_MAX);
    m->ack = read_number(f, "ack", OPTIONAL, 0, NUMBER_MAX);
    m->to = read_id(f, "to", OPTIONAL);
    m->from = read_id(f, "from", OPTIONAL);
    type = read_text(f, "t", REQUIRED, 1, 32);
    m->type = type ? type_of(type) : QUA_MESSAGE_UNKNOWN;
}

int qua_message_parse(qua_message *out, const char *text, size_t size, qua_message_error *error)
{
    qua_message_error ignored;
    qua_message m;
    fields envelope = {.path = "", .error = error ? error : &ignored}, body;
    json_t *d, *empty = NULL;

    memset(&m, 0, sizeof m);
    memset(envelope.error, 0, sizeof *envelope.error);
    envelope.object = load(text, size, &m, envelope.error);
    if (!envelope.object)
        return QUA_EFORMAT;
    if (!json_is_object(envelope.object))
        fault(&envelope, "the message", "is not an object");
    parse_envelope(&envelope, &m);
    d = find(&envelope, "d", false);
    if (d && !m.body)
        fault(&envelope, "d", "has a key written with escapes");
    if (!d)
        d = empty = json_object(), m.body = NULL;
    body = inside(&envelope, d, "d", "d.");
    parse_body[m.type](&body, &m);
    json_decref(empty);
    if (body.failed) {
        json_decref(envelope.object);
        return QUA_EFORMAT;
    }
    m.storage = envelope.object;
    *out = m;
    return 0;
}

void qua_message_clear(qua_message *message)
{
    json_decref(message->storage);
    message->storage = NULL;
}
