#include "analyzer/cli/sources.h"

#include "analyzer/capture/container.h"
#include "analyzer/cli/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum {
        OPEN_MAX_ALL = 256,    /* captures open at once, if the system allows it */
        OPEN_MAX_PACKED = 32,  /* of them compressed or in archives, where a decompressor may take 64 MiB */
        DESCRIPTORS_KEPT = 24, /* for the reports, the libraries, and the archives that wait */
        WAITING_MAX = 4
};

/* One file of the command line. */
struct file {
        const char *path;
        bool regular;                   /* can be opened again */
        uint64_t size;                  /* 0: not known */
        struct tv_container *container; /* of what is not regular: the only one there will be */
        uint64_t strangers;
        char *stranger_names;
};

enum kind { CAPTURE, FAILED, BROKEN };

struct source {
        struct tv_source base;
        char *own_path, *own_message; /* what base points to, where it is not the command line's */
        struct file *file;
        uint64_t member; /* tv_container_captures() where it stands at this capture */
        bool packed;     /* compressed or a member */
        enum kind kind;
        bool begun;
        tv_time first; /* of the first packet; TV_NO_TIME: there is none, or nobody looked */

        struct tv_container *container;
        uint64_t position; /* of the container, when it came to this capture */
        bool renumbered;   /* its reader has another number */
        bool looked;       /* |packet| and |status| are what was read first */
        enum tv_read status;
        struct tv_packet packet; /* read, not handed out yet */
        tv_time time;            /* latest so far */
};

/* An archive that stands behind a member that was read, for the next one. */
struct waiting {
        struct file *file;
        struct tv_container *container;
};

struct tv_sources {
        struct file *files;
        size_t file_count;
        struct source **numbered; /* by number */
        struct source **list;     /* in the order in which they are opened */
        size_t count, room, next; /* list[next] is opened next */
        bool many;

        struct source *heap[OPEN_MAX_ALL]; /* open ones with a packet, the earliest first */
        size_t heap_count, open_count, packed_count, open_max;
        struct source *current; /* whose turn it is */
        tv_time limit;          /* |current| goes on while its time is below */
        struct source *closing; /* finished; the caller may still look at its reader */
        struct waiting waiting[WAITING_MAX];
        size_t waiting_count, overlap;
        uint64_t done; /* bytes of what was closed */
};

/* ---- the list ---- */

/* NULL when memory runs out.  |name| is of the member, "": the file itself. */
static struct source *
add_source(struct tv_sources *s, struct file *file, const char *name)
{
        struct source *source;

        if (s->count == s->room) {
                size_t room = s->room == 0 ? 16 : s->room * 2;
                struct source **more = realloc(s->list, room * sizeof more[0]);
                if (more == NULL)
                        return NULL;
                s->list = more;
                more = realloc(s->numbered, room * sizeof more[0]);
                if (more == NULL)
                        return NULL;
                s->numbered = more;
                s->room = room;
        }
        source = calloc(1, sizeof *source);
        if (source == NULL)
                return NULL;
        source->file = file;
        source->first = TV_NO_TIME;
        source->time = TV_NO_TIME;
        source->base.path = file->path;
        if (name[0] != '\0') {
                size_t size = strlen(file->path) + strlen(name) + 2;
                source->base.path = source->own_path = malloc(size);
                if (source->own_path == NULL) {
                        free(source);
                        return NULL;
                }
                snprintf(source->own_path, size, "%s/%s", file->path, name);
        }
        s->list[s->count] = s->numbered[s->count] = source;
        s->count++;
        source->base.number = (uint32_t)s->count;
        return source;
}

static void
set_message(struct source *source, enum kind kind, const char *message)
{
        source->kind = kind;
        free(source->own_message);
        source->own_message = strdup(message);
        source->base.message = source->own_message != NULL ? source->own_message : "out of memory";
}

static bool
add_trouble(struct tv_sources *s, struct file *file, enum kind kind, const char *message)
{
        struct source *source = add_source(s, file, "");
        if (source != NULL)
                set_message(source, kind, message);
        return source != NULL;
}

/* ---- looking ---- */

/* Reads up to the first packet of |source|, at whose capture |container| stands.  The reader stays open. */
static void
look_at(struct source *source, struct tv_container *container)
{
        char message[TV_READER_MESSAGE];

        source->member = tv_container_captures(container);
        source->packed = tv_container_is_packed(container);
        source->base.reader = tv_reader_open_member(container, 1, message);
        if (source->base.reader == NULL) {
                /* A member that begins like a capture but is none is not worse than a file that is damaged. */
                set_message(source, source->own_path != NULL ? BROKEN : FAILED, message);
                return;
        }
        do
                source->status = tv_reader_next(source->base.reader, &source->packet);
        while (source->status == TV_READ_DAMAGED && source->file->regular);
        if (source->status == TV_READ_PACKET)
                source->first = source->packet.time;
}

static void
note_strangers(struct file *file, const struct tv_container *container)
{
        const char *names;

        file->strangers = tv_container_strangers(container, &names);
        free(file->stranger_names);
        file->stranger_names = strdup(names);
}

/* False when memory runs out. */
static bool
look_into(struct tv_sources *s, struct file *file)
{
        char message[TV_READER_MESSAGE];
        struct tv_container *container;
        struct stat info;
        enum tv_member found;
        size_t before = s->count;

        file->regular = strcmp(file->path, "-") != 0 && stat(file->path, &info) == 0 && S_ISREG(info.st_mode);
        container = tv_container_open(file->path, message);
        if (container == NULL)
                return add_trouble(s, file, FAILED, message);
        file->size = tv_container_size(container);
        while ((found = tv_container_next(container, message)) != TV_MEMBER_END) {
                const bool archive = tv_container_is_archive(container);

                if (found == TV_MEMBER_BROKEN) {
                        if (!add_trouble(s, file, archive ? BROKEN : FAILED, message))
                                break;
                        continue;
                }
                struct source *source = add_source(s, file, tv_container_name(container));
                if (source == NULL)
                        break;
                if (!file->regular || (!archive && s->file_count == 1)) {
                        /* Read from here on, and never again: nobody needs to know when it begins, if it is alone. */
                        s->many |= archive;
                        source->container = file->container = container;
                        if (s->file_count == 1) {
                                source->member = tv_container_captures(container);
                        } else {
                                look_at(source, container);
                                source->looked = source->kind == CAPTURE;
                        }
                        return true;
                }
                look_at(source, container);
                tv_reader_close(source->base.reader);
                source->base.reader = NULL;
                if (tv_interrupted())
                        break;
        }
        note_strangers(file, container);
        if (found == TV_MEMBER_END && s->count == before) {
                file->strangers = 0; /* the message has them */
                tv_container_why_none(container, message);
                found = add_trouble(s, file, FAILED, message) ? TV_MEMBER_END : TV_MEMBER_CAPTURE;
        }
        tv_container_close(container);
        return found == TV_MEMBER_END || tv_interrupted();
}

static int
by_first_time(const void *x_pointer, const void *y_pointer)
{
        const struct source *x = *(struct source *const *)x_pointer, *y = *(struct source *const *)y_pointer;
        if ((x->kind != CAPTURE) != (y->kind != CAPTURE))
                return x->kind != CAPTURE ? 1 : -1;
        /* Files without packets are read last. */
        if ((x->first == TV_NO_TIME) != (y->first == TV_NO_TIME))
                return x->first == TV_NO_TIME ? 1 : -1;
        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        int by_path = strcmp(x->base.path, y->base.path);
        if (by_path != 0)
                return by_path;
        if (x->member != y->member)
                return x->member < y->member ? -1 : 1;
        /* Troubles of one archive, as they came; of a file that was named twice, whichever. */
        return (x->base.number > y->base.number) - (x->base.number < y->base.number);
}

/* How many captures may be open at once. */
static size_t
find_open_max(void)
{
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return 16;
        if (limit.rlim_cur < OPEN_MAX_ALL + DESCRIPTORS_KEPT && limit.rlim_cur < limit.rlim_max) {
                limit.rlim_cur = limit.rlim_max;
                if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
                        return 16;
        }
        if (limit.rlim_cur >= OPEN_MAX_ALL + DESCRIPTORS_KEPT)
                return OPEN_MAX_ALL;
        return limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? (size_t)limit.rlim_cur - DESCRIPTORS_KEPT
                                                     : (size_t)limit.rlim_cur / 4 + 1;
}

struct tv_sources *
tv_sources_open(const char *const *paths, size_t count)
{
        struct tv_sources *s = calloc(1, sizeof *s);
        if (s == NULL)
                return NULL;
        s->open_max = find_open_max();
        s->files = calloc(count, sizeof s->files[0]);
        if (s->files == NULL && count > 0) {
                tv_sources_free(s);
                return NULL;
        }
        s->file_count = count;
        for (size_t i = 0; i < count; i++)
                s->files[i].path = paths[i];
        for (size_t i = 0; i < count; i++) {
                if (tv_interrupted() ? !add_trouble(s, &s->files[i], FAILED, "not read: interrupted")
                                     : !look_into(s, &s->files[i])) {
                        tv_sources_free(s);
                        return NULL;
                }
        }
        qsort(s->list, s->count, sizeof(struct source *), by_first_time);
        for (size_t i = 0; i < s->count; i++) {
                s->numbered[i] = s->list[i];
                s->list[i]->base.number = (uint32_t)(i + 1);
        }
        s->many |= s->count > 1;
        return s;
}

/* ---- opening and closing ---- */

/* The archive of |source| that stands nearest before it. */
static struct tv_container *
take_waiting(struct tv_sources *s, const struct source *source)
{
        size_t best = s->waiting_count;
        for (size_t i = 0; i < s->waiting_count; i++) {
                uint64_t at = tv_container_captures(s->waiting[i].container);
                if (s->waiting[i].file == source->file && at < source->member &&
                    (best == s->waiting_count || at > tv_container_captures(s->waiting[best].container)))
                        best = i;
        }
        if (best == s->waiting_count)
                return NULL;
        struct tv_container *container = s->waiting[best].container;
        s->waiting[best] = s->waiting[--s->waiting_count];
        return container;
}

static void
let_wait(struct tv_sources *s, struct file *file, struct tv_container *container)
{
        if (s->waiting_count == WAITING_MAX) {
                tv_container_close(s->waiting[0].container);
                memmove(&s->waiting[0], &s->waiting[1], (WAITING_MAX - 1) * sizeof s->waiting[0]);
                s->waiting_count--;
        }
        s->waiting[s->waiting_count++] = (struct waiting){file, container};
}

/* Finds the capture again.  False, with a message, when that fails. */
static bool
find_again(struct tv_sources *s, struct source *source, char message[TV_READER_MESSAGE])
{
        struct tv_container *container = source->own_path != NULL ? take_waiting(s, source) : NULL;
        if (container != NULL)
                source->position = tv_container_position(container);
        else
                container = tv_container_open(source->file->path, message);
        if (container == NULL)
                return false;
        while (tv_container_captures(container) < source->member) {
                enum tv_member found = tv_container_next(container, message);
                if (found == TV_MEMBER_END || tv_interrupted()) {
                        snprintf(message, TV_READER_MESSAGE, "is not there any more: the file changed");
                        tv_container_close(container);
                        return false;
                }
        }
        source->container = container;
        return true;
}

static bool
begin(struct tv_sources *s, struct source *source)
{
        char message[TV_READER_MESSAGE];
        if (source->base.reader == NULL) {
                if (source->container == NULL && !find_again(s, source, message)) {
                        set_message(source, FAILED, message);
                        return false;
                }
                source->base.reader = tv_reader_open_member(source->container, source->base.number, message);
                if (source->base.reader == NULL) {
                        set_message(source, source->own_path != NULL ? BROKEN : FAILED, message);
                        return false;
                }
        }
        s->open_count++;
        s->packed_count += source->packed;
        return true;
}

/* An archive that cannot be read again goes on where it is: its next member, if there is one, is a new source whose
 * turn is |now|, whatever its times are. */
static void
go_on(struct tv_sources *s, struct file *file, struct tv_container *container, tv_time now)
{
        char message[TV_READER_MESSAGE];
        enum tv_member found;

        while ((found = tv_container_next(container, message)) == TV_MEMBER_BROKEN)
                if (!add_trouble(s, file, tv_container_is_archive(container) ? BROKEN : FAILED, message))
                        break;
        note_strangers(file, container);
        struct source *source = found == TV_MEMBER_CAPTURE ? add_source(s, file, tv_container_name(container)) : NULL;
        if (source == NULL) {
                tv_container_close(container);
                file->container = NULL;
                return;
        }
        source->container = container;
        source->member = tv_container_captures(container);
        source->packed = true;
        source->first = now != TV_NO_TIME ? now : 0;
        memmove(&s->list[s->next + 1], &s->list[s->next], (s->count - 1 - s->next) * sizeof s->list[0]);
        s->list[s->next] = source;
}

static void
finish(struct tv_sources *s, struct source *source)
{
        tv_reader_close(source->base.reader);
        source->base.reader = NULL;
        s->done += tv_container_position(source->container) - source->position;
        if (!source->file->regular || source->file->container != NULL)
                go_on(s, source->file, source->container, source->time);
        else if (source->own_path != NULL)
                let_wait(s, source->file, source->container);
        else
                tv_container_close(source->container);
        source->container = NULL;
        s->open_count--;
        s->packed_count -= source->packed;
}

/* ---- merging ---- */

static bool
is_before(const struct source *x, const struct source *y)
{
        return x->time != y->time ? x->time < y->time : x->base.number < y->base.number;
}

static void
push(struct tv_sources *s, struct source *source)
{
        size_t i = s->heap_count++;
        for (; i > 0 && is_before(source, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
                s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[i] = source;
}

static struct source *
pop(struct tv_sources *s)
{
        struct source *first = s->heap[0], *last = s->heap[--s->heap_count];
        size_t i = 0;
        for (size_t child; (child = 2 * i + 1) < s->heap_count; i = child) {
                if (child + 1 < s->heap_count && is_before(s->heap[child + 1], s->heap[child]))
                        child++;
                if (!is_before(s->heap[child], last))
                        break;
                s->heap[i] = s->heap[child];
        }
        s->heap[i] = last;
        return first;
}

/* Must the next source be opened before a packet of |time| is handed out? */
static bool
is_due(const struct tv_sources *s, tv_time time)
{
        return s->next < s->count && s->list[s->next]->first != TV_NO_TIME && s->list[s->next]->first <= time;
}

static bool
has_room(struct tv_sources *s)
{
        const struct source *next = s->list[s->next];
        return s->open_count < s->open_max && (!next->packed || s->packed_count < OPEN_MAX_PACKED);
}

static void
note_overlap(struct tv_sources *s, tv_time time)
{
        size_t i = s->next;
        while (i < s->count && s->list[i]->first != TV_NO_TIME && s->list[i]->first <= time)
                i++;
        if (s->open_count + i - s->next > s->overlap)
                s->overlap = s->open_count + i - s->next;
}

/* A reader that was opened for a look did not know the number yet. */
static void
renumber(struct source *source)
{
        source->packet.frame = tv_frame_make(source->base.number, tv_frame_number(source->packet.frame));
}

/* As tv_reader_next, but what was read for a look comes first. */
static enum tv_read
read_next(struct source *source)
{
        enum tv_read status = source->status;
        if (!source->looked) {
                status = tv_reader_next(source->base.reader, &source->packet);
                if (source->renumbered && status == TV_READ_PACKET)
                        renumber(source);
        } else {
                source->looked = false;
                source->renumbered = true;
                renumber(source);
        }
        if (status == TV_READ_PACKET && source->packet.time > source->time)
                source->time = source->packet.time;
        return status;
}

static enum tv_sources_event
hand_out(struct source *source, const struct tv_packet **packet, struct tv_source **out)
{
        *out = &source->base;
        *packet = &source->packet;
        return TV_SOURCES_PACKET;
}

/* Opens the next source; its first packet is read in the next call. */
static enum tv_sources_event
open_next(struct tv_sources *s, struct tv_source **out)
{
        struct source *source = s->list[s->next++];
        *out = &source->base;
        if (source->kind == CAPTURE && begin(s, source)) {
                s->current = source;
                s->limit = TV_NO_TIME;
                return TV_SOURCES_BEGIN;
        }
        if (source->container != NULL) {
                /* Nobody else will get at what may follow in a pipe. */
                if (source->file->container == source->container)
                        go_on(s, source->file, source->container, source->time);
                else
                        tv_container_close(source->container);
                source->container = NULL;
        }
        return source->kind == BROKEN ? TV_SOURCES_BROKEN : TV_SOURCES_FAILED;
}

enum tv_sources_event
tv_sources_next(struct tv_sources *s, const struct tv_packet **packet, struct tv_source **out)
{
        if (s->closing != NULL) {
                finish(s, s->closing);
                s->closing = NULL;
        }
        if (s->current != NULL) {
                struct source *source = s->current;
                switch (read_next(source)) {
                case TV_READ_PACKET:
                        if (source->time < s->limit)
                                return hand_out(source, packet, out);
                        push(s, source);
                        s->current = NULL;
                        break;
                case TV_READ_DAMAGED:
                        *out = &source->base;
                        return TV_SOURCES_DAMAGED;
                case TV_READ_END:
                        s->current = NULL;
                        s->closing = source;
                        *out = &source->base;
                        return TV_SOURCES_FINISH;
                }
        }
        if (s->heap_count == 0)
                return s->next < s->count ? open_next(s, out) : TV_SOURCES_END;
        tv_time time = s->heap[0]->time;
        bool due = is_due(s, time);
        if (due && has_room(s))
                return open_next(s, out);
        if (due)
                note_overlap(s, time);
        s->current = pop(s);
        s->limit = s->heap_count > 0 ? s->heap[0]->time : INT64_MAX;
        if (!due && s->next < s->count && s->list[s->next]->first != TV_NO_TIME && s->list[s->next]->first < s->limit)
                s->limit = s->list[s->next]->first;
        return hand_out(s->current, packet, out);
}

/* ---- what else is known ---- */

struct tv_source *
tv_sources_at(const struct tv_sources *s, size_t i)
{
        return i < s->count ? &s->numbered[i]->base : NULL;
}

bool
tv_sources_are_many(const struct tv_sources *s)
{
        return s->many;
}

size_t
tv_sources_overlap(const struct tv_sources *s)
{
        return s->overlap;
}

uint64_t
tv_sources_strangers(const struct tv_sources *s, size_t i, const char **names)
{
        if (i >= s->file_count)
                return 0;
        *names = s->files[i].stranger_names != NULL ? s->files[i].stranger_names : "";
        return s->files[i].strangers;
}

uint64_t
tv_sources_size(const struct tv_sources *s)
{
        uint64_t size = 0;
        for (size_t i = 0; i < s->file_count; i++)
                size += s->files[i].size;
        return size;
}

uint64_t
tv_sources_position(const struct tv_sources *s)
{
        uint64_t position = s->done;
        for (size_t i = 0; i < s->heap_count; i++)
                position += tv_container_position(s->heap[i]->container) - s->heap[i]->position;
        if (s->current != NULL)
                position += tv_container_position(s->current->container) - s->current->position;
        return position;
}

void
tv_sources_free(struct tv_sources *s)
{
        if (s == NULL)
                return;
        for (size_t i = 0; i < s->count; i++) {
                struct source *source = s->list[i];
                tv_reader_close(source->base.reader);
                if (source->container != NULL && source->container != source->file->container)
                        tv_container_close(source->container);
                free(source->own_path);
                free(source->own_message);
                free(source);
        }
        for (size_t i = 0; i < s->waiting_count; i++)
                tv_container_close(s->waiting[i].container);
        for (size_t i = 0; i < s->file_count; i++) {
                tv_container_close(s->files[i].container);
                free(s->files[i].stranger_names);
        }
        free(s->numbered);
        free(s->list);
        free(s->files);
        free(s);
}
