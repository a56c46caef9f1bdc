#include "wire/pcapng.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "wire/wire_impl.h"

#define BLOCK_SECTION 0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define OPTION_END 0u
#define OPTION_IF_NAME 2u
#define OPTION_IF_TSRESOL 9u
#define OPTION_PACKET_FLAGS 2u
#define LINK_ETHERNET 1u
#define SNAP_LENGTH 262144u

static void put(struct pcapng_writer *w, const void *data, size_t size)
{
    if (size && fwrite(data, size, 1, w->file) != 1 && !w->failed) {
        log_error("capture", "%s: cannot write: %s; the rest of the capture is lost", w->path, strerror(errno));
        w->failed = true;
    }
}

static void put32(struct pcapng_writer *w, uint32_t value)
{
    put(w, &value, 4);
}

static void put_padding(struct pcapng_writer *w, size_t size)
{
    put(w, "\0\0\0", -size & 3);
}

static void put_option(struct pcapng_writer *w, uint16_t code, const void *value, uint16_t size)
{
    put32(w, code | (uint32_t)size << 16);
    put(w, value, size);
    put_padding(w, size);
}

static void put_section(struct pcapng_writer *w)
{
    put32(w, BLOCK_SECTION);
    put32(w, 28);
    put32(w, BYTE_ORDER_MAGIC);
    put32(w, 1);                        /* version 1.0 */
    put32(w, UINT32_MAX);               /* section length: not said */
    put32(w, UINT32_MAX);
    put32(w, 28);
}

static void put_interface(struct pcapng_writer *w, const char *name)
{
    uint16_t size = (uint16_t)strlen(name);
    uint32_t total = 20 + 4 + (uint32_t)((size + 3u) & ~3u) + 8 + 4;
    uint8_t nanoseconds = 9;

    put32(w, BLOCK_INTERFACE);
    put32(w, total);
    put32(w, LINK_ETHERNET);
    put32(w, SNAP_LENGTH);
    put_option(w, OPTION_IF_NAME, name, size);
    put_option(w, OPTION_IF_TSRESOL, &nanoseconds, 1);
    put32(w, OPTION_END);
    put32(w, total);
}

bool pcapng_create(struct pcapng_writer *writer, const char *path, const char *interface)
{
    snprintf(writer->path, sizeof writer->path, "%s", path);
    writer->failed = false;
    writer->file = fopen(path, "wbe");
    if (!writer->file)
        return error_set("%s: cannot create: %s", path, strerror(errno));
    put_section(writer);
    put_interface(writer, interface);
    return true;
}

void pcapng_write(struct pcapng_writer *writer, uint64_t time_ns, enum pcapng_direction direction,
                  const struct iovec *parts, int count)
{
    uint32_t size = (uint32_t)frame_size(parts, count), flags = direction;
    uint32_t total = 28 + ((size + 3) & ~3u) + 8 + 4 + 4;

    if (writer->failed)
        return;
    put32(writer, BLOCK_PACKET);
    put32(writer, total);
    put32(writer, 0);                   /* interface */
    put32(writer, (uint32_t)(time_ns >> 32));
    put32(writer, (uint32_t)time_ns);
    put32(writer, size);
    put32(writer, size);
    for (int i = 0; i < count; i++)
        put(writer, parts[i].iov_base, parts[i].iov_len);
    put_padding(writer, size);
    put_option(writer, OPTION_PACKET_FLAGS, &flags, 4);
    put32(writer, OPTION_END);
    put32(writer, total);
}

void pcapng_flush(struct pcapng_writer *writer)
{
    fflush(writer->file);
}

void pcapng_close(struct pcapng_writer *writer)
{
    if (fclose(writer->file) != 0 && !writer->failed)
        log_error("capture", "%s: cannot write: %s", writer->path, strerror(errno));
}
