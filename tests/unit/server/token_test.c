/* Stories about tokens: who may join, as what, for how long. The key pair is of this test alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jwt.h>

#include "server/server.h"

static const char private_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTwJNZ/v5UiF/mZ1r\n"
                                  "h9bVclugIVMHIErJmRtSRjnzfN6hRANCAAS7lDm6PyKCHXFPoaqsKnu/B06Ap/WU\n"
                                  "hKDdCq4nyNywUhFxejcXZ1LYVcgNG7Tdtf5+CMycYvAerIOy6ZtY6Sze\n"
                                  "-----END PRIVATE KEY-----\n";
static const char public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEu5Q5uj8igh1xT6GqrCp7vwdOgKf1\n"
                                 "lISg3QquJ8jcsFIRcXo3F2dS2FXIDRu03bX+fgjMnGLwHqyDsumbWOks3g==\n"
                                 "-----END PUBLIC KEY-----\n";

#define NOW_S 1700000000

typedef struct wish {
    const char *room, *sub, *role;
    long exp, nbf;
    jwt_alg_t alg;
    const char *key;
} wish;

/* A heap token; the defaults make a good one. */
static char *make(wish w)
{
    jwt_t *jwt;
    char *text;

    assert_int_equal(jwt_new(&jwt), 0);
    jwt_add_grant(jwt, "room", w.room ? w.room : "a");
    jwt_add_grant(jwt, "sub", w.sub ? w.sub : "ana");
    jwt_add_grant(jwt, "role", w.role ? w.role : "member");
    jwt_add_grant_int(jwt, "exp", w.exp ? w.exp : NOW_S + 60);
    if (w.nbf)
        jwt_add_grant_int(jwt, "nbf", w.nbf);
    if (w.key)
        jwt_set_alg(jwt, w.alg, (const unsigned char *)w.key, (int)strlen(w.key));
    text = jwt_encode_str(jwt);
    assert_non_null(text);
    jwt_free(jwt);
    return text;
}

static wish good(void)
{
    return (wish){.alg = JWT_ALG_ES256, .key = private_key};
}

static int check(wish w, token_claims *claims)
{
    char *text = make(w);
    const int error = token_check(claims, public_key, NOW_S, "a", text);

    free(text);
    return error;
}

static void a_good_token_says_who_and_as_what(void **state)
{
    token_claims ana, ben;
    wish w = good();

    (void)state;
    assert_int_equal(check(w, &ana), 0);
    assert_int_equal(ana.role, QUA_ROLE_MEMBER);
    assert_int_equal(ana.expires_s, NOW_S + 60);
    w.sub = "ben";
    w.role = "host";
    assert_int_equal(check(w, &ben), 0);
    assert_int_equal(ben.role, QUA_ROLE_HOST);
    assert_true(ana.subject != ben.subject);
}

static void a_token_opens_one_room_for_some_time(void **state)
{
    token_claims claims;
    wish w = good();

    (void)state;
    w.room = "b";
    assert_int_equal(check(w, &claims), QUA_EAUTH);
    w = good(), w.exp = NOW_S;
    assert_int_equal(check(w, &claims), QUA_EAUTH);
    w = good(), w.nbf = NOW_S + 1;
    assert_int_equal(check(w, &claims), QUA_EAUTH);
    w = good(), w.role = "king";
    assert_int_equal(check(w, &claims), QUA_EAUTH);
}

static void a_token_of_another_hand_opens_nothing(void **state)
{
    token_claims claims;
    char *text = make(good());
    char *signature = strrchr(text, '.') + 1;

    (void)state;
    assert_int_equal(check((wish){0}, &claims), QUA_EAUTH); /* alg none */
    /* our public key as a password */
    assert_int_equal(check((wish){.alg = JWT_ALG_HS256, .key = public_key}, &claims), QUA_EAUTH);
    signature[0] = signature[0] == 'A' ? 'B' : 'A';
    assert_int_equal(token_check(&claims, public_key, NOW_S, "a", text), QUA_EAUTH);
    assert_int_equal(token_check(&claims, public_key, NOW_S, "a", "a.b.c"), QUA_EAUTH);
    assert_int_equal(token_check(&claims, public_key, NOW_S, "a", ""), QUA_EAUTH);
    free(text);
}

/* ---- with a server ------------------------------------------------------------------------------------------- */

typedef struct world {
    qua_prng prng;
    hub *hub;
    qua_time now;
    char wire[SESSION_WIRE_MAX];
} world;

static void say(world *w, session *s, const char *text)
{
    session_input(s, w->now, text, strlen(text));
}

/* The last of what it has to say contains this. */
static void ends_with(world *w, session *s, const char *part)
{
    char last[4096] = "";

    for (size_t n; (n = session_poll_transmit(s, w->wire)) > 0;)
        snprintf(last, sizeof last, "%.*s", (int)n, w->wire);
    if (!strstr(last, part))
        fail_msg("\"%s\" is not in %s", part, last);
}

static session *join(world *w, wish wanted)
{
    session *s = session_open(w->hub, w->now, "a", NULL);
    char text[4096], *token = make(wanted);

    say(w, s, "{\"t\":\"hello\",\"d\":{\"versions\":[1]}}");
    ends_with(w, s, "\"welcome\"");
    snprintf(text, sizeof text, "{\"t\":\"join\",\"d\":{\"token\":\"%s\"}}", token);
    say(w, s, text);
    free(token);
    return s;
}

static int begin(void **state)
{
    world *w = calloc(1, sizeof *w);
    hub_config config = {.max_sessions = 10};

    w->now = QUA_SECONDS(5);
    qua_prng_seed(&w->prng, 5);
    config.random = qua_prng_random(&w->prng);
    config.wall_offset_us = QUA_SECONDS(NOW_S) - w->now;
    memcpy(config.token_key, public_key, sizeof public_key);
    assert_int_equal(hub_create(&w->hub, w->now, &config), 0);
    *state = w;
    return 0;
}

static int finish(void **state)
{
    world *w = *state;

    while (w->hub->sessions)
        session_closed(w->hub->sessions, w->now);
    hub_destroy(&w->hub);
    free(w);
    return 0;
}

static void roles_come_from_tokens_and_not_from_coming_first(void **state)
{
    world *w = *state;
    wish host = good();
    session *first = join(w, good()), *second;

    ends_with(w, first, "\"joined\"");
    assert_int_equal(first->seat->who.role, QUA_ROLE_MEMBER);
    host.role = "host", host.sub = "ben";
    second = join(w, host);
    assert_int_equal(second->seat->who.role, QUA_ROLE_HOST);
    ends_with(w, join(w, (wish){0}), "\"token\"");
}

static void who_was_removed_does_not_return_with_the_token(void **state)
{
    world *w = *state;
    wish host = good();
    session *boss, *ana;
    char text[256];

    host.role = "host", host.sub = "ben";
    boss = join(w, host);
    ana = join(w, good());
    snprintf(text, sizeof text, "{\"t\":\"remove\",\"to\":\"%s\"}", ana->seat->who.id);
    say(w, boss, text);
    ends_with(w, ana, "\"removed\"");
    ends_with(w, join(w, good()), "\"removed\"");
}

static void a_seat_lasts_as_long_as_its_token_and_tokens_are_renewed(void **state)
{
    world *w = *state;
    wish longer = good();
    session *s = join(w, good());
    char text[4096], *token;

    longer.exp = NOW_S + 90;
    token = make(longer);
    snprintf(text, sizeof text, "{\"t\":\"token\",\"d\":{\"token\":\"%s\"}}", token);
    free(token);
    say(w, s, text);
    for (int i = 0; i < 89; i++) {
        w->now += QUA_SECONDS(1);
        hub_on_timeout(w->hub, w->now);
        say(w, s, "{\"t\":\"pong\"}");
        while (session_poll_transmit(s, w->wire))
            ;
        assert_false(session_is_over(s));
    }
    w->now += QUA_SECONDS(1);
    hub_on_timeout(w->hub, w->now);
    ends_with(w, s, "\"token\"");
    assert_true(session_is_over(s));
    assert_int_equal(w->hub->rooms.count, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_token_says_who_and_as_what),
        cmocka_unit_test(a_token_opens_one_room_for_some_time),
        cmocka_unit_test(a_token_of_another_hand_opens_nothing),
        STORY(roles_come_from_tokens_and_not_from_coming_first),
        STORY(who_was_removed_does_not_return_with_the_token),
        STORY(a_seat_lasts_as_long_as_its_token_and_tokens_are_renewed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
