/* Any line: a candidate is refused or read, and reads the same once written. */
#include "ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qua_ice_candidate first, second;
    char line[1024], text[256];

    if (size >= sizeof line)
        return 0;
    memcpy(line, data, size);
    line[size] = 0;
    if (qua_ice_candidate_parse(&first, line) != 0)
        return 0;
    assert(qua_ice_candidate_write(text, sizeof text, &first, &first.addr) == strlen(text));
    assert(qua_ice_candidate_parse(&second, text) == 0);
    assert(first.kind == second.kind && first.priority == second.priority);
    assert(qua_addr_equal(&first.addr, &second.addr) && strcmp(first.foundation, second.foundation) == 0);
    return 0;
}
