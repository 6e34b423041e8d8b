#include "sim_call.h"

#include <stdlib.h>

#include "sim_person.h"

#define FREEZE     QUA_MS(200)
#define PSNR_EVERY 15

void call_stir(sim_call *call, const void *data, size_t size)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < size; i++)
        call->hash = (call->hash ^ p[i]) * 0x100000001b3u; /* FNV-1a */
}

/* ---- views ------------------------------------------------------------------------------------------------- */

static void note_gap(view *w, qua_time now)
{
    const double gap = (double)(now - w->v.last_frame) / 1000;

    if (w->v.last_frame) {
        w->v.longest_gap_ms = QUA_MAX(w->v.longest_gap_ms, gap);
        w->v.freezes += now - w->v.last_frame > FREEZE;
    }
    w->v.last_frame = now;
    if (!w->v.first_frame)
        w->v.first_frame = now;
}

void person_saw(sim_person *p, qua_time now, int who, const qua_frame *frame)
{
    const sim_person *from = p->call->people[who];
    view *w = &p->views[who];
    const int number = sim_scene_number(frame);
    const int32_t what[] = {p->number, who, number, frame->plane[0][frame->stride[0] * frame->height / 2]};

    call_stir(p->call, what, sizeof what);
    call_stir(p->call, &now, sizeof now);
    note_gap(w, now);
    w->v.frames++;
    w->v.width = frame->width;
    w->v.height = frame->height;
    if (number < 0) {
        w->v.unreadable++;
        return;
    }
    if (w->delay_count < DELAYS)
        w->delays[w->delay_count++] = (uint32_t)(now - from->captured[number]);
    if (w->v.frames % PSNR_EVERY == 0) {
        w->psnr_sum += sim_scene_psnr(&from->scene, frame, (uint32_t)number);
        w->psnr_count++;
    }
}

void person_heard(sim_person *p, int who, bool playing, bool concealed, const int16_t pcm[QUA_AUDIO_BLOCK])
{
    sim_view *v = &p->views[who].v;

    if (!playing && !v->blocks)
        return;
    v->blocks++;
    v->silent += !playing || !sim_audible(pcm);
    v->concealed += concealed;
}

void person_forget(sim_person *p)
{
    for (size_t i = 0; i < SIM_PEOPLE; i++) {
        view *w = &p->views[i];
        const sim_view keep = w->v;

        *w = (view){0};
        w->v.present = keep.present;
        w->v.connection = keep.connection;
        w->v.audio_muted = keep.audio_muted;
        w->v.video_muted = keep.video_muted;
        w->v.joined = keep.joined;
        w->v.left = keep.left;
        w->v.answered = keep.answered;
        w->v.connected = keep.connected;
    }
    p->cpu = (sim_cpu){0};
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

void sim_call_view(const sim_call *call, int viewer, int of, sim_view *out)
{
    const view *w = &call->people[viewer]->views[of];
    uint32_t *sorted = malloc((w->delay_count + 1) * sizeof *sorted);

    assert(sorted);
    *out = w->v;
    memcpy(sorted, w->delays, w->delay_count * sizeof *sorted);
    qsort(sorted, w->delay_count, sizeof *sorted, compare);
    if (w->delay_count) {
        out->delay_ms_p50 = sorted[w->delay_count / 2] / 1000.0;
        out->delay_ms_p95 = sorted[w->delay_count * 95 / 100] / 1000.0;
    }
    out->psnr = w->psnr_count ? w->psnr_sum / (double)w->psnr_count : 0;
    free(sorted);
}

void sim_call_forget(sim_call *call)
{
    for (int i = 0; i < call->count; i++)
        if (call->people[i])
            person_forget(call->people[i]);
}

/* ---- the call ---------------------------------------------------------------------------------------------- */

sim_call *sim_call_create(const sim_call_config *config)
{
    static const qua_video_codec *const vp8[] = {&qua_codec_vp8};
    sim_call *call = qua_zalloc(sizeof *call);

    assert(call);
    call->config = *config;
    if (!config->codecs) {
        call->config.codecs = vp8;
        call->config.codec_count = 1;
    }
    if (!config->width) {
        call->config.width = 320;
        call->config.height = 180;
    }
    if (config->fps == 0)
        call->config.fps = 30;
    call->hash = 0xcbf29ce484222325u;
    call->net = sim_net_create(config->seed);
    sim_clock_install(call->net);
    sim_openssl_seed(config->seed);
    call->server = sim_server_create(call->net, config->server_delay ? config->server_delay : QUA_MS(10));
    return call;
}

void sim_call_destroy(sim_call **call_pointer)
{
    sim_call *call = *call_pointer;

    *call_pointer = NULL;
    for (int i = 0; i < call->count; i++)
        person_destroy(&call->people[i]);
    sim_clock_install(NULL);
    sim_net_destroy(&call->net);
    free(call);
}

sim_net *sim_call_net(const sim_call *call)
{
    return call->net;
}
double sim_call_fps(const sim_call *call)
{
    return call->config.fps;
}
qua_time sim_call_now(const sim_call *call)
{
    return sim_net_now(call->net);
}

void sim_call_add_stun(sim_call *call, const char *ip, uint16_t port)
{
    const int error = qua_addr_parse(&call->stun, ip, port);

    assert(error == 0);
    (void)error;
    sim_net_stun_server(call->net, ip, port);
}

int sim_call_join(sim_call *call, const sim_guest *guest)
{
    const sim_guest plain = {0};
    const int number = call->count++;

    assert(number < SIM_PEOPLE);
    call->people[number] = person_create(call, number, guest ? guest : &plain);
    person_drain(call->people[number], sim_call_now(call));
    return number;
}

void sim_call_run(sim_call *call, double seconds)
{
    sim_net_run_until(call->net, sim_call_now(call) + (qua_time)(seconds * 1e6));
}

void sim_call_leave(sim_call *call, int number)
{
    sim_person *p = call->people[number];

    qua_mesh_leave(p->mesh, sim_call_now(call));
    person_drain(p, sim_call_now(call));
}

void sim_call_kill(sim_call *call, int number, bool power_off)
{
    sim_person *p = call->people[number];

    p->alive = false;
    sim_host_kill(p->host);
    if (p->socket && power_off)
        sim_socket_abandon(p->socket);
    else if (p->socket)
        sim_socket_close(p->socket);
    p->socket = NULL;
}

void sim_call_mute(sim_call *call, int number, bool audio, bool video)
{
    sim_person *p = call->people[number];

    qua_mesh_set_muted(p->mesh, sim_call_now(call), audio, video);
    person_drain(p, sim_call_now(call));
}

void sim_call_stop_server(sim_call *call)
{
    sim_server_stop(call->server);
}
void sim_call_start_server(sim_call *call)
{
    sim_server_start(call->server);
}

void sim_call_path(sim_call *call, int from, int to, const char *link)
{
    sim_net_leg(call->net, call->people[from]->iface, call->people[to]->iface, sim_net_pipe(call->net, link));
}

sim_iface *sim_call_iface(const sim_call *call, int person)
{
    return call->people[person]->iface;
}
sim_pipe *sim_call_uplink(const sim_call *call, int person)
{
    return call->people[person]->up;
}
qua_call_state sim_call_state(const sim_call *call, int person)
{
    return call->people[person]->state;
}
int sim_call_error(const sim_call *call, int person)
{
    return call->people[person]->error;
}
uint64_t sim_call_hash(const sim_call *call)
{
    return call->hash;
}
sim_cpu sim_call_cpu(const sim_call *call, int person)
{
    return call->people[person]->cpu;
}
uint64_t sim_call_sent_bytes(const sim_call *call, int person)
{
    return call->people[person]->sent_bytes;
}

void sim_call_hub_stats(const sim_call *call, int person, qua_hub_stats *out)
{
    qua_hub_get_stats(call->people[person]->hub, out);
}

size_t sim_call_links(const sim_call *call, int person, qua_call_link *out, size_t capacity)
{
    return qua_mesh_get_stats(call->people[person]->mesh, sim_call_now(call), out, capacity);
}

size_t sim_call_buffers(const sim_call *call, int person)
{
    size_t in_use, allocated;

    qua_pool_stats(call->people[person]->packets, &in_use, &allocated);
    return in_use;
}
