/* The thread of a camera: opens its input, keeps the pace, hands pictures out. */
#include <stdlib.h>

#include "device/device.h"

#define SIDE_MAX 4096
#define FPS_MAX  120

struct qua_camera {
    qua_camera_config config;
    char *spec;
    qua_stop stop;
    os_thread *thread;
    qua_input *input;
    int width, height;
    double fps;

    os_mutex *mutex; /* of what follows: how opening went */
    os_cond *opened;
    bool done;
    int error;
    qua_device_error why;
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static int open_input(qua_camera *camera, qua_device_error *why)
{
    const qua_camera_config *config = &camera->config;

    if (strcmp(config->spec, "pattern") == 0)
        return qua_pattern_open(&camera->input, config);
    if (starts_with(config->spec, "i420:"))
        return qua_raw_open(&camera->input, config, &camera->stop, why);
    if (starts_with(config->spec, "/dev/video"))
        return qua_capture_open(&camera->input, config, &camera->stop, why);
    return qua_clip_open(&camera->input, config, &camera->stop, why);
}

static void report_opened(qua_camera *camera, int error, const qua_device_error *why)
{
    os_mutex_lock(camera->mutex);
    camera->done = true;
    camera->error = error;
    camera->why = *why;
    if (!error) {
        camera->width = camera->input->width;
        camera->height = camera->input->height;
        camera->fps = camera->input->fps;
    }
    os_cond_signal(camera->opened);
    os_mutex_unlock(camera->mutex);
}

/* Wait for the next tick of a paced input; the newest that is due counts, as with a real camera. */
static bool wait_for_tick(qua_camera *camera, qua_pace *pace, uint64_t *number, qua_time *captured)
{
    if (qua_stop_wait(&camera->stop, -1, qua_pace_due(pace)) == QUA_WAKE_STOP)
        return false;
    *number = qua_pace_take(pace, os_now(), captured);
    return true;
}

static void deliver(qua_camera *camera, qua_device_error *why)
{
    const bool paced = camera->fps > 0;
    qua_time captured = 0;
    uint64_t number = 0;
    qua_pace pace = {0};
    int error = 0;

    if (paced)
        qua_pace_start(&pace, os_now(), camera->fps, 0);
    while (!paced || wait_for_tick(camera, &pace, &number, &captured)) {
        qua_frame *frame;

        error = camera->input->read(camera->input, number, &frame, why);
        if (error)
            break;
        if (paced)
            frame->captured = captured;
        frame->number = (uint32_t)number;
        camera->config.frame(camera->config.context, frame);
        qua_frame_unref(&frame);
        number++;
    }
    if (error && error != QUA_ECLOSED && camera->config.ended)
        camera->config.ended(camera->config.context, why->text);
}

/* The input is opened here, not by the caller: a child process ends with the thread that started it. */
static void run(void *context)
{
    qua_camera *camera = context;
    qua_device_error why = {{0}};
    const int error = open_input(camera, &why);
    qua_frame_pool *frames;

    report_opened(camera, error, &why);
    if (error)
        return;
    frames = camera->input->frames = qua_frame_pool_create(); /* without memory now each picture allocates */
    deliver(camera, &why);
    camera->input->close(camera->input);
    qua_frame_pool_destroy(&frames);
}

static bool valid(const qua_camera_config *c)
{
    const bool own_size = c->width == 0 && c->height == 0;
    const bool size = c->width >= 16 && c->width <= SIDE_MAX && c->height >= 16 && c->height <= SIDE_MAX &&
                      c->width % 2 == 0 && c->height % 2 == 0;

    return c->spec && c->frame && (own_size || size) && c->fps >= 0 && c->fps <= FPS_MAX;
}

static void wait_until_opened(qua_camera *camera)
{
    os_mutex_lock(camera->mutex);
    while (!camera->done)
        os_cond_wait(camera->opened, camera->mutex);
    os_mutex_unlock(camera->mutex);
}

static void free_camera(qua_camera *camera)
{
    os_cond_destroy(&camera->opened);
    os_mutex_destroy(&camera->mutex);
    free(camera->spec);
    free(camera);
}

int qua_camera_open(qua_camera **out, const qua_camera_config *config, qua_device_error *why)
{
    qua_camera *camera;
    int error;

    if (!valid(config))
        return qua_device_fail(why, QUA_EINVAL,
                               "a camera gives pictures of 16x16 to %dx%d, even, at up to %d frames a second", SIDE_MAX,
                               SIDE_MAX, FPS_MAX);
    camera = qua_zalloc(sizeof *camera);
    if (!camera)
        return qua_device_fail(why, QUA_ENOMEM, "out of memory");
    camera->spec = qua_strndup(config->spec, strlen(config->spec));
    camera->config = *config;
    camera->config.spec = camera->spec;
    if (!camera->spec || os_mutex_create(&camera->mutex) != 0 || os_cond_create(&camera->opened) != 0 ||
        qua_stop_init(&camera->stop) != 0) {
        free_camera(camera);
        return qua_device_fail(why, QUA_ENOMEM, "out of memory or of file descriptors");
    }
    error = os_thread_start(&camera->thread, "camera", run, camera);
    if (error)
        qua_device_fail(&camera->why, error, "no thread for the camera: %s", qua_strerror(error));
    else
        wait_until_opened(camera);
    error = error ? error : camera->error;
    if (error) {
        if (why)
            *why = camera->why;
        qua_camera_close(&camera);
    } else {
        *out = camera;
    }
    return error;
}

void qua_camera_close(qua_camera **camera)
{
    qua_camera *c = *camera;

    *camera = NULL;
    if (!c)
        return;
    qua_stop_set(&c->stop);
    os_thread_join(&c->thread);
    qua_stop_deinit(&c->stop);
    free_camera(c);
}

void qua_camera_format(const qua_camera *camera, int *width, int *height, double *fps)
{
    *width = camera->width;
    *height = camera->height;
    *fps = camera->fps;
}
