/* A BIO that keeps the borders of datagrams (BIO_s_mem loses them). */
#include <openssl/bio.h>
#include <pthread.h>

#include "dtls/dtls_internal.h"

static int pipe_write(BIO *bio, const char *data, int size)
{
    dtls_pipe *pipe = BIO_get_data(bio);
    const size_t slot = (pipe->first + pipe->count) % DTLS_OUT_QUEUE;

    BIO_clear_retry_flags(bio);
    if (size <= 0 || size > QUA_DATAGRAM_MAX)
        return -1;
    if (pipe->count == DTLS_OUT_QUEUE)
        return size; /* lost, as the network may lose it: DTLS sends it again */
    memcpy(pipe->out[slot].data, data, (size_t)size);
    pipe->out[slot].size = (uint16_t)size;
    pipe->count++;
    return size;
}

static int pipe_read(BIO *bio, char *out, int size)
{
    dtls_pipe *pipe = BIO_get_data(bio);
    int n;

    BIO_clear_retry_flags(bio);
    if (!pipe->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    n = (int)QUA_MIN(pipe->in_size, (size_t)size);
    memcpy(out, pipe->in, (size_t)n);
    pipe->in = NULL;
    return n;
}

static long pipe_ctrl(BIO *bio, int command, long number, void *pointer)
{
    dtls_pipe *pipe = BIO_get_data(bio);

    (void)number, (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return QUA_DTLS_MTU;
    case BIO_CTRL_WPENDING:
        return 0;
    case BIO_CTRL_PENDING:
        return pipe->in ? (long)pipe->in_size : 0;
    default:
        return 0;
    }
}

static int pipe_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (!method)
        return;
    BIO_meth_set_write(method, pipe_write);
    BIO_meth_set_read(method, pipe_read);
    BIO_meth_set_ctrl(method, pipe_ctrl);
    BIO_meth_set_create(method, pipe_create);
}

BIO *dtls_pipe_bio(dtls_pipe *pipe)
{
    BIO *bio;

    pthread_once(&once, make_method);
    bio = method ? BIO_new(method) : NULL;
    if (bio)
        BIO_set_data(bio, pipe);
    return bio;
}
