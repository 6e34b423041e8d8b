/* Stories about messages: what is written is read again, what is hostile is refused with the field's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "signaling/signaling.h"

static char wire[QUA_SIGNAL_FRAME_MAX + 64];

static void read_again(const qua_message *in, qua_message *out)
{
    const ptrdiff_t size = qua_message_write(in, wire, sizeof wire);

    assert_true(size > 0);
    assert_int_equal(qua_message_parse(out, wire, (size_t)size, NULL), 0);
    assert_int_equal(out->type, in->type);
}

static void refused(const char *text, const char *reason)
{
    qua_message_error error;
    qua_message m = {.type = QUA_MESSAGE_CHAT};

    assert_int_equal(qua_message_parse(&m, text, strlen(text), &error), QUA_EFORMAT);
    assert_string_equal(error.reason, reason);
    assert_int_equal(m.type, QUA_MESSAGE_CHAT); /* untouched */
}

static void a_description_survives_the_wire(void **state)
{
    const qua_message in = {.type = QUA_MESSAGE_DESC,
                            .id = 7,
                            .seq = 9,
                            .ack = 3,
                            .to = "0b",
                            .from = "0a",
                            .desc = {QUA_SDP_ANSWER, "v=0\r\no=- \"1\" \xc3\xa9\r\n"}};
    qua_message out;

    (void)state;
    read_again(&in, &out);
    assert_int_equal(out.id, 7);
    assert_int_equal(out.seq, 9);
    assert_int_equal(out.ack, 3);
    assert_string_equal(out.to, "0b");
    assert_string_equal(out.from, "0a");
    assert_int_equal(out.desc.type, QUA_SDP_ANSWER);
    assert_string_equal(out.desc.sdp, in.desc.sdp);
    qua_message_clear(&out);
}

static void candidates_keep_their_order_and_what_is_absent(void **state)
{
    const qua_message in = {.type = QUA_MESSAGE_CAND,
                            .to = "0b",
                            .cand = {.count = 2,
                                     .list = {{"candidate:1 1 udp 1 192.0.2.1 9 typ host", "0", 0, "ufra"},
                                              {"candidate:2 1 udp 1 192.0.2.1 9 typ host", NULL, -1, NULL}}}};
    qua_message out;

    (void)state;
    read_again(&in, &out);
    assert_int_equal(out.cand.count, 2);
    assert_string_equal(out.cand.list[0].candidate, in.cand.list[0].candidate);
    assert_string_equal(out.cand.list[0].mid, "0");
    assert_int_equal(out.cand.list[0].mline_index, 0);
    assert_string_equal(out.cand.list[0].ufrag, "ufra");
    assert_null(out.cand.list[1].mid);
    assert_int_equal(out.cand.list[1].mline_index, -1);
    assert_null(out.cand.list[1].ufrag);
    qua_message_clear(&out);
}

static void the_room_survives_the_wire(void **state)
{
    const qua_message in = {
        .type = QUA_MESSAGE_JOINED,
        .joined = {
            .self = "0c",
            .ticket = "t",
            .count = 2,
            .peers = {{.id = "0a", .name = "Ana", .state = {true, false, false}, .role = QUA_ROLE_HOST},
                      {.id = "0b", .name = "Bj\xc3\xb6rn", .state = {false, true, true}, .hand = true, .away = true}}}};
    qua_message out;

    (void)state;
    read_again(&in, &out);
    assert_string_equal(out.joined.self, "0c");
    assert_string_equal(out.joined.ticket, "t");
    assert_int_equal(out.joined.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(out.joined.peers[i].id, in.joined.peers[i].id);
        assert_string_equal(out.joined.peers[i].name, in.joined.peers[i].name);
        assert_int_equal(out.joined.peers[i].state.audio_muted, in.joined.peers[i].state.audio_muted);
        assert_int_equal(out.joined.peers[i].state.video_muted, in.joined.peers[i].state.video_muted);
        assert_int_equal(out.joined.peers[i].state.screen, in.joined.peers[i].state.screen);
        assert_int_equal(out.joined.peers[i].role, in.joined.peers[i].role);
        assert_int_equal(out.joined.peers[i].hand, in.joined.peers[i].hand);
        assert_int_equal(out.joined.peers[i].away, in.joined.peers[i].away);
    }
    qua_message_clear(&out);
}

static void every_error_code_survives_the_wire(void **state)
{
    (void)state;
    for (int code = QUA_CODE_NONE + 1; code < QUA_CODE_COUNT; code++) {
        const qua_message in = {.type = QUA_MESSAGE_ERROR, .error = {.code = (qua_signal_code)code, .about = 5}};
        qua_message out;
        read_again(&in, &out);
        assert_int_equal(out.error.code, code);
        assert_string_equal(out.error.code_name, qua_signal_code_name((qua_signal_code)code));
        assert_int_equal(out.error.about, 5);
        qua_message_clear(&out);
    }
    assert_int_equal(qua_signal_code_of("of-tomorrow"), QUA_CODE_NONE);
}

static void a_forwarded_message_keeps_its_body_and_gets_our_from(void **state)
{
    static const char text[] =
        "{\"t\":\"desc\",\"from\":\"0e\",\"d\" : {\"type\":\"offer\",\"sdp\":\"\\u0076=0\",\"new\":"
        "[1,{\"d\":2}]} ,\"id\":4}";
    qua_message m;
    ptrdiff_t size;

    (void)state;
    assert_int_equal(qua_message_parse(&m, text, strlen(text), NULL), 0);
    assert_string_equal(m.desc.sdp, "v=0");
    m.from = "0a";
    size = qua_message_forward(&m, wire, sizeof wire);
    assert_true(size > 0);
    wire[size] = 0;
    assert_string_equal(wire,
                        "{\"t\":\"desc\",\"id\":4,\"from\":\"0a\",\"d\": {\"type\":\"offer\",\"sdp\":\"\\u0076=0\","
                        "\"new\":[1,{\"d\":2}]} }");
    assert_int_equal(qua_message_forward(&m, wire, (size_t)size - 1), QUA_EFULL);
    qua_message_clear(&m);
}

static void numbers_are_added_to_a_text_that_has_none(void **state)
{
    static const char text[] = "{\"t\":\"chat\",\"d\":{\"text\":\"hi\"}}";
    size_t size;

    (void)state;
    size = qua_message_number(wire, sizeof wire, text, strlen(text), 12, 0);
    wire[size] = 0;
    assert_string_equal(wire, "{\"t\":\"chat\",\"d\":{\"text\":\"hi\"},\"seq\":12}");
    size = qua_message_number(wire, sizeof wire, text, strlen(text), 12, 7);
    wire[size] = 0;
    assert_string_equal(wire, "{\"t\":\"chat\",\"d\":{\"text\":\"hi\"},\"seq\":12,\"ack\":7}");
}

static void tomorrows_types_and_fields_do_no_harm(void **state)
{
    static const char type[] = "{\"t\":\"teleport\",\"id\":3,\"d\":{\"x\":1}}";
    static const char field[] = "{\"t\":\"ping\",\"x\":[{}],\"d\":{\"y\":null}}";
    qua_message m;

    (void)state;
    assert_int_equal(qua_message_parse(&m, type, strlen(type), NULL), 0);
    assert_int_equal(m.type, QUA_MESSAGE_UNKNOWN);
    assert_int_equal(m.id, 3);
    qua_message_clear(&m);
    assert_int_equal(qua_message_parse(&m, field, strlen(field), NULL), 0);
    assert_int_equal(m.type, QUA_MESSAGE_PING);
    qua_message_clear(&m);
}

static void faults_are_named_by_their_field(void **state)
{
    (void)state;
    refused("{\"t\":\"chat\"}", "d.text is missing");
    refused("{\"t\":\"chat\",\"d\":null}", "d.text is missing");
    refused("{\"t\":\"chat\",\"d\":[1]}", "d is not an object");
    refused("{\"t\":\"chat\",\"d\":{\"text\":7}}", "d.text is not a text");
    refused("{\"t\":\"chat\",\"d\":{\"text\":\"\"}}", "d.text is too short");
    refused("{\"t\":5}", "t is not a text");
    refused("{}", "t is missing");
    refused("[]", "the message is not an object");
    refused("{\"t\":\"ping\",\"id\":-1}", "id is out of range");
    refused("{\"t\":\"ping\",\"id\":0}", "id is out of range");
    refused("{\"t\":\"ping\",\"seq\":9007199254740993}", "seq is out of range");
    refused("{\"t\":\"ping\",\"ack\":1.5}", "ack is not a whole number");
    refused("{\"t\":\"ping\",\"to\":\"../a\"}", "to is not an id");
    refused("{\"t\":\"ping\",\"from\":\"A\"}", "from is not an id");
    refused("{\"t\":\"desc\",\"d\":{\"type\":\"rollback\",\"sdp\":\"v\"}}", "d.type is not offer, pranswer or answer");
    refused("{\"t\":\"cand\",\"d\":{\"candidates\":[]}}", "d.candidates is empty");
    refused("{\"t\":\"cand\",\"d\":{\"candidates\":[{\"candidate\":\"a\\r\\nb\"}]}}",
            "candidates.candidate has a control character");
    refused("{\"t\":\"cand\",\"d\":{\"candidates\":[{\"candidate\":\"a\",\"sdpMLineIndex\":65536}]}}",
            "candidates.sdpMLineIndex is out of range");
    refused("{\"t\":\"join\",\"d\":{\"name\":\"a\\u0007\"}}", "d.name has a control character");
    refused("{\"t\":\"join\",\"d\":{\"state\":{\"muted\":1}}}", "state.muted is not true or false");
    refused("{\"t\":\"hello\",\"d\":{\"versions\":[\"1\"]}}", "d.versions has an entry that is not a version");
    refused("{\"t\":\"peer\",\"d\":{\"change\":\"more\",\"peer\":{\"id\":\"a\"}}}",
            "d.change is not add, update or gone");
}

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    refused("", "not JSON: fault at byte 0");
    refused("{\"t\":\"ping\"", "not JSON: fault at byte 11");
    refused("{\"t\":\"ping\"}x", "not JSON: fault at byte 13");
    refused("{\"t\":\"ping\",\"t\":\"pong\"}", "not JSON: fault at byte 15");
    refused("{\"t\":\"ch\xff\"}", "not JSON: fault at byte 8");
    refused("{\"t\":\"chat\",\"d\":{\"text\":\"a\\u0000b\"}}", "not JSON: fault at byte 34");
    refused("{\"t\":\"chat\",\"d\":{\"text\":\"\\ud800\"}}", "not JSON: fault at byte 32");
}

static void a_key_that_hides_from_the_relay_is_refused(void **state)
{
    (void)state;
    refused("{\"t\":\"chat\",\"\\u0064\":{\"text\":\"a\"}}", "d has a key written with escapes");
}

static void nesting_and_size_have_an_end(void **state)
{
    qua_message_error error;
    qua_message m;
    char *text = malloc(QUA_SIGNAL_FRAME_MAX + 1);
    char reason[64];

    (void)state;
    memset(text, '[', QUA_SIGNAL_FRAME_MAX + 1);
    assert_int_equal(qua_message_parse(&m, text, QUA_SIGNAL_FRAME_MAX, &error), QUA_EFORMAT);
    assert_string_equal(error.reason, "nested deeper than 16 levels");
    assert_int_equal(qua_message_parse(&m, text, QUA_SIGNAL_FRAME_MAX + 1, &error), QUA_EFORMAT);
    assert_int_equal(error.code, QUA_CODE_TOO_LARGE);
    snprintf(reason, sizeof reason, "the message is longer than %d bytes", QUA_SIGNAL_FRAME_MAX);
    assert_string_equal(error.reason, reason);
    free(text);
}

/* {"t":"T","d":{"type":"offer","K":"xxx..."}} with n x; @return QUA_... of parsing it */
static int parse_with_length(const char *type, const char *key, size_t n)
{
    const int head = snprintf(wire, sizeof wire, "{\"t\":\"%s\",\"d\":{\"type\":\"offer\",\"%s\":\"", type, key);
    qua_message m;
    int error;

    memset(wire + head, 'x', n);
    memcpy(wire + head + n, "\"}}", 3);
    error = qua_message_parse(&m, wire, (size_t)head + n + 3, NULL);
    if (error == 0)
        qua_message_clear(&m);
    return error;
}

static void each_text_has_its_limit(void **state)
{
    static const struct {
        const char *type, *key;
        size_t max;
    } limits[] = {
        {"desc", "sdp", QUA_SIGNAL_SDP_MAX},   {"chat", "text", QUA_SIGNAL_CHAT_MAX},
        {"join", "name", QUA_SIGNAL_NAME_MAX}, {"bye", "reason", QUA_SIGNAL_REASON_MAX},
        {"cand-end", "usernameFragment", 256},
    };

    (void)state;
    for (size_t i = 0; i < QUA_ARRAY_SIZE(limits); i++) {
        assert_int_equal(parse_with_length(limits[i].type, limits[i].key, limits[i].max), 0);
        assert_int_equal(parse_with_length(limits[i].type, limits[i].key, limits[i].max + 1), QUA_EFORMAT);
    }
}

static void a_message_that_would_not_fit_is_not_written(void **state)
{
    char *sdp = malloc(QUA_SIGNAL_SDP_MAX + 1);
    const qua_message m = {.type = QUA_MESSAGE_DESC, .desc = {QUA_SDP_OFFER, sdp}};
    const qua_message bad = {.type = QUA_MESSAGE_CHAT, .chat = {"\xff"}};

    (void)state;
    memset(sdp, '\x01', QUA_SIGNAL_SDP_MAX); /* six characters each */
    sdp[QUA_SIGNAL_SDP_MAX] = 0;
    assert_int_equal(qua_message_write(&m, wire, sizeof wire), QUA_EFULL);
    assert_int_equal(qua_message_write(&bad, wire, sizeof wire), QUA_EINVAL);
    free(sdp);
}

static void names_may_be_anything_that_prints(void **state)
{
    (void)state;
    assert_true(qua_signal_name_valid(""));
    assert_true(qua_signal_name_valid("Zo\xc3\xab \xf0\x9f\x8e\xb8"));
    assert_false(qua_signal_name_valid("a\nb"));
    assert_false(qua_signal_name_valid("a\x7f"));
    assert_false(qua_signal_name_valid("\xc2\x9b")); /* a control character of Latin-1 */
    assert_false(qua_signal_name_valid("\xe2\x80\xae"
                                       "gnp"));              /* turns what follows around */
    assert_false(qua_signal_name_valid("\xc0\x80"));         /* overlong */
    assert_false(qua_signal_name_valid("\xed\xa0\x80"));     /* half a surrogate pair */
    assert_false(qua_signal_name_valid("\xf4\x90\x80\x80")); /* beyond Unicode */
    assert_false(qua_signal_name_valid("\xe2\x82"));         /* cut off */
}

static void rooms_are_called_by_plain_characters(void **state)
{
    char name[QUA_SIGNAL_ROOM_MAX + 2];

    (void)state;
    assert_true(qua_signal_room_valid("Team-7_a.b~c"));
    assert_false(qua_signal_room_valid(""));
    assert_false(qua_signal_room_valid("a/b"));
    assert_false(qua_signal_room_valid("a:b"));
    memset(name, 'r', sizeof name);
    name[QUA_SIGNAL_ROOM_MAX] = 0;
    assert_true(qua_signal_room_valid(name));
    name[QUA_SIGNAL_ROOM_MAX] = 'r';
    name[QUA_SIGNAL_ROOM_MAX + 1] = 0;
    assert_false(qua_signal_room_valid(name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_survives_the_wire),
        cmocka_unit_test(candidates_keep_their_order_and_what_is_absent),
        cmocka_unit_test(the_room_survives_the_wire),
        cmocka_unit_test(every_error_code_survives_the_wire),
        cmocka_unit_test(a_forwarded_message_keeps_its_body_and_gets_our_from),
        cmocka_unit_test(numbers_are_added_to_a_text_that_has_none),
        cmocka_unit_test(tomorrows_types_and_fields_do_no_harm),
        cmocka_unit_test(faults_are_named_by_their_field),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(a_key_that_hides_from_the_relay_is_refused),
        cmocka_unit_test(nesting_and_size_have_an_end),
        cmocka_unit_test(each_text_has_its_limit),
        cmocka_unit_test(a_message_that_would_not_fit_is_not_written),
        cmocka_unit_test(names_may_be_anything_that_prints),
        cmocka_unit_test(rooms_are_called_by_plain_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
