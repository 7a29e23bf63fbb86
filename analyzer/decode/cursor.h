/* cursor.h - bounds-checked reads of bytes in network order, with one sticky flag instead of a check after each.
 * A read past the end returns zero, moves nothing and sets |truncated|; so does every later read. */
#ifndef TV_CURSOR_H
#define TV_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tv_cursor {
        const uint8_t *p, *end; /* borrowed */
        bool truncated;
};

/* Reads of bytes whose presence was checked before. */
static inline uint16_t
tv_be16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
tv_be32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

/* ... in the other order, which some headers have that a machine wrote for itself. */
static inline uint16_t
tv_le16(const uint8_t *p)
{
        return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t
tv_le32(const uint8_t *p)
{
        return (uint32_t)tv_le16(p + 2) << 16 | tv_le16(p);
}

static inline struct tv_cursor
tv_cursor_make(const uint8_t *data, size_t bytes)
{
        return (struct tv_cursor){.p = data, .end = data + bytes};
}

static inline size_t
tv_cursor_left(const struct tv_cursor *c)
{
        return c->truncated ? 0 : (size_t)(c->end - c->p);
}

/* The next |n| bytes, or NULL when there are fewer; nothing can be taken from then on. */
static inline const uint8_t *
tv_take(struct tv_cursor *c, size_t n)
{
        if (c->truncated || (size_t)(c->end - c->p) < n) {
                c->truncated = true;
                return NULL;
        }
        c->p += n;
        return c->p - n;
}

static inline uint8_t
tv_take_u8(struct tv_cursor *c)
{
        const uint8_t *p = tv_take(c, 1);
        return p ? *p : 0;
}

static inline uint16_t
tv_take_be16(struct tv_cursor *c)
{
        const uint8_t *p = tv_take(c, 2);
        return p ? tv_be16(p) : 0;
}

static inline uint32_t
tv_take_be32(struct tv_cursor *c)
{
        const uint8_t *p = tv_take(c, 4);
        return p ? tv_be32(p) : 0;
}

#endif
