/* Any bytes: a message is refused or read; what was read can be checked and points into the bytes. */
#include "ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_stun m;

    if (qua_stun_parse(&m, data, size) != 0)
        return 0;
    assert(qua_stun_looks_like(data, size));
    assert(!m.username || (m.username >= data && m.username + m.username_size <= data + size));
    assert(m.integrity_at + 24 <= size || !m.integrity_at);
    if (m.integrity_at)
        qua_stun_check(&m, data, size, "VOkJxbRl1RmTxUk/WvJxBt", 22);
    return 0;
}
