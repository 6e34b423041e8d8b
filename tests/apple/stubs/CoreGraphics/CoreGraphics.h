#pragma once
#include <stdbool.h>

#ifndef CGFLOAT_TYPE
typedef struct CGPoint {
    double x, y;
} CGPoint;
typedef struct CGSize {
    double width, height;
} CGSize;
typedef struct CGRect {
    CGPoint origin;
    CGSize size;
} CGRect;
#endif
typedef struct CGAffineTransform {
    double a, b, c, d, tx, ty;
} CGAffineTransform;
typedef struct __attribute__((objc_bridge(id))) CGColor *CGColorRef;
typedef struct CGImage *CGImageRef;

static inline CGPoint CGPointMake(double x, double y) {
    return (CGPoint){x, y};
}
static inline CGSize CGSizeMake(double width, double height) {
    return (CGSize){width, height};
}
static inline CGRect CGRectMake(double x, double y, double width, double height) {
    return (CGRect){{x, y}, {width, height}};
}
#define CGRectZero CGRectMake(0, 0, 0, 0)
#define CGSizeZero CGSizeMake(0, 0)
static inline CGAffineTransform CGAffineTransformMakeScale(double sx, double sy) {
    return (CGAffineTransform){sx, 0, 0, sy, 0, 0};
}
static inline double CGRectGetWidth(CGRect rect) {
    return rect.size.width;
}
static inline double CGRectGetHeight(CGRect rect) {
    return rect.size.height;
}
static inline double CGRectGetMidX(CGRect rect) {
    return rect.origin.x + rect.size.width / 2;
}
static inline double CGRectGetMidY(CGRect rect) {
    return rect.origin.y + rect.size.height / 2;
}
