#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
@protocol OS_nw_path_monitor <NSObject>
@end
@protocol OS_nw_path <NSObject>
@end
typedef NSObject<OS_nw_path_monitor> *nw_path_monitor_t;
typedef NSObject<OS_nw_path> *nw_path_t;
typedef NS_ENUM(int, nw_path_status_t) {
    nw_path_status_invalid = 0,
    nw_path_status_satisfied = 1,
    nw_path_status_unsatisfied = 2,
    nw_path_status_satisfiable = 3
};
typedef NS_ENUM(int, nw_interface_type_t) {
    nw_interface_type_other = 0,
    nw_interface_type_wifi = 1,
    nw_interface_type_cellular = 2,
    nw_interface_type_wired = 3,
    nw_interface_type_loopback = 4
};
typedef void (^nw_path_monitor_update_handler_t)(nw_path_t path);
extern nw_path_monitor_t nw_path_monitor_create(void) NS_RETURNS_RETAINED;
extern void nw_path_monitor_set_queue(nw_path_monitor_t monitor, dispatch_queue_t queue);
extern void nw_path_monitor_set_update_handler(nw_path_monitor_t monitor, nw_path_monitor_update_handler_t update_handler);
extern void nw_path_monitor_start(nw_path_monitor_t monitor);
extern void nw_path_monitor_cancel(nw_path_monitor_t monitor);
extern nw_path_status_t nw_path_get_status(nw_path_t path);
extern bool nw_path_is_expensive(nw_path_t path);
extern bool nw_path_is_constrained(nw_path_t path);
extern bool nw_path_uses_interface_type(nw_path_t path, nw_interface_type_t interface_type);
NS_ASSUME_NONNULL_END
