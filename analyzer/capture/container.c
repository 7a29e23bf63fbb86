/* container.c - a stack of libarchive's readers: each pulls from the input below it, and its present member is the
 * input above it. */
#include "analyzer/capture/container.h"

#include "analyzer/capture/format.h"
#include "analyzer/capture/gzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sparse members are stored without their holes: a few bytes could be exabytes of zeros, which no capture has. */
#define HOLES_MAX (UINT64_C(64) << 20)

struct level {
        struct archive *archive; /* NULL: gzip.c does it */
        struct tv_input *below;
        struct archive_entry *first; /* its first member, which was looked at to see whether there is one */
        uint64_t at, given_at;       /* next byte of |below| that libarchive gets, and the first that it got last */
        const void *block;           /* of the present member: what libarchive gave last */
        size_t block_bytes;
        uint64_t block_offset, data_at; /* in the member: of the block, and of the next byte wanted */
        uint64_t hole_bytes;            /* of the present member, so far */
        bool compressed;                /* it only decompresses: there is one member, without a name */
        bool failed;                    /* reading the present member failed: it was told there */
        bool told;        /* the present member is a capture: what is wrong with it is told by its reader */
        size_t name_size; /* of the container's name without its member's */
};

struct tv_container {
        struct tv_input *input[TV_CONTAINER_DEPTH + 1]; /* the file; the present member of each level */
        struct level level[TV_CONTAINER_DEPTH];
        unsigned depth; /* levels in use: input[depth] is what was found */
        bool begun, is_archive;
        uint64_t members, captures, strangers;
        char name[TV_CONTAINER_NAME], stranger_names[TV_CONTAINER_STRANGERS];
        const char *unpacked;    /* how the file is compressed: "" when it is not */
        const char *compression; /* of what was tried to unpack last, for messages; "": not known */
};

/* ---- between libarchive and the inputs ---- */

static la_ssize_t
pull(struct archive *archive, void *context, const void **buffer)
{
        struct level *level = context;
        size_t have;

        /* What libarchive got last stays, for has_remains(). */
        tv_input_release(level->below, level->given_at);
        *buffer = tv_input_view(level->below, level->at, 1, &have);
        if (*buffer != NULL)
                level->given_at = level->at;
        if (*buffer == NULL) {
                if (level->below->error[0] == '\0')
                        return 0;
                archive_set_error(archive, -1, "%s", level->below->error);
                return -1;
        }
        level->at += have;
        return (la_ssize_t)have;
}

static la_int64_t
pass_over(struct archive *archive, void *context, la_int64_t bytes)
{
        struct level *level = context;
        const uint64_t size = level->below->size;

        (void)archive;
        /* Only where it is known that the bytes are there: a cut-off archive must be seen to be one. */
        if (bytes <= 0 || size <= level->at || level->below->source->seek == NULL)
                return 0;
        if ((uint64_t)bytes > size - level->at)
                bytes = (la_int64_t)(size - level->at);
        level->at += (uint64_t)bytes;
        level->given_at = level->at;
        return bytes;
}

static la_int64_t
go_to(struct archive *archive, void *context, la_int64_t offset, int whence)
{
        struct level *level = context;
        const uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? level->at : level->below->size;
        const int64_t to = (int64_t)base + offset;

        (void)archive;
        if (to < 0 || (uint64_t)to > level->below->size || !tv_input_seek(level->below, (uint64_t)to))
                return ARCHIVE_FATAL;
        level->at = level->given_at = (uint64_t)to;
        return to;
}

/* libarchive takes what follows compressed data for nothing, when that does not begin like more of the same: a part
 * whose beginning is damaged, as likely as not.  Only zeros may follow, which fill up the blocks of tapes. */
static bool
has_remains(struct level *level)
{
        const la_int64_t used = archive_filter_bytes(level->archive, -1);
        uint64_t at = used < (la_int64_t)level->given_at ? level->given_at : (uint64_t)used;
        const uint8_t *p;
        size_t have;

        /* What is compressed twice may be complete before the outer one is used up. */
        if (archive_filter_count(level->archive) > 2)
                return false;
        for (; (p = tv_input_view(level->below, at, 1, &have)) != NULL; at += have) {
                for (size_t i = 0; i < have; i++)
                        if (p[i] != 0)
                                return true;
                tv_input_release(level->below, at);
        }
        return false;
}

/* Copies from libarchive's blocks: archive_read_data would drop what it has when the rest cannot be read. */
static ssize_t
member_read(struct tv_input *input, void *buffer, size_t bytes)
{
        struct level *level = input->context;
        const uint64_t at = level->data_at;

        while (level->block_offset + level->block_bytes <= level->data_at) {
                la_int64_t offset = 0;
                const void *block = NULL;
                int status = archive_read_data_block(level->archive, &block, &level->block_bytes, &offset);

                level->block = block;
                level->block_offset = (uint64_t)offset;
                if (status == ARCHIVE_EOF && level->compressed && has_remains(level)) {
                        input->corrupt = true;
                        snprintf(input->error, sizeof input->error,
                                 "what follows the compressed data makes no sense, and is left out");
                        return -1;
                }
                if (status == ARCHIVE_EOF)
                        return 0;
                if (status == ARCHIVE_RETRY || status >= ARCHIVE_WARN)
                        continue;
                const char *why = archive_error_string(level->archive);
                level->failed = true;
                /* Of what ends early nothing is left below. */
                input->corrupt = !level->below->ended || level->at < level->below->end || level->below->corrupt;
                snprintf(input->error, sizeof input->error, "%s%s",
                         input->corrupt ? "cannot be unpacked further: " : "cut off: ", why ? why : "no reason given");
                return -1;
        }
        if (level->block_offset > at) { /* a hole of a sparse file */
                if (bytes > level->block_offset - at)
                        bytes = (size_t)(level->block_offset - at);
                level->hole_bytes += bytes;
                if (level->hole_bytes > HOLES_MAX) {
                        input->corrupt = true;
                        snprintf(input->error, sizeof input->error,
                                 "cannot be unpacked further: a sparse member has more than 64 MiB of holes");
                        return -1;
                }
                memset(buffer, 0, bytes);
        } else {
                const size_t left = (size_t)(level->block_offset + level->block_bytes - at);
                if (bytes > left)
                        bytes = left;
                memcpy(buffer, (const uint8_t *)level->block + (at - level->block_offset), bytes);
        }
        level->data_at += bytes;
        return (ssize_t)bytes;
}

static void
member_close(struct tv_input *input)
{
        (void)input;
}

static uint64_t
member_position(const struct tv_input *input)
{
        return input->end;
}

static const struct tv_input_source member_source = {member_read, member_close, member_position, NULL};

/* ---- levels ---- */

static void
say(char message[TV_READER_MESSAGE], const char *what, const char *why)
{
        snprintf(message, TV_READER_MESSAGE, "%.120s%.120s", what, why ? why : "no reason given");
}

static struct archive *
new_archive(void)
{
        struct archive *archive = archive_read_new();

        if (!archive)
                return NULL;
        archive_read_support_filter_xz(archive);
        archive_read_support_filter_lzma(archive);
        archive_read_support_filter_zstd(archive);
        archive_read_support_filter_bzip2(archive);
        archive_read_support_filter_lz4(archive);
        archive_read_support_filter_compress(archive);
        archive_read_support_format_tar(archive);
        archive_read_support_format_zip(archive);
        archive_read_support_format_raw(archive);
        archive_read_support_format_empty(archive);
        return archive;
}

enum found { FOUND_LEVEL, FOUND_NOTHING, FOUND_BROKEN };

/* Tries to unpack input[depth].  FOUND_LEVEL: there is a level more, which stands before its first member. */
static enum found
push_level(struct tv_container *c, char message[TV_READER_MESSAGE])
{
        struct level *level = &c->level[c->depth];
        const struct tv_input *below = c->input[c->depth];
        struct archive_entry *entry;
        int status;

        *level = (struct level){.below = c->input[c->depth], .name_size = strlen(c->name), .archive = new_archive()};
        if (!level->archive) {
                say(message, "out of memory", "");
                return FOUND_BROKEN;
        }
        archive_read_set_callback_data(level->archive, level);
        archive_read_set_read_callback(level->archive, pull);
        archive_read_set_skip_callback(level->archive, pass_over);
        if (below->size != 0 && below->source->seek)
                archive_read_set_seek_callback(level->archive, go_to);
        status = archive_read_open1(level->archive);
        if (status >= ARCHIVE_WARN) {
                const int filters = archive_filter_count(level->archive);

                /* What is neither compressed nor an archive looks "raw" once its first header is read. */
                status = archive_read_next_header(level->archive, &entry);
                if (status == ARCHIVE_EOF && filters > 1) {
                        level->failed = true; /* an archive without members */
                        return FOUND_LEVEL;
                }
                if (status == ARCHIVE_EOF) {
                        /* The same, or any other file of zeros, which are what ends a tar archive. */
                        archive_read_free(level->archive);
                        return FOUND_NOTHING;
                }
                if (status >= ARCHIVE_WARN && archive_format(level->archive) == ARCHIVE_FORMAT_RAW) {
                        level->compressed = true;
                        if (filters > 1)
                                return FOUND_LEVEL;
                } else if (status >= ARCHIVE_WARN && archive_format(level->archive) != ARCHIVE_FORMAT_EMPTY) {
                        level->first = entry;
                        return FOUND_LEVEL;
                }
                if (status >= ARCHIVE_WARN) {
                        archive_read_free(level->archive);
                        return FOUND_NOTHING;
                }
        }
        const char *why = archive_error_string(level->archive);
        if (below->ended && level->at >= below->end)
                why = "it is cut off, or ends in something else";
        snprintf(message, TV_READER_MESSAGE, "%s%scannot be unpacked: %.120s", c->compression,
                 c->compression[0] != '\0' ? " data that " : "", why ? why : "no reason given");
        archive_read_free(level->archive);
        return FOUND_BROKEN;
}

static void
pop_level(struct tv_container *c)
{
        c->depth--;
        if (c->level[c->depth].archive)
                archive_read_free(c->level[c->depth].archive);
        c->name[c->level[c->depth].name_size] = '\0';
}

static void
append_name(struct tv_container *c, const struct level *level, struct archive_entry *entry)
{
        const char *name = archive_entry_pathname(entry);
        size_t used = level->name_size;

        if (!name)
                name = archive_entry_pathname_utf8(entry);
        snprintf(c->name + used, sizeof c->name - used, "%s%s", used > 0 ? "/" : "", name ? name : "(member)");
        for (char *p = c->name + used; *p != '\0'; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
}

static void
note_stranger(struct tv_container *c)
{
        const size_t used = strlen(c->stranger_names), room = sizeof c->stranger_names - used;

        if (c->depth == 0 || c->name[0] == '\0')
                return;
        c->strangers++;
        /* Whole names, and a mark where one is left out. */
        if (strlen(c->name) + 6 < room)
                snprintf(c->stranger_names + used, room, "%s%s", used > 0 ? ", " : "", c->name);
        else if (used > 0 && c->stranger_names[used - 1] != '.')
                snprintf(c->stranger_names + used, room, ", ...");
}

/* The next member of the uppermost level becomes input[depth]. */
static enum found
next_member(struct tv_container *c, char message[TV_READER_MESSAGE])
{
        struct level *level = &c->level[c->depth - 1];
        struct archive_entry *entry = level->first;
        int status;

        if (!entry) {
                const bool told = level->told;
                status = archive_read_data_skip(level->archive);
                if (level->failed || (status < ARCHIVE_WARN && told))
                        return FOUND_NOTHING;
                if (status >= ARCHIVE_WARN)
                        do
                                status = archive_read_next_header(level->archive, &entry);
                        while (status == ARCHIVE_RETRY && c->members++ < TV_CONTAINER_MEMBERS);
                if (status == ARCHIVE_EOF)
                        return FOUND_NOTHING;
                if (status < ARCHIVE_WARN) {
                        snprintf(message, TV_READER_MESSAGE, "cannot be unpacked behind %.100s: %.100s",
                                 c->name[0] != '\0' ? c->name : "its beginning",
                                 archive_error_string(level->archive) ? archive_error_string(level->archive)
                                                                      : "no reason given");
                        level->failed = true;
                        return FOUND_BROKEN;
                }
        }
        level->first = NULL;
        level->told = false;
        level->block_bytes = 0;
        level->block_offset = level->data_at = level->hole_bytes = 0;
        c->input[c->depth] = tv_input_new(&member_source, level, 0);
        if (!c->input[c->depth]) {
                say(message, "out of memory", "");
                level->failed = true;
                return FOUND_BROKEN;
        }
        append_name(c, level, entry);
        c->members++;
        return archive_entry_filetype(entry) == AE_IFDIR ? FOUND_NOTHING : FOUND_LEVEL;
}

/* ---- the interface ---- */

struct tv_container *
tv_container_open(const char *path, char message[TV_READER_MESSAGE])
{
        struct tv_container *c = calloc(1, sizeof *c);

        if (!c) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        c->compression = c->unpacked = "";
        c->input[0] = tv_input_open(path, message);
        if (!c->input[0]) {
                free(c);
                return NULL;
        }
        return c;
}

/* Leaves what is on top: the levels that are through, and the member of the first that is not.  False when nothing is
 * left. */
static bool
leave(struct tv_container *c)
{
        for (;;) {
                if (c->depth == 0)
                        return false;
                tv_input_close(c->input[c->depth]);
                c->input[c->depth] = NULL;
                if (!c->level[c->depth - 1].compressed && !c->level[c->depth - 1].failed)
                        return true;
                pop_level(c);
        }
}

/* For messages only: libarchive does not say what it tried in vain. */
static void
note_compression(struct tv_container *c, const uint8_t *head, size_t bytes)
{
        static const struct {
                const char *name, *magic;
                size_t bytes;
        } kinds[] = {{"gzip", "\x1f\x8b", 2}, {"xz", "\xfd\x37zXZ", 5},       {"zstd", "\x28\xb5\x2f\xfd", 4},
                     {"bzip2", "BZh", 3},     {"lz4", "\x04\x22\x4d\x18", 4}, {"compress", "\x1f\x9d", 2},
                     {"zip", "PK\x03\x04", 4}};

        c->compression = "";
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (bytes >= kinds[i].bytes && memcmp(head, kinds[i].magic, kinds[i].bytes) == 0)
                        c->compression = kinds[i].name;
}

/* What is on top: a capture, another level, or neither? */
static enum found
look(struct tv_container *c, bool *capture, char message[TV_READER_MESSAGE])
{
        struct tv_input *input = c->input[c->depth];
        size_t have;
        const uint8_t *head = tv_input_view(input, 0, TV_FORMAT_HEAD, &have);

        *capture = head && tv_format_find(head, have) != NULL;
        if (*capture)
                return FOUND_NOTHING;
        if (!head && input->error[0] != '\0') {
                snprintf(message, TV_READER_MESSAGE, "%s", input->error);
                return FOUND_BROKEN;
        }
        if (!head || c->depth == TV_CONTAINER_DEPTH)
                return FOUND_NOTHING;
        note_compression(c, head, have);
        if (!tv_gzip_recognizes(head, have))
                return push_level(c, message);
        c->level[c->depth] = (struct level){.below = input, .name_size = strlen(c->name), .compressed = true};
        return FOUND_LEVEL;
}

enum tv_member
tv_container_next(struct tv_container *c, char message[TV_READER_MESSAGE])
{
        bool fresh = !c->begun; /* what is on top was not looked at */

        c->begun = true;
        for (;;) {
                bool capture = false;

                if (!fresh && !leave(c))
                        return TV_MEMBER_END;
                if (!fresh) {
                        if (c->members > TV_CONTAINER_MEMBERS || c->captures >= TV_CONTAINER_CAPTURES) {
                                snprintf(message, TV_READER_MESSAGE,
                                         "holds too many members: those behind %.100s are not read", c->name);
                                while (c->depth > 0) {
                                        c->level[c->depth - 1].failed = true;
                                        leave(c);
                                }
                                return TV_MEMBER_BROKEN;
                        }
                        switch (next_member(c, message)) {
                        case FOUND_BROKEN:
                                return TV_MEMBER_BROKEN;
                        case FOUND_NOTHING:
                                /* A folder, or the end of this level. */
                                if (!c->input[c->depth])
                                        c->level[c->depth - 1].failed = true;
                                continue;
                        case FOUND_LEVEL:
                                break;
                        }
                }
                fresh = false;
                for (enum found found; (found = look(c, &capture, message)) != FOUND_NOTHING;) {
                        if (found == FOUND_BROKEN)
                                return TV_MEMBER_BROKEN;
                        struct level *level = &c->level[c->depth++];
                        if (c->depth == 1)
                                c->unpacked = level->archive && c->compression[0] == '\0'
                                                      ? archive_filter_name(level->archive, 0)
                                                      : c->compression;
                        if (!level->compressed) {
                                c->is_archive = true;
                                break;
                        }
                        c->input[c->depth] =
                                level->archive ? tv_input_new(&member_source, level, 0) : tv_gzip_open(level->below);
                        if (!c->input[c->depth]) {
                                say(message, "out of memory", "");
                                return TV_MEMBER_BROKEN;
                        }
                }
                if (capture) {
                        for (unsigned i = 0; i < c->depth; i++)
                                c->level[i].told = true;
                        c->captures++;
                        return TV_MEMBER_CAPTURE;
                }
                if (c->input[c->depth])
                        note_stranger(c);
        }
}

void
tv_container_close(struct tv_container *c)
{
        if (!c)
                return;
        for (unsigned i = c->depth; i > 0; i--) {
                tv_input_close(c->input[i]);
                if (c->level[i - 1].archive)
                        archive_read_free(c->level[i - 1].archive);
        }
        tv_input_close(c->input[0]);
        free(c);
}

struct tv_input *
tv_container_input(struct tv_container *c)
{
        return c->input[c->depth];
}

const char *
tv_container_name(const struct tv_container *c)
{
        return c->name;
}

uint64_t
tv_container_captures(const struct tv_container *c)
{
        return c->captures;
}

bool
tv_container_is_archive(const struct tv_container *c)
{
        return c->is_archive;
}

bool
tv_container_is_packed(const struct tv_container *c)
{
        return c->depth > 0;
}

uint64_t
tv_container_strangers(const struct tv_container *c, const char **names)
{
        *names = c->stranger_names;
        return c->strangers;
}

void
tv_container_why_none(const struct tv_container *c, char message[TV_READER_MESSAGE])
{
        if (c->is_archive && c->strangers > 0)
                snprintf(message, TV_READER_MESSAGE, "is an archive without captures (%s)", c->stranger_names);
        else if (c->is_archive)
                snprintf(message, TV_READER_MESSAGE, "is an archive without captures");
        else if (c->unpacked[0] != '\0')
                snprintf(message, TV_READER_MESSAGE, "is compressed by %s, but holds no capture", c->unpacked);
        else if (c->compression[0] != '\0')
                snprintf(message, TV_READER_MESSAGE, "is not a capture (it begins like %s data, but is none)",
                         c->compression);
        else
                snprintf(message, TV_READER_MESSAGE, "is not a capture");
}

uint64_t
tv_container_position(const struct tv_container *c)
{
        return tv_input_position(c->input[0]);
}

uint64_t
tv_container_size(const struct tv_container *c)
{
        return c->input[0]->size;
}
