/* Fitting, and the grid of a call. */
#include "device/device.h"

#define GROUND_Y 32 /* dark grey */
#define NEUTRAL  128

static void unref_frame(void *context)
{
    qua_frame *frame = context;

    qua_frame_unref(&frame);
}

/* The largest part in the middle that has the shape of width x height; a view, no copy. Takes `frame`. */
static qua_frame *crop_to_shape(qua_frame *frame, int width, int height)
{
    const bool too_wide = (int64_t)frame->width * height > (int64_t)frame->height * width;
    const int w = too_wide ? QUA_MAX(2, (int)((int64_t)frame->height * width / height) & ~1) : frame->width;
    const int h = too_wide ? frame->height : QUA_MAX(2, (int)((int64_t)frame->width * height / width) & ~1);
    const int x = QUA_MAX(0, (frame->width - w) / 2) & ~1, y = QUA_MAX(0, (frame->height - h) / 2) & ~1;
    uint8_t *plane[3];
    qua_frame *view;

    if (w >= frame->width && h >= frame->height)
        return frame;
    for (int p = 0; p < 3; p++)
        plane[p] = frame->plane[p] + (p ? y / 2 : y) * frame->stride[p] + (p ? x / 2 : x);
    view =
        qua_frame_wrap(QUA_MIN(w, frame->width), QUA_MIN(h, frame->height), plane, frame->stride, unref_frame, frame);
    if (!view) {
        qua_frame_unref(&frame);
        return NULL;
    }
    view->captured = frame->captured;
    view->number = frame->number;
    view->rotation = frame->rotation;
    return view;
}

qua_frame *qua_picture_fit(qua_frame *frame, int width, int height)
{
    qua_frame *view, *fitted;

    if (frame->width == width && frame->height == height)
        return frame;
    view = crop_to_shape(frame, width, height);
    if (!view)
        return NULL;
    fitted = qua_frame_scale(view, width, height);
    qua_frame_unref(&view);
    return fitted;
}

/* Draw with its shape kept, in the middle of a place. */
static void place(qua_frame *grid, const qua_frame *frame, int x, int y, int width, int height)
{
    const bool wide = (int64_t)frame->width * height > (int64_t)frame->height * width;
    const int w = QUA_MAX(2, wide ? width : (int)((int64_t)height * frame->width / frame->height)) & ~1;
    const int h = QUA_MAX(2, wide ? (int)((int64_t)width * frame->height / frame->width) : height) & ~1;

    qua_frame_draw(grid, frame, x + (((width - w) / 2) & ~1), y + (((height - h) / 2) & ~1), w, h);
}

qua_frame *qua_picture_grid(qua_frame *const *frames, size_t count, int width, int height)
{
    const int columns = count > 1 ? 2 : 1, rows = count > 2 ? 2 : 1;
    const int w = (width / columns) & ~1, h = (height / rows) & ~1;
    qua_frame *grid;

    if (count > 4 || w < 2 || h < 2)
        return NULL;
    grid = qua_frame_create(width, height);
    if (!grid)
        return NULL;
    qua_frame_fill(grid, GROUND_Y, NEUTRAL, NEUTRAL);
    for (size_t i = 0; i < count; i++)
        if (frames[i])
            place(grid, frames[i], (int)i % 2 * w, (int)i / 2 * h, w, h);
    return grid;
}
