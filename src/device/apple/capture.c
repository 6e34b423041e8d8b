/* On Apple systems an app captures with AVFoundation and pushes its own frames. */
#include "device/device.h"

int qua_capture_open(qua_input **out, const qua_camera_config *config, const qua_stop *stop, qua_device_error *why)
{
    (void)out, (void)config, (void)stop;
    return qua_device_fail(why, QUA_ENOTSUP, "cameras of this system are not opened by name; use a file or pattern");
}
