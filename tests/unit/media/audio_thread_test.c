/* The audio thread neither allocates nor locks: the program's own malloc and mutexes count while it pulls and mixes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/media.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Thread_local bool watching;
static _Thread_local int allocations, locks;

#ifdef SANITIZED

/* A sanitizer's allocator tells of itself; its mutexes are its own, so that locks are watched in plain builds alone. */
void __sanitizer_malloc_hook(const volatile void *memory, size_t size);
void __sanitizer_free_hook(const volatile void *memory);
#define HOOK __attribute__((visibility("default"), no_sanitize("address", "thread", "undefined")))

HOOK void __sanitizer_malloc_hook(const volatile void *memory, size_t size)
{
    (void)memory, (void)size;
    allocations += watching;
}

HOOK void __sanitizer_free_hook(const volatile void *memory)
{
    allocations += watching && memory;
}

#else

#define EXPORTED __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

EXPORTED void *malloc(size_t size)
{
    allocations += watching;
    return __libc_malloc(size);
}

EXPORTED void *calloc(size_t count, size_t size)
{
    allocations += watching;
    return __libc_calloc(count, size);
}

EXPORTED void *realloc(void *memory, size_t size)
{
    allocations += watching;
    return __libc_realloc(memory, size);
}

EXPORTED void free(void *memory)
{
    allocations += watching && memory;
    __libc_free(memory);
}

EXPORTED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*next)(pthread_mutex_t *);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    locks += watching;
    return next(mutex);
}

#endif

enum { VOICES = 3, SECONDS = 20 };

static qua_voice *voices[VOICES];
static qua_pool *pool;

static void push_all(const uint8_t *data, size_t size, int number)
{
    for (int v = 0; v < VOICES; v++) {
        qua_buffer *packet = qua_pool_get(pool);
        memcpy(packet->data, data, size);
        packet->size = size;
        assert_int_equal(
            qua_voice_push(voices[v], packet, (uint16_t)number, (uint32_t)number * QUA_OPUS_FRAME, number * QUA_MS(20)),
            0);
    }
}

static void pull_and_mix(qua_time now, float *gain)
{
    int16_t blocks[VOICES][QUA_AUDIO_BLOCK], out[QUA_AUDIO_BLOCK];
    const int16_t *heard[VOICES];
    bool concealed;

    watching = true;
    for (int v = 0; v < VOICES; v++) {
        qua_voice_pull(voices[v], now, blocks[v], &concealed);
        heard[v] = blocks[v];
    }
    qua_mix(heard, VOICES, out, gain);
    watching = false;
}

/* Losses, a burst, an outage with a flood after it: concealment, FEC, stretching and dropping all run. */
static void the_audio_thread_takes_no_lock_and_no_memory(void **state)
{
    qua_opus_encoder *encoder;
    int16_t pcm[QUA_OPUS_FRAME];
    uint8_t data[QUA_OPUS_MAX];
    qua_voice_stats stats;
    float gain = 1;

    (void)state;
    pool = qua_pool_create(QUA_DATAGRAM_MAX, 0);
    assert_int_equal(qua_opus_encoder_create(&encoder, 32000), 0);
    for (int v = 0; v < VOICES; v++)
        assert_int_equal(qua_voice_create(&voices[v]), 0);
    for (int i = 0; i < SECONDS * 50; i++) {
        for (int k = 0; k < QUA_OPUS_FRAME; k++)
            pcm[k] = (int16_t)((k * (40 + i % 7)) % 20000 - 10000);
        const int size = qua_opus_encode(encoder, pcm, 20, data);
        if (i % 9 != 4 && !(i > 200 && i < 206))
            push_all(data, (size_t)size, i);
        for (int block = 0; block < 2 && !(i > 400 && i < 450); block++)
            pull_and_mix(i * QUA_MS(20) + block * QUA_MS(10), &gain);
    }
    qua_voice_get_stats(voices[0], &stats);
    assert_true(stats.concealed_samples > 0 && stats.recovered_samples > 0 && stats.stretched_samples > 0);
    assert_int_equal(allocations, 0);
    assert_int_equal(locks, 0);
    for (int v = 0; v < VOICES; v++)
        qua_voice_destroy(&voices[v]);
    qua_opus_encoder_destroy(&encoder);
    qua_pool_destroy(&pool);
}

static void the_watch_sees_what_it_is_to_see(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    void *volatile memory;

    (void)state;
    allocations = locks = 0;
    watching = true;
    memory = malloc(10);
    free(memory);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    watching = false;
    assert_int_equal(allocations, 2);
#ifndef SANITIZED
    assert_int_equal(locks, 1);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_audio_thread_takes_no_lock_and_no_memory),
        cmocka_unit_test(the_watch_sees_what_it_is_to_see),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
