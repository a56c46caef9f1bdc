/* A message of the control socket: one line of ASCII, a word and key=value pairs, then as many bytes of data as its key `data`
 * says. In a value every byte up to the space, % and DEL stands as %XX. docs/design/ctl.md has the words and keys. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_LINE 4096u              /* bytes of a line with its newline */
#define MESSAGE_KEYS 24u
#define MESSAGE_DATA (16u << 20)        /* the most data behind a line */

struct message {
    char text[MESSAGE_LINE];            /* the line, cut into strings */
    const char *word;
    unsigned count;
    struct {
        const char *key, *value;
    } pair[MESSAGE_KEYS];
    uint32_t size;                      /* of the data that follows */
};

/* Reads a line (without its newline). False with error_text() when it is none. */
bool message_parse(struct message *message, const char *line, size_t length);
/* The value of a key; NULL when it is not there. */
const char *message_value(const struct message *message, const char *key);
/* A number, decimal or 0x; `fallback` when the key is not there. False with error_text() when it is none up to `highest`. */
bool message_number(const struct message *message, const char *key, uint64_t fallback, uint64_t highest, uint64_t *value);

/* A line that is being written. What does not fit is noticed by message_end. */
struct message_line {
    char text[MESSAGE_LINE];
    size_t length;
    bool full;
};
void message_begin(struct message_line *line, const char *word);
void message_add(struct message_line *line, const char *key, const char *value);
void message_add_number(struct message_line *line, const char *key, uint64_t value);
/* Ends the line of a message with `size` bytes of data. False with error_text() when it has become too long. */
bool message_end(struct message_line *line, uint32_t size);

#endif
