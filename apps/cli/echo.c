#include "echo.h"

#include <stdlib.h>
#include <string.h>

struct echo {
    qua_data_channel *channel;
    bool calls;
    size_t next; /* of the trial's messages, to come back */
    echo_done done;
    void *context;
};

/* Texts come first, then binary messages of these sizes; the last only to a far side that takes so much. */
static const char *const texts[] = {"", "hello", "gr\xc3\xbc\xc3\x9f dich"};
static const size_t sizes[] = {0, 1, 1200, 16384, 60000, 250000};
#define TEXTS (sizeof texts / sizeof texts[0])
#define SIZES (sizeof sizes / sizeof sizes[0])

static uint8_t byte_of(size_t size, size_t i)
{
    return (uint8_t)(i * 7 + size);
}

static size_t trials(const echo *e)
{
    return TEXTS + SIZES - (qua_data_channel_send_max(e->channel) < sizes[SIZES - 1]);
}

static void send_all(echo *e)
{
    uint8_t *data = malloc(sizes[SIZES - 1]);
    int error = data ? 0 : QUA_ENOMEM;

    for (size_t i = 0; i < TEXTS && !error; i++)
        error = qua_data_channel_send(e->channel, false, (const uint8_t *)texts[i], strlen(texts[i]));
    for (size_t i = 0; i < trials(e) - TEXTS && !error; i++) {
        for (size_t at = 0; at < sizes[i]; at++)
            data[at] = byte_of(sizes[i], at);
        error = qua_data_channel_send(e->channel, true, data, sizes[i]);
    }
    free(data);
    if (error)
        e->done(e->context, qua_strerror(error));
}

static bool is_right(const echo *e, bool binary, const uint8_t *data, size_t size)
{
    const size_t wanted = e->next < TEXTS ? strlen(texts[e->next]) : sizes[e->next - TEXTS];

    if (binary != (e->next >= TEXTS) || size != wanted)
        return false;
    if (!binary)
        return memcmp(data, texts[e->next], size) == 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] != byte_of(size, i))
            return false;
    return true;
}

static void on_message(void *context, bool binary, const uint8_t *data, size_t size)
{
    echo *e = context;

    if (!e->calls) {
        const int error = qua_data_channel_send(e->channel, binary, data, size);
        if (error)
            e->done(e->context, qua_strerror(error));
        return;
    }
    if (e->next == trials(e) || !is_right(e, binary, data, size)) {
        e->done(e->context, "something else came back than was sent");
        return;
    }
    if (++e->next == trials(e)) {
        qua_data_channel_close(e->channel);
        e->done(e->context, NULL);
    }
}

static void on_state(void *context, qua_data_channel_state state)
{
    echo *e = context;

    if (e->calls && state == QUA_DATA_CHANNEL_OPEN)
        send_all(e);
    if (state != QUA_DATA_CHANNEL_CLOSED)
        return;
    if (!e->calls)
        e->done(e->context, NULL);
    else if (e->next < trials(e))
        e->done(e->context, "closed before all came back");
}

static const qua_data_channel_events events = {.state = on_state, .message = on_message};

static echo *create(bool calls, echo_done done, void *context)
{
    echo *e = calloc(1, sizeof *e);

    if (e)
        *e = (echo){.calls = calls, .done = done, .context = context};
    return e;
}

echo *echo_call(qua_pc *pc, echo_done done, void *context)
{
    echo *e = create(true, done, context);

    if (e && qua_pc_create_data_channel(&e->channel, pc, "echo", NULL, &events, e) != 0) {
        free(e);
        e = NULL;
    }
    return e;
}

echo *echo_answer(qua_data_channel *channel, echo_done done, void *context)
{
    echo *e = create(false, done, context);

    if (!e) {
        qua_data_channel_destroy(&channel);
        return NULL;
    }
    e->channel = channel;
    qua_data_channel_set_events(channel, &events, e);
    return e;
}

void echo_destroy(echo **e)
{
    if (*e) {
        qua_data_channel_destroy(&(*e)->channel);
        free(*e);
    }
    *e = NULL;
}
