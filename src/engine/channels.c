/*
 * Data channels as the app sees them. The app sends from any thread: sizes are checked and counted there, the bytes go
 * to the loop; what the far side sends goes to the executor.
 */
#include <stdlib.h>

#include "engine/engine.h"

/* Bytes of messages on their way to an app that does not keep up; more closes the channel. */
#define UNDELIVERED_MAX (2u * QUA_DATA_MESSAGE_MAX)
#define MESSAGE_COST    sizeof(notice) /* what an empty message takes */

struct qua_data_channel {
    _Atomic int refs;
    gate gate;
    qua_pc *pc; /* one reference */
    /* executor */
    qua_data_channel_events events;
    void *context;
    /* any thread */
    _Atomic int state, id;
    _Atomic size_t buffered, low, undelivered;
    /* from its creation on */
    qua_data_channel_info info;
    char *label, *protocol;
    /* loop thread */
    int number;      /* the peer's, -1: closed */
    size_t accepted; /* of `buffered`, what the peer has and not what is on its way to it */
};

static qua_data_channel *channel_ref(qua_data_channel *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

static void channel_unref(qua_data_channel *c)
{
    if (atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    pc_unref(c->pc);
    free(c->label);
    free(c->protocol);
    free(c);
}

/* Loop thread. @return one reference, the loop's; NULL without memory */
static qua_data_channel *channel_create(qua_pc *pc, int number)
{
    qua_data_channel *c = qua_zalloc(sizeof *c);

    if (!c)
        return NULL;
    atomic_init(&c->refs, 1);
    c->pc = pc_ref(pc);
    c->number = number;
    qua_sctp_info(qua_peer_channels(pc_peer(pc)), number, &c->info);
    atomic_init(&c->id, c->info.id);
    c->info.label = c->label = qua_strndup(c->info.label, strlen(c->info.label));
    c->info.protocol = c->protocol = qua_strndup(c->info.protocol, strlen(c->info.protocol));
    if (c->label && c->protocol)
        return c;
    channel_unref(c);
    return NULL;
}

/* ---- to the app -------------------------------------------------------------------------------------------- */

typedef enum notice_type { NOTICE_ANNOUNCED, NOTICE_STATE, NOTICE_MESSAGE, NOTICE_LOW } notice_type;

typedef struct notice {
    qua_data_channel *channel; /* one reference */
    notice_type type;
    qua_data_channel_state state;
    bool binary;
    qua_buffer *data;
} notice;

static void tell_app(qua_data_channel *c, const notice *n)
{
    if (n->type == NOTICE_STATE && c->events.state)
        c->events.state(c->context, n->state);
    else if (n->type == NOTICE_MESSAGE && c->events.message)
        c->events.message(c->context, n->binary, n->data->data, n->data->size);
    else if (n->type == NOTICE_LOW && c->events.buffered_amount_low)
        c->events.buffered_amount_low(c->context);
}

/* The handle is the app's from here on. */
static void announce(qua_data_channel *c)
{
    qua_data_channel *handle = channel_ref(c);

    if (!pc_announce_channel(c->pc, handle))
        qua_data_channel_destroy(&handle);
}

static void deliver(void *argument)
{
    notice *n = argument;
    qua_data_channel *c = n->channel;
    gate_pass pass;

    if (n->type == NOTICE_ANNOUNCED) {
        announce(c);
    } else if (gate_enter(&c->gate, &pass)) {
        tell_app(c, n);
        gate_leave(&pass);
    }
    if (n->data)
        atomic_fetch_sub(&c->undelivered, n->data->size + MESSAGE_COST);
    qua_buffer_unref(&n->data);
    channel_unref(c);
    free(n);
}

static void notify(qua_data_channel *c, notice what)
{
    notice *n = malloc(sizeof *n);

    if (!n) {
        qua_buffer_unref(&what.data);
        return;
    }
    *n = what;
    n->channel = channel_ref(c);
    if (n->data)
        atomic_fetch_add(&c->undelivered, n->data->size + MESSAGE_COST);
    engine_notify(pc_engine(c->pc), deliver, n);
}

static void set_state(qua_data_channel *c, qua_data_channel_state state)
{
    if (atomic_exchange(&c->state, (int)state) != (int)state)
        notify(c, (notice){.type = NOTICE_STATE, .state = state});
}

/* ---- from the peer ----------------------------------------------------------------------------------------- */

static void on_announced(channels *list, qua_pc *pc, int number)
{
    qua_data_channel *c = channel_create(pc, number);

    if (!c) {
        qua_peer_channel_close(pc_peer(pc), os_now(), number);
        return;
    }
    list->of[number] = c;
    notify(c, (notice){.type = NOTICE_ANNOUNCED});
}

static void on_opened(channels *list, qua_data_channel *c)
{
    const qua_sctp *sctp = qua_peer_channels(pc_peer(c->pc));
    qua_data_channel_info info;

    qua_sctp_info(sctp, c->number, &info);
    atomic_store(&c->id, info.id);
    atomic_store(&list->send_max, qua_sctp_send_max(sctp));
    set_state(c, QUA_DATA_CHANNEL_OPEN);
}

static void on_message(qua_data_channel *c, const qua_sctp_event *event)
{
    qua_buffer *data = event->data;

    if (atomic_load(&c->undelivered) > UNDELIVERED_MAX) {
        qua_buffer_unref(&data);
        qua_peer_channel_close(pc_peer(c->pc), os_now(), c->number);
        set_state(c, QUA_DATA_CHANNEL_CLOSING);
        return;
    }
    notify(c, (notice){.type = NOTICE_MESSAGE, .binary = event->binary, .data = data});
}

static void release(channels *list, qua_data_channel *c, size_t bytes)
{
    const size_t before = atomic_fetch_sub(&c->buffered, bytes), low = atomic_load(&c->low);

    c->accepted -= bytes;
    atomic_fetch_sub(&list->waiting, bytes);
    if (before > low && before - bytes <= low)
        notify(c, (notice){.type = NOTICE_LOW});
}

static void on_closed(channels *list, qua_data_channel *c)
{
    list->of[c->number] = NULL;
    c->number = -1;
    atomic_fetch_sub(&list->waiting, c->accepted); /* its own count stays as it is (W3C WebRTC §6.2) */
    c->accepted = 0;
    set_state(c, QUA_DATA_CHANNEL_CLOSED);
    channel_unref(c);
}

void channels_event(channels *list, qua_pc *pc, const qua_sctp_event *event)
{
    qua_data_channel *c = list->of[event->channel];
    qua_buffer *data = event->data;

    if (event->type == QUA_SCTP_ANNOUNCED)
        on_announced(list, pc, event->channel);
    else if (!c)
        qua_buffer_unref(&data); /* there was no memory for its handle */
    else if (event->type == QUA_SCTP_OPENED)
        on_opened(list, c);
    else if (event->type == QUA_SCTP_MESSAGE)
        on_message(c, event);
    else if (event->type == QUA_SCTP_RELEASED)
        release(list, c, event->released);
    else if (event->type == QUA_SCTP_CLOSING)
        set_state(c, QUA_DATA_CHANNEL_CLOSING);
    else
        on_closed(list, c);
}

void channels_end(channels *list)
{
    for (int i = 0; i < QUA_SCTP_CHANNELS; i++)
        if (list->of[i])
            on_closed(list, list->of[i]);
}

/* ---- creation and end -------------------------------------------------------------------------------------- */

typedef struct creation {
    qua_pc *pc;
    const char *label;
    const qua_data_channel_config *config;
    const qua_data_channel_events *events;
    void *context;
    qua_data_channel *channel;
    int error;
} creation;

static void create(void *context)
{
    creation *r = context;
    qua_peer *peer = pc_peer(r->pc);
    const int number = peer ? qua_peer_open_channel(peer, os_now(), r->label, r->config) : QUA_ECLOSED;

    r->error = QUA_MIN(number, 0);
    if (number < 0)
        return;
    r->channel = channel_create(r->pc, number);
    if (!r->channel) {
        r->error = QUA_ENOMEM;
        qua_peer_channel_close(peer, os_now(), number);
        return;
    }
    if (r->events)
        qua_data_channel_set_events(r->channel, r->events, r->context);
    pc_channels(r->pc)->of[number] = channel_ref(r->channel);
    pc_drain(r->pc, os_now());
}

int qua_pc_create_data_channel(qua_data_channel **out, qua_pc *pc, const char *label,
                               const qua_data_channel_config *config, const qua_data_channel_events *events,
                               void *context)
{
    const qua_data_channel_config defaults = QUA_DATA_CHANNEL_DEFAULTS;
    creation r = {.pc = pc,
                  .label = label ? label : "",
                  .config = config ? config : &defaults,
                  .events = events,
                  .context = context};

    engine_call(pc_engine(pc), create, &r);
    if (!r.error)
        *out = r.channel;
    return r.error;
}

static void close_channel(void *context)
{
    qua_data_channel *c = context;
    qua_peer *peer = pc_peer(c->pc);

    if (!peer || c->number < 0)
        return;
    set_state(c, QUA_DATA_CHANNEL_CLOSING);
    qua_peer_channel_close(peer, os_now(), c->number);
    pc_drain(c->pc, os_now());
}

void qua_data_channel_close(qua_data_channel *c)
{
    engine_call(pc_engine(c->pc), close_channel, c);
}

void qua_data_channel_destroy(qua_data_channel **channel)
{
    qua_data_channel *c = *channel;

    *channel = NULL;
    if (!c)
        return;
    engine_call(pc_engine(c->pc), close_channel, c);
    gate_close(&c->gate);
    channel_unref(c);
}

void qua_data_channel_set_events(qua_data_channel *c, const qua_data_channel_events *events, void *context)
{
    c->events = *events;
    c->context = context;
}

/* ---- sending ----------------------------------------------------------------------------------------------- */

typedef struct parcel {
    qua_data_channel *channel; /* one reference */
    bool binary;
    qua_buffer *data;
} parcel;

static void send_parcel(void *context)
{
    parcel *m = context;
    qua_data_channel *c = m->channel;
    qua_peer *peer = pc_peer(c->pc);
    const size_t size = m->data->size;

    if (peer && c->number >= 0 && qua_peer_channel_send(peer, os_now(), c->number, m->binary, m->data) == 0) {
        m->data = NULL;
        c->accepted += size;
        pc_drain(c->pc, os_now());
    } else {
        atomic_fetch_sub(&pc_channels(c->pc)->waiting, size); /* closed meanwhile */
    }
    qua_buffer_unref(&m->data);
    channel_unref(c);
    free(m);
}

int qua_data_channel_send(qua_data_channel *c, bool binary, const uint8_t *data, size_t size)
{
    channels *list = pc_channels(c->pc);
    parcel *m;

    if (atomic_load(&c->state) != QUA_DATA_CHANNEL_OPEN)
        return QUA_ESTATE;
    if (size > atomic_load(&list->send_max))
        return QUA_EINVAL;
    if (atomic_load(&list->waiting) + size > QUA_SCTP_BUFFER_MAX)
        return QUA_EFULL;
    m = qua_zalloc(sizeof *m);
    if (m)
        m->data = qua_buffer_create(size);
    if (!m || !m->data) {
        free(m);
        return QUA_ENOMEM;
    }
    if (size)
        memcpy(m->data->data, data, size);
    m->data->size = size;
    m->binary = binary;
    m->channel = channel_ref(c);
    atomic_fetch_add(&list->waiting, size);
    atomic_fetch_add(&c->buffered, size);
    engine_post(pc_engine(c->pc), send_parcel, m);
    return 0;
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

qua_data_channel_state qua_data_channel_get_state(const qua_data_channel *c)
{
    return (qua_data_channel_state)atomic_load(&c->state);
}

size_t qua_data_channel_buffered_amount(const qua_data_channel *c)
{
    return atomic_load(&c->buffered);
}

void qua_data_channel_set_buffered_amount_low_threshold(qua_data_channel *c, size_t bytes)
{
    atomic_store(&c->low, bytes);
}

size_t qua_data_channel_send_max(const qua_data_channel *c)
{
    return atomic_load(&pc_channels(c->pc)->send_max);
}

void qua_data_channel_get_info(const qua_data_channel *c, qua_data_channel_info *out)
{
    *out = c->info;
    out->id = atomic_load(&c->id);
}
