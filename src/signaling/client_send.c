/* The client's session, what it says: now or when the server is back. */
#include <stdio.h>

#include "signaling/client.h"

/* Number and queue one message to the others. */
static int queue(qua_signal *s, qua_message *m)
{
    qua_buffer *text;
    ptrdiff_t size;
    int error;

    m->id = s->next_id;
    size = qua_message_write(m, s->wire, sizeof s->wire);
    if (size < 0)
        return size == QUA_EFULL ? QUA_EINVAL : (int)size;
    text = qua_buffer_create((size_t)size);
    if (!text)
        return QUA_ENOMEM;
    memcpy(text->data, s->wire, (size_t)size);
    text->size = (size_t)size;
    error = qua_outbox_push(&s->outbox, text);
    qua_buffer_unref(&text);
    if (error == 0)
        s->next_id++;
    return error;
}

static int flush_batch(qua_signal *s)
{
    qua_message m = {.type = QUA_MESSAGE_CAND, .to = s->batch.to};

    if (s->batch.count == 0)
        return 0;
    m.cand.count = s->batch.count;
    memcpy(m.cand.list, s->batch.list, s->batch.count * sizeof s->batch.list[0]);
    s->batch.count = 0;
    return queue(s, &m);
}

/* May we speak to `to` (NULL: everyone)? Whatever was said before goes first. */
static int may_send(qua_signal *s, const char *to)
{
    if (!qua_signal_joined_once(s) || s->phase == QUA_SIGNAL_ENDED)
        return QUA_ESTATE;
    return to && !qua_signal_find(s, to) ? QUA_ENOENT : 0;
}

int qua_signal_send_description(qua_signal *s, qua_time now, const char *to, qua_sdp_type type, const char *sdp)
{
    qua_message m = {.type = QUA_MESSAGE_DESC, .to = to, .desc = {type, sdp}};
    int error = may_send(s, to);

    (void)now;
    if (!error)
        error = flush_batch(s);
    if (!error && (type == QUA_SDP_ROLLBACK || !sdp[0] || strlen(sdp) > QUA_SIGNAL_SDP_MAX))
        error = QUA_EINVAL;
    return error ? error : queue(s, &m);
}

/* Keep a copy of a candidate's text in the batch. @return the copy, NULL for NULL */
static const char *keep(batch *b, const char *text)
{
    char *at = b->text + b->text_size;
    size_t size;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    memcpy(at, text, size);
    b->text_size += size;
    return at;
}

static size_t length_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

int qua_signal_send_candidate(qua_signal *s, qua_time now, const char *to, const qua_candidate *candidate)
{
    const size_t size = length_of(candidate->candidate) + length_of(candidate->mid) + length_of(candidate->ufrag);
    batch *b = &s->batch;
    int error = may_send(s, to);

    (void)now;
    if (error)
        return error;
    if (length_of(candidate->candidate) > QUA_SIGNAL_CANDIDATE_MAX + 1 || length_of(candidate->mid) > 65 ||
        length_of(candidate->ufrag) > 257)
        return QUA_EINVAL;
    if (b->count && (strcmp(b->to, to) != 0 || b->count == QUA_ARRAY_SIZE(b->list) || !candidate->candidate[0] ||
                     b->text_size + size > sizeof b->text))
        error = flush_batch(s);
    if (!error && !candidate->candidate[0]) {
        qua_message m = {.type = QUA_MESSAGE_CAND_END, .to = to, .cand_end = {candidate->ufrag}};
        return queue(s, &m);
    }
    if (error)
        return error;
    if (b->count == 0) {
        snprintf(b->to, sizeof b->to, "%s", to);
        b->text_size = 0;
    }
    b->list[b->count++] = (qua_candidate){.candidate = keep(b, candidate->candidate),
                                          .mid = keep(b, candidate->mid),
                                          .mline_index = candidate->mline_index,
                                          .ufrag = keep(b, candidate->ufrag)};
    return 0;
}

int qua_signal_set_state(qua_signal *s, qua_time now, const qua_signal_state *state)
{
    qua_message m = {.type = QUA_MESSAGE_STATE, .state = *state};

    (void)now;
    if (s->phase == QUA_SIGNAL_ENDED)
        return QUA_ESTATE;
    s->state = *state;
    return qua_signal_joined_once(s) ? queue(s, &m) : 0;
}

int qua_signal_send_chat(qua_signal *s, qua_time now, const char *text)
{
    qua_message m = {.type = QUA_MESSAGE_CHAT, .chat = {text}};
    const int error = may_send(s, NULL);

    (void)now;
    if (error)
        return error;
    return !text[0] || strlen(text) > QUA_SIGNAL_CHAT_MAX ? QUA_EINVAL : queue(s, &m);
}

/* A message without fields worth checking, to `to` or to the server. */
static int send_plain(qua_signal *s, qua_message *m)
{
    const int error = may_send(s, NULL);

    return error ? error : queue(s, m);
}

int qua_signal_set_hand(qua_signal *s, qua_time now, bool raised)
{
    qua_message m = {.type = QUA_MESSAGE_HAND, .hand = {raised}};

    (void)now;
    return send_plain(s, &m);
}

int qua_signal_send_reaction(qua_signal *s, qua_time now, const char *text)
{
    qua_message m = {.type = QUA_MESSAGE_REACT, .chat = {text}};

    (void)now;
    return !text[0] || strlen(text) > QUA_SIGNAL_REACTION_MAX ? QUA_EINVAL : send_plain(s, &m);
}

int qua_signal_set_token(qua_signal *s, qua_time now, const char *token)
{
    qua_message m = {.type = QUA_MESSAGE_TOKEN, .chat = {token}};

    (void)now;
    if (strlen(token) > QUA_SIGNAL_TOKEN_MAX)
        return QUA_EINVAL;
    if (s->phase == QUA_SIGNAL_ENDED)
        return QUA_ESTATE;
    snprintf(s->token, sizeof s->token, "%s", token);
    return qua_signal_joined_once(s) ? queue(s, &m) : 0;
}

int qua_signal_ask_turn(qua_signal *s, qua_time now)
{
    qua_message m = {.type = QUA_MESSAGE_TURN};

    (void)now;
    return send_plain(s, &m);
}

int qua_signal_admit(qua_signal *s, qua_time now, const char *id, bool admit)
{
    qua_message m = {.type = admit ? QUA_MESSAGE_ADMIT : QUA_MESSAGE_DENY, .to = id};

    (void)now;
    return send_plain(s, &m);
}

int qua_signal_set_door(qua_signal *s, qua_time now, const qua_signal_door *door)
{
    qua_message m = {.type = QUA_MESSAGE_LOCK, .door = *door};

    (void)now;
    return send_plain(s, &m);
}

/* What hosts do to one of the others. */
static int send_to_peer(qua_signal *s, qua_message *m)
{
    const int error = may_send(s, m->to);

    return error ? error : queue(s, m);
}

int qua_signal_set_role(qua_signal *s, qua_time now, const char *to, qua_signal_role role)
{
    qua_message m = {.type = QUA_MESSAGE_ROLE, .to = to, .role = {role}};

    (void)now;
    return send_to_peer(s, &m);
}

int qua_signal_remove(qua_signal *s, qua_time now, const char *to)
{
    qua_message m = {.type = QUA_MESSAGE_REMOVE, .to = to};

    (void)now;
    return send_to_peer(s, &m);
}

int qua_signal_request_mute(qua_signal *s, qua_time now, const char *to, bool audio, bool video)
{
    qua_message m = {.type = QUA_MESSAGE_MUTE_REQUEST, .to = to, .mute_request = {audio, video}};

    (void)now;
    return send_to_peer(s, &m);
}

int qua_signal_end(qua_signal *s, qua_time now)
{
    qua_message m = {.type = QUA_MESSAGE_END};

    (void)now;
    return send_plain(s, &m);
}

/* What is due outside the numbered stream. @return false: nothing is */
static bool write_due(qua_signal *s, size_t *size)
{
    qua_message m;
    ptrdiff_t written;
    unsigned bit;

    memset(&m, 0, sizeof m);
    if (s->due & DUE_HELLO) {
        bit = DUE_HELLO;
        m.type = QUA_MESSAGE_HELLO;
        m.hello.versions = 1u << 1;
        m.hello.agent = "quartet/0.1";
    } else if (s->due & DUE_JOIN && s->ticket[0]) {
        bit = DUE_JOIN;
        m.type = QUA_MESSAGE_RESUME;
        m.resume.ticket = s->ticket;
        m.resume.last = s->heard_seq;
        m.resume.name = s->name;
        m.resume.state = s->state;
    } else if (s->due & DUE_JOIN) {
        bit = DUE_JOIN;
        m.type = QUA_MESSAGE_JOIN;
        m.join.name = s->name;
        m.join.state = s->state;
        m.join.token = s->token[0] ? s->token : NULL;
    } else if (s->due & DUE_PONG) {
        bit = DUE_PONG;
        m.type = QUA_MESSAGE_PONG;
        m.ack = s->acked_seq = s->heard_seq;
    } else if (s->due & DUE_LEAVE) {
        bit = DUE_LEAVE;
        m.type = QUA_MESSAGE_LEAVE;
    } else {
        return false;
    }
    s->due &= ~bit;
    written = qua_message_write(&m, s->wire, sizeof s->wire);
    assert(written > 0);
    *size = written > 0 ? (size_t)written : 0;
    return written > 0;
}

bool qua_signal_poll_transmit(qua_signal *s, const char **text, size_t *size)
{
    const qua_buffer *next = NULL;
    uint64_t seq;

    if (s->phase == QUA_SIGNAL_JOINED) {
        if (flush_batch(s) != 0)
            qua_logf(s->log, QUA_LOG_WARNING, "signaling: candidates dropped, too much waits for the server");
        if (s->heard_seq - s->acked_seq >= ACK_EVERY && !qua_outbox_pending(&s->outbox))
            s->due |= DUE_PONG;
        next = s->due ? NULL : qua_outbox_next(&s->outbox, &seq);
    }
    if (next) {
        s->acked_seq = s->heard_seq;
        *size = qua_message_number(s->wire, sizeof s->wire, (const char *)next->data, next->size, seq, s->heard_seq);
    } else if (!write_due(s, size)) {
        return false;
    }
    *text = s->wire;
    s->stats.sent++;
    return true;
}
