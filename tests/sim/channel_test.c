/* Data channels and statistics of two connections, beside a call and alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "peer_bed.h"

static const qua_data_channel_config defaults = QUA_DATA_CHANNEL_DEFAULTS;

static int open_channel(peer_person *p, const char *label)
{
    const qua_time now = sim_net_now(p->bed->net);
    const int channel = qua_peer_open_channel(p->peer, now, label, &defaults);

    assert_true(channel >= 0);
    peer_bed_drain(p, now);
    return channel;
}

static void a_channel_carries_messages_beside_a_call(void **state)
{
    peer_bed bed;

    (void)state;
    peer_bed_open(&bed, 1, "delay=25 loss=0.01");
    open_channel(&bed.ana, "chat");
    peer_bed_call(&bed, QUA_SECONDS(3));
    assert_true(bed.ana.channel_open && bed.ben.channel_announced && bed.ben.channel_open);
    peer_bed_say(&bed.ana, "can you hear me?");
    peer_bed_run(&bed, QUA_SECONDS(2));
    assert_string_equal(bed.ben.heard, "can you hear me?");
    peer_bed_say(&bed.ben, "yes");
    peer_bed_run(&bed, QUA_SECONDS(2));
    assert_string_equal(bed.ana.heard, "yes");
    assert_true(bed.ana.frames > 120 && bed.ben.frames > 120);
    peer_bed_close(&bed);
}

static void a_connection_may_carry_channels_alone(void **state)
{
    peer_bed bed;

    (void)state;
    peer_bed_open(&bed, 2, "delay=25");
    open_channel(&bed.ana, "files");
    assert_int_equal(bed.ana.negotiations_needed, 1);
    peer_bed_offer(&bed.ana);
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_int_equal(bed.ana.connection, QUA_CONNECTION_CONNECTED);
    peer_bed_say(&bed.ana, "alone");
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_string_equal(bed.ben.heard, "alone");
    assert_int_equal(qua_peer_transceiver_count(bed.ben.peer), 0);
    peer_bed_close(&bed);
}

static void a_channel_wanted_during_a_call_needs_one_negotiation_and_a_second_one_none(void **state)
{
    peer_bed bed;
    size_t before;

    (void)state;
    peer_bed_open(&bed, 3, "delay=25");
    peer_bed_call(&bed, QUA_SECONDS(1));
    before = bed.ben.negotiations_needed;
    open_channel(&bed.ben, "late");
    assert_int_equal(bed.ben.negotiations_needed, before + 1);
    peer_bed_offer(&bed.ben);
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_true(bed.ana.channel_announced);
    open_channel(&bed.ben, "later");
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_int_equal(bed.ben.negotiations_needed, before + 1);
    peer_bed_say(&bed.ana, "both work");
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_string_equal(bed.ben.heard, "both work");
    peer_bed_close(&bed);
}

static void goodbye_closes_the_channels_of_the_other(void **state)
{
    peer_bed bed;

    (void)state;
    peer_bed_open(&bed, 4, "delay=25");
    open_channel(&bed.ana, "chat");
    peer_bed_call(&bed, QUA_SECONDS(2));
    qua_peer_close(bed.ana.peer, sim_net_now(bed.net));
    peer_bed_drain(&bed.ana, sim_net_now(bed.net));
    peer_bed_run(&bed, QUA_SECONDS(1));
    assert_true(bed.ana.channel_closed && bed.ben.channel_closed);
    peer_bed_close(&bed);
}

/* Every id that an entry refers to is in the report. */
static void check_references(const json_t *report)
{
    const char *id, *name;
    json_t *entry, *value;

    json_object_foreach((json_t *)report, id, entry)
    {
        assert_string_equal(json_string_value(json_object_get(entry, "id")), id);
        json_object_foreach(entry, name, value)
        {
            const size_t length = strlen(name);
            if (length > 2 && strcmp(name + length - 2, "Id") == 0 && json_is_string(value))
                assert_non_null(json_object_get(report, json_string_value(value)));
        }
    }
}

static const json_t *find(const json_t *report, const char *type, const char *kind)
{
    const char *id;
    json_t *entry;

    json_object_foreach((json_t *)report, id, entry)
    {
        const char *of = json_string_value(json_object_get(entry, "kind"));
        if (strcmp(json_string_value(json_object_get(entry, "type")), type) == 0 && (!kind || strcmp(of, kind) == 0))
            return entry;
    }
    return NULL;
}

static json_int_t count_in(const json_t *report, const char *type, const char *kind, const char *name)
{
    const json_t *entry = find(report, type, kind);

    assert_non_null(entry);
    return json_integer_value(json_object_get(entry, name));
}

static void a_report_tells_of_all_under_the_names_of_the_w3c(void **state)
{
    static char text[65536];
    peer_bed bed;
    json_t *report;
    json_error_t error;

    (void)state;
    peer_bed_open(&bed, 5, "delay=25");
    open_channel(&bed.ana, "\"quoted\" \\ \xc3\xbc \xff\x01");
    peer_bed_call(&bed, QUA_SECONDS(4));
    peer_bed_say(&bed.ana, "counted");
    assert_int_equal(qua_peer_report(bed.ana.peer, sim_net_now(bed.net), text, sizeof text), 0);
    report = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(report);
    check_references(report);
    assert_true(count_in(report, "outbound-rtp", "video", "framesSent") > 90);
    assert_true(count_in(report, "inbound-rtp", "video", "framesDecoded") > 90);
    assert_int_equal(count_in(report, "inbound-rtp", "video", "frameWidth"), PEER_BED_WIDTH);
    assert_true(count_in(report, "outbound-rtp", "audio", "packetsSent") > 150);
    assert_true(count_in(report, "inbound-rtp", "audio", "packetsReceived") > 150);
    assert_int_equal(count_in(report, "data-channel", NULL, "bytesSent"), strlen("counted"));
    assert_string_equal(json_string_value(json_object_get(find(report, "data-channel", NULL), "label")),
                        "\"quoted\" \\ \xc3\xbc \xef\xbf\xbd\x01");
    assert_float_equal(json_real_value(json_object_get(find(report, "remote-inbound-rtp", "video"), "roundTripTime")),
                       0.05, 0.02);
    assert_string_equal(json_string_value(json_object_get(find(report, "transport", NULL), "dtlsState")), "connected");
    assert_int_equal(qua_peer_report(bed.ana.peer, 0, text, 100), QUA_EFULL);
    json_decref(report);
    peer_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_carries_messages_beside_a_call),
        cmocka_unit_test(a_connection_may_carry_channels_alone),
        cmocka_unit_test(a_channel_wanted_during_a_call_needs_one_negotiation_and_a_second_one_none),
        cmocka_unit_test(goodbye_closes_the_channels_of_the_other),
        cmocka_unit_test(a_report_tells_of_all_under_the_names_of_the_w3c),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
