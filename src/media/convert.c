/* Copies, scaling and colours, by libyuv. */
#include <libyuv.h>

#include "media/media.h"

static void scale_into(const qua_frame *from, qua_frame *onto, int x, int y, int width, int height)
{
    I420Scale(from->plane[0], (int)from->stride[0], from->plane[1], (int)from->stride[1], from->plane[2],
              (int)from->stride[2], from->width, from->height, onto->plane[0] + y * onto->stride[0] + x,
              (int)onto->stride[0], onto->plane[1] + y / 2 * onto->stride[1] + x / 2, (int)onto->stride[1],
              onto->plane[2] + y / 2 * onto->stride[2] + x / 2, (int)onto->stride[2], width, height, kFilterBox);
}

qua_frame *qua_frame_scale(qua_frame *frame, int width, int height)
{
    return qua_frame_pool_scale(NULL, frame, width, height);
}

qua_frame *qua_frame_pool_scale(qua_frame_pool *pool, qua_frame *frame, int width, int height)
{
    qua_frame *out;

    if (frame->width == width && frame->height == height)
        return qua_frame_ref(frame);
    out = qua_frame_pool_get(pool, width, height);
    if (!out)
        return NULL;
    scale_into(frame, out, 0, 0, width, height);
    out->captured = frame->captured;
    out->number = frame->number;
    out->rotation = frame->rotation;
    return out;
}

qua_frame *qua_frame_pool_copy(qua_frame_pool *pool, int width, int height, const uint8_t *const plane[3],
                               const ptrdiff_t stride[3])
{
    qua_frame *out = qua_frame_pool_get(pool, width, height);

    if (out)
        I420Copy(plane[0], (int)stride[0], plane[1], (int)stride[1], plane[2], (int)stride[2], out->plane[0],
                 (int)out->stride[0], out->plane[1], (int)out->stride[1], out->plane[2], (int)out->stride[2], width,
                 height);
    return out;
}

qua_frame *qua_frame_from_nv12(int width, int height, const uint8_t *y, ptrdiff_t y_stride, const uint8_t *uv,
                               ptrdiff_t uv_stride)
{
    qua_frame *out = qua_frame_create(width, height);

    if (out)
        NV12ToI420(y, (int)y_stride, uv, (int)uv_stride, out->plane[0], (int)out->stride[0], out->plane[1],
                   (int)out->stride[1], out->plane[2], (int)out->stride[2], width, height);
    return out;
}

void qua_frame_to_nv12(const qua_frame *frame, uint8_t *y, ptrdiff_t y_stride, uint8_t *uv, ptrdiff_t uv_stride)
{
    I420ToNV12(frame->plane[0], (int)frame->stride[0], frame->plane[1], (int)frame->stride[1], frame->plane[2],
               (int)frame->stride[2], y, (int)y_stride, uv, (int)uv_stride, frame->width, frame->height);
}

void qua_frame_fill(qua_frame *frame, uint8_t y, uint8_t u, uint8_t v)
{
    I420Rect(frame->plane[0], (int)frame->stride[0], frame->plane[1], (int)frame->stride[1], frame->plane[2],
             (int)frame->stride[2], 0, 0, frame->width, frame->height, y, u, v);
}

void qua_frame_draw(qua_frame *onto, const qua_frame *from, int x, int y, int width, int height)
{
    assert(x >= 0 && y >= 0 && x + width <= onto->width && y + height <= onto->height && x % 2 == 0 && y % 2 == 0);
    scale_into(from, onto, x, y, width, height);
}

void qua_frame_to_rgb(const qua_frame *frame, uint8_t *out)
{
    /* libyuv names formats by their order in a register: RAW is R, G, B in memory */
    I420ToRAW(frame->plane[0], (int)frame->stride[0], frame->plane[1], (int)frame->stride[1], frame->plane[2],
              (int)frame->stride[2], out, frame->width * 3, frame->width, frame->height);
}
