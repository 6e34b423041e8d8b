/* Frames into slices: references, quantiser and budget, passes, state. */
#include <stdlib.h>
#include <string.h>

#include "codec/encode.h"

enum {
    RING_SLOTS = 4,
    GOLDEN_SLOT = 4,
    BOOST_PERIOD = 8,
    BOOST_QP = 28,
    FINEST_QP = 24,
    MAX_PASSES = 3,
    REFRESH_FRAMES = 30
};

const char *viola_strerror(int error)
{
    switch (error) {
    case VIOLA_OK:
        return "no error";
    case VIOLA_EINVAL:
        return "an argument is out of its range";
    case VIOLA_ENOMEM:
        return "out of memory";
    case VIOLA_EDATA:
        return "not valid Viola data";
    case VIOLA_EUNSUPPORTED:
        return "a version or size that is not supported";
    case VIOLA_EAGAIN:
        return "no frame is ready";
    case VIOLA_ELATE:
        return "the slice belongs to a finished frame";
    case VIOLA_ENOREF:
        return "a reference is missing";
    case VIOLA_EBUDGET:
        return "the budget is too small for the frame";
    default:
        return "unknown error";
    }
}

#define TEXT(x)               #x
#define VERSION_TEXT(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *viola_version(void)
{
    return VERSION_TEXT(VIOLA_VERSION_MAJOR, VIOLA_VERSION_MINOR, VIOLA_VERSION_PATCH);
}

void viola_encoder_config_default(viola_encoder_config *config, int width, int height)
{
    *config = (viola_encoder_config){
        .width = width, .height = height, .effort = 2, .threads = 1, .cpu_mask = VIOLA_CPU_ALL, .fps = 30};
}

void viola_frame_params_default(viola_frame_params *params)
{
    *params = (viola_frame_params){.qp = 128, .effort = -1, .allowed_refs = 0xff, .refresh = VIOLA_REFRESH_AUTO};
}

/* ------------------------------------------------------------ life */

static int size_valid(int width, int height)
{
    return width >= VIOLA_MIN_SIZE && width <= VIOLA_MAX_SIZE && height >= VIOLA_MIN_SIZE && height <= VIOLA_MAX_SIZE;
}

/* buffers that depend on the frame's size */
static int resize(viola_encoder *e, int width, int height)
{
    viola_work *w = &e->work;
    if (w->memory && w->width == width && w->height == height)
        return VIOLA_OK;
    const size_t units = (size_t)((width + 7) / 8) * (size_t)((height + 7) / 8);
    const size_t capacity = (size_t)width * (size_t)height * 4 + 65536;
    plan_unit *plan = calloc(units, sizeof *plan);
    uint16_t *words = malloc(capacity * sizeof *words);
    uint8_t *out = malloc(capacity);
    uint32_t *weights = malloc((size_t)((width + 63) / 64) * (size_t)((height + 63) / 64) * sizeof *weights);
    if (!plan || !words || !out || !weights || viola_work_resize(w, width, height)) {
        free(plan);
        free(weights);
        free(words);
        free(out);
        return VIOLA_ENOMEM;
    }
    free(e->plan);
    free(e->words);
    free(e->out);
    free(e->budget.weights);
    e->budget.weights = weights;
    e->plan = plan;
    e->plan_count = units;
    e->words = words;
    e->words_capacity = capacity;
    e->out = out;
    e->out_capacity = capacity;
    return VIOLA_OK;
}

viola_encoder *viola_encoder_create(const viola_encoder_config *config, int *error)
{
    int ignored;
    error = error ? error : &ignored;
    if (!config || !size_valid(config->width, config->height) || config->effort < 0 ||
        config->effort > VIOLA_MAX_EFFORT || config->threads < 1 || config->threads > VIOLA_MAX_THREADS) {
        *error = VIOLA_EINVAL;
        return NULL;
    }
    viola_encoder *e = aligned_alloc(64, (sizeof *e + 63) / 64 * 64);
    if (e)
        memset(e, 0, sizeof *e);
    if (!e || resize(e, config->width, config->height)) {
        free(e);
        *error = VIOLA_ENOMEM;
        return NULL;
    }
    e->config = *config;
    viola_dsp_init(&e->dsp, config->cpu_mask);
    e->work.dsp = &e->dsp;
    *error = VIOLA_OK;
    return e;
}

static void drop_work(viola_encoder *e)
{
    viola_work *w = &e->work;
    for (int i = 0; i < VIOLA_MAX_REFS; i++)
        viola_surface_unref(&w->refs[i]);
    if (w->output != w->target)
        viola_surface_unref(&w->output);
    w->output = NULL;
    viola_surface_unref(&w->target);
}

void viola_encoder_destroy(viola_encoder **encoder)
{
    viola_encoder *e = *encoder;
    *encoder = NULL;
    if (!e)
        return;
    drop_work(e);
    for (int i = 0; i < VIOLA_SLOTS; i++)
        viola_surface_unref(&e->slot[i]);
    viola_surface_unref(&e->source);
    viola_surface_unref(&e->last_output);
    viola_pool_clear(&e->pool);
    viola_work_free(&e->work);
    free(e->plan);
    free(e->words);
    free(e->out);
    free(e->budget.weights);
    free(e);
}

/* ------------------------------------------------------------ saving and restoring */

int viola_encoder_save(const viola_encoder *e, viola_state **state)
{
    viola_state *s = *state ? *state : calloc(1, sizeof *s);
    if (!s)
        return VIOLA_ENOMEM;
    if (s->plan_count != e->plan_count) {
        plan_unit *plan = realloc(s->plan, e->plan_count * sizeof *plan);
        if (!plan) {
            if (!*state)
                free(s);
            return VIOLA_ENOMEM;
        }
        s->plan = plan;
        s->plan_count = e->plan_count;
    }
    memcpy(s->plan, e->plan, e->plan_count * sizeof *e->plan);
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        viola_surface_unref(&s->slot[i]);
        s->slot[i] = viola_surface_ref(e->slot[i]);
    }
    s->number = e->number;
    s->frames = e->frames;
    s->since_boost = e->since_boost;
    s->last_slot = e->last_slot;
    memcpy(s->model, e->budget.model, sizeof s->model);
    *state = s;
    return VIOLA_OK;
}

int viola_encoder_restore(viola_encoder *e, const viola_state *s)
{
    if (!s)
        return VIOLA_EINVAL;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        viola_surface *old = e->slot[i];
        e->slot[i] = viola_surface_ref(s->slot[i]);
        viola_surface_unref(&old);
    }
    if (s->plan_count == e->plan_count)
        memcpy(e->plan, s->plan, s->plan_count * sizeof *s->plan);
    e->number = s->number;
    e->frames = s->frames;
    e->since_boost = s->since_boost;
    e->last_slot = s->last_slot;
    memcpy(e->budget.model, s->model, sizeof s->model);
    return VIOLA_OK;
}

void viola_state_destroy(viola_state **state)
{
    viola_state *s = *state;
    *state = NULL;
    if (!s)
        return;
    for (int i = 0; i < VIOLA_SLOTS; i++)
        viola_surface_unref(&s->slot[i]);
    free(s->plan);
    free(s);
}

/* a surface of another pool with the same content; slots that share one keep sharing */
static viola_surface *copy_surface(viola_pool *pool, const viola_surface *from)
{
    viola_surface *to = viola_surface_get(pool, from->width, from->height);
    if (!to)
        return NULL;
    for (int p = 0; p < 3; p++) {
        const int rows = from->coded_height >> (p > 0);
        memcpy(to->plane[p], from->plane[p], (size_t)((rows - 1) * from->stride[p] + (from->coded_width >> (p > 0))));
    }
    const size_t cells = (size_t)((from->coded_width + 15) / 16) * (size_t)((from->coded_height + 15) / 16);
    memcpy(to->field, from->field, cells * sizeof *to->field);
    to->contexts = from->contexts;
    to->number = from->number;
    to->qp = from->qp;
    to->boosted = from->boosted;
    to->temporal_layer = from->temporal_layer;
    viola_surface_extend(to);
    return to;
}

viola_encoder *viola_encoder_fork(const viola_encoder *e)
{
    viola_encoder_config config = e->config;
    config.width = e->work.width;
    config.height = e->work.height;
    viola_encoder *f = viola_encoder_create(&config, NULL);
    if (!f)
        return NULL;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        for (int k = 0; k < i && e->slot[i]; k++)
            if (e->slot[k] == e->slot[i])
                f->slot[i] = viola_surface_ref(f->slot[k]);
        if (e->slot[i] && !f->slot[i] && !(f->slot[i] = copy_surface(&f->pool, e->slot[i]))) {
            viola_encoder_destroy(&f);
            return NULL;
        }
    }
    memcpy(f->plan, e->plan, e->plan_count * sizeof *e->plan);
    f->number = e->number;
    f->frames = e->frames;
    f->since_boost = e->since_boost;
    f->last_slot = e->last_slot;
    memcpy(f->budget.model, e->budget.model, sizeof f->budget.model);
    return f;
}

/* ------------------------------------------------------------ source and references */

static void copy_source_plane(viola_surface *s, int p, const viola_picture *picture)
{
    const int w = p ? (picture->width + 1) / 2 : picture->width, h = p ? (picture->height + 1) / 2 : picture->height;
    const int cw = s->coded_width >> (p > 0), ch = s->coded_height >> (p > 0);
    for (int y = 0; y < ch; y++) {
        uint8_t *row = s->plane[p] + y * s->stride[p];
        memcpy(row, picture->plane[p] + (y < h ? y : h - 1) * picture->stride[p], (size_t)w);
        memset(row + w, row[w - 1], (size_t)(cw - w));
    }
}

static int take_source(viola_encoder *e, const viola_picture *picture)
{
    if (!e->source || e->source->width != picture->width || e->source->height != picture->height) {
        viola_surface_unref(&e->source);
        e->source = viola_surface_get(&e->pool, picture->width, picture->height);
        if (!e->source)
            return VIOLA_ENOMEM;
    }
    for (int p = 0; p < 3; p++)
        copy_source_plane(e->source, p, picture);
    viola_surface_extend(e->source);
    return VIOLA_OK;
}

static int add_reference(viola_encoder *e, int slot)
{
    viola_work *w = &e->work;
    viola_surface *s = e->slot[slot];
    frame_header *h = &w->header;
    h->ref_slot[h->ref_count] = (uint8_t)slot;
    h->ref_number[h->ref_count] = s->number & 63;
    if (s->width == w->width && s->height == w->height) {
        w->refs[h->ref_count++] = viola_surface_ref(s);
        return VIOLA_OK;
    }
    viola_surface *scaled = viola_surface_get(&e->pool, w->width, w->height);
    if (!scaled)
        return VIOLA_ENOMEM;
    viola_surface_scale(scaled, s);
    w->refs[h->ref_count++] = scaled;
    return VIOLA_OK;
}

static int usable(const viola_encoder *e, const viola_frame_params *p, int slot)
{
    return (p->allowed_refs >> slot & 1) && e->slot[slot] && e->slot[slot]->temporal_layer <= p->temporal_layer;
}

/* the newest picture first, then the newest boosted one */
static int choose_references(viola_encoder *e, const viola_frame_params *p)
{
    int newest = -1, golden = -1;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        if (!usable(e, p, i))
            continue;
        const unsigned age = (e->number - e->slot[i]->number) & 0xffff;
        if (newest < 0 || age < ((e->number - e->slot[newest]->number) & 0xffff))
            newest = i;
    }
    for (int i = 0; i < VIOLA_SLOTS && newest >= 0; i++) {
        if (!usable(e, p, i) || e->slot[i] == e->slot[newest] || !e->slot[i]->boosted)
            continue;
        if (golden < 0 ||
            ((e->number - e->slot[i]->number) & 0xffff) < ((e->number - e->slot[golden]->number) & 0xffff))
            golden = i;
    }
    if (newest < 0)
        return VIOLA_OK;
    const int error = add_reference(e, newest);
    return error || golden < 0 ? error : add_reference(e, golden);
}

/* The slot whose picture is the oldest, of those that this frame does not refer to: what the receivers are known to
 * hold outlasts the frames whose fate is not known yet. */
static int slot_to_spare(const viola_encoder *e)
{
    const frame_header *h = &e->work.header;
    int best = -1;
    unsigned oldest = 0;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        int used = 0;
        for (int k = 0; k < h->ref_count; k++)
            used |= e->slot[h->ref_slot[k]] == e->slot[i];
        const unsigned age = e->slot[i] ? (e->number - e->slot[i]->number) & 0xffff : 0x10000;
        if (!used && age > oldest) {
            best = i;
            oldest = age;
        }
    }
    return best < 0 ? e->last_slot : best;
}

static unsigned choose_refresh(viola_encoder *e, const viola_frame_params *p, int boosted)
{
    if (!(p->refresh & VIOLA_REFRESH_AUTO))
        return p->refresh & 0xff;
    if ((p->allowed_refs & 0xff) != 0xff) {
        e->last_slot = slot_to_spare(e);
        return 1u << e->last_slot;
    }
    e->last_slot = (e->last_slot + 1) % RING_SLOTS;
    return 1u << e->last_slot | (boosted ? 1u << GOLDEN_SLOT : 0);
}

static int begin_frame(viola_encoder *e, const viola_picture *picture, const viola_frame_params *p)
{
    viola_work *w = &e->work;
    int error = resize(e, picture->width, picture->height);
    if (!error)
        error = take_source(e, picture);
    if (error)
        return error;
    w->header = (frame_header){.number = e->number,
                               .temporal_layer = p->temporal_layer,
                               .spatial_layer = p->spatial_layer,
                               .width = picture->width,
                               .height = picture->height};
    if (!(p->flags & VIOLA_FRAME_START) && (error = choose_references(e, p)))
        return error;
    frame_header *h = &w->header;
    h->start = h->ref_count == 0;
    h->reset_entropy = h->start || (p->flags & (VIOLA_FRAME_RESET_ENTROPY | VIOLA_FRAME_INTRA_REFRESH)) != 0;
    h->size_given =
        h->start || e->slot[h->ref_slot[0]]->width != w->width || e->slot[h->ref_slot[0]]->height != w->height;
    w->target = viola_surface_get(&e->pool, w->width, w->height);
    return w->target ? VIOLA_OK : VIOLA_ENOMEM;
}

/* ------------------------------------------------------------ quantiser and filters of the frame */

static int clamp_int(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static void set_frame_qp(viola_encoder *e, int qp)
{
    frame_header *h = &e->work.header;
    e->frame_qp = h->qp = clamp_int(qp, 0, VIOLA_MAX_QP);
    const int step = viola_step[h->qp];
    h->deblock = clamp_int((step * (h->start ? 6 : 7) >> 6) + (h->start ? 0 : 4), 0, 63);
    h->enhance_pri = clamp_int((int)(step * 0.0136 - step * (double)step * 0.0000048 + 0.5), 0, 15);
    h->enhance_sec = clamp_int((int)(step * 0.0014 + 0.5), 0, 3);
    if (!e->effort->enhance)
        h->enhance_pri = h->enhance_sec = 0;
}

/* the walk of intra refresh: on from where the last such frame ended */
static void choose_intra_refresh(viola_encoder *e, const viola_frame_params *p)
{
    const int total = e->work.sb_cols * e->work.sb_rows;
    e->refresh_from = e->refresh_from + e->refresh_count < total ? e->refresh_from + e->refresh_count : 0;
    e->refresh_count = p->flags & VIOLA_FRAME_INTRA_REFRESH ? (total + REFRESH_FRAMES - 1) / REFRESH_FRAMES : 0;
}

/* Encodes once, or with a budget whose outcome is uncertain up to three times; slices are then held until chosen. */
static void encode_passes(viola_encoder *e, int finest)
{
    const int held = viola_budget_begin(e, finest);
    set_frame_qp(e, viola_budget_frame_qp(e));
    for (e->stats.passes = 1;; e->stats.passes++) {
        viola_encode_slices(e, !held);
        if (!held || e->stats.passes == MAX_PASSES || viola_budget_settled(e))
            break;
        viola_budget_learn(e);
        set_frame_qp(e, viola_budget_frame_qp(e));
    }
    viola_budget_learn(e);
    if (held)
        viola_emit_slices(e, 0);
}

/* ------------------------------------------------------------ a frame */

static int params_valid(const viola_frame_params *p, const viola_picture *picture)
{
    return picture && p && size_valid(picture->width, picture->height) && p->qp >= -1 && p->qp <= VIOLA_MAX_QP &&
           (p->qp >= 0 || p->budget_bytes) && p->effort >= -1 && p->effort <= VIOLA_MAX_EFFORT &&
           (!p->slice_bytes || (p->slice_bytes >= 200 && p->slice_bytes <= 65535)) && p->temporal_layer >= 0 &&
           p->temporal_layer <= 3 && p->spatial_layer >= 0 && p->spatial_layer <= 1;
}

static int finish_frame(viola_encoder *e, int boosted)
{
    viola_work *w = &e->work;
    w->output = w->target;
    if (w->header.enhance_pri || w->header.enhance_sec) {
        w->output = viola_surface_get(&e->pool, w->width, w->height);
        if (!w->output)
            return VIOLA_ENOMEM;
    }
    viola_postfilter(w);
    viola_store_field(w);
    viola_surface *out = w->output;
    out->number = e->number;
    out->contexts = e->saved;
    out->qp = e->frame_qp;
    out->boosted = boosted;
    out->temporal_layer = w->header.temporal_layer;
    for (int i = 0; i < VIOLA_SLOTS; i++) {
        if (!(w->header.refresh >> i & 1))
            continue;
        viola_surface_unref(&e->slot[i]);
        e->slot[i] = viola_surface_ref(out);
    }
    viola_surface_unref(&e->last_output);
    e->last_output = viola_surface_ref(out);
    return VIOLA_OK;
}

static void fill_stats(viola_encoder *e, int boosted, viola_frame_stats *stats)
{
    const frame_header *h = &e->work.header;
    e->stats.frame = e->number;
    e->stats.bytes = e->out_size;
    e->stats.slices = e->slice_count;
    e->stats.qp = h->qp;
    e->stats.qp_mean = (double)e->qp_sum / (e->work.sb_cols * e->work.sb_rows);
    e->stats.start = h->start;
    e->stats.refresh = h->refresh;
    e->stats.boosted = boosted;
    for (int i = 0; i < h->ref_count; i++)
        e->stats.refs |= 1u << h->ref_slot[i];
    if (stats)
        *stats = e->stats;
}

int viola_encoder_encode(viola_encoder *e, const viola_picture *picture, const viola_frame_params *params,
                         viola_slice_fn slice, void *opaque, viola_frame_stats *stats)
{
    if (!e || !params_valid(params, picture))
        return VIOLA_EINVAL;
    e->effort = &viola_efforts[params->effort < 0 ? e->config.effort : params->effort];
    e->params = params;
    e->emit = slice;
    e->emit_opaque = opaque;
    e->stats = (viola_frame_stats){0};
    int error = begin_frame(e, picture, params);
    if (error) {
        drop_work(e);
        return error;
    }
    frame_header *h = &e->work.header;
    const int boosted = h->start || (!(params->flags & VIOLA_FRAME_NO_BOOST) && e->since_boost + 1 >= BOOST_PERIOD);
    if (h->reset_entropy)
        viola_contexts_default(&e->initial);
    else
        e->initial = e->work.refs[0]->contexts;
    h->refresh = choose_refresh(e, params, boosted);
    choose_intra_refresh(e, params);
    h->qp_varies = params->budget_bytes || params->slice_bytes || params->roi;
    encode_passes(e, params->qp < 0 ? FINEST_QP : clamp_int(params->qp - (boosted ? BOOST_QP : 0), 0, VIOLA_MAX_QP));
    error = finish_frame(e, boosted);
    fill_stats(e, boosted, stats);
    const int over_budget = params->budget_bytes && e->out_size > params->budget_bytes;
    drop_work(e);
    e->since_boost = boosted ? 0 : e->since_boost + 1;
    e->number = (e->number + 1) & 0xffff;
    e->frames++;
    return error ? error : over_budget ? VIOLA_EBUDGET : VIOLA_OK;
}

int viola_encoder_reconstruction(const viola_encoder *e, viola_picture *picture)
{
    const viola_surface *s = e->last_output;
    if (!s)
        return VIOLA_EAGAIN;
    *picture = (viola_picture){.width = s->width, .height = s->height, .time_us = s->time_us};
    for (int p = 0; p < 3; p++) {
        picture->plane[p] = s->plane[p];
        picture->stride[p] = s->stride[p];
    }
    return VIOLA_OK;
}
