/* The log goes to stderr, one line a message, with virtual time and the speaker (a module, or a driver's name).
 * Results never go through here: they belong on stdout. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log_config {
    enum log_level level;
    uint64_t (*now_ns)(void);                                   /* NULL: no time in the line */
    void (*sink)(enum log_level level, const char *line);       /* NULL: stderr */
};

void log_configure(const struct log_config *config);
bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *who, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_error(who, ...) log_line(LOG_ERROR, who, __VA_ARGS__)
#define log_warn(who, ...) log_line(LOG_WARN, who, __VA_ARGS__)
#define log_info(who, ...) log_line(LOG_INFO, who, __VA_ARGS__)
#define log_debug(who, ...) do { if (log_wants(LOG_DEBUG)) log_line(LOG_DEBUG, who, __VA_ARGS__); } while (0)
#define log_trace(who, ...) do { if (log_wants(LOG_TRACE)) log_line(LOG_TRACE, who, __VA_ARGS__); } while (0)

#endif
