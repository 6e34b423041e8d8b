/*
 * Where a picture goes in a view and how its colours are computed; shared by the Metal renderer, its shaders and the
 * tests that run both on a computer.
 */
#ifndef QUA_VIDEO_GEOMETRY_H
#define QUA_VIDEO_GEOMETRY_H

/** Integer weights of 13 fractional bits: r = (y*(Y-offset) + rv*V' + half) >> 13 and so on, with U' = U - 128. */
typedef struct qua_colour_weights {
    int offset, y, rv, gu, gv, bu;
} qua_colour_weights;

/** BT.709 is for pictures of 720 lines and more, where the buffer does not say (BT.601, ITU-R BT.709-6, rounded). */
static inline qua_colour_weights qua_colour_weights_for(int is709, int full_range)
{
    if (full_range)
        return is709 ? (qua_colour_weights){0, 8192, 12901, -1535, -3835, 15201}
                     : (qua_colour_weights){0, 8192, 11485, -2819, -5850, 14516};
    return is709 ? (qua_colour_weights){16, 9539, 14686, -1747, -4366, 17305}
                 : (qua_colour_weights){16, 9539, 13075, -3209, -6660, 16525};
}

/** Four corners as a triangle strip: position in clip space, then texture coordinates. */
typedef struct qua_quad {
    float vertex[4][4];
} qua_quad;

/**
 * @param rotation clockwise degrees that show the picture upright; @param mirror left to right, as seen on the screen
 * @param fill cover the view and cut off what is over, else show all of the picture
 * @param crop the part of the texture that is shown: left, top, right, bottom of 0..1
 */
static inline qua_quad qua_quad_for(int width, int height, int rotation, int mirror, double view_width,
                                    double view_height, int fill, const float crop[4])
{
    static const float corners[4][2] = {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
    const int turned = rotation == 90 || rotation == 270;
    const double shown_width = turned ? height : width, shown_height = turned ? width : height;
    const double wide = view_width / (shown_width > 0 ? shown_width : 1);
    const double high = view_height / (shown_height > 0 ? shown_height : 1);
    const double scale = fill ? (wide > high ? wide : high) : (wide < high ? wide : high);
    const float x = (float)(view_width > 0 ? shown_width * scale / view_width : 1);
    const float y = (float)(view_height > 0 ? shown_height * scale / view_height : 1);
    qua_quad quad;

    for (int i = 0; i < 4; i++) {
        /* s, t: where this corner of the screen lies in the upright picture, t downwards; then turn it back */
        const float s = (mirror ? -corners[i][0] : corners[i][0]) * 0.5f + 0.5f, t = 0.5f - corners[i][1] * 0.5f;
        const float u = rotation == 90 ? t : rotation == 180 ? 1 - s : rotation == 270 ? 1 - t : s;
        const float v = rotation == 90 ? 1 - s : rotation == 180 ? 1 - t : rotation == 270 ? s : t;

        quad.vertex[i][0] = corners[i][0] * x;
        quad.vertex[i][1] = corners[i][1] * y;
        quad.vertex[i][2] = crop[0] + u * (crop[2] - crop[0]);
        quad.vertex[i][3] = crop[1] + v * (crop[3] - crop[1]);
    }
    return quad;
}

#endif
