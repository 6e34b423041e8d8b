#include "engine/gate.h"
#include "os/os.h"

/* What this thread is inside of, innermost first. */
static _Thread_local gate_pass *passes;

bool gate_enter(gate *g, gate_pass *pass)
{
    /* inside is raised before closed is read, and closed is set before inside is read: one sees the other */
    atomic_fetch_add(&g->inside, 1);
    if (atomic_load(&g->closed)) {
        atomic_fetch_sub(&g->inside, 1);
        return false;
    }
    *pass = (gate_pass){g, passes};
    passes = pass;
    return true;
}

void gate_leave(gate_pass *pass)
{
    passes = pass->outer;
    atomic_fetch_sub(&pass->of->inside, 1);
}

static int own_passes(const gate *g)
{
    int n = 0;

    for (const gate_pass *p = passes; p; p = p->outer)
        n += p->of == g;
    return n;
}

void gate_close(gate *g)
{
    const int own = own_passes(g);

    atomic_store(&g->closed, true);
    while (atomic_load(&g->inside) > own)
        os_sleep_until(os_now() + QUA_MS(1)); /* rare, short, and the audio thread could not wake us */
}
