#import "QUAWeakSet.h"

@interface QUAWeakEntry : NSObject
@property(atomic, weak) id object;
@end

@implementation QUAWeakEntry
@end

@implementation QUAWeakSet {
    NSMutableArray<QUAWeakEntry *> *_entries; // under @synchronized(self)
}

- (instancetype)init {
    self = [super init];
    if (self)
        _entries = [NSMutableArray array];
    return self;
}

- (NSArray *)allObjects {
    NSMutableArray *objects = [NSMutableArray array];

    @synchronized(self) {
        for (QUAWeakEntry *entry in _entries) {
            id object = entry.object;

            if (object)
                [objects addObject:object];
        }
    }
    return objects;
}

/// Entries of the dead go, too.
- (void)removeObject:(id)object {
    @synchronized(self) {
        for (NSUInteger i = _entries.count; i-- > 0;) {
            id kept = _entries[i].object;

            if (!kept || kept == object)
                [_entries removeObjectAtIndex:i];
        }
    }
}

- (void)addObject:(id)object {
    QUAWeakEntry *entry = [[QUAWeakEntry alloc] init];

    entry.object = object;
    @synchronized(self) {
        [self removeObject:object];
        [_entries addObject:entry];
    }
}

@end
