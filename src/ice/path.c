/* The path that media takes: selection and nomination (RFC 8445 §8), consent (RFC 7675). */
#include "ice/agent.h"

bool ice_concluded(const qua_ice *ice)
{
    return ice->path.usable && ice->path.pair && ice->path.pair->nominated && !ice->path.suspected;
}

static qua_time next_consent(qua_ice *ice, qua_time now)
{
    return now + CONSENT_MIN + QUA_MS(qua_random_u32(ice->random) % (CONSENT_SPREAD_MS + 1));
}

static void use(qua_ice *ice, qua_time now, pair *p)
{
    media_path *path = &ice->path;
    const bool media_expected = path->media_expected && now - path->media_at < MEDIA_FORGOTTEN;

    if (path->pair == p && path->usable)
        return;
    if (path->pair) /* whoever wants it back nominates it again */
        path->pair->nominated = path->pair->nominate = path->pair->wanted = false;
    memset(path, 0, sizeof *path);
    path->usable = true;
    path->pair = p;
    path->base = ice->locals[p->local].base;
    path->remote = ice->remotes[p->remote].addr;
    path->priority = ice->locals[p->local].prflx_priority;
    path->local_kind = ice->locals[p->local].relayed ? QUA_ICE_RELAY
                       : p->mapped_elsewhere         ? QUA_ICE_PRFLX
                                                     : QUA_ICE_HOST;
    path->remote_kind = ice->remotes[p->remote].kind;
    path->rtt = p->rtt;
    path->answered_at = p->answered_at;
    path->heard_at = path->since = path->media_at = now;
    path->media_expected = media_expected;
    path->silent_at = QUA_TIME_NEVER;
    path->ask_at = next_consent(ice, now);
    ice_emit(ice, QUA_ICE_EVENT_SELECTED, "");
}

/* RFC 8445 §8.1.2: with a pair nominated the others of its base need no answer any more. */
static void stop_other_checks(qua_ice *ice)
{
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->local != ice->path.pair->local || p->state != PAIR_RUNNING)
            continue;
        p->pending = false;
        p->state = PAIR_WAITING;
    }
}

static bool better(const pair *a, const pair *b)
{
    return a->nominated != b->nominated ? a->nominated : a->priority > b->priority;
}

static bool may_still_win(const qua_ice *ice, const pair *p)
{
    const pair *best = ice->path.pair;

    return (p->state == PAIR_WAITING || p->state == PAIR_RUNNING) && p->priority > best->priority;
}

/* Wait a little for better pairs, not at all when there are none. */
static void plan_nomination(qua_ice *ice, qua_time now)
{
    if (!ice->controlling || ice->path.pair->nominate)
        return;
    if (ice->nominate_at == QUA_TIME_NEVER)
        ice->nominate_at = now + (ice->path.local_kind == QUA_ICE_RELAY || ice->path.remote_kind == QUA_ICE_RELAY
                                      ? NOMINATE_RELAY_AFTER
                                      : NOMINATE_AFTER);
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (may_still_win(ice, &ice->pairs[i]))
            return;
    }
    ice->nominate_at = now;
}

/* Media goes over the nominated pair; before there is one, over the first that answered. */
void ice_reconsider(qua_ice *ice, qua_time now)
{
    const bool concluded = ice_concluded(ice);
    pair *best = NULL;

    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->state == PAIR_SUCCEEDED && (!best || better(p, best)))
            best = p;
    }
    if (!best || ice->state == QUA_ICE_STATE_FAILED || ice->state == QUA_ICE_STATE_CLOSED)
        return;
    /* not from one working pair to another without a nomination: it would reorder media for nothing */
    if (best->nominated || !ice->path.usable || !ice->path.pair || ice->path.pair->state != PAIR_SUCCEEDED)
        use(ice, now, best);
    if (ice->path.silent_at == QUA_TIME_NEVER || ice->state != QUA_ICE_STATE_DISCONNECTED)
        ice_set_state(ice, now, ice_concluded(ice) ? QUA_ICE_STATE_COMPLETED : QUA_ICE_STATE_CONNECTED);
    if (!ice_concluded(ice)) {
        plan_nomination(ice, now);
    } else if (!concluded) {
        stop_other_checks(ice);
        ice->first_nomination = QUA_MIN(ice->first_nomination, now);
    }
}

static void nominate(qua_ice *ice, qua_time now)
{
    pair *best = ice->path.pair;

    if (now < ice->nominate_at)
        return;
    ice->nominate_at = QUA_TIME_NEVER;
    if (!ice->controlling || !ice->path.usable || !best || best->nominated)
        return;
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->state == PAIR_SUCCEEDED && p->priority > best->priority)
            best = p;
    }
    use(ice, now, best);
    best->nominate = true;
    best->pending = false; /* a check of its own, with USE-CANDIDATE */
    ice_send_check(ice, now, best);
}

void ice_path_answered(qua_ice *ice, qua_time now)
{
    media_path *path = &ice->path;

    path->answered_at = path->heard_at = now;
    path->silent_at = QUA_TIME_NEVER;
    path->ask_at = next_consent(ice, now);
    if (path->suspected && path->pair)
        path->pair->state = PAIR_SUCCEEDED;
    path->suspected = false;
    if (ice->state == QUA_ICE_STATE_DISCONNECTED)
        ice_set_state(ice, now, ice_concluded(ice) ? QUA_ICE_STATE_COMPLETED : QUA_ICE_STATE_CONNECTED);
}

bool ice_path_response(qua_ice *ice, qua_time now, const qua_stun *m, const uint8_t *data, size_t size, int base,
                       const qua_addr *from)
{
    const char *password = ice->path.old ? ice->old_remote.password : ice->remote.password;
    media_path *path = &ice->path;

    for (size_t i = 0; path->usable && i < ASKED_MAX; i++) {
        if (!path->asked[i].open || memcmp(path->asked[i].transaction, m->transaction, TRANSACTION_SIZE) != 0)
            continue;
        if (qua_stun_check(m, data, size, password, strlen(password)) != 0) {
            ice->stats.unauthenticated++;
            return true;
        }
        if (m->type != (QUA_STUN_BINDING | QUA_STUN_SUCCESS) || base != path->base ||
            !qua_addr_equal(from, &path->remote))
            return true;
        ice->stats.responses_received++;
        path->rtt = now - path->asked[i].at;
        path->asked[i].open = false;
        ice_path_answered(ice, now);
        if (path->pair && path->pair->nominate && ice->controlling) {
            path->pair->nominated = true; /* the nomination itself was lost, but not its repetition */
            ice_reconsider(ice, now);
        }
        return true;
    }
    return false;
}

/* Did media come regularly until a moment ago, and then not? */
static bool media_stopped(const media_path *path, qua_time now)
{
    return path->media_expected && now - path->media_at >= MEDIA_SILENT_AFTER && now - path->media_at < MEDIA_FORGOTTEN;
}

static void ask(qua_ice *ice, qua_time now)
{
    media_path *path = &ice->path;
    const size_t slot = path->asked_next++ % ASKED_MAX;
    const bool nominate = path->pair && path->pair->nominate;

    qua_random_fill(ice->random, path->asked[slot].transaction, TRANSACTION_SIZE);
    path->asked[slot].open = true;
    path->asked[slot].at = now;
    ice_write_check(ice, path->base, &path->remote, path->asked[slot].transaction, path->priority, path->old, nominate);
    if (path->silent_at == QUA_TIME_NEVER)
        path->silent_at = now + SILENT_AFTER;
    path->ask_at = now + (media_stopped(path, now) ? MEDIA_PROBE_EVERY : PROBE_EVERY);
}

/*
 * The path has not answered for a while: look whether another pair does. What answered at the beginning of the call
 * may be dead by now, what did not may live, so all are checked again; the first to answer takes over.
 */
void ice_path_suspect(qua_ice *ice)
{
    ice->path.suspected = true;
    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p == ice->path.pair)
            p->state = PAIR_FAILED;
        else if (!p->pending)
            p->state = PAIR_WAITING;
    }
}

/* RFC 7675 §5.1: without an answer for 30 s nothing more may be sent there. */
static void lose(qua_ice *ice, qua_time now)
{
    const bool restarting = ice->path.old;

    ice->path.usable = false;
    if (ice->path.pair) {
        ice->path.pair->pending = false;
        ice->path.pair->state = PAIR_FAILED;
    }
    ice->path.pair = NULL;
    ice_set_state(ice, now, restarting ? QUA_ICE_STATE_CHECKING : QUA_ICE_STATE_FAILED);
}

/* When the path is doubted, if nothing answers. */
static qua_time suspect_at(const media_path *path, qua_time now)
{
    const qua_time asked_at = path->silent_at - SILENT_AFTER;

    if (path->suspected || path->old || path->silent_at == QUA_TIME_NEVER)
        return QUA_TIME_NEVER;
    return asked_at + (media_stopped(path, now) ? MEDIA_SUSPECT_AFTER : SUSPECT_AFTER);
}

static void take_fresh_backup(qua_ice *ice, qua_time now)
{
    pair *best = NULL;

    for (size_t i = 0; i < ice->pair_count; i++) {
        pair *p = &ice->pairs[i];
        if (p->state == PAIR_SUCCEEDED && now - p->answered_at < BACKUP_FRESH && (!best || better(p, best)))
            best = p;
    }
    if (best)
        use(ice, now, best);
}

void ice_path_cut(qua_ice *ice, qua_time now)
{
    for (size_t i = 0; ice->path.usable && i < ice->local_count; i++) {
        if (ice->locals[i].base == ice->path.base)
            return; /* another base is gone */
    }
    if (!ice->path.usable)
        return;
    ice->path.usable = false;
    ice->path.pair = NULL;
    take_fresh_backup(ice, now);
    if (ice->path.usable) {
        ice_reconsider(ice, now);
        if (ice->controlling)
            ice->nominate_at = now; /* the far side still sends to where nobody is */
        return;
    }
    ice_path_suspect(ice);
    ice->checking_since = now;
    if (ice->state == QUA_ICE_STATE_CONNECTED || ice->state == QUA_ICE_STATE_COMPLETED)
        ice_set_state(ice, now, QUA_ICE_STATE_DISCONNECTED);
}

/* The far side sends by another pair: it has left ours. Whoever controls checks that pair and nominates it. */
static void follow(qua_ice *ice, qua_time now, pair *p)
{
    if (!ice->controlling || !ice_concluded(ice) || p->state != PAIR_SUCCEEDED ||
        now - ice->path.media_at < MEDIA_SILENT_AFTER / 3 || now - ice->followed_at < QUA_SECONDS(5))
        return;
    ice->followed_at = now;
    ice_path_suspect(ice);
    ice->path.ask_at = now; /* if it lives after all it stays */
    ice_trigger(ice, now, p);
}

void qua_ice_note_media(qua_ice *ice, qua_time now, int base, const qua_addr *from)
{
    media_path *path = &ice->path;
    pair *p;

    if (!path->usable)
        return;
    if (path->base == base && qua_addr_equal(&path->remote, from)) {
        path->media_at = now;
        path->media_expected = true;
        return;
    }
    p = ice_find_pair(ice, base, from);
    if (p)
        follow(ice, now, p);
}

/* An answer after media fell silent is needed; NEVER: there is one, or it is being asked for. */
static qua_time media_ask_at(const media_path *path)
{
    const qua_time silent = path->media_at + MEDIA_SILENT_AFTER;

    return !path->media_expected || path->silent_at != QUA_TIME_NEVER || path->answered_at >= silent ? QUA_TIME_NEVER
                                                                                                     : silent;
}

void ice_path_timeout(qua_ice *ice, qua_time now)
{
    media_path *path = &ice->path;

    nominate(ice, now);
    if (!path->usable)
        return;
    if (now - path->answered_at >= CONSENT_EXPIRES) {
        lose(ice, now);
        return;
    }
    if (now >= path->silent_at && ice->state != QUA_ICE_STATE_DISCONNECTED)
        ice_set_state(ice, now, QUA_ICE_STATE_DISCONNECTED);
    if (now >= QUA_MIN(path->ask_at, media_ask_at(path)))
        ask(ice, now);
    if (now >= suspect_at(path, now))
        ice_path_suspect(ice);
}

qua_time ice_path_deadline(const qua_ice *ice)
{
    const media_path *path = &ice->path;
    qua_time deadline = ice->nominate_at;

    if (!path->usable)
        return deadline;
    deadline = QUA_MIN(deadline, QUA_MIN(path->ask_at, path->answered_at + CONSENT_EXPIRES));
    if (ice->state != QUA_ICE_STATE_DISCONNECTED)
        deadline = QUA_MIN(deadline, path->silent_at);
    return QUA_MIN(deadline, media_ask_at(path)); /* suspicion comes with a question, it needs no wish of its own */
}
