/*
 * The mesh and its legs alone: connections and the signaling session are made up here, so that stories can say what
 * each of them tells, in which order, and see what it was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "call/call.h"
#include "signaling/signaling.h"

#define QUEUE 32
#define PEERS 16

/* ---- made-up connections -------------------------------------------------------------------------------------- */

struct qua_peer {
    bool alive, closed;
    qua_signaling_state signaling;
    int transceivers, offers, answers, rollbacks, restarts, remote_candidates, goodbyes;
    bool sendable;
    int audio_packets;
    qua_peer_event events[QUEUE];
    size_t first, count;
};

static qua_peer peers[PEERS];
static int peer_count;

static void tell(qua_peer *peer, qua_peer_event event)
{
    assert_true(peer->count < QUEUE);
    peer->events[(peer->first + peer->count++) % QUEUE] = event;
}

static void tell_connection(qua_peer *peer, qua_connection_state connection)
{
    tell(peer, (qua_peer_event){.type = QUA_PEER_CONNECTION, .connection = connection});
}

int qua_peer_create(qua_peer **out, qua_time now, const qua_peer_config *config)
{
    (void)now, (void)config;
    assert_true(peer_count < PEERS);
    *out = &peers[peer_count++];
    **out = (qua_peer){.alive = true};
    return 0;
}

void qua_peer_destroy(qua_peer **peer)
{
    (*peer)->alive = false;
    *peer = NULL;
}

void qua_peer_close(qua_peer *peer, qua_time now)
{
    (void)now;
    peer->closed = true;
    peer->goodbyes = 2;
}

bool qua_peer_poll_transmit(qua_peer *peer, qua_time now, qua_peer_transmit *out)
{
    (void)now;
    if (!peer->goodbyes)
        return false;
    peer->goodbyes--;
    out->size = 1;
    return true;
}

bool qua_peer_poll_event(qua_peer *peer, qua_peer_event *out)
{
    if (!peer->count)
        return false;
    *out = peer->events[peer->first];
    peer->first = (peer->first + 1) % QUEUE;
    peer->count--;
    return true;
}

void qua_peer_add_local(qua_peer *peer, qua_time now, int base, const qua_addr *addr)
{
    qua_peer_event event = {.type = QUA_PEER_CANDIDATE};

    (void)now, (void)base, (void)addr;
    strcpy(event.candidate, "candidate:1 1 udp 1 192.0.2.1 5000 typ host");
    tell(peer, event);
}

int qua_peer_add_stun_server(qua_peer *peer, qua_time now, const qua_addr *addr)
{
    (void)peer, (void)now, (void)addr;
    return 0;
}

int qua_peer_add_turn_server(qua_peer *peer, qua_time now, const qua_addr *addr, const char *username,
                             const char *password)
{
    (void)peer, (void)now, (void)addr, (void)username, (void)password;
    return 0;
}

void qua_peer_remove_local(qua_peer *peer, qua_time now, int base)
{
    (void)peer, (void)now, (void)base;
}

int qua_peer_add_transceiver(qua_peer *peer, qua_kind kind, qua_direction direction, const char *stream_id,
                             const char *track_id)
{
    (void)kind, (void)direction, (void)stream_id, (void)track_id;
    return peer->transceivers++;
}

int qua_peer_set_local(qua_peer *peer, qua_time now, qua_sdp_type type, const char *sdp)
{
    (void)now, (void)sdp;
    peer->offers += type == QUA_SDP_OFFER;
    peer->answers += type == QUA_SDP_ANSWER;
    peer->rollbacks += type == QUA_SDP_ROLLBACK;
    peer->signaling = type == QUA_SDP_OFFER ? QUA_SIGNALING_HAVE_LOCAL_OFFER : QUA_SIGNALING_STABLE;
    return 0;
}

int qua_peer_set_remote(qua_peer *peer, qua_time now, qua_sdp_type type, const char *sdp, char *error,
                        size_t error_capacity)
{
    (void)now, (void)sdp, (void)error, (void)error_capacity;
    assert_int_equal(peer->signaling, type == QUA_SDP_OFFER ? QUA_SIGNALING_STABLE : QUA_SIGNALING_HAVE_LOCAL_OFFER);
    peer->signaling = type == QUA_SDP_OFFER ? QUA_SIGNALING_HAVE_REMOTE_OFFER : QUA_SIGNALING_STABLE;
    if (type == QUA_SDP_OFFER)
        peer->transceivers = 2;
    return 0;
}

int qua_peer_add_candidate(qua_peer *peer, qua_time now, const char *candidate)
{
    (void)now, (void)candidate;
    peer->remote_candidates++;
    return 0;
}

int qua_peer_create_offer(qua_peer *peer, char *out, size_t capacity)
{
    (void)peer;
    snprintf(out, capacity, "our offer");
    return 0;
}

int qua_peer_create_answer(qua_peer *peer, char *out, size_t capacity)
{
    (void)peer;
    snprintf(out, capacity, "our answer");
    return 0;
}

int qua_peer_send_audio(qua_peer *peer, qua_time now, int transceiver, const uint8_t *opus, size_t size,
                        uint32_t timestamp, uint8_t level, qua_time captured)
{
    (void)now, (void)transceiver, (void)opus, (void)size, (void)timestamp, (void)level, (void)captured;
    peer->audio_packets++;
    return 0;
}

qua_signaling_state qua_peer_signaling(const qua_peer *peer)
{
    return peer->signaling;
}
size_t qua_peer_transceiver_count(const qua_peer *peer)
{
    return (size_t)peer->transceivers;
}
void qua_peer_restart_ice(qua_peer *peer)
{
    peer->restarts++;
}

qua_kind qua_peer_kind(const qua_peer *peer, int transceiver)
{
    (void)peer;
    return transceiver == 0 ? QUA_AUDIO : QUA_VIDEO;
}

int qua_peer_set_direction(qua_peer *peer, int transceiver, qua_direction direction)
{
    (void)peer, (void)transceiver, (void)direction;
    return 0;
}

int qua_peer_set_track(qua_peer *peer, int transceiver, const char *stream_id, const char *track_id)
{
    (void)peer, (void)transceiver, (void)stream_id, (void)track_id;
    return 0;
}

bool qua_peer_can_send(const qua_peer *peer, int transceiver)
{
    (void)transceiver;
    return peer->sendable;
}

void qua_peer_local_done(qua_peer *peer, qua_time now)
{
    (void)peer, (void)now;
}
void qua_peer_on_timeout(qua_peer *peer, qua_time now)
{
    (void)peer, (void)now;
}

qua_time qua_peer_deadline(const qua_peer *peer, qua_time now)
{
    (void)peer, (void)now;
    return QUA_TIME_NEVER;
}

int qua_peer_input(qua_peer *peer, qua_time now, int base, const qua_addr *from, uint8_t *data, size_t size,
                   unsigned ecn)
{
    (void)peer, (void)now, (void)base, (void)from, (void)data, (void)size, (void)ecn;
    return 0;
}

void qua_peer_get_stats(const qua_peer *peer, qua_time now, qua_pc_stats *out)
{
    (void)peer, (void)now;
    *out = (qua_pc_stats){0};
}

void qua_peer_on_decoded(qua_peer *peer, qua_time now, int transceiver, const qua_frame *frame)
{
    (void)peer, (void)now, (void)transceiver, (void)frame;
}

void qua_peer_request_keyframe(qua_peer *peer, qua_time now, int transceiver)
{
    (void)peer, (void)now, (void)transceiver;
}

/* what only the hub asks */
const qua_video_codec *qua_peer_send_codec(const qua_peer *peer, int transceiver)
{
    (void)peer, (void)transceiver;
    return NULL;
}

size_t qua_peer_frame_budget(const qua_peer *peer, qua_time now)
{
    (void)peer, (void)now;
    return 0;
}

uint64_t qua_peer_video_bps(const qua_peer *peer, qua_time now)
{
    (void)peer, (void)now;
    return 0;
}

void qua_peer_set_demand(qua_peer *peer, qua_time now, uint64_t bps)
{
    (void)peer, (void)now, (void)bps;
}
void qua_payloads_clear(qua_payloads *payloads)
{
    (void)payloads;
}

int qua_payloads_cut(qua_payloads *payloads, qua_pool *pool, const qua_video_codec *codec, const qua_encoded *encoded,
                     qua_time captured)
{
    (void)payloads, (void)pool, (void)codec, (void)encoded, (void)captured;
    return 0;
}

int qua_peer_send_payloads(qua_peer *peer, qua_time now, int transceiver, const qua_payloads *payloads)
{
    (void)peer, (void)now, (void)transceiver, (void)payloads;
    return 0;
}

/* ---- a made-up session ----------------------------------------------------------------------------------------- */

struct qua_signal {
    qua_signal_phase phase;
    char self[QUA_ID_SIZE];
    qua_signal_participant others[8];
    size_t other_count;
    qua_signal_event events[QUEUE];
    size_t first, count;
    int texts; /* waiting for the socket */
    int offers, answers, candidates;
};

static qua_signal session;

static void announce(qua_signal_event event)
{
    assert_true(session.count < QUEUE);
    session.events[(session.first + session.count++) % QUEUE] = event;
}

int qua_signal_create(qua_signal **out, const qua_signal_config *config)
{
    (void)config;
    session = (qua_signal){.phase = QUA_SIGNAL_IDLE};
    *out = &session;
    return 0;
}

void qua_signal_destroy(qua_signal **signal)
{
    *signal = NULL;
}

int qua_signal_start(qua_signal *signal, qua_time now)
{
    (void)now;
    signal->phase = QUA_SIGNAL_CONNECTING;
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_OPEN});
    return 0;
}

const qua_signal_participant *qua_signal_find(const qua_signal *signal, const char *id)
{
    for (size_t i = 0; i < signal->other_count; i++)
        if (strcmp(signal->others[i].id, id) == 0)
            return &signal->others[i];
    return NULL;
}

bool qua_signal_poll_event(qua_signal *signal, qua_signal_event *out)
{
    if (!signal->count)
        return false;
    *out = signal->events[signal->first];
    signal->first = (signal->first + 1) % QUEUE;
    signal->count--;
    return true;
}

bool qua_signal_poll_transmit(qua_signal *signal, const char **text, size_t *size)
{
    if (!signal->texts)
        return false;
    signal->texts--;
    *text = "text";
    *size = 4;
    return true;
}

int qua_signal_send_description(qua_signal *signal, qua_time now, const char *to, qua_sdp_type type, const char *sdp)
{
    (void)now, (void)to, (void)sdp;
    signal->offers += type == QUA_SDP_OFFER;
    signal->answers += type == QUA_SDP_ANSWER;
    return 0;
}

int qua_signal_send_candidate(qua_signal *signal, qua_time now, const char *to, const qua_candidate *candidate)
{
    (void)now, (void)to, (void)candidate;
    signal->candidates++;
    return 0;
}

void qua_signal_leave(qua_signal *signal, qua_time now)
{
    (void)now;
    if (signal->phase == QUA_SIGNAL_ENDED)
        return;
    signal->phase = QUA_SIGNAL_ENDED;
    signal->texts = 1;
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_ENDED, .reason = ""});
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_CLOSE});
}

qua_signal_phase qua_signal_get_phase(const qua_signal *signal)
{
    return signal->phase;
}
const char *qua_signal_self(const qua_signal *signal)
{
    return signal->self;
}
bool qua_signal_room_valid(const char *room)
{
    return *room != 0;
}
void qua_signal_opened(qua_signal *signal, qua_time now)
{
    (void)signal, (void)now;
}
void qua_signal_on_timeout(qua_signal *signal, qua_time now)
{
    (void)signal, (void)now;
}

void qua_signal_closed(qua_signal *signal, qua_time now, const char *reason)
{
    (void)signal, (void)now, (void)reason;
}

int qua_signal_input(qua_signal *signal, qua_time now, const char *text, size_t size)
{
    (void)signal, (void)now, (void)text, (void)size;
    return 0;
}

qua_time qua_signal_deadline(const qua_signal *signal)
{
    (void)signal;
    return QUA_TIME_NEVER;
}

int qua_signal_set_state(qua_signal *signal, qua_time now, const qua_signal_state *state)
{
    (void)signal, (void)now, (void)state;
    return 0;
}

int qua_signal_send_chat(qua_signal *signal, qua_time now, const char *text)
{
    (void)signal, (void)now, (void)text;
    return 0;
}

/* ---- the stage -------------------------------------------------------------------------------------------------- */

#define TYPES (QUA_MESH_AUDIO + 1)

typedef struct stage {
    qua_mesh *mesh;
    qua_hub *hub;
    qua_time now;
    qua_mesh_event_type order[256];
    size_t events;
    int seen[TYPES];
    int datagrams, texts;
    qua_mesh_event last;
    char last_text[128];
    bool bind; /* sockets are bound as soon as a leg opens */
} stage;

static void drain(stage *s)
{
    static qua_peer_transmit out;
    qua_mesh_event event;
    size_t size;
    int leg;

    while (qua_mesh_poll_event(s->mesh, &event)) {
        s->order[s->events++ % QUA_ARRAY_SIZE(s->order)] = event.type;
        s->seen[event.type]++;
        s->last = event;
        snprintf(s->last_text, sizeof s->last_text, "%.127s", event.text ? event.text : "");
        if (event.type == QUA_MESH_LEG_OPENED && s->bind) {
            qua_mesh_add_local(s->mesh, s->now, event.leg, 0, &(qua_addr){.family = QUA_IPV4});
            qua_mesh_local_done(s->mesh, s->now, event.leg);
        }
    }
    while (qua_mesh_poll_text(s->mesh, &size))
        s->texts++;
    while (qua_mesh_poll_transmit(s->mesh, s->now, &leg, &out))
        s->datagrams++;
    if (qua_mesh_deadline(s->mesh, s->now) <= s->now && qua_mesh_poll_event(s->mesh, &event)) {
        s->seen[event.type]++;
        s->order[s->events++ % QUA_ARRAY_SIZE(s->order)] = event.type;
        s->last = event;
        drain(s);
    }
}

/* Whatever the session has announced arrives with a text. */
static void arrive(stage *s)
{
    qua_mesh_on_socket_text(s->mesh, s->now, "", 0);
    drain(s);
}

static qua_signal_participant *somebody(const char *id)
{
    qua_signal_participant *p = &session.others[session.other_count++];

    *p = (qua_signal_participant){0};
    snprintf(p->id, sizeof p->id, "%s", id);
    snprintf(p->name, sizeof p->name, "name of %s", id);
    return p;
}

/* Join as `self` a room where `other` is. */
static void join(stage *s, const char *self, const char *other)
{
    const qua_mesh_config config = {.room = "room", .name = "me", .audio = true};
    qua_mesh_config with_video = config;

    *s = (stage){.now = QUA_SECONDS(1), .bind = true};
    peer_count = 0;
    assert_int_equal(qua_hub_create(&s->hub, NULL, NULL, NULL), 0);
    with_video.video = s->hub;
    assert_int_equal(qua_mesh_create(&s->mesh, s->now, &with_video), 0);
    drain(s);
    assert_int_equal(s->seen[QUA_MESH_SOCKET_OPEN], 1);
    session.phase = QUA_SIGNAL_JOINED;
    snprintf(session.self, sizeof session.self, "%s", self);
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_JOINED,
                                .joined = {.self = session.self, .peers = somebody(other), .count = 1}});
}

static void hear_description(stage *s, const char *from, qua_sdp_type type, const char *sdp)
{
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_DESCRIPTION,
                                .peer = qua_signal_find(&session, from),
                                .description = {.type = type, .sdp = sdp}});
    arrive(s);
}

static void hear_candidate(stage *s, const char *from)
{
    static const qua_candidate candidate = {.candidate = "candidate:1 1 udp 1 192.0.2.2 5000 typ host"};

    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_CANDIDATES,
                                .peer = qua_signal_find(&session, from),
                                .candidates = {.list = &candidate, .count = 1}});
    arrive(s);
}

static void hear_of(stage *s, qua_signal_event_type type, const char *who)
{
    announce((qua_signal_event){.type = type, .peer = qua_signal_find(&session, who), .reason = "so it is"});
    arrive(s);
}

static void wait(stage *s, qua_time length)
{
    s->now += length;
    qua_mesh_on_timeout(s->mesh, s->now);
    drain(s);
}

#define OFFER  "v=0\r\no=- 111 1 IN IP4 0.0.0.0\r\n"
#define ANEW   "v=0\r\no=- 222 1 IN IP4 0.0.0.0\r\n"
#define ANSWER OFFER

/* We are "a", the other is "b", and the leg between us works. */
static void connect(stage *s)
{
    join(s, "a", "b");
    arrive(s);
    hear_description(s, "b", QUA_SDP_ANSWER, ANSWER);
    tell_connection(&peers[0], QUA_CONNECTION_CONNECTED);
    drain(s);
}

static void tear_down(stage *s)
{
    qua_mesh_destroy(&s->mesh);
    qua_hub_destroy(&s->hub);
    for (int i = 0; i < peer_count; i++)
        assert_false(peers[i].alive);
}

/* ---- negotiation ------------------------------------------------------------------------------------------------ */

static void the_lower_id_offers_when_its_sockets_are_bound(void **state)
{
    stage s;

    (void)state;
    join(&s, "a", "b");
    s.bind = false;
    arrive(&s);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_JOINED], 1);
    assert_int_equal(s.seen[QUA_MESH_LEG_OPENED], 1);
    assert_int_equal(session.offers, 0);
    qua_mesh_add_local(s.mesh, s.now, 0, 0, &(qua_addr){.family = QUA_IPV4});
    drain(&s);
    assert_int_equal(session.candidates, 0); /* never before the description that they belong to */
    qua_mesh_local_done(s.mesh, s.now, 0);
    drain(&s);
    assert_int_equal(session.offers, 1);
    assert_int_equal(session.candidates, 1);
    tear_down(&s);
}

static void an_owner_without_sockets_delays_the_offer_a_little(void **state)
{
    stage s;

    (void)state;
    join(&s, "a", "b");
    s.bind = false;
    arrive(&s);
    assert_true(qua_mesh_deadline(s.mesh, s.now) == s.now + QUA_MS(100));
    wait(&s, QUA_MS(100));
    assert_int_equal(session.offers, 1);
    qua_mesh_local_done(s.mesh, s.now, 0);
    drain(&s);
    assert_int_equal(session.offers, 1);
    tear_down(&s);
}

static void the_higher_id_waits_and_answers(void **state)
{
    stage s;

    (void)state;
    join(&s, "c", "b");
    arrive(&s);
    wait(&s, QUA_SECONDS(1));
    assert_int_equal(session.offers, 0);
    assert_int_equal(session.candidates, 0);
    hear_candidate(&s, "b");
    hear_description(&s, "b", QUA_SDP_OFFER, OFFER);
    assert_int_equal(session.answers, 1);
    assert_int_equal(session.candidates, 1);
    assert_int_equal(peers[0].remote_candidates, 1);
    tear_down(&s);
}

static void when_offers_cross_the_impolite_one_ignores(void **state)
{
    stage s;

    (void)state;
    join(&s, "a", "b");
    arrive(&s);
    hear_description(&s, "b", QUA_SDP_OFFER, OFFER);
    hear_candidate(&s, "b");
    assert_int_equal(session.answers, 0);
    assert_int_equal(peers[0].rollbacks, 0);
    assert_int_equal(peers[0].remote_candidates, 0); /* they belong to the offer that lost */
    hear_description(&s, "b", QUA_SDP_ANSWER, ANSWER);
    hear_candidate(&s, "b");
    assert_int_equal(peers[0].signaling, QUA_SIGNALING_STABLE);
    assert_int_equal(peers[0].remote_candidates, 1);
    tear_down(&s);
}

static void when_offers_cross_the_polite_one_takes_its_own_back(void **state)
{
    stage s;

    (void)state;
    join(&s, "c", "b");
    arrive(&s);
    hear_description(&s, "b", QUA_SDP_OFFER, OFFER);
    tell(&peers[0], (qua_peer_event){.type = QUA_PEER_NEGOTIATION_NEEDED});
    drain(&s);
    assert_int_equal(session.offers, 1);
    hear_description(&s, "b", QUA_SDP_OFFER, OFFER);
    assert_int_equal(peers[0].rollbacks, 1);
    assert_int_equal(session.answers, 2);
    hear_description(&s, "b", QUA_SDP_ANSWER, ANSWER); /* of the offer that was taken back */
    assert_int_equal(peers[0].signaling, QUA_SIGNALING_STABLE);
    tear_down(&s);
}

static void a_far_side_that_began_anew_gets_a_new_leg(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    hear_description(&s, "b", QUA_SDP_OFFER, ANEW);
    assert_false(peers[0].alive);
    assert_int_equal(peers[1].answers, 1);
    assert_int_equal(s.seen[QUA_MESH_LEG_CLOSED], 1);
    assert_int_equal(s.seen[QUA_MESH_LEG_OPENED], 2);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 0);
    tear_down(&s);
}

static void an_answer_of_another_session_makes_us_offer_again(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    tell(&peers[0], (qua_peer_event){.type = QUA_PEER_NEGOTIATION_NEEDED});
    drain(&s);
    hear_description(&s, "b", QUA_SDP_ANSWER, ANEW);
    assert_false(peers[0].alive);
    assert_int_equal(peers[1].offers, 1);
    tear_down(&s);
}

/* ---- repair ----------------------------------------------------------------------------------------------------- */

static void a_broken_leg_is_restarted_then_made_anew(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    tell_connection(&peers[0], QUA_CONNECTION_DISCONNECTED);
    drain(&s);
    assert_int_equal(s.last.participant.connection, QUA_CONNECTION_DISCONNECTED);
    wait(&s, QUA_SECONDS(1));
    assert_int_equal(peers[0].restarts, 0);
    wait(&s, QUA_SECONDS(1));
    assert_int_equal(peers[0].restarts, 1);
    assert_int_equal(session.offers, 2);
    wait(&s, QUA_SECONDS(30)); /* nobody answered: the offer is taken back before the next */
    assert_int_equal(peers[0].restarts, 2);
    assert_int_equal(peers[0].rollbacks, 1);
    wait(&s, QUA_SECONDS(60));
    assert_false(peers[0].alive);
    assert_int_equal(peers[1].offers, 1);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 0);
    tear_down(&s);
}

static void the_polite_side_lets_the_other_begin(void **state)
{
    stage s;

    (void)state;
    join(&s, "c", "b");
    arrive(&s);
    hear_description(&s, "b", QUA_SDP_OFFER, OFFER);
    tell_connection(&peers[0], QUA_CONNECTION_CONNECTED);
    tell_connection(&peers[0], QUA_CONNECTION_FAILED);
    drain(&s);
    wait(&s, QUA_SECONDS(2));
    assert_int_equal(peers[0].restarts, 0);
    wait(&s, QUA_SECONDS(2));
    assert_int_equal(peers[0].restarts, 1);
    tear_down(&s);
}

static void nothing_is_mended_while_the_server_is_away(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    session.phase = QUA_SIGNAL_WAITING;
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_LOST, .reason = "gone"});
    arrive(&s);
    tell_connection(&peers[0], QUA_CONNECTION_FAILED);
    drain(&s);
    for (int i = 0; i < 20; i++)
        wait(&s, QUA_SECONDS(1));
    assert_int_equal(peers[0].restarts, 0);
    session.phase = QUA_SIGNAL_JOINED;
    wait(&s, QUA_SECONDS(2));
    assert_int_equal(peers[0].restarts, 1);
    tear_down(&s);
}

/* ---- coming and going ------------------------------------------------------------------------------------------- */

static void a_goodbye_on_the_leg_is_believed_at_once(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    tell_connection(&peers[0], QUA_CONNECTION_CLOSED);
    drain(&s);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    assert_int_equal(s.seen[QUA_MESH_LEG_CLOSED], 1);
    assert_int_equal(s.datagrams, 2); /* our own goodbye left before the sockets were given up */
    hear_of(&s, QUA_SIGNAL_EVENT_PEER_GONE, "b");
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    tear_down(&s);
}

static void who_offers_after_a_goodbye_is_back(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    tell_connection(&peers[0], QUA_CONNECTION_CLOSED);
    drain(&s);
    hear_description(&s, "b", QUA_SDP_OFFER, ANEW);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_JOINED], 2);
    assert_int_equal(peers[1].answers, 1);
    tear_down(&s);
}

static void who_is_lost_to_server_and_media_is_gone_and_may_return(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    session.others[0].away = true;
    hear_of(&s, QUA_SIGNAL_EVENT_PEER_UPDATED, "b");
    wait(&s, QUA_SECONDS(60)); /* media goes on: it stays */
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 0);
    tell_connection(&peers[0], QUA_CONNECTION_DISCONNECTED);
    drain(&s);
    wait(&s, QUA_SECONDS(14));
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 0);
    wait(&s, QUA_SECONDS(1));
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    session.others[0].away = false;
    hear_of(&s, QUA_SIGNAL_EVENT_PEER_UPDATED, "b");
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_JOINED], 2);
    assert_int_equal(s.seen[QUA_MESH_LEG_OPENED], 2);
    tear_down(&s);
}

/* The server restarted and lost its memory; we are the first to be back. */
static void begin_resumption(stage *s)
{
    connect(s);
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_LOST, .reason = "gone"});
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_PEER_GONE, .peer = &session.others[0], .reason = "not there"});
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_JOINED, .joined = {.self = "a", .resumed = true}});
    arrive(s);
    assert_int_equal(s->seen[QUA_MESH_PARTICIPANT_LEFT], 0);
}

static void a_server_without_memory_costs_no_leg(void **state)
{
    stage s;

    (void)state;
    begin_resumption(&s);
    wait(&s, QUA_SECONDS(9));
    hear_of(&s, QUA_SIGNAL_EVENT_PEER_ADDED, "b");
    wait(&s, QUA_SECONDS(60));
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 0);
    assert_int_equal(s.seen[QUA_MESH_LEG_CLOSED], 0);
    tear_down(&s);
}

static void who_does_not_take_its_seat_again_is_gone(void **state)
{
    stage s;

    (void)state;
    begin_resumption(&s);
    assert_true(qua_mesh_deadline(s.mesh, s.now) <= s.now + QUA_SECONDS(10));
    wait(&s, QUA_SECONDS(10));
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    tear_down(&s);
}

static void whom_the_server_removes_loses_its_leg_at_once(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    hear_of(&s, QUA_SIGNAL_EVENT_PEER_GONE, "b");
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    assert_true(peers[0].closed);
    assert_false(peers[0].alive);
    tear_down(&s);
}

static void another_room_voids_every_leg(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_LOST, .reason = "gone"});
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_JOINED,
                                .joined = {.self = "a", .peers = &session.others[0], .count = 1}});
    arrive(&s);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_LEFT], 1);
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_JOINED], 2);
    assert_true(peers[0].closed);
    assert_true(peers[1].alive);
    tear_down(&s);
}

static void a_server_that_tells_of_too_many_is_not_believed(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    for (int i = 0; i < 5; i++) {
        somebody((const char *[]){"d", "e", "f", "g", "h"}[i]);
        announce(
            (qua_signal_event){.type = QUA_SIGNAL_EVENT_PEER_ADDED, .peer = &session.others[session.other_count - 1]});
        arrive(&s);
    }
    assert_int_equal(s.seen[QUA_MESH_PARTICIPANT_JOINED], QUA_MESH_LEGS);
    assert_int_equal(peer_count, QUA_MESH_LEGS);
    tear_down(&s);
}

static void leaving_says_goodbye_on_every_way_before_it_ends(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    s.texts = 0;
    qua_mesh_leave(s.mesh, s.now);
    drain(&s);
    assert_int_equal(s.texts, 1);
    assert_int_equal(s.datagrams, 2);
    assert_int_equal(s.seen[QUA_MESH_LEG_CLOSED], 1);
    assert_int_equal(s.seen[QUA_MESH_SOCKET_CLOSE], 1);
    assert_int_equal(s.last.type, QUA_MESH_STATE);
    assert_int_equal(s.last.state, QUA_CALL_ENDED);
    assert_true(qua_mesh_deadline(s.mesh, s.now) == QUA_TIME_NEVER);
    qua_mesh_leave(s.mesh, s.now);
    drain(&s);
    tear_down(&s);
}

/* ---- what passes through ---------------------------------------------------------------------------------------- */

static void pictures_and_sound_come_with_who_sent_them(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    tell(&peers[0], (qua_peer_event){.type = QUA_PEER_PICTURE, .picture = {.timestamp = 7}});
    tell(&peers[0], (qua_peer_event){.type = QUA_PEER_AUDIO, .audio = {.timestamp = 8}});
    drain(&s);
    assert_int_equal(s.seen[QUA_MESH_PICTURE], 1);
    assert_int_equal(s.last.type, QUA_MESH_AUDIO);
    assert_int_equal(s.last.media.audio.timestamp, 8);
    assert_string_equal(s.last.participant.id, "b");
    assert_int_equal(s.last.leg, 0);
    tear_down(&s);
}

static void chat_is_heard_with_its_words(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_CHAT, .peer = &session.others[0], .text = "hello"});
    arrive(&s);
    assert_int_equal(s.last.type, QUA_MESH_CHAT);
    assert_string_equal(s.last_text, "hello");
    assert_string_equal(s.last.participant.name, "name of b");
    tear_down(&s);
}

static void servers_that_are_lent_are_passed_on(void **state)
{
    static const qua_ice_server lent[] = {{.url = "turn:192.0.2.1", .username = "until:b", .credential = "proof"}};
    const qua_ice_server *servers;
    size_t count;
    stage s;

    (void)state;
    connect(&s);
    announce((qua_signal_event){.type = QUA_SIGNAL_EVENT_TURN, .turn = {lent, 1, QUA_SECONDS(600)}});
    arrive(&s);
    assert_int_equal(s.last.type, QUA_MESH_SERVERS);
    servers = qua_mesh_servers(s.mesh, &count);
    assert_int_equal(count, 1);
    assert_string_equal(servers[0].credential, "proof");
    tear_down(&s);
}

static void a_muted_microphone_sends_nothing(void **state)
{
    stage s;

    (void)state;
    connect(&s);
    peers[0].sendable = true;
    qua_mesh_send_audio(s.mesh, s.now, NULL, 0, 0, 0, 0);
    qua_mesh_set_muted(s.mesh, s.now, true, false);
    qua_mesh_send_audio(s.mesh, s.now, NULL, 0, 960, 0, 0);
    assert_int_equal(peers[0].audio_packets, 1);
    tear_down(&s);
}

static void a_room_without_a_name_is_refused(void **state)
{
    const qua_mesh_config config = {.room = "", .name = "me"};
    qua_mesh *mesh = NULL;

    (void)state;
    assert_int_equal(qua_mesh_create(&mesh, QUA_SECONDS(1), &config), QUA_EINVAL);
    assert_null(mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lower_id_offers_when_its_sockets_are_bound),
        cmocka_unit_test(an_owner_without_sockets_delays_the_offer_a_little),
        cmocka_unit_test(the_higher_id_waits_and_answers),
        cmocka_unit_test(when_offers_cross_the_impolite_one_ignores),
        cmocka_unit_test(when_offers_cross_the_polite_one_takes_its_own_back),
        cmocka_unit_test(a_far_side_that_began_anew_gets_a_new_leg),
        cmocka_unit_test(an_answer_of_another_session_makes_us_offer_again),
        cmocka_unit_test(a_broken_leg_is_restarted_then_made_anew),
        cmocka_unit_test(the_polite_side_lets_the_other_begin),
        cmocka_unit_test(nothing_is_mended_while_the_server_is_away),
        cmocka_unit_test(a_goodbye_on_the_leg_is_believed_at_once),
        cmocka_unit_test(who_offers_after_a_goodbye_is_back),
        cmocka_unit_test(who_is_lost_to_server_and_media_is_gone_and_may_return),
        cmocka_unit_test(a_server_without_memory_costs_no_leg),
        cmocka_unit_test(who_does_not_take_its_seat_again_is_gone),
        cmocka_unit_test(whom_the_server_removes_loses_its_leg_at_once),
        cmocka_unit_test(another_room_voids_every_leg),
        cmocka_unit_test(a_server_that_tells_of_too_many_is_not_believed),
        cmocka_unit_test(leaving_says_goodbye_on_every_way_before_it_ends),
        cmocka_unit_test(pictures_and_sound_come_with_who_sent_them),
        cmocka_unit_test(chat_is_heard_with_its_words),
        cmocka_unit_test(servers_that_are_lent_are_passed_on),
        cmocka_unit_test(a_muted_microphone_sends_nothing),
        cmocka_unit_test(a_room_without_a_name_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
