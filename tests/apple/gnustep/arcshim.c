/*
 * Lets code that clang compiles for its "gnustep-1.6" Objective-C ABI, the one with ARC and non-fragile instance
 * variables, run on Debian's stock libobjc.so.4, which is GCC's runtime. Tests only; link with
 * -Wl,--wrap=__objc_exec_class.
 *
 * It corrects instance sizes and protocol versions of modules as they register, implements the objc_retain family,
 * zeroes weak references while -release holds their lock, and runs .cxx_destruct on -dealloc.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct cls *Class;
typedef struct obj {
    Class isa;
} * id;
typedef const struct sel {
    const void *id;
    const char *types;
} * SEL;
typedef id (*IMP)(id, SEL, ...);
struct mlist {
    struct mlist *next;
    int count;
    struct {
        SEL name;
        const char *types;
        IMP imp;
    } m[];
};
struct ivl {
    int count;
    struct {
        const char *name, *type;
        int offset;
    } iv[];
};
struct proto {
    void *isa;
    const char *name;
    struct plist *protos;
    void *im, *cm;
};
struct plist {
    struct plist *next;
    long count;
    struct proto *p[];
};
struct cls {
    Class isa;
    void *super;
    const char *name;
    long version;
    unsigned long info;
    long isize;
    struct ivl *ivars;
    struct mlist *methods;
    void *dtable, *sub, *sib;
    struct plist *protos;
    void *gc;
    long abi;
    int **ivar_offsets;
    void *props;
};
struct cat {
    const char *cname, *clsname;
    struct mlist *im, *cm;
    struct plist *protos;
};
struct symtab {
    unsigned long nsel;
    void *refs;
    unsigned short ncls, ncat;
    void *defs[];
};
struct module {
    long version, size;
    const char *name;
    struct symtab *st;
};
extern void __real___objc_exec_class(struct module *);
extern Class objc_lookUpClass(const char *);
extern Class objc_getClass(const char *);
extern size_t class_getInstanceSize(Class);
extern IMP objc_msg_lookup(id, SEL);
extern IMP objc_msg_lookup_super(void *, SEL);
extern SEL sel_registerName(const char *);
extern IMP class_replaceMethod(Class, SEL, IMP, const char *);
extern Class class_getSuperclass(Class);
extern IMP class_getMethodImplementation(Class, SEL);
extern void *class_getInstanceMethod(Class, SEL);
extern const char *method_getTypeEncoding(void *);
extern unsigned char class_addMethod(Class, SEL, IMP, const char *);
extern unsigned char NSDecrementExtraRefCountWasZero(id);
extern void *_NSConcreteGlobalBlock[32], *_NSConcreteStackBlock[32], *_NSConcreteMallocBlock[32];
extern void *_Block_copy(const void *);
extern void _Block_release(const void *);
static void init_once(void);

/* --- module fix-up ------------------------------------------------------------------------- */
static struct {
    const char *n;
    long size;
} known[4096];
static int nknown;
static long size_of(const char *n, struct symtab *st);
static void fixproto(struct plist *l)
{
    for (; l; l = l->next)
        for (long i = 0; i < l->count; i++) {
            struct proto *p = l->p[i];
            if (p && (uintptr_t)p->isa == 3) {
                p->isa = (void *)2;
                fixproto(p->protos);
            }
        }
}
static void fixclass(Class c, struct symtab *st)
{
    if (c->isize > 0 && !(c->info & 0x10))
        return;
    c->info &= ~0x10ul;
    c->isa->info &= ~0x10ul;
    c->isa->isize = sizeof(struct cls);
    long s = c->super ? size_of(c->super, st) : 0, own = c->isize < 0 ? -c->isize : (c->isize == 0 ? 0 : c->isize - s);
    if (c->isize <= 0) {
        if (c->ivars)
            for (int i = 0; i < c->ivars->count; i++) {
                c->ivars->iv[i].offset += (int)s;
                if (c->ivar_offsets && c->ivar_offsets[i])
                    *c->ivar_offsets[i] = c->ivars->iv[i].offset;
            }
        c->isize = s + own;
    }
    fixproto(c->protos);
    known[nknown].n = c->name;
    known[nknown++].size = c->isize;
}
static long size_of(const char *n, struct symtab *st)
{
    for (int i = 0; i < nknown; i++)
        if (!strcmp(known[i].n, n))
            return known[i].size;
    for (int i = 0; i < st->ncls; i++) {
        Class c = st->defs[i];
        if (!strcmp(c->name, n)) {
            fixclass(c, st);
            return c->isize;
        }
    }
    Class k = objc_lookUpClass(n);
    if (!k) {
        fprintf(stderr, "arcshim: superclass %s not loaded yet; fix link order\n", n);
        abort();
    }
    return (long)class_getInstanceSize(k);
}
void __wrap___objc_exec_class(struct module *m)
{
    if (m->version >= 9) {
        struct symtab *st = m->st;
        m->version = 8;
        m->size = sizeof *m;
        for (int i = 0; i < st->ncls; i++)
            fixclass(st->defs[i], st);
        for (int i = 0; i < st->ncat; i++)
            fixproto(((struct cat *)st->defs[st->ncls + i])->protos);
    }
    __real___objc_exec_class(m);
}
/* --- dispatch ------------------------------------------------------------------------------ */
struct slot {
    void *owner, *cached;
    const char *types;
    int version;
    IMP method;
};
static __thread struct slot tslot;
struct slot *objc_msg_lookup_sender(id *r, SEL s, id sender)
{
    (void)sender;
    tslot.method = objc_msg_lookup(*r, s);
    return &tslot;
}
struct slot *objc_slot_lookup_super(void *sup, SEL s)
{
    tslot.method = objc_msg_lookup_super(sup, s);
    return &tslot;
}
#define SEND(T, o, n)                                                                                                  \
    ({                                                                                                                 \
        static SEL s_;                                                                                                 \
        if (!s_)                                                                                                       \
            s_ = sel_registerName(n);                                                                                  \
        ((T(*)(id, SEL))objc_msg_lookup(o, s_))(o, s_);                                                                \
    })

/* --- ARC ------------------------------------------------------------------------------------ */
static pthread_mutex_t wl = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct we {
    struct we *next;
    id *slot;
    id obj;
} * wt[4096];
static unsigned h(const void *p)
{
    return (uint32_t)((uint32_t)((uintptr_t)p >> 4) * 2654435761u) >> 20;
}
static int isblk(id o)
{
    void *i = o->isa;
    return i == (void *)_NSConcreteGlobalBlock || i == (void *)_NSConcreteStackBlock ||
           i == (void *)_NSConcreteMallocBlock;
}
id objc_retain(id o)
{
    if (!o)
        return o;
    pthread_once(&once, init_once);
    return isblk(o) ? _Block_copy(o) : SEND(id, o, "retain");
}
void objc_release(id o)
{
    if (!o)
        return;
    if (isblk(o))
        _Block_release(o);
    else
        SEND(void, o, "release");
}
id objc_autorelease(id o)
{
    return o ? SEND(id, o, "autorelease") : o;
}
id objc_retainBlock(id o)
{
    return o ? _Block_copy(o) : o;
}
id objc_autoreleaseReturnValue(id o)
{
    return objc_autorelease(o);
}
id objc_retainAutoreleasedReturnValue(id o)
{
    return objc_retain(o);
}
id objc_unsafeClaimAutoreleasedReturnValue(id o)
{
    return o;
}
id objc_retainAutorelease(id o)
{
    return objc_autorelease(objc_retain(o));
}
id objc_retainAutoreleaseReturnValue(id o)
{
    return objc_autorelease(objc_retain(o));
}
void objc_storeStrong(id *p, id v)
{
    id old = *p;
    v = objc_retain(v);
    *p = v;
    objc_release(old);
}
void *objc_autoreleasePoolPush(void)
{
    pthread_once(&once, init_once);
    id c = (id)objc_getClass("NSAutoreleasePool");
    return SEND(id, c, "new");
}
void objc_autoreleasePoolPop(void *p)
{
    SEND(void, (id)p, "drain");
}
static void wdel(id *slot)
{
    if (!*slot)
        return;
    for (struct we **e = &wt[h(*slot)]; *e; e = &(*e)->next)
        if ((*e)->slot == slot) {
            struct we *d = *e;
            *e = d->next;
            free(d);
            return;
        }
}
static void wadd(id *slot, id o)
{
    *slot = o;
    if (!o || isblk(o))
        return;
    struct we *e = malloc(sizeof *e);
    e->slot = slot;
    e->obj = o;
    e->next = wt[h(o)];
    wt[h(o)] = e;
}
static void wclear(id o)
{
    for (struct we **e = &wt[h(o)]; *e;)
        if ((*e)->obj == o) {
            struct we *d = *e;
            *d->slot = 0;
            *e = d->next;
            free(d);
        } else
            e = &(*e)->next;
}
id objc_storeWeak(id *s, id o)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&wl);
    wdel(s);
    wadd(s, o);
    pthread_mutex_unlock(&wl);
    return o;
}
id objc_initWeak(id *s, id o)
{
    *s = 0;
    return objc_storeWeak(s, o);
}
void objc_destroyWeak(id *s)
{
    objc_storeWeak(s, 0);
}
id objc_loadWeakRetained(id *s)
{
    pthread_mutex_lock(&wl);
    id o = *s;
    if (o)
        o = SEND(id, o, "retain");
    pthread_mutex_unlock(&wl);
    return o;
}
id objc_loadWeak(id *s)
{
    return objc_autorelease(objc_loadWeakRetained(s));
}
void objc_copyWeak(id *d, id *s)
{
    id o = objc_loadWeakRetained(s);
    objc_initWeak(d, o);
    objc_release(o);
}
void objc_moveWeak(id *d, id *s)
{
    objc_copyWeak(d, s);
    objc_destroyWeak(s);
}
/* NSObject -release / -dealloc: atomic weak clearing, then .cxx_destruct of every class in the chain */
static IMP real_dealloc;
static SEL s_cxx, s_dealloc;
static Class root;
static void my_release(id self, SEL _c)
{
    (void)_c;
    pthread_mutex_lock(&wl);
    int z = NSDecrementExtraRefCountWasZero(self);
    if (z)
        wclear(self);
    pthread_mutex_unlock(&wl);
    if (z)
        ((void (*)(id, SEL))objc_msg_lookup(self, s_dealloc))(self, s_dealloc);
}
static void my_dealloc(id self, SEL _c)
{
    IMP last = 0;
    for (Class c = self->isa; c && c != root; c = class_getSuperclass(c)) {
        void *m = class_getInstanceMethod(c, s_cxx);
        if (!m)
            break;
        IMP i = class_getMethodImplementation(c, s_cxx);
        if (i != last)
            ((void (*)(id, SEL))i)(self, s_cxx);
        last = i;
    }
    ((void (*)(id, SEL))real_dealloc)(self, _c);
}
static id blk_copy(id s, SEL c)
{
    (void)c;
    return _Block_copy(s);
}
static void blk_rel(id s, SEL c)
{
    (void)c;
    _Block_release(s);
}
extern Class objc_allocateClassPair(Class, const char *, size_t);
extern void objc_registerClassPair(Class);
static void init_once(void)
{
    root = objc_getClass("NSObject");
    s_cxx = sel_registerName(".cxx_destruct");
    s_dealloc = sel_registerName("dealloc");
    SEL r = sel_registerName("release");
    real_dealloc = class_getMethodImplementation(root, s_dealloc);
    class_replaceMethod(root, r, (IMP)my_release, "v16@0:8");
    class_replaceMethod(root, s_dealloc, (IMP)my_dealloc, "v16@0:8");
    Class b = objc_allocateClassPair(root, "__ShimBlock", 0);
    objc_registerClassPair(b);
    class_addMethod(b, sel_registerName("copy"), (IMP)blk_copy, "@16@0:8");
    class_addMethod(b, sel_registerName("copyWithZone:"), (IMP)blk_copy, "@24@0:8^v16");
    class_addMethod(b, sel_registerName("retain"), (IMP)blk_copy, "@16@0:8");
    class_addMethod(b, r, (IMP)blk_rel, "v16@0:8");
    SEND(id, (id)b, "class");
    void **a[3] = {_NSConcreteGlobalBlock, _NSConcreteStackBlock, _NSConcreteMallocBlock};
    for (int i = 0; i < 3; i++)
        memcpy(a[i], b, 13 * sizeof(void *));
}
