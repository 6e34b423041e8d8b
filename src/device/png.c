/* A picture as a PNG file. */
#include <png.h>
#include <stdlib.h>

#include "device/device.h"

int qua_picture_write_png(const qua_frame *frame, const char *path, qua_device_error *why)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)frame->width,
                       .height = (png_uint_32)frame->height,
                       .format = PNG_FORMAT_RGB};
    uint8_t *rgb = malloc((size_t)frame->width * (size_t)frame->height * 3);
    int error = 0;

    if (!rgb)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    qua_frame_to_rgb(frame, rgb);
    if (!png_image_write_to_file(&image, path, 0, rgb, 0, NULL))
        error = qua_device_fail(why, QUA_EIO, "%s could not be written: %s", path, image.message);
    free(rgb);
    return error;
}
