/*
 * Keeping a frame within its bytes. Bits are foreseen as density * weight / step^1.2: the weight of a superblock is how
 * much it differs from the reference (or how busy it is), the density is learned from frame to frame and, within a
 * frame, from superblock to superblock.
 */
#include <math.h>

#include "codec/encode.h"

#define RATE_EXPONENT 1.2
#define AIM           0.96 /* of the limit */

enum { WEIGHT_BASE = 400, STEADY = 4, RESERVE_INNER = 1, RESERVE_EDGE = 5, QP_SPREAD = 60 };

static double rate_of_qp(int qp)
{
    return pow(viola_step[qp], -RATE_EXPONENT);
}

/* the quantiser at which `rate` is reached */
static double qp_of_rate(double rate)
{
    const double step = pow(rate, -1 / RATE_EXPONENT);
    return 36 * log2(step / viola_step[0]);
}

static budget_model *model_of(viola_encoder *e)
{
    return &e->budget.model[e->work.header.ref_count > 0];
}

/* ------------------------------------------------------------ weights */

/* what a block without reference costs: its change from row to row */
static uint32_t activity(const viola_encoder *e, int x, int y, int w, int h)
{
    const ptrdiff_t stride = e->source->stride[0];
    const uint8_t *s = source_at(e, 0, x, y);
    (void)w;
    return e->dsp.sad[VIOLA_W64](s, stride, s + stride, stride, h) / 2 +
           e->dsp.sad[VIOLA_W64](s, stride, s + 1, stride, h) / 2;
}

static uint32_t difference(const viola_encoder *e, int x, int y, int h)
{
    const viola_surface *ref = e->work.refs[0];
    return e->dsp.sad[VIOLA_W64](source_at(e, 0, x, y), e->source->stride[0], ref->plane[0] + y * ref->stride[0] + x,
                                 ref->stride[0], h);
}

static void weigh(viola_encoder *e)
{
    const viola_work *w = &e->work;
    budget *b = &e->budget;
    b->total = 0;
    for (int sb = 0; sb < w->sb_cols * w->sb_rows; sb++) {
        const int x = sb % w->sb_cols * SB_SIZE, y = sb / w->sb_cols * SB_SIZE;
        const int h = w->coded_height - y < SB_SIZE ? w->coded_height - y : SB_SIZE;
        uint32_t v = activity(e, x, y, SB_SIZE, h);
        if (w->header.ref_count) {
            const uint32_t d = difference(e, x, y, h);
            v = d < v ? d : v;
        }
        b->weights[sb] = v + WEIGHT_BASE;
        b->total += b->weights[sb];
    }
}

/* ------------------------------------------------------------ a frame */

int viola_budget_begin(viola_encoder *e, int finest)
{
    budget *b = &e->budget;
    b->limit = e->params->budget_bytes;
    b->finest = finest;
    if (!b->limit)
        return 0;
    weigh(e);
    budget_model *m = model_of(e);
    const int steady = m->density > 0 && b->total < m->weight * STEADY;
    if (m->density <= 0)
        m->density = e->work.header.ref_count ? 12 : 20;
    return !steady;
}

int viola_budget_frame_qp(const viola_encoder *e)
{
    const budget *b = &e->budget;
    if (!b->limit)
        return b->finest;
    const double bits = (double)b->limit * 8 * AIM - 100;
    const double most = b->model[e->work.header.ref_count > 0].density * b->total;
    if (bits <= 0)
        return VIOLA_MAX_QP;
    const double qp = ceil(qp_of_rate(bits / most));
    return qp < b->finest ? b->finest : qp > VIOLA_MAX_QP ? VIOLA_MAX_QP : (int)qp;
}

static int roi_offset(const viola_encoder *e, int sb)
{
    const viola_work *w = &e->work;
    const viola_frame_params *p = e->params;
    if (!p->roi)
        return 0;
    const int x0 = sb % w->sb_cols * 4, y0 = sb / w->sb_cols * 4, cols = (w->width + 15) / 16,
              rows = (w->height + 15) / 16;
    int sum = 0, count = 0;
    for (int y = y0; y < y0 + 4 && y < rows; y++)
        for (int x = x0; x < x0 + 4 && x < cols; x++, count++)
            sum += p->roi[y * p->roi_stride + x];
    return sum / count;
}

int viola_budget_qp(const viola_encoder *e, int sb, size_t bytes_used)
{
    const budget *b = &e->budget;
    double qp = e->frame_qp;
    if (b->limit) {
        /* what the model foresaw is worth an eighth of the frame against what was seen */
        const double density = b->model[e->work.header.ref_count > 0].density;
        const double prior = density * b->total * rate_of_qp(e->frame_qp) / 8;
        const double trend = ((double)bytes_used * 8 + prior) / (b->expected + prior);
        const double rest = density * (b->total - b->done) * rate_of_qp(e->frame_qp) * trend;
        const double room = ((double)b->limit * AIM - (double)bytes_used) * 8;
        const double change = room > 0 ? 36 / RATE_EXPONENT * log2(rest / room) : QP_SPREAD;
        qp += change < -QP_SPREAD / 4 ? -QP_SPREAD / 4 : change > QP_SPREAD ? QP_SPREAD : change;
        if (fabs(qp - e->qp_coded) < 3)
            qp = e->qp_coded;
    }
    qp += roi_offset(e, sb);
    qp = qp < b->finest - 64 ? b->finest - 64 : qp;
    if (!e->params->roi && qp < b->finest)
        qp = b->finest;
    return qp < 0 ? 0 : qp > VIOLA_MAX_QP ? VIOLA_MAX_QP : (int)qp;
}

void viola_budget_count(viola_encoder *e, int sb, int qp)
{
    budget *b = &e->budget;
    e->qp_sum += (uint32_t)qp;
    if (!b->limit)
        return;
    b->done += b->weights[sb];
    b->expected += model_of(e)->density * b->weights[sb] * rate_of_qp(qp);
}

size_t viola_budget_reserve(const viola_encoder *e, int sb)
{
    const viola_work *w = &e->work;
    const int total = w->sb_cols * w->sb_rows;
    const int ragged_right = w->unit_cols % SB_UNITS != 0, ragged_bottom = w->unit_rows % SB_UNITS != 0;
    if (sb >= total)
        return 0;
    const int edge_rows = ragged_right ? w->sb_rows - (sb + w->sb_cols - 1) / w->sb_cols : 0;
    const int bottom = (w->sb_rows - 1) * w->sb_cols;
    const int edge_bottom = ragged_bottom ? total - (sb > bottom ? sb : bottom) : 0;
    return (size_t)(RESERVE_INNER * (total - sb) + RESERVE_EDGE * (edge_rows + edge_bottom));
}

int viola_budget_settled(const viola_encoder *e)
{
    const budget *b = &e->budget;
    const double mean = (double)e->qp_sum / (e->work.sb_cols * e->work.sb_rows);
    if (e->out_size > b->limit || b->plain)
        return 0;
    if ((double)e->out_size < 0.8 * (double)b->limit && mean > b->finest + 2)
        return 0;
    return fabs(mean - e->frame_qp) < 20;
}

void viola_budget_learn(viola_encoder *e)
{
    budget *b = &e->budget;
    if (!b->limit)
        return;
    budget_model *m = model_of(e);
    const double trend = (double)e->out_size * 8 / (b->expected > 1 ? b->expected : 1);
    const double most = e->stats.passes > 1 || m->weight <= 0 ? 8 : 2;
    m->density *= trend > most ? most : trend < 1 / most ? 1 / most : trend;
    m->weight = m->weight <= 0 ? b->total : m->weight + (b->total - m->weight) / 4;
}
