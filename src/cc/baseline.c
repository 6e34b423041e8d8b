/* Sliding minimum of one-way delay: what the path takes when nothing waits. */
#include "cc/cc_internal.h"

#define BUCKET QUA_SECONDS(1)

void cc_baseline_init(cc_baseline *b)
{
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < CC_BASELINE_BUCKETS; i++)
        b->bucket[i].delay = QUA_TIME_NEVER;
    b->best.delay = QUA_TIME_NEVER;
}

static void next_bucket(cc_baseline *b)
{
    b->bucket_ends += BUCKET;
    if (b->frozen)
        return;
    b->current = (b->current + 1) % CC_BASELINE_BUCKETS;
    b->bucket[b->current].delay = QUA_TIME_NEVER;
    b->best.delay = QUA_TIME_NEVER;
    for (size_t i = 0; i < CC_BASELINE_BUCKETS; i++)
        if (b->bucket[i].delay < b->best.delay)
            b->best = b->bucket[i];
}

void cc_baseline_add(cc_baseline *b, qua_time sent_at, qua_time delay, uint32_t size)
{
    if (!b->known)
        b->bucket_ends = sent_at + BUCKET;
    if (sent_at - b->bucket_ends > CC_BASELINE_BUCKETS * BUCKET)
        b->bucket_ends = sent_at - CC_BASELINE_BUCKETS * BUCKET;
    while (sent_at >= b->bucket_ends)
        next_bucket(b);
    b->known = true;
    if (delay < b->bucket[b->current].delay) {
        b->bucket[b->current].delay = delay;
        b->bucket[b->current].size = size;
    }
    if (delay < b->best.delay) {
        b->best.delay = delay;
        b->best.size = size;
    }
}
